import MDMMonitoring
import MDMStanza
import MDMTestKit
import Testing

@Suite("SliceCounter")
struct SliceCounterTests {
  private static func at(_ nanoseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: nanoseconds)
  }

  private static func counts(_ counter: SliceCounter, at now: Int64) -> [UInt64] {
    let report = counter.report(at: Self.at(now))
    return [report.last, report.current]
  }

  @Test("R-055, B15: slices tumble at whole multiples of their length from the start")
  func tumbles() {
    var counter = SliceCounter(start: Self.at(1_000), length: 60)
    counter.add(2, at: Self.at(1_000))
    counter.add(3, at: Self.at(1_059))
    #expect(Self.counts(counter, at: 1_059) == [0, 5])
    #expect(Self.counts(counter, at: 1_060) == [5, 0])
    counter.add(7, at: Self.at(1_060))
    #expect(Self.counts(counter, at: 1_119) == [5, 7])
    #expect(Self.counts(counter, at: 1_120) == [7, 0])
  }

  @Test("B15: an idle counter's last slice falls to zero by itself")
  func idle() {
    var counter = SliceCounter(start: .origin, length: 60)
    counter.add(9, at: Self.at(59))
    #expect(Self.counts(counter, at: 119) == [9, 0])
    #expect(Self.counts(counter, at: 120) == [0, 0])
    #expect(Self.counts(counter, at: .max) == [0, 0])
    // Asking changes nothing.
    #expect(Self.counts(counter, at: 59) == [0, 9])
  }

  @Test("B3: an earlier instant counts in the slice that is running")
  func backwards() {
    var counter = SliceCounter(start: .origin, length: 60)
    counter.add(1, at: Self.at(130))
    counter.add(2, at: Self.at(10))
    #expect(Self.counts(counter, at: 0) == [0, 3])
    #expect(Self.counts(counter, at: 180) == [3, 0])
  }

  @Test("random traffic agrees with a count by slice", arguments: 1...6)
  func agreesWithReference(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let length = Int64(1 + random.below(100))
    let start = Int64(random.below(1_000)) - 500
    var counter = SliceCounter(start: Self.at(start), length: length)
    var reference: [Int64: UInt64] = [:]
    var now = start
    for _ in 0..<1_000 {
      now += Int64(random.below(Int(length) * 2))
      let amount = UInt64(random.below(5))
      counter.add(amount, at: Self.at(now))
      reference[(now - start) / length, default: 0] += amount
      let later = now + Int64(random.below(Int(length) * 2))
      let slice = (later - start) / length
      #expect(
        Self.counts(counter, at: later)
          == [reference[slice - 1, default: 0], reference[slice, default: 0]])
    }
  }

  @Test("extreme instants do not trap")
  func extremes() {
    var counter = SliceCounter(start: .distantPast, length: 1)
    counter.add(1, at: .distantPast)
    counter.add(1, at: .distantFuture)
    #expect(Self.counts(counter, at: .max) == [0, 1])
    let late = SliceCounter(start: .distantFuture, length: 1)
    #expect(Self.counts(late, at: .min) == [0, 0])
  }

  @Test("a snapshot's counter goes on where it was")
  func snapshot() {
    var counter = SliceCounter(start: .origin, length: 60)
    counter.add(4, at: Self.at(30))
    counter.add(5, at: Self.at(90))
    let copy = SliceCounter(
      start: counter.start, length: counter.length, slice: counter.slice,
      current: counter.current, previous: counter.previous)
    #expect(copy == counter)
    #expect(Self.counts(copy, at: 100) == [4, 5])
  }
}
