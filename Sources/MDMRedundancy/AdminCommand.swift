/// What an administrator can ask of the group (R-098, R-142…R-148).
public enum AdminCommand: Hashable, Sendable {
  /// Moves the users of a node to its peer and stops the node's services.
  case failover(NodeID)
  /// Starts the node's services and gives it its users back.
  case fallback(NodeID)
  /// Starts both nodes anew when both have failed.
  case recover
  /// Switches high availability on, which replication that is not ready on either node
  /// refuses.
  case enableHighAvailability
  /// Switches high availability off, which only a group in its normal state allows.
  case disableHighAvailability

  /// Every command there is.
  public static let all: [AdminCommand] = [
    .failover(.first), .failover(.second), .fallback(.first), .fallback(.second), .recover,
    .enableHighAvailability, .disableHighAvailability,
  ]
}

/// Why a command is not carried out, with the states that stand against it.
public struct CommandRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The command.
  public let command: AdminCommand
  /// What stands against it.
  public let cause: Cause
  /// The first node's state; nil when it is not heard.
  public let first: NodeStatus?
  /// The second node's state; nil when it is not heard.
  public let second: NodeStatus?
  /// What refuses to have high availability switched on; empty for every other cause.
  public let findings: [PreflightFinding]

  /// What stands against a command.
  @nonexhaustive
  public enum Cause: UInt8, Sendable, CaseIterable {
    /// The group has one node only.
    case singleNode
    /// The other node is not heard.
    case peerNotHeard
    /// The states do not allow it.
    case state
    /// High availability is off.
    case highAvailabilityOff
    /// High availability is on already.
    case highAvailabilityOn
    /// What was found before high availability is switched on refuses it.
    case preflight
  }

  package init(
    command: AdminCommand, cause: Cause, first: NodeStatus?, second: NodeStatus?,
    findings: [PreflightFinding] = []
  ) {
    self.command = command
    self.cause = cause
    self.first = first
    self.second = second
    self.findings = findings
  }

  /// Command, cause, both states and the findings in one sentence.
  public var description: String {
    let first = self.first?.description ?? "not heard"
    let second = self.second?.description ?? "not heard"
    let found = self.findings.map { "; \($0)" }.joined()
    return "\(self.command) refused (\(self.cause)): first node \(first), second node \(second)"
      + found
  }
}
