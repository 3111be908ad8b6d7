/// Whatever can happen to a node: the one funnel of the machine, and its replay log.
public enum RedundancyInput: Hashable, Sendable {
  /// A heartbeat of the peer arrived.
  case heartbeat(Heartbeat)
  /// Time passed.
  case time
  /// The host looked at its services.
  case health(ServiceHealth)
  /// The host has proof that the peer's machine is off, such as the word of what switched it off.
  /// Without a store the peer's users are claimed on the strength of it: a wrong one makes two
  /// owners. With a store their lease has to end first all the same.
  case peerPoweredOff
  /// The host is about to stop the node.
  case shutDown
  /// An administrator's command; check it with ``RedundancyNode/refusal(of:)`` first.
  case command(AdminCommand)
  /// A request to start or stop the services was answered.
  case services(OperationID, ServicesOutcome)
  /// A request to move users was answered. The node waits as long as it takes, in a transition for
  /// the transition time-out: a host that has lost track of a move answers that nobody knows.
  case move(OperationID, MoveOutcome)
  /// A request to the store of leases was answered.
  case lease(OperationID, LeaseOutcome)
  /// The witness answered.
  case witness(OperationID, WitnessOutcome)
  /// Something inside the host broke that no other input describes.
  case internalError
}

/// How starting or stopping the critical services ended.
public enum ServicesOutcome: Hashable, Sendable {
  /// They run.
  case started
  /// They are stopped and nothing is served any more.
  case stopped
  /// They did not start.
  case failed
}

/// How moving users ended.
public enum MoveOutcome: Hashable, Sendable {
  /// Everything is there.
  case done
  /// It cannot be done. In a transition that fails the group, which then waits for a recovery; for
  /// what may pass, say ``unknown``.
  case failed
  /// Nobody knows; the node asks again, so moving must be idempotent.
  case unknown
}

/// How a request to the store of leases ended.
public enum LeaseOutcome: Hashable, Sendable {
  /// The lease is the node's, in this epoch. Answers acquire and renew.
  case held(OwnershipEpoch)
  /// The lease was given up, or was not the node's to begin with. Answers release.
  case released
  /// The lease is not the node's: whose it is, in which epoch.
  case refused(owner: NodeID?, epoch: OwnershipEpoch)
  /// Nobody knows whether the store did it.
  case unknown
}

/// What the witness said to a node that has lost its peer.
public enum WitnessOutcome: Hashable, Sendable {
  /// The node may go on alone, for the duration it asked for.
  case granted
  /// The other node may.
  case refused
  /// No answer.
  case unknown
}
