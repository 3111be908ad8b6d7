public import MDMStanza

extension RedundancyNode {
  /// When ``expire(at:into:)`` is due next; nil for never. It may come early, never late.
  public var nextDeadline: MonotonicInstant? {
    guard !self.isShutDown else { return nil }
    let values = self.configuration.values
    var next = MonotonicInstant.distantFuture
    // Whatever was due by now has been done, or waits for something else to happen.
    func consider(_ instant: MonotonicInstant?) {
      if let instant, instant > self.clock, instant < next { next = instant }
    }
    if self.isPaired { consider(self.lastSent.advanced(by: values.heartbeatInterval)) }
    consider(self.silenceDeadline)
    consider(self.failureDeadline)
    if self.status.state.isTransition {
      consider(self.stateSince.advanced(by: values.transitionTimeout))
    }
    consider(self.fallbackDeadline)
    consider(self.recoveryDeadline)
    for home in NodeID.allCases {
      let share = self.shares[home]
      consider(share.nextMove)
      guard values.arbitration == .leaseStore else { continue }
      if share.isServed { consider(share.until) }
      if let request = share.request {
        consider(request.sent.advanced(by: values.heartbeatInterval))
      } else if self.wants(home) || share.pendingRelease != nil {
        consider(share.nextAttempt)
      }
    }
    if values.arbitration == .witness {
      consider(self.witnessDeadline)
      consider(self.standingEnd)
    }
    return next == .distantFuture ? nil : next
  }

  // MARK: - Automatic recovery

  /// When the node recovers by itself (goal 14); nil when it does not.
  var recoveryDeadline: MonotonicInstant? {
    guard self.configuration.values.automaticRecovery,
      self.status.state == .runningInFailedMode, self.leadsRecovery
    else { return nil }
    return self.stateSince.advanced(by: self.recoveryDelay)
  }

  /// The first node begins when both have failed; a node alone begins when it is well.
  private var leadsRecovery: Bool {
    if self.peer.isLost { return self.health.isHealthy }
    return self.id == .first && self.heard?.status.state == .runningInFailedMode
  }

  /// The wait doubles with each attempt, up to its limit.
  var recoveryDelay: Duration {
    let values = self.configuration.values
    var delay = values.recoveryDelay
    for _ in 0..<self.recoveryAttempts where delay < values.recoveryDelayLimit {
      delay = delay + delay
    }
    return min(delay, values.recoveryDelayLimit)
  }

  mutating func recoverIfDue(
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    guard let deadline = self.recoveryDeadline, now >= deadline else { return }
    self.recoveryAttempts += 1
    self.recover(in: self.recoveryRound + 1, at: now, into: &effects)
  }

  /// A pair that was well for the longest wait begins with the shortest again.
  mutating func forgiveAttempts(at now: MonotonicInstant) {
    guard let last = self.lastRecovery else { return }
    if now >= last.advanced(by: self.configuration.values.recoveryDelayLimit) {
      self.recoveryAttempts = 0
      self.lastRecovery = nil
    }
  }

  // MARK: - Alarms

  private func isRaised(_ alarm: RedundancyAlarm) -> Bool {
    let state = self.status.state
    switch alarm {
    case .peerLost: return self.peer.isLost
    case .servicesDown: return !self.health.isHealthy && state != .idle
    case .ownershipLost:
      guard state == .normal || state.isBackup || self.status.isFenced else { return false }
      return !self.isOwned(self.id, at: self.clock)
    case .failedOver: return state.isAway || state.isBackup
    case .failed: return state == .runningInFailedMode
    }
  }

  /// Raises and clears what changed.
  mutating func settleAlarms(into effects: inout [RedundancyEffect]) {
    for alarm in RedundancyAlarm.allCases {
      let bit: UInt8 = 1 << alarm.rawValue
      let isRaised = self.isRaised(alarm)
      guard isRaised != (self.alarms & bit != 0) else { continue }
      self.alarms ^= bit
      effects.append(isRaised ? .raiseAlarm(alarm) : .clearAlarm(alarm))
    }
  }

  // MARK: - Restarting

  /// The state in which a restarted service manager goes on (P05–P09, P21): the remembered one;
  /// only a node that served its own users looks for its peer first.
  static func restored(_ memory: NodeMemory, isPaired: Bool) -> NodeStatus {
    guard isPaired else { return .normal }
    guard memory.highAvailability.isOn else { return .notEnabled }
    let status = memory.status
    switch status.state {
    case .initializing, .normal, .unknown: return NodeStatus(.initializing, .initialization)
    case .runningInFailedMode: return NodeStatus(.runningInFailedMode, .unknown)
    case .failedOver: return NodeStatus(.failedOver, .initialization)
    case .idle:
      return status.isFenced
        ? NodeStatus(.initializing, .initialization)
        : NodeStatus(.idle, .initialization)
    case .runningInBackupMode, .takingOver, .failingOver, .fallingBack, .takingBack,
      .failedOverCriticalServicesNotRunning, .backupActivated, .failoverAffectedServices:
      // Only what a person asked for is overwritten: other reasons say what is still to be done.
      return status.reason == .onAdminRequest
        ? NodeStatus(status.state, .initialization) : status
    }
  }
}
