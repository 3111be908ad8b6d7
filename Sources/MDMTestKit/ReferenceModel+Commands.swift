import MDM

/// What the model says becomes of a command.
enum ReferenceOutcome: Equatable {
  case exactly(Outcome)
  /// The documents leave it to the engine.
  case open
}

// What each command does, in the order in which the documents tell it.
extension ReferenceModel {
  /// Carries an input out. `outcome` is what the engine answered: the model takes handles from it.
  func step(_ input: ScriptPlayer.Input, outcome: Outcome) -> ReferenceOutcome {
    self.now = max(self.now, input.now)
    self.fresh = []
    self.takenBack = []
    for account in self.accounts { account?.justForgotten = [] }
    let expected: ReferenceOutcome
    if let command = input.command {
      expected = self.carryOut(command, outcome: outcome)
      self.relievePressure()
      self.noteExpiryDue(after: command)
    } else {
      for account in self.accounts {
        guard let account else { continue }
        self.expire(account)
        self.noteExpiryDue(of: account)
      }
      expected = .exactly(.done)
    }
    return expected
  }

  private func carryOut(_ command: Command, outcome: Outcome) -> ReferenceOutcome {
    switch command {
    case .open(let name, let archived):
      return self.open(name, archived, outcome)
    case .restore:
      preconditionFailure("The model cannot read snapshots; audit the account's own commands.")
    case .close(let handle):
      return self.onAccount(handle) { self.close($0) }
    case .signIn(let handle, let request):
      return self.onAccount(handle) {
        let expected = self.signIn(request, to: $0, outcome)
        self.flushLapsed($0)
        return expected
      }
    case .expire(let handle):
      guard let account = self.account(handle) else { return .exactly(.ignored(.staleHandle)) }
      self.expire(account)
      return .open
    case .archived(let handle, let position):
      return self.onAccount(handle) { self.noteArchive(true, position.ordinal, $0) }
    case .archiveFailed(let handle, let position):
      return self.onAccount(handle) { self.noteArchive(false, position.ordinal, $0) }
    case .receive(let handle, let stanza, let address):
      return self.onAccount(handle) {
        self.accept(
          ReferenceWaiting(
            stanza: stanza, sender: nil, address: address, position: 0, isStored: nil), $0)
      }
    case .send(let handle, let stanza, let address):
      return self.onDevice(handle) {
        guard $0.phase == .connected else { return .exactly(.ignored(.notConnected)) }
        return self.accept(
          ReferenceWaiting(
            stanza: stanza, sender: handle, address: address, position: 0, isStored: nil),
          $0.account)
      }
    case .setEnabled(let isEnabled): return self.onEveryAccount { self.setEnabled(isEnabled) }
    case .restart: return self.onEveryAccount { self.restart() }
    case .configure(let configuration):
      return self.onEveryAccount { self.configure(configuration) }
    case .signOut, .connectionLost, .resume, .presence, .requestMDM, .setMode, .requested, .read:
      return self.carryOutOnDevice(command)
    }
  }

  private func carryOutOnDevice(_ command: Command) -> ReferenceOutcome {
    switch command {
    case .signOut(let handle):
      return self.onSession(handle) {
        self.end($0, nil)
        return .exactly(.done)
      }
    case .connectionLost(let handle):
      return self.onSession(handle) { self.connectionLost($0) }
    case .resume(let handle):
      return self.onSession(handle) { self.resume($0) }
    case .presence(let handle, let presence):
      return self.onSession(handle) { self.presence(presence, of: $0) }
    case .requestMDM(let handle, let wanted):
      return self.onSession(handle) { self.requestMDM(wanted, by: $0) }
    case .setMode(let handle, let mode):
      return self.onSession(handle) { self.setMode(mode, of: $0) }
    case .requested(let handle):
      return self.onDevice(handle) {
        guard $0.phase == .connected else { return .exactly(.ignored(.notConnected)) }
        self.flush($0, .request)
        return .exactly(.done)
      }
    case .read(let handle, let conversation, let position):
      return self.onDevice(handle) { self.read(conversation, position.ordinal, by: $0) }
    default:
      return .open
    }
  }

  private func onAccount(
    _ handle: AccountHandle, _ body: (ReferenceAccount) -> ReferenceOutcome
  ) -> ReferenceOutcome {
    guard let account = self.account(handle) else { return .exactly(.ignored(.staleHandle)) }
    self.expire(account)
    return body(account)
  }

  private func onDevice(
    _ handle: DeviceHandle, _ body: (ReferenceDevice) -> ReferenceOutcome
  ) -> ReferenceOutcome {
    guard let device = self.device(handle) else { return .exactly(.ignored(.staleHandle)) }
    self.expire(device.account)
    guard !device.isGone else { return .exactly(.ignored(.staleHandle)) }
    return body(device)
  }

  /// As ``onDevice(_:_:)``; the change may leave quiet devices as the only ones with a message.
  private func onSession(
    _ handle: DeviceHandle, _ body: (ReferenceDevice) -> ReferenceOutcome
  ) -> ReferenceOutcome {
    self.onDevice(handle) {
      let outcome = body($0)
      self.flushLapsed($0.account)
      return outcome
    }
  }

  private func refuse(_ error: AdmissionError) -> ReferenceOutcome {
    self.totals.refusals += 1
    return .exactly(.refused(error))
  }

  // MARK: - Accounts

  private func open(
    _ name: AccountName, _ archived: ArchivePosition, _ outcome: Outcome
  ) -> ReferenceOutcome {
    if let existing = self.accounts.first(where: { $0?.name == name }), let existing {
      return self.refuse(.accountExists(existing.handle))
    }
    guard case .opened(let handle) = outcome else { return .open }
    while self.accounts.count <= Int(handle.slot) { self.accounts.append(nil) }
    self.accounts[Int(handle.slot)] = ReferenceAccount(
      handle: handle, name: name, position: archived.ordinal)
    return .exactly(outcome)
  }

  private func close(_ account: ReferenceAccount) -> ReferenceOutcome {
    for device in account.devices { self.end(device, .accountClosed) }
    for waiting in account.backlog { self.sendBack(waiting, account) }
    account.backlog = []
    self.accounts[Int(account.handle.slot)] = nil
    self.closed.append(account)
    return .exactly(.done)
  }

  // MARK: - Sessions

  private func signIn(
    _ request: SignIn, to account: ReferenceAccount, _ outcome: Outcome
  ) -> ReferenceOutcome {
    if let old = account.devices.first(where: { $0.name == request.device }) {
      self.end(old, .replaced)
    }
    if account.devices.count >= self.values.deviceLimit {
      if self.values.deviceLimitPolicy == .refuse {
        return self.refuse(.deviceLimit(self.values.deviceLimit))
      }
      self.end(self.leastRecentlyActive(in: account), .evicted)
    }
    guard case .signedIn(let signedIn) = outcome else { return .open }
    let refusal = self.values.eligibility.refusal(of: request.capabilities)
    let device = ReferenceDevice(
      handle: signedIn.device, order: self.everyDevice.count, account: account,
      request: request, refusal: refusal)
    self.everyDevice[signedIn.device] = device
    let place = account.devices.firstIndex { $0.index > device.index } ?? account.devices.count
    account.devices.insert(device, at: place)
    device.catchesUp = request.catchUp != .none
    self.updateMDM(of: device)
    if let presence = request.presence { _ = self.presence(presence, of: device) }
    if device.isMDM {
      switch request.catchUp {
      case .none: break
      case .all: self.catchUp(device, after: 0)
      case .since(let revision): self.catchUp(device, after: revision)
      }
    }
    let told = request.requestsMDM ? refusal ?? (self.enabled ? nil : .disabledByServer) : nil
    return signedIn.refusal == told ? .exactly(outcome) : .exactly(.done)
  }

  private func leastRecentlyActive(in account: ReferenceAccount) -> ReferenceDevice {
    let away = account.devices.filter { $0.phase != .connected }
    let candidates = away.isEmpty ? account.devices : away
    func lastAct(_ device: ReferenceDevice) -> MonotonicInstant {
      account.acts.last { $0.device === device }?.instant ?? .distantPast
    }
    var best = candidates[0]
    for other in candidates.dropFirst() {
      let (a, b) = (lastAct(other), lastAct(best))
      if a < b || (a == b && other.handle.generation < best.handle.generation) { best = other }
    }
    return best
  }

  func catchUp(_ device: ReferenceDevice, after revision: UInt64) {
    for state in device.account.conversations where state.revision > revision {
      self.expectMarker(state.id, at: device)
    }
  }

  /// Ends a session; nil is its own sign-out.
  private func end(_ device: ReferenceDevice, _ reason: Ended.Reason?) {
    self.giveUpAll(of: device)
    self.eraseActs(of: device)
    device.isGone = true
    device.account.devices.removeAll { $0 === device }
    device.account.holds.removeAll { $0.device === device }
    if let reason { self.expect(Trace(kind: .ended, detail: reason.rawValue), at: device) }
  }

  private func connectionLost(_ device: ReferenceDevice) -> ReferenceOutcome {
    guard device.phase == .connected else { return .exactly(.ignored(.notConnected)) }
    device.phase = device.isPush ? .suspended : .detached
    device.deadline = self.now.advanced(
      by: device.isPush ? self.values.suspensionWindow : self.values.resumeWindow)
    return .exactly(.done)
  }

  private func resume(_ device: ReferenceDevice) -> ReferenceOutcome {
    guard device.phase != .connected else { return .exactly(.ignored(.notDetached)) }
    device.phase = .connected
    device.askedMode = .normal
    self.flush(device, .resumed, ringsUnseen: true)
    device.regroupUntil = .distantPast
    // Nothing accepted is lost: markers given up for want of room are told now.
    if device.missedMarkers, device.isMDM { self.catchUp(device, after: 0) }
    device.missedMarkers = false
    return .exactly(.done)
  }

  private func presence(
    _ presence: DevicePresence, of device: ReferenceDevice
  ) -> ReferenceOutcome {
    guard device.phase == .connected else { return .exactly(.ignored(.notConnected)) }
    switch presence {
    case .available(let show, let priority):
      device.isAvailable = true
      device.priority = priority
      if self.values.qualifyingShows.contains(show) {
        if device.mode != .quiet || self.values.quietPresenceQualifies {
          self.noteAct(.availablePresence, by: device)
        }
      } else if self.values.awayEndsActivity, show == .away || show == .extendedAway {
        self.eraseActs(of: device)
      }
    case .unavailable:
      device.isAvailable = false
      device.owed = [:]
      self.eraseActs(of: device)
      self.giveUpAll(of: device)
    }
    return .exactly(.done)
  }

  private func setMode(_ mode: SessionMode, of device: ReferenceDevice) -> ReferenceOutcome {
    guard device.phase == .connected else { return .exactly(.ignored(.notConnected)) }
    let previous = device.askedMode
    guard previous != mode else { return .exactly(.ignored(.alreadySo)) }
    device.askedMode = mode
    device.regroupUntil = .distantPast
    guard device.isMDM else { return .exactly(.ignored(.notMultipleDevice)) }
    if previous == .quiet, mode == .normal, self.values.leavingQuietQualifies, device.isAvailable {
      self.noteAct(.leftQuietMode, by: device)
    }
    if !self.isHolding(device) {
      self.flush(device, .clientActive)
      device.regroupUntil = .distantPast
    }
    return .exactly(.done)
  }

  // MARK: - Time

  /// What is due on any account comes before what concerns them all (B3).
  private func onEveryAccount(_ body: () -> ReferenceOutcome) -> ReferenceOutcome {
    for account in self.accounts { if let account { self.expire(account) } }
    return body()
  }

  /// Handles what is due on one account (B14, B26).
  private func expire(_ account: ReferenceAccount) {
    for device in account.devices where device.phase != .connected && device.deadline <= self.now {
      self.end(
        device, device.phase == .suspended ? .suspensionExpired : .resumeWindowExpired)
    }
    self.flushLapsed(account, isDue: account.expiryDue.map { $0 <= self.now } ?? false)
  }

  /// Flushes quiet devices with unread messages when no client is active any more (B26).
  private func flushLapsed(_ account: ReferenceAccount, isDue: Bool = true) {
    guard self.values.flushOnActivityExpiry, self.active(in: account) == nil else { return }
    for device in account.devices where device.mode == .quiet && device.phase == .connected {
      guard device.queue.contains(where: { self.isUnread($0, device) }) else { continue }
      if isDue || self.hintedExpiry.contains(device.handle) {
        self.flush(device, .activityExpired)
      }
    }
  }

  private func noteExpiryDue(after command: Command) {
    switch command {
    case .configure, .setEnabled, .restart:
      for account in self.accounts { if let account { self.noteExpiryDue(of: account) } }
    case .receive(let handle, _, _), .archived(let handle, _), .archiveFailed(let handle, _),
      .expire(let handle), .signIn(let handle, _):
      if let account = self.account(handle) { self.noteExpiryDue(of: account) }
    case .send(let device, _, _), .read(let device, _, _), .signOut(let device),
      .connectionLost(let device), .resume(let device), .presence(let device, _),
      .requestMDM(let device, _), .setMode(let device, _), .requested(let device):
      if let account = self.everyDevice[device]?.account { self.noteExpiryDue(of: account) }
    case .open, .restore, .close: break
    }
  }

  /// When the last active client's window closes with unread messages held for a quiet device.
  func noteExpiryDue(of account: ReferenceAccount) {
    account.expiryDue = nil
    guard self.values.flushOnActivityExpiry, let act = self.activeAct(in: account) else { return }
    let isWaiting = account.devices.contains { device in
      device.mode == .quiet && device.phase == .connected
        && device.queue.contains { self.isUnread($0, device) }
    }
    if isWaiting { account.expiryDue = act.instant.advanced(by: self.values.activeWindow) }
  }
}
