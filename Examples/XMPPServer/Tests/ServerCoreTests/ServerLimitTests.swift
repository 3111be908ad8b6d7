import MDMXMPP
import Testing

@testable import ServerCore

/// What a client may not do, as transcripts.
struct ServerLimitTests {
  @Test("A stanza that is too large ends the stream, and the session with it")
  func stanzaBytes() throws {
    let harness = try ServerHarness(["stanzaBytes": "10000"])
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "desk")
    let fits = String(repeating: "a", count: 9_000)
    try alice.say("<message type='chat' to='bob@localhost'><body>\(fits)</body></message>")
    #expect(bob.transcript() == ["message[chat] alice@localhost/desk: \(fits)"])
    let large = String(repeating: "a", count: 10_000)
    try alice.say("<message type='chat' to='bob@localhost'><body>\(large)</body></message>")
    #expect(alice.transcript() == ["error: policy-violation text"])
    #expect(alice.isClosed)
    #expect(bob.transcript() == [])
    #expect(harness.server.sessionsInOrder.map(\.address.full) == ["bob@localhost/desk"])
  }

  @Test("What is no XML, or XML that XMPP forbids, ends the stream")
  func malformed() throws {
    let harness = try ServerHarness()
    for (bytes, condition) in [
      ("<message></presence>", "not-well-formed"), ("<!-- hello -->", "restricted-xml"),
      ("<message>&nbsp;</message>", "restricted-xml"), ("<x:y/>", "not-well-formed"),
    ] {
      let alice = try harness.device("alice", "desk")
      try alice.say(bytes)
      #expect(alice.hear().first?.elements.first?.name == condition, "\(bytes)")
      #expect(alice.isClosed)
    }
  }

  @Test("Nobody speaks for somebody else")
  func from() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    try alice.say("<message from='bob@localhost' to='bob@localhost'><body>x</body></message>")
    #expect(alice.transcript() == ["error: invalid-from text"])
    #expect(alice.isClosed)
  }

  @Test("A roster has room for so many")
  func roster() throws {
    let harness = try ServerHarness(["rosterItems": "1"], accounts: ["alice", "bob", "carol"])
    let alice = try harness.device("alice", "desk")
    for (contact, type) in [("bob", "result"), ("carol", "error"), ("bob", "result")] {
      try alice.say(
        """
        <iq type='set' id='1'><query xmlns='jabber:iq:roster'>\
        <item jid='\(contact)@localhost' name='x'/></query></iq>
        """)
      #expect(alice.hear().first?.attribute("type") == type)
    }
  }

  @Test("An account has room for so many sessions")
  func sessions() throws {
    let harness = try ServerHarness(["sessionsPerAccount": "1"])
    _ = try harness.device("alice", "desk")
    let second = try harness.connect()
    try second.authenticate("alice")
    let answer = try second.bind("phone")
    #expect(answer.line == "iq[error]: resource-constraint")
  }
}
