import MDMRedundancy
import Testing

@Suite("Preflight")
struct PreflightTests {
  private func makeGroup(_ nodes: Int = 2) throws -> RedundancyGroup {
    let all = [makeNode("imp-1"), makeNode("imp-2")]
    return try RedundancyGroup(makeDefinition(nodes: Array(all.prefix(nodes))))
  }

  private let ready = NodeReadiness()

  private func missing(_ services: CriticalService...) -> NodeReadiness {
    NodeReadiness(running: CriticalService.allCases.filter { !services.contains($0) })
  }

  @Test("nothing speaks against a healthy pair at one site")
  func clear() throws {
    let preflight = try self.makeGroup().preflight(first: self.ready, second: self.ready)
    #expect(preflight.isClear)
    #expect(preflight.warnings == [])
    #expect(preflight.outcome == .normal)
  }

  @Test("R-114, R-115, R-134: six services, the sixth only when it is monitored")
  func services() throws {
    #expect(CriticalService.monitored(authentication: false).count == 5)
    #expect(CriticalService.monitored(authentication: true).count == 6)
    #expect(Set(CriticalService.allCases.map { $0.displayName }).count == 6)
    let group = try self.makeGroup()
    let first = self.missing(.authenticationService)
    #expect(group.preflight(first: first, second: self.ready).isClear)
    let configuration = try RedundancyConfiguration { $0.monitorsAuthenticationService = true }
    let monitored = group.preflight(
      first: first, second: self.ready, configuration: configuration)
    #expect(monitored.violations == [.serviceDown(.first, .authenticationService)])
    #expect(monitored.violations.flatMap { $0.rules }.contains("R-134"))
    #expect(monitored.outcome == .failsOver(.first))
  }

  @Test("R-111: any replication state but 2 refuses", arguments: [nil, 0, 1, 3, 4])
  func replication(state: Int?) throws {
    let preflight = try self.makeGroup().preflight(
      first: self.ready, second: NodeReadiness(replicationState: state))
    #expect(preflight.violations == [.replication(.second, state)])
    #expect(preflight.outcome == .refused)
  }

  @Test("R-112, R-113, R-123: services down on one node fail it over, on both fail the pair")
  func outcomes() throws {
    let group = try self.makeGroup()
    let second = group.preflight(first: self.ready, second: self.missing(.sipProxy, .router))
    #expect(
      second.violations == [.serviceDown(.second, .router), .serviceDown(.second, .sipProxy)])
    #expect(second.outcome == .failsOver(.second))
    let both = group.preflight(
      first: self.missing(.syncAgent), second: self.missing(.presenceEngine))
    #expect(both.outcome == .bothFail)
    #expect(both.violations.count == 2)
  }

  @Test("R-102: a single node is refused")
  func single() throws {
    let preflight = try self.makeGroup(1).preflight(
      first: self.ready, second: NodeReadiness(replicationState: nil, running: []))
    #expect(preflight.violations == [.singleNode])
    #expect(preflight.outcome == .refused)
  }

  @Test("R-107, R-108: at two sites 10 Mbit/s and 80 ms are enough, less and more are not")
  func link() throws {
    let group = try self.makeGroup()
    let findings = { (link: LinkMeasurement?) in
      let preflight = group.preflight(first: self.ready, second: self.ready, site: .apart(link))
      return (preflight.violations, preflight.warnings)
    }
    let edge = findings(LinkMeasurement(bitsPerSecond: 10_000_000, roundTrip: .milliseconds(80)))
    #expect(edge.0 == [] && edge.1 == [])
    let poor = findings(LinkMeasurement(bitsPerSecond: 9_999_999, roundTrip: .microseconds(80_001)))
    #expect(poor.0 == [.bandwidth(9_999_999), .roundTrip(.microseconds(80_001))])
    let unknown = findings(nil)
    #expect(unknown.0 == [] && unknown.1 == [.linkNotMeasured])
  }

  @Test("R-106: another group without high availability is advice, this one itself is not")
  func mixing() throws {
    let group = try self.makeGroup()
    var cluster = GroupDirectory()
    try cluster.add(group.definition)
    let alone = group.preflight(first: self.ready, second: self.ready, among: cluster)
    #expect(alone.warnings == [])
    try cluster.add(makeDefinition("other", nodes: [makeNode("imp-9")]))
    let mixed = group.preflight(first: self.ready, second: self.ready, among: cluster)
    #expect(mixed.warnings == [.mixedGroups])
    #expect(mixed.isClear && mixed.outcome == .normal)
  }

  @Test("all findings come at once")
  func together() throws {
    let preflight = try self.makeGroup().preflight(
      first: NodeReadiness(replicationState: 3, running: [.router]),
      second: NodeReadiness(replicationState: nil), site: .apart(nil))
    #expect(preflight.violations.count == 6)
    #expect(preflight.warnings == [.linkNotMeasured])
    #expect((preflight.violations + preflight.warnings).allSatisfy { !$0.rules.isEmpty })
    #expect(preflight.outcome == .refused)
  }
}
