/// A node's state and why it is in it.
public struct NodeStatus: Hashable, Sendable, CustomStringConvertible {
  /// The state.
  public var state: NodeState
  /// The reason.
  public var reason: NodeReason

  /// A state for a reason.
  public init(_ state: NodeState, _ reason: NodeReason) {
    self.state = state
    self.reason = reason
  }

  /// The node serves its own users.
  public static var normal: NodeStatus { NodeStatus(.normal, .normal) }

  /// High availability is off.
  public static var notEnabled: NodeStatus { NodeStatus(.unknown, .highAvailabilityNotEnabled) }

  /// State and reason as the documents print them.
  public var description: String { "\(self.state.displayName) / \(self.reason.displayName)" }
}

/// What the host knows of the services on its node.
public struct ServiceHealth: Hashable, Sendable {
  /// Whether all critical services run.
  public var criticalServicesRun: Bool
  /// Whether the database answers.
  public var databaseAnswers: Bool
  /// The state of database replication, 2 when it is set up; nil when it could not be read. With
  /// any other state high availability is not switched on; it makes no node ill.
  public var replicationState: Int?

  /// The health of a node.
  public init(
    criticalServicesRun: Bool = true, databaseAnswers: Bool = true,
    replicationState: Int? = NodeReadiness.replicationReady
  ) {
    self.criticalServicesRun = criticalServicesRun
    self.databaseAnswers = databaseAnswers
    self.replicationState = replicationState
  }

  /// The health of a node on which this was measured: its critical services run when all of those
  /// run that the configuration counts, the authentication service only if it is monitored.
  public init(
    _ readiness: NodeReadiness, databaseAnswers: Bool = true,
    for configuration: RedundancyConfiguration
  ) {
    self.init(
      criticalServicesRun: readiness.missing(of: configuration.criticalServices).isEmpty,
      databaseAnswers: databaseAnswers, replicationState: readiness.replicationState)
  }

  /// Everything runs.
  public static var healthy: ServiceHealth { ServiceHealth() }

  /// Whether nothing is wrong.
  public var isHealthy: Bool { self.criticalServicesRun && self.databaseAnswers }
}

/// Whether high availability is on, and how often that was changed: of two nodes that disagree,
/// the one that was told later is right.
public struct HighAvailabilitySwitch: Hashable, Sendable {
  /// How often it was changed.
  public var version: UInt64
  /// Whether it is on.
  public var isOn: Bool

  /// A switch that was changed `version` times.
  public init(version: UInt64 = 0, isOn: Bool) {
    self.version = version
    self.isOn = isOn
  }
}

/// What a node says about one node's users.
public struct OwnershipView: Hashable, Sendable {
  /// The latest epoch it knows of.
  public var epoch: OwnershipEpoch
  /// Whether it owns them itself, in that epoch.
  public var isHeld: Bool

  /// A view of the users of one node.
  public init(epoch: OwnershipEpoch = .none, isHeld: Bool = false) {
    self.epoch = epoch
    self.isHeld = isHeld
  }
}
