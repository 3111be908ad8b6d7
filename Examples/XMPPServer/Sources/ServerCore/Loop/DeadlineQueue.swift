import MDM

/// Something that has a deadline, which may move.
protocol Timed: AnyObject {
  /// When it is due, nil when it is not.
  var deadline: MonotonicInstant? { get }
  /// When its entry in the queue comes up; the queue's own note.
  var armedUntil: MonotonicInstant? { get set }
}

/// Deadlines in order. Each item has at most one live entry: one that moves back costs nothing
/// until its entry comes up, which is what idle time-outs do at every byte.
struct DeadlineQueue<Item: Timed> {
  private struct Entry {
    let instant: MonotonicInstant
    weak var item: Item?
  }

  /// A binary heap, the earliest first.
  private var heap: [Entry] = []

  /// When ``takeDue(at:)`` should be called next.
  var next: MonotonicInstant? { self.heap.first?.instant }

  /// Takes notice of an item's deadline, unless an entry comes up before it anyway.
  mutating func arm(_ item: Item) {
    guard let deadline = item.deadline else { return }
    if let armed = item.armedUntil, armed <= deadline { return }
    item.armedUntil = deadline
    self.push(Entry(instant: deadline, item: item))
  }

  /// Takes the next item out whose deadline has come; call it until it returns nil.
  mutating func takeDue(at now: MonotonicInstant) -> Item? {
    while let first = self.heap.first, first.instant <= now {
      self.pop()
      guard let item = first.item, item.armedUntil == first.instant else { continue }
      item.armedUntil = nil
      guard let deadline = item.deadline else { continue }
      if deadline <= now { return item }
      self.arm(item)
    }
    return nil
  }

  private mutating func push(_ entry: Entry) {
    self.heap.append(entry)
    var child = self.heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if self.heap[parent].instant <= self.heap[child].instant { break }
      self.heap.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func pop() {
    self.heap.swapAt(0, self.heap.count - 1)
    self.heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < self.heap.count {
        if self.heap[child].instant < self.heap[least].instant { least = child }
      }
      if least == parent { return }
      self.heap.swapAt(parent, least)
      parent = least
    }
  }
}
