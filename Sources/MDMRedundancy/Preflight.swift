/// What was measured on a node: asked for before high availability is switched on, and of use to
/// say how it is ever after.
public struct NodeReadiness: Hashable, Sendable {
  /// The state of database replication, 2 when it is set up; nil when it could not be read (R-111).
  public var replicationState: Int?
  /// The services that run; what is not listed does not.
  public var running: [CriticalService]

  /// The node with these measurements.
  public init(
    replicationState: Int? = 2, running: [CriticalService] = CriticalService.allCases
  ) {
    self.replicationState = replicationState
    self.running = running
  }

  /// Those of `services` that do not run.
  public func missing(of services: [CriticalService]) -> [CriticalService] {
    services.filter { !self.running.contains($0) }
  }

  /// The only state of replication with which high availability may be enabled (R-111).
  public static let replicationReady = 2
}

/// What was measured on the line between two sites (R-107, R-108).
public struct LinkMeasurement: Hashable, Sendable {
  /// Bandwidth dedicated to the cluster, in bits per second.
  public var bitsPerSecond: Int
  /// Time for a packet to go and come back.
  public var roundTrip: Duration

  /// A line with these figures.
  public init(bitsPerSecond: Int, roundTrip: Duration) {
    self.bitsPerSecond = bitsPerSecond
    self.roundTrip = roundTrip
  }

  /// The least bandwidth of a cluster over two sites: 10 Mbit/s (R-107).
  public static let leastBitsPerSecond = 10_000_000
  /// The longest round trip of a cluster over two sites: 80 ms (R-108).
  public static let longestRoundTrip = Duration.milliseconds(80)
}

/// Where the two nodes of a group stand.
public enum GroupSite: Hashable, Sendable {
  /// At one site; the line between them is not looked at.
  case together
  /// At two sites with this line between them, nil when nobody has measured it.
  case apart(LinkMeasurement?)
}

/// Something that speaks against switching high availability on.
public enum PreflightFinding: Hashable, Sendable {
  /// The group has one node (R-102).
  case singleNode
  /// Replication is in this state, not 2; nil when unknown (R-110, R-111).
  case replication(NodeID, Int?)
  /// A critical service does not run (R-112…R-115, R-134).
  case serviceDown(NodeID, CriticalService)
  /// The line carries only this many bits per second (R-107).
  case bandwidth(Int)
  /// A round trip takes this long (R-108).
  case roundTrip(Duration)
  /// Nobody has measured the line between the sites (R-107, R-108).
  case linkNotMeasured
  /// Some groups of the cluster would be highly available and others not (R-106).
  case mixedGroups

  /// The numbers of the requirements that the finding is measured against.
  public var rules: [String] {
    switch self {
    case .singleNode: ["R-102"]
    case .replication: ["R-110", "R-111"]
    case .serviceDown(_, .authenticationService): ["R-112", "R-113", "R-134"]
    case .serviceDown: ["R-112", "R-113", "R-114", "R-115"]
    case .bandwidth: ["R-107"]
    case .roundTrip: ["R-108"]
    case .linkNotMeasured: ["R-107", "R-108"]
    case .mixedGroups: ["R-106"]
    }
  }

  /// Whether the finding is a broken prerequisite, not merely advice.
  public var isViolation: Bool {
    switch self {
    case .singleNode, .replication, .serviceDown, .bandwidth, .roundTrip: true
    case .linkNotMeasured, .mixedGroups: false
    }
  }

  /// Whether high availability is refused because of it, not merely off to a bad start.
  public var isRefusal: Bool {
    switch self {
    case .singleNode, .replication: true
    case .serviceDown, .bandwidth, .roundTrip, .linkNotMeasured, .mixedGroups: false
    }
  }
}

extension PreflightFinding: CustomStringConvertible {
  /// What was found and what is asked for, in a sentence with the rules' numbers.
  public var description: String { "\(self.sentence) (\(self.rules.joined(separator: ", ")))" }

  private var sentence: String {
    let ready = NodeReadiness.replicationReady
    switch self {
    case .singleNode: return "the group has one node, high availability needs two"
    case .replication(let node, let state):
      let found = state.map { "is in state \($0)" } ?? "could not be read"
      return "replication on the \(node) node \(found), state \(ready) is needed"
    case .serviceDown(let node, let service):
      return "\(service.displayName) does not run on the \(node) node"
    case .bandwidth(let bits):
      let least = LinkMeasurement.leastBitsPerSecond
      return "the line carries \(bits) bits per second, \(least) are needed"
    case .roundTrip(let time):
      return "a round trip takes \(time), at most \(LinkMeasurement.longestRoundTrip) may pass"
    case .linkNotMeasured: return "nobody has measured the line between the sites"
    case .mixedGroups: return "other groups of the cluster are not highly available"
    }
  }
}

/// What switching high availability on would lead to at this moment.
public enum EnablingOutcome: Hashable, Sendable {
  /// It must not be switched on: there is one node, or replication is not ready (R-102, R-111).
  case refused
  /// Both nodes become Normal.
  case normal
  /// The services of this node are down, so it fails over to its peer at once (R-113, R-123).
  case failsOver(NodeID)
  /// Services of both nodes are down, so both go into the failed state (R-112).
  case bothFail
}

/// The answer to "may high availability be switched on?", with everything that speaks against it.
public struct Preflight: Hashable, Sendable {
  /// Broken prerequisites, in the order of ``PreflightFinding``'s cases, the first node's first.
  public let violations: [PreflightFinding]
  /// What is allowed but not recommended, and what nobody has measured.
  public let warnings: [PreflightFinding]
  /// What would happen if it were switched on all the same.
  public let outcome: EnablingOutcome

  /// Whether nothing but advice speaks against it.
  public var isClear: Bool { self.violations.isEmpty }
}

extension RedundancyGroup {
  /// Looks at everything that the documents ask for before high availability is switched on, and
  /// says what switching it on would lead to (R-102, R-106…R-108, R-110…R-115, R-123, R-134).
  ///
  /// - Parameters:
  ///   - first: what was measured on the first node.
  ///   - second: what was measured on the second; ignored for a group of one.
  ///   - site: whether the nodes stand at one site.
  ///   - configuration: the cluster's parameters, for whether the authentication service is
  ///     monitored (R-134).
  ///   - cluster: all groups of the cluster, for advice about mixing; this one may be among them.
  public func preflight(
    first: NodeReadiness, second: NodeReadiness, site: GroupSite = .together,
    configuration: RedundancyConfiguration = .standard,
    among cluster: GroupDirectory = GroupDirectory()
  ) -> Preflight {
    var findings: [PreflightFinding] = []
    var down: [NodeID] = []
    if !self.isPair { findings.append(.singleNode) }
    let nodes: [(NodeID, NodeReadiness)] =
      self.isPair ? [(.first, first), (.second, second)] : [(.first, first)]
    for (node, readiness) in nodes
    where readiness.replicationState != NodeReadiness.replicationReady {
      findings.append(.replication(node, readiness.replicationState))
    }
    for (node, readiness) in nodes {
      let missing = readiness.missing(of: configuration.criticalServices)
      if !missing.isEmpty { down.append(node) }
      findings += missing.map { .serviceDown(node, $0) }
    }
    findings += Self.findings(at: site)
    let others = cluster.groups.filter { !$0.name.isSameIgnoringASCIICase(as: self.name) }
    if others.contains(where: { !$0.definition.highAvailability }) {
      findings.append(.mixedGroups)
    }
    return Preflight(
      violations: findings.filter { $0.isViolation },
      warnings: findings.filter { !$0.isViolation },
      outcome: Self.outcome(isRefused: findings.contains { $0.isRefusal }, down: down))
  }

  private static func outcome(isRefused: Bool, down: [NodeID]) -> EnablingOutcome {
    if isRefused { return .refused }
    if down.count == 2 { return .bothFail }
    return down.first.map { .failsOver($0) } ?? .normal
  }

  private static func findings(at site: GroupSite) -> [PreflightFinding] {
    guard case .apart(let measurement) = site else { return [] }
    guard let link = measurement else { return [.linkNotMeasured] }
    var found: [PreflightFinding] = []
    if link.bitsPerSecond < LinkMeasurement.leastBitsPerSecond {
      found.append(.bandwidth(link.bitsPerSecond))
    }
    if link.roundTrip > LinkMeasurement.longestRoundTrip {
      found.append(.roundTrip(link.roundTrip))
    }
    return found
  }
}
