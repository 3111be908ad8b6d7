import MDM

// Now, later or never; ringing; holding and flushing (B7–B14).
extension ReferenceModel {
  /// Sends a stanza on its way to `fates`.
  func fanOut(
    _ stanza: Stanza, at position: UInt64, to fates: [Fate], in account: ReferenceAccount,
    isSent: Bool
  ) {
    let isOwn = isSent || stanza.flags.contains(.ownAccount)
    let isUrgent = stanza.flags.contains(.urgent) && !isSent
    let neverWaits = isUrgent || stanza.kind == .request
    let isFromOthers = stanza.kind.isContent && !isOwn
    let reached =
      neverWaits || isFromOthers ? self.reachedActive(among: fates, in: account) : []
    var (live, held): ([Fate], [Fate]) = ([], [])
    var dropped = 0
    for fate in fates {
      let device = fate.device
      let isAway = device.phase != .connected
      let waits: Bool
      if isAway {
        waits = true
      } else if neverWaits || !self.isHolding(device) {
        waits = false
      } else if isFromOthers, !self.isSuspendedSilent(device) {
        // Trigger 2: it waits only while another active client has the message (B7, B10).
        waits = reached.contains { $0 !== device }
      } else {
        waits = true
      }
      if !waits {
        live.append(fate)
      } else if stanza.kind == .chatState, !neverWaits, self.values.chatStates == .drop {
        dropped += 1
      } else {
        held.append(fate)
      }
    }
    let trigger: FlushReason =
      stanza.kind == .request ? .request : isUrgent ? .urgent : .noOtherActiveClient
    for fate in live {
      self.flush(fate.device, neverWaits ? trigger : .noOtherActiveClient)
      self.deliverLive(stanza, at: position, to: fate, isSent: isSent, isOwn: isOwn, reached)
    }
    self.totals.dropped += UInt64(dropped)
    var pushed: DeviceSet = []
    if (isUrgent && !isOwn) || (isFromOthers && reached.isEmpty) {
      for fate in held
      where fate.device.phase == .suspended && fate.device.mode != .silent {
        pushed.insert(fate.device.index)
        self.totals.pushed += 1
        self.totals.notified += 1
        self.expect(Trace(kind: .push, stanza: stanza, position: position), at: fate.device)
      }
    }
    if held.isEmpty { return }
    self.hold(
      stanza, at: position, for: held, isSent: isSent, isSeen: isSent || !live.isEmpty,
      pushed: pushed)
  }

  /// The active clients that get a stanza live (B10). Of several in the background only the one
  /// that acted last does, and only when none in the foreground does.
  private func reachedActive(
    among fates: [Fate], in account: ReferenceAccount
  ) -> [ReferenceDevice] {
    let active = fates.map { $0.device }.filter { $0.phase == .connected && self.isActive($0) }
    let foreground = active.filter { !self.isHolding($0) }
    if !foreground.isEmpty { return foreground }
    let latest = self.active(in: account)
    return active.filter { $0 === latest && !self.isSuspendedSilent($0) }
  }

  private func deliverLive(
    _ stanza: Stanza, at position: UInt64, to fate: Fate, isSent: Bool, isOwn: Bool,
    _ reached: [ReferenceDevice]
  ) {
    let device = fate.device
    let isUrgent = stanza.flags.contains(.urgent)
    let decision: NotificationDecision
    if isOwn {
      decision = .ownMessage
    } else if !stanza.kind.isContent, !isUrgent {
      decision = .notContent
    } else if !device.isMDM {
      decision = .clientDecides
    } else if device.mode == .silent {
      decision = .silentMode
    } else if isUrgent {
      decision = .urgent
    } else if reached.isEmpty {
      decision = .noActiveClient
    } else {
      decision = reached.contains { $0 === device } ? .activeClient : .otherClientActive
    }
    self.totals.delivered += 1
    if decision.rings { self.totals.notified += 1 }
    let form: Delivery.Form = !fate.isCopy ? .original : isSent ? .sentCopy : .receivedCopy
    self.expect(
      Trace(
        kind: .deliver, stanza: stanza, detail: form.rawValue, decision: decision.rawValue,
        position: position, instant: .min), at: device)
  }

  // MARK: - Holding

  private func hold(
    _ stanza: Stanza, at position: UInt64, for fates: [Fate], isSent: Bool, isSeen: Bool,
    pushed: DeviceSet
  ) {
    var copies: DeviceSet = []
    for fate in fates where fate.isCopy { copies.insert(fate.device.index) }
    let entry = ReferenceEntry(
      stanza: stanza, arrival: self.now, position: position, isSent: isSent, copies: copies,
      isSeen: isSeen, pushed: pushed)
    let isUrgent = stanza.flags.contains(.urgent) && !isSent
    for fate in fates {
      if !isUrgent { self.supersede(stanza, at: fate.device) }
    }
    entry.holders = fates.map { $0.device }
    self.append(entry, to: entry.holders)
    self.totals.held += UInt64(fates.count)
    self.fresh.append(entry)
    self.enforceLimits(on: entry.holders)
  }

  func append(_ entry: ReferenceEntry, to devices: [ReferenceDevice]) {
    for device in devices {
      device.queue.append(entry)
      entry.waiting.insert(device.index)
    }
    self.heldStanzas += devices.count
    self.heldBytes += entry.bytes
  }

  func take(_ place: Int, from device: ReferenceDevice) -> ReferenceEntry {
    let entry = device.queue.remove(at: place)
    entry.waiting.remove(device.index)
    self.heldStanzas -= 1
    if entry.waiting.isEmpty { self.heldBytes -= entry.bytes }
    return entry
  }

  /// A newer stanza of a coalesced class takes an older one's place (B8).
  private func supersede(_ stanza: Stanza, at device: ReferenceDevice) {
    switch stanza.kind {
    case .presence, .headline:
      guard stanza.coalescingKey != nil else { return }
    case .chatState:
      guard stanza.coalescingKey != nil || stanza.conversation != nil else { return }
    default: return
    }
    let place = device.queue.firstIndex { entry in
      guard let old = entry.stanza, old.kind == stanza.kind,
        old.coalescingKey == stanza.coalescingKey, entry.isSent || !old.flags.contains(.urgent)
      else { return false }
      return stanza.coalescingKey != nil || old.conversation == stanza.conversation
    }
    guard let place else { return }
    _ = self.take(place, from: device)
    self.totals.coalesced += 1
  }

  func isOverLimit(_ device: ReferenceDevice) -> Bool {
    device.queue.count >= self.values.perSessionLimit
      || device.heldBytes >= self.values.perSessionByteLimit
  }

  func enforceLimits(on devices: [ReferenceDevice]) {
    for device in devices where self.isOverLimit(device) {
      if device.phase == .connected {
        self.flush(device, .sessionLimit)
        continue
      }
      while device.queue.count > self.values.perSessionLimit
        || device.heldBytes > self.values.perSessionByteLimit
      {
        self.totals.overflowed += 1
        self.giveUpOldest(of: device)
      }
    }
  }

  // MARK: - Flushing

  /// Puts everything that waits for a device on its way.
  func flush(_ device: ReferenceDevice, _ reason: FlushReason, ringsUnseen: Bool = false) {
    let count = device.queue.count
    if count == 0 { return }
    self.expect(Trace(kind: .flush, detail: reason.rawValue, count: count), at: device)
    // B26: the last unread message from somebody else rings once for all.
    let lastUnread =
      reason == .activityExpired ? device.queue.lastIndex { self.isUnread($0, device) } : nil
    for place in 0..<count {
      let entry = self.take(0, from: device)
      let residence = self.now.nanoseconds(since: entry.arrival)
      self.totals.queuedNanoseconds.add(residence)
      self.deliverHeld(
        entry, to: device, ringsUnseen: ringsUnseen, ringsOnce: place == lastUnread)
    }
    self.totals.flushesByReason[Int(reason.rawValue)] += 1
    self.totals.flushedPackets += UInt64(count)
    self.flushes.append((self.now, count))
    if device.phase == .connected, self.values.regroupDelay > .zero {
      device.regroupUntil = self.now.advanced(by: self.values.regroupDelay)
    }
  }

  func isUnread(_ entry: ReferenceEntry, _ device: ReferenceDevice) -> Bool {
    guard let stanza = entry.stanza else { return false }
    return stanza.kind.isContent && !entry.isSent && !stanza.flags.contains(.ownAccount)
      && !device.account.isRead(stanza, at: entry.position)
  }

  private func deliverHeld(
    _ entry: ReferenceEntry, to device: ReferenceDevice, ringsUnseen: Bool, ringsOnce: Bool
  ) {
    guard let stanza = entry.stanza else {
      if let id = entry.conversation { self.expectMarker(id, at: device) }
      return
    }
    let isRead = device.account.isRead(stanza, at: entry.position)
    let isTold = entry.isSeen || !entry.pushed.isEmpty
    let decision: NotificationDecision
    if entry.isSent || stanza.flags.contains(.ownAccount) {
      decision = .ownMessage
    } else if !stanza.kind.isContent {
      decision = .notContent
    } else if ringsOnce {
      decision = .activityExpired
    } else if ringsUnseen, !isTold, !isRead {
      decision = .noActiveClient
    } else {
      decision = .heldBack
    }
    entry.isSeen = true
    if decision.rings { self.totals.notified += 1 }
    self.expect(
      Trace(
        kind: .deliver, stanza: stanza, detail: entry.form(at: device.index).rawValue,
        decision: decision.rawValue, mark: isRead, position: entry.position,
        instant: entry.arrival.nanoseconds), at: device)
  }

  /// A device is told how far a conversation has been read by now.
  func expectMarker(_ id: ConversationID, at device: ReferenceDevice) {
    guard let state = device.account.conversation(id) else { return }
    self.expect(
      Trace(
        kind: .marker, conversation: id, position: state.readUpTo, count: state.unread,
        instant: Int64(bitPattern: state.revision)), at: device)
  }

  // MARK: - Giving up

  func giveUpAll(of device: ReferenceDevice) {
    while !device.queue.isEmpty { self.giveUpOldest(of: device) }
  }

  private func giveUpOldest(of device: ReferenceDevice) {
    let entry = self.take(0, from: device)
    guard let stanza = entry.stanza else {
      device.missedMarkers = true
      return
    }
    let isElsewhere = entry.isSeen || !entry.waiting.isEmpty
    let form = entry.form(at: device.index)
    self.totals.undelivered += 1
    self.expect(
      Trace(
        kind: .undelivered, stanza: stanza, detail: form.rawValue,
        decision: self.disposition(of: stanza, form, isElsewhere: isElsewhere).rawValue,
        mark: isElsewhere, position: entry.position, instant: entry.arrival.nanoseconds),
      at: device)
  }

  /// A sole copy is kept or sent back, anything else forgotten; copies never bounce (B14).
  private func disposition(
    of stanza: Stanza, _ form: Delivery.Form, isElsewhere: Bool
  ) -> Disposition {
    switch stanza.kind {
    case .request: return stanza.flags.contains(.answer) ? .drop : .bounce
    case .groupChat, .chatState, .headline, .messageError, .presence: return .drop
    case .chat, .normal, .invitation, .fileTransfer, .receipt, .displayedMarker, .payload,
      .subscription:
      if isElsewhere { return .drop }
      guard stanza.flags.contains(.noStore) else { return .storeOffline }
      return stanza.kind.isContent && form == .original ? .bounce : .drop
    }
  }
}
