import MDMRedundancy
import MDMStanza
import Testing

@Suite("Switching high availability on")
struct EnablingTests {
  private static func off(
    _ edit: (inout RedundancyConfiguration.Values) -> Void = { _ in }
  ) throws -> PairHarness {
    var pair = PairHarness(try RedundancyConfiguration(edit), isOn: false)
    pair.startBoth()
    pair.run(for: 1)
    #expect(pair.row == "P24")
    return pair
  }

  @Test("R-110, R-111: replication that is not ready on either node refuses, and says why")
  func replicationRefuses() throws {
    for (node, state) in [(NodeID.first, 3), (.second, 0), (.second, nil)] as [(NodeID, Int?)] {
      for asked in NodeID.allCases {
        var pair = try Self.off()
        pair.report(ServiceHealth(replicationState: state), of: node)
        pair.run(for: 1)
        let refusal = #expect(throws: CommandRefusal.self) {
          try pair.command(.enableHighAvailability, at: asked)
        }
        #expect(refusal?.cause == .preflight)
        #expect(refusal?.findings == [.replication(node, state)])
        #expect(refusal?.description.contains("replication on the \(node) node") == true)
        #expect(refusal?.description.contains("R-111") == true)
        // Nor past the check.
        pair.apply(.command(.enableHighAvailability), to: asked)
        pair.run(for: 30)
        #expect(pair.row == "P24", "\(pair.told)")
        pair.report(.healthy, of: node)
        pair.run(for: 1)
        try pair.command(.enableHighAvailability, at: asked)
        pair.run(for: 30)
        #expect(pair.row == "P01", "\(pair.told)")
      }
    }
  }

  @Test("R-110: both nodes' findings come at once; an answer to another command has none")
  func allFindings() throws {
    var pair = try Self.off()
    for node in NodeID.allCases { pair.report(ServiceHealth(replicationState: nil), of: node) }
    pair.run(for: 1)
    let node = try #require(pair.nodes[0])
    let refusal = node.refusal(of: .enableHighAvailability)
    #expect(refusal?.findings == [.replication(.first, nil), .replication(.second, nil)])
    #expect(node.refusal(of: .recover)?.findings == [])
  }

  @Test("R-111: once high availability is on, replication that breaks moves nobody")
  func replicationBreaksLater() throws {
    var pair = PairHarness()
    pair.startBoth()
    pair.report(ServiceHealth(replicationState: 4), of: .first)
    pair.run(for: 300)
    #expect(pair.row == "P01", "\(pair.told)")
  }

  @Test("the preflight of the group and the refusal of a node are of one mind")
  func sameMind() throws {
    let group = try RedundancyGroup(makeDefinition())
    for first in [0, 1, 2, 3, nil] as [Int?] {
      for second in [2, 4, nil] as [Int?] {
        var pair = try Self.off()
        let readiness = [first, second].map { NodeReadiness(replicationState: $0) }
        for node in NodeID.allCases {
          let health = ServiceHealth(readiness[node.index], for: pair.configuration)
          pair.report(health, of: node)
        }
        pair.run(for: 1)
        let preflight = group.preflight(first: readiness[0], second: readiness[1])
        let refusal = pair.nodes[0]?.refusal(of: .enableHighAvailability)
        #expect((refusal != nil) == (preflight.outcome == .refused))
        #expect(refusal?.findings ?? [] == preflight.violations.filter { $0.isRefusal })
      }
    }
  }

  @Test("every finding says a sentence of its own")
  func sentences() {
    let all: [PreflightFinding] = [
      .singleNode, .replication(.first, nil), .replication(.first, 1), .replication(.second, 1),
      .serviceDown(.first, .router), .serviceDown(.first, .authenticationService),
      .bandwidth(9), .roundTrip(.milliseconds(81)), .linkNotMeasured, .mixedGroups,
    ]
    #expect(Set(all.map { $0.description }).count == all.count)
    #expect(all.filter { $0.isRefusal }.allSatisfy { $0.isViolation })
  }
}

@Suite("The authentication service")
struct AuthenticationServiceTests {
  private static let withoutIt = NodeReadiness(
    running: CriticalService.allCases.filter { $0 != .authenticationService })

  @Test("R-134: its failure moves the users when it is monitored, and nobody when it is not")
  func failure() throws {
    for isMonitored in [true, false] {
      let configuration = try RedundancyConfiguration {
        $0.monitorsAuthenticationService = isMonitored
      }
      #expect(configuration.criticalServices.contains(.authenticationService) == isMonitored)
      var pair = PairHarness(configuration)
      pair.startBoth()
      pair.run(for: 1)
      pair.report(ServiceHealth(Self.withoutIt, for: configuration), of: .first)
      pair.run(for: 89)
      #expect(pair.row == "P01", "\(pair.told)")
      pair.run(for: 10)
      #expect(pair.row == (isMonitored ? "P12" : "P01"), "\(pair.told)")
    }
  }

  @Test("R-114, R-115: the other five count either way")
  func others() throws {
    for service in CriticalService.allCases where service != .authenticationService {
      let readiness = NodeReadiness(
        replicationState: 3, running: CriticalService.allCases.filter { $0 != service })
      let health = ServiceHealth(readiness, for: .standard)
      #expect(!health.criticalServicesRun && health.databaseAnswers, "\(service)")
      #expect(health.replicationState == 3)
    }
    #expect(
      ServiceHealth(NodeReadiness(), databaseAnswers: false, for: .standard).isHealthy == false)
  }

  @Test("R-134: a node that is told which services run goes by its configuration")
  func verb() throws {
    for isMonitored in [true, false] {
      let configuration = try RedundancyConfiguration {
        $0.monitorsAuthenticationService = isMonitored
      }
      var effects: [RedundancyEffect] = []
      var node = RedundancyNode(
        .first, boot: BootID(1), memory: NodeMemory(highAvailability: .init(isOn: true)),
        configuration: configuration, at: at(0), into: &effects)
      node.servicesLooked(Self.withoutIt, at: at(1), into: &effects)
      #expect(node.health.criticalServicesRun == !isMonitored)
      node.servicesLooked(NodeReadiness(), databaseAnswers: false, at: at(2), into: &effects)
      #expect(node.health == ServiceHealth(databaseAnswers: false))
    }
  }
}
