import MDMElection
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

extension Core {
  /// Signs a device in at a free place (R-002, R-013, B14, B23). The caller has ended a session of
  /// the same name and seen to the limit.
  mutating func signIn(
    _ request: SignIn, name: NameArena.Reference, on account: inout Account,
    into effects: EffectStorage
  ) -> Outcome {
    let index = (~account.sets.occupied.bits).trailingZeroBitCount
    let generation = account.nextGeneration
    account.nextGeneration = (generation + 1) % DeviceHandle.generationLimit
    let refusal = self.configuration.values.eligibility.refusal(of: request.capabilities)
    var traits: DeviceSession.Traits = request.requestsMDM ? .requestsMDM : []
    if request.pushEnabled { traits.insert(.pushEnabled) }
    if request.catchUp != .none { traits.insert(.catchesUp) }
    if request.capabilities.edgeVersion != nil { traits.insert(.viaEdge) }
    if request.isHybrid { traits.insert(.hybrid) }
    let session = DeviceSession(
      generation: generation, name: name, kind: request.kind, traits: traits, refusal: refusal)
    account.devices.place(Device(session: session), at: index)
    self.updateSets(index, in: &account)
    if let presence = request.presence {
      _ = self.presence(presence, of: index, on: &account, into: effects)
    }
    if account.sets.mdm.contains(index) {
      switch request.catchUp {
      case .none: break
      case .all: self.catchUp(index, after: 0, on: &account, into: effects)
      case .since(let revision):
        self.catchUp(index, after: revision, on: &account, into: effects)
      }
    }
    let refused = request.requestsMDM ? refusal ?? (self.isEnabled ? nil : .disabledByServer) : nil
    return .signedIn(SignedIn(device: account.handle(of: index), refusal: refused))
  }

  /// Ends the session at `index`: what waits for it goes to the host, its activity is erased, its
  /// place is free (R-012, B4, B14). The caller frees its name.
  mutating func signOut(
    _ index: Int, on account: inout Account, into effects: EffectStorage
  ) {
    self.giveUpAll(of: index, on: &account, into: effects)
    self.eraseActivity(of: index, in: &account)
    account.sets.clear(index)
    if !account.reads.isEmpty { account.reads.value.remove(device: index) }
    if !account.extras.isEmpty {
      account.extras.value.conversationHolds.remove(device: index)
    }
  }

  /// The device's connection was lost (B14).
  func connectionLost(_ index: Int, on account: inout Account) -> Outcome {
    guard account.devices[index].session.phase == .connected else {
      return .ignored(.notConnected)
    }
    let values = self.configuration.values
    let isPush = account.devices[index].session.traits.contains(.pushEnabled)
    account.devices[index].session.phase = isPush ? .suspended : .detached
    account.devices[index].session.deadline = self.now.advanced(
      by: isPush ? values.suspensionWindow : values.resumeWindow)
    self.updateSets(index, in: &account)
    return .done
  }

  /// The device is back: everything that waited comes first, and the mode is normal whatever it
  /// was (B14, XEP-0352 §5.2).
  mutating func resume(
    _ index: Int, on account: inout Account, into effects: EffectStorage
  ) -> Outcome {
    guard account.devices[index].session.phase != .connected else {
      return .ignored(.notDetached)
    }
    account.devices[index].session.phase = .connected
    account.devices[index].session.requestedMode = .normal
    account.devices[index].session.deadline = .distantFuture
    self.updateSets(index, in: &account)
    // What nobody has been told of while the device was cut off rings now.
    self.flush(index, .resumed, of: &account, ringing: .unseen, into: effects)
    if account.devices[index].session.traits.remove(.missedMarkers) != nil,
      account.sets.mdm.contains(index)
    {
      self.catchUp(index, after: 0, on: &account, into: effects)
    }
    account.devices[index].session.deadline = .distantFuture
    return .done
  }

  // MARK: - Presence

  /// The device sent undirected presence (R-040, B2, B4, B5).
  mutating func presence(
    _ presence: DevicePresence, of index: Int, on account: inout Account,
    into effects: EffectStorage
  ) -> Outcome {
    guard account.devices[index].session.phase == .connected else {
      return .ignored(.notConnected)
    }
    switch presence {
    case .available(let show, let priority):
      account.devices[index].session.traits.insert(.available)
      account.devices[index].session.priority = priority
      self.updateSets(index, in: &account)
      self.noteShow(show, of: index, in: &account)
    case .unavailable:
      account.devices[index].session.traits.remove(.available)
      self.updateSets(index, in: &account)
      self.eraseActivity(of: index, in: &account)
      self.giveUpAll(of: index, on: &account, into: effects)
    }
    return .done
  }

  private func noteShow(_ show: PresenceShow, of index: Int, in account: inout Account) {
    let values = self.configuration.values
    if values.qualifyingShows.contains(show) {
      if values.quietPresenceQualifies || !account.sets.quiet.contains(index) {
        self.noteAct(.availablePresence, by: index, in: &account)
      }
    } else if values.awayEndsActivity, show == .away || show == .extendedAway {
      self.eraseActivity(of: index, in: &account)
    }
  }

  // MARK: - Modes

  /// The device changes its mode (R-007, R-008, R-041, B5, B13).
  mutating func setMode(
    _ mode: SessionMode, of index: Int, on account: inout Account, into effects: EffectStorage
  ) -> Outcome {
    guard account.devices[index].session.phase == .connected else {
      return .ignored(.notConnected)
    }
    let previous = account.devices[index].session.requestedMode
    guard previous != mode else { return .ignored(.alreadySo) }
    account.devices[index].session.requestedMode = mode
    account.devices[index].session.deadline = .distantFuture
    self.updateSets(index, in: &account)
    guard account.sets.mdm.contains(index) else { return .ignored(.notMultipleDevice) }
    if previous == .quiet, mode == .normal, self.configuration.values.leavingQuietQualifies,
      account.sets.available.contains(index)
    {
      self.noteAct(.leftQuietMode, by: index, in: &account)
    }
    if !self.holding(in: &account).contains(index) {
      self.flush(index, .clientActive, of: &account, into: effects)
      account.devices[index].session.deadline = .distantFuture
    }
    return .done
  }

  // MARK: - MDM on and off

  /// The device asks for MDM or gives it up (B18, XEP-0280 §10.1).
  mutating func requestMDM(
    _ wanted: Bool, by index: Int, on account: inout Account, into effects: EffectStorage
  ) -> Outcome {
    let session = account.devices[index].session
    if wanted {
      if let refusal = session.refusal { return .refused(.notEligible(refusal)) }
      if !self.isEnabled { return .refused(.notEligible(.disabledByServer)) }
    }
    guard wanted != session.traits.contains(.requestsMDM) else { return .ignored(.alreadySo) }
    if wanted {
      account.devices[index].session.traits.insert(.requestsMDM)
      self.updateSets(index, in: &account)
      if session.traits.contains(.catchesUp) {
        self.catchUp(index, after: 0, on: &account, into: effects)
      }
    } else {
      self.leaveMDM(index, on: &account, into: effects)
      account.devices[index].session.traits.remove(.requestsMDM)
      self.updateSets(index, in: &account)
    }
    return .done
  }

  /// Flushes a device that is about to be an ordinary client; one without a connection keeps what
  /// waits until it is back.
  private mutating func leaveMDM(
    _ index: Int, on account: inout Account, into effects: EffectStorage
  ) {
    if account.sets.connected.contains(index) {
      self.flush(index, .featureDisabled, of: &account, into: effects)
      account.devices[index].session.deadline = .distantFuture
    }
    account.devices[index].session.requestedMode = .normal
  }

  /// Puts the engine-wide switch into force for one account (R-043, B18).
  mutating func applyEnablement(
    to account: inout Account, into effects: EffectStorage
  ) {
    var rest = account.sets.occupied
    while let index = rest.popFirst() {
      let was = account.sets.mdm.contains(index)
      if was && !self.isEnabled { self.leaveMDM(index, on: &account, into: effects) }
      if !was && self.isEnabled { account.devices[index].session.requestedMode = .normal }
      self.updateSets(index, in: &account)
      let isEffective = account.sets.mdm.contains(index)
      if isEffective != was {
        effects.mdmChanged(account.handle(of: index), isEffective: isEffective)
      }
    }
  }

  // MARK: - Activity runs out

  /// Flushes quiet devices with unread messages, once each, when no client is active any more
  /// (B26).
  mutating func flushAfterActivity(of account: inout Account, into effects: EffectStorage) {
    guard self.rules.flushOnActivityExpiry, self.active(in: account) < 0 else { return }
    var rest = account.sets.quiet & account.sets.connected
    while let index = rest.popFirst() {
      if self.holdsUnread(index, in: account) {
        self.flush(index, .activityExpired, of: &account, ringing: .lastUnread, into: effects)
      }
    }
  }

  private func holdsUnread(_ index: Int, in account: borrowing Account) -> Bool {
    guard !account.devices[index].held.isEmpty else { return false }
    var found = false
    self.log.forEach(in: account.held) { entry in
      guard entry.pending.contains(index), let stanza = entry.stanza, stanza.kind.isContent,
        !entry.isSentCopy, !stanza.flags.contains(.ownAccount)
      else { return }
      let isRead =
        !account.reads.isEmpty
        && account.reads.value.isRead(stanza.conversation, at: entry.position)
      if !isRead { found = true }
    }
    return found
  }
}
