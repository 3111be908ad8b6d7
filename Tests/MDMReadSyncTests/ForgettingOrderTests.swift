import MDMStanza
import MDMTestKit
import Testing

@testable import MDMReadSync

/// A register that looks at every conversation when one has to be forgotten.
private struct NaiveRegister {
  struct Conversation {
    var name: Int
    var unread: [UInt64] = []
    var readUpTo: UInt64 = 0
    var touched: UInt64 = 0
    var waiting: Set<Int> = []
  }

  var conversations: [Conversation] = []
  var forgotten = 0

  mutating func ensure(_ name: Int, limit: Int) -> Int {
    if let slot = self.conversations.firstIndex(where: { $0.name == name }) { return slot }
    if self.conversations.count >= limit, let victim = self.victim {
      self.conversations[victim] = Conversation(name: name)
      self.forgotten += 1
      return victim
    }
    self.conversations.append(Conversation(name: name))
    return self.conversations.count - 1
  }

  /// The longest untouched conversation that has nothing waiting: read ones first, then any.
  private var victim: Int? {
    self.conversations.indices.filter { self.conversations[$0].waiting.isEmpty }.min {
      let (left, right) = (self.conversations[$0], self.conversations[$1])
      if left.unread.isEmpty != right.unread.isEmpty { return left.unread.isEmpty }
      return (left.touched, $0) < (right.touched, $1)
    }
  }
}

/// Plays the same acts on both registers.
private struct Rivals: ~Copyable {
  var register = ReadRegister()
  var naive = NaiveRegister()
  var random: SeededGenerator
  var position: UInt64 = 0

  init(seed: Int) { self.random = SeededGenerator(seed: UInt64(seed)) }

  static func name(_ number: Int) -> ConversationID { ConversationID("contact \(number)") }

  mutating func act(limit: Int) {
    switch self.random.below(12) {
    case 0..<6: self.receive(self.random.below(40), limit: limit)
    case 6..<9: self.read(limit: limit)
    case 9: self.hold()
    case 10: self.release()
    default: self.goThroughSnapshot()
    }
  }

  private mutating func receive(_ name: Int, limit: Int) {
    self.position += 1
    let slot = self.naive.ensure(name, limit: limit)
    let receipt = self.register.noteReceived(
      in: Self.name(name), at: self.position, notifying: [], limit: limit)
    #expect(Int(receipt.slot) == slot)
    self.naive.conversations[slot].touched = self.position
    if self.position > self.naive.conversations[slot].readUpTo {
      self.naive.conversations[slot].unread.append(self.position)
    }
  }

  /// Mostly to an old position, and now and then ahead of messages that wait for the archive.
  private mutating func read(limit: Int) {
    let name = self.random.below(40)
    let upTo = UInt64(self.random.below(Int(self.position) + 4))
    let slot = self.naive.ensure(name, limit: limit)
    #expect(Int(self.register.ensureSlot(of: Self.name(name), limit: limit)) == slot)
    let moves = upTo > self.naive.conversations[slot].readUpTo
    #expect(self.register.advance(UInt32(slot), to: upTo) == moves)
    guard moves else { return }
    self.naive.conversations[slot].readUpTo = upTo
    self.naive.conversations[slot].touched = upTo
    self.naive.conversations[slot].unread.removeAll { $0 <= upTo }
  }

  private mutating func hold() {
    guard !self.naive.conversations.isEmpty else { return }
    let slot = self.random.below(self.naive.conversations.count)
    let device = self.random.below(2)
    self.naive.conversations[slot].waiting.insert(device)
    self.register[UInt32(slot)].waiting.insert(device)
  }

  private mutating func release() {
    guard !self.naive.conversations.isEmpty else { return }
    // All that a device waited for, as when it is flushed.
    let device = self.random.below(2)
    for slot in self.naive.conversations.indices {
      guard self.naive.conversations[slot].waiting.remove(device) != nil else { continue }
      self.register[UInt32(slot)].waiting.remove(device)
    }
  }

  private mutating func goThroughSnapshot() {
    var restored = ReadRegister()
    for slot in 0..<UInt32(self.register.count) { restored.restore(self.register[slot]) }
    restored.restore(
      revision: self.register.revision, furthestRead: self.register.furthestRead,
      mergedRuns: self.register.mergedRuns, forgotten: self.register.forgotten)
    self.register = restored
  }

  /// Whether both know the same conversations, in the same slots.
  var agree: Bool {
    let names = (0..<UInt32(self.register.count)).map { self.register[$0].id }
    return names == self.naive.conversations.map { Self.name($0.name) }
      && self.register.forgotten == UInt64(self.naive.forgotten)
  }
}

@Suite("ForgettingOrder")
struct ForgettingOrderTests {
  @Test(
    "random messages, marks, holds and snapshots: who is forgotten is who a look at all names",
    arguments: 1...40)
  func agreesWithScan(seed: Int) {
    var rivals = Rivals(seed: seed)
    var limit = 5 + seed % 11
    for step in 0..<1_500 {
      // An administrator changes the limit now and then, both ways.
      if step % 400 == 399 { limit = 3 + rivals.random.below(20) }
      rivals.act(limit: limit)
      guard rivals.agree else {
        Issue.record("seed \(seed), step \(step)")
        return
      }
    }
    #expect(rivals.naive.forgotten > 100, "seed \(seed) puts the choice to the test")
  }

  @Test("at the limit a message from a new address looks at two conversations, not at all of them")
  func cost() {
    let limit = 10_000
    var touched = (0..<limit).map { UInt64($0 + 1) }
    var looks = 0
    func rank(_ slot: UInt32) -> ForgettingOrder.Rank? {
      looks += 1
      return ForgettingOrder.Rank(isUnread: true, touched: touched[Int(slot)])
    }
    var order = ForgettingOrder(count: limit, rank: rank)
    #expect(looks == limit)
    looks = 0
    for number in 0..<2_000 {
      let victim = order.first(rank: rank)
      #expect(victim == UInt32(number))
      order.note(ForgettingOrder.Rank(isUnread: false, touched: 0), of: UInt32(number))
      touched[number] = UInt64(limit + number + 1)
    }
    #expect(looks == 2_000 * 2 - 1)
  }

  @Test("conversations that wait for a quiet phone are looked at once, not for each new address")
  func costOfProtected() {
    let limit = 10_000
    var looks = 0
    func rank(_ slot: UInt32) -> ForgettingOrder.Rank? {
      looks += 1
      return nil
    }
    var order = ForgettingOrder(count: limit, rank: rank)
    #expect(order.first(rank: rank) == nil)
    looks = 0
    for slot in 0..<UInt32(1_000) {
      #expect(order.first(rank: rank) == nil)
      order.note(nil, of: UInt32(limit) + slot)
    }
    #expect(looks == 0)
    order.note(ForgettingOrder.Rank(isUnread: true, touched: 7), of: 41)
    let free = order.first { slot in
      looks += 1
      return slot == 41 ? ForgettingOrder.Rank(isUnread: true, touched: 7) : nil
    }
    #expect(free == 41)
    #expect(looks == 1)
  }

  @Test("a snapshot that claims a later touch than any message and mark is not believed")
  func impossibleTouch() {
    var register = ReadRegister()
    var liar = ConversationState(id: "liar")
    liar.readUpTo = 2
    liar.touched = .max
    register.restore(liar)
    var honest = ConversationState(id: "honest")
    honest.readUpTo = 3
    honest.touched = 3
    register.restore(honest)
    #expect(register[0].touched == 2)
    _ = register.ensureSlot(of: "new", limit: 2)
    #expect(register.slot(of: "liar") == nil)
    #expect(register.slot(of: "honest") == 1)
  }
}
