public import MDMStanza

/// One node of a presence redundancy group, as a pure value.
public struct RedundancyNode: Sendable {
  /// Which node of the pair it is.
  public let id: NodeID
  /// Which start of it.
  public let boot: BootID
  /// Its parameters.
  public let configuration: RedundancyConfiguration
  /// Whether it has a peer at all.
  public let isPaired: Bool
  /// Its state and reason.
  public internal(set) var status: NodeStatus

  /// A node that starts now.
  public init(
    _ id: NodeID, boot: BootID, memory: NodeMemory, configuration: RedundancyConfiguration,
    isPaired: Bool = true, health: ServiceHealth = .healthy, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    self.id = id
    self.boot = boot
    self.configuration = configuration
    self.isPaired = isPaired
    self.status = memory.status
  }

  /// The peer's state, while it is heard.
  public var peerStatus: NodeStatus? { nil }

  /// When ``expire(at:into:)`` is due next; nil for never.
  public var nextDeadline: MonotonicInstant? { nil }

  /// The epoch in which the node may serve the users of `home` at `now`; nil when it may not.
  public func servingEpoch(of home: NodeID, at now: MonotonicInstant) -> OwnershipEpoch? { nil }

  /// Why the command would not be carried out; nil when it would.
  public func refusal(of command: AdminCommand) -> CommandRefusal? { nil }

  /// Carries out an administrator's command.
  public mutating func perform(
    _ command: AdminCommand, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) throws(CommandRefusal) {
    if let refusal = self.refusal(of: command) { throw refusal }
    self.apply(.command(command), at: now, into: &effects)
  }

  /// Does everything that is due at `now`; early and repeated calls do nothing.
  public mutating func expire(
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.apply(.time, at: now, into: &effects)
  }

  /// Takes in whatever happened.
  public mutating func apply(
    _ input: RedundancyInput, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
  }
}
