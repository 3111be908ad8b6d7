import MDMStanza

/// Everything that is wrong with a configuration.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One entry for each setting out of range, in the order of their declaration.
  public let violations: [Violation]

  /// A setting out of range.
  public struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// The setting's name.
    public let setting: String
    /// The value it has.
    public let value: String
    /// What is allowed.
    public let allowed: String

    package init(setting: String, value: String, allowed: String) {
      self.setting = setting
      self.value = value
      self.allowed = allowed
    }

    /// Setting, value and range in one sentence.
    public var description: String {
      "\(self.setting) is \(self.value), allowed is \(self.allowed)"
    }
  }

  package init(violations: [Violation]) { self.violations = violations }

  /// Every violation, separated by semicolons.
  public var description: String {
    self.violations.map { $0.description }.joined(separator: "; ")
  }
}

extension Configuration.Values {
  /// The overall limit with its default filled in (B11).
  var effectiveOverallLimit: Int {
    self.overallLimit ?? self.sessionCapacity.map { $0 * 20 } ?? 100_000
  }

  private static let day = Duration.seconds(86_400)

  /// Every setting out of its range, in the order of declaration.
  func violations() -> [ConfigurationError.Violation] {
    var check = RangeCheck()
    check.positive("activeWindow", self.activeWindow, upTo: Self.day * 7, "7 days")
    check.integer("perSessionLimit", self.perSessionLimit, 1...1_000_000)
    check.integer("perSessionByteLimit", self.perSessionByteLimit, 1...(1 << 30))
    if let limit = self.overallLimit {
      check.integer("overallLimit", limit, 1...100_000_000)
    }
    check.integer("overallByteLimit", self.overallByteLimit, 1...(1 << 40))
    if let capacity = self.sessionCapacity {
      check.integer("sessionCapacity", capacity, 1...5_000_000)
    }
    check.atLeastZero("regroupDelay", self.regroupDelay, upTo: .seconds(300), "5 minutes")
    check.integer("deviceLimit", self.deviceLimit, 1...32)
    check.integer("accountLimit", self.accountLimit, 1...Int(AccountHandle.slotLimit))
    if self.strictProfile {
      check.range("resumeWindow", self.resumeWindow, .seconds(30)...(.seconds(90)), "30…90 s")
    } else {
      check.positive("resumeWindow", self.resumeWindow, upTo: Self.day * 7, "7 days")
    }
    check.positive("suspensionWindow", self.suspensionWindow, upTo: Self.day * 400, "400 days")
    check.atLeastZero("conversationHold", self.conversationHold, upTo: Self.day * 7, "7 days")
    check.integer("conversationLimit", self.conversationLimit, 1...1_000_000)
    check.integer("archiveBacklogLimit", self.archiveBacklogLimit, 1...65_536)
    check.integer("stanzaByteLimit", self.stanzaByteLimit, 1...(256 << 20))
    check.positive("timeslice", self.timeslice, upTo: Self.day, "1 day")
    return check.violations
  }
}

/// Collects violations, one call a setting.
private struct RangeCheck {
  var violations: [ConfigurationError.Violation] = []

  private mutating func require(
    _ holds: Bool, _ setting: String, _ value: String, _ allowed: String
  ) {
    if holds { return }
    self.violations.append(.init(setting: setting, value: value, allowed: allowed))
  }

  mutating func integer(_ setting: String, _ value: Int, _ range: ClosedRange<Int>) {
    let allowed = "\(range.lowerBound)…\(range.upperBound)"
    self.require(range.contains(value), setting, "\(value)", allowed)
  }

  mutating func positive(
    _ setting: String, _ value: Duration, upTo limit: Duration, _ limitText: String
  ) {
    self.require(
      value >= .nanoseconds(1) && value <= limit, setting, "\(value)",
      "more than 0, at most \(limitText)")
  }

  mutating func atLeastZero(
    _ setting: String, _ value: Duration, upTo limit: Duration, _ limitText: String
  ) {
    self.require(value >= .zero && value <= limit, setting, "\(value)", "0…\(limitText)")
  }

  mutating func range(
    _ setting: String, _ value: Duration, _ range: ClosedRange<Duration>, _ text: String
  ) {
    self.require(range.contains(value), setting, "\(value)", text)
  }
}
