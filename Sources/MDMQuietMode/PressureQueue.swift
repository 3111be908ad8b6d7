package import MDMStanza

/// Finds the largest buffer when all of them together have reached their limit (R-054, B11).
///
/// The queue exists only under pressure. It is built once from all buffers when the limit is first
/// reached, follows each held stanza from then on, and is thrown away when the pressure is gone,
/// so that finding a victim costs O(log buffers) and the ordinary hot path one test of a flag.
/// Entries are not updated but added anew; one that no longer describes its buffer is passed over.
package struct PressureQueue: Sendable {
  /// A buffer as it was when the entry was made.
  package struct Candidate: BitwiseCopyable, Sendable {
    /// Stanzas in it.
    package let count: UInt32
    /// The device's index in its account.
    package let device: Int32
    /// The account's slot.
    package let slot: UInt32
    /// When the oldest of them was accepted.
    package let oldest: MonotonicInstant

    /// Whether this buffer goes first: the larger, then the one with the older head, then the
    /// lower session key.
    @inline(always)
    func precedes(_ other: Candidate) -> Bool {
      if self.count != other.count { return self.count > other.count }
      if self.oldest != other.oldest { return self.oldest < other.oldest }
      if self.slot != other.slot { return self.slot < other.slot }
      return self.device < other.device
    }
  }

  /// Whether buffers are being followed.
  package private(set) var isWatching = false
  private var heap: [Candidate] = []

  package init() {}

  /// Begins to follow buffers; the caller notes all that hold something.
  package mutating func begin() {
    self.heap.removeAll(keepingCapacity: true)
    self.isWatching = true
  }

  /// The pressure is gone.
  package mutating func end() {
    self.heap = []
    self.isWatching = false
  }

  /// A buffer has changed.
  ///
  /// - Complexity: O(log entries).
  package mutating func note(
    _ queue: HeldQueue, of device: Int, _ slot: UInt32, in log: borrowing HoldBackLog
  ) {
    guard let oldest = log.oldest(queue) else { return }
    self.heap.append(
      Candidate(count: queue.count, device: Int32(device), slot: slot, oldest: oldest))
    var child = self.heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard self.heap[child].precedes(self.heap[parent]) else { return }
      self.heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the first candidate; the caller checks that it still describes its buffer.
  package mutating func popFirst() -> Candidate? {
    guard let first = self.heap.first else { return nil }
    let last = self.heap.removeLast()
    if !self.heap.isEmpty {
      self.heap[0] = last
      self.siftDown()
    }
    return first
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < self.heap.count {
        if self.heap[child].precedes(self.heap[best]) { best = child }
      }
      guard best != parent else { return }
      self.heap.swapAt(parent, best)
      parent = best
    }
  }

  /// Entries, stale ones included; the owner has the stale ones dropped when there are too many.
  package var count: Int { self.heap.count }

  /// Drops every entry that does not describe its buffer any more.
  ///
  /// - Complexity: O(entries).
  package mutating func drop(where isStale: (Candidate) -> Bool) {
    self.heap.removeAll(where: isStale)
    // A list in order is a heap.
    self.heap.sort { $0.precedes($1) }
  }
}
