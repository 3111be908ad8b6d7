public import MDMStanza

extension RedundancyNode {
  /// Does everything that is due at `now`; early and repeated calls do nothing.
  public mutating func expire(
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.apply(.time, at: now, into: &effects)
  }

  /// A heartbeat of the peer arrived.
  public mutating func heartbeatArrived(
    _ heartbeat: Heartbeat, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.apply(.heartbeat(heartbeat), at: now, into: &effects)
  }

  /// The host looked at its services; it tells every change, and may tell the same again.
  public mutating func servicesLooked(
    _ health: ServiceHealth, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.apply(.health(health), at: now, into: &effects)
  }

  /// The host looked at its services one by one. Which of them count the configuration says: with
  /// ``RedundancyConfiguration/Values/monitorsAuthenticationService`` a failure of the
  /// authentication service moves the users like any other's.
  public mutating func servicesLooked(
    _ readiness: NodeReadiness, databaseAnswers: Bool = true, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    let health = ServiceHealth(
      readiness, databaseAnswers: databaseAnswers, for: self.configuration)
    self.servicesLooked(health, at: now, into: &effects)
  }

  /// Carries out an administrator's command; the peer learns of it from the next heartbeat.
  ///
  /// - Throws: ``CommandRefusal`` with both states when they do not allow it, and with the
  ///   findings that keep high availability from being switched on.
  public mutating func perform(
    _ command: AdminCommand, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) throws(CommandRefusal) {
    if let refusal = self.refusal(of: command) { throw refusal }
    self.apply(.command(command), at: now, into: &effects)
  }

  /// Stops serving, gives everything up and says goodbye: the peer takes over at once (P17); with
  /// a witness once that has given its word, which is asked for as if the peer had fallen silent.
  public mutating func shutDown(
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.apply(.shutDown, at: now, into: &effects)
  }

  /// Why the command would not be carried out; nil when it would.
  public func refusal(of command: AdminCommand) -> CommandRefusal? {
    let peer = self.peerStatus
    let first = self.id == .first ? self.status : peer
    let second = self.id == .second ? self.status : peer
    let cause: CommandRefusal.Cause? =
      self.isPaired
      ? CommandGuard.cause(
        against: command, first: first, second: second, isOn: self.highAvailability.isOn)
      : .singleNode
    if let cause {
      return CommandRefusal(command: command, cause: cause, first: first, second: second)
    }
    let findings = command == .enableHighAvailability ? self.enablingFindings : []
    guard !findings.isEmpty else { return nil }
    return CommandRefusal(
      command: command, cause: .preflight, first: first, second: second, findings: findings)
  }

  /// What refuses to have high availability switched on, as both nodes say at the moment.
  private var enablingFindings: [PreflightFinding] {
    NodeID.allCases.compactMap { node in
      let health = node == self.id ? self.health : self.heard?.health
      let state = health?.replicationState
      return state == NodeReadiness.replicationReady ? nil : .replication(node, state)
    }
  }

  mutating func carryOut(
    _ command: AdminCommand, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    let isOwn: (NodeID) -> Bool = { [id = self.id] in $0 == id }
    switch command {
    case .failover(let node):
      self.enter(
        NodeStatus(isOwn(node) ? .failingOver : .takingOver, .onAdminRequest), at: now,
        into: &effects)
    case .fallback(let node):
      self.enter(
        NodeStatus(isOwn(node) ? .takingBack : .fallingBack, .onAdminRequest), at: now,
        into: &effects)
    case .recover:
      self.recover(in: self.recoveryRound + 1, at: now, into: &effects)
    case .enableHighAvailability, .disableHighAvailability:
      let isOn = command == .enableHighAvailability
      let version = self.highAvailability.version + 1
      self.turn(HighAvailabilitySwitch(version: version, isOn: isOn), at: now, into: &effects)
    }
  }

  /// Starts anew after a failure.
  mutating func recover(
    in round: UInt64, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.recoveryRound = round
    self.lastRecovery = now
    guard self.status.state == .runningInFailedMode else { return }
    // The services get their full delay to come up.
    if self.unhealthySince != nil { self.unhealthySince = now }
    effects.append(.restartRecoveryManager)
    self.enter(NodeStatus(.initializing, .initialization), at: now, into: &effects)
  }

  /// Switches high availability; on a node with a service down that moves its users at once
  ///
  mutating func turn(
    _ highAvailability: HighAvailabilitySwitch, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    self.highAvailability = highAvailability
    guard highAvailability.isOn else {
      self.enter(.notEnabled, at: now, into: &effects)
      return
    }
    guard self.status.state == .unknown else { return }
    if self.unhealthySince != nil {
      let delay = self.configuration.values.criticalServiceDelay
      self.unhealthySince = now.advanced(by: .zero - delay)
    }
    self.enter(NodeStatus(.initializing, .initialization), at: now, into: &effects)
  }
}

/// When a command is allowed: the guards of R-146, with nothing but both states.
package enum CommandGuard {
  /// What stands against the command; nil when nothing does. A state of nil is not known.
  package static func cause(
    against command: AdminCommand, first: NodeStatus?, second: NodeStatus?, isOn: Bool
  ) -> CommandRefusal.Cause? {
    switch command {
    case .enableHighAvailability: if isOn { return .highAvailabilityOn }
    case .failover, .fallback, .recover, .disableHighAvailability:
      if !isOn { return .highAvailabilityOff }
    }
    guard let first, let second else {
      // A node that has failed alone may start anew: its peer may never come back (E07).
      let known = first ?? second
      return command == .recover && known?.state == .runningInFailedMode ? nil : .peerNotHeard
    }
    return Self.allows(command, first.state, second.state) ? nil : .state
  }

  private static func allows(
    _ command: AdminCommand, _ first: NodeState, _ second: NodeState
  ) -> Bool {
    switch command {
    case .failover, .disableHighAvailability: return first == .normal && second == .normal
    case .fallback(let node):
      let home = node == .first ? first : second
      let backup = node == .first ? second : first
      return (home == .idle || home == .failedOver) && backup == .runningInBackupMode
    case .recover: return first == .runningInFailedMode && second == .runningInFailedMode
    case .enableHighAvailability: return first == .unknown && second == .unknown
    }
  }
}
