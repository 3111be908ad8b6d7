import MDMMonitoring
import MDMTestKit
import Testing

@Suite("Counters")
struct CountersTests {
  @Test("R-049…R-056: the documented names, in the documented order")
  func names() {
    #expect(CounterName.group == "Cisco XCP MDM Counters")
    #expect(
      CounterName.allCases.map { $0.rawValue } == [
        "MDMSessions", "MDMSilentModeSessions", "MDMQuietModeSessions", "MDMBufferFlushes",
        "MDMBufferFlushesLimitReached", "MDMBufferFlushPacketCount", "MDMBufferAvgQueuedTime",
      ])
  }

  @Test("new counters are zero and their average is no division by zero")
  func zero() {
    let counters = Counters()
    #expect(counters.averageQueuedTime == .zero)
    #expect(counters.totals.flushes == 0)
    #expect(Counters.Totals(reasons: 4).flushesByReason == [0, 0, 0, 0])
    #expect(counters.totals.flushSize.count == 0)
  }

  @Test("R-053: all flushes are the sum over the reasons")
  func flushes() {
    var totals = Counters.Totals(reasons: 3)
    totals.flushesByReason = [1, 20, 300]
    #expect(totals.flushes == 321)
  }

  @Test("R-056, B16: the average is the sum by the number of packets, in whole nanoseconds")
  func average() {
    var counters = Counters()
    counters.totals.queuedNanoseconds.add(10)
    counters.totals.queuedNanoseconds.add(5)
    counters.totals.flushedPackets = 4
    #expect(counters.averageQueuedTime == .nanoseconds(3))
  }
}

@Suite("WideCount")
struct WideCountTests {
  private static func wide(_ count: WideCount) -> UInt128 {
    UInt128(count.high) << 64 | UInt128(count.low)
  }

  @Test("sums carry into the upper half and agree with 128-bit arithmetic")
  func sums() {
    var random = SeededGenerator(seed: 1)
    var count = WideCount()
    var reference: UInt128 = 0
    for step in 0..<5_000 {
      let value =
        step % 3 == 0
        ? Int64.max - Int64(random.below(9)) : Int64(bitPattern: random.next())
      count.add(value)
      reference += UInt128(max(0, value))
      guard Self.wide(count) == reference else {
        Issue.record("step \(step), value \(value)")
        return
      }
    }
    #expect(count.high > 1_000)
  }

  @Test("the carry happens exactly at 2^64")
  func carry() {
    var count = WideCount(high: 0, low: .max)
    count.add(0)
    #expect(count == WideCount(high: 0, low: .max))
    count.add(1)
    #expect(count == WideCount(high: 1, low: 0))
    count.add(-7)
    #expect(count == WideCount(high: 1, low: 0))
    count.add(.min)
    #expect(count == WideCount(high: 1, low: 0))
  }

  @Test("quotients agree with 128-bit arithmetic and are held at the top of Int64")
  func quotients() {
    var random = SeededGenerator(seed: 2)
    let edges: [UInt64] = [0, 1, 2, UInt64(Int64.max), UInt64(Int64.max) + 1, .max - 1, .max]
    for step in 0..<2_000 {
      let pick = step < 343
      let high = pick ? edges[step / 49] : random.next() >> UInt64(random.below(64))
      let low = pick ? edges[step / 7 % 7] : random.next()
      let divisor = pick ? edges[step % 7] : random.next() >> UInt64(random.below(64))
      let count = WideCount(high: high, low: low)
      let quotient = divisor == 0 ? 0 : Self.wide(count) / UInt128(divisor)
      let expected = quotient > UInt128(Int64.max) ? Int64.max : Int64(quotient)
      #expect(count.divided(by: divisor) == expected, "\(high), \(low) by \(divisor)")
    }
  }
}

@Suite("Histogram")
struct HistogramTests {
  @Test("bucket n begins at 2^(n-1) and ends before 2^n")
  func edges() {
    for bucket in 1..<39 {
      let low = Int64(1) << Int64(bucket - 1)
      for value in [low, 2 * low - 1] {
        var histogram = Histogram()
        histogram.add(value)
        #expect(histogram.buckets.firstIndex(of: 1) == bucket, "value \(value)")
      }
    }
  }

  @Test("zero and what is negative go to bucket 0, everything too large to the last")
  func ends() {
    for value: Int64 in [0, -1, .min] {
      var histogram = Histogram()
      histogram.add(value)
      #expect(histogram.buckets[0] == 1)
    }
    for value: Int64 in [1 << 38, 1 << 39, 1 << 62, .max] {
      var histogram = Histogram()
      histogram.add(value)
      #expect(histogram.buckets[39] == 1, "value \(value)")
    }
  }

  @Test("every value is counted once")
  func total() {
    var histogram = Histogram()
    for value: Int64 in -5...1_000 { histogram.add(value) }
    #expect(histogram.count == 1_006)
    #expect(histogram.buckets.count == Histogram.bucketCount)
  }
}
