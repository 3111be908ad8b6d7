import MDMXMPP
import Testing

@testable import ServerCore

/// Who gets what: the rows of RFC 6121 §8.5, with copies (XEP-0280, B49).
struct ServerRoutingTests {
  private static let refused = "service-unavailable"

  private func message(_ type: String, _ to: String, _ extra: String = "") -> String {
    "<message type='\(type)' to='\(to)' id='1'><body>x</body>\(extra)</message>"
  }

  /// A device of negative priority, which gets copies if it is to.
  private func low(_ harness: ServerHarness, copies: Bool = true) throws -> TestClient {
    let low = try harness.device(
      "bob", "low", presence: "<presence><priority>-1</priority></presence>")
    if copies { try low.enableCarbons() }
    return low
  }

  @Test(
    "To a device that is connected and has sent no presence goes what is for just it (§8.5.3.1)",
    arguments: ["chat", "normal", "groupchat", "headline", "error"])
  func withoutPresence(_ type: String) throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let other = try harness.device("bob", "other")
    let silent = try harness.bound("bob", "silent")
    for hasCopies in [false, true] {
      if hasCopies { try silent.enableCarbons() }
      try alice.say(self.message(type, "bob@localhost/silent"))
      #expect(silent.transcript() == ["message[\(type)] alice@localhost/desk: x"])
      #expect(other.transcript() == [], "nobody else")
      #expect(alice.transcript() == [])
    }
    try alice.say(self.message("chat", "bob@localhost"))
    #expect(silent.transcript() == [], "what is for the account is not for it")
    #expect(other.transcript().count == 1)
  }

  @Test("An error reaches whoever has sent without presence")
  func bouncedWithoutPresence() throws {
    let harness = try ServerHarness()
    let silent = try harness.bound("alice", "silent")
    try silent.say(self.message("normal", "bob@localhost/gone"))
    #expect(silent.transcript() == ["message[error] bob@localhost/gone: \(Self.refused)"])
  }

  @Test(
    "A device may write to its own full address, and to another one's of its account (§8.5.3.1)",
    arguments: ["chat", "normal", "groupchat", "headline", "error"])
  func ownAddress(_ type: String) throws {
    for hasCopies in [false, true] {
      let harness = try ServerHarness()
      let desk = try harness.device("alice", "desk")
      let phone = try harness.device("alice", "phone")
      let silent = try harness.bound("alice", "silent")
      if hasCopies { for client in [desk, phone, silent] { try client.enableCarbons() } }
      try desk.say(self.message(type, "alice@localhost/desk"))
      #expect(desk.transcript() == ["message[\(type)] alice@localhost/desk: x"])
      _ = phone.hear()
      for target in [phone, silent] {
        try desk.say(self.message(type, target.address))
        #expect(target.transcript() == ["message[\(type)] alice@localhost/desk: x"])
        #expect(desk.transcript() == [])
        _ = phone.hear()
      }
    }
  }

  @Test("What a device writes to itself has the stable id that its copies have (XEP-0359)")
  func ownStableID() throws {
    let harness = try ServerHarness()
    let desk = try harness.device("alice", "desk")
    let phone = try harness.device("alice", "phone")
    for client in [desk, phone] { try client.enableCarbons() }
    try desk.say(self.message("chat", "alice@localhost/desk"))
    func id(_ message: Element?) -> String? {
      message?.child("stanza-id", namespace: Namespaces.stanzaID)?.attribute("id")
    }
    let own = desk.hear().last
    let copy = phone.hear().last?.elements.first?.elements.first?.elements.first
    #expect(id(own) != nil)
    #expect(id(own) == id(copy))
  }

  @Test(
    "What is said in a room is never delivered to an account, and is answered (§8.5.2.1.1)",
    arguments: ["bob@localhost", "alice@localhost", "", "nobody@localhost"])
  func groupchat(_ to: String) throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let others = [try harness.device("alice", "phone"), try harness.device("bob", "desk")]
    for client in [alice] + others { try client.enableCarbons() }
    for content in ["<body>x</body>", "", "<received xmlns='urn:xmpp:receipts' id='1'/>"] {
      let address = to.isEmpty ? "" : " to='\(to)'"
      try alice.say("<message type='groupchat'\(address) id='1'>\(content)</message>")
      let from = to.isEmpty ? "alice@localhost" : to
      #expect(alice.transcript() == ["message[error] \(from): \(Self.refused)"])
      for client in others { #expect(client.transcript() == []) }
    }
  }

  @Test("A device of negative priority has a copy, and the message waits for one that takes it")
  func negativePriority() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let low = try self.low(harness)
    try alice.say(self.message("chat", "bob@localhost"))
    try alice.say(self.message("chat", "bob@localhost/gone"))
    #expect(
      low.transcript()
        == [String](
          repeating: "message[chat] bob@localhost: received(message[chat] alice@localhost/desk: x)",
          count: 2))
    #expect(alice.transcript() == [])
    let desk = try harness.bound("bob", "desk")
    try desk.say("<presence/>")
    let heard = desk.transcript().filter { $0.hasPrefix("message") }
    #expect(heard == [String](repeating: "message[chat] alice@localhost/desk: x", count: 2))
    // Once it has been taken it is nobody else's.
    try low.say("<presence/>")
    #expect(low.transcript().filter { $0.hasPrefix("message") } == [])
  }

  @Test("Who had the copy does not get the message again when its priority rises (B27)")
  func risingPriority() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let low = try self.low(harness)
    try alice.say(self.message("chat", "bob@localhost"))
    _ = low.hear()
    try low.say("<presence><priority>1</priority></presence>")
    #expect(low.transcript().filter { $0.hasPrefix("message") } == [])
    let late = try harness.device("bob", "late")
    #expect(late.transcript() == [])
    #expect(try harness.server.account(local: "bob")?.hasWaiting == false)
  }

  @Test("With negative priority only, what may not be stored is sent back, or kept outside")
  func negativeHints() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let low = try self.low(harness)
    try alice.say(self.message("chat", "bob@localhost", "<no-store xmlns='urn:xmpp:hints'/>"))
    #expect(alice.transcript() == ["message[error] bob@localhost: \(Self.refused)"])
    #expect(low.transcript().count == 1, "the copy")
    let hint = "<no-permanent-store xmlns='urn:xmpp:hints'/>"
    try alice.say(self.message("chat", "bob@localhost", hint))
    #expect(alice.transcript() == [])
    #expect(low.transcript().count == 1)
    let desk = try harness.bound("bob", "desk")
    try desk.say("<presence/>")
    #expect(desk.transcript().filter { $0.hasPrefix("message[chat]") }.count == 1)
  }

  @Test("With negative priority only, a headline reaches nobody, and ordinary clients nothing")
  func negativeWithoutCopies() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let low = try self.low(harness, copies: false)
    for type in ["headline", "chat", "normal", "error"] {
      try alice.say(self.message(type, "bob@localhost"))
    }
    #expect(low.transcript() + alice.transcript() == [])
    try low.say("<presence/>")
    #expect(low.transcript().filter { $0.hasPrefix("message") }.count == 2)
  }
}
