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

    static var none: Run { Run(first: 0, last: 0, count: 0) }

    package init(first: UInt64, last: UInt64, count: UInt32) {
      self.first = first
      self.last = last
      self.count = count
    }
  }

  /// The most runs kept for one conversation.
  package static let runLimit = 1_024

  /// All but the newest run, oldest first; those before ``gone`` are not there any more.
  private var earlier: [Run] = []
  private var gone = 0
  /// The newest run, which is the one that grows; its count is 0 when there is none.
  private var newest = Run.none
  /// Unread messages in all runs.
  package private(set) var count = 0

  /// The last unread position; 0 when there is none.
  package var last: UInt64 { self.newest.last }

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
    self.earlier = Array(runs.dropLast())
    self.newest = runs.last ?? .none
  }

  /// Oldest first; runs neither touch nor overlap.
  ///
  /// - Complexity: O(runs).
  package var runs: [Run] {
    self.newest.count == 0 ? [] : self.earlier[self.gone...] + [self.newest]
  }

  package static func == (left: Self, right: Self) -> Bool { left.runs == right.runs }

  /// Adds a position behind all others. Returns whether two runs had to be merged.
  ///
  /// - Complexity: O(1) amortised.
  @inline(always)
  package mutating func append(_ position: UInt64) -> Bool {
    self.count &+= 1
    if self.newest.last &+ 1 == position, self.newest.count != 0 {
      self.newest.last = position
      self.newest.count &+= 1
      return false
    }
    return self.open(at: position)
  }

  @inline(never)
  private mutating func open(at position: UInt64) -> Bool {
    let previous = self.newest
    self.newest = Run(first: position, last: position, count: 1)
    guard previous.count != 0 else { return false }
    self.earlier.append(previous)
    guard self.earlier.count - self.gone >= Self.runLimit else { return false }
    // More than one too many only after a snapshot with a higher limit.
    while self.earlier.count - self.gone >= Self.runLimit {
      self.earlier[self.gone + 1].first = self.earlier[self.gone].first
      self.earlier[self.gone + 1].count &+= self.earlier[self.gone].count
      self.forget(1)
    }
    return true
  }

  /// Takes the oldest runs off; their places are given back when they outnumber those in use.
  private mutating func forget(_ runs: Int) {
    self.gone += runs
    guard self.gone * 2 > self.earlier.count else { return }
    self.earlier.removeFirst(self.gone)
    self.gone = 0
  }

  /// Forgets every position up to and including `position`; returns how many there were.
  ///
  /// - Complexity: O(log runs) to find the place, O(1) amortised to give up what lies before it.
  package mutating func removeAll(upTo position: UInt64) -> Int {
    let before = self.count
    if self.newest.last <= position {
      self = UnreadPositions()
      return before
    }
    var low = self.gone
    var high = self.earlier.count
    while low < high {
      let middle = (low + high) / 2
      if self.earlier[middle].last <= position { low = middle + 1 } else { high = middle }
    }
    for run in self.earlier[self.gone..<low] { self.count -= Int(run.count) }
    self.forget(low - self.gone)
    if self.gone < self.earlier.count {
      self.count -= self.earlier[self.gone].cut(upTo: position)
    } else {
      self.count -= self.newest.cut(upTo: position)
    }
    return before - self.count
  }
}

extension UnreadPositions.Run {
  /// Gives up positions up to and including `position`; returns how many messages that were.
  ///
  /// In a merged run some of the positions cut off may not have been messages; the remainder
  /// cannot hold more messages than positions.
  fileprivate mutating func cut(upTo position: UInt64) -> Int {
    guard self.first <= position else { return 0 }
    let kept = min(self.count, UInt32(clamping: self.last - position))
    defer { self = Self(first: position + 1, last: self.last, count: kept) }
    return Int(self.count - kept)
  }
}
