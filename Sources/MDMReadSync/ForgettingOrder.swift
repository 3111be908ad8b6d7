/// Which conversation of an account is forgotten next, once there is room for no more.
///
/// Law. Whatever may be forgotten is in the heap once, under a rank that is no higher than its own.
///
/// Being written to raises a rank, and that is what happens to conversations all the time; so it is
/// not followed. A conversation that comes to the top under an outdated rank gets its own and
/// sinks. Only what lowers a rank, as a read does, and what ends a conversation's protection is
/// told. The order thus follows from the conversations alone and is no part of a snapshot.
package struct ForgettingOrder: Sendable {
  /// Which of two conversations goes first: read ones do, then the one untouched for longer.
  package struct Rank: Comparable, BitwiseCopyable, Sendable {
    package var isUnread: Bool
    package var touched: UInt64

    package init(isUnread: Bool, touched: UInt64) {
      self.isUnread = isUnread
      self.touched = touched
    }

    package static func < (left: Self, right: Self) -> Bool {
      left.isUnread == right.isUnread ? left.touched < right.touched : right.isUnread
    }
  }

  private struct Entry: BitwiseCopyable {
    var rank: Rank
    var slot: UInt32

    /// Of conversations alike the one in the lower slot goes first, in every process.
    func isBefore(_ other: Entry) -> Bool {
      self.rank == other.rank ? self.slot < other.slot : self.rank < other.rank
    }
  }

  private var heap: [Entry] = []
  /// Where each slot's entry lies; `absent` for one that was protected when it came to the top.
  private var places: [UInt32] = []
  private static let absent = UInt32.max

  /// The order of conversations in the slots from 0 up to `count`.
  ///
  /// - Parameter rank: a slot's rank; nil while its conversation is protected.
  /// - Complexity: O(count).
  package init(count: Int, rank: (UInt32) -> Rank?) {
    self.places = [UInt32](repeating: Self.absent, count: count)
    self.heap.reserveCapacity(count)
    for slot in 0..<UInt32(count) {
      guard let rank = rank(slot) else { continue }
      self.places[Int(slot)] = UInt32(self.heap.count)
      self.heap.append(Entry(rank: rank, slot: slot))
    }
    for place in (0..<self.heap.count / 2).reversed() { self.sink(from: place) }
  }

  /// The conversation to be forgotten next; nil when all are protected.
  ///
  /// - Parameter rank: a slot's rank; nil while its conversation is protected.
  /// - Complexity: O(log conversations) for each conversation that was written to or protected
  ///   since it was last looked at here.
  package mutating func first(rank: (UInt32) -> Rank?) -> UInt32? {
    while let top = self.heap.first {
      guard let rank = rank(top.slot) else {
        self.removeTop()
        continue
      }
      guard rank != top.rank else { return top.slot }
      self.heap[0].rank = rank
      self.sink(from: 0)
    }
    return nil
  }

  /// The conversation in `slot` may have got a lower rank, lost its protection, or be new.
  ///
  /// - Parameter rank: the slot's rank; nil while its conversation is protected.
  /// - Complexity: O(log conversations).
  package mutating func note(_ rank: Rank?, of slot: UInt32) {
    while self.places.count <= Int(slot) { self.places.append(Self.absent) }
    // Protected, it is passed over at the top; when it no longer is, that is told as well.
    guard let rank else { return }
    let place = self.places[Int(slot)]
    if place == Self.absent {
      self.places[Int(slot)] = UInt32(self.heap.count)
      self.heap.append(Entry(rank: rank, slot: slot))
      self.rise(from: self.heap.count - 1)
    } else if rank < self.heap[Int(place)].rank {
      self.heap[Int(place)].rank = rank
      self.rise(from: Int(place))
    }
  }

  private mutating func removeTop() {
    self.places[Int(self.heap[0].slot)] = Self.absent
    let last = self.heap.removeLast()
    guard !self.heap.isEmpty else { return }
    self.put(last, at: 0)
    self.sink(from: 0)
  }

  private mutating func put(_ entry: Entry, at place: Int) {
    self.heap[place] = entry
    self.places[Int(entry.slot)] = UInt32(place)
  }

  private mutating func rise(from start: Int) {
    let entry = self.heap[start]
    var place = start
    while place > 0, entry.isBefore(self.heap[(place - 1) / 2]) {
      self.put(self.heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    self.put(entry, at: place)
  }

  private mutating func sink(from start: Int) {
    let entry = self.heap[start]
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < self.heap.count else { break }
      if child + 1 < self.heap.count, self.heap[child + 1].isBefore(self.heap[child]) { child += 1 }
      guard self.heap[child].isBefore(entry) else { break }
      self.put(self.heap[child], at: place)
      place = child
    }
    self.put(entry, at: place)
  }
}
