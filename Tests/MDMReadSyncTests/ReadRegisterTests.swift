import MDMReadSync
import MDMStanza
import MDMTestKit
import Testing

/// What an account knows of one conversation, with every unread position in a list.
private struct NaiveConversation {
  var unread: [UInt64] = []
  var readUpTo: UInt64 = 0
}

@Suite("ReadRegister")
struct ReadRegisterTests {
  @Test("R-004, R-027, B21: random messages and markers agree with plain lists", arguments: 1...12)
  func agreesWithLists(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var register = ReadRegister()
    var reference: [Int: NaiveConversation] = [:]
    var revision: UInt64 = 0
    var position: UInt64 = 0
    let names = (0..<7).map { ConversationID("contact \($0)") }
    for step in 0..<1_500 {
      let contact = random.below(names.count)
      let slot = register.ensureSlot(of: names[contact], limit: 100)
      if random.below(4) > 0 {
        position += 1
        register.noteReceived(slot, at: position)
        // A marker may have run ahead of a message that waited for the archive.
        if position > reference[contact, default: NaiveConversation()].readUpTo {
          reference[contact, default: NaiveConversation()].unread.append(position)
        }
      } else {
        let upTo = UInt64(random.below(Int(position) + 2))
        var known = reference[contact, default: NaiveConversation()]
        let moves = upTo > known.readUpTo
        if moves {
          known.readUpTo = upTo
          known.unread.removeAll { $0 <= upTo }
          revision += 1
        }
        reference[contact] = known
        guard register.advance(slot, to: upTo) == moves else {
          Issue.record("seed \(seed), step \(step): marker \(upTo)")
          return
        }
      }
      let known = reference[contact, default: NaiveConversation()]
      let state = register[slot]
      guard state.readUpTo == known.readUpTo, state.unread.count == known.unread.count,
        register.revision == revision
      else {
        Issue.record("seed \(seed), step \(step): \(state.unread.count) unread")
        return
      }
      let probe = UInt64(random.below(Int(position) + 2))
      let isRead = probe > 0 && probe <= known.readUpTo
      #expect(register.isRead(names[contact], at: probe) == isRead)
    }
    #expect(register.count == reference.count)
  }

  @Test("B21: older and equal markers do nothing and do not raise the revision")
  func forwardOnly() {
    var register = ReadRegister()
    let slot = register.ensureSlot(of: "bob", limit: 10)
    #expect(register.advance(slot, to: 5) == true)
    #expect(register.advance(slot, to: 5) == false)
    #expect(register.advance(slot, to: 4) == false)
    #expect(register.advance(slot, to: 0) == false)
    #expect(register.revision == 1)
    #expect(register[slot].revision == 1)
    #expect(register[slot].readUpTo == 5)
    #expect(register.furthestRead == 5)
  }

  @Test("a slot stays with its conversation and is found again by name")
  func slots() {
    var register = ReadRegister()
    let bob = register.ensureSlot(of: "bob", limit: 10)
    let carol = register.ensureSlot(of: "carol", limit: 10)
    #expect(bob != carol)
    #expect(register.slot(of: "bob") == bob)
    #expect(register.ensureSlot(of: "carol", limit: 10) == carol)
    #expect(register.slot(of: "dave") == nil)
    #expect(register.count == 2)
  }

  @Test("at the conversation limit the longest untouched read conversation is forgotten")
  func forgetsOldestRead() {
    var register = ReadRegister()
    let unread = register.ensureSlot(of: "unread, oldest", limit: 3)
    register.noteReceived(unread, at: 1)
    let old = register.ensureSlot(of: "read, older", limit: 3)
    register.noteReceived(old, at: 2)
    #expect(register.advance(old, to: 2) == true)
    let young = register.ensureSlot(of: "read, younger", limit: 3)
    register.noteReceived(young, at: 3)
    #expect(register.advance(young, to: 3) == true)

    let new = register.ensureSlot(of: "new", limit: 3)
    #expect(register.count == 3)
    #expect(register.forgotten == 1)
    #expect(register.slot(of: "read, older") == nil)
    #expect(register.slot(of: "read, younger") == young)
    #expect(register.slot(of: "unread, oldest") == unread)
    #expect(register.slot(of: "new") == new)
    #expect(register[new].readUpTo == 0)
    #expect(register[new].unread.count == 0)
  }

  @Test("when every conversation is unread the longest untouched one is forgotten")
  func forgetsOldestUnread() {
    var register = ReadRegister()
    for (number, name) in ["a", "b", "c"].enumerated() {
      let slot = register.ensureSlot(of: ConversationID(name), limit: 3)
      register.noteReceived(slot, at: UInt64(number + 1))
    }
    let a = register.ensureSlot(of: "a", limit: 3)
    register.noteReceived(a, at: 9)
    _ = register.ensureSlot(of: "d", limit: 3)
    #expect(register.slot(of: "b") == nil)
    #expect(register.slot(of: "a") == a)
    #expect(register.forgotten == 1)
  }

  @Test("forgetting over and over keeps the index and the table in step")
  func forgetsManyTimes() {
    var register = ReadRegister()
    for number in 0..<UInt64(2_000) {
      let slot = register.ensureSlot(of: ConversationID("contact \(number)"), limit: 16)
      register.noteReceived(slot, at: number + 1)
    }
    #expect(register.count == 16)
    #expect(register.forgotten == 1_984)
    for number in 0..<2_000 {
      let slot = register.slot(of: ConversationID("contact \(number)"))
      #expect((slot != nil) == (number >= 1_984), "contact \(number)")
      if let slot { #expect(register[slot].id == ConversationID("contact \(number)")) }
    }
  }

  @Test("merged runs are counted")
  func countsMerges() {
    var register = ReadRegister()
    let slot = register.ensureSlot(of: "bob", limit: 10)
    for number in 0..<UInt64(UnreadPositions.runLimit + 5) {
      register.noteReceived(slot, at: 1 + 2 * number)
    }
    #expect(register.mergedRuns == 5)
    #expect(register[slot].unread.count == UnreadPositions.runLimit + 5)
  }

  @Test("B9: a read takes back what was notified up to it, once nothing newer is outstanding")
  func retraction() {
    var register = ReadRegister()
    let slot = register.ensureSlot(of: "bob", limit: 10)
    for position: UInt64 in [3, 4] {
      register.noteReceived(slot, at: position)
      register.noteNotified(slot, [0, 1], at: position)
    }
    #expect(register.advance(slot, to: 2) == true)
    #expect(register.retractable(slot, upTo: 2, among: [0, 1]) == [])
    #expect(register.advance(slot, to: 3) == true)
    #expect(register.retractable(slot, upTo: 3, among: [0, 2]) == [0])
    #expect(register.advance(slot, to: 4) == true)
    #expect(register.retractable(slot, upTo: 4, among: [0]) == [0])
    #expect(register.retractable(slot, upTo: 4, among: [0]) == [])
    #expect(register.retractable(slot, upTo: 4, among: [0, 1]) == [1])
  }

  @Test("R-012: a device that is gone has nothing to take back")
  func removedDevice() {
    var register = ReadRegister()
    let slot = register.ensureSlot(of: "bob", limit: 10)
    register.noteReceived(slot, at: 1)
    register.noteNotified(slot, [0, 1], at: 1)
    register.remove(device: 0)
    #expect(register.advance(slot, to: 1) == true)
    #expect(register.retractable(slot, upTo: 1, among: [0, 1]) == [1])
  }

  @Test("what was held after the furthest marker is not read, in constant time or not")
  func isRead() {
    var register = ReadRegister()
    let slot = register.ensureSlot(of: "bob", limit: 10)
    #expect(register.advance(slot, to: 7) == true)
    #expect(register.isRead("bob", at: 7) == true)
    #expect(register.isRead("bob", at: 8) == false)
    #expect(register.isRead("bob", at: 0) == false)
    #expect(register.isRead("carol", at: 3) == false)
    #expect(register.isRead(nil, at: 3) == false)
  }

  @Test("a snapshot's conversations and counters come back")
  func restore() {
    var register = ReadRegister()
    var state = ConversationState(id: "bob")
    state.readUpTo = 9
    register.restore(state)
    register.restore(revision: 4, furthestRead: 9, mergedRuns: 1, forgotten: 2)
    #expect(register.isRead("bob", at: 9) == true)
    #expect(register.revision == 4)
    #expect(register.mergedRuns == 1)
    #expect(register.forgotten == 2)
    #expect(register.slot(of: "bob") == 0)
  }
}
