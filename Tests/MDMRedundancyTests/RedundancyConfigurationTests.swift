import MDMRedundancy
import Testing

@Suite("RedundancyConfiguration")
struct RedundancyConfigurationTests {
  @Test("R-126…R-137: the documented defaults")
  func defaults() {
    let values = RedundancyConfiguration.standard.values
    #expect(values.heartbeatInterval == .seconds(15))
    #expect(values.heartbeatTimeout == .seconds(60))
    #expect(values.initializationTimeout == .seconds(120))
    #expect(values.criticalServiceDelay == .seconds(90))
    #expect(!values.automaticFallback && values.automaticFallbackDelay == .seconds(1_800))
    #expect(values.servicePort == 22_001 && values.adminRPCPort == 20_075)
    #expect(!values.monitorsAuthenticationService)
    #expect(values.reloginLimits.first.lower == .seconds(120))
    #expect(values.reloginLimits.second.upper == .seconds(537))
    #expect(values.transitionTimeout == .seconds(600))
    #expect(values.failoverPause == .seconds(60))
    #expect(RedundancyConfiguration.standard.warnings == [])
  }

  @Test("R-124, B31, B32: everything that is wrong is said at once")
  func violations() throws {
    let error = #expect(throws: RedundancyConfigurationError.self) {
      try RedundancyConfiguration {
        $0.heartbeatInterval = .zero
        $0.criticalServiceDelay = .seconds(-1)
        $0.servicePort = 0
        $0.adminRPCPort = 70_000
        $0.reloginLimits[.second] = ReloginLimits(lower: .seconds(9), upper: .seconds(8))
        $0.ownershipMargin = .seconds(60)
        $0.recoveryDelayLimit = .seconds(1)
      }
    }
    let settings = [
      "heartbeatInterval", "criticalServiceDelay", "servicePort", "adminRPCPort",
      "reloginLimits[second].upper", "leaseDuration", "ownershipMargin", "recoveryDelayLimit",
    ]
    #expect(error?.violations.map { $0.setting } == settings)
    #expect(error?.description.contains("servicePort is 0, allowed is 1…65535") == true)
  }

  @Test("R-132, R-133: the time-out is longer than the interval; the ports differ")
  func edges() throws {
    #expect(throws: RedundancyConfigurationError.self) {
      try RedundancyConfiguration { $0.heartbeatTimeout = .seconds(15) }
    }
    #expect(throws: RedundancyConfigurationError.self) {
      try RedundancyConfiguration { $0.adminRPCPort = 22_001 }
    }
    // The fast profile of one second and five.
    let fast = try RedundancyConfiguration {
      $0.heartbeatInterval = .seconds(1)
      $0.heartbeatTimeout = .seconds(5)
      $0.initializationTimeout = .seconds(4)
      $0.leaseDuration = .seconds(5)
      $0.ownershipMargin = .seconds(1)
      $0.arbitration = .nobody
      $0.reloginLimits[.first].lower = .seconds(30)
    }
    #expect(fast.warnings.count == 3)
  }

  @Test("with a witness, an acknowledgement lasts until the next one: two intervals")
  func witnessedInterval() throws {
    var values = RedundancyConfiguration.Values()
    values.ownershipMargin = .seconds(30)
    #expect(throws: Never.self) { try RedundancyConfiguration(values) }
    values.arbitration = .witness
    let error = #expect(throws: RedundancyConfigurationError.self) {
      try RedundancyConfiguration(values)
    }
    #expect(error?.violations.map { $0.setting } == ["ownershipMargin"])
    values.ownershipMargin = .seconds(29)
    // Whatever the heartbeats' order, a pair that nothing happens to serves all the time.
    for offset in 0..<15 {
      var pair = PairHarness(try RedundancyConfiguration(values))
      pair.start(.first)
      pair.run(for: Double(offset))
      pair.start(.second)
      pair.run(for: 1)
      for _ in 0..<600 {
        pair.run(for: 0.5)
        #expect(pair.serves(.first, .first) && pair.serves(.second, .second), "\(offset)")
      }
    }
  }

  @Test("a start that may be longer than a transition is allowed, and unwise")
  func longStart() throws {
    let late = try RedundancyConfiguration { $0.initializationTimeout = .seconds(600) }
    #expect(late.warnings == ["transitionTimeout is no longer than initializationTimeout"])
    let slow = try RedundancyConfiguration {
      $0.criticalServiceDelay = .seconds(600)
      $0.reloginLimits = PerNode(both: ReloginLimits(lower: .seconds(600), upper: .seconds(700)))
    }
    #expect(slow.warnings == ["transitionTimeout is no longer than criticalServiceDelay"])
  }
}
