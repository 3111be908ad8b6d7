internal import MDMStanza

/// Where a node stands with starting and stopping its services.
struct ServicesRequest: Sendable {
  /// The request that is awaited.
  var awaited: OperationID?
  /// Whether services are to be stopped and have not said so yet.
  var isStopping = false
  /// Whether services are to be started and have not said so yet.
  var isStarting = false
  /// Whether they have started since they were last asked to.
  var areStarted = false
}

/// Where a node stands with the witness.
struct WitnessRequest: Sendable {
  /// The question that is awaited, and when it was sent.
  var awaited: (operation: OperationID, sent: MonotonicInstant)?
  /// When it was asked last.
  var asked: MonotonicInstant?
  /// When the witness's word ends.
  var grantEnd = MonotonicInstant.distantPast
}

extension RedundancyNode {
  // MARK: - Services

  /// What a new state asks of the services.
  mutating func requestServices(
    for status: NodeStatus, into effects: inout [RedundancyEffect]
  ) {
    switch status.state {
    case .failingOver:
      let isByHand = status.reason == .onAdminRequest || status.reason == .initialization
      guard isByHand else { return }
      let operation = self.makeOperation()
      self.services = ServicesRequest(awaited: operation, isStopping: true)
      effects.append(.stopCriticalServices(operation))
    case .takingBack:
      self.startServices(into: &effects)
    case .initializing, .takingOver:
      if !self.health.criticalServicesRun || self.services.isStopping {
        self.startServices(into: &effects)
      }
    // These states leave the services as they are.
    case .idle, .normal, .runningInBackupMode, .failedOver,
      .failedOverCriticalServicesNotRunning, .fallingBack, .runningInFailedMode, .unknown,
      .backupActivated, .failoverAffectedServices:
      break
    }
  }

  private mutating func startServices(into effects: inout [RedundancyEffect]) {
    let operation = self.makeOperation()
    self.services = ServicesRequest(awaited: operation, isStarting: true)
    effects.append(.startCriticalServices(operation))
  }

  mutating func servicesAnswered(
    _ operation: OperationID, _ outcome: ServicesOutcome, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    // A later request has taken its place.
    guard self.services.awaited == operation else { return }
    self.services = ServicesRequest(areStarted: outcome == .started)
    var health = self.health
    health.criticalServicesRun = outcome == .started
    self.note(health, at: now)
    if outcome == .failed, self.status.state == .takingBack {
      self.enter(
        NodeStatus(.runningInFailedMode, .startOfCriticalServicesFailed), at: now, into: &effects)
    }
  }

  mutating func note(_ health: ServiceHealth, at now: MonotonicInstant) {
    self.health = health
    if health.isHealthy {
      self.unhealthySince = nil
      if self.healthySince == nil { self.healthySince = now }
    } else {
      self.healthySince = nil
      if self.unhealthySince == nil { self.unhealthySince = now }
    }
  }

  // MARK: - The witness

  /// Whether the peer knows how high availability is switched. Until it does, it may act by the
  /// old position: so a node that was switched off needs the witness's word, and one that was
  /// switched on takes nobody's users. With a store the lease says it all.
  var isSwitchKnown: Bool {
    self.configuration.values.arbitration != .witness
      || self.peerSwitchVersion >= self.highAvailability.version
  }

  /// Until when a node without a store may serve, from what the peer has heard or the witness
  /// has said.
  var standingEnd: MonotonicInstant {
    self.isPaired ? max(self.heardEnd, self.witness.grantEnd) : .distantFuture
  }

  /// Until when the peer, which has heard this node, takes nothing over.
  var heardEnd: MonotonicInstant {
    let values = self.configuration.values
    // With high availability off on both nodes nobody takes anything over.
    if self.status.state == .unknown, self.isSwitchKnown,
      self.peer.latest?.highAvailability.isOn != true
    {
      return .distantFuture
    }
    guard let acknowledged = self.peer.acknowledged else { return .distantPast }
    return acknowledged.advanced(by: values.heartbeatTimeout - values.ownershipMargin)
  }

  /// When the witness is to be asked next; nil while there is no need.
  var witnessDeadline: MonotonicInstant? {
    guard self.configuration.values.arbitration == .witness, self.isPaired, !self.isShutDown,
      self.health.isHealthy, self.needsStanding
    else { return nil }
    let values = self.configuration.values
    let need: MonotonicInstant
    if let acknowledged = self.peer.acknowledged {
      // Early enough that an answer comes before the node would have to stop.
      let margins = values.ownershipMargin + values.ownershipMargin
      need = acknowledged.advanced(by: values.heartbeatTimeout - margins)
    } else {
      need = self.searchSince.advanced(by: self.patience)
    }
    return max(need, self.witness.asked?.advanced(by: values.heartbeatInterval) ?? need)
  }

  private var needsStanding: Bool {
    switch self.status.state {
    case .initializing, .normal, .takingOver, .runningInBackupMode, .backupActivated,
      .fallingBack, .takingBack:
      true
    case .idle: self.status.isFenced
    // Whoever is away takes over only when its peer is lost.
    case .failedOver, .failoverAffectedServices: self.peer.isLost
    // A peer that has not heard of the switch may have taken the users over.
    case .unknown: !self.isSwitchKnown
    case .failingOver, .failedOverCriticalServicesNotRunning, .runningInFailedMode: false
    }
  }

  mutating func settleWitness(
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    guard let deadline = self.witnessDeadline, now >= deadline else { return }
    let operation = self.makeOperation()
    self.witness.awaited = (operation, now)
    self.witness.asked = now
    effects.append(
      .askWitness(duration: self.configuration.values.leaseDuration, operation))
  }

  mutating func witnessAnswered(_ operation: OperationID, _ outcome: WitnessOutcome) {
    // An older question's answer says less than the newer one's will.
    guard let awaited = self.witness.awaited, awaited.operation == operation else { return }
    self.witness.awaited = nil
    guard outcome == .granted else { return }
    let values = self.configuration.values
    self.witness.grantEnd = awaited.sent.advanced(
      by: values.leaseDuration - values.ownershipMargin)
  }
}
