internal import MDMStanza

// Requests to the store of leases and their answers, including no answer at all.

extension RedundancyNode {
  /// How long to wait after a refusal.
  var retryInterval: Duration { self.configuration.values.heartbeatInterval / 4 }

  mutating func askStore(
    for home: NodeID, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    let share = self.shares[home]
    guard share.request == nil, now >= share.nextAttempt else { return }
    if let leftover = share.leftover, !share.isHeld {
      self.ask(.release, for: home, epoch: leftover, at: now, into: &effects)
      return
    }
    self.ask(
      share.isHeld ? .renew : .acquire, for: home, epoch: share.epoch, at: now, into: &effects)
  }

  mutating func ask(
    _ kind: Share.Request.Kind, for home: NodeID, epoch: OwnershipEpoch,
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    let operation = self.makeOperation()
    let values = self.configuration.values
    self.shares[home].request = Share.Request(operation: operation, kind: kind, sent: now)
    self.shares[home].nextAttempt = now.advanced(by: values.heartbeatInterval)
    switch kind {
    case .acquire:
      effects.append(.acquireLease(of: home, duration: values.leaseDuration, operation))
    case .renew:
      effects.append(
        .renewLease(of: home, epoch: epoch, duration: values.leaseDuration, operation))
    case .release: effects.append(.releaseLease(of: home, epoch: epoch, operation))
    }
  }

  /// A request that nobody answered within an interval counts as one with an unknown outcome.
  mutating func forgetUnansweredRequest(for home: NodeID, at now: MonotonicInstant) {
    guard let request = self.shares[home].request else { return }
    let patience = self.configuration.values.heartbeatInterval
    if now >= request.sent.advanced(by: patience) { self.shares[home].request = nil }
  }

  mutating func leaseAnswered(
    _ operation: OperationID, _ outcome: LeaseOutcome, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    let found = NodeID.allCases.first { self.shares[$0].request?.operation == operation }
    // Nobody waits for it any more: a later request has taken its place.
    guard let home = found, let request = self.shares[home].request else { return }
    self.shares[home].request = nil
    switch outcome {
    case .held(let epoch): self.leaseHeld(home, epoch, request)
    case .released: self.leaseReleased(home, at: now)
    case .refused(let owner, let epoch):
      self.leaseRefused(home, owner, epoch, request, at: now, into: &effects)
    case .unknown:
      // A lease asked for in vain may still be ours; the store says so when it is asked again.
      self.shares[home].nextAttempt = now.advanced(by: self.retryInterval)
    }
  }

  private mutating func leaseHeld(
    _ home: NodeID, _ epoch: OwnershipEpoch, _ request: Share.Request
  ) {
    let values = self.configuration.values
    let share = self.shares[home]
    // The peer has told of a later owner: the store's answer was overtaken.
    guard epoch >= share.epoch else { return }
    let isUnbroken =
      epoch == share.lastHeld || epoch.rawValue == share.lastHeld.rawValue + 1
    self.take(home, in: epoch, isUnbroken: isUnbroken && share.lastHeld != .none)
    self.shares[home].until = request.sent.advanced(
      by: values.leaseDuration - values.ownershipMargin)
    self.shares[home].nextAttempt = request.sent.advanced(by: values.heartbeatInterval)
  }

  /// Whatever was asked for under the old epoch can do nothing any more.
  private mutating func leaseReleased(_ home: NodeID, at now: MonotonicInstant) {
    self.shares[home].pendingRelease = nil
    guard self.shares[home].leftover != nil else { return }
    self.shares[home].leftover = nil
    self.shares[home].nextAttempt = now
  }

  private mutating func leaseRefused(
    _ home: NodeID, _ owner: NodeID?, _ epoch: OwnershipEpoch, _ request: Share.Request,
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.shares[home].nextAttempt = now.advanced(by: self.retryInterval)
    if request.kind == .release {
      self.leaseReleased(home, at: now)
      return
    }
    if owner == self.id, epoch == self.shares[home].epoch {
      // A request to give this lease back may still be on its way, from an earlier start even:
      // were the lease prolonged, that request would end it behind the node's back.
      self.shares[home].leftover = epoch
      self.shares[home].nextAttempt = now
      return
    }
    if owner == self.id, epoch > self.shares[home].epoch {
      // An earlier request whose outcome was unknown had succeeded: prolonging tells until when.
      if self.shares[home].lastHeld != epoch {
        self.shares[home].isMoved =
          self.shares[home].isMoved && epoch.rawValue == self.shares[home].lastHeld.rawValue + 1
      }
      self.shares[home].epoch = epoch
      self.shares[home].lastHeld = epoch
      self.shares[home].isHeld = true
      self.shares[home].until = .distantPast
      self.shares[home].nextAttempt = now
      return
    }
    if request.kind == .renew {
      if self.shares[home].isServed { effects.append(.disconnectUsers(of: home)) }
      self.loseLease(of: home)
    }
    if epoch > self.shares[home].epoch { self.shares[home].epoch = epoch }
    let values = self.configuration.values
    let proof = self.peer.lostAt.advanced(by: values.leaseDuration)
      .advanced(by: values.heartbeatInterval)
    if home != self.id, owner == self.id.peer, self.peer.isLost, now >= proof {
      // No lease lasts that long without being prolonged.
      self.peer.isKnownAlive = true
    }
  }

  /// The store has given the lease to somebody else or to nobody.
  private mutating func loseLease(of home: NodeID) {
    self.shares[home].isHeld = false
    self.shares[home].isServed = false
    self.shares[home].until = .distantPast
    self.shares[home].move = nil
  }

  // MARK: - Moving

  mutating func moveAnswered(
    _ operation: OperationID, _ outcome: MoveOutcome, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    let found = NodeID.allCases.first { self.shares[$0].move == operation }
    // The users are no longer wanted here.
    guard let home = found else { return }
    self.shares[home].move = nil
    switch outcome {
    case .done: self.shares[home].isMoved = true
    case .unknown: self.shares[home].nextMove = now.advanced(by: self.retryInterval)
    case .failed:
      self.shares[home].nextMove = now.advanced(by: self.configuration.values.heartbeatInterval)
      switch self.status.state {
      case .takingOver:
        self.enter(
          NodeStatus(.runningInFailedMode, .takeOverUsersFailed), at: now, into: &effects)
      case .takingBack:
        self.enter(
          NodeStatus(.runningInFailedMode, .takeBackUsersFailed), at: now, into: &effects)
      // Nothing waits for the move: it is tried again.
      case .initializing, .idle, .normal, .runningInBackupMode, .failingOver, .failedOver,
        .failedOverCriticalServicesNotRunning, .fallingBack, .runningInFailedMode, .unknown,
        .backupActivated, .failoverAffectedServices:
        break
      }
    }
  }
}
