import MDM

// The engine's answers against the model's state.
extension EngineAuditor {
  func checkState(after input: ScriptPlayer.Input) throws(AuditViolation) {
    let isWide = self.played % 16 == 0
    for account in self.model.accounts {
      guard let account else { continue }
      if isWide || Self.concerns(input.command, account) { try self.check(account) }
    }
    try self.checkGauges()
    try self.checkDeadline()
    try self.checkTotals()
  }

  private static func concerns(_ command: Command?, _ account: ReferenceAccount) -> Bool {
    switch command {
    case .close, .open, .restore, .setEnabled, .restart, .configure, nil: true
    case .signIn(let handle, _), .receive(let handle, _, _), .archived(let handle, _),
      .archiveFailed(let handle, _), .expire(let handle):
      handle == account.handle
    case .signOut(let device), .connectionLost(let device), .resume(let device),
      .presence(let device, _), .requestMDM(let device, _), .setMode(let device, _),
      .requested(let device), .send(let device, _, _), .read(let device, _, _):
      device.slot == account.handle.slot
    }
  }

  private func check(_ account: ReferenceAccount) throws(AuditViolation) {
    if self.engine.lastPosition(of: account.handle)?.ordinal != account.position {
      throw AuditViolation("positions", "the last position is not \(account.position)")
    }
    try self.checkElection(account)
    for device in account.devices { try self.check(device) }
    for conversation in account.conversations {
      let report = self.engine.readState(of: conversation.id, in: account.handle)
      guard let report, report.unread == conversation.unread,
        report.readUpTo.ordinal == conversation.readUpTo
      else {
        throw AuditViolation(
          "unread",
          "\(conversation.id): \(report.map { "\($0)" } ?? "nothing"); recounted "
            + "\(conversation.unread) after \(conversation.readUpTo)")
      }
    }
  }

  private func checkElection(_ account: ReferenceAccount) throws(AuditViolation) {
    let now = self.model.now
    let seen = self.engine.activeClient(of: account.handle, at: now)
    let act = self.model.activeAct(in: account)
    guard seen?.device == act?.device.handle, seen?.lastAct == act?.instant, seen?.act == act?.act
    else {
      throw AuditViolation(
        "active client",
        "\(seen.map { "\($0)" } ?? "none") instead of \(act?.device.name.text ?? "none")")
    }
    if let seen, let act {
      let until = act.instant.advanced(by: self.model.values.activeWindow)
      if seen.until != until || (account.since.map { seen.since != $0 } ?? false) {
        throw AuditViolation("active client", "since \(seen.since), until \(seen.until)")
      }
      // Half-open: at the end of the window nobody is active (B3).
      if self.engine.activeClient(of: account.handle, at: until) != nil {
        throw AuditViolation("active client", "the window is not half-open")
      }
    }
    var count = 0
    for device in account.devices {
      let isActive = self.engine.isActive(device.handle, at: now)
      if isActive { count += 1 }
      if isActive != self.model.isActive(device) {
        throw AuditViolation("active client", "\(device.name): isActive is \(isActive)")
      }
    }
    if self.model.values.activeSelection == .single, count > 1 {
      throw AuditViolation("active client", "\(count) at once")
    }
  }

  private func check(_ device: ReferenceDevice) throws(AuditViolation) {
    guard let report = self.engine.report(on: device.handle) else {
      throw AuditViolation("report", "nothing is known of \(device.handle)")
    }
    guard report.heldStanzas == device.queue.count, report.heldBytes == device.heldBytes,
      report.oldestHeld == device.queue.first?.arrival
    else {
      throw AuditViolation(
        "held",
        "\(device.name) holds \(report.heldStanzas) stanzas of \(report.heldBytes) bytes, "
          + "oldest \(report.oldestHeld?.nanoseconds ?? -1), should hold "
          + "\(device.queue.count) of \(device.heldBytes), oldest "
          + "\(device.queue.first?.arrival.nanoseconds ?? -1)")
    }
    let isConnected = device.phase == .connected
    let (stanzas, bytes) = (report.heldStanzas, report.heldBytes)
    let values = self.model.values
    if stanzas > values.perSessionLimit || bytes > values.perSessionByteLimit
      || (isConnected && (stanzas == values.perSessionLimit || bytes == values.perSessionByteLimit))
    {
      throw AuditViolation("limits", "\(device.name) holds \(stanzas), \(bytes) bytes")
    }
    guard report.phase == device.phase, report.isAvailable == device.isAvailable,
      report.priority == device.priority, report.isMDM == device.isMDM,
      report.mode == device.mode
    else {
      throw AuditViolation("report", "\(device.name): \(report)")
    }
    try self.checkNothingOwed(device)
  }

  /// A device that listens has heard of every marker (B21).
  private func checkNothingOwed(_ device: ReferenceDevice) throws(AuditViolation) {
    if device.phase == .connected, device.queue.isEmpty, !device.owed.isEmpty {
      throw AuditViolation(
        "nothing lost", "\(device.name) was never told that \(device.owed.keys) were read")
    }
  }

  // MARK: - Counters

  private func checkGauges() throws(AuditViolation) {
    var expected = Counters.Gauges()
    for account in self.model.accounts {
      guard let account else { continue }
      expected.accounts += 1
      for device in account.devices {
        expected.sessions += 1
        if device.isMDM { expected.mdmSessions += 1 }
        if device.mode == .quiet { expected.quietSessions += 1 }
        if device.mode == .silent { expected.silentSessions += 1 }
        if device.phase == .detached { expected.detachedSessions += 1 }
        if device.phase == .suspended { expected.suspendedSessions += 1 }
      }
    }
    expected.heldStanzas = self.model.heldStanzas
    expected.heldBytes = self.model.heldBytes
    let seen = self.engine.counters(at: self.model.now).gauges
    if seen != expected { throw AuditViolation("gauges", "\(seen) instead of \(expected)") }
    if seen.heldStanzas >= self.model.overallLimit
      || seen.heldBytes >= self.model.values.overallByteLimit
    {
      throw AuditViolation("limits", "\(seen.heldStanzas) stanzas are held overall")
    }
  }

  func checkTotals() throws(AuditViolation) {
    let counters = self.engine.counters(at: self.model.now)
    var seen = counters.totals
    // The distributions have tests of their own; here only the counts.
    seen.flushSize = self.model.totals.flushSize
    seen.holdMilliseconds = self.model.totals.holdMilliseconds
    if seen != self.model.totals {
      throw AuditViolation(
        "totals", "\(Self.text(seen))\ninstead of\n\(Self.text(self.model.totals))")
    }
    let length = self.model.values.timeslice.wholeNanoseconds
    let origin = self.model.sliceOrigin
    let slice = self.model.now.nanoseconds(since: origin) / length
    var (last, current): (UInt64, UInt64) = (0, 0)
    for flush in self.model.flushes {
      let other = flush.instant.nanoseconds(since: origin) / length
      if other == slice { current += UInt64(flush.count) }
      if other == slice - 1 { last += UInt64(flush.count) }
    }
    if counters.slices.last != last || counters.slices.current != current {
      throw AuditViolation("slices", "\(counters.slices) instead of \(last), \(current)")
    }
  }

  private static func text(_ totals: Counters.Totals) -> String {
    """
    flushes \(totals.flushesByReason), packets \(totals.flushedPackets), queued \
    \(totals.queuedNanoseconds.low), archived \(totals.archived), failed \
    \(totals.archiveFailures), delivered \(totals.delivered), held \(totals.held), coalesced \
    \(totals.coalesced), dropped \(totals.dropped), notified \(totals.notified), pushed \
    \(totals.pushed), undelivered \(totals.undelivered), unroutable \(totals.unroutable), \
    markers \(totals.markers), not forward \(totals.markersNotForward), unknown \
    \(totals.markersUnknown), refusals \(totals.refusals), overflowed \(totals.overflowed)
    """
  }

  // MARK: - Deadlines

  /// The engine never sleeps past something that is due.
  private func checkDeadline() throws(AuditViolation) {
    var expected = MonotonicInstant.distantFuture
    for account in self.model.accounts {
      guard let account else { continue }
      if let due = account.expiryDue { expected = min(expected, due) }
      for device in account.devices where device.phase != .connected {
        expected = min(expected, device.deadline)
      }
    }
    let seen = self.engine.nextDeadline ?? .distantFuture
    let isExact = !self.model.values.flushOnActivityExpiry && !self.model.hasHadExpiry
    if seen > expected || (isExact && seen != expected) {
      throw AuditViolation(
        "deadline", "\(seen.nanoseconds) instead of \(expected.nanoseconds)")
    }
  }

  // MARK: - Explanations

  /// Each stanza has one explanation of its arrival for each device signed in.
  func checkExplanations(
    _ effects: Effects, _ input: ScriptPlayer.Input, _ outcome: Outcome
  ) throws(AuditViolation) {
    var arrivals: [Int: [DeviceHandle]] = [:]
    var delivered = 0
    for explanation in effects.explanations {
      switch explanation.decision {
      case .delivered, .held, .dropped, .skipped:
        arrivals[self.serial(explanation.stanza), default: []].append(explanation.device)
      case .coalesced, .flushed, .pushed, .undelivered: break
      }
      if case .delivered = explanation.decision { delivered += 1 }
    }
    var live = 0
    for effect in effects {
      if case .deliver(let delivery) = effect, delivery.heldSince == nil { live += 1 }
    }
    if live != delivered {
      throw AuditViolation("explanations", "\(delivered) for \(live) live deliveries")
    }
    let slot: UInt32
    switch input.command {
    case .receive(let account, let stanza, _) where outcome == .done:
      slot = account.slot
      try self.requireExplained(stanza, arrivals, slot)
    case .send(let device, let stanza, _) where outcome == .done:
      slot = device.slot
      try self.requireExplained(stanza, arrivals, slot)
    case .archived(let account, _), .archiveFailed(let account, _): slot = account.slot
    default: return
    }
    let signedIn = (self.model.accounts[Int(slot)]?.devices ?? []).map { $0.handle }
    for (serial, devices) in arrivals.sorted(by: { $0.key < $1.key }) {
      if Set(devices) != Set(signedIn) || devices.count != signedIn.count {
        throw AuditViolation(
          "explanations", "stanza \(serial): \(devices) instead of \(signedIn)")
      }
    }
  }

  private func requireExplained(
    _ stanza: Stanza, _ arrivals: [Int: [DeviceHandle]], _ slot: UInt32
  ) throws(AuditViolation) {
    guard let account = self.model.accounts[Int(slot)], !account.devices.isEmpty,
      !account.backlog.contains(where: { $0.stanza == stanza }),
      arrivals[self.serial(stanza)] == nil
    else { return }
    throw AuditViolation("explanations", "\(stanza) has none")
  }
}
