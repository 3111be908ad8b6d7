import MDM

/// What the observer gathers in the course of one command.
struct AuditObservation {
  /// The device whose flush is being delivered, and how many items are still to come.
  var flushing: (device: DeviceHandle, left: Int)?
  /// Serial numbers of stanzas delivered live.
  var live: Set<Int> = []
  /// Deliveries that ring and whether an active client was reached, by serial number.
  var rings: [Int: (count: Int, reachedActive: Bool)] = [:]
  /// Serial numbers of stanzas that have had any effect but archiving.
  var handled: Set<Int> = []
}

// Effects, one after another: against the model, and against what holds for any effects at all.
extension EngineAuditor {
  func observe(_ input: ScriptPlayer.Input) throws(AuditViolation) {
    self.observation = AuditObservation()
    let slot = input.command.flatMap { Self.slot(of: $0) }
    for effect in self.effects {
      if let slot { try self.checkIsolation(effect, slot) }
      try self.observe(effect)
    }
    if let flushing = self.observation.flushing, flushing.left > 0 {
      throw AuditViolation("flush", "\(flushing.left) items are missing at the end")
    }
    try self.checkNothingMissing()
    try self.checkRings()
    try self.checkHeldWasSeen()
    for (device, id, position) in self.model.takenBack {
      if let left = device.outstanding[id]?.first(where: { $0 <= position }) {
        throw AuditViolation("retraction", "\(device.name): push for \(left) is not taken back")
      }
    }
  }

  /// The account that a command names, nil for those that concern the engine.
  private static func slot(of command: Command) -> UInt32? {
    switch command {
    case .close(let account), .signIn(let account, _), .receive(let account, _, _),
      .archived(let account, _), .archiveFailed(let account, _), .expire(let account):
      account.slot
    case .signOut(let device), .connectionLost(let device), .resume(let device),
      .presence(let device, _), .requestMDM(let device, _), .setMode(let device, _),
      .requested(let device), .send(let device, _, _), .read(let device, _, _):
      device.slot
    case .open, .restore, .setEnabled, .restart, .configure: nil
    }
  }

  /// No command on one account has effects on another, save those of the overall limits.
  private func checkIsolation(_ effect: Effect, _ slot: UInt32) throws(AuditViolation) {
    let other: UInt32
    switch effect {
    case .archive(let request): other = request.account.slot
    case .unroutable(let unroutable): other = unroutable.account.slot
    case .deliver(let delivery):
      other = delivery.heldSince == nil ? delivery.device.slot : slot
    case .flush(let flush): other = flush.reason == .overallLimit ? slot : flush.device.slot
    case .deliverMarker(let marker):
      other = self.observation.flushing?.device == marker.device ? slot : marker.device.slot
    case .route(let routing): other = routing.device.slot
    case .push(let push): other = push.device.slot
    case .ended(let ended): other = ended.device.slot
    case .mdmChanged(let change): other = change.device.slot
    case .undelivered, .retractNotification: other = slot
    }
    if other != slot {
      throw AuditViolation("isolation", "a command on slot \(slot) gives \(effect)")
    }
  }

  // MARK: - One effect

  private func observe(_ effect: Effect) throws(AuditViolation) {
    switch effect {
    case .archive(let request):
      try self.matchAccount(Trace(request), request.account)
      if self.observation.handled.contains(self.serial(request.stanza)) {
        throw AuditViolation("archive first", "\(request.stanza) was handled before")
      }
    case .unroutable(let unroutable):
      self.observation.handled.insert(self.serial(unroutable.stanza))
      try self.matchAccount(Trace(unroutable), unroutable.account)
    case .deliver(let delivery):
      try self.match(Trace(delivery), delivery.device)
      try self.observe(delivery)
    case .deliverMarker(let marker):
      try self.match(Trace(marker), marker.device)
      try self.observe(marker)
    case .flush(let flush):
      try self.match(
        Trace(kind: .flush, detail: flush.reason.rawValue, count: flush.count), flush.device)
      if let open = self.observation.flushing, open.left > 0 {
        throw AuditViolation("flush", "\(flush) begins inside another one")
      }
      self.observation.flushing = (flush.device, flush.count)
    case .route(let routing):
      self.observation.handled.insert(self.serial(routing.stanza))
      try self.match(
        Trace(
          kind: .route, stanza: routing.stanza, position: routing.position?.ordinal ?? 0),
        routing.device)
    case .push(let push):
      try self.match(
        Trace(kind: .push, stanza: push.stanza, position: push.position?.ordinal ?? 0),
        push.device)
      self.noteRing(push.device, push.stanza, push.position)
    case .retractNotification(let retraction):
      try self.observe(retraction)
    case .undelivered(let undelivered):
      try self.match(Trace(undelivered), undelivered.device)
      try self.checkOrder(undelivered.stanza, at: undelivered.device)
    case .ended(let ended):
      try self.match(Trace(kind: .ended, detail: ended.reason.rawValue), ended.device)
    case .mdmChanged(let change):
      try self.match(Trace(kind: .mdmChanged, mark: change.isEffective), change.device)
    }
    if let open = self.observation.flushing, open.left > 0 { try self.checkInside(effect, open) }
  }

  /// Between a flush and its last item only its own items and retractions may stand.
  private func checkInside(
    _ effect: Effect, _ open: (device: DeviceHandle, left: Int)
  ) throws(AuditViolation) {
    switch effect {
    case .flush(let flush) where flush.device == open.device && flush.count == open.left: return
    case .retractNotification(let retraction) where retraction.device == open.device: return
    case .deliver(let delivery) where delivery.device == open.device: return
    case .deliverMarker(let marker) where marker.device == open.device: return
    default:
      throw AuditViolation("flush", "\(effect) stands inside the flush of \(open.device)")
    }
  }

  private func takeFlushed(_ device: DeviceHandle) -> Bool {
    guard let open = self.observation.flushing, open.left > 0, open.device == device else {
      return false
    }
    self.observation.flushing = open.left == 1 ? nil : (device, open.left - 1)
    return true
  }

  private func observe(_ delivery: Delivery) throws(AuditViolation) {
    let serial = self.serial(delivery.stanza)
    self.observation.handled.insert(serial)
    if self.takeFlushed(delivery.device) != (delivery.heldSince != nil) {
      throw AuditViolation("flush", "\(delivery.stanza) is held and not flushed, or reverse")
    }
    if delivery.heldSince == nil {
      self.observation.live.insert(serial)
      if delivery.notification.rings, delivery.notification != .urgent {
        self.observation.rings[serial, default: (0, false)].count += 1
        if delivery.notification == .activeClient {
          self.observation.rings[serial]?.reachedActive = true
        }
      }
    }
    if let position = delivery.position, let device = self.model.everyDevice[delivery.device] {
      if !device.positionsGot.insert(position.ordinal).inserted {
        throw AuditViolation("once", "\(delivery.device) gets position \(position) twice")
      }
    }
    try self.checkOrder(delivery.stanza, at: delivery.device)
    if delivery.notification.rings {
      self.noteRing(delivery.device, delivery.stanza, delivery.position)
    }
  }

  /// Per device, order of delivery is order of arrival (B27).
  private func checkOrder(
    _ stanza: Stanza, at handle: DeviceHandle
  ) throws(AuditViolation) {
    guard let device = self.model.everyDevice[handle] else { return }
    let serial = self.serial(stanza)
    if serial <= device.lastSerial {
      throw AuditViolation("order", "\(handle) gets \(serial) after \(device.lastSerial)")
    }
    device.lastSerial = serial
  }

  // MARK: - Notifications

  private func noteRing(_ handle: DeviceHandle, _ stanza: Stanza, _ position: ArchivePosition?) {
    guard let position, let id = stanza.conversation,
      let device = self.model.everyDevice[handle],
      !stanza.flags.contains(.ownAccount)
    else { return }
    device.everRang.insert(id)
    // What is known of a forgotten conversation is gone, outstanding notifications with it.
    guard device.account.conversation(id) != nil, !device.account.justForgotten.contains(id) else {
      return
    }
    // The same command may have released a message from the archive and read it here.
    if position.ordinal <= device.readHere[id] ?? 0 { return }
    device.outstanding[id, default: []].append(position.ordinal)
  }

  /// A notification is taken back only where there has been one.
  private func observe(_ retraction: Retraction) throws(AuditViolation) {
    guard let device = self.model.everyDevice[retraction.device],
      device.everRang.contains(retraction.conversation)
    else {
      throw AuditViolation("retraction", "\(retraction) though nothing has rung")
    }
    device.outstanding[retraction.conversation]?.removeAll { $0 <= retraction.upTo.ordinal }
  }

  /// With a read marker, every outstanding notification that it covers has been taken back (B9).
  private func observe(_ marker: MarkerDelivery) throws(AuditViolation) {
    _ = self.takeFlushed(marker.device)
    guard let device = self.model.everyDevice[marker.device] else { return }
    let left = device.outstanding[marker.conversation]?.first { $0 <= marker.upTo.ordinal }
    if let left {
      throw AuditViolation(
        "retraction", "\(marker.device) rang for \(left), read up to \(marker.upTo)")
    }
    if let owed = device.owed[marker.conversation], owed <= marker.upTo.ordinal {
      device.owed[marker.conversation] = nil
    }
  }

  /// Under a single active client that was reached nobody else rings.
  private func checkRings() throws(AuditViolation) {
    guard self.model.values.activeSelection == .single else { return }
    for (serial, rings) in self.observation.rings where rings.reachedActive && rings.count > 1 {
      throw AuditViolation("one rings", "stanza \(serial) rings on \(rings.count) devices")
    }
  }

  /// Every held content message has been seen live by, or sent by, another device (B10).
  private func checkHeldWasSeen() throws(AuditViolation) {
    for entry in self.model.fresh {
      guard let stanza = entry.stanza, stanza.kind.isContent, !entry.isSent,
        !stanza.flags.contains(.ownAccount), !self.observation.live.contains(self.serial(stanza))
      else { continue }
      for device in entry.holders
      where device.phase == .connected && !self.model.isSuspendedSilent(device) && !device.isGone {
        throw AuditViolation("B10", "\(stanza) is held for \(device.handle), seen by nobody")
      }
    }
  }

}
