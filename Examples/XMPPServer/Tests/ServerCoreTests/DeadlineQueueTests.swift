import MDM
import Testing

@testable import ServerCore

private final class Item: Timed {
  let name: Int
  var deadline: MonotonicInstant?
  var armedUntil: MonotonicInstant?

  init(_ name: Int, at seconds: Int64? = nil) {
    self.name = name
    self.deadline = seconds.map { instant($0) }
  }
}

struct DeadlineQueueTests {
  /// Takes out everything that is due.
  private func due(_ queue: inout DeadlineQueue<Item>, at seconds: Int64) -> [Int] {
    var names: [Int] = []
    while let item = queue.takeDue(at: instant(seconds)) { names.append(item.name) }
    return names
  }

  @Test("Items come out in the order of their deadlines, not before them")
  func order() {
    var queue = DeadlineQueue<Item>()
    let items = [Item(0, at: 30), Item(1, at: 10), Item(2, at: 20)]
    for item in items { queue.arm(item) }
    #expect(queue.next == instant(10))
    #expect(self.due(&queue, at: 9) == [])
    #expect(self.due(&queue, at: 20) == [1, 2])
    #expect(queue.next == instant(30))
    #expect(self.due(&queue, at: 30) == [0])
    #expect(queue.next == nil)
  }

  @Test("An item that moves back comes out at its new deadline only")
  func movesBack() {
    var queue = DeadlineQueue<Item>()
    let item = Item(0, at: 10)
    queue.arm(item)
    item.deadline = instant(50)
    queue.arm(item)
    #expect(self.due(&queue, at: 49) == [])
    #expect(queue.next == instant(50))
    #expect(self.due(&queue, at: 50) == [0])
  }

  @Test("An item that moves forward comes out then, and once")
  func movesForward() {
    var queue = DeadlineQueue<Item>()
    let item = Item(0, at: 50)
    queue.arm(item)
    item.deadline = instant(10)
    queue.arm(item)
    #expect(queue.next == instant(10))
    #expect(self.due(&queue, at: 10) == [0])
    item.deadline = nil
    #expect(self.due(&queue, at: 100) == [])
    #expect(queue.next == nil)
  }

  @Test("An item without a deadline does not come out, and may get one again")
  func vanishes() {
    var queue = DeadlineQueue<Item>()
    let item = Item(0, at: 10)
    queue.arm(item)
    item.deadline = nil
    queue.arm(item)
    #expect(self.due(&queue, at: 20) == [])
    item.deadline = instant(30)
    queue.arm(item)
    #expect(self.due(&queue, at: 30) == [0])
  }

  @Test("The queue keeps nobody alive, and what is gone is passed over")
  func weakItems() {
    var queue = DeadlineQueue<Item>()
    let stays = Item(0, at: 20)
    weak var gone: Item?
    do {
      let goes = Item(1, at: 10)
      queue.arm(goes)
      gone = goes
    }
    queue.arm(stays)
    #expect(gone == nil)
    #expect(self.due(&queue, at: 30) == [0])
  }

  @Test("Random moves come out as from a list that is searched", arguments: 0..<50)
  func scripts(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var queue = DeadlineQueue<Item>()
    var items: [Item?] = (0..<12).map { Item($0) }
    var now: Int64 = 0
    for _ in 0..<200 {
      let index = random.below(items.count)
      switch random.below(6) {
      case 0..<3:
        items[index]?.deadline = instant(now + Int64(random.below(40)))
        if let item = items[index] { queue.arm(item) }
      case 3:
        items[index]?.deadline = nil
      case 4 where random.below(8) == 0:
        items[index] = nil
      default:
        now += Int64(random.below(15))
        let expected = items.compactMap { $0 }
          .filter { $0.deadline.map { $0 <= instant(now) } ?? false }.map(\.name)
        var found: [Int] = []
        while let item = queue.takeDue(at: instant(now)) {
          found.append(item.name)
          item.deadline = nil
        }
        #expect(found.sorted() == expected)
      }
      // Whoever waits for the next deadline must not sleep past one.
      let earliest = items.compactMap { $0?.deadline }.min()
      if let earliest { #expect(queue.next.map { $0 <= earliest } ?? false) }
    }
  }
}
