import MDMReadSync
import MDMTestKit
import Testing

@Suite("UnreadPositions")
struct UnreadPositionsTests {
  @Test("a talkative contact is one run however much it writes")
  func oneRun() {
    var unread = UnreadPositions()
    for position in UInt64(5)..<5_005 { #expect(unread.append(position) == false) }
    #expect(unread.count == 5_000)
    #expect(unread.runs == [.init(first: 5, last: 5_004, count: 5_000)])
  }

  @Test("R-027, B21: a partial read gives up just the messages before the cut")
  func partialRead() {
    var unread = UnreadPositions()
    for position: UInt64 in [1, 2, 3, 5, 6, 9] { _ = unread.append(position) }
    #expect(unread.removeAll(upTo: 2) == 2)
    #expect(unread.count == 4)
    #expect(unread.removeAll(upTo: 4) == 1)
    #expect(unread.removeAll(upTo: 4) == 0)
    #expect(unread.removeAll(upTo: 5) == 1)
    #expect(
      unread.runs == [.init(first: 6, last: 6, count: 1), .init(first: 9, last: 9, count: 1)])
    #expect(unread.removeAll(upTo: .max) == 2)
    #expect(unread.count == 0)
    #expect(unread.runs.isEmpty)
  }

  @Test("R-027: random appends and reads agree with a list of positions", arguments: 1...20)
  func agreesWithList(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var unread = UnreadPositions()
    var reference: [UInt64] = []
    var position: UInt64 = 0
    for step in 0..<2_000 {
      if random.below(6) > 0 {
        position += UInt64(1 + (random.chance(1, in: 2) ? 0 : random.below(4)))
        #expect(unread.append(position) == false)
        reference.append(position)
      } else {
        let upTo = UInt64(random.below(Int(position) + 3))
        let before = reference.count
        reference.removeAll { $0 <= upTo }
        let removed = unread.removeAll(upTo: upTo)
        guard removed == before - reference.count else {
          Issue.record("seed \(seed), step \(step): \(removed) removed up to \(upTo)")
          return
        }
      }
      guard unread.count == reference.count,
        unread.count == unread.runs.reduce(0, { $0 + Int($1.count) })
      else {
        Issue.record("seed \(seed), step \(step): \(unread.count) for \(reference.count)")
        return
      }
    }
  }

  @Test("at the limit the two oldest runs merge, and the count stays exact")
  func merging() {
    var unread = UnreadPositions()
    var merges = 0
    for number in 0..<UInt64(UnreadPositions.runLimit) + 10 {
      if unread.append(1 + number * 3) { merges += 1 }
    }
    #expect(merges == 10)
    #expect(unread.runs.count == UnreadPositions.runLimit)
    #expect(unread.count == UnreadPositions.runLimit + 10)
    #expect(unread.runs.first == .init(first: 1, last: 31, count: 11))
  }

  @Test("a read inside a merged run never counts fewer messages than there are")
  func readInsideMergedRun() {
    for cut in UInt64(0)...40 {
      var unread = UnreadPositions()
      var positions: [UInt64] = []
      for number in 0..<UInt64(UnreadPositions.runLimit) + 10 {
        positions.append(1 + number * 3)
        _ = unread.append(1 + number * 3)
      }
      _ = unread.removeAll(upTo: cut)
      let left = positions.filter { $0 > cut }.count
      #expect(unread.count >= left, "cut at \(cut)")
      #expect(unread.count <= left + 10, "cut at \(cut)")
    }
  }

  @Test("the runs of a snapshot come back, and a torn snapshot is refused")
  func snapshot() {
    var unread = UnreadPositions()
    for position: UInt64 in [3, 4, 9, 12] { _ = unread.append(position) }
    #expect(UnreadPositions(runs: unread.runs) == unread)
    #expect(UnreadPositions(runs: []) == UnreadPositions())
    let torn: [[UnreadPositions.Run]] = [
      [.init(first: 0, last: 1, count: 1)],
      [.init(first: 2, last: 1, count: 1)],
      [.init(first: 1, last: 1, count: 0)],
      [.init(first: 1, last: 1, count: 2)],
      [.init(first: 5, last: 6, count: 1), .init(first: 6, last: 7, count: 1)],
      [.init(first: 5, last: 6, count: 1), .init(first: 1, last: 2, count: 1)],
    ]
    for runs in torn { #expect(UnreadPositions(runs: runs) == nil, "\(runs)") }
  }

  @Test("more runs than the limit, as an older snapshot may have them, are merged with the next")
  func tooManyRestoredRuns() throws {
    let count = UnreadPositions.runLimit + 76
    let restored = (0..<UInt64(count)).map {
      UnreadPositions.Run(first: $0 * 2 + 1, last: $0 * 2 + 1, count: 1)
    }
    var unread = try #require(UnreadPositions(runs: restored))
    for extra in 0..<100 as Range<UInt64> { _ = unread.append(10_000 + extra * 2) }
    #expect(unread.runs.count == UnreadPositions.runLimit)
    #expect(unread.count == count + 100)
  }
}
