import MDM
import Testing

@testable import ServerCore

struct DeadlineQueueTests {
  private final class Item: Timed {
    var deadline: MonotonicInstant?
    var armedUntil: MonotonicInstant?

    init(_ nanoseconds: Int64?) {
      self.deadline = nanoseconds.map { MonotonicInstant(nanoseconds: $0) }
    }
  }

  @Test("items come in the order of their deadlines, each once")
  func givesDueItemsInOrder() {
    var queue = DeadlineQueue<Item>()
    let items = [5, 3, 9, 1, 7].map { Item($0) }
    for item in items { queue.arm(item) }
    var order: [Int64] = []
    while let item = queue.takeDue(at: .init(nanoseconds: 7)) {
      order.append(item.deadline?.nanoseconds ?? -1)
      item.deadline = nil
    }
    #expect(order == [1, 3, 5, 7])
    #expect(queue.next?.nanoseconds == 9)
  }

  @Test("a deadline that moved back, or away, does not come early")
  func followsMovedDeadlines() {
    var queue = DeadlineQueue<Item>()
    let (later, never, sooner) = (Item(1), Item(2), Item(50))
    for item in [later, never, sooner] { queue.arm(item) }
    later.deadline = .init(nanoseconds: 20)
    never.deadline = nil
    sooner.deadline = .init(nanoseconds: 4)
    queue.arm(sooner)
    #expect(queue.takeDue(at: .init(nanoseconds: 10)) === sooner)
    sooner.deadline = nil
    #expect(queue.takeDue(at: .init(nanoseconds: 10)) == nil)
    #expect(queue.takeDue(at: .init(nanoseconds: 20)) === later)
    later.deadline = nil
    #expect(queue.takeDue(at: .init(nanoseconds: 100)) == nil)
    #expect(queue.next == nil)
  }

  @Test("an item that is gone is passed over")
  func forgetsWhatIsGone() {
    var queue = DeadlineQueue<Item>()
    do { queue.arm(Item(1)) }
    let item = Item(2)
    queue.arm(item)
    #expect(queue.takeDue(at: .init(nanoseconds: 3)) === item)
  }
}
