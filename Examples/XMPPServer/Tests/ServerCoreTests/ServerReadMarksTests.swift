import MDMXMPP
import Testing

@testable import ServerCore

/// The node of read marks (XEP-0490, B48).
struct ServerReadMarksTests {
  private static let node = "urn:xmpp:mds:displayed:0"

  let harness: ServerHarness
  let alice: TestClient
  let tablet: TestClient
  let bob: TestClient

  init() throws {
    self.harness = try ServerHarness(accounts: ["alice", "bob", "carol"])
    self.alice = try self.harness.device("alice", "desk")
    self.tablet = try self.harness.device("alice", "tablet")
    self.bob = try self.harness.device("bob", "desk")
    for client in [self.alice, self.tablet] { try client.enableCarbons() }
  }

  // MARK: - Parts

  private func pubsub(_ type: String, _ action: String, owner: Bool = false) -> String {
    "<iq type='\(type)' id='p'><pubsub xmlns='http://jabber.org/protocol/pubsub"
      + "\(owner ? "#owner" : "")'>\(action)</pubsub></iq>"
  }

  /// Publishes a mark; the answer, in a word.
  private func publish(
    _ chat: String, _ id: String, by: String = "alice@localhost", from client: TestClient? = nil
  ) throws -> String {
    let answer = try (client ?? self.alice).ask(
      self.pubsub(
        "set",
        "<publish node='\(Self.node)'><item id='\(chat)'><displayed xmlns='\(Self.node)'>"
          + "<stanza-id xmlns='urn:xmpp:sid:0' id='\(id)' by='\(by)'/></displayed></item></publish>"
      ))
    return answer.attribute("type") == "result"
      ? "result" : answer.elements.last?.elements.first?.name ?? "?"
  }

  /// The items that a query finds, `chat=id`.
  private func items(_ inside: String = "", _ attributes: String = "") throws -> [String] {
    let answer = try self.alice.ask(
      self.pubsub("get", "<items node='\(Self.node)'\(attributes)>\(inside)</items>"))
    let items = answer.child("pubsub", namespace: Namespaces.pubsub)?
      .child("items", namespace: Namespaces.pubsub)
    return items?.elements.map { Self.text($0) } ?? ["error"]
  }

  private static func text(_ item: Element) -> String {
    let id = item.elements.first?.elements.first?.attribute("id") ?? ""
    return "\(item.name == "item" ? "" : item.name + " ")\(item.attribute("id") ?? "?")=\(id)"
  }

  /// The events that a device was told.
  private func told(_ client: TestClient) -> [String] {
    client.hear().compactMap { $0.child("event", namespace: Namespaces.pubsubEvent) }
      .flatMap { $0.elements }.flatMap { $0.elements.isEmpty ? [] : $0.elements.map(Self.text) }
  }

  /// A message to Alice; its stable id.
  private func message(
    _ id: String, from client: TestClient? = nil, to: String = "alice@localhost", extra: String = ""
  ) throws -> String {
    try (client ?? self.bob).say(
      "<message type='chat' to='\(to)' id='\(id)'><body>\(id)</body>\(extra)</message>")
    let stable = self.alice.hear().last?.child("stanza-id", namespace: Namespaces.stanzaID)
    _ = self.tablet.hear()
    return try #require(stable?.attribute("id"))
  }

  private func show(_ id: String, to: String = "bob@localhost") throws {
    try self.alice.say(
      "<message type='chat' to='\(to)'>"
        + "<displayed xmlns='urn:xmpp:chat-markers:0' id='\(id)'/></message>")
    _ = self.alice.hear()
  }

  // MARK: - What a mark may name

  @Test("A marker is understood however old the message is: the archive is asked (XEP-0333)")
  func age() throws {
    let first = try self.message("first")
    let carol = try self.harness.device("carol", "desk")
    for number in 0..<600 {
      try carol.write(
        "<message type='chat' to='alice@localhost' id='\(number)'><body>x</body></message>")
    }
    try self.harness.settle()
    _ = (self.alice.hear(), self.tablet.hear())
    try self.show("first")
    #expect(self.told(self.tablet) == ["bob@localhost=\(first)"])
    #expect(try self.items() == ["bob@localhost=\(first)"])
  }

  @Test("An id that two messages share means the earlier one, and in its conversation only")
  func sharedIDs() throws {
    let carol = try self.harness.device("carol", "desk")
    _ = try self.message("same", from: carol)
    let earlier = try self.message("same")
    _ = try self.message("same")
    try self.show("same")
    #expect(self.told(self.tablet) == ["bob@localhost=\(earlier)"])
    try self.show("unknown")
    #expect(self.told(self.tablet) == [])
  }

  @Test("A mark of another conversation's message is refused, and nothing of it remains")
  func anotherConversation() throws {
    let id = try self.message("one")
    #expect(try self.publish("carol@localhost", id) == "item-not-found")
    #expect(try self.publish("bob@localhost/desk", id) == "item-not-found")
    #expect(try self.items() == [])
    #expect(self.told(self.tablet) == [])
    // In passing it is not taken either, and the message goes on (XEP-0490 §4).
    try self.alice.say(
      "<message type='chat' to='carol@localhost'><body>x</body><displayed xmlns='\(Self.node)'>"
        + "<stanza-id xmlns='urn:xmpp:sid:0' id='\(id)' by='alice@localhost'/></displayed>"
        + "</message>"
    )
    #expect(try self.items() == [])
    #expect(self.harness.server.totals.refusedMarks == 1)
  }

  @Test("A private message of a room is a conversation with whom it is from, not with the room")
  func wholeAddresses() throws {
    let user = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
    let id = try self.message("one", to: "alice@localhost/desk", extra: user)
    #expect(try self.publish("bob@localhost", id) == "item-not-found")
    #expect(try self.publish("bob@localhost/phone", id) == "item-not-found")
    #expect(try self.publish("BOB@localhost/desk", id) == "result")
    #expect(try self.items() == ["bob@localhost/desk=\(id)"])
    try self.show("one", to: "bob@localhost")
    #expect(try self.items().count == 1, "no marker from outside of it")
  }

  @Test("What cannot be resolved is kept for the person's devices, and counted")
  func unresolved() throws {
    #expect(try self.publish("room@muc.example", "abc", by: "room@muc.example") == "result")
    #expect(self.told(self.tablet) == ["room@muc.example=abc"])
    #expect(try self.publish("bob@localhost", "999999") == "result")
    #expect(try self.items() == ["room@muc.example=abc", "bob@localhost=999999"])
    #expect(self.harness.server.totals.unresolvedMarks == 2)
    let id = try self.message("one")
    #expect(try self.publish("bob@localhost", id) == "result", "what is known is better")
  }

  @Test("Marks do not go back: one that would is refused, the same again is taken (B21)")
  func forward() throws {
    let (first, second) = (try self.message("one"), try self.message("two"))
    #expect(try self.publish("bob@localhost", second) == "result")
    #expect(try self.publish("bob@localhost", first) == "conflict")
    #expect(try self.publish("bob@localhost", second) == "result")
    #expect(try self.items() == ["bob@localhost=\(second)"])
  }

  @Test(
    "What is no mark is refused",
    arguments: [
      "<item><displayed xmlns='urn:xmpp:mds:displayed:0'/></item>", "<item id='a@b'/>",
      "<item id='@'><displayed xmlns='urn:xmpp:mds:displayed:0'/></item>",
      "<item id='a@b'><displayed xmlns='urn:xmpp:mds:displayed:0'/></item>",
      "<item id='a@b'><other xmlns='urn:y'/></item>", "", "<item id='a@b'/><item id='c@d'/>",
    ])
  func malformed(_ items: String) throws {
    let answer = try self.alice.ask(
      self.pubsub("set", "<publish node='\(Self.node)'>\(items)</publish>"))
    #expect(answer.attribute("type") == "error")
    #expect(try self.items() == [])
  }

  // MARK: - A node like any other

  @Test("Single items, `max_items`, retraction, purging and deletion (XEP-0060 §6.5, §7.2, §8)")
  func node() throws {
    let id = try self.message("one")
    for chat in ["x@far.example", "y@far.example"] {
      #expect(try self.publish(chat, "7", by: chat) == "result")
    }
    #expect(try self.publish("bob@localhost", id) == "result")
    #expect(try self.items("<item id='X@far.example'/>") == ["x@far.example=7"])
    #expect(try self.items("<item id='z@far.example'/>") == [])
    #expect(try self.items("", " max_items='1'") == ["bob@localhost=\(id)"])
    #expect(try self.items("", " max_items='2'").count == 2)
    #expect(try self.items("", " max_items='0'") == [])
    for wrong in ["-1", "x", ""] {
      #expect(try self.items("", " max_items='\(wrong)'") == ["error"])
    }
    _ = self.tablet.hear()
    let retract = { (chat: String) in
      self.pubsub(
        "set", "<retract node='\(Self.node)' notify='1'><item id='\(chat)'/></retract>")
    }
    #expect(try self.alice.ask(retract("Bob@localhost")).attribute("type") == "result")
    #expect(self.told(self.tablet) == ["retract bob@localhost="])
    #expect(try self.items() == ["x@far.example=7", "y@far.example=7"])
    // It can be set again.
    #expect(try self.publish("bob@localhost", id) == "result")
    #expect(try self.items("<item id='bob@localhost'/>") == ["bob@localhost=\(id)"])
    for action in ["purge", "delete"] {
      let request = self.pubsub("set", "<\(action) node='\(Self.node)'/>", owner: true)
      #expect(try self.alice.ask(request).attribute("type") == "result")
      #expect(try self.items() == [])
    }
  }

  @Test("Nobody else may ask, and marks outlive the process, retracted ones excepted")
  func lasting() throws {
    let (one, two) = (try self.message("one"), try self.message("two"))
    _ = one
    #expect(try self.publish("bob@localhost", two) == "result")
    #expect(try self.publish("x@far.example", "7", by: "x@far.example") == "result")
    _ = try self.alice.ask(
      self.pubsub(
        "set", "<retract node='\(Self.node)'><item id='x@far.example'/></retract>"))
    let answer = try self.bob.ask(
      "<iq type='get' id='p' to='alice@localhost'><pubsub"
        + " xmlns='http://jabber.org/protocol/pubsub'><items node='\(Self.node)'/></pubsub></iq>")
    #expect(answer.attribute("type") == "error")
    try self.harness.crashAndRestart()
    let again = try self.harness.device("alice", "desk")
    let found = try again.ask(self.pubsub("get", "<items node='\(Self.node)'/>"))
    let items = found.child("pubsub", namespace: Namespaces.pubsub)?
      .child("items", namespace: Namespaces.pubsub)?.elements
    #expect(items?.map { Self.text($0) } == ["bob@localhost=\(two)"])
  }

  /// Says what a client is able to do, and answers the question about it.
  private func announce(_ features: [String], _ client: TestClient) throws {
    try client.say(
      "<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n'"
        + " ver='\(features.count)\(client.address)'/></presence>")
    let question = try #require(client.hear().first { $0.name == "iq" })
    let list = features.map { "<feature var='\($0)'/>" }.joined()
    try client.say(
      "<iq type='result' to='localhost' id='\(question.attribute("id") ?? "")'>"
        + "<query xmlns='http://jabber.org/protocol/disco#info'>\(list)</query></iq>")
    _ = client.hear()
  }

  @Test("Events go to those who asked, with copies and without, and to nobody else (§9.2)")
  func events() throws {
    let plain = try self.harness.device("alice", "plain")
    let plainAsking = try self.harness.device("alice", "asking")
    let silent = try self.harness.device("alice", "silent")
    try silent.enableCarbons()
    try self.announce(["\(Self.node)+notify"], self.tablet)
    try self.announce(["\(Self.node)+notify"], plainAsking)
    try self.announce(["urn:xmpp:ping"], silent)
    let id = try self.message("one")
    for client in [plain, plainAsking, silent] { _ = client.hear() }
    #expect(try self.publish("bob@localhost", id) == "result")
    #expect(self.told(self.tablet) == ["bob@localhost=\(id)"])
    #expect(self.told(plainAsking) == ["bob@localhost=\(id)"])
    #expect(self.told(silent) == [])
    #expect(self.told(plain) == [])
  }

  @Test("What is read without a word, because one writes, is in the node too (`sendMarksRead`)")
  func writing() throws {
    let harness = try ServerHarness(["engine.sendMarksRead": "true"])
    let desk = try harness.device("alice", "desk")
    let phone = try harness.device("alice", "phone")
    for client in [desk, phone] { try client.enableCarbons() }
    let bob = try harness.device("bob", "desk")
    try bob.say("<message type='chat' to='alice@localhost' id='1'><body>x</body></message>")
    _ = (desk.hear(), phone.hear())
    try desk.say("<message type='chat' to='bob@localhost' id='2'><body>y</body></message>")
    #expect(self.told(phone).count == 1)
  }
}
