import MDMEngine
import MDMMonitoring
import MDMReadSync
import MDMSession
import MDMStanza
import Testing

@Suite("Peers' read-state tests")
struct PeerReadStateTests {
  private static func unread(_ scene: borrowing PeerScene, _ contact: ConversationID) -> Int? {
    scene.engine.readState(of: contact, in: scene.account)?.unread
  }

  @Test("MIM inbox_SUITE: an empty inbox, then a message to a user who is not signed in")
  func emptyAndOffline() throws {
    var scene = try PeerScene.make()
    #expect(scene.engine.readStates(of: scene.account).isEmpty)
    scene.chat("1")
    #expect(scene.lines() == ["nobody: 1, storeOffline"])
    #expect(Self.unread(scene, "bob") == 1)
  }

  @Test("MIM inbox_SUITE: two conversations, two unread, counted apart")
  func twoConversations() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    scene.chat("1", from: "bob")
    scene.chat("2", from: "carol")
    scene.chat("3", from: "bob")
    #expect(Self.unread(scene, "bob") == 2)
    #expect(Self.unread(scene, "carol") == 1)
    #expect(scene.engine.readStates(of: scene.account).map { $0.conversation } == ["bob", "carol"])
  }

  @Test("MIM carbons_are_not_stored, other_resources_do_not_interfere")
  func copiesDoNotCount() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    scene.chat("1")
    scene.send(.chat, "2", by: "one")
    let archives = scene.lines(withArchive: true).filter { $0.hasPrefix("archive") }
    #expect(archives == ["archive 1 at 1", "archive 2 at 2"])
    #expect(Self.unread(scene, "bob") == 1)
  }

  @Test("MIM no-store is not stored, and does not count as unread")
  func noStore() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    scene.chat("1", .noStore)
    #expect(scene.lines(withArchive: true) == ["one: 1 rings"])
    #expect(Self.unread(scene, "bob") == nil)
  }

  @Test("MIM reset by marker; reset by stanza without telling the peer")
  func reset() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    for id in ["1", "2", "3"] { scene.chat(id) }
    _ = scene.lines()
    scene.read(upTo: 2, on: "one")
    // The phone that rang is told; nothing is routed to the contact.
    #expect(scene.lines() == ["two: retract bob", "two: bob read to 2, 1 unread"])
    #expect(Self.unread(scene, "bob") == 1)
    scene.read(upTo: 3, on: "two")
    #expect(Self.unread(scene, "bob") == 0)
    #expect(!scene.lines().contains { $0.hasPrefix("route") })
  }

  @Test("MIM bad marker id is ignored; B21: unknown positions are counted")
  func badMarker() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    scene.chat("1")
    let far = scene.read(upTo: 99, on: "one")
    #expect(far == .ignored(.unknownPosition))
    let zero = scene.read(upTo: 0, on: "one")
    #expect(zero == .ignored(.unknownPosition))
    #expect(Self.unread(scene, "bob") == 1)
    #expect(scene.counters().totals.markersUnknown == 2)
  }

  @Test("SYN test_read_marker: fully_read does not go backwards")
  func notBackwards() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    for id in ["1", "2", "3"] { scene.chat(id) }
    scene.read(upTo: 3, on: "one")
    _ = scene.lines()
    let older = scene.read(upTo: 1, on: "two")
    #expect(older == .ignored(.notForward))
    let equal = scene.read(upTo: 3, on: "two")
    #expect(equal == .ignored(.notForward))
    #expect(scene.lines() == [])
    #expect(scene.counters().totals.markersNotForward == 2)
  }

  @Test("MIM repeated_markers_produce_no_warnings, keep_private: no marker leaves the account")
  func keepPrivate() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("plain", mdm: false)
    scene.chat("1")
    _ = scene.lines()
    for _ in 0..<3 { scene.read(upTo: 1, on: "one") }
    #expect(scene.lines() == [])
  }

  @Test("SYN test_event_push_actions: unread in a range over alternating conversations")
  func ranges() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    for number in 1...20 {
      scene.chat("\(number)", from: number % 3 == 0 ? "carol" : "bob")
    }
    scene.read("bob", upTo: 10, on: "one")
    #expect(Self.unread(scene, "bob") == 7)
    #expect(Self.unread(scene, "carol") == 6)
    scene.read("carol", upTo: 12, on: "one")
    #expect(Self.unread(scene, "carol") == 2)
    scene.read("bob", upTo: 20, on: "one")
    #expect(Self.unread(scene, "bob") == 0)
    #expect(Self.unread(scene, "carol") == 2)
  }

  @Test("B21: a device that signs in later is told where everyone is")
  func catchesUp() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    for id in ["1", "2"] { scene.chat(id) }
    scene.chat("3", from: "carol")
    scene.read("bob", upTo: 1, on: "one")
    _ = scene.lines()
    try scene.signIn("two")
    #expect(scene.lines() == ["two: bob read to 1, 1 unread"])
  }
}
