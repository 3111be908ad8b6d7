import MDMXMPP
import Testing

@testable import ServerCore

/// Contacts, presence and who is not heard, as transcripts.
struct ServerContactsTests {
  private static let roster = "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>"

  @Test("Asking, granting and telling, step by step (RFC 6121 §3.1)")
  func handshake() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone")
    for client in [alice, bob] {
      #expect(try client.ask(Self.roster).line == "iq[result] \(client.bare): query()")
    }
    try alice.say("<presence type='subscribe' to='bob@localhost'/>")
    #expect(
      alice.transcript() == ["iq[set] alice@localhost: query(bob@localhost none subscribe)"])
    #expect(bob.transcript() == ["presence[subscribe] alice@localhost"])
    try bob.say("<presence type='subscribed' to='alice@localhost'/>")
    #expect(bob.transcript() == ["iq[set] bob@localhost: query(alice@localhost from)"])
    #expect(
      alice.transcript() == [
        "presence[subscribed] bob@localhost", "iq[set] alice@localhost: query(bob@localhost to)",
        "presence bob@localhost/phone",
      ])
    try bob.say("<presence><show>away</show></presence>")
    #expect(alice.transcript() == ["presence bob@localhost/phone: show"])
    #expect(bob.transcript() == ["presence bob@localhost/phone: show"], "its own (§4.4.2)")
    #expect(
      try alice.ask(Self.roster).line == "iq[result] alice@localhost: query(bob@localhost to)")
    try alice.say("<presence><show>dnd</show></presence>")
    #expect(bob.transcript() == [], "the other way nothing is granted")
  }

  @Test("A request waits for whoever is not there, as often as it takes")
  func pending() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    try alice.say("<presence type='subscribe' to='bob@localhost'/>")
    for _ in 0..<2 {
      let bob = try harness.bound("bob", "phone")
      try bob.say("<presence/>")
      #expect(bob.transcript().contains("presence[subscribe] alice@localhost"))
      try bob.say("</stream:stream>")
    }
  }

  @Test("Whoever goes is gone for those who knew")
  func leaving() throws {
    let harness = try ServerHarness()
    try harness.subscribe("alice", "bob")
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone")
    #expect(alice.transcript() == [])
    bob.disconnect()
    try harness.settle()
    #expect(alice.transcript() == ["presence[unavailable] bob@localhost/phone"])
  }

  @Test("A blocked contact sees nobody, is not heard and is told nothing (XEP-0191)")
  func blocking() throws {
    let harness = try ServerHarness()
    try harness.subscribe("alice", "bob")
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone")
    _ = alice.hear()
    #expect(
      try alice.ask("<iq type='get' id='l'><blocklist xmlns='urn:xmpp:blocking'/></iq>").line
        == "iq[result] alice@localhost: blocklist()")
    try alice.say(
      "<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'>"
        + "<item jid='bob@localhost'/></block></iq>")
    #expect(
      alice.transcript().filter { $0.hasPrefix("iq") } == [
        "iq[result] alice@localhost", "iq[set] alice@localhost: block(bob@localhost)",
      ])
    #expect(bob.transcript() == ["presence[unavailable] alice@localhost/desk"])
    try bob.say("<message type='chat' to='alice@localhost' id='1'><body>hello</body></message>")
    #expect(alice.transcript() == [])
    #expect(bob.transcript() == ["message[error] alice@localhost: service-unavailable"])
    try alice.say("<message type='chat' to='bob@localhost' id='2'><body>hello</body></message>")
    #expect(alice.transcript() == ["message[error] bob@localhost: not-acceptable blocked"])
    #expect(bob.transcript() == [])
    try alice.say("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>")
    _ = alice.hear()
    _ = bob.hear()
    try bob.say("<message type='chat' to='alice@localhost' id='3'><body>again</body></message>")
    #expect(alice.transcript() == ["message[chat] bob@localhost/phone: again"])
  }
}

extension TestClient {
  /// The bare address.
  var bare: String { String(self.address.prefix { $0 != "/" }) }
}
