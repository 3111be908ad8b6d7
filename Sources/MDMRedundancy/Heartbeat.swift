public import MDMStanza

/// What a node tells its peer, every heartbeat interval and whenever something changed.
///
/// A heartbeat may be lost, delayed, doubled or overtaken; whoever hears one keeps the latest by
/// (``boot``, ``sequence``) and ignores the rest.
public struct Heartbeat: Hashable, Sendable {
  /// Who speaks.
  public var node: NodeID
  /// Which start of it speaks.
  public var boot: BootID
  /// The number of this heartbeat within that start.
  public var sequence: UInt64
  /// When it was sent, on the sender's clock; means nothing to anybody else.
  public var sent: MonotonicInstant
  /// The sender's state and reason.
  public var status: NodeStatus
  /// The sender's services.
  public var health: ServiceHealth
  /// Whether the sender says that it is going away and serves nobody any more.
  public var isGoodbye: Bool
  /// What the sender knows about the ownership of both nodes' users.
  public var ownership: PerNode<OwnershipView>
  /// Whether high availability is on: how the commands to switch it reach the peer.
  public var highAvailability: HighAvailabilitySwitch
  /// How many recoveries the sender has taken part in: how the command reaches the peer.
  public var recoveryRound: UInt64
  /// The latest heartbeat that the sender heard from the receiver, if any.
  public var heard: Receipt?

  /// Says which heartbeat was heard; gives its sender back what it needs to measure with its own
  /// clock.
  public struct Receipt: Hashable, Sendable {
    /// The start of the node that was heard.
    public var boot: BootID
    /// The number of its heartbeat.
    public var sequence: UInt64
    /// When that was sent, on the clock of the node that was heard.
    public var sent: MonotonicInstant

    /// A receipt for a heartbeat.
    public init(boot: BootID, sequence: UInt64, sent: MonotonicInstant) {
      self.boot = boot
      self.sequence = sequence
      self.sent = sent
    }
  }

  /// A heartbeat with everything in it.
  public init(
    node: NodeID, boot: BootID, sequence: UInt64, sent: MonotonicInstant, status: NodeStatus,
    health: ServiceHealth, isGoodbye: Bool = false,
    ownership: PerNode<OwnershipView> = PerNode(both: OwnershipView()),
    highAvailability: HighAvailabilitySwitch, recoveryRound: UInt64 = 0, heard: Receipt? = nil
  ) {
    self.node = node
    self.boot = boot
    self.sequence = sequence
    self.sent = sent
    self.status = status
    self.health = health
    self.isGoodbye = isGoodbye
    self.ownership = ownership
    self.highAvailability = highAvailability
    self.recoveryRound = recoveryRound
    self.heard = heard
  }
}
