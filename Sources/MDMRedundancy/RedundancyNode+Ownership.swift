public import MDMStanza

// Owning users. With a store, a lease is asked for, prolonged at every heartbeat interval and
// counts from the instant at which the request was *sent*; the node stops `ownershipMargin` before
// it ends, so it has stopped before the store can give the users to anybody else, as long as
// clocks disagree by less than the margin over one lease.
//
// With a witness, a node may serve as long as its peer has heard it within the heartbeat time-out,
// less the margin, counted from the sending of the heartbeat that the peer acknowledged: the peer
// takes over no earlier than a time-out after it *heard* that. Beyond that it needs the witness's
// word, which counts from the sending of the question. With nobody, nothing ends by time.

extension RedundancyNode {
  /// The epoch in which the node may serve the users whose home is `home` at `now`; nil when it
  /// may not. A host asks this before it lets anybody write after a long pause.
  public func servingEpoch(of home: NodeID, at now: MonotonicInstant) -> OwnershipEpoch? {
    guard let term = self.servingTerm(of: home), now < term.end else { return nil }
    return term.epoch
  }

  /// The epoch in which the node serves the users whose home is `home`, and when its right to do so
  /// ends unless it is prolonged; nil when it does not serve them. Until the node's next input a
  /// host may compare its clock with the end instead of asking again for every message.
  public func servingTerm(of home: NodeID) -> ServingTerm? {
    guard self.shares[home].isServed else { return nil }
    return ServingTerm(epoch: self.shares[home].epoch, end: self.ownedEnd(home))
  }

  /// What the node knows about the users whose home is `home`.
  public func ownership(of home: NodeID) -> OwnershipView { self.shares[home].view }

  /// Whether the users are the node's at `now`.
  func isOwned(_ home: NodeID, at now: MonotonicInstant) -> Bool { now < self.ownedEnd(home) }

  /// Until when the users are the node's.
  private func ownedEnd(_ home: NodeID) -> MonotonicInstant {
    guard self.shares[home].isHeld, !self.isShutDown else { return .distantPast }
    switch self.configuration.values.arbitration {
    case .leaseStore: return self.shares[home].until
    case .witness: return self.standingEnd
    case .nobody: return .distantFuture
    }
  }

  /// Whether the node's state asks for these users.
  func wants(_ home: NodeID) -> Bool {
    let isOwn = home == self.id
    switch self.status.state {
    case .normal: return isOwn || (self.peer.isLost && self.peer.isKnownAlive)
    case .unknown: return isOwn
    case .takingOver, .runningInBackupMode, .backupActivated: return true
    case .fallingBack: return isOwn || !self.isPeerReadyToTakeBack
    case .takingBack: return isOwn && self.services.areStarted
    // What it has it keeps while it starts; a node that starts alone takes everything.
    case .initializing:
      if isOwn && self.shares[home].isHeld { return true }
      return self.peer.isLost && (isOwn || self.isSwitchKnown)
    case .runningInFailedMode: return isOwn && self.shares[home].isHeld
    // A fenced node tries whether it may serve again.
    case .idle: return isOwn && self.status.isFenced
    case .failingOver, .failedOver, .failedOverCriticalServicesNotRunning,
      .failoverAffectedServices:
      return false
    }
  }

  private var isPeerReadyToTakeBack: Bool {
    guard let heard = self.heard, heard.health.criticalServicesRun else { return false }
    return heard.status.state == .takingBack || heard.status.state == .normal
  }

  /// Whether users that are owned may also be served: not those that are only tried for.
  private func maySettle(_ home: NodeID) -> Bool {
    if self.status.isFenced { return false }
    return home == self.id || self.status.state != .normal
  }

  // MARK: - Following the state

  /// Stops serving what the node does not own any more.
  mutating func ceaseWhereInvalid(
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    for home in NodeID.allCases where self.shares[home].isServed && !self.isOwned(home, at: now) {
      self.shares[home].isServed = false
      effects.append(.disconnectUsers(of: home))
    }
    guard self.configuration.values.arbitration == .witness else { return }
    // A peer with the witness's word may have taken what this node stopped serving: it has to be
    // claimed again, whoever speaks for the node later.
    for home in NodeID.allCases where self.shares[home].isHeld && !self.isOwned(home, at: now) {
      self.shares[home].isHeld = false
    }
  }

  /// Asks for what the state wants, gives back what it does not, serves what is here.
  mutating func settleOwnership(
    at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.ceaseWhereInvalid(at: now, into: &effects)
    for home in NodeID.allCases {
      self.forgetUnansweredRequest(for: home, at: now)
      guard self.wants(home) else {
        self.stopWanting(home, at: now, into: &effects)
        continue
      }
      self.shares[home].pendingRelease = nil
      switch self.configuration.values.arbitration {
      case .leaseStore: self.askStore(for: home, at: now, into: &effects)
      case .witness, .nobody: self.claim(home, at: now, into: &effects)
      }
      self.bring(home, at: now, into: &effects)
    }
  }

  /// Users that were taken are brought here, then served.
  private mutating func bring(
    _ home: NodeID, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    guard self.isOwned(home, at: now), self.maySettle(home) else { return }
    var share = self.shares[home]
    guard share.isMoved else {
      guard share.move == nil, now >= share.nextMove else { return }
      let operation = self.makeOperation()
      self.shares[home].move = operation
      effects.append(.moveUsers(of: home, to: self.id, epoch: share.epoch, operation))
      return
    }
    guard !share.isServed else { return }
    share.isServed = true
    self.shares[home] = share
    self.rememberIfChanged(into: &effects)
    effects.append(.serveUsers(of: home, epoch: share.epoch))
  }

  private mutating func stopWanting(
    _ home: NodeID, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    if self.shares[home].isServed {
      self.shares[home].isServed = false
      effects.append(.disconnectUsers(of: home))
    }
    // Until the services have stopped, something of them may still write.
    if self.services.isStopping { return }
    if self.shares[home].isHeld {
      self.giveUp(home, at: now, into: &effects)
    } else if let pending = self.shares[home].pendingRelease, self.shares[home].request == nil,
      now >= self.shares[home].nextAttempt
    {
      if now < pending.until {
        self.ask(.release, for: home, epoch: pending.epoch, at: now, into: &effects)
      } else {
        self.shares[home].pendingRelease = nil
      }
    }
  }

  /// Stops serving the users and lets them go.
  mutating func giveUp(
    _ home: NodeID, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    let share = self.shares[home]
    if share.isServed { effects.append(.disconnectUsers(of: home)) }
    self.drop(home)
    guard share.isHeld, self.configuration.values.arbitration == .leaseStore else { return }
    // A restart must not go on with a lease that is being given back.
    self.rememberIfChanged(into: &effects)
    let end = now.advanced(by: self.configuration.values.leaseDuration)
    self.shares[home].pendingRelease = (share.epoch, end)
    self.ask(.release, for: home, epoch: share.epoch, at: now, into: &effects)
  }

  /// The users are no longer this node's.
  private mutating func drop(_ home: NodeID) {
    self.shares[home].isHeld = false
    self.shares[home].isServed = false
    self.shares[home].isMoved = false
    self.shares[home].move = nil
    self.shares[home].until = .distantPast
  }

  /// The users are this node's in `epoch`.
  mutating func take(_ home: NodeID, in epoch: OwnershipEpoch, isUnbroken: Bool) {
    var share = self.shares[home]
    let isFirstAtHome = home == self.id && epoch.rawValue <= 2 && share.epoch == .none
    // Whoever owned them in between changed what is here.
    share.isMoved = isFirstAtHome || (share.isMoved && isUnbroken)
    share.epoch = epoch
    share.lastHeld = epoch
    share.isHeld = true
    self.shares[home] = share
  }

  /// What a restart resumes: users that were here still are.
  mutating func resumeShares(_ memory: NodeMemory) {
    for home in NodeID.allCases where self.shares[home].isHeld {
      self.shares[home].isMoved = memory.isMoved[home]
      // Without a store nobody else remembers; the node claims anew once it knows its peer.
      if self.configuration.values.arbitration != .leaseStore { self.shares[home].isHeld = false }
    }
  }

  /// Takes in what the peer knows of epochs: the higher one wins.
  mutating func learn(
    _ views: PerNode<OwnershipView>, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    for home in NodeID.allCases {
      let view = views[home]
      if !view.isHeld, !self.shares[home].isHeld { self.shares[home].nextAttempt = now }
      guard view.epoch > self.shares[home].epoch else { continue }
      if self.shares[home].isServed { effects.append(.disconnectUsers(of: home)) }
      self.drop(home)
      self.shares[home].epoch = view.epoch
    }
  }

  // MARK: - Without a store

  private mutating func claim(
    _ home: NodeID, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    let share = self.shares[home]
    guard !share.isHeld, self.mayClaim(home, at: now) else { return }
    // Odd epochs are the first node's, even ones the second's: no two claims are ever alike.
    var next = share.epoch.rawValue + 1
    if next % 2 != (self.id == .first ? 1 : 0) { next += 1 }
    self.take(
      home, in: OwnershipEpoch(next),
      isUnbroken: share.lastHeld == share.epoch && share.epoch != .none)
  }

  private func mayClaim(_ home: NodeID, at now: MonotonicInstant) -> Bool {
    guard self.isPaired else { return true }
    let isWitnessed = self.configuration.values.arbitration == .witness
    if isWitnessed && now >= self.standingEnd { return false }
    if self.peer.isLost {
      // The peer may still be serving until the witness has spoken against it.
      return !isWitnessed || now < self.witness.grantEnd
    }
    // What the peer says counts as long as it has heard this node lately: then it takes nothing.
    if isWitnessed && self.peer.latest != nil && now >= self.heardEnd { return false }
    guard let heard = self.heard, !heard.ownership[home].isHeld else {
      // With high availability off nobody ever takes anything over.
      return self.heard == nil && self.status.state == .unknown
    }
    let peerState = heard.status.state
    if home == self.id { return peerState != .takingOver && !peerState.isBackup }
    if peerState == .failingOver { return true }
    // A peer that has not heard of this node's state may be about to claim what it gave up.
    let isUnheard = (heard.heard?.sent ?? .distantPast) < self.stateSince
    if isWitnessed && (isUnheard || heard.heard?.boot != self.boot) { return false }
    // Whoever has failed without its users does not ask for them again.
    return peerState.isAway || peerState == .runningInFailedMode
  }
}
