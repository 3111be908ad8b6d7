import MDMXMPP
import Testing

@testable import ServerCore
@testable import ServerStorage

/// What the other devices learn of a message that has failed (XEP-0280 §6.1, B46).
struct ServerErrorTests {

  let harness: ServerHarness
  let laptop: TestClient
  let phone: TestClient
  let bob: TestClient

  init() throws {
    self.harness = try ServerHarness(accounts: ["alice", "bob", "carol"])
    self.laptop = try self.harness.device("alice", "laptop")
    self.phone = try self.harness.device("alice", "phone")
    self.bob = try self.harness.device("bob", "desk")
    for client in [self.laptop, self.phone] { try client.enableCarbons() }
  }

  private func send(_ to: String, _ content: String = "<body>x</body>", type: String = "chat")
    throws
  {
    try self.laptop.say("<message type='\(type)' to='\(to)' id='1'>\(content)</message>")
    _ = self.bob.hear()
  }

  private func refuse(
    _ condition: String = "not-acceptable", echo: String = "", id: String = "1",
    from client: TestClient? = nil, to: String = "alice@localhost/laptop"
  ) throws {
    try (client ?? self.bob).say(
      "<message type='error' to='\(to)' id='\(id)'>\(echo)<error type='cancel'><\(condition)"
        + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
  }

  private func copy(from: String, _ what: String) -> String {
    "message[error] alice@localhost: received(message[error] \(from): \(what))"
  }

  @Test(
    "Every error of the addressee's comes to whoever had a copy, with the body and without",
    arguments: StanzaCondition.allCases.map(\.rawValue) + ["gone", "undefined-condition"])
  func conditions(_ condition: String) throws {
    for echo in ["", "<body>x</body>"] {
      try self.send("bob@localhost/desk")
      _ = (self.laptop.hear(), self.phone.hear())
      try self.refuse(condition, echo: echo)
      let what = (echo.isEmpty ? "" : "x ") + condition
      #expect(self.laptop.transcript() == ["message[error] bob@localhost/desk: \(what)"])
      #expect(self.phone.transcript() == [self.copy(from: "bob@localhost/desk", what)])
    }
  }

  @Test(
    "Errors of the server's own as well: blocked, away and not to be kept, a device that is gone")
  func bounced() throws {
    for (to, content, type) in [
      ("carol@localhost", "<body>x</body><no-store xmlns='urn:xmpp:hints'/>", "chat"),
      ("bob@localhost/gone", "<body>x</body>", "normal"),
    ] {
      try self.send(to, content, type: type)
      #expect(self.laptop.transcript() == ["message[error] \(to): service-unavailable"])
      #expect(self.phone.transcript().last == self.copy(from: to, "service-unavailable"))
    }
    try self.bob.say(
      "<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'>"
        + "<item jid='alice@localhost'/></block></iq>")
    try self.send("bob@localhost")
    #expect(self.phone.transcript().last == self.copy(from: "bob@localhost", "service-unavailable"))
  }

  @Test("What had no copy has none of its error, whatever that echoes")
  func uncopied() throws {
    let file = "<body>u</body><x xmlns='jabber:x:oob'><url>u</url></x>"
    let answer = ControlCommands(server: self.harness.server).perform(
      "set fileTransfer originatingDeviceOnly")
    #expect(answer.allSatisfy { !$0.hasPrefix("error") })
    for content in ["<body>x</body><private xmlns='urn:xmpp:carbons:2'/>", file] {
      try self.send("bob@localhost/desk", content)
      _ = (self.laptop.hear(), self.phone.hear())
      try self.refuse(echo: "<body>x</body>")
      #expect(self.laptop.transcript().count == 1)
      #expect(self.phone.transcript() == [])
    }
    // Refused before it went anywhere.
    try self.send("nobody@localhost")
    #expect(self.laptop.transcript() == ["message[error] nobody@localhost: service-unavailable"])
    #expect(self.phone.transcript() == [])
  }

  @Test("An error that answers nothing is for the device alone that it is addressed to")
  func unasked() throws {
    let carol = try self.harness.device("carol", "desk")
    try self.send("bob@localhost")
    _ = (self.laptop.hear(), self.phone.hear())
    try self.refuse(echo: "<body>x</body>", id: "2")
    try self.refuse(echo: "<body>x</body>", from: carol)
    #expect(self.laptop.transcript().count == 2)
    #expect(self.phone.transcript() == [])
    try self.refuse(echo: "<body>x</body>", to: "alice@localhost")
    #expect(self.laptop.transcript() + self.phone.transcript() == [], "RFC 6121 §8.5.2.1.1")
  }

  @Test("Who sends an error tells none of its own devices")
  func sentErrors() throws {
    let tablet = try self.harness.device("bob", "tablet")
    for client in [self.bob, tablet] { try client.enableCarbons() }
    try self.send("bob@localhost")
    _ = tablet.hear()
    try self.refuse(echo: "<body>x</body>")
    #expect(tablet.transcript() == [])
  }

  @Test("Only devices that had the copy learn of it, the sender gone or not")
  func whoHadIt() throws {
    try self.send("bob@localhost/desk")
    let late = try self.harness.device("alice", "late")
    try late.enableCarbons()
    try self.laptop.say("</stream:stream>")
    _ = (late.hear(), self.phone.hear())
    try self.refuse()
    #expect(self.phone.transcript() == [self.copy(from: "bob@localhost/desk", "not-acceptable")])
    #expect(late.transcript() == [])
  }

  @Test("What its sender's archive did not take nobody had, and nobody learns of (B20)")
  func failedArchive() throws {
    let harness = try ServerHarness(["engine.archiveFailure": "refuse"])
    let laptop = try harness.device("alice", "laptop")
    let phone = try harness.device("alice", "phone")
    for client in [laptop, phone] { try client.enableCarbons() }
    _ = try harness.device("bob", "desk")
    try harness.server.store.database.execute(
      """
      CREATE TRIGGER full BEFORE INSERT ON archive
      BEGIN SELECT raise(ABORT, 'full'); END
      """, doing: "testing")
    try laptop.say("<message type='chat' to='bob@localhost' id='1'><body>x</body></message>")
    #expect(laptop.transcript().last?.hasPrefix("message[error] bob@localhost") == true)
    #expect(phone.transcript() == [])
  }
}
