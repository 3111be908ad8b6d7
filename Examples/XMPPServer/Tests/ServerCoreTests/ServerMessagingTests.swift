import MDMXMPP
import Testing

@testable import ServerCore

/// Messages between devices, as transcripts.
struct ServerMessagingTests {
  private static let inactive = "<inactive xmlns='urn:xmpp:csi:0'/>"
  private static let ping =
    "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"

  private func message(_ body: String, to: String) -> String {
    "<message type='chat' to='\(to)' id='\(body)'><body>\(body)</body></message>"
  }

  @Test("A message reaches every device, as itself or as a copy, and the sender's others as well")
  func carbons() throws {
    let harness = try ServerHarness()
    let desk = try harness.device("alice", "desk")
    let phone = try harness.device("alice", "phone")
    let bob = try harness.device("bob", "desk")
    let tablet = try harness.device("bob", "tablet")
    for client in [desk, phone, bob, tablet] {
      #expect(try client.enableCarbons().attribute("type") == "result")
    }
    try desk.say(self.message("hello", to: "bob@localhost/desk"))
    #expect(desk.transcript() == [])
    #expect(
      phone.transcript() == [
        "message[chat] alice@localhost: sent(message[chat] alice@localhost/desk: hello)"
      ])
    #expect(bob.transcript() == ["message[chat] alice@localhost/desk: hello"])
    #expect(
      tablet.transcript() == [
        "message[chat] bob@localhost: received(message[chat] alice@localhost/desk: hello)"
      ])
  }

  @Test("A message to nobody is answered, and so is one to another server")
  func undeliverable() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    try alice.say(self.message("a", to: "nobody@localhost"))
    #expect(alice.transcript() == ["message[error] nobody@localhost: service-unavailable"])
    try alice.say(self.message("b", to: "bob@example.com"))
    #expect(alice.transcript() == ["message[error] bob@example.com: remote-server-not-found"])
  }

  @Test("What a quiet device is not told it is told when it asks for something, in order")
  func quiet() throws {
    let harness = try ServerHarness()
    let desk = try harness.device("alice", "desk")
    let phone = try harness.device("alice", "phone")
    let bob = try harness.device("bob", "desk")
    for client in [desk, phone] { try client.enableCarbons() }
    try phone.say(Self.inactive)
    // The desk is the active one: it has just said something.
    try desk.say(self.message("hi", to: "bob@localhost"))
    _ = (desk.hear(), phone.hear(), bob.hear())
    for body in ["one", "two"] { try bob.say(self.message(body, to: "alice@localhost")) }
    #expect(
      desk.transcript() == [
        "message[chat] bob@localhost/desk: one", "message[chat] bob@localhost/desk: two",
      ])
    #expect(phone.transcript() == [])
    try phone.say(Self.ping)
    let heard = phone.hear()
    #expect(
      heard.map(\.line) == [
        "message[chat] alice@localhost: sent(message[chat] alice@localhost/desk: hi)",
        "message[chat] bob@localhost/desk: one", "message[chat] bob@localhost/desk: two",
        "iq[result] localhost",
      ])
    try #require(heard.count == 4)
    #expect(
      heard[1...2].allSatisfy { $0.child("delay", namespace: Namespaces.delay) != nil })
  }

  @Test("A message for nobody who is there waits for the next device, once")
  func offline() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    for body in ["one", "two"] { try alice.say(self.message(body, to: "bob@localhost")) }
    #expect(alice.transcript() == [])
    let bob = try harness.bound("bob", "phone")
    #expect(bob.transcript() == [])
    try bob.say("<presence/>")
    let messages = bob.hear().filter { $0.name == "message" }
    #expect(
      messages.map(\.line) == [
        "message[chat] alice@localhost/desk: one", "message[chat] alice@localhost/desk: two",
      ])
    #expect(messages.allSatisfy { $0.child("delay", namespace: Namespaces.delay) != nil })
    try bob.say("</stream:stream>")
    let again = try harness.bound("bob", "phone")
    try again.say("<presence/>")
    #expect(again.hear().filter { $0.name == "message" }.isEmpty)
  }

  @Test("After the connection is cut nothing is lost and nothing comes twice")
  func resume() throws {
    let harness = try ServerHarness()
    let bob = try harness.device("bob", "phone", resumption: true)
    let alice = try harness.device("alice", "desk")
    try alice.say(self.message("one", to: "bob@localhost"))
    #expect(bob.transcript() == ["message[chat] alice@localhost/desk: one"])
    bob.acknowledges = false
    try alice.say(self.message("two", to: "bob@localhost"))
    #expect(bob.transcript() == ["message[chat] alice@localhost/desk: two"])
    // The third is on its way when the connection breaks; the fourth comes while it is away.
    try alice.write(self.message("three", to: "bob@localhost"))
    try harness.server.takeTurn(waiting: 0)
    bob.disconnect()
    try alice.say(self.message("four", to: "bob@localhost"))
    let back = try harness.connect()
    try back.authenticate("bob")
    try back.resume(bob)
    let heard = back.hear()
    #expect(heard.first?.name == "resumed")
    #expect(
      heard.dropFirst().map(\.line) == [
        "message[chat] alice@localhost/desk: three", "message[chat] alice@localhost/desk: four",
      ])
    #expect(
      harness.server.sessionsInOrder.map(\.address.full) == [
        "alice@localhost/desk", "bob@localhost/phone",
      ])
    #expect(harness.server.sessionsInOrder.last?.account.hasWaiting == false)
    #expect(harness.server.sessionsInOrder.last?.management?.unacknowledged.isEmpty == true)
  }

  @Test("A stream that cannot be resumed says so, and what nobody had waits")
  func resumeFails() throws {
    let harness = try ServerHarness()
    let bob = try harness.device("bob", "phone", resumption: true)
    let previous = try #require(bob.resumptionID)
    let alice = try harness.device("alice", "desk")
    bob.acknowledges = false
    try alice.say(self.message("one", to: "bob@localhost"))
    try bob.say("</stream:stream>")
    let back = try harness.connect()
    try back.authenticate("bob")
    let answer = try back.ask("<resume xmlns='urn:xmpp:sm:3' previd='\(previous)' h='0'/>")
    #expect(answer.line == "failed: item-not-found")
    try back.bind("phone")
    try back.say("<presence/>")
    #expect(
      back.hear().filter { $0.name == "message" }.map(\.line) == [
        "message[chat] alice@localhost/desk: one"
      ])
  }

  @Test("More acknowledged than was sent ends the stream")
  func tooHigh() throws {
    let harness = try ServerHarness()
    let bob = try harness.device("bob", "phone", resumption: true)
    try bob.say("<a xmlns='urn:xmpp:sm:3' h='1000'/>")
    #expect(bob.transcript() == ["error: undefined-condition text handled-count-too-high"])
    #expect(bob.isClosed)
  }

  @Test("What waits outlives the process")
  func restart() throws {
    let harness = try ServerHarness()
    do {
      let alice = try harness.device("alice", "desk")
      for body in ["one", "two"] { try alice.say(self.message(body, to: "bob@localhost")) }
      let bob = try harness.device("bob", "phone", resumption: true, presence: "<presence/>")
      bob.acknowledges = false
      try alice.say(self.message("three", to: "bob@localhost"))
    }
    try harness.crashAndRestart()
    let bob = try harness.bound("bob", "phone")
    try bob.say("<presence/>")
    // The first two had been acknowledged; the third not.
    #expect(
      bob.hear().filter { $0.name == "message" }.map(\.line) == [
        "message[chat] alice@localhost/desk: three"
      ])
    // What is sent now comes behind it, at a place of its own.
    let alice = try harness.device("alice", "desk")
    try alice.say(self.message("four", to: "bob@localhost"))
    #expect(bob.transcript() == ["message[chat] alice@localhost/desk: four"])
  }

  @Test("Without an archive a message is kept for as long as it waits, and no longer")
  func withoutArchive() throws {
    let harness = try ServerHarness(["archive": "false"])
    try harness.device("alice", "desk").say(self.message("one", to: "bob@localhost"))
    try harness.crashAndRestart()
    let account = try #require(try harness.server.store.account(named: "bob"))
    #expect(try harness.server.store.waitingCount(of: account) == 1)
    let bob = try harness.bound("bob", "phone")
    try bob.say("<presence/>")
    #expect(bob.transcript().contains("message[chat] alice@localhost/desk: one"))
    #expect(try harness.server.store.waitingCount(of: account) == 0)
    try harness.crashAndRestart()
    let statistics = try harness.server.store.statistics()
    #expect(statistics.messages == 0)
  }

  @Test("A device of negative priority is sent nothing that was for the account")
  func negativePriority() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device(
      "bob", "robot", presence: "<presence><priority>-1</priority></presence>")
    try alice.say(self.message("one", to: "bob@localhost"))
    #expect(bob.transcript() == [])
    try bob.say("<presence><priority>0</priority></presence>")
    #expect(bob.transcript().contains("message[chat] alice@localhost/desk: one"))
  }
}
