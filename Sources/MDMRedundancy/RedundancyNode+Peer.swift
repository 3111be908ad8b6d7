internal import MDMStanza

/// What a node knows of its peer.
struct PeerView: Sendable {
  /// The latest heartbeat, of whatever age.
  var latest: Heartbeat?
  /// When it arrived.
  var heardAt = MonotonicInstant.distantPast
  /// Whether the peer has been silent for too long.
  var isLost = false
  /// When that was noticed.
  var lostAt = MonotonicInstant.distantPast
  /// Whether the peer said that it goes away.
  var saidGoodbye = false
  /// Whether the host knows that the peer's machine is off.
  var isPoweredOff = false
  /// When a new start of the peer was first heard, after an older one.
  var restartedAt: MonotonicInstant?
  /// When the latest of this node's heartbeats was sent that the peer has heard.
  var acknowledged: MonotonicInstant?
  /// Whether the peer prolongs its lease although it is not heard: it is alive, the link is not.
  var isKnownAlive = false
}

extension RedundancyNode {
  /// The latest heartbeat of a peer that is heard.
  var heard: Heartbeat? { self.peer.isLost ? nil : self.peer.latest }

  /// When the peer's silence has lasted too long.
  var silenceDeadline: MonotonicInstant? {
    guard self.isPaired, !self.peer.isLost else { return nil }
    let since = self.peer.latest == nil ? self.searchSince : self.peer.heardAt
    return since.advanced(by: self.patience)
  }

  /// How long the peer may be silent. With a witness it serves on what it was told by the start
  /// before this one, for up to a time-out: a start waits for that too, however short its own is.
  var patience: Duration {
    let values = self.configuration.values
    guard self.status.state == .initializing else { return values.heartbeatTimeout }
    return values.arbitration == .witness
      ? max(values.initializationTimeout, values.heartbeatTimeout) : values.initializationTimeout
  }

  mutating func noticeSilence(at now: MonotonicInstant) {
    if let deadline = self.silenceDeadline, now >= deadline { self.losePeer(at: now) }
  }

  mutating func losePeer(at now: MonotonicInstant) {
    guard self.isPaired, !self.peer.isLost else { return }
    self.peer.isLost = true
    self.peer.lostAt = now
    for home in NodeID.allCases { self.shares[home].nextAttempt = now }
  }

  /// Why the peer was lost: silence alone does not tell a cut link from a dead machine.
  var lossReason: NodeReason {
    if self.peer.saidGoodbye || self.peer.isPoweredOff { return .peerReboot }
    // A peer that started anew and fell silent before it was settled is one that reboots.
    if let restarted = self.peer.restartedAt {
      let settled = restarted.advanced(by: self.configuration.values.heartbeatTimeout)
      if self.peer.heardAt < settled { return .peerReboot }
    }
    return .peerDown
  }

  /// Waits again for the peer, from now on.
  mutating func searchAnew(at now: MonotonicInstant) {
    self.searchSince = now
    guard self.peer.isLost else { return }
    self.peer.isLost = false
    self.peer.latest = nil
  }

  mutating func receive(
    _ heartbeat: Heartbeat, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    // The network may bring anything twice, late or to the wrong door.
    guard self.isPaired, heartbeat.node == self.id.peer, heartbeat.isCredible,
      self.isNews(heartbeat)
    else { return }
    if let latest = self.peer.latest, latest.boot < heartbeat.boot { self.peer.restartedAt = now }
    self.peer.latest = heartbeat
    self.peer.heardAt = now
    self.peer.saidGoodbye = heartbeat.isGoodbye
    self.peer.isPoweredOff = false
    self.peer.isKnownAlive = false
    self.peer.isLost = false
    // What was not sent yet nobody can have heard: such a receipt is another start's, or damaged.
    if let receipt = heartbeat.heard, receipt.boot == self.boot, receipt.sent <= self.lastSent {
      self.peer.acknowledged = max(self.peer.acknowledged ?? receipt.sent, receipt.sent)
    }
    self.peerSwitchVersion = max(self.peerSwitchVersion, heartbeat.highAvailability.version)
    self.learn(heartbeat.ownership, at: now, into: &effects)
    if heartbeat.isGoodbye { self.losePeer(at: now) }
    if heartbeat.highAvailability.version > self.highAvailability.version {
      self.turn(heartbeat.highAvailability, at: now, into: &effects)
    }
    if heartbeat.recoveryRound > self.recoveryRound {
      self.recover(in: heartbeat.recoveryRound, at: now, into: &effects)
    }
  }

  private func isNews(_ heartbeat: Heartbeat) -> Bool {
    guard let latest = self.peer.latest else { return true }
    return heartbeat.boot > latest.boot
      || (heartbeat.boot == latest.boot && heartbeat.sequence > latest.sequence)
  }

  // MARK: - Speaking

  /// What the peer is told now.
  private func makeHeartbeat(at now: MonotonicInstant, isGoodbye: Bool) -> Heartbeat {
    Heartbeat(
      node: self.id, boot: self.boot, sequence: self.sequence, sent: now, status: self.status,
      health: self.health, isGoodbye: isGoodbye,
      ownership: PerNode(first: self.shares.first.view, second: self.shares.second.view),
      highAvailability: self.highAvailability, recoveryRound: self.recoveryRound,
      heard: self.peer.latest.map {
        Heartbeat.Receipt(boot: $0.boot, sequence: $0.sequence, sent: $0.sent)
      })
  }

  /// Speaks when the interval has passed or when there is something new to say.
  mutating func sendIfDue(at now: MonotonicInstant, into effects: inout [RedundancyEffect]) {
    guard self.isPaired else { return }
    let due = self.lastSent.advanced(by: self.configuration.values.heartbeatInterval)
    let isNews = self.told.map {
      !$0.saysTheSame(as: self.makeHeartbeat(at: now, isGoodbye: false))
    }
    guard now >= due || isNews ?? true else { return }
    self.send(isGoodbye: false, at: now, into: &effects)
  }

  private mutating func send(
    isGoodbye: Bool, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.sequence += 1
    let heartbeat = self.makeHeartbeat(at: now, isGoodbye: isGoodbye)
    self.told = heartbeat
    self.lastSent = now
    effects.append(.sendHeartbeat(heartbeat))
  }

  mutating func sayGoodbye(at now: MonotonicInstant, into effects: inout [RedundancyEffect]) {
    for home in NodeID.allCases { self.giveUp(home, at: now, into: &effects) }
    self.rememberIfChanged(into: &effects)
    if self.isPaired { self.send(isGoodbye: true, at: now, into: &effects) }
    self.isShutDown = true
  }

  /// Has the host keep what a restart needs, when it changed.
  mutating func rememberIfChanged(into effects: inout [RedundancyEffect]) {
    var memory = self.remembered
    memory.status = self.status
    memory.highAvailability = self.highAvailability
    memory.peerSwitchVersion = self.peerSwitchVersion
    memory.recoveryRound = self.recoveryRound
    memory.ownership = PerNode(first: self.shares.first.view, second: self.shares.second.view)
    memory.isMoved = PerNode(
      first: self.shares.first.isHeld && self.shares.first.isMoved,
      second: self.shares.second.isHeld && self.shares.second.isMoved)
    guard memory != self.remembered else { return }
    self.remembered = memory
    effects.append(.remember(memory))
  }
}

extension Heartbeat {
  /// Whether its numbers can be counted on from: no peer gets to half of the range, and whoever
  /// took over the end of it could not go on.
  var isCredible: Bool {
    let numbers = [
      self.boot.rawValue, self.sequence, self.ownership.first.epoch.rawValue,
      self.ownership.second.epoch.rawValue, self.highAvailability.version, self.recoveryRound,
    ]
    return numbers.allSatisfy { $0 <= .max / 2 }
  }

  /// Whether nothing changed but the time; whom the sender heard counts only as a start of the
  /// peer, since a node that was just started waits for that.
  func saysTheSame(as other: Heartbeat) -> Bool {
    self.status == other.status && self.health == other.health
      && self.ownership == other.ownership && self.highAvailability == other.highAvailability
      && self.recoveryRound == other.recoveryRound && self.heard?.boot == other.heard?.boot
  }
}
