import MDM
import MDMTestKit
import Testing

@Suite("B18, B23: MDM for all, for one session, and who may have it")
struct DecisionSwitchTests {
  // MARK: - B18, for all

  @Test("R-042, R-043: MDM is on by default")
  func defaultOn() {
    #expect(Configuration.standard.values.enabled)
    #expect(Scenario().isEnabled)
  }

  @Test("B18: switching off flushes every buffer at once, makes modes normal, routes by B19")
  func switchOff() throws {
    let story = try Timeline(
      """
      time | event                | laptop  | phone                        | tablet
      0:00 | tablet available     |         |                              |
      0:01 | phone available      |         |                              |
      0:02 | laptop available     |         |                              |
      0:03 | phone quiet          |         |                              |
      0:04 | tablet silent        |         |                              |
      0:05 | bob: m1              | ring m1 | (m1)                         | mute m1
      0:06 | bob: m2              | ring m2 | (m2)                         | mute m2
      0:10 | mdm off              | mdm off | flush disabled: m1, m2; mdm off | mdm off
      # Ordinary clients: everyone gets it, nobody is told whether to ring, no copies.
      0:11 | bob: m3              | m3      | m3                           | m3
      0:12 | laptop sends bob: s1 |         |                              |
      0:13 | bob: m4              | m4      |                              |
      0:14 | laptop reads bob     |         |                              |
      0:20 | mdm on               | mdm on  | mdm on                       | mdm on
      0:21 | bob: m5              | ring m5 | mute m5                      | mute m5
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .normal)
    #expect(story.scenario.mode(of: "tablet") == .normal)
  }

  @Test("B18: the gauges drop to zero, the totals stay")
  func switchOffCounters() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.request(by: "phone")
    story.receive("m2")
    story.setEnabled(false)
    #expect(story.counter(.mdmSessions) == "0")
    #expect(story.counter(.mdmQuietModeSessions) == "0")
    #expect(story.counter(.mdmBufferFlushes) == "2")
    #expect(story.counters.flushes(because: .featureDisabled) == 1)
    story.setEnabled(true)
    #expect(story.counter(.mdmSessions) == "2")
    #expect(story.counter(.mdmQuietModeSessions) == "0")
    #expect(story.counter(.mdmBufferFlushes) == "2")
  }

  @Test("B18: switching to what already is changes nothing")
  func switchTwice() throws {
    let story = try makeQuietStory()
    #expect(story.setEnabled(true) == .ignored(.alreadySo))
    story.setEnabled(false)
    #expect(story.setEnabled(false) == .ignored(.alreadySo))
    #expect(story.effects.isEmpty)
  }

  @Test("B18: new requests while MDM is off are refused; whoever asked before gets it back")
  func requestsWhileOff() throws {
    let story = try makeStory("laptop", "phone")
    story.requestMDM(false, by: "phone")
    story.setEnabled(false)
    #expect(story.requestMDM(by: "phone") == .refused(.notEligible(.disabledByServer)))
    story.signInAvailable("tablet")
    guard case .signedIn(let tablet) = story.outcome else {
      Issue.record("The tablet is not signed in: \(story.outcome).")
      return
    }
    #expect(tablet.refusal == .disabledByServer)
    story.setEnabled(true)
    #expect(story.report(on: "laptop")?.isMDM == true)
    #expect(story.report(on: "tablet")?.isMDM == true)
    #expect(story.report(on: "phone")?.isMDM == false)
  }

  @Test("B18: with several accounts and cut-off devices nothing is lost")
  func switchOffEverywhere() throws {
    let story = try makeQuietStory()
    story.signInAvailable("carol/phone", "carol/laptop")
    story.quiet("carol/phone")
    story.receive("c1", for: "carol")
    story.receive("m1")
    story.loseConnection(of: "phone")
    story.setEnabled(false)
    #expect(story.saw("carol/phone") == "flush disabled: c1; mdm off")
    #expect(story.saw("phone") == "mdm off")
    #expect(story.heldCount(for: "phone") == 1)
    story.resume("phone")
    #expect(story.saw("phone") == "flush resumed: m1")
  }

  @Test("B18, R-047, R-048: staged, the switch waits for the restart")
  func staged() throws {
    let story = try makeQuietStory { $0.enablement = .onRestart }
    story.receive("m1")
    #expect(story.setEnabled(false) == .done)
    #expect(story.setEnabled(false) == .ignored(.alreadySo))
    #expect(story.effects.isEmpty)
    #expect(story.isEnabled)
    story.receive("m2")
    #expect(story.saw("phone") == "(m2)")
    story.restart()
    #expect(story.saw("phone") == "flush disabled: m1, m2; mdm off")
    #expect(!story.isEnabled)
    #expect(story.restart() == .ignored(.alreadySo))
  }

  @Test("B18: a staged switch that is taken back does nothing at the restart")
  func stagedAndTakenBack() throws {
    let story = try makeQuietStory { $0.enablement = .onRestart }
    story.setEnabled(false)
    #expect(story.setEnabled(true) == .done)
    #expect(story.restart() == .ignored(.alreadySo))
    #expect(story.isEnabled)
  }

  @Test("B18: changing another setting does not switch MDM back on")
  func configureKeepsSwitch() throws {
    let story = try makeStory("laptop", "phone")
    story.setEnabled(false)
    try story.configure { $0.perSessionLimit = 50 }
    #expect(!story.isEnabled)
    #expect(story.report(on: "phone")?.isMDM == false)
  }

  @Test("B18: changing another setting leaves a staged switch staged")
  func configureKeepsStagedSwitch() throws {
    let story = try makeStory("phone") { $0.enablement = .onRestart }
    story.setEnabled(false)
    try story.configure { $0.perSessionLimit = 50 }
    #expect(story.isEnabled)
    story.restart()
    #expect(!story.isEnabled)
  }

  @Test("B18: a switch staged by the configuration can be taken back by the configuration")
  func configureTakesStagedSwitchBack() throws {
    let story = try makeStory("phone") { $0.enablement = .onRestart }
    try story.configure { $0.enabled = false }
    try story.configure { $0.enabled = true }
    story.restart()
    #expect(story.isEnabled)
  }

  @Test("B18: a staged switch takes effect when the configuration stops staging")
  func configureEndsStaging() throws {
    let story = try makeQuietStory { $0.enablement = .onRestart }
    story.setEnabled(false)
    story.receive("m1")
    try story.configure {
      $0.enablement = .live
      $0.enabled = false
    }
    #expect(!story.isEnabled)
    #expect(story.saw("phone") == "flush disabled: m1; mdm off")
    #expect(story.restart() == .ignored(.alreadySo))
  }

  @Test("B18: whoever may not have MDM is told so, even when it had asked before")
  func refusedBeforeAlreadySo() throws {
    let story = try makeStory("laptop", "phone")
    story.setEnabled(false)
    #expect(story.requestMDM(by: "phone") == .refused(.notEligible(.disabledByServer)))
  }

  @Test("B18: the configuration itself switches as well")
  func configureSwitches() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    try story.configure { $0.enabled = false }
    #expect(story.saw("phone") == "flush disabled: m1; mdm off")
    try story.configure { $0.enabled = true }
    #expect(story.saw("phone") == "mdm on")
  }

  @Test("B18: a mode asked for while MDM is off does not survive: back on means normal")
  func modeWhileOff() throws {
    let story = try makeStory("laptop", "phone")
    story.setEnabled(false)
    #expect(story.quiet("phone") == .ignored(.notMultipleDevice))
    #expect(story.mode(of: "phone") == .normal)
    story.receive("m1")
    #expect(story.saw("phone") == "m1")
    story.setEnabled(true)
    #expect(story.mode(of: "phone") == .normal)
  }

  @Test("B13, B18: a mode asked for before MDM is in force with it")
  func modeBeforeMDM() throws {
    let story = try makeStory("phone")
    story.requestMDM(false, by: "phone")
    #expect(story.quiet("phone") == .ignored(.notMultipleDevice))
    story.at("0:10").signInAvailable("laptop")
    story.requestMDM(by: "phone")
    #expect(story.mode(of: "phone") == .quiet)
    story.receive("m1")
    #expect(story.saw("phone") == "(m1)")
  }

  // MARK: - B18, for one

  @Test("B18, XEP-0280 §10.1: a session gives MDM up with a flush and asks for it again")
  func oneSession() throws {
    let story = try Timeline(
      """
      time | event                | laptop  | phone
      0:00 | phone available      |         |
      0:01 | laptop available     |         |
      0:02 | phone quiet          |         |
      0:03 | bob: m1              | ring m1 | (m1)
      0:04 | phone leaves mdm     |         | flush disabled: m1
      0:05 | laptop sends bob: s1 |         |
      0:06 | bob: m2              | ring m2 | m2
      0:07 | laptop reads bob     |         |
      0:08 | phone wants mdm      |         | read bob ≤ 3
      0:09 | laptop sends bob: s2 |         | s2'
      0:10 | bob: m3              | ring m3 | mute m3
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.requestMDM(by: "phone") == .ignored(.alreadySo))
  }

  // MARK: - B23

  @Test(
    "B23: versions are compared by number",
    arguments: [
      ("11.6", false), ("11.7", true), ("11.7.0", true), ("11.10", true), ("11.6.9", false),
      ("9.10", false), ("12", true), ("14.0.1", true),
    ])
  func clientVersion(text: String, isEligible: Bool) throws {
    let story = Scenario()
    let version = try #require(Version(text))
    story.signIn("phone") { $0.capabilities.clientVersion = version }
    #expect(story.report(on: "phone")?.isMDM == isEligible)
    #expect(story.report(on: "phone")?.refusal == (isEligible ? nil : .clientVersionTooOld))
  }

  @Test(
    "B23: edge versions likewise",
    arguments: [
      ("X8.7", false), ("X8.8", true), ("X8.11", true), ("X12.5", true), ("X8.7.3", false),
      ("X7.10", false), ("X14.0.2", true),
    ])
  func edgeVersion(text: String, isEligible: Bool) throws {
    let story = Scenario()
    let version = try #require(Version(text))
    story.signIn("phone") { $0.capabilities.edgeVersion = version }
    #expect(story.report(on: "phone")?.isMDM == isEligible)
    #expect(story.report(on: "phone")?.refusal == (isEligible ? nil : .edgeVersionTooOld))
  }

  @Test("B23: an unknown version never excludes, and a direct connection has no edge")
  func unknownVersions() {
    let story = Scenario()
    story.signIn("phone")
    #expect(story.report(on: "phone")?.isMDM == true)
  }

  @Test("B23, R-019: without instant messaging nobody is eligible")
  func instantMessagingOff() throws {
    let story = try Scenario { $0.eligibility.instantMessagingEnabled = false }
    story.signIn("phone")
    #expect(story.report(on: "phone")?.refusal == .instantMessagingDisabled)
  }

  @Test("B23: end-to-end encryption excludes only by policy", arguments: [true, false])
  func encryptedOnly(excludes: Bool) throws {
    let story = try Scenario { $0.eligibility.excludesEncryptedOnly = excludes }
    story.signIn("phone") { $0.capabilities.encryptedOnly = true }
    #expect(story.report(on: "phone")?.isMDM == !excludes)
    #expect(story.report(on: "phone")?.refusal == (excludes ? .encryptedOnly : nil))
  }

  @Test("B23, B19: an ineligible session is signed in as an ordinary client, with a reason")
  func ineligible() throws {
    let story = try Timeline(
      """
      device old version=11.6
      time | event                | laptop  | old
      0:00 | old available        |         |
      0:01 | laptop available     |         |
      0:02 | bob: m1              | ring m1 | m1
      0:03 | laptop sends bob: s1 |         |
      0:04 | old sends bob: s2    | s2'     |
      0:05 | old quiet            |         |
      0:06 | laptop available     |         |
      0:07 | bob: m2              | ring m2 | m2
      """
    ).run()
    #expect(story.actual == story.expected)
    let old = story.scenario.requestMDM(false, by: "old")
    #expect(old == .done)
    #expect(
      story.scenario.requestMDM(by: "old") == .refused(.notEligible(.clientVersionTooOld)))
  }
}
