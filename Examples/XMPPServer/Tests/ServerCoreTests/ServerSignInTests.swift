import MDMXMPP
import Testing

@testable import ServerCore

/// From the first byte to a device that is bound, as transcripts.
struct ServerSignInTests {
  @Test("A client signs in with SCRAM-SHA-1, and the server proves itself")
  func scram() throws {
    let harness = try ServerHarness()
    let alice = try harness.connect()
    try alice.authenticate("alice")
    let answer = try alice.bind("phone")
    #expect(answer.attribute("type") == "result")
    #expect(alice.address == "alice@localhost/phone")
    #expect(harness.server.sessionsInOrder.map(\.address.full) == ["alice@localhost/phone"])
  }

  @Test("A stream begins with what it offers")
  func features() throws {
    let harness = try ServerHarness()
    let client = try harness.connect()
    try client.say(TestClient.header)
    let features = try #require(client.hear().first)
    #expect(features.elements.map(\.name) == ["mechanisms"])
    #expect(features.elements[0].elements.map(\.text) == ["SCRAM-SHA-256", "SCRAM-SHA-1"])
  }

  @Test("A wrong password, a wrong name and a mechanism that is not offered are refused")
  func refused() throws {
    let harness = try ServerHarness()
    for (name, password) in [("alice", "guess"), ("nobody", ServerHarness.password)] {
      let client = try harness.connect()
      #expect(throws: TestClient.Unexpected.self) {
        try client.authenticate(name, password: password)
      }
      #expect(!client.isClosed)
    }
    let client = try harness.connect()
    try client.say(TestClient.header)
    _ = client.hear()
    let answer = try client.ask(
      "<auth xmlns='\(StreamNamespaces.sasl)' mechanism='PLAIN'>AA==</auth>")
    #expect(answer.line == "failure: invalid-mechanism")
    #expect(harness.server.sessions.isEmpty)
  }

  @Test("Nothing can be done before signing in")
  func unauthenticated() throws {
    let harness = try ServerHarness()
    for stanza in ["<message to='alice@localhost'/>", "<presence/>", "<iq type='get' id='1'/>"] {
      let client = try harness.connect()
      try client.say(TestClient.header)
      _ = client.hear()
      try client.say(stanza)
      #expect(client.transcript() == ["error: not-authorized text"])
      #expect(client.isClosed)
    }
    #expect(harness.server.connectionsInOrder.isEmpty)
  }

  @Test("A server that is somebody else's is not served here")
  func otherHost() throws {
    let harness = try ServerHarness()
    let client = try harness.connect()
    try client.say(TestClient.header.replacing("to='localhost'", with: "to='example.com'"))
    #expect(client.transcript() == ["error: host-unknown text"])
    #expect(client.isClosed)
  }

  @Test("Without a name for the resource the server chooses one")
  func chosenResource() throws {
    let harness = try ServerHarness()
    let alice = try harness.connect()
    try alice.authenticate("alice")
    try alice.bind("")
    #expect(alice.address.hasPrefix("alice@localhost/"))
    #expect(alice.address.utf8.count > "alice@localhost/".utf8.count + 8)
  }

  @Test("A device of the same name takes the place of the one before it")
  func conflict() throws {
    let harness = try ServerHarness()
    let first = try harness.device("alice", "phone")
    let second = try harness.device("alice", "phone")
    #expect(first.transcript() == [])
    #expect(first.isClosed)
    #expect(!second.isClosed)
    #expect(harness.server.sessions.count == 1)
    #expect(
      try second.ask("<iq type='get' id='1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        .line == "iq[result] localhost")
  }

  @Test("So many connections from one address, and no more")
  func connectionLimit() throws {
    let harness = try ServerHarness(["connectionsPerAddress": "2"])
    let clients = try (0..<3).map { _ in try harness.connect(from: "192.0.2.7") }
    let other = try harness.connect(from: "192.0.2.8")
    try harness.settle()
    #expect(clients.map(\.isClosed) == [false, false, true])
    #expect(!other.isClosed)
    clients[0].disconnect()
    try harness.settle()
    let next = try harness.connect(from: "192.0.2.7")
    try harness.settle()
    #expect(!next.isClosed)
  }

  @Test("A stream that is closed in good order is closed from both sides")
  func closing() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "phone", resumption: true)
    try alice.say("</stream:stream>")
    #expect(alice.isClosed)
    #expect(harness.server.sessions.isEmpty)
    #expect(harness.server.connectionsInOrder.isEmpty)
  }
}
