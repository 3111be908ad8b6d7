import MDMXMPP
import Testing

@testable import ServerCore

/// Clients that do not read, as far as the server can tell: nothing is lost, nothing comes twice.
struct ServerSlowClientTests {
  /// Numbered messages of some kilobytes.
  private func send(_ numbers: Range<Int>, from client: TestClient) throws {
    let padding = String(repeating: "x", count: 4_000)
    for number in numbers {
      try client.say(
        "<message type='chat' to='bob@localhost'><body>\(number) \(padding)</body></message>")
    }
  }

  private func numbers(_ elements: [Element]) -> [Int] {
    elements.filter { $0.name == "message" }.compactMap {
      $0.child("body", namespace: Namespaces.client)
        .flatMap { Int($0.text.prefix { $0 != " " }) }
    }
  }

  @Test(
    "A client without stream management gets the rest when it comes back",
    arguments: ["true", "false"])
  func withoutManagement(archive: String) throws {
    let harness = try ServerHarness([
      "stanzaBytes": "10000", "outputBytes": "65536", "archive": archive,
    ])
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone")
    bob.isDeaf = true
    try self.send(0..<200, from: alice)
    #expect(alice.transcript() == [], "the sender is told of nothing")
    #expect(harness.server.sessionsInOrder.map(\.address.full) == ["alice@localhost/desk"])
    bob.isDeaf = false
    try harness.settle()
    let first = bob.hear()
    #expect(first.last?.line == "error: resource-constraint text")
    #expect(bob.isClosed)
    let heard = self.numbers(first)
    #expect(heard == Array(0..<heard.count))
    #expect(heard.count < 200)
    let back = try harness.bound("bob", "phone")
    try back.say("<presence/>")
    #expect(self.numbers(back.hear()) == Array(heard.count..<200))
    #expect(harness.server.sessionsInOrder.last?.account.hasWaiting == false)
  }

  @Test("A client that does not acknowledge loses nothing")
  func withManagement() throws {
    let harness = try ServerHarness(["stanzaBytes": "10000", "outputBytes": "65536"])
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone", resumption: true)
    bob.isDeaf = true
    try self.send(0..<20, from: alice)
    bob.isDeaf = false
    bob.acknowledges = false
    try harness.settle()
    let first = bob.hear()
    #expect(first.last?.line == "error: resource-constraint text")
    let heard = self.numbers(first)
    #expect(heard == Array(0..<heard.count))
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(bob)
    let again = back.hear()
    #expect(again.first?.name == "resumed")
    #expect(self.numbers(again) == Array(heard.count..<20))
    try self.send(20..<22, from: alice)
    #expect(self.numbers(back.hear()) == [20, 21])
  }

  @Test("A client that asks and asks and reads nothing is sent away")
  func questions() throws {
    let harness = try ServerHarness(["stanzaBytes": "10000", "outputBytes": "65536"])
    let bob = try harness.device("bob", "phone", resumption: true)
    bob.isDeaf = true
    let questions = String(repeating: "<r xmlns='urn:xmpp:sm:3'/>", count: 1_000)
    for _ in 0..<40 { try bob.say(questions) }
    #expect(harness.server.sessionsInOrder.allSatisfy { $0.connection == nil })
  }

  @Test("Handlers act at the instant of their turn, however long the server had waited")
  func instant() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let connection = try #require(harness.server.sessionsInOrder.first?.connection)
    let before = ServerTime.monotonic()
    try alice.say(" ")
    #expect(connection.lastReceived >= before)
  }

  @Test("The answer to a third guess is held back, and nothing is heard meanwhile")
  func guesses() throws {
    let harness = try ServerHarness()
    let clients = try (0..<3).map { _ in try harness.connect() }
    for client in clients {
      #expect(throws: TestClient.Unexpected.self) {
        try client.authenticate("alice", password: "guess")
      }
    }
    let third = clients[2]
    let connection = try #require(harness.server.connectionsInOrder.max { $0.number < $1.number })
    #expect(connection.delayedAnswer != nil)
    #expect(third.transcript() == [])
    try third.say("</stream:stream>")
    #expect(!third.isClosed)
    third.disconnect()
    try harness.settle()
    #expect(harness.server.connectionsInOrder.count == 2)
  }
}
