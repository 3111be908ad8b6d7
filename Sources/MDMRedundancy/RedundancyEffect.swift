/// What a node asks of its host: data only, to be performed in the order given.
public enum RedundancyEffect: Hashable, Sendable {
  /// Send this to the peer.
  case sendHeartbeat(Heartbeat)
  /// Start the critical services; answer with ``RedundancyInput/services(_:_:)``.
  case startCriticalServices(OperationID)
  /// Stop the critical services; answer with ``RedundancyInput/services(_:_:)``.
  case stopCriticalServices(OperationID)
  /// Begin to serve the users whose home is `node`, writing with `epoch`.
  case serveUsers(of: NodeID, epoch: OwnershipEpoch)
  /// Stop serving the users whose home is `node`, now, and disconnect them.
  case disconnectUsers(of: NodeID)
  /// Bring the state of these users to the node `to`; idempotent; answer with
  /// ``RedundancyInput/move(_:_:)``.
  ///
  /// The state is the one with which they were served last before `epoch`. If the other node serves
  /// them in this epoch or a later one, the right to bring them is lost: a copy made then must not
  /// be kept as the last word, and the answer is ``MoveOutcome/unknown``.
  case moveUsers(of: NodeID, to: NodeID, epoch: OwnershipEpoch, OperationID)
  /// Ask the store for the lease on these users; it grants it, with the next epoch, only when the
  /// lease has expired or was released.
  case acquireLease(of: NodeID, duration: Duration, OperationID)
  /// Ask the store to prolong the lease; it does when owner and epoch are still the same.
  case renewLease(of: NodeID, epoch: OwnershipEpoch, duration: Duration, OperationID)
  /// Give the lease back.
  case releaseLease(of: NodeID, epoch: OwnershipEpoch, OperationID)
  /// Ask the witness whether this node may go on alone; it says yes to one of the two at a time.
  case askWitness(duration: Duration, OperationID)
  /// The node starts anew, as a recovery demands. The machine has done its part; a host
  /// that runs more than the machine starts that anew too.
  case restartRecoveryManager
  /// Something needs a person's eye.
  case raiseAlarm(RedundancyAlarm)
  /// It no longer does.
  case clearAlarm(RedundancyAlarm)
  /// The node's state or reason changed.
  case statusChanged(from: NodeStatus, to: NodeStatus)
  /// Keep this where it survives a restart, before performing what follows.
  case remember(NodeMemory)
}

/// What a person should look at.
@nonexhaustive
public enum RedundancyAlarm: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The peer's heartbeat is lost.
  case peerLost
  /// A critical service or the database of this node is down.
  case servicesDown
  /// This node has no right to serve users that it should serve.
  case ownershipLost
  /// The users of one node are served by the other.
  case failedOver
  /// The node has failed and needs a recovery.
  case failed
}

/// What a node must know after a restart of its service manager.
public struct NodeMemory: Hashable, Sendable {
  /// State and reason.
  public var status: NodeStatus
  /// Whether high availability is on.
  public var highAvailability: HighAvailabilitySwitch
  /// How often the switch had been changed as far as the peer was heard to know.
  public var peerSwitchVersion: UInt64
  /// Recoveries taken part in.
  public var recoveryRound: UInt64
  /// What it knew and held of both nodes' users.
  public var ownership: PerNode<OwnershipView>
  /// Of which users it had the state, of those that it held.
  public var isMoved = PerNode(both: false)

  /// What a node that never ran knows.
  public init(highAvailability: HighAvailabilitySwitch) {
    self.status = highAvailability.isOn ? NodeStatus(.initializing, .initialization) : .notEnabled
    self.highAvailability = highAvailability
    // Both nodes begin with the same switch.
    self.peerSwitchVersion = highAvailability.version
    self.recoveryRound = 0
    self.ownership = PerNode(both: OwnershipView())
  }
}
