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
}
