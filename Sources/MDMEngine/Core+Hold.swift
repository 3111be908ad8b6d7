import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

extension Core {
  /// Holds a stanza back for ``FanOut/held`` and lets the limits of each device speak (B8, B11).
  @inline(always)
  mutating func hold(
    _ fanOut: FanOut, isPushed: Bool, of stanza: Stanza, explains: Bool,
    on account: inout Account, into effects: EffectStorage
  ) {
    let isKeyed = fanOut.rule.replaces && HoldBackLog.hasKey(stanza)
    if isKeyed {
      let old = self.log.superseded(by: stanza, for: fanOut.held, account: account.slot)
      // The devices that waited for the contact's last presence are nearly always those that wait
      // for this one.
      if let old, !explains, !isPushed, self.log.pending(old) == fanOut.held {
        return self.replace(old, fanOut, by: stanza, on: &account, into: effects)
      }
      if old != nil { self.supersede(fanOut, by: stanza, on: &account, into: effects) }
    }
    let entry = self.log.append(
      stanza, arrival: self.now, position: fanOut.position, pending: fanOut.held,
      copies: fanOut.isSentCopy
        ? fanOut.held - fanOut.route.originals : fanOut.held & fanOut.route.copies,
      isSentCopy: fanOut.isSentCopy, isSeen: fanOut.isSentCopy || !fanOut.live.isEmpty,
      key: isKeyed ? account.slot : nil, to: &account.held)
    if isPushed { self.log.notePushed(entry) }
    let full = self.lengthenQueues(
      of: fanOut.held, with: entry, bytes: stanza.byteCount, in: &account)
    if explains {
      self.explainHeld(fanOut, of: stanza, isPushed: isPushed, on: account, into: effects)
    }
    if !full.isEmpty { self.limitReached(full, on: &account, into: effects) }
  }

  /// Holds a stanza back in place of an older one with the same key that the same devices wait for.
  @inline(never)
  private mutating func replace(
    _ old: UInt32, _ fanOut: FanOut, by stanza: Stanza, on account: inout Account,
    into effects: EffectStorage
  ) {
    let replacement = self.log.replace(
      old, by: stanza, arrival: self.now,
      copies: fanOut.isSentCopy
        ? fanOut.held - fanOut.route.originals : fanOut.held & fanOut.route.copies,
      isSentCopy: fanOut.isSentCopy, isSeen: fanOut.isSentCopy || !fanOut.live.isEmpty,
      account: account.slot, list: &account.held)
    var full = DeviceSet()
    var held: UInt64 = 0
    var rest = fanOut.held
    while let index = rest.popFirst() {
      held &+= 1
      let device = account.devices.pointer(to: index)
      self.log.noteReplaced(replacement, for: index, in: &device.pointee.held)
      if device.pointee.held.count >= self.rules.perSessionLimit
        || device.pointee.held.bytes >= self.rules.perSessionByteLimit
      {
        full.insert(index)
      }
    }
    self.totals.held &+= held
    self.totals.coalesced &+= held
    self.log.endReplacing(list: &account.held)
    if self.pressure.isWatching { self.notePressure(of: fanOut.held, in: &account) }
    if !full.isEmpty { self.limitReached(full, on: &account, into: effects) }
  }

  /// Tells each device's queue of a new entry; returns the devices whose limit is reached.
  @inline(always)
  mutating func lengthenQueues(
    of devices: DeviceSet, with entry: UInt32, bytes: Int, in account: inout Account
  ) -> DeviceSet {
    let countLimit = self.rules.perSessionLimit
    let byteLimit = self.rules.perSessionByteLimit
    var full = DeviceSet()
    var held: UInt64 = 0
    var rest = devices
    while let index = rest.popFirst() {
      held &+= 1
      let device = account.devices.pointer(to: index)
      device.pointee.held.noteAppended(entry, bytes: bytes)
      if device.pointee.held.count >= countLimit || device.pointee.held.bytes >= byteLimit {
        full.insert(index)
      }
    }
    self.totals.held &+= held
    if self.pressure.isWatching { self.notePressure(of: devices, in: &account) }
    return full
  }

  @inline(never)
  private mutating func notePressure(of devices: DeviceSet, in account: inout Account) {
    var rest = devices
    while let index = rest.popFirst() {
      self.pressure.note(account.devices[index].held, of: index, account.slot, in: self.log)
    }
  }

  @inline(never)
  private func explainHeld(
    _ fanOut: FanOut, of stanza: Stanza, isPushed: Bool, on account: borrowing Account,
    into effects: EffectStorage
  ) {
    let pushed = isPushed ? fanOut.pushable(in: account.sets) : DeviceSet()
    var rest = fanOut.held
    while let index = rest.popFirst() {
      let device = account.handle(of: index)
      effects.explain(
        device, stanza, fanOut.position,
        .held(self.holdReason(fanOut, at: index, sets: account.sets)))
      if pushed.contains(index) { effects.explain(device, stanza, fanOut.position, .pushed) }
    }
  }

  private func holdReason(
    _ fanOut: FanOut, at index: Int, sets: SessionSets
  ) -> Explanation.HoldReason {
    if sets.suspended.contains(index) { return .suspended }
    if !sets.connected.contains(index) { return .detached }
    if sets.silent.contains(index) { return .silent }
    if fanOut.isSentCopy || fanOut.isOwn { return .ownMessage }
    return fanOut.isContent ? .otherClientActive : .notContent
  }

  /// Takes an older entry with the same key away from whoever will read the newer one (B8).
  private mutating func supersede(
    _ fanOut: FanOut, by stanza: Stanza, on account: inout Account, into effects: EffectStorage
  ) {
    while let old = self.log.superseded(
      by: stanza, for: fanOut.held, account: account.slot)
    {
      var rest = self.log.pending(old) & fanOut.held
      self.totals.coalesced &+= UInt64(truncatingIfNeeded: rest.count)
      while let index = rest.popFirst() {
        if effects.explains, let stanza = self.log.stanza(old) {
          effects.explain(account.handle(of: index), stanza, 0, .coalesced)
        }
        self.log.drop(
          old, for: index, queue: &account.devices[index].held, account: account.slot,
          list: &account.held)
      }
    }
  }

  /// Devices whose own limit is reached: a connected one is flushed, the newest stanza included;
  /// from the others the oldest go (B11, B14).
  mutating func limitReached(
    _ full: DeviceSet, on account: inout Account, into effects: EffectStorage
  ) {
    if (full - account.sets.connected).isEmpty {
      return self.flush(full, .sessionLimit, of: &account, into: effects)
    }
    var rest = full
    while let index = rest.popFirst() {
      if account.sets.connected.contains(index) {
        self.flush(index, .sessionLimit, of: &account, into: effects)
        continue
      }
      while account.devices[index].held.count > self.rules.perSessionLimit
        || account.devices[index].held.bytes > self.rules.perSessionByteLimit
      {
        self.totals.overflowed &+= 1
        self.giveUpOldest(of: index, on: &account, into: effects)
      }
      if self.pressure.isWatching {
        self.pressure.note(account.devices[index].held, of: index, account.slot, in: self.log)
      }
    }
  }

  // MARK: - What will not reach its device

  /// Hands everything that waits for the device at `index` to the host (B14).
  mutating func giveUpAll(
    of index: Int, on account: inout Account, into effects: EffectStorage
  ) {
    while !account.devices[index].held.isEmpty {
      self.giveUpOldest(of: index, on: &account, into: effects)
    }
  }

  /// Hands the oldest stanza that waits for the device at `index` to the host (B14).
  private mutating func giveUpOldest(
    of index: Int, on account: inout Account, into effects: EffectStorage
  ) {
    let item = self.log.pop(
      for: index, queue: &account.devices[index].held, isDelivered: false,
      account: account.slot, list: &account.held)
    guard let item else { return }
    guard let storage = item.stanza else {
      // The marker itself is in the account's state; the device is told when it is back.
      account.reads.value[item.conversationSlot].waiting.remove(index)
      account.devices[index].session.traits.insert(.missedMarkers)
      return
    }
    let stanza = Stanza(storage: storage.takeRetainedValue())
    self.totals.undelivered &+= 1
    let device = account.handle(of: index)
    if effects.explains { effects.explain(device, stanza, item.position, .undelivered) }
    effects.undelivered(
      stanza, form: item.form, disposition: item.disposition(of: stanza),
      position: item.position, heldSince: item.arrival, isElsewhere: item.isElsewhere, at: device)
  }
}

extension HeldItem {
  /// In what form its device gets or would have got it.
  @inline(always)
  var form: Delivery.Form {
    guard self.isCopy else { return .original }
    return self.isSentCopy ? .sentCopy : .receivedCopy
  }

  /// What to do with it when its device never gets it: a sole copy is kept or sent back, anything
  /// else forgotten, and a copy never bounces (B14, XEP-0280 §10.3).
  func disposition(of stanza: Stanza) -> Disposition {
    switch stanza.kind {
    case .request:
      return stanza.flags.contains(.answer) ? .drop : .bounce
    case .chat, .normal, .invitation, .fileTransfer, .receipt, .displayedMarker, .payload,
      .subscription:
      if self.isElsewhere { return .drop }
      if stanza.flags.contains(.noStore) {
        return stanza.kind.isContent && !self.isCopy ? .bounce : .drop
      }
      return .storeOffline
    case .groupChat, .chatState, .headline, .messageError, .presence:
      return .drop
    }
  }
}
