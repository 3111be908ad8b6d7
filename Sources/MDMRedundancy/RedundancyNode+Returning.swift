internal import MDMStanza

// The second half of `nextStatus`: backups, the way home, and failures.

extension RedundancyNode {
  private func whole(_ reason: NodeReason) -> NodeReason {
    reason == .initialization ? .onAdminRequest : reason
  }

  private var away: NodeStatus {
    NodeStatus(
      self.health.isHealthy ? .failedOver : .failedOverCriticalServicesNotRunning, .initialization)
  }

  private var bothFailed: NodeStatus { NodeStatus(.runningInFailedMode, .criticalServiceDown) }

  // MARK: - Being the backup

  func fromBackup(at now: MonotonicInstant) -> NodeStatus? {
    if self.isDownForGood(at: now) { return self.afterLosingServicesAsBackup() }
    if self.peer.isLost {
      if self.isFenced(at: now) { return NodeStatus(.idle, .peerDown) }
      return self.status.state == .backupActivated
        ? NodeStatus(.runningInBackupMode, self.lossReason) : nil
    }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .takingBack: return NodeStatus(.fallingBack, self.whole(heard.status.reason))
    case .runningInBackupMode, .backupActivated:
      if self.heals(by: .recovery) { return NodeStatus(.runningInFailedMode, .unknown) }
      return self.losesToPeer ? self.away : nil
    case .runningInFailedMode:
      let isNoBackup =
        heard.ownership[self.id.peer].isHeld && !self.shares[self.id.peer].isHeld
      if isNoBackup { return heard.status }
      // P21 in the documents' way: the peer saw that both had taken over.
      return self.heals(by: .recovery) && self.status.reason.isPeerLoss
        ? NodeStatus(.runningInFailedMode, .unknown) : nil
    case .normal, .fallingBack:
      // The peer took its users back while the link was cut. It may have been a backup itself, on
      // the way back, and waits to hear that this node is well.
      return heard.ownership[self.id.peer].isHeld && !self.shares[self.id.peer].isHeld
        ? .normal : nil
    case .failedOver:
      // H14: the former backup is well again.
      return self.status.state == .backupActivated
        ? NodeStatus(.runningInBackupMode, self.status.reason) : nil
    case .takingOver:
      // The peer did not hear this node, and has taken its users.
      return heard.status.reason.isPeerLoss && heard.ownership[self.id].isHeld
        && !self.shares[self.id].isHeld ? self.away : nil
    // The peer stands by, or will when it has heard of this node.
    case .initializing, .idle, .failingOver,
      .failedOverCriticalServicesNotRunning, .unknown, .failoverAffectedServices:
      return nil
    }
  }

  private func heals(by healing: RedundancyConfiguration.Healing) -> Bool {
    self.configuration.values.arbitration == .nobody
      && self.configuration.values.healing == healing
  }

  /// Of two backups the one that took the users of the other with the higher epoch goes on; both
  /// nodes know both epochs once they have heard each other.
  private var losesToPeer: Bool {
    let first = self.shares.first.epoch
    let second = self.shares.second.epoch
    // The first node took the second's users, and the other way round.
    return self.id == .first ? second < first : second >= first
  }

  /// P22, P23 when the peer can take everything, else P15.
  private func afterLosingServicesAsBackup() -> NodeStatus {
    guard self.status.state == .runningInBackupMode, let heard = self.heard,
      heard.status.state == .failedOver, heard.health.isHealthy
    else { return self.bothFailed }
    let reason: NodeReason =
      self.health.databaseAnswers ? .autoRecoverCriticalServiceDown : .autoRecoverDatabaseFailure
    return NodeStatus(.failoverAffectedServices, reason)
  }

  // MARK: - The way home

  func fromFallingBack(at now: MonotonicInstant) -> NodeStatus? {
    if self.peer.isLost { return NodeStatus(.takingOver, self.lossReason) }
    if self.isDownForGood(at: now) { return self.bothFailed }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .normal: return heard.ownership[self.id.peer].isHeld ? .normal : nil
    case .runningInFailedMode: return heard.status
    case .takingBack:
      return heard.status.reason == .onAdminRequest && self.status.reason == .automaticFallback
        ? NodeStatus(.fallingBack, .onAdminRequest) : nil
    case .runningInBackupMode, .backupActivated:
      // The home took over instead while it did not hear this node.
      return heard.ownership[self.id].isHeld || self.isLeft(to: heard) ? self.away : nil
    case .idle:
      // The home is cut off from its arbiter; whoever holds its users decides what is next.
      return heard.status.isFenced ? NodeStatus(.takingOver, .peerDown) : nil
    // The peer has not followed yet.
    case .initializing, .takingOver, .failingOver, .failedOver,
      .failedOverCriticalServicesNotRunning, .fallingBack, .unknown, .failoverAffectedServices:
      return nil
    }
  }

  func fromTakingBack(at now: MonotonicInstant) -> NodeStatus? {
    if self.services.areStarted && self.isReady(self.id, at: now) { return .normal }
    if self.peer.isLost {
      return self.services.areStarted ? NodeStatus(.takingOver, self.lossReason) : nil
    }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .runningInFailedMode: return heard.status
    case .fallingBack:
      return heard.status.reason == .onAdminRequest && self.status.reason == .automaticFallback
        ? NodeStatus(.takingBack, .onAdminRequest) : nil
    // The peer has not followed yet.
    case .initializing, .idle, .normal, .runningInBackupMode, .takingOver, .failingOver,
      .failedOver, .failedOverCriticalServicesNotRunning, .takingBack, .unknown,
      .backupActivated, .failoverAffectedServices:
      return nil
    }
  }

  // MARK: - Being away

  func fromAway(at now: MonotonicInstant) -> NodeStatus? {
    if self.status.isFenced { return self.fromFenced(at: now) }
    if let moved = self.afterServicesChanged() { return moved }
    if self.peer.isLost {
      let mayTakeOver =
        self.status.state == .failedOver || self.status.state == .failoverAffectedServices
      return mayTakeOver && self.health.isHealthy
        ? NodeStatus(.takingOver, self.lossReason) : nil
    }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .fallingBack: return NodeStatus(.takingBack, self.whole(heard.status.reason))
    case .runningInFailedMode:
      return heard.recoveryRound < self.recoveryRound ? nil : heard.status
    case .failoverAffectedServices:
      return self.status.state == .failedOver
        ? NodeStatus(.backupActivated, heard.status.reason) : nil
    case .idle, .failedOver, .failedOverCriticalServicesNotRunning:
      if self.status.state == .failoverAffectedServices {
        // The peer follows, unless it cannot take over any more.
        return heard.status.state == .failedOver ? nil : self.bothFailed
      }
      // Nobody serves anybody: whatever led here, begin again.
      return NodeStatus(.initializing, .initialization)
    case .initializing:
      // The backup has forgotten that it was one.
      return NodeStatus(.initializing, .initialization)
    case .normal:
      // So has one that is Normal already.
      return heard.ownership[self.id].isHeld ? nil : NodeStatus(.initializing, .initialization)
    case .runningInBackupMode:
      return self.isFallbackDue(at: now) ? NodeStatus(.takingBack, .automaticFallback) : nil
    // The peer serves everybody or is about to.
    case .takingOver, .failingOver, .takingBack, .unknown, .backupActivated: return nil
    }
  }

  /// When the users come home by themselves; nil while they do not.
  var fallbackDeadline: MonotonicInstant? {
    guard self.configuration.values.automaticFallback, self.status.state == .failedOver,
      let since = self.healthySince
    else { return nil }
    return since.advanced(by: self.configuration.values.automaticFallbackDelay)
  }

  private func isFallbackDue(at now: MonotonicInstant) -> Bool {
    self.fallbackDeadline.map { now >= $0 } ?? false
  }

  /// P11, P12, H06–H10, H14: a node whose users are away follows its services.
  private func afterServicesChanged() -> NodeStatus? {
    let backup = self.heard?.status
    switch self.status.state {
    case .failedOver where !self.health.isHealthy:
      let reason: NodeReason
      switch backup?.reason {
      case .peerDown, .peerReboot, .peerDownDuringInitialization: reason = .initialization
      case .databaseFailure: reason = .databaseFailure
      // Whatever else made the peer the backup, now a service is down.
      case .normal, .onAdminRequest, .initialization, .automaticFallback, .criticalServiceDown,
        .startOfCriticalServicesFailed, .takeOverUsersFailed, .takeBackUsersFailed, .unknown,
        .autoRecoverDatabaseFailure, .autoRecoverCriticalServiceDown,
        .highAvailabilityNotEnabled, nil:
        reason = .criticalServiceDown
      }
      return NodeStatus(.failedOverCriticalServicesNotRunning, reason)
    case .failedOverCriticalServicesNotRunning where self.health.isHealthy:
      let isFromStart = self.status.reason == .initialization || self.startedAway
      return NodeStatus(.failedOver, isFromStart ? .initialization : .criticalServiceDown)
    case .failoverAffectedServices where self.health.isHealthy:
      guard backup?.state.isBackup == true else { return nil }
      return NodeStatus(.failedOver, .criticalServiceDown)
    // Idle is never healed by its services, and the others are as they should be.
    case .idle, .failedOver, .failedOverCriticalServicesNotRunning, .failoverAffectedServices,
      .initializing, .normal, .runningInBackupMode, .takingOver, .failingOver, .fallingBack,
      .takingBack, .runningInFailedMode, .unknown, .backupActivated:
      return nil
    }
  }

  private func fromFenced(at now: MonotonicInstant) -> NodeStatus? {
    if self.peer.isLost {
      return self.health.isHealthy && self.isOwned(self.id, at: now)
        ? NodeStatus(.takingOver, self.lossReason) : nil
    }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .runningInBackupMode, .backupActivated: return self.away
    case .runningInFailedMode: return heard.status
    // The peer is about to decide; what it decides is heard next.
    case .takingOver, .fallingBack, .takingBack, .unknown: return nil
    case .initializing, .idle, .normal, .failingOver, .failedOver,
      .failedOverCriticalServicesNotRunning, .failoverAffectedServices:
      return NodeStatus(.initializing, .initialization)
    }
  }

  // MARK: - Failed

  func fromFailed() -> NodeStatus? {
    guard let heard = self.heard else { return nil }
    // P21: the peer was started anew while this node had failed.
    let isPeerNew = self.peer.restartedAt.map { $0 >= self.stateSince } ?? false
    switch heard.status.state {
    case .runningInFailedMode:
      let reasons = [self.status.reason, heard.status.reason]
      if isPeerNew || reasons.contains(.unknown) {
        return NodeStatus(.runningInFailedMode, .unknown)
      }
      // Two errors at once: both nodes show the same one.
      let shown = reasons.max { $0.rawValue < $1.rawValue } ?? .unknown
      return NodeStatus(.runningInFailedMode, shown)
    case .runningInBackupMode, .backupActivated:
      // In the documents' way the peer follows.
      if self.heals(by: .recovery) && heard.status.reason.isPeerLoss { return nil }
      // A peer that has heard of the failure and is a backup still does not share it.
      let hasHeard = self.peer.acknowledged.map { $0 >= self.stateSince } ?? false
      return hasHeard ? self.away : nil
    case .initializing: return isPeerNew ? NodeStatus(.runningInFailedMode, .unknown) : nil
    case .normal:
      // A peer that is well goes on; this node starts anew beside it.
      return self.status.reason == .criticalServiceDown && heard.health.isHealthy
        ? NodeStatus(.initializing, .initialization) : nil
    // The peer hears of the failure and follows.
    case .idle, .takingOver, .failingOver, .failedOver, .failedOverCriticalServicesNotRunning,
      .fallingBack, .takingBack, .unknown, .failoverAffectedServices:
      return nil
    }
  }
}
