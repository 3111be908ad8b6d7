import MDM
import MDMTestKit
import Testing

@Suite("B9, B10, B12, B26: who rings")
struct DecisionNotificationTests {
  // MARK: - B9

  @Test("B9: with a reached active client only it rings; without one every MDM device does")
  func whoRings() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    story.at("0:10").receive("m1")
    #expect(story.deliveries(to: "laptop").last?.notification == .activeClient)
    #expect(story.deliveries(to: "phone").last?.notification == .otherClientActive)
    #expect(story.deliveries(to: "tablet").last?.notification == .otherClientActive)
    story.at("5:02").receive("m2")
    for device in ["tablet", "phone", "laptop"] {
      #expect(story.deliveries(to: device).last?.notification == .noActiveClient)
    }
  }

  @Test("B9: content may ring, nothing else does", arguments: StanzaKind.allCases)
  func kinds(kind: StanzaKind) throws {
    let story = try makeStory("phone")
    story.at("0:10").receive("x", kind, to: .device("phone"))
    #expect(story.rings(on: "phone") == (kind.isContent ? ["x"] : []))
    let expected: NotificationDecision = kind.isContent ? .activeClient : .notContent
    #expect(story.deliveries(to: "phone").first?.notification == expected)
  }

  @Test("B9: sent copies and what the own account sends never ring")
  func ownMessages() throws {
    let story = try makeStory("phone", "laptop")
    story.at("0:10").send("s1", by: "laptop")
    story.receive("m1", flags: .ownAccount)
    story.sendToSelf("n1", by: "laptop")
    #expect(
      story.deliveries(to: "phone").map { $0.notification }
        == [.ownMessage, .ownMessage, .ownMessage])
    #expect(story.rings(on: "phone").isEmpty && story.rings(on: "laptop").isEmpty)
  }

  @Test("B9: flushed items do not ring; the message that flushed them does, after the backlog")
  func backlog() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.receive("m2")
    story.at("6:00").receive("m3")
    let phone = story.device("phone")
    guard case .flush(let flush)? = story.effects.first(where: { $0.flushes(phone) }) else {
      Issue.record("There is no flush.")
      return
    }
    #expect(flush.count == 2, "The backlog.")
    #expect(
      story.deliveries(to: "phone").map { $0.notification }
        == [.heldBack, .heldBack, .noActiveClient])
  }

  @Test("B9: limit, request and return flushes ring nowhere")
  func silentFlushes() throws {
    let story = try makeQuietStory { $0.perSessionLimit = 2 }
    story.receive("m1")
    story.receive("m2")
    story.receive("m3")
    story.request(by: "phone")
    story.receive("m4")
    story.active("phone")
    #expect(story.delivered(to: "phone") == ["m1", "m2", "m3", "m4"])
    #expect(story.rings(on: "phone").isEmpty)
  }

  @Test("B9, B14: a device behind its push service is told just when it would ring")
  func push() throws {
    let story = try Timeline(
      """
      device phone push
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:01 | laptop available |         |
      0:02 | phone lost       |         |
      0:10 | bob: m1          | ring m1 | (m1)
      0:11 | bob: r1 receipt  | r1      | (r1)
      5:01 | bob: m2          | ring m2 | (m2); push m2
      5:02 | bob: r2 receipt  | r2      | (r2)
      5:03 | bob: c1 urgent   | ring c1 | (c1); push c1
      5:04 | laptop sends bob: s1 |     | (s1)
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.counters.totals.pushed == 2)
  }

  @Test("B14: a device behind its push service is told whether or not it has MDM")
  func pushWithoutMDM() throws {
    let story = try makeStory("laptop")
    story.signInAvailable("phone") {
      $0.pushEnabled = true
      $0.requestsMDM = false
    }
    story.loseConnection(of: "phone")
    story.at("6:00").receive("m1")
    #expect(story.saw("phone") == "(m1); push m1")
    story.setEnabled(false)
    story.receive("m2")
    #expect(story.saw("phone") == "(m2); push m2")
  }

  @Test("B9, B12: a silent device behind its push service is not told, not even what is urgent")
  func silentPush() throws {
    let story = try Timeline(
      """
      device phone push
      time | event            | laptop  | phone
      0:00 | laptop available |         |
      0:00 | phone available  |         |
      0:01 | phone silent     |         |
      0:02 | phone lost       |         |
      6:00 | bob: m1          | ring m1 | (m1)
      6:01 | bob: c1 urgent   | ring c1 | (c1)
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B9: reading takes outstanding notifications back, on connected devices at once")
  func retraction() throws {
    let story = try Timeline(
      """
      time | event            | laptop                          | phone
      0:00 | laptop available |                                 |
      0:00 | phone available  |                                 |
      5:00 | bob: m1          | ring m1                         | ring m1
      5:01 | phone reads bob  | retract bob ≤ 1; read bob ≤ 1   |
      5:02 | bob: m2          | ring m2                         | ring m2
      5:03 | colin: c1        | ring c1                         | ring c1
      5:04 | laptop reads bob |                                 | retract bob ≤ 3; read bob ≤ 3
      5:05 | phone reads bob ≤ 3 |                              |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B9: where nothing rang nothing is taken back")
  func noRetraction() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("m1")
    story.read("bob", on: "laptop")
    #expect(story.saw("phone") == "read bob ≤ 1")
  }

  @Test("B9: a quiet device's own notification is taken back when it is flushed")
  func retractionWhileQuiet() throws {
    let story = try Timeline(
      """
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:00 | laptop available |         |
      5:00 | bob: m1          | ring m1 | ring m1
      5:01 | laptop available |         |
      5:02 | phone quiet      |         |
      5:03 | laptop reads bob |         |
      5:04 | phone request    |         | flush request: retract bob ≤ 1, read bob ≤ 1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B9: a suspended device's push is taken back at once, its marker waits")
  func retractionWhileSuspended() throws {
    let story = try Timeline(
      """
      device phone push
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:00 | laptop available |         |
      0:01 | phone lost       |         |
      5:00 | bob: m1          | ring m1 | (m1); push m1
      5:01 | laptop reads bob |         | retract bob ≤ 1
      5:02 | phone resumes    |         | flush resumed: m1✓, read bob ≤ 1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B9: a partial read takes back up to its position, the rest goes with the next")
  func partialRetraction() throws {
    let story = try Timeline(
      """
      time | event              | laptop  | phone
      0:00 | phone available    |         |
      0:00 | laptop available   |         |
      5:00 | bob: m1            | ring m1 | ring m1
      5:01 | bob: m2            | ring m2 | ring m2
      5:02 | laptop reads bob ≤ 1 |       | retract bob ≤ 1; read bob ≤ 1
      5:03 | laptop reads bob ≤ 2 |       | retract bob ≤ 2; read bob ≤ 2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B9: a partial read takes nothing back that came after it")
  func retractionStopsAtPosition() throws {
    let story = try Timeline(
      """
      time | event               | laptop  | phone   | tablet
      0:00 | tablet available    |         |         |
      0:00 | laptop available    |         |         |
      0:00 | phone available     |         |         |
      1:00 | bob: m1             | mute m1 | ring m1 | mute m1
      1:01 | laptop available    |         |         |
      1:02 | bob: m2             | ring m2 | mute m2 | mute m2
      1:03 | tablet reads bob ≤ 1 | retract bob ≤ 1; read bob ≤ 1 | retract bob ≤ 1; read bob ≤ 1 |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  // MARK: - B10

  @Test("B10: an active client to which the message was not routed suppresses nobody")
  func notRouted() throws {
    let story = try Timeline(
      """
      device desk plain
      time | event                 | desk | phone
      0:00 | phone available       |      |
      0:01 | desk available        |      |
      0:02 | bob: m1               | m1   | mute m1
      0:03 | bob: m2 to phone      |      | ring m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B10: a reached active client without MDM suppresses and decides for itself")
  func plainActiveClient() throws {
    let story = try makeStory("phone")
    story.at("0:10").signInAvailable("desk") { $0.requestsMDM = false }
    story.receive("m1")
    #expect(story.deliveries(to: "desk").first?.notification == .clientDecides)
    #expect(story.deliveries(to: "phone").first?.notification == .otherClientActive)
  }

  @Test("B10: a non-MDM client that is active lets a quiet device wait")
  func plainActiveClientHolds() throws {
    let story = try makeStory("phone")
    story.quiet("phone")
    story.at("0:10").signInAvailable("desk") { $0.requestsMDM = false }
    story.receive("m1")
    #expect(story.saw("desk") == "m1")
    #expect(story.saw("phone") == "(m1)")
  }

  @Test("B10: every message that is held has been delivered to, or sent by, another device")
  func nothingHidden() throws {
    let story = try makeQuietStory()
    for (minute, id) in ["m1", "m2", "m3"].enumerated() {
      story.at(ClockReading(nanoseconds: Int64(minute + 1) * 60_000_000_000)).receive(id)
      let isHeld = story.saw("phone") == "(\(id))"
      #expect(isHeld && story.delivered(to: "laptop").last == id)
    }
    story.loseConnection(of: "laptop")
    story.receive("m4")
    #expect(story.delivered(to: "phone").last == "m4")
  }

  // MARK: - B12

  @Test("B12: silent means delivered at once and never rung, even as the only device")
  func silent() throws {
    let story = try Timeline(
      """
      time | event                | laptop             | phone
      0:00 | laptop available     |                    |
      0:01 | phone available      |                    |
      0:02 | phone silent         |                    |
      # The active client is silent: nobody rings.
      0:03 | bob: m1              | mute m1            | mute m1
      0:04 | laptop sends bob: s1 |                    | s1'
      0:05 | bob: m2              | ring m2            | mute m2
      0:06 | laptop reads bob     |                    | read bob ≤ 3
      5:04 | bob: m3              | ring m3            | mute m3
      5:05 | bob: c1 urgent       | ring c1            | mute c1
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.counter(.mdmSilentModeSessions) == "1")
    #expect(story.scenario.counter(.mdmQuietModeSessions) == "0")
  }

  @Test("B12: going from quiet to silent flushes; the modes exclude each other")
  func quietToSilent() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.silent("phone")
    #expect(story.saw("phone") == "flush active: m1")
    #expect(story.counters.gauges.quietSessions == 0)
    #expect(story.counters.gauges.silentSessions == 1)
    story.quiet("phone")
    #expect(story.counters.gauges.quietSessions == 1)
    #expect(story.counters.gauges.silentSessions == 0)
  }

  @Test("B12: silent as suspension holds everything until the mode ends or a request comes")
  func silentAsSuspension() throws {
    let story = try Timeline(
      """
      set silentSemantics=suspended
      time | event                  | laptop  | phone
      0:00 | laptop available       |         |
      0:01 | phone available        |         |
      0:02 | phone silent           |         |
      # The silent phone is the active client, but it is not reached.
      0:03 | bob: m1                | ring m1 | (m1)
      0:04 | server: i1 iq to phone |         | flush request: m1; i1
      0:05 | laptop sends bob: s1   |         | (s1)
      6:00 | bob: m2                | ring m2 | (m2)
      6:01 | phone active           |         | flush active: s1', m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B12: switching from suspension back to muted lets go of what was held")
  func silentSemanticsChange() throws {
    let story = try makeStory("laptop", "phone") { $0.silentSemantics = .suspended }
    story.silent("phone")
    story.receive("m1")
    #expect(story.saw("phone") == "(m1)")
    try story.configure { $0.silentSemantics = .muted }
    #expect(story.delivered(to: "phone") == ["m1"])
    #expect(story.mode(of: "phone") == .silent)
  }

  @Test("B12: the other reading of silent is a gauge of its own")
  func suppressedSessions() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    #expect(story.suppressedSessions == 2)
    story.silent("phone")
    #expect(story.suppressedSessions == 1)
    story.at("5:02")
    #expect(story.suppressedSessions == 0)
  }

  // MARK: - B26

  @Test("B26: by default nothing happens when the five minutes run out")
  func noFlushOnExpiry() throws {
    let story = try makeQuietStory()
    story.at("1:00").receive("m1")
    #expect(story.nextDeadline == nil)
    story.at("30:00")
    #expect(story.heldCount(for: "phone") == 1)
  }

  @Test("B26: opted in, the quiet device is flushed at exactly 5:00 and rings once")
  func flushOnExpiry() throws {
    let story = try Timeline(
      """
      set flushOnActivityExpiry=true
      time           | event            | laptop  | phone
      0:00           | phone available  |         |
      0:00           | laptop available |         |
      0:01           | phone quiet      |         |
      1:00           | bob: m1          | ring m1 | (m1)
      1:01           | bob: m2          | ring m2 | (m2)
      1:02           | bob: r1 receipt  | r1      | (r1)
      4:59.999999999 | wait             |         |
      5:00           | wait             |         | flush expired: m1, ring m2, r1
      9:00           | wait             |         |
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
  }

  @Test("B26: what was read, or is no message, does not flush on expiry")
  func nothingUnreadOnExpiry() throws {
    let story = try Timeline(
      """
      set flushOnActivityExpiry=true
      time | event                | laptop  | phone
      0:00 | phone available      |         |
      0:00 | laptop available     |         |
      0:01 | phone quiet          |         |
      1:00 | bob: m1              | ring m1 | (m1)
      1:01 | laptop reads bob     |         |
      1:02 | bob: r1 receipt      | r1      | (r1)
      1:03 | laptop sends bob: s1 |         | (s1)
      9:00 | wait                 |         |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B26: the deadline moves with the active client, and a late timer changes nothing")
  func expiryMoves() throws {
    let story = try makeQuietStory { $0.flushOnActivityExpiry = true }
    story.at("1:00").receive("m1")
    #expect(story.nextDeadline == instant("5:01"))
    story.at("4:00").send("s1", by: "laptop")
    #expect(story.nextDeadline == instant("9:00"))
    story.atWithoutTimer("9:30").receive("m2")
    #expect(story.saw("phone") == "flush expired: ring m1, s1'; ring m2")
    #expect(story.saw("laptop") == "ring m2")
  }

  @Test("B26: an active client that leaves is as good as one whose time ran out")
  func leavingInsteadOfExpiry() throws {
    let story = try Timeline(
      """
      set flushOnActivityExpiry=true
      time | event              | laptop  | phone
      0:00 | phone available    |         |
      0:01 | laptop available   |         |
      0:02 | phone unavailable  |         |
      0:03 | phone available    |         |
      0:04 | phone quiet        |         |
      0:05 | laptop available   |         |
      0:06 | bob: m1            | ring m1 | (m1)
      6:00 | wait               |         | flush expired: ring m1
      6:01 | laptop available   |         |
      6:02 | bob: m2            | ring m2 | (m2)
      6:03 | laptop signs out   |         | flush expired: ring m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B26: a notification that came by expiry is taken back like any other")
  func expiryRetraction() throws {
    let story = try makeQuietStory { $0.flushOnActivityExpiry = true }
    story.at("1:00").receive("m1")
    story.at("6:00").active("phone")
    story.read("bob", on: "laptop")
    #expect(story.saw("phone") == "retract bob ≤ 1; read bob ≤ 1")
  }
}
