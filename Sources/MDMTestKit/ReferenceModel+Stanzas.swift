import MDM

// Stanzas, the archive, read markers, and the engine as a whole.
extension ReferenceModel {
  func isArchived(_ stanza: Stanza) -> Bool {
    guard stanza.kind.isContent, stanza.kind != .groupChat else { return false }
    return self.values.archiveIgnoresHints
      || (!stanza.flags.contains(.noStore) && !stanza.flags.contains(.noPermanentStore))
  }

  /// Takes a stanza in; under ``ArchivePolicy/refuse`` it may have to wait its turn (B20).
  func accept(_ waiting: ReferenceWaiting, _ account: ReferenceAccount) -> ReferenceOutcome {
    let bytes = waiting.stanza.byteCount
    if bytes > self.values.stanzaByteLimit {
      self.totals.refusals += 1
      return .exactly(
        .refused(.stanzaTooLarge(bytes: bytes, limit: self.values.stanzaByteLimit)))
    }
    var waiting = waiting
    let isArchived = self.isArchived(waiting.stanza)
    let waits =
      self.values.archiveFailure == .refuse && (isArchived || !account.backlog.isEmpty)
    if waits, account.backlog.count >= self.values.archiveBacklogLimit {
      self.totals.refusals += 1
      return .exactly(.refused(.archiveBacklog(self.values.archiveBacklogLimit)))
    }
    if isArchived, waits || self.isAccepted(waiting, account) {
      account.position += 1
      self.totals.archived += 1
      let direction: ArchiveRequest.Direction = waiting.sender == nil ? .received : .sent
      account.expected.append(
        Trace(
          kind: .archive, stanza: waiting.stanza, detail: direction.rawValue,
          position: account.position))
      waiting = ReferenceWaiting(
        stanza: waiting.stanza, sender: waiting.sender, address: waiting.address,
        position: account.position, isStored: nil)
    } else {
      waiting.isStored = true
    }
    // Sending is an act of the moment, whatever the archive will say (B2, B5, B6, B19).
    if let sender = waiting.sender, let device = self.device(sender) {
      self.noteSent(waiting.stanza, by: device)
    }
    if waits { account.backlog.append(waiting) } else { self.goOn(waiting, account) }
    return .exactly(.done)
  }

  /// What is sent back or forgotten was not accepted and is not archived (B20).
  private func isAccepted(_ waiting: ReferenceWaiting, _ account: ReferenceAccount) -> Bool {
    guard waiting.sender == nil else { return true }
    let target = self.target(waiting.address ?? .account, in: account)
    let (fates, miss) = self.receivers(of: waiting.stanza, to: target, in: account)
    return !fates.isEmpty || miss == .storeOffline
  }

  func noteArchive(
    _ isStored: Bool, _ position: UInt64, _ account: ReferenceAccount
  ) -> ReferenceOutcome {
    guard position > 0, position <= account.position else {
      return .exactly(.ignored(.unknownPosition))
    }
    if !isStored { self.totals.archiveFailures += 1 }
    let place = account.backlog.firstIndex {
      $0.position == position && position != 0 && $0.isStored == nil
    }
    guard let place else { return .exactly(.ignored(.notAwaited)) }
    account.backlog[place].isStored = isStored
    while let first = account.backlog.first, let isStored = first.isStored {
      account.backlog.removeFirst()
      if isStored { self.goOn(first, account) } else { self.sendBack(first, account) }
    }
    return .exactly(.done)
  }

  func sendBack(_ waiting: ReferenceWaiting, _ account: ReferenceAccount) {
    self.totals.unroutable += 1
    account.expected.append(
      Trace(
        kind: .unroutable, stanza: waiting.stanza, decision: Disposition.bounce.rawValue,
        position: waiting.position))
  }

  private func goOn(_ waiting: ReferenceWaiting, _ account: ReferenceAccount) {
    guard let sender = waiting.sender else { return self.received(waiting, account) }
    self.sent(waiting, account, by: self.device(sender), gone: self.everyDevice[sender])
  }

  private func received(_ waiting: ReferenceWaiting, _ account: ReferenceAccount) {
    let stanza = waiting.stanza
    if waiting.position != 0, self.isAccepted(waiting, account),
      !stanza.flags.contains(.ownAccount), let id = stanza.conversation
    {
      let limit = self.values.conversationLimit
      let conversation = self.conversation(id, limit: limit, in: account)
      conversation.positions.append(waiting.position)
      conversation.touched = waiting.position
    }
    let target = self.target(waiting.address ?? .account, in: account)
    let (fates, miss) = self.receivers(of: stanza, to: target, in: account)
    if fates.isEmpty {
      self.totals.unroutable += 1
      account.expected.append(
        Trace(
          kind: .unroutable, stanza: stanza, decision: miss.rawValue,
          position: waiting.position))
      return
    }
    self.fanOut(stanza, at: waiting.position, to: fates, in: account, isSent: false)
  }

  private func noteSent(_ stanza: Stanza, by device: ReferenceDevice) {
    let account = device.account
    if stanza.kind.isContent, !stanza.flags.contains(.replayed) {
      self.noteAct(.instantMessage, by: device)
      self.flush(device, .clientTraffic)
      if !device.isMDM, let id = stanza.conversation {
        account.holds.removeAll { $0.conversation == id }
        account.holds.append((id, device, self.now))
      }
    }
    if stanza.kind == .request { self.flush(device, .request) }
  }

  /// A stanza goes on; its device may have gone while it waited for the archive.
  private func sent(
    _ waiting: ReferenceWaiting, _ account: ReferenceAccount, by device: ReferenceDevice?,
    gone: ReferenceDevice?
  ) {
    let stanza = waiting.stanza
    if waiting.address == nil, let routed = device ?? gone {
      self.expect(Trace(kind: .route, stanza: stanza, position: waiting.position), at: routed)
    }
    let target = waiting.address.map { self.target($0, in: account) }
    let fates = self.otherDevices(of: stanza, from: device, toSelf: target, in: account)
    if !fates.isEmpty {
      self.fanOut(stanza, at: waiting.position, to: fates, in: account, isSent: true)
    } else if let target {
      self.expectAnswer(to: waiting, target, account)
    }
    if self.values.sendMarksRead, stanza.kind.isContent, let device,
      let id = stanza.conversation
    {
      _ = self.read(id, self.lastSettled(in: account), by: device)
    }
  }

  /// Whatever expects a taker in the own account and finds none is answered.
  private func expectAnswer(
    to waiting: ReferenceWaiting, _ target: Target, _ account: ReferenceAccount
  ) {
    let stanza = waiting.stanza
    guard stanza.kind == .request || stanza.flags.contains(.exactDeviceOnly) else { return }
    let (fates, miss) = self.receivers(of: stanza, to: target, in: account)
    guard fates.isEmpty else { return }
    self.totals.unroutable += 1
    account.expected.append(
      Trace(
        kind: .unroutable, stanza: stanza, decision: miss.rawValue, position: waiting.position))
  }

  /// The last position that does not wait for the archive.
  private func lastSettled(in account: ReferenceAccount) -> UInt64 {
    let first = account.backlog.first { $0.position != 0 }
    return first.map { $0.position - 1 } ?? account.position
  }

  private func conversation(
    _ id: ConversationID, limit: Int, in account: ReferenceAccount
  ) -> ReferenceConversation {
    let conversation = account.ensureConversation(id, limit: limit)
    self.totals.conversationsForgotten += account.forgotten
    account.forgotten = 0
    return conversation
  }

  // MARK: - Reading

  func read(
    _ id: ConversationID, _ position: UInt64, by reader: ReferenceDevice
  ) -> ReferenceOutcome {
    let account = reader.account
    guard position > 0, position <= account.position else {
      self.totals.markersUnknown += 1
      return .exactly(.ignored(.unknownPosition))
    }
    let conversation = self.conversation(
      id, limit: self.values.conversationLimit, in: account)
    guard position > conversation.readUpTo else {
      self.totals.markersNotForward += 1
      return .exactly(.ignored(.notForward))
    }
    account.revision += 1
    self.totals.markers += 1
    conversation.readUpTo = position
    conversation.revision = account.revision
    conversation.touched = position
    reader.outstanding[id]?.removeAll { $0 <= position }
    reader.readHere[id] = position
    reader.owed[id] = nil
    var waiting: [ReferenceDevice] = []
    for device in account.devices where device !== reader && device.isAvailable && device.isMDM {
      device.owed[id] = position
      // A push is taken back at once, not when the device comes back.
      if device.phase == .suspended { self.takenBack.append((device, id, position)) }
      if device.phase == .connected, !self.isHolding(device) {
        self.expectMarker(id, at: device)
      } else {
        waiting.append(device)
      }
    }
    if !waiting.isEmpty { self.holdMarker(id, for: waiting, in: account) }
    return .exactly(.done)
  }

  /// A newer marker of a conversation takes the place of an older one (B8).
  private func holdMarker(
    _ id: ConversationID, for waiting: [ReferenceDevice], in account: ReferenceAccount
  ) {
    for device in waiting {
      let place = device.queue.firstIndex { $0.stanza == nil && $0.conversation == id }
      guard let place else { continue }
      _ = self.take(place, from: device)
      self.totals.coalesced += 1
    }
    self.append(ReferenceEntry(stanza: nil, conversation: id, arrival: self.now), to: waiting)
    self.totals.held += UInt64(waiting.count)
    self.enforceLimits(on: waiting)
  }

  // MARK: - MDM on and off

  func updateMDM(of device: ReferenceDevice) {
    device.isMDM = self.enabled && device.wantsMDM && device.refusal == nil
    if !device.isMDM { device.owed = [:] }
  }

  func requestMDM(_ wanted: Bool, by device: ReferenceDevice) -> ReferenceOutcome {
    if wanted {
      if let refusal = device.refusal { return .exactly(.refused(.notEligible(refusal))) }
      if !self.enabled { return .exactly(.refused(.notEligible(.disabledByServer))) }
    }
    guard wanted != device.wantsMDM else { return .exactly(.ignored(.alreadySo)) }
    if !wanted { self.leaveMDM(device) }
    device.wantsMDM = wanted
    self.updateMDM(of: device)
    if wanted, device.catchesUp { self.catchUp(device, after: 0) }
    return .exactly(.done)
  }

  private func leaveMDM(_ device: ReferenceDevice) {
    if device.phase == .connected {
      self.flush(device, .featureDisabled)
      device.regroupUntil = .distantPast
    }
    device.askedMode = .normal
  }

  func setEnabled(_ isEnabled: Bool) -> ReferenceOutcome {
    // The configuration says what is wanted, so that changing another setting keeps it.
    self.values.enabled = isEnabled
    if self.values.enablement == .onRestart {
      guard isEnabled != self.staged ?? self.enabled else { return .exactly(.ignored(.alreadySo)) }
      self.staged = isEnabled
      return .exactly(.done)
    }
    guard isEnabled != self.enabled else { return .exactly(.ignored(.alreadySo)) }
    self.switchEnabled(isEnabled)
    return .exactly(.done)
  }

  func restart() -> ReferenceOutcome {
    let staged = self.staged
    self.staged = nil
    guard let staged, staged != self.enabled else { return .exactly(.ignored(.alreadySo)) }
    self.switchEnabled(staged)
    return .exactly(.done)
  }

  private func switchEnabled(_ isEnabled: Bool) {
    self.enabled = isEnabled
    for account in self.accounts {
      for device in account?.devices ?? [] {
        let was = device.isMDM
        if was, !isEnabled { self.leaveMDM(device) }
        // B18: back on means normal, whatever was asked for meanwhile.
        if !was, isEnabled { device.askedMode = .normal }
        self.updateMDM(of: device)
        if device.isMDM != was {
          self.expect(Trace(kind: .mdmChanged, mark: device.isMDM), at: device)
        }
      }
    }
  }

  // MARK: - The configuration

  func configure(_ configuration: Configuration) -> ReferenceOutcome {
    let old = self.values
    guard configuration.values != old else { return .exactly(.ignored(.alreadySo)) }
    self.values = configuration.values
    if configuration.values.flushOnActivityExpiry { self.hasHadExpiry = true }
    if old.timeslice != self.values.timeslice {
      self.sliceOrigin = self.now
      self.flushes = []
    }
    if self.values.enablement == .onRestart {
      self.staged = self.values.enabled == self.enabled ? nil : self.values.enabled
    } else {
      self.staged = nil
      if self.values.enabled != self.enabled { self.switchEnabled(self.values.enabled) }
    }
    for account in self.accounts {
      guard let account else { continue }
      if old.activeWindow != self.values.activeWindow { account.since = nil }
      if self.values.archiveFailure == .deliverAnyway {
        while !account.backlog.isEmpty {
          let waiting = account.backlog.removeFirst()
          if waiting.isStored == false {
            self.sendBack(waiting, account)
          } else {
            self.goOn(waiting, account)
          }
        }
      }
      let full = account.devices.filter { self.isOverLimit($0) }
      for device in account.devices
      where !self.isOverLimit(device) && device.phase == .connected && !self.isHolding(device) {
        self.flush(device, .clientActive)
      }
      self.enforceLimits(on: full)
    }
    return .exactly(.done)
  }

  // MARK: - Pressure

  /// The largest buffers go first until the overall limits are kept (B11).
  func relievePressure() {
    while self.heldStanzas >= self.overallLimit
      || self.heldBytes >= self.values.overallByteLimit
    {
      var victim: ReferenceDevice?
      for account in self.accounts {
        for device in account?.devices ?? [] where self.goesFirst(device, before: victim) {
          victim = device
        }
      }
      guard let victim else { return }
      if victim.phase == .connected {
        self.flush(victim, .overallLimit)
      } else {
        self.totals.overflowed += UInt64(victim.queue.count)
        self.giveUpAll(of: victim)
      }
      // The victim's account may wait for nothing any more; what is due already stays due.
      if let due = victim.account.expiryDue, due > self.now {
        self.noteExpiryDue(of: victim.account)
      }
    }
  }

  private func goesFirst(_ device: ReferenceDevice, before other: ReferenceDevice?) -> Bool {
    guard let head = device.queue.first else { return false }
    guard let other, let otherHead = other.queue.first else { return true }
    if device.queue.count != other.queue.count { return device.queue.count > other.queue.count }
    return head.arrival < otherHead.arrival
  }
}
