import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza
import MDMStorage

// From a command to the one account it concerns. Gauges and deadlines are kept here, around every
// command, so that no rule has to remember them.
extension MessagingEngine {
  /// Runs `body` if the account is open, after what is due on it.
  @inline(always)
  mutating func onAccount(
    _ account: AccountHandle, _ effects: EffectStorage,
    _ body: (inout MessagingEngine, EffectStorage) -> Outcome
  ) -> Outcome {
    guard self.accounts.isCurrent(account) else { return .ignored(.staleHandle) }
    self.catchUpDeadline(of: account.slot, into: effects)
    let outcome = body(&self, effects)
    if self.core.rules.flushOnActivityExpiry, self.accounts.isCurrent(account) {
      self.updateDeadline(of: account.slot)
    }
    return outcome
  }

  /// Runs `body` if the device is signed in, after what is due on its account.
  @inline(always)
  mutating func onDevice(
    _ device: DeviceHandle, _ effects: EffectStorage,
    _ body: (inout MessagingEngine, EffectStorage) -> Outcome
  ) -> Outcome {
    guard self.accounts.isCurrent(device) else { return .ignored(.staleHandle) }
    self.catchUpDeadline(of: device.slot, into: effects)
    // What was due may have ended the very session.
    guard self.accounts.isCurrent(device) else { return .ignored(.staleHandle) }
    let outcome = body(&self, effects)
    if self.core.rules.flushOnActivityExpiry { self.updateDeadline(of: device.slot) }
    return outcome
  }

  @inline(always)
  private mutating func catchUpDeadline(of slot: UInt32, into effects: EffectStorage) {
    if self.accounts[slot].deadline <= self.core.now { _ = self.expire(slot, into: effects) }
  }

  /// Runs `body`, which concerns every account, after what is due on any of them (B3).
  mutating func onEveryAccount(
    _ effects: EffectStorage, _ body: (inout MessagingEngine, EffectStorage) -> Outcome
  ) -> Outcome {
    while let due = self.accounts.nextDue, due.instant <= self.core.now {
      _ = self.expire(due.slot, into: effects)
    }
    return body(&self, effects)
  }

  /// Brings an account's deadline up to date. One that has come stays until it has been handled:
  /// what was to happen then can no longer be told from the account's state.
  mutating func updateDeadline(of slot: UInt32) {
    guard self.accounts[slot].deadline > self.core.now else { return }
    self.accounts.setDeadline(self.core.nextDeadline(of: self.accounts[slot]), of: slot)
  }

  /// Runs `body`, which may change sessions, and brings gauges and deadline up to date.
  private mutating func changingSessions(
    of slot: UInt32, _ effects: EffectStorage, _ body: (inout MessagingEngine) -> Outcome
  ) -> Outcome {
    self.core.gauges.remove(self.accounts[slot].sets)
    let outcome = body(&self)
    self.core.gauges.add(self.accounts[slot].sets)
    // The other client may have gone for good instead of lapsing; the phone rings all the same.
    self.core.flushAfterActivity(of: &self.accounts[slot], into: effects)
    self.updateDeadline(of: slot)
    return outcome
  }

  mutating func dispatchToAccount(
    _ command: Command, into effects: EffectStorage
  ) -> Outcome {
    switch command {
    case .close(let account):
      return self.onAccount(account, effects) { $0.close(account.slot, into: $1) }
    case .signIn(let account, let request):
      return self.onAccount(account, effects) { engine, effects in
        engine.changingSessions(of: account.slot, effects) {
          $0.signIn(request, to: account.slot, into: effects)
        }
      }
    case .expire(let account):
      guard self.accounts.isCurrent(account) else { return .ignored(.staleHandle) }
      return self.expire(account.slot, into: effects)
    case .archived(let account, let position):
      return self.onAccount(account, effects) {
        $0.noteArchive(.stored, at: position.ordinal, for: account.slot, into: $1)
      }
    case .archiveFailed(let account, let position):
      return self.onAccount(account, effects) {
        $0.noteArchive(.failed, at: position.ordinal, for: account.slot, into: $1)
      }
    case .open, .restore, .signOut, .connectionLost, .resume, .presence, .requestMDM, .setMode,
      .requested, .receive, .send, .read, .setEnabled, .restart, .configure:
      preconditionFailure("\(command) does not belong to an account's own commands.")
    }
  }

  mutating func dispatchToDevice(_ command: Command, into effects: EffectStorage) -> Outcome {
    switch command {
    case .signOut(let device):
      return self.onSession(device, effects) { $0.endSession(device, into: $1) }
    case .connectionLost(let device):
      return self.onSession(device, effects) { engine, _ in
        engine.core.connectionLost(device.index, on: &engine.accounts[device.slot])
      }
    case .resume(let device):
      return self.onSession(device, effects) {
        $0.core.resume(device.index, on: &$0.accounts[device.slot], into: $1)
      }
    case .presence(let device, let presence):
      return self.onSession(device, effects) {
        $0.core.presence(presence, of: device.index, on: &$0.accounts[device.slot], into: $1)
      }
    case .requestMDM(let device, let wanted):
      return self.onSession(device, effects) {
        $0.core.requestMDM(wanted, by: device.index, on: &$0.accounts[device.slot], into: $1)
      }
    case .setMode(let device, let mode):
      return self.onSession(device, effects) {
        $0.core.setMode(mode, of: device.index, on: &$0.accounts[device.slot], into: $1)
      }
    case .requested(let device):
      return self.onDevice(device, effects) {
        $0.requested(by: device, into: $1)
      }
    case .read(let device, let conversation, let position):
      return self.onDevice(device, effects) {
        $0.core.read(
          conversation, upTo: position.ordinal, by: device.index,
          on: &$0.accounts[device.slot], into: $1)
      }
    case .open, .restore, .close, .signIn, .receive, .send, .archived, .archiveFailed, .expire,
      .setEnabled, .restart, .configure:
      preconditionFailure("\(command) does not belong to a device's own commands.")
    }
  }

  /// Runs `body` if the device is signed in; `body` may change its session.
  private mutating func onSession(
    _ device: DeviceHandle, _ effects: EffectStorage,
    _ body: (inout MessagingEngine, EffectStorage) -> Outcome
  ) -> Outcome {
    self.onDevice(device, effects) { engine, effects in
      engine.changingSessions(of: device.slot, effects) { body(&$0, effects) }
    }
  }

  /// A request from a device flushes what waits for it (R-037, B6).
  private mutating func requested(
    by device: DeviceHandle, into effects: EffectStorage
  ) -> Outcome {
    guard self.accounts[device.slot].sets.connected.contains(device.index) else {
      return .ignored(.notConnected)
    }
    self.core.flush(device.index, .request, of: &self.accounts[device.slot], into: effects)
    return .done
  }
}

extension Counters.Gauges {
  /// Counts an account's sessions in.
  mutating func add(_ sets: SessionSets) { self.change(sets, by: 1) }

  /// Counts an account's sessions out.
  mutating func remove(_ sets: SessionSets) { self.change(sets, by: -1) }

  private mutating func change(_ sets: SessionSets, by sign: Int) {
    self.sessions += sign * sets.occupied.count
    self.mdmSessions += sign * sets.mdm.count
    self.quietSessions += sign * sets.quiet.count
    self.silentSessions += sign * sets.silent.count
    self.suspendedSessions += sign * sets.suspended.count
    self.detachedSessions +=
      sign * (sets.occupied - sets.connected - sets.suspended).count
  }
}
