import MDM
import MDMTestKit
import Testing

@Suite("B1–B5: the active client")
struct DecisionElectionTests {
  // MARK: - B1

  @Test("B1: the last client that acted is the active one, since then and until 5:00 after it")
  func lastActorWins() throws {
    let story = try makeStory("laptop", "phone")
    story.at("0:10").available("laptop")
    story.at("0:20").send("s1", by: "laptop")
    let active = try #require(story.activity())
    #expect(active.device == story.device("laptop"))
    #expect(active.since == instant("0:10"))
    #expect(active.lastAct == instant("0:20"))
    #expect(active.act == .instantMessage)
    #expect(active.until == instant("5:20"))
    #expect(story.verdicts() == [.active, .outdone])
  }

  @Test("B1: of two acts at one instant the one processed later wins")
  func tie() throws {
    let story = try Scenario { _ in }
    story.signIn("laptop", "phone", "tablet")
    story.at("0:10").available("tablet", "phone", "laptop")
    #expect(story.activeClient() == "laptop")
    story.available("phone")
    #expect(story.activeClient() == "phone")
    story.signOut("phone")
    #expect(story.activeClient() == "laptop", "The tie among those left goes by sequence, too.")
  }

  @Test("B1: when the holder signs out the next most recent one within its window takes over")
  func succession() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    story.at("0:30").signOut("laptop")
    #expect(story.activeClient() == "phone")
    story.at("0:31").unavailable("phone")
    #expect(story.activeClient() == "tablet")
  }

  @Test("B1: nobody takes over whose own window has closed")
  func noLateSuccession() throws {
    let story = try makeStory("phone", "laptop")
    story.at("4:59").available("laptop")
    story.at("5:00").signOut("laptop")
    #expect(story.activeClient() == nil)
    story.receive("m1")
    #expect(story.saw("phone") == "ring m1")
  }

  @Test("B1: the active client is one user's affair")
  func perUser() throws {
    let story = try makeStory("phone", "laptop")
    story.at("0:30").signInAvailable("carol/phone")
    #expect(story.activeClient() == "laptop")
    #expect(story.activeClient(of: "carol") == "carol/phone")
  }

  @Test("B1: allWithinWindow makes every session within the window active")
  func allWithinWindow() throws {
    let story = try Timeline(
      """
      set activeSelection=allWithinWindow
      time | event            | laptop  | phone   | tablet
      0:00 | tablet available |         |         |
      1:00 | phone available  |         |         |
      2:00 | laptop available |         |         |
      3:00 | bob: m1          | ring m1 | ring m1 | ring m1
      5:00 | bob: m2          | ring m2 | ring m2 | mute m2
      6:00 | bob: m3          | ring m3 | mute m3 | mute m3
      7:00 | bob: m4          | ring m4 | ring m4 | ring m4
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B1: who comes back after the window has closed is active since then")
  func breakInActivity() throws {
    let story = try makeStory("laptop")
    story.at("4:59.999999999").available("laptop")
    #expect(story.activity()?.since == instant("0:00"))
    story.at("10:00").available("laptop")
    #expect(story.activity()?.since == instant("10:00"))
  }

  // MARK: - B2

  @Test(
    "B2: presence without show and with chat qualifies, away, xa and dnd do not",
    arguments: [
      (PresenceShow.available, true), (.chat, true), (.away, false), (.extendedAway, false),
      (.doNotDisturb, false),
    ])
  func qualifyingShow(show: PresenceShow, qualifies: Bool) throws {
    let story = try makeStory("phone", "laptop")
    story.at("0:10").presence(.available(show), of: "phone")
    #expect(story.activeClient() == (qualifies ? "phone" : "laptop"))
  }

  @Test("B2: which shows qualify can be configured")
  func configuredShows() throws {
    let story = try makeStory("phone", "laptop") { $0.qualifyingShows = [.doNotDisturb] }
    #expect(story.activeClient() == nil)
    story.at("0:10").presence(.available(.doNotDisturb), of: "phone")
    #expect(story.activeClient() == "phone")
  }

  @Test("B2: sending qualifies just when it is content", arguments: StanzaKind.allCases)
  func qualifyingKind(kind: StanzaKind) throws {
    let content: Set<StanzaKind> = [.chat, .normal, .invitation, .fileTransfer, .groupChat]
    let story = try makeStory("phone", "laptop")
    story.at("0:10").send("s1", by: "phone", kind)
    #expect(story.activeClient() == (content.contains(kind) ? "phone" : "laptop"))
  }

  @Test("B2: replayed sends, reading, requests and receiving do not qualify")
  func notQualifying() throws {
    let story = try makeStory("phone", "laptop")
    story.at("0:10").send("s1", by: "phone", flags: .replayed)
    story.receive("m1")
    story.read("bob", on: "phone")
    story.request(by: "phone")
    #expect(story.activeClient() == "laptop")
  }

  @Test("B2: writing to oneself is sending a message")
  func noteToSelf() throws {
    let story = try makeStory("phone", "laptop")
    story.at("0:10").sendToSelf("n1", by: "phone")
    #expect(story.activeClient() == "phone")
  }

  // MARK: - B3

  @Test("B3: active at 4:59.999999999, not at exactly 5:00")
  func halfOpenWindow() throws {
    let story = try makeStory("laptop")
    story.at("4:59.999999999")
    #expect(story.activeClient() == "laptop")
    #expect(story.isActive("laptop"))
    story.at("5:00")
    #expect(story.activeClient() == nil)
    #expect(!story.isActive("laptop"))
    #expect(story.verdicts() == [.windowClosed])
  }

  @Test("B3: the boundary decides who rings")
  func boundaryRings() throws {
    let story = try Timeline(
      """
      time           | event            | laptop  | phone
      0:00           | phone available  |         |
      0:00           | laptop available |         |
      4:59.999999999 | bob: m1          | ring m1 | mute m1
      5:00           | bob: m2          | ring m2 | ring m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B3: the window can be configured")
  func configuredWindow() throws {
    let story = try Timeline(
      """
      set activeWindow=120
      time           | event            | laptop  | phone
      0:00           | phone available  |         |
      0:00           | laptop available |         |
      1:59.999999999 | bob: m1          | ring m1 | mute m1
      2:00           | bob: m2          | ring m2 | ring m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B3: a clock that goes back counts as the latest instant seen")
  func clockGoesBack() throws {
    let story = try makeStory("phone", "laptop")
    story.at("1:00").available("laptop")
    story.atWithoutTimer("0:30").available("phone")
    #expect(story.activeClient() == "phone", "Processed later at what counts as 1:00.")
    story.at("5:59.999999999")
    #expect(story.activeClient() == "phone")
    story.at("6:00")
    #expect(story.activeClient() == nil)
  }

  @Test("B3: instants before the origin work as well")
  func negativeInstants() throws {
    let start = MonotonicInstant(nanoseconds: -1_000_000_000)
    let story = Scenario(startingAt: start)
    story.signInAvailable("phone")
    story.at("4:59")
    #expect(story.activeClient() == "phone")
    story.at("5:00")
    #expect(story.activeClient() == nil)
  }

  @Test("B3: at the end of time nothing overflows")
  func endOfTime() throws {
    let story = Scenario(startingAt: MonotonicInstant(nanoseconds: .max - 1_000))
    story.signInAvailable("phone", "laptop")
    story.loseConnection(of: "phone")
    story.receive("m1")
    #expect(story.activeClient() == "laptop")
    #expect(story.nextDeadline == nil || story.nextDeadline == .distantFuture)
    story.atWithoutTimer("0:00.000001").receive("m2")
    #expect(story.saw("laptop") == "ring m2")
  }

  // MARK: - B4

  @Test("B4: unavailable presence ends the activity at once and for good")
  func unavailableEndsActivity() throws {
    let story = try Timeline(
      """
      time | event              | laptop  | phone
      0:00 | phone available    |         |
      0:01 | laptop available   |         |
      0:02 | laptop unavailable |         |
      0:03 | bob: m1            |         | ring m1
      0:04 | laptop away        |         |
      0:05 | bob: m2            | mute m2 | ring m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B4: away neither refreshes nor clears; a closed lid is silence")
  func awayIsNeutral() throws {
    let story = try Timeline(
      """
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:01 | laptop available |         |
      1:00 | laptop away      |         |
      1:01 | bob: m1          | ring m1 | mute m1
      2:00 | laptop xa        |         |
      5:01 | bob: m2          | ring m2 | ring m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B4: awayEndsActivity hands over at once; dnd does not")
  func awayEndsActivity() throws {
    let story = try Timeline(
      """
      set awayEndsActivity=true
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:01 | laptop available |         |
      0:10 | laptop dnd       |         |
      0:11 | bob: m1          | ring m1 | mute m1
      0:20 | laptop away      |         |
      0:21 | bob: m2          | mute m2 | ring m2
      0:30 | phone xa         |         |
      0:31 | bob: m3          | ring m3 | ring m3
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B4, B14: a detached client keeps its last act, and has it again when it resumes")
  func detachedKeepsItsAct() throws {
    let story = try Timeline(
      """
      time | event            | laptop            | phone
      0:00 | phone available  |                   |
      0:01 | laptop available |                   |
      0:10 | laptop lost      |                   |
      0:11 | bob: m1          | (m1)              | ring m1
      0:20 | laptop resumes   | flush resumed: m1 |
      0:21 | bob: m2          | ring m2           | mute m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  // MARK: - B5

  @Test("B5: presence of a quiet client does not qualify, nor does it change the mode")
  func quietPresence() throws {
    let story = try Timeline(
      """
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:01 | laptop available |         |
      0:02 | phone quiet      |         |
      0:10 | phone available  |         |
      0:11 | bob: m1          | ring m1 | (m1)
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
  }

  @Test("B5: quietPresenceQualifies makes it count, and the mode still stays")
  func quietPresenceConfigured() throws {
    let story = try makeQuietStory { $0.quietPresenceQualifies = true }
    story.at("0:10").available("phone")
    #expect(story.activeClient() == "phone")
    #expect(story.mode(of: "phone") == .quiet)
  }

  @Test("B5: a message sent while quiet qualifies and flushes the own buffer; the mode stays")
  func quietSend() throws {
    let story = try Timeline(
      """
      time | event               | laptop  | phone
      0:00 | phone available     |         |
      0:01 | laptop available    |         |
      0:02 | phone quiet         |         |
      0:10 | bob: m1             | ring m1 | (m1)
      0:20 | phone sends bob: s1 | s1'     | flush traffic: m1
      0:21 | bob: m2             | mute m2 | ring m2
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
    #expect(story.scenario.activeClient() == "phone")
  }

  @Test("B5: a chat state sent while quiet neither qualifies nor flushes")
  func quietNoise() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.send("t1", by: "phone", .chatState)
    #expect(story.activeClient() == "laptop")
    #expect(story.heldCount(for: "phone") == 1)
  }

  @Test("B5: leaving quiet mode qualifies, unless configured otherwise", arguments: [true, false])
  func leavingQuiet(qualifies: Bool) throws {
    let story = try makeQuietStory { $0.leavingQuietQualifies = qualifies }
    story.at("0:10").active("phone")
    #expect(story.activeClient() == (qualifies ? "phone" : "laptop"))
    #expect(story.activity()?.act == (qualifies ? .leftQuietMode : .availablePresence))
  }

  @Test("B4, B5: an unavailable device that leaves quiet mode is no candidate")
  func leavingQuietUnavailable() throws {
    let story = try makeQuietStory()
    story.unavailable("phone")
    story.at("0:10").active("phone")
    #expect(story.activeClient() == "laptop")
  }

  @Test("B5: going quiet and leaving silent mode do not qualify")
  func otherModeChanges() throws {
    let story = try makeStory("phone", "laptop")
    story.at("0:10").quiet("phone")
    #expect(story.activeClient() == "laptop")
    story.silent("phone")
    #expect(story.activeClient() == "laptop")
    story.active("phone")
    #expect(story.activeClient() == "laptop")
  }
}
