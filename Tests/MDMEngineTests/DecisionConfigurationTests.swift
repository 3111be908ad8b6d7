import MDM
import MDMTestKit
import Testing

@Suite("Configurations: defaults, ranges, every violation at once")
struct DecisionConfigurationTests {
  /// The settings that a configuration made by `edit` violates.
  private func violations(_ edit: (inout Configuration.Values) -> Void) -> [String] {
    do throws(ConfigurationError) {
      _ = try Configuration(edit)
      return []
    } catch {
      return error.violations.map { $0.setting }
    }
  }

  @Test("The defaults of the documents: 5:00, 100 packets, 60 s, 60 s, 300 s")
  func defaults() throws {
    let values = Configuration.standard.values
    #expect(values.activeWindow == .seconds(300))
    #expect(values.activeSelection == .single)
    #expect(values.perSessionLimit == 100)
    #expect(values.resumeWindow == .seconds(60))
    #expect(values.timeslice == .seconds(60))
    #expect(values.conversationHold == .seconds(300))
    #expect(values.overallByteLimit == 64 << 20)
    #expect(values.regroupDelay == .zero)
    #expect(!values.flushOnActivityExpiry)
    #expect(!values.awayEndsActivity && !values.quietPresenceQualifies)
    #expect(values.leavingQuietQualifies)
    #expect(values.silentSemantics == .muted)
    #expect(values.archiveFailure == .deliverAnyway)
    #expect(!values.sendMarksRead)
    #expect(values.enablement == .live)
    #expect(try Configuration { _ in } == .standard)
  }

  @Test("A configuration error lists every violation, in the order of declaration")
  func everyViolation() {
    let found = self.violations {
      $0.activeWindow = .zero
      $0.perSessionLimit = 0
      $0.perSessionByteLimit = 0
      $0.overallLimit = 0
      $0.overallByteLimit = 0
      $0.sessionCapacity = 0
      $0.regroupDelay = .seconds(-1)
      $0.deviceLimit = 33
      $0.accountLimit = 0
      $0.resumeWindow = .zero
      $0.suspensionWindow = .zero
      $0.conversationHold = .seconds(-1)
      $0.conversationLimit = 0
      $0.archiveBacklogLimit = 0
      $0.stanzaByteLimit = 0
      $0.timeslice = .zero
    }
    #expect(
      found == [
        "activeWindow", "perSessionLimit", "perSessionByteLimit", "overallLimit",
        "overallByteLimit", "sessionCapacity", "regroupDelay", "deviceLimit", "accountLimit",
        "resumeWindow", "suspensionWindow", "conversationHold", "conversationLimit",
        "archiveBacklogLimit", "stanzaByteLimit", "timeslice",
      ])
  }

  @Test("Each violation says setting, value and what is allowed")
  func text() {
    let error = #expect(throws: ConfigurationError.self) {
      try Configuration {
        $0.deviceLimit = 0
        $0.regroupDelay = .seconds(301)
      }
    }
    #expect(error?.violations.count == 2)
    #expect(error?.violations.last?.setting == "deviceLimit")
    #expect(error?.violations.last?.value == "0")
    #expect(error?.description.contains("deviceLimit is 0, allowed is 1…32") == true)
    #expect(error?.description.contains("; ") == true)
  }

  @Test("The smallest and the largest allowed values are allowed")
  func edges() {
    let smallest = self.violations {
      $0.activeWindow = .nanoseconds(1)
      $0.perSessionLimit = 1
      $0.perSessionByteLimit = 1
      $0.overallLimit = 1
      $0.overallByteLimit = 1
      $0.sessionCapacity = 1
      $0.regroupDelay = .zero
      $0.deviceLimit = 1
      $0.accountLimit = 1
      $0.resumeWindow = .nanoseconds(1)
      $0.suspensionWindow = .nanoseconds(1)
      $0.conversationHold = .zero
      $0.conversationLimit = 1
      $0.archiveBacklogLimit = 1
      $0.stanzaByteLimit = 1
      $0.timeslice = .nanoseconds(1)
    }
    #expect(smallest.isEmpty)
    let day = Duration.seconds(86_400)
    let largest = self.violations {
      $0.activeWindow = day * 7
      $0.perSessionLimit = 1_000_000
      $0.perSessionByteLimit = 1 << 30
      $0.overallLimit = 100_000_000
      $0.sessionCapacity = 5_000_000
      $0.overallByteLimit = 1 << 40
      $0.regroupDelay = .seconds(300)
      $0.deviceLimit = 32
      $0.resumeWindow = day * 7
      $0.suspensionWindow = day * 400
      $0.conversationHold = day * 7
      $0.conversationLimit = 1_000_000
      $0.archiveBacklogLimit = 65_536
      $0.stanzaByteLimit = 256 << 20
      $0.timeslice = day
    }
    #expect(largest.isEmpty)
  }

  @Test(
    "B14: the strict profile keeps the resume window in 30…90 s",
    arguments: [(29, false), (30, true), (60, true), (90, true), (91, false)])
  func strictProfile(seconds: Int, isAllowed: Bool) {
    let found = self.violations {
      $0.strictProfile = true
      $0.resumeWindow = .seconds(seconds)
    }
    #expect(found == (isAllowed ? [] : ["resumeWindow"]))
    #expect(self.violations { $0.resumeWindow = .seconds(seconds) }.isEmpty)
  }

  @Test("The shortest window works: active for one nanosecond")
  func shortestWindow() throws {
    let story = try makeStory("phone", "laptop") { $0.activeWindow = .nanoseconds(1) }
    #expect(story.activeClient() == "laptop")
    story.at("0:01.000000001")
    #expect(story.activeClient() == nil)
  }

  @Test("Live: a shorter active window and another selection take effect at once")
  func liveWindow() throws {
    let story = try makeStory("phone", "laptop")
    story.at("2:00")
    try story.configure { $0.activeSelection = .allWithinWindow }
    #expect(story.isActive("phone") && story.isActive("laptop"))
    try story.configure { $0.activeWindow = .seconds(60) }
    #expect(story.activeClient() == nil)
    story.receive("m1")
    #expect(story.saw("phone") == "ring m1")
  }

  @Test("Live: turning flushOnActivityExpiry on gives what already waits its deadline")
  func liveExpiry() throws {
    let story = try makeQuietStory()
    story.at("1:00").receive("m1")
    #expect(story.nextDeadline == nil)
    try story.configure { $0.flushOnActivityExpiry = true }
    #expect(story.nextDeadline == instant("5:01"))
    story.at("5:01")
    #expect(story.saw("phone") == "flush expired: ring m1")
    try story.configure { $0.flushOnActivityExpiry = false }
    #expect(story.nextDeadline == nil)
  }
}
