import MDMElection
import MDMMonitoring
import MDMQuietMode
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

// Accounts and sessions as wholes: opening, closing, signing in and out, deadlines.
extension MessagingEngine {
  mutating func open(_ name: AccountName, archived position: ArchivePosition) -> Outcome {
    if let error = Self.check(name: name.text) { return self.refuse(error) }
    if let existing = self.accounts.handle(named: name) {
      return self.refuse(.accountExists(existing))
    }
    if position > .greatest { return self.refuse(.positionOutOfRange(position)) }
    let limit = self.core.configuration.values.accountLimit
    if self.accounts.count >= limit { return self.refuse(.accountLimit(limit)) }
    self.core.gauges.accounts += 1
    return .opened(self.accounts.open(name, archived: position))
  }

  static func check(name: String) -> AdmissionError? {
    let bytes = name.utf8.count
    if bytes == 0 { return .emptyName }
    let limit = NameArena.maximumLength
    return bytes > limit ? .nameTooLong(bytes: bytes, limit: limit) : nil
  }

  mutating func refuse(_ error: AdmissionError) -> Outcome {
    self.core.totals.refusals &+= 1
    return .refused(error)
  }

  mutating func close(_ slot: UInt32, into effects: EffectStorage) -> Outcome {
    self.core.gauges.remove(self.accounts[slot].sets)
    var rest = self.accounts[slot].sets.occupied
    while let index = rest.popFirst() {
      self.end(index, of: slot, .accountClosed, into: effects)
    }
    self.abandonBacklog(of: slot, into: effects)
    self.accounts.close(slot)
    self.core.gauges.accounts -= 1
    return .done
  }

  mutating func signIn(
    _ request: SignIn, to slot: UInt32, into effects: EffectStorage
  ) -> Outcome {
    if let error = Self.check(name: request.device.text) { return self.refuse(error) }
    if let old = self.accounts.device(named: request.device, in: slot) {
      // The same device again: the old session ends as by its own sign-out (B14).
      self.end(old, of: slot, .replaced, into: effects)
    }
    let values = self.core.configuration.values
    if self.accounts[slot].sets.occupied.count >= values.deviceLimit {
      switch values.deviceLimitPolicy {
      case .refuse:
        return self.refuse(.deviceLimit(values.deviceLimit))
      case .endLeastRecentlyActive:
        self.end(self.leastRecentlyActive(in: slot), of: slot, .evicted, into: effects)
      }
    }
    let name = self.accounts.names.insert(request.device.text)
    return self.core.signIn(request, name: name, on: &self.accounts[slot], into: effects)
  }

  /// The device to give up for another: one without a connection first, then the one whose last
  /// act is the oldest, then the one signed in first.
  private func leastRecentlyActive(in slot: UInt32) -> Int {
    var candidates = self.accounts[slot].sets.occupied - self.accounts[slot].sets.connected
    if candidates.isEmpty { candidates = self.accounts[slot].sets.occupied }
    var best = candidates.first ?? 0
    while let index = candidates.popFirst() {
      let (a, b) = (self.accounts[slot].devices[index], self.accounts[slot].devices[best])
      if (a.activity.instant, a.session.generation) < (b.activity.instant, b.session.generation) {
        best = index
      }
    }
    return best
  }

  /// Signs a device out in good order.
  mutating func endSession(_ device: DeviceHandle, into effects: EffectStorage) -> Outcome {
    let name = self.accounts[device.slot].devices[device.index].session.name
    self.core.signOut(device.index, on: &self.accounts[device.slot], into: effects)
    self.accounts.names.remove(name)
    return .done
  }

  /// Ends a session that its device did not end, and says so.
  private mutating func end(
    _ index: Int, of slot: UInt32, _ reason: Ended.Reason, into effects: EffectStorage
  ) {
    let device = self.accounts[slot].handle(of: index)
    _ = self.endSession(device, into: effects)
    effects.ended(device, reason)
  }

  /// Handles what is due on one account (B14, B26).
  mutating func expire(_ slot: UInt32, into effects: EffectStorage) -> Outcome {
    guard self.accounts[slot].deadline <= self.core.now else { return .ignored(.notDue) }
    self.core.gauges.remove(self.accounts[slot].sets)
    var rest = self.accounts[slot].sets.occupied - self.accounts[slot].sets.connected
    while let index = rest.popFirst() {
      let session = self.accounts[slot].devices[index].session
      guard session.deadline <= self.core.now else { continue }
      let reason: Ended.Reason =
        session.phase == .suspended ? .suspensionExpired : .resumeWindowExpired
      self.end(index, of: slot, reason, into: effects)
    }
    self.core.flushAfterActivity(of: &self.accounts[slot], into: effects)
    self.core.gauges.add(self.accounts[slot].sets)
    self.accounts.setDeadline(self.core.nextDeadline(of: self.accounts[slot]), of: slot)
    return .done
  }

  // MARK: - The engine as a whole

  mutating func setEnabled(_ isEnabled: Bool, into effects: EffectStorage) -> Outcome {
    // The configuration says what is wanted, so that changing another setting keeps it.
    self.core.configuration = self.core.configuration.enabling(isEnabled)
    if self.core.configuration.values.enablement == .onRestart {
      guard isEnabled != (self.stagedEnabled ?? self.core.isEnabled) else {
        return .ignored(.alreadySo)
      }
      self.stagedEnabled = isEnabled == self.core.isEnabled ? nil : isEnabled
      return .done
    }
    guard isEnabled != self.core.isEnabled else { return .ignored(.alreadySo) }
    self.switchEnabled(to: isEnabled, into: effects)
    return .done
  }

  mutating func restart(into effects: EffectStorage) -> Outcome {
    guard let staged = self.stagedEnabled else { return .ignored(.alreadySo) }
    self.stagedEnabled = nil
    self.switchEnabled(to: staged, into: effects)
    return .done
  }

  private mutating func switchEnabled(to isEnabled: Bool, into effects: EffectStorage) {
    self.core.isEnabled = isEnabled
    self.forEachOpenSlot { engine, slot in
      engine.core.gauges.remove(engine.accounts[slot].sets)
      engine.core.applyEnablement(to: &engine.accounts[slot], into: effects)
      engine.core.gauges.add(engine.accounts[slot].sets)
      engine.updateDeadline(of: slot)
    }
  }

  /// Replaces the configuration. Buffers that are over a new limit are flushed at once; who is
  /// eligible was judged at sign-in and is judged anew at the next.
  mutating func configure(
    _ configuration: Configuration, into effects: EffectStorage
  ) -> Outcome {
    guard configuration != self.core.configuration else { return .ignored(.alreadySo) }
    self.core.adopt(configuration)
    self.settle(into: effects)
    return .done
  }

  /// Puts the configuration into force for everything there is: the switch, what waits for the
  /// archive, limits and deadlines.
  mutating func settle(into effects: EffectStorage) {
    let values = self.core.configuration.values
    switch values.enablement {
    case .live:
      self.stagedEnabled = nil
      if values.enabled != self.core.isEnabled {
        self.switchEnabled(to: values.enabled, into: effects)
      }
    case .onRestart:
      self.stagedEnabled = values.enabled == self.core.isEnabled ? nil : values.enabled
    }
    self.forEachOpenSlot { engine, slot in engine.settle(slot, into: effects) }
  }

  /// The same for one account.
  mutating func settle(_ slot: UInt32, into effects: EffectStorage) {
    if !self.core.rules.waitsForArchive { self.releaseBacklog(of: slot, into: effects) }
    self.core.enforceLimits(on: &self.accounts[slot], into: effects)
    self.updateDeadline(of: slot)
  }

  private mutating func forEachOpenSlot(_ body: (inout MessagingEngine, UInt32) -> Void) {
    for slot in 0..<self.accounts.slotCount where self.accounts[slot].isOpen { body(&self, slot) }
  }

  // MARK: - Pressure

  /// Flushes the largest buffers until the overall limits are kept (R-054, B11). A buffer whose
  /// device has no connection goes to the host instead.
  mutating func relievePressure(into effects: EffectStorage) {
    while self.core.isOverBudget {
      if !self.core.pressure.isWatching { self.watchBuffers() }
      guard let victim = self.core.pressure.popFirst() else {
        // Every candidate was stale: look at all buffers once more.
        self.core.pressure.end()
        if self.core.log.stanzas == 0 { return }
        continue
      }
      self.relieve(victim, into: effects)
    }
    if self.core.isRelaxed {
      self.core.pressure.end()
    } else if self.core.pressure.count > 2 * self.core.log.stanzas + 64 {
      // Stale candidates are dropped once they outnumber all that can be current.
      var pressure = PressureQueue()
      swap(&pressure, &self.core.pressure)
      pressure.drop { !self.isCurrent($0) }
      swap(&pressure, &self.core.pressure)
    }
  }

  /// Whether a candidate still describes its buffer.
  private func isCurrent(_ candidate: PressureQueue.Candidate) -> Bool {
    let (slot, index) = (candidate.slot, Int(candidate.device))
    guard self.accounts[slot].isOpen, self.accounts[slot].sets.occupied.contains(index) else {
      return false
    }
    let queue = self.accounts[slot].devices[index].held
    return queue.count == candidate.count && self.core.log.oldest(queue) == candidate.oldest
  }

  private mutating func watchBuffers() {
    self.core.pressure.begin()
    self.forEachOpenSlot { engine, slot in engine.watchBuffers(of: slot) }
  }

  /// The same for one account that has come while all are followed.
  mutating func watchBuffers(of slot: UInt32) {
    var rest = self.accounts[slot].sets.occupied
    while let index = rest.popFirst() {
      self.core.pressure.note(
        self.accounts[slot].devices[index].held, of: index, slot, in: self.core.log)
    }
  }

  private mutating func relieve(
    _ victim: PressureQueue.Candidate, into effects: EffectStorage
  ) {
    guard self.isCurrent(victim) else { return }
    let (slot, index) = (victim.slot, Int(victim.device))
    let queue = self.accounts[slot].devices[index].held
    if self.accounts[slot].sets.connected.contains(index) {
      self.core.flush(index, .overallLimit, of: &self.accounts[slot], into: effects)
    } else {
      self.core.totals.overflowed &+= UInt64(queue.count)
      self.core.giveUpAll(of: index, on: &self.accounts[slot], into: effects)
    }
    // An account whose last buffer this was waits for nothing any more (B26).
    if self.core.rules.flushOnActivityExpiry { self.updateDeadline(of: slot) }
  }
}

extension Core {
  /// Whether all buffers together have reached a limit (B11).
  @inline(always)
  var isOverBudget: Bool {
    self.log.stanzas >= self.rules.overallLimit
      || self.log.bytes >= self.rules.overallByteLimit
  }

  /// Whether all buffers together are well below the limits.
  var isRelaxed: Bool {
    self.log.stanzas < self.rules.overallLimit / 4 * 3
      && self.log.bytes < self.rules.overallByteLimit / 4 * 3
  }

  mutating func adopt(_ configuration: Configuration) {
    self.plans.removeAll()
    let timeslice = configuration.values.timeslice.wholeNanoseconds
    if timeslice != self.slices.length {
      self.slices = .init(start: self.now, length: timeslice)
    }
    self.configuration = configuration
    self.rules = Rules(configuration.values)
  }

  /// Flushes or trims buffers that are over a limit that has just been lowered.
  mutating func enforceLimits(on account: inout Account, into effects: EffectStorage) {
    var full = DeviceSet()
    var rest = account.sets.occupied
    let holding = self.holding(in: &account)
    while let index = rest.popFirst() {
      let queue = account.devices[index].held
      if queue.count >= self.rules.perSessionLimit || queue.bytes >= self.rules.perSessionByteLimit
      {
        full.insert(index)
      } else if account.sets.connected.contains(index), !holding.contains(index) {
        // What held it back, such as silent mode as suspension, has been switched off.
        self.flush(index, .clientActive, of: &account, into: effects)
      }
    }
    self.limitReached(full, on: &account, into: effects)
  }
}
