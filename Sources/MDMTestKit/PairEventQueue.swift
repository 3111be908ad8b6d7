internal import MDMRedundancy

/// What is to happen in a simulated pair.
enum PairEvent {
  case faultBegins(Int)
  case faultEnds(Int)
  case heartbeat(Heartbeat, to: NodeID)
  /// A request reaches the store; `answers` says whether the node hears of it.
  case store(
    PairStore.Request, from: NodeID, on: NodeID, duration: Int, OperationID, answers: Bool)
  case witness(from: NodeID, duration: Int, OperationID)
  /// An answer reaches the start of a node that asked.
  case answer(RedundancyInput, to: NodeID, BootID)
  /// Services have been started or stopped, as far as they can be at this moment.
  case services(starting: Bool, on: NodeID, OperationID)
  /// The node asked to be woken.
  case wake(NodeID, number: Int)
  /// The administrator who moved users by hand, or switched something off, looks again.
  case tidyUp
  /// The host has tried to bring users to the node.
  case move(NodeID, to: NodeID, OwnershipEpoch, OperationID)
  /// Something happens to the users.
  case users(PairUsersEvent)
}

/// What is to happen, by true time and then by the order of scheduling: a binary heap.
///
/// The heap moves small items; the events stay where they are until their time has come.
struct PairEventQueue {
  private struct Item {
    var time: Int
    var number: Int
    /// Where the event is.
    var slot: Int

    func precedes(_ other: Item) -> Bool {
      (self.time, self.number) < (other.time, other.number)
    }
  }

  private var items: [Item] = []
  private var events: [PairEvent?] = []
  private var freeSlots: [Int] = []
  private var number = 0

  var nextTime: Int? { self.items.first?.time }

  mutating func schedule(_ event: PairEvent, at time: Int) {
    self.number += 1
    self.items.append(Item(time: time, number: self.number, slot: self.keep(event)))
    var child = self.items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard self.items[child].precedes(self.items[parent]) else { return }
      self.items.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeFirst() -> (time: Int, event: PairEvent)? {
    guard let first = self.items.first, let last = self.items.popLast() else { return nil }
    if !self.items.isEmpty {
      self.items[0] = last
      self.sink()
    }
    guard let event = self.events[first.slot].take() else {
      preconditionFailure("An event is due that was never kept.")
    }
    self.freeSlots.append(first.slot)
    return (first.time, event)
  }

  private mutating func keep(_ event: PairEvent) -> Int {
    if let slot = self.freeSlots.popLast() {
      self.events[slot] = event
      return slot
    }
    self.events.append(event)
    return self.events.count - 1
  }

  private mutating func sink() {
    var parent = 0
    while true {
      let left = 2 * parent + 1
      let right = left + 1
      var least = parent
      if left < self.items.count, self.items[left].precedes(self.items[least]) { least = left }
      if right < self.items.count, self.items[right].precedes(self.items[least]) { least = right }
      guard least != parent else { return }
      self.items.swapAt(parent, least)
      parent = least
    }
  }
}
