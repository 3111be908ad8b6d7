/// The positions of a conversation's unread messages, as runs of neighbours.
///
/// A talkative contact is one run however much it writes; only when conversations alternate does
/// each message open a new one. The count after a partial read is exact: a run that a read cuts in
/// two gives up just the messages before the cut (R-027, B21).
///
/// Runs are limited. Beyond ``runLimit`` the two oldest are merged into one whose inner gaps are
/// forgotten; a read that ends inside such a run counts no fewer messages than there are.
package struct UnreadPositions: Sendable, Equatable {
  package struct Run: Sendable, Equatable, BitwiseCopyable {
    package var first: UInt64
    package var last: UInt64
    package var count: UInt32

    package init(first: UInt64, last: UInt64, count: UInt32) {
      self.first = first
      self.last = last
      self.count = count
    }
  }

  /// The most runs kept for one conversation.
  package static let runLimit = 1_024

  /// Oldest first; runs neither touch nor overlap.
  package private(set) var runs: [Run] = []
  /// Unread messages in all runs.
  package private(set) var count = 0

  package init() {}

  /// The positions of a snapshot, or nil when the runs are not ascending and apart.
  package init?(runs: [Run]) {
    var floor: UInt64 = 0
    for run in runs {
      guard run.first > floor, run.last >= run.first, run.count > 0,
        UInt64(run.count) - 1 <= run.last - run.first
      else { return nil }
      floor = run.last
      self.count += Int(run.count)
    }
    self.runs = runs
  }

  /// Adds a position behind all others. Returns whether two runs had to be merged.
  ///
  /// - Complexity: O(1) amortised.
  package mutating func append(_ position: UInt64) -> Bool {
    self.count &+= 1
    let end = self.runs.count &- 1
    if end >= 0, self.runs[end].last &+ 1 == position {
      self.runs[end].last = position
      self.runs[end].count &+= 1
      return false
    }
    self.runs.append(Run(first: position, last: position, count: 1))
    guard self.runs.count > Self.runLimit else { return false }
    self.runs[1].first = self.runs[0].first
    self.runs[1].count &+= self.runs[0].count
    self.runs.removeFirst()
    return true
  }

  /// Forgets every position up to and including `position`; returns how many there were.
  ///
  /// - Complexity: O(log runs) to find the place, plus moving the runs that stay.
  package mutating func removeAll(upTo position: UInt64) -> Int {
    let before = self.count
    var low = 0
    var high = self.runs.count
    while low < high {
      let middle = (low + high) / 2
      if self.runs[middle].last <= position { low = middle + 1 } else { high = middle }
    }
    for run in self.runs[..<low] { self.count -= Int(run.count) }
    self.runs.removeFirst(low)
    if let first = self.runs.first, first.first <= position {
      // In a merged run some of the positions cut off may not have been messages; the remainder
      // cannot hold more messages than positions.
      let left = UInt32(clamping: first.last - position)
      let kept = min(first.count, left)
      self.count -= Int(first.count - kept)
      self.runs[0] = Run(first: position + 1, last: first.last, count: kept)
    }
    return before - self.count
  }
}
