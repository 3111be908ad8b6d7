/// Everything that is wrong with a redundancy configuration.
public struct RedundancyConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
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

extension RedundancyConfiguration.Values {
  private static let day = Duration.seconds(86_400)
  private static let hour = Duration.seconds(3_600)

  /// Every setting out of its range, in the order of declaration.
  func violations() -> [RedundancyConfigurationError.Violation] {
    var found: [RedundancyConfigurationError.Violation] = []
    func require(_ holds: Bool, _ setting: String, _ value: String, _ allowed: String) {
      if !holds { found.append(.init(setting: setting, value: value, allowed: allowed)) }
    }
    func within(_ setting: String, _ value: Duration, from low: Duration, to high: Duration) {

      require(
        value >= low && value <= high, setting, "\(value)",
        "\(low)…\(high)")
    }
    let tick = Duration.nanoseconds(1)
    within("heartbeatInterval", self.heartbeatInterval, from: tick, to: Self.hour)
    within(
      "heartbeatTimeout", self.heartbeatTimeout, from: self.heartbeatInterval + tick,
      to: Self.hour)
    within("initializationTimeout", self.initializationTimeout, from: tick, to: Self.day)
    within("criticalServiceDelay", self.criticalServiceDelay, from: .zero, to: Self.day)
    within("automaticFallbackDelay", self.automaticFallbackDelay, from: .zero, to: Self.day * 7)
    let ports = 1...65_535
    require(ports.contains(self.servicePort), "servicePort", "\(self.servicePort)", "1…65535")
    require(
      ports.contains(self.adminRPCPort) && self.adminRPCPort != self.servicePort, "adminRPCPort",
      "\(self.adminRPCPort)", "1…65535, another than servicePort")
    for node in NodeID.allCases {
      let limits = self.reloginLimits[node]
      within("reloginLimits[\(node)].lower", limits.lower, from: .zero, to: Self.day)
      within("reloginLimits[\(node)].upper", limits.upper, from: limits.lower, to: Self.day)
    }
    within("transitionTimeout", self.transitionTimeout, from: tick, to: Self.day)
    within("failoverPause", self.failoverPause, from: .zero, to: Self.day)
    within(
      "leaseDuration", self.leaseDuration,
      from: self.heartbeatInterval + self.ownershipMargin + tick, to: Self.hour)
    within(
      "ownershipMargin", self.ownershipMargin, from: .zero,
      to: min(self.leaseDuration, self.heartbeatTimeout) - tick)
    within("recoveryDelay", self.recoveryDelay, from: tick, to: Self.day)
    within(
      "recoveryDelayLimit", self.recoveryDelayLimit, from: self.recoveryDelay, to: Self.day * 7)
    return found
  }

  /// What is allowed, since the documents let every value be changed, and unwise.
  func warnings() -> [String] {
    var found: [String] = []
    if self.initializationTimeout < self.heartbeatTimeout {
      found.append("initializationTimeout is shorter than heartbeatTimeout")
    }
    for node in NodeID.allCases
    where self.reloginLimits[node].lower < self.criticalServiceDelay {
      found.append("reloginLimits[\(node)].lower is shorter than criticalServiceDelay (B32)")
    }
    if self.arbitration == .nobody {
      found.append("without an arbiter both nodes serve all users while the link is cut (H11)")
    }
    return found
  }
}
