import MDMXMPP
import Testing

@testable import ServerCore

/// A device that is away for longer than the engine holds for it gets the rest out of the archive
/// when it resumes: a stream that goes on must not have a gap (XEP-0198 §5).
struct ServerMissedTests {

  /// Bob's phone, cut off, his desk, which is there, and Alice.
  private func bob(
    _ harness: ServerHarness
  ) throws -> (phone: TestClient, desk: TestClient, alice: TestClient) {
    let alice = try harness.device("alice", "desk")
    let phone = try harness.device("bob", "phone", resumption: true)
    try phone.enableCarbons()
    let desk = try harness.device("bob", "desk", resumption: true)
    try desk.enableCarbons()
    _ = phone.transcript()
    phone.disconnect()
    try harness.settle()
    return (phone, desk, alice)
  }

  private func say(_ numbers: Range<Int>, _ alice: TestClient) throws {
    for number in numbers {
      try alice.say(
        "<message type='chat' to='bob@localhost'><body>\(number)</body></message>")
    }
  }

  /// The bodies that a device has been sent, those inside copies too.
  private func bodies(_ client: TestClient) -> [String] {
    client.hear().flatMap { Self.bodies(in: $0) }
  }

  private static func bodies(in element: Element) -> [String] {
    if element.name == "body" { return [element.text] }
    return element.elements.flatMap { Self.bodies(in: $0) }
  }

  @Test("B14: what another device has had meanwhile comes as well, in order and once")
  func another() throws {
    let harness = try ServerHarness(["engine.perSessionLimit": "5"])
    let (phone, desk, alice) = try self.bob(harness)
    try self.say(0..<12, alice)
    try desk.say("<message type='chat' to='alice@localhost'><body>12</body></message>")
    try self.say(13..<20, alice)
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(phone)
    #expect(self.bodies(back) == (0..<20).map { "\($0)" })
    try self.say(20..<22, alice)
    #expect(self.bodies(back) == ["20", "21"])
  }

  @Test("without an archive nobody resumes over a gap")
  func withoutArchive() throws {
    let harness = try ServerHarness(["engine.perSessionLimit": "5", "archive": "off"])
    let (phone, _, alice) = try self.bob(harness)
    try self.say(0..<12, alice)
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(phone)
    #expect(back.transcript() == ["failed: item-not-found"])
  }

  @Test("what only it was to have waits for the next device if it never comes back")
  func neverBack() throws {
    let harness = try ServerHarness(["engine.perSessionLimit": "5"])
    let alice = try harness.device("alice", "desk")
    let phone = try harness.device("bob", "phone", resumption: true)
    try phone.enableCarbons()
    phone.disconnect()
    try harness.settle()
    try self.say(0..<12, alice)
    let session = try #require(harness.server.sessionsInOrder.last)
    session.end(because: "it never came back")
    let tablet = try harness.connect()
    try tablet.authenticate("bob")
    _ = try tablet.bind("tablet")
    try tablet.say("<presence/>")
    #expect(self.bodies(tablet) == (0..<12).map { "\($0)" })
  }
}
