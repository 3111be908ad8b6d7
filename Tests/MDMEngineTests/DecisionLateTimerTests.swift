import MDM
import MDMTestKit
import Testing

@Suite("B3: a late timer changes no outcome, whatever comes first")
struct DecisionLateTimerTests {
  /// The phone waits, quiet, until the laptop's activity expires at 5:01; then 6:00, and no timer
  /// has fired.
  static func makeLateStory() throws -> Scenario {
    let story = try makeQuietStory { $0.flushOnActivityExpiry = true }
    story.receive("m1")
    return story.atWithoutTimer("6:00")
  }

  @Test("B3, B26: a changed setting does not make a due flush forgotten")
  func configuredFirst() throws {
    let story = try Self.makeLateStory()
    try story.configure { $0.perSessionLimit = 50 }
    story.at("6:01")
    #expect(story.flushes(of: "phone") == [.activityExpired])
    #expect(story.heldCount(for: "phone") == 0)
  }

  @Test("B3, B18: a switch and a restart that come first do not make it forgotten")
  func switchedFirst() throws {
    let story = try Self.makeLateStory()
    story.setEnabled(false)
    story.at("6:01")
    #expect(story.flushes(of: "phone").count == 1)
    #expect(story.delivered(to: "phone") == ["m1"])
  }

  @Test("B3, B14: a session that was due has ended when a setting is changed")
  func endedFirst() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.loseConnection(of: "phone")
    story.atWithoutTimer("30:00")
    try story.configure { $0.perSessionLimit = 50 }
    story.at("30:01")
    #expect(story.report(on: "phone") == nil)
  }

  @Test("B3, B26: an account that moves to another engine takes its due flush along")
  func movedFirst() throws {
    let story = try Self.makeLateStory()
    // A snapshot is as of the last command; this one concerns somebody else.
    story.signIn("carol/desk")
    let bytes = try SnapshotTests.unwrap(story.engine.snapshot(of: story.account()))
    let now = MonotonicInstant(nanoseconds: 9_000_000_000_000)
    var engine = MessagingEngine(configuration: story.engine.configuration, startingAt: now)
    var effects = Effects()
    _ = try engine.restoreAccount(from: bytes, at: now, into: &effects)
    engine.expire(at: now, into: &effects)
    let flushes = effects.compactMap { effect in
      if case .flush(let flush) = effect { flush.reason } else { nil }
    }
    #expect(flushes == [.activityExpired])
  }
}
