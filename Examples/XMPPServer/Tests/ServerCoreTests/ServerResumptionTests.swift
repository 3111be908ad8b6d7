import MDMXMPP
import Testing

@testable import ServerCore

/// Streams that go on elsewhere, or not, as transcripts.
struct ServerResumptionTests {
  private static let ping =
    "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"

  private func message(_ body: String) -> String {
    "<message type='chat' to='bob@localhost'><body>\(body)</body></message>"
  }

  @Test("A device that comes back while its old stream still stands takes the session over")
  func takeover() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone", resumption: true)
    bob.acknowledges = false
    try alice.say(self.message("one"))
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(bob)
    #expect(back.transcript() == ["resumed"])
    #expect(bob.transcript().last == "error: conflict text")
    #expect(bob.isClosed)
    try alice.say(self.message("two"))
    #expect(back.transcript() == ["message[chat] alice@localhost/desk: two"])
    #expect(harness.server.sessions.count == 2)
  }

  @Test("A stream is its user's: nobody else resumes it")
  func foreign() throws {
    let harness = try ServerHarness()
    let bob = try harness.device("bob", "phone", resumption: true)
    bob.disconnect()
    try harness.settle()
    let alice = try harness.connect()
    try alice.authenticate("alice")
    try alice.resume(bob)
    #expect(alice.transcript() == ["failed: item-not-found"])
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(bob)
    #expect(back.transcript() == ["resumed"])
  }

  @Test("Whoever claims to have more than was sent does not resume")
  func tooHigh() throws {
    let harness = try ServerHarness()
    let bob = try harness.device("bob", "phone", resumption: true)
    bob.disconnect()
    try harness.settle()
    for handled in ["1000", "-1", "4294967296", "many", ""] {
      let back = try harness.connect()
      try back.authenticate("bob")
      let answer = try back.ask(
        "<resume xmlns='urn:xmpp:sm:3' previd='\(bob.resumptionID ?? "")' h='\(handled)'/>")
      #expect(answer.name == "failed", "\(handled)")
      #expect(!back.isClosed, "another resource can be bound")
      #expect(try back.bind("tablet").attribute("type") == "result")
    }
  }

  @Test("What the client had said before it was cut is told when it comes back")
  func handledCount() throws {
    let harness = try ServerHarness()
    let bob = try harness.device("bob", "phone", resumption: true)
    let management = try #require(harness.server.sessionsInOrder.first?.management)
    #expect(management.handled == 1, "the presence")
    for _ in 0..<3 { _ = try bob.ask(Self.ping) }
    try bob.say("<r xmlns='urn:xmpp:sm:3'/>")
    #expect(bob.hear().last?.attribute("h") == "4")
    bob.disconnect()
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(bob)
    #expect(back.hear().first?.attribute("h") == "4")
  }

  @Test("A stanza of which half has come when the connection is cut was never sent")
  func halfStanza() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone", resumption: true)
    try bob.say("<message type='chat' to='alice@localhost'><body>ha")
    bob.disconnect()
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(bob)
    #expect(back.hear().first?.attribute("h") == "1")
    try back.say("<message type='chat' to='alice@localhost'><body>whole</body></message>")
    #expect(alice.transcript() == ["message[chat] bob@localhost/phone: whole"])
  }

  @Test("A server that stops says so, and what nobody had is there for the next one")
  func stopping() throws {
    let harness = try ServerHarness()
    do {
      let alice = try harness.device("alice", "desk")
      let bob = try harness.device("bob", "phone", resumption: true)
      bob.acknowledges = false
      try alice.say(self.message("one"))
      bob.disconnect()
      try alice.say(self.message("two"))
      harness.server.stop()
      try harness.settle()
      #expect(alice.transcript() == ["error: system-shutdown"])
      #expect(alice.isClosed)
      #expect(harness.server.connectionsInOrder.isEmpty)
      #expect(harness.server.sessions.isEmpty)
    }
    try harness.crashAndRestart()
    let bob = try harness.bound("bob", "phone")
    try bob.say("<presence/>")
    #expect(
      bob.hear().filter { $0.name == "message" }.map(\.line) == [
        "message[chat] alice@localhost/desk: one", "message[chat] alice@localhost/desk: two",
      ])
  }
}
