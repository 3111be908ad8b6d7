import MDM
import MDMTestKit
import Testing

@Suite("B21: read synchronisation")
struct DecisionReadTests {
  @Test("B21: a marker goes to every other MDM device, and to nobody else")
  func fanOut() throws {
    let story = try Timeline(
      """
      device desk plain
      time | event            | host       | laptop  | phone   | tablet       | desk
      0:00 | desk available   |            |         |         |              |
      0:00 | tablet available |            |         |         |              |
      0:00 | phone available  |            |         |         |              |
      0:01 | laptop available |            |         |         |              |
      0:02 | bob: m1          | archive m1 | ring m1 | mute m1 | mute m1      | m1
      0:03 | laptop reads bob |            |         | read bob ≤ 1 | read bob ≤ 1 |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B21: reading on a device without MDM reaches the MDM devices")
  func plainReader() throws {
    let story = try makeStory("phone")
    story.signInAvailable("desk") { $0.requestsMDM = false }
    story.receive("m1")
    story.read("bob", on: "desk")
    #expect(story.saw("phone") == "read bob ≤ 1")
    #expect(story.saw("desk") == "")
  }

  @Test("B21: a marker moves forward only: older and equal ones say nothing")
  func forwardOnly() throws {
    let story = try makeStory("phone", "laptop")
    for id in ["m1", "m2", "m3"] { story.receive(id) }
    #expect(story.read("bob", upTo: 2, on: "laptop") == .done)
    #expect(story.read("bob", upTo: 2, on: "phone") == .ignored(.notForward))
    #expect(story.effects.isEmpty)
    #expect(story.read("bob", upTo: 1, on: "phone") == .ignored(.notForward))
    #expect(story.effects.isEmpty)
    #expect(story.readState(of: "bob")?.readUpTo == 2)
    #expect(story.counters.totals.markersNotForward == 2)
  }

  @Test("B21: a position that was never handed out is ignored and counted")
  func unknownPosition() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("m1")
    #expect(story.read("bob", upTo: 2, on: "laptop") == .ignored(.unknownPosition))
    #expect(story.read("bob", upTo: 0, on: "laptop") == .ignored(.unknownPosition))
    #expect(story.effects.isEmpty)
    #expect(story.unread(in: "bob") == 1)
    #expect(story.counters.totals.markersUnknown == 2)
  }

  @Test("B21: the unread count after a partial read is exact")
  func partialRead() throws {
    let story = try makeStory("phone", "laptop")
    for id in ["m1", "m2"] { story.receive(id) }
    story.receive("c1", from: "colin")
    story.send("s1", by: "laptop")
    for id in ["m3", "m4"] { story.receive(id) }
    // Positions: m1 1, m2 2, c1 3, s1 4, m3 5, m4 6.
    #expect(story.unread(in: "bob") == 4)
    let expected: [(ArchivePosition, Int)] = [(1, 3), (3, 2), (4, 2), (5, 1), (6, 0)]
    for (position, unread) in expected {
      story.read("bob", upTo: position, on: "laptop")
      #expect(story.unread(in: "bob") == unread, "Up to \(position).")
      guard case .deliverMarker(let marker)? = story.effects.last else {
        Issue.record("There is no marker.")
        return
      }
      #expect(marker.unread == unread)
      #expect(marker.upTo == position)
    }
    #expect(story.unread(in: "colin") == 1, "Conversations are apart.")
  }

  @Test("B21: position is archive order, so a later message of another time is still unread")
  func archiveOrder() throws {
    let story = try makeStory("phone", "laptop")
    story.at("1:00").receive("m1")
    story.atWithoutTimer("0:30").receive("m2")
    story.read("bob", upTo: "m1", on: "laptop")
    #expect(story.unread(in: "bob") == 1)
  }

  @Test("B21: sending does not mark as read, unless the host wants it", arguments: [false, true])
  func sendMarksRead(marks: Bool) throws {
    let story = try makeStory("phone", "laptop") { $0.sendMarksRead = marks }
    story.receive("m1")
    story.send("s1", by: "laptop")
    #expect(story.unread(in: "bob") == (marks ? 0 : 1))
    #expect(story.saw("phone") == (marks ? "s1'; read bob ≤ 2" : "s1'"))
    story.send("s2", by: "laptop", .receipt)
    #expect(story.saw("phone") == "s2'", "Only content is an answer.")
  }

  @Test("B21: reading never leaks to the other side")
  func noLeak() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("m1")
    story.read("bob", on: "laptop")
    #expect(story.host() == "")
    let routes = story.effects.contains {
      if case .route = $0 { true } else { false }
    }
    #expect(!routes)
  }

  @Test("B21: what cannot be read is not unread: own messages, receipts, unarchived ones")
  func notUnread() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("m1", flags: .ownAccount)
    story.receive("m2", flags: .noStore)
    story.receive("r1", .receipt)
    story.receive("g1", from: "room", .groupChat)
    story.send("s1", by: "laptop")
    #expect((story.unread(in: "bob") ?? 0) == 0)
    #expect((story.unread(in: "room") ?? 0) == 0)
  }

  // MARK: - Catching up

  /// A story with three conversations: bob read to the end, colin in part, dora not at all.
  private func makeReadStory() throws -> Scenario {
    let story = try makeStory("laptop")
    story.receive("b1", from: "bob")
    story.receive("c1", from: "colin")
    story.receive("c2", from: "colin")
    story.receive("d1", from: "dora")
    story.read("bob", upTo: 1, on: "laptop")
    story.read("colin", upTo: 2, on: "laptop")
    return story
  }

  @Test("B21: a device that signs in is told every marker by default")
  func catchUpAll() throws {
    let story = try makeReadStory()
    story.signIn("phone")
    #expect(story.saw("phone") == "read bob ≤ 1; read colin ≤ 2")
    guard case .deliverMarker(let marker)? = story.effects.last else {
      Issue.record("There is no marker.")
      return
    }
    #expect(marker.unread == 1)
    #expect(marker.revision == 2)
  }

  @Test("B21: or none, when the host answers the device's own query")
  func catchUpNone() throws {
    let story = try makeReadStory()
    story.signIn("phone") { $0.catchUp = .none }
    #expect(story.effects.isEmpty)
  }

  @Test("B21: or those after a revision it knows")
  func catchUpSince() throws {
    let story = try makeReadStory()
    story.signIn("phone") { $0.catchUp = .since(revision: 1) }
    #expect(story.saw("phone") == "read colin ≤ 2")
    story.signIn("tablet") { $0.catchUp = .since(revision: 2) }
    #expect(story.saw("tablet") == "")
    story.signIn("watch") { $0.catchUp = .since(revision: 0) }
    #expect(story.saw("watch") == "read bob ≤ 1; read colin ≤ 2")
    story.read("bob", upTo: 4, on: "laptop")
    story.signIn("pad") { $0.catchUp = .since(revision: 2) }
    #expect(story.saw("pad") == "read bob ≤ 4")
  }

  @Test("B19, B21: a device without MDM is told nothing")
  func catchUpPlain() throws {
    let story = try makeReadStory()
    story.signIn("desk") { $0.requestsMDM = false }
    #expect(story.effects.isEmpty)
  }

  @Test("B21: a held marker that is lost with its session is made up for at the next sign-in")
  func lostMarker() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.read("bob", on: "laptop")
    story.signOut("phone")
    #expect(story.saw("phone") == "lost m1")
    story.signIn("phone")
    #expect(story.saw("phone") == "read bob ≤ 1")
  }

  @Test("B21: catching up is for signing in; a device that was unavailable asks, or signs in anew")
  func noCatchUpAfterUnavailable() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("m1")
    story.unavailable("phone")
    story.read("bob", on: "laptop")
    story.available("phone")
    #expect(story.saw("phone") == "")
    #expect(story.readState(of: "bob")?.readUpTo == 1, "The host can answer its query.")
    story.signInAvailable("phone")
    #expect(story.saw("phone") == "ended replaced; read bob ≤ 1")
  }

  @Test("B18, B21: a session that gets MDM only later is told as if it had signed in")
  func catchUpAfterRequest() throws {
    let story = try makeReadStory()
    story.signIn("phone") { $0.requestsMDM = false }
    story.requestMDM(by: "phone")
    #expect(story.saw("phone") == "read bob ≤ 1; read colin ≤ 2")
    story.signIn("tablet") {
      $0.requestsMDM = false
      $0.catchUp = .none
    }
    story.requestMDM(by: "tablet")
    #expect(story.effects.isEmpty)
  }

  // MARK: - While a device waits

  @Test("B8: a marker that comes after a flush is a new one")
  func markerAfterFlush() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.read("bob", on: "laptop")
    story.request(by: "phone")
    #expect(story.saw("phone") == "flush request: m1✓, read bob ≤ 1")
    story.receive("m2")
    story.read("bob", on: "laptop")
    story.request(by: "phone")
    #expect(story.saw("phone") == "flush request: m2✓, read bob ≤ 2")
  }

  @Test("B8: two devices that wait at different times each get one marker, the furthest")
  func markersOfTwo() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    story.quiet("phone")
    story.receive("m1")
    story.read("bob", on: "laptop")
    story.quiet("tablet")
    story.receive("m2")
    story.read("bob", on: "laptop")
    story.active("tablet")
    #expect(story.saw("tablet") == "flush active: m2✓, read bob ≤ 2")
    story.active("phone")
    #expect(story.saw("phone") == "flush active: m1✓, m2✓, read bob ≤ 2")
  }

  @Test("B21: a cut-off device gets what was read meanwhile when it resumes")
  func detached() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("m1")
    story.loseConnection(of: "phone")
    story.read("bob", on: "laptop")
    story.resume("phone")
    #expect(story.saw("phone") == "flush resumed: read bob ≤ 1")
  }

  @Test("B21: the quiet reader itself is not told what it read")
  func quietReader() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.read("bob", on: "phone")
    #expect(story.saw("laptop") == "retract bob ≤ 1; read bob ≤ 1")
    story.active("phone")
    #expect(story.saw("phone") == "flush active: m1✓")
  }

  @Test("B21: beyond the limit the longest untouched conversation that is read is forgotten")
  func conversationLimit() throws {
    let story = try makeStory("phone", "laptop") { $0.conversationLimit = 2 }
    story.receive("b1", from: "bob")
    story.receive("c1", from: "colin")
    story.read("colin", upTo: 2, on: "laptop")
    story.receive("d1", from: "dora")
    #expect(story.readState(of: "colin") == nil)
    #expect(story.unread(in: "bob") == 1)
    #expect(story.unread(in: "dora") == 1)
  }

  @Test("B21: an account keeps the read state of so many conversations, and forgetting is counted")
  func forgottenAreCounted() throws {
    var engine = MessagingEngine(configuration: try Configuration { $0.conversationLimit = 2 })
    var effects = Effects()
    let alice = try engine.open("alice", at: .origin, into: &effects)
    for contact in ["bob", "carol", "dora"] as [ConversationID] {
      engine.receive(
        Stanza(.chat, conversation: contact), for: alice, at: .origin, into: &effects)
    }
    let known = engine.readStates(of: alice).map { $0.conversation }
    let counters = engine.counters(at: .origin)
    #expect(Set(known) == ["carol", "dora"])
    #expect(counters.totals.conversationsForgotten == 1)
    #expect(counters.totals.unreadRunsMerged == 0)
  }

  @Test("B21: unread positions too scattered to keep apart are merged, and that is counted")
  func scatteredUnread() throws {
    var engine = MessagingEngine()
    var effects = Effects()
    let alice = try engine.open("alice", at: .origin, into: &effects)
    for _ in 0..<1_030 {
      for contact in ["bob", "carol"] as [ConversationID] {
        engine.receive(
          Stanza(.chat, conversation: contact), for: alice, at: .origin, into: &effects)
      }
      effects.removeAll()
    }
    let bob = engine.readState(of: "bob", in: alice)
    let counters = engine.counters(at: .origin)
    #expect(bob?.unread == 1_030)
    #expect(counters.totals.unreadRunsMerged == 12)
  }
}
