internal import MDMStanza

// What a node does next: a function of its own state, its services, the instant, and the latest
// heartbeat of a peer that is heard, lost, or not heard yet. One function for each state; each
// names the row of the group's transition table that it carries out.

extension RedundancyNode {
  /// The status to go to now; nil to stay.
  func nextStatus(at now: MonotonicInstant) -> NodeStatus? {
    guard self.isPaired else { return .normal }
    if let late = self.overdue(at: now) { return late }
    switch self.status.state {
    case .initializing: return self.fromInitializing(at: now)
    case .normal: return self.fromNormal(at: now)
    case .failingOver: return self.fromFailingOver()
    case .takingOver: return self.fromTakingOver(at: now)
    case .runningInBackupMode, .backupActivated: return self.fromBackup(at: now)
    case .fallingBack: return self.fromFallingBack(at: now)
    case .takingBack: return self.fromTakingBack(at: now)
    case .idle, .failedOver, .failedOverCriticalServicesNotRunning, .failoverAffectedServices:
      return self.fromAway(at: now)
    case .runningInFailedMode: return self.fromFailed()
    // Only the switch leads out of here.
    case .unknown: return nil
    }
  }

  /// The exit of a state that was to be passed through (hole: no document value).
  private func overdue(at now: MonotonicInstant) -> NodeStatus? {
    let limit = self.stateSince.advanced(by: self.configuration.values.transitionTimeout)
    guard now >= limit else { return nil }
    switch self.status.state {
    case .failingOver, .takingOver: return NodeStatus(.runningInFailedMode, .takeOverUsersFailed)
    case .fallingBack, .takingBack: return NodeStatus(.runningInFailedMode, .takeBackUsersFailed)
    case .initializing:
      if self.peer.isLost { return NodeStatus(.idle, .peerDown) }
      return self.heard == nil ? nil : NodeStatus(.runningInFailedMode, .unknown)
    // These are no states to be passed through.
    case .idle, .normal, .runningInBackupMode, .failedOver,
      .failedOverCriticalServicesNotRunning, .runningInFailedMode, .unknown, .backupActivated,
      .failoverAffectedServices:
      return nil
    }
  }

  // MARK: - Helpers

  /// Whether something here has been down for the critical service delay, and for so long
  /// after a fallback that users may be moved again.
  func isDownForGood(at now: MonotonicInstant) -> Bool {
    guard let deadline = self.failureDeadline else { return false }
    return now >= deadline
  }

  /// When what is down now counts as down for good; nil while everything is up.
  var failureDeadline: MonotonicInstant? {
    let values = self.configuration.values
    guard let delayed = self.unhealthySince?.advanced(by: values.criticalServiceDelay) else {
      return nil
    }
    guard let returned = self.returnedAt, self.status.state == .normal else { return delayed }
    return max(delayed, returned.advanced(by: values.failoverPause))
  }

  /// Why this node's users are moved.
  private var downReason: NodeReason {
    self.health.databaseAnswers ? .criticalServiceDown : .databaseFailure
  }

  private var failed: NodeStatus { NodeStatus(.runningInFailedMode, .criticalServiceDown) }

  /// Taking over from a peer that is lost: H03, H04.
  private var takingOverFromLost: NodeStatus { NodeStatus(.takingOver, self.lossReason) }

  /// A node that learns that its users are served by the other: H06–H09, P18.
  private var takenOver: NodeStatus {
    NodeStatus(
      self.health.isHealthy ? .failedOver : .failedOverCriticalServicesNotRunning, .initialization)
  }

  /// The reason with which to follow the peer: its own restart is none of ours.
  private func followed(_ reason: NodeReason) -> NodeReason {
    reason == .initialization ? .onAdminRequest : reason
  }

  /// Whether these users are owned and their state is here.
  func isReady(_ home: NodeID, at now: MonotonicInstant) -> Bool {
    self.shares[home].isMoved && self.isOwned(home, at: now)
  }

  /// Whether the node is cut off from peer and arbiter and so may serve nobody.
  func isFenced(at now: MonotonicInstant) -> Bool {
    self.peer.isLost && self.configuration.values.arbitration != .nobody
      && !self.isOwned(self.id, at: now)
  }

  /// Whether this node's users are those of a peer that says it is the backup. Without a store a
  /// backup that was started anew waits until it is let have them.
  func isLeft(to backup: Heartbeat) -> Bool {
    guard !self.shares[self.id].isHeld else { return false }
    return backup.ownership[self.id].isHeld
      || self.configuration.values.arbitration != .leaseStore
  }

  // MARK: - Starting

  private func fromInitializing(at now: MonotonicInstant) -> NodeStatus? {
    guard let heard = self.heard else { return self.fromLonelyStart(at: now) }
    let isDown = self.isDownForGood(at: now)
    switch heard.status.state {
    case .initializing:
      // A peer that has not heard of the recovery yet still has to start anew.
      if heard.recoveryRound < self.recoveryRound { return nil }
      if self.health.isHealthy && heard.health.isHealthy { return .normal }
      if isDown {
        return heard.health.isHealthy ? NodeStatus(.failingOver, self.downReason) : self.failed
      }
      return nil
    case .normal:
      if self.health.isHealthy { return .normal }
      return isDown ? NodeStatus(.failingOver, self.downReason) : nil
    case .runningInBackupMode, .backupActivated: return self.takenOver
    case .takingOver:
      // A peer that lost this node goes on to be its backup; then this node is failed over.
      if heard.status.reason.isPeerLoss { return nil }
      return NodeStatus(.failingOver, self.followed(heard.status.reason))
    case .failingOver:
      guard self.health.isHealthy else { return isDown ? self.failed : nil }
      return NodeStatus(.takingOver, self.followed(heard.status.reason))
    case .idle, .failedOver, .failedOverCriticalServicesNotRunning, .failoverAffectedServices:
      // Whoever stands by for a backup that is none starts anew when it hears of this node.
      return nil
    case .takingBack: return NodeStatus(.fallingBack, self.followed(heard.status.reason))
    case .fallingBack: return NodeStatus(.takingBack, self.followed(heard.status.reason))
    case .runningInFailedMode:
      if heard.recoveryRound < self.recoveryRound { return nil }
      if heard.status.reason == .criticalServiceDown && !self.health.isHealthy {
        return self.failed
      }
      return NodeStatus(.runningInFailedMode, .unknown)
    // The switch will say who is right.
    case .unknown: return nil
    }
  }

  private func fromLonelyStart(at now: MonotonicInstant) -> NodeStatus? {
    guard self.peer.isLost else { return nil }
    if self.isDownForGood(at: now) { return self.failed }
    guard self.isOwned(self.id, at: now) else { return nil }
    if self.peer.isKnownAlive || !self.isSwitchKnown { return .normal }
    return self.isReady(self.id.peer, at: now)
      ? NodeStatus(.runningInBackupMode, .peerDownDuringInitialization) : nil
  }

  // MARK: - Normal

  private func fromNormal(at now: MonotonicInstant) -> NodeStatus? {
    let isDown = self.isDownForGood(at: now)
    if self.peer.isLost {
      if isDown { return self.failed }
      if !self.health.isHealthy { return nil }
      if self.peer.isKnownAlive && !self.shares[self.id.peer].isHeld { return nil }
      return self.isSwitchKnown ? self.takingOverFromLost : nil
    }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .failingOver:
      guard self.health.isHealthy else { return isDown ? self.failed : nil }
      return NodeStatus(.takingOver, self.followed(heard.status.reason))
    case .takingOver:
      // A peer that does not hear this node while this node hears it: who owns the users decides.
      if heard.status.reason.isPeerLoss { return nil }
      return NodeStatus(.failingOver, self.followed(heard.status.reason))
    case .runningInBackupMode, .backupActivated:
      return self.shares[self.id].isHeld ? nil : self.takenOver
    case .runningInFailedMode:
      if heard.recoveryRound < self.recoveryRound { return nil }
      if heard.status.reason == .criticalServiceDown && self.health.isHealthy { return nil }
      return heard.status
    case .normal:
      guard isDown else { return nil }
      return heard.health.isHealthy ? NodeStatus(.failingOver, self.downReason) : self.failed
    // The peer is on its way to Normal, or starts anew as soon as it hears of this node.
    case .initializing, .idle, .failedOver, .failedOverCriticalServicesNotRunning,
      .failoverAffectedServices, .fallingBack, .takingBack, .unknown:
      return nil
    }
  }

  // MARK: - Moving away

  private func fromFailingOver() -> NodeStatus? {
    let reason = self.status.reason
    let isByHand = reason == .onAdminRequest || reason == .initialization
    if self.peer.isLost {
      return isByHand || self.health.isHealthy ? self.takingOverFromLost : self.failed
    }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .runningInBackupMode, .backupActivated:
      guard heard.ownership[self.id].isHeld else { return nil }
      return NodeStatus(isByHand ? .idle : .failedOverCriticalServicesNotRunning, reason)
    case .runningInFailedMode: return heard.status
    case .failingOver:
      // Services that were stopped by hand can be started again.
      let isAble = isByHand || self.health.isHealthy
      let isPeerByHand = self.followed(heard.status.reason) == .onAdminRequest
      let isPeerAble = isPeerByHand || heard.health.isHealthy
      if !isAble { return isPeerAble ? nil : self.failed }
      // Both were asked at once: the first node's request stands.
      if isPeerAble && self.id == .first { return nil }
      return NodeStatus(.takingOver, self.followed(heard.status.reason))
    case .takingOver:
      // Of two reasons the administrator's is shown.
      return heard.status.reason == .onAdminRequest && !isByHand
        ? NodeStatus(.failingOver, .onAdminRequest) : nil
    // The peer has not followed yet, or never will; then the time-out leads on.
    case .initializing, .normal, .idle, .failedOver, .failedOverCriticalServicesNotRunning,
      .failoverAffectedServices, .fallingBack, .takingBack, .unknown:
      return nil
    }
  }

  private func fromTakingOver(at now: MonotonicInstant) -> NodeStatus? {
    let reason = self.status.reason
    let other = self.id.peer
    if self.isReady(other, at: now) { return NodeStatus(.runningInBackupMode, reason) }
    if self.isDownForGood(at: now) && !self.services.isStarting { return self.failed }
    if self.peer.isLost {
      if self.isFenced(at: now) { return NodeStatus(.idle, .peerDown) }
      if self.peer.isKnownAlive { return .normal }
      return reason.isPeerLoss ? nil : self.takingOverFromLost
    }
    guard let heard = self.heard else { return nil }
    switch heard.status.state {
    case .runningInFailedMode:
      return heard.recoveryRound < self.recoveryRound ? nil : heard.status
    case .failingOver:
      if reason.isPeerLoss || (reason != .initialization && reason != .onAdminRequest) {
        let followed = self.followed(heard.status.reason)
        return NodeStatus(.takingOver, followed)
      }
      return nil
    case .takingOver:
      if reason.isPeerLoss { return self.shares[other].isHeld ? nil : .normal }
      // Both were asked at once: the first node's users move.
      return self.id == .first && !heard.status.reason.isPeerLoss
        ? NodeStatus(.failingOver, .onAdminRequest) : nil
    case .normal, .initializing, .fallingBack, .takingBack:
      // The peer is back before anything was taken from it.
      return reason.isPeerLoss && !self.shares[other].isHeld ? .normal : nil
    case .runningInBackupMode, .backupActivated:
      if heard.ownership[self.id].isHeld || self.isLeft(to: heard) { return self.takenOver }
      // A backup that was started anew before its peer had taken its users.
      return reason.isPeerLoss && !self.shares[other].isHeld ? .normal : nil
    case .idle:
      return heard.status.isFenced && !self.shares[other].isHeld ? .normal : nil
    // The users are on their way here.
    case .failedOver, .failedOverCriticalServicesNotRunning, .failoverAffectedServices, .unknown:
      return nil
    }
  }
}

extension NodeStatus {
  /// Whether a node stands still because it is cut off from peer and arbiter.
  var isFenced: Bool { self.state == .idle && self.reason.isPeerLoss }
}
