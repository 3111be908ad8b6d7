import MDMXMPP
import Testing

@testable import ServerCore

/// What is kept for devices that are away, and what blocking takes back.
struct ServerKeepingTests {
  private static let ping =
    "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"

  /// The ids of what the archive has.
  private func archive(_ client: TestClient) throws -> [String] {
    try client.say("<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>")
    return client.hear().compactMap {
      $0.child("result", namespace: "urn:xmpp:mam:2")?
        .child("forwarded", namespace: Namespaces.forward)?
        .child("message", namespace: Namespaces.client)?.attribute("id")
    }
  }

  static let bodiless: [(name: String, content: String, isKept: Bool)] = [
    ("reaction", "<reactions xmlns='urn:xmpp:reactions:0' id='1'/>", true),
    ("retraction", "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>", true),
    ("fastening", "<apply-to xmlns='urn:xmpp:fasten:0' id='1'/>", true),
    ("correction", "<replace xmlns='urn:xmpp:message-correct:0' id='1'/>", true),
    ("call", "<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>", true),
    ("end of a call", "<finish xmlns='urn:xmpp:jingle-message:0' id='1'/>", true),
    ("call invitation", "<invite xmlns='urn:xmpp:call-invites:0'/>", true),
    ("receipt", "<received xmlns='urn:xmpp:receipts' id='1'/>", true),
    ("marker", "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>", true),
    ("anything with store", "<y xmlns='urn:y'/><store xmlns='urn:xmpp:hints'/>", true),
    (
      "chat state with store",
      "<composing xmlns='http://jabber.org/protocol/chatstates'/><store xmlns='urn:xmpp:hints'/>",
      true
    ),
    ("anything", "<y xmlns='urn:y'/>", false),
    ("chat state", "<composing xmlns='http://jabber.org/protocol/chatstates'/>", false),
    (
      "reaction, no-store",
      "<reactions xmlns='urn:xmpp:reactions:0' id='1'/><no-store xmlns='urn:xmpp:hints'/>", false
    ),
    (
      "store and no-store",
      "<y xmlns='urn:y'/><store xmlns='urn:xmpp:hints'/><no-store xmlns='urn:xmpp:hints'/>", false
    ),
    (
      "store and no-permanent-store",
      "<y xmlns='urn:y'/><store xmlns='urn:xmpp:hints'/>"
        + "<no-permanent-store xmlns='urn:xmpp:hints'/>", false
    ),
  ]

  @Test("What has no body is found by a device that was away, on both sides (B45)")
  func bodilessMessages() throws {
    for type in ["chat", "normal"] {
      let harness = try ServerHarness()
      let alice = try harness.device("alice", "laptop")
      let bob = try harness.device("bob", "desk")
      for item in Self.bodiless {
        try bob.say(
          "<message type='\(type)' to='alice@localhost' id='\(item.name)'>\(item.content)</message>"
        )
      }
      let kept = Self.bodiless.filter(\.isKept).map(\.name)
      #expect(try self.archive(bob) == kept, "\(type)")
      _ = alice.hear()
      let phone = try harness.device("alice", "phone")
      #expect(try self.archive(phone) == kept, "\(type)")
    }
  }

  @Test("What has no body waits for who is away, and is nothing unread (B45)")
  func waiting() throws {
    let harness = try ServerHarness()
    let bob = try harness.device("bob", "desk")
    for item in Self.bodiless where item.isKept {
      try bob.say(
        "<message type='chat' to='alice@localhost' id='\(item.name)'>\(item.content)</message>")
    }
    #expect(bob.transcript() == [])
    let alice = try harness.bound("alice", "phone")
    try alice.say("<presence/>")
    let heard = alice.hear().filter { $0.name == "message" }
    #expect(heard.map { $0.attribute("id") } == Self.bodiless.filter(\.isKept).map(\.name))
    for message in heard {
      let note = message.child("notify", namespace: "urn:x-swift-mdm:0")
      #expect(note?.attribute("why") == "not-content")
    }
    let account = try #require(try harness.server.account(local: "alice"))
    let states = harness.server.service.readStates(of: account.handle)
    #expect(states.allSatisfy { $0.unread == 0 })
  }

  @Test("Receipts and markers are archived only where that is wanted (`archiveMarkers`)")
  func markers() throws {
    let harness = try ServerHarness(["archiveMarkers": "off"])
    let alice = try harness.device("alice", "laptop")
    let bob = try harness.device("bob", "desk")
    for item in Self.bodiless {
      try bob.say("<message to='alice@localhost' id='\(item.name)'>\(item.content)</message>")
    }
    _ = alice.hear()
    #expect(
      try self.archive(alice)
        == Self.bodiless.filter { $0.isKept && !["receipt", "marker"].contains($0.name) }
        .map(\.name))
  }

  @Test("A stored message says whether it rings: by who is active when it comes (B9)")
  func storedNotes() throws {
    func note(_ client: TestClient, _ body: String) -> String? {
      let message = client.hear().first {
        $0.child("body", namespace: Namespaces.client)?.text == body
      }
      let note = message?.child("notify", namespace: "urn:x-swift-mdm:0")
      return note.map { "\($0.attribute("ring") ?? "") \($0.attribute("why") ?? "")" }
    }
    for (hints, hasCopies, expected) in [
      ("", true, "true active-client"), ("", false, "false client-decides"),
      ("<no-permanent-store xmlns='urn:xmpp:hints'/>", true, "true active-client"),
    ] {
      let harness = try ServerHarness()
      let bob = try harness.device("bob", "desk")
      try bob.say(
        "<message type='chat' to='alice@localhost' id='1'><body>one</body>\(hints)</message>")
      let alice = try harness.bound("alice", "phone")
      if hasCopies { try alice.enableCarbons() }
      try alice.say("<presence/>")
      #expect(note(alice, "one") == expected)
    }
  }

  // MARK: - Blocking (B47)

  private func block(_ client: TestClient, _ jid: String) throws {
    try client.say(
      "<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='\(jid)'/></block></iq>")
  }

  @Test(
    "Blocking takes back what waits in the store, and unblocking brings nothing back",
    arguments: ["bob@localhost", "bob@localhost/desk"])
  func blocking(_ jid: String) throws {
    let harness = try ServerHarness(accounts: ["alice", "bob", "carol"])
    let bob = try harness.device("bob", "desk")
    let carol = try harness.device("carol", "desk")
    for (client, body) in [(bob, "one"), (carol, "two")] {
      for hint in ["", "<no-permanent-store xmlns='urn:xmpp:hints'/>"] {
        try client.say(
          "<message type='chat' to='alice@localhost' id='\(body)'><body>\(body)</body>\(hint)"
            + "</message>")
      }
    }
    let alice = try harness.bound("alice", "phone")
    try self.block(alice, jid)
    #expect(harness.server.totals.withdrawn == 2)
    try alice.say("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>")
    _ = alice.hear()
    try alice.say("<presence/>")
    #expect(
      alice.transcript().filter { $0.hasPrefix("message") } == [
        "message[chat] carol@localhost/desk: two",
        "message[chat] carol@localhost/desk: two no-permanent-store",
      ])
    #expect(try self.archive(alice) == ["one", "two"], "it stays in the archive")
  }

  @Test("Blocking takes back what is held for a quiet device")
  func held() throws {
    let harness = try ServerHarness(accounts: ["alice", "bob", "carol"])
    let desk = try harness.device("alice", "desk")
    let phone = try harness.device("alice", "phone")
    for client in [desk, phone] { try client.enableCarbons() }
    try phone.say("<inactive xmlns='urn:xmpp:csi:0'/>")
    try desk.say("<presence/>")
    let bob = try harness.device("bob", "desk")
    let carol = try harness.device("carol", "desk")
    for (client, body) in [(bob, "one"), (carol, "two")] {
      try client.say(
        "<message type='chat' to='alice@localhost' id='\(body)'><body>\(body)</body></message>")
    }
    #expect(desk.transcript().filter { $0.hasPrefix("message") }.count == 2)
    try self.block(desk, "bob@localhost")
    try desk.say("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>")
    try bob.say(
      "<message type='chat' to='alice@localhost' id='3'><body>three</body></message>")
    _ = phone.hear()
    try phone.say(Self.ping)
    #expect(
      phone.transcript().filter { $0.hasPrefix("message") } == [
        "message[chat] carol@localhost/desk: two", "message[chat] bob@localhost/desk: three",
      ])
  }

  // MARK: - Small ones

  @Test("A roster item with a group twice is refused (RFC 6121 §2.3.3)")
  func groups() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    func set(_ groups: String) throws -> Element {
      try alice.ask(
        "<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='bob@localhost'>"
          + "\(groups)</item></query></iq>")
    }
    #expect(
      try set("<group>a</group><group>b</group><group>a</group>").line
        == "iq[error] alice@localhost: bad-request")
    #expect(
      try set("<group>a</group><group></group>").line == "iq[error] alice@localhost: not-acceptable"
    )
    #expect(try set("<group>a</group><group>b</group>").attribute("type") == "result")
  }

  @Test("A refused resumption tells what is known of how much had been handled (XEP-0198 §5)")
  func refusedResumption() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk", resumption: true)
    let id = try #require(alice.resumptionID)
    // The presence, and this.
    _ = try alice.ask(Self.ping)
    alice.disconnect()
    try harness.settle()
    func refusal(_ id: String, _ handled: Int) throws -> String? {
      let client = try harness.connect()
      try client.authenticate("alice")
      let answer = try client.ask("<resume xmlns='urn:xmpp:sm:3' previd='\(id)' h='\(handled)'/>")
      return "\(answer.name) \(answer.attribute("h") ?? "-")"
    }
    #expect(try refusal(id, 99) == "failed 2", "the session is there, the count is wrong")
    #expect(try refusal("unknown", 0) == "failed -")
    let account = try #require(try harness.server.account(local: "alice"))
    account.sessions[0].makeUnresumable()
    #expect(try refusal(id, 0) == "failed 2", "it cannot be resumed any more")
  }

  @Test("MDM's staged switch is shown, and put into force by a command (R-048, B18)")
  func stagedSwitch() throws {
    let harness = try ServerHarness(["engine.enablement": "onRestart"])
    let control = ControlCommands(server: harness.server)
    let phone = try harness.device("alice", "phone")
    try phone.enableCarbons()
    func isMDM() -> Bool? {
      harness.server.sessionsInOrder.first.flatMap {
        harness.server.service.report(on: $0.device)?.isMDM
      }
    }
    #expect(control.perform("get enabled") == ["true"])
    let staged = "true, staged false: restart-mdm puts it into force"
    #expect(control.perform("set enabled false") == ["enabled \(staged)"])
    #expect(control.perform("get enabled") == [staged])
    #expect(isMDM() == true)
    #expect(control.perform("restart-mdm") == ["enabled false"])
    #expect(control.perform("get enabled") == ["false"])
    #expect(isMDM() == false)
    #expect(
      control.perform("set enabled true") == [
        "enabled false, staged true: restart-mdm puts it into force"
      ])
    #expect(control.perform("set enablement live") == ["enablement live"])
    #expect(control.perform("get enabled") == ["true"])
    #expect(isMDM() == true)
  }
}
