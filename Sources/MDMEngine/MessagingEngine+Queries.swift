public import MDMElection
public import MDMMonitoring
public import MDMQuietMode
public import MDMReadSync
public import MDMSession
public import MDMStanza
import MDMStorage

// Questions. None of them changes anything.
extension MessagingEngine {
  /// The open account of this name.
  ///
  /// - Complexity: O(1).
  public func account(named name: AccountName) -> AccountHandle? {
    self.accounts.handle(named: name)
  }

  /// The open accounts of many names at once, in their order; nil for a name that has none.
  ///
  /// With so many accounts that they do not fit into the processor's caches, looking up some thirty
  /// names at once and then handing in their stanzas takes about half the time of one after the
  /// other: the waits for memory overlap. Nothing else changes.
  ///
  /// - Parameter handles: is emptied first; its memory is used again.
  /// - Complexity: O(names).
  public mutating func accounts(named names: [AccountName], into handles: inout [AccountHandle?]) {
    self.accounts.lookUp(names, into: &handles, &self.core.log)
  }

  /// The name of an open account.
  public func name(of account: AccountHandle) -> AccountName? {
    guard self.accounts.isCurrent(account) else { return nil }
    return AccountName(self.accounts.names.string(self.accounts[account.slot].name))
  }

  /// The open account that a device belongs to.
  public func account(of device: DeviceHandle) -> AccountHandle? {
    self.accounts.isCurrent(device) ? self.accounts[device.slot].handle : nil
  }

  /// The account's signed-in device of this name.
  public func device(named name: DeviceName, of account: AccountHandle) -> DeviceHandle? {
    guard self.accounts.isCurrent(account),
      let index = self.accounts.device(named: name, in: account.slot)
    else { return nil }
    return self.accounts[account.slot].handle(of: index)
  }

  /// The account's signed-in devices, in order of their index.
  public func devices(of account: AccountHandle) -> [DeviceHandle] {
    guard self.accounts.isCurrent(account) else { return [] }
    return self.accounts[account.slot].sets.occupied.indices.map {
      self.accounts[account.slot].handle(of: $0)
    }
  }

  /// What is known of a signed-in device.
  public func report(on device: DeviceHandle) -> DeviceReport? {
    guard self.accounts.isCurrent(device) else { return nil }
    let account = device.slot
    let record = self.accounts[account].devices[device.index]
    let sets = self.accounts[account].sets
    return DeviceReport(
      device: device, name: DeviceName(self.accounts.names.string(record.session.name)),
      kind: record.session.kind, phase: record.session.phase,
      isAvailable: sets.available.contains(device.index), priority: record.session.priority,
      isMDM: sets.mdm.contains(device.index), refusal: record.session.refusal,
      mode: sets.quiet.contains(device.index)
        ? .quiet : sets.silent.contains(device.index) ? .silent : .normal,
      requestedMode: record.session.requestedMode,
      heldStanzas: Int(record.held.count), heldBytes: Int(record.held.bytes),
      oldestHeld: self.core.log.oldest(record.held))
  }

  // MARK: - The active client

  /// Who the account's active client is at `now`, since when, by which act and until when; nil
  /// when there is none (R-040, B1).
  ///
  /// Under ``ActiveSelection/allWithinWindow`` this is the one that acted last.
  ///
  /// - Complexity: O(1).
  public func activeClient(
    of account: AccountHandle, at now: MonotonicInstant
  ) -> ActiveClient? {
    guard self.accounts.isCurrent(account) else { return nil }
    let window = self.core.rules.activeWindow
    let index = self.core.activeIndex(
      in: &self.accounts[account.slot], at: max(now, self.core.now))
    guard index >= 0 else { return nil }
    let device = self.accounts[account.slot].devices[index]
    return ActiveClient(
      device: DeviceHandle(of: account, index: index, generation: device.session.generation),
      since: self.accounts[account.slot].election.heldSince,
      lastAct: device.activity.instant, act: device.activity.act,
      until: device.activity.instant.advanced(byNanoseconds: window))
  }

  /// Whether a device is an active client at `now` (B1).
  public func isActive(_ device: DeviceHandle, at now: MonotonicInstant) -> Bool {
    guard self.accounts.isCurrent(device) else { return false }
    let now = max(now, self.core.now)
    if self.core.rules.allWithinWindow {
      return self.standing(of: device.index, in: device.slot, at: now).verdict == .active
    }
    return self.core.activeIndex(in: &self.accounts[device.slot], at: now) == device.index
  }

  /// How each of the account's devices stands in the election, and why.
  public func election(
    of account: AccountHandle, at now: MonotonicInstant
  ) -> [ElectionStanding] {
    guard self.accounts.isCurrent(account) else { return [] }
    let now = max(now, self.core.now)
    return self.accounts[account.slot].sets.occupied.indices.map {
      self.standing(of: $0, in: account.slot, at: now)
    }
  }

  private func standing(
    of index: Int, in slot: UInt32, at now: MonotonicInstant
  ) -> ElectionStanding {
    let stamp = self.accounts[slot].devices[index].activity
    let rules = self.core.rules
    let verdict: ElectionStanding.Verdict
    if !stamp.exists {
      verdict = .neverActed
    } else if !ActiveClientElection.isWithin(rules.activeWindow, stamp.instant, at: now) {
      verdict = .windowClosed
    } else if rules.allWithinWindow || Int(self.accounts[slot].election.holder) == index {
      verdict = .active
    } else {
      verdict = .outdone
    }
    return ElectionStanding(
      device: self.accounts[slot].handle(of: index), verdict: verdict,
      lastAct: stamp.exists ? stamp.instant : nil)
  }

  // MARK: - Read state

  /// The read state of one conversation.
  ///
  /// - Complexity: O(1).
  public func readState(
    of conversation: ConversationID, in account: AccountHandle
  ) -> ConversationReport? {
    guard self.accounts.isCurrent(account), !self.accounts[account.slot].reads.isEmpty,
      let slot = self.accounts[account.slot].reads.value.slot(of: conversation)
    else { return nil }
    return ConversationReport(self.accounts[account.slot].reads.value[slot])
  }

  /// The read state of every conversation the account has had, oldest first.
  public func readStates(of account: AccountHandle) -> [ConversationReport] {
    guard self.accounts.isCurrent(account), !self.accounts[account.slot].reads.isEmpty else {
      return []
    }
    return (0..<UInt32(self.accounts[account.slot].reads.value.count)).map {
      ConversationReport(self.accounts[account.slot].reads.value[$0])
    }
  }

  /// The last archive position handed out for the account.
  public func lastPosition(of account: AccountHandle) -> ArchivePosition? {
    guard self.accounts.isCurrent(account) else { return nil }
    return ArchivePosition(self.accounts[account.slot].position)
  }

  // MARK: - Counters

  /// The counters as of `now` (R-049…R-056).
  ///
  /// - Complexity: O(1).
  public func counters(at now: MonotonicInstant) -> Counters {
    var counters = Counters()
    counters.gauges = self.core.gauges
    counters.gauges.heldStanzas = self.core.log.stanzas
    counters.gauges.heldBytes = self.core.log.bytes
    counters.totals = self.core.allTotals
    counters.slices = self.core.slices.report(at: max(now, self.core.now))
    return counters
  }

  /// Sessions that would not ring at `now` because another client of their user is active: the
  /// other reading of "silent" (B12).
  ///
  /// - Complexity: O(accounts).
  public func suppressedSessions(at now: MonotonicInstant) -> Int {
    var count = 0
    let now = max(now, self.core.now)
    for slot in 0..<self.accounts.slotCount where self.accounts[slot].isOpen {
      let sets = self.accounts[slot].sets
      let active = self.accounts[slot].election.active(
        holderStamp: self.accounts[slot].holderStamp, at: now,
        window: self.core.rules.activeWindow)
      guard active >= 0, sets.present.contains(active) else { continue }
      count += ((sets.present & sets.mdm) - sets.silent - active).count
    }
    return count
  }
}

/// What is known of a signed-in device.
public struct DeviceReport: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// Its name.
  public let name: DeviceName
  /// What sort of device it is.
  public let kind: DeviceKind
  /// Whether its connection is up.
  public let phase: SessionPhase
  /// Whether it has sent available presence.
  public let isAvailable: Bool
  /// Its priority.
  public let priority: Int8
  /// Whether MDM is in effect.
  public let isMDM: Bool
  /// Why its own capabilities exclude it from MDM, if they do (B23).
  public let refusal: MDMRefusal?
  /// The mode in force.
  public let mode: SessionMode
  /// The mode it asked for last; not in force while the session does not use MDM (B19).
  public let requestedMode: SessionMode
  /// Stanzas that wait for it.
  public let heldStanzas: Int
  /// Their payload bytes.
  public let heldBytes: Int
  /// When the oldest of them was accepted.
  public let oldestHeld: MonotonicInstant?
}

extension Counters {
  /// Flushes because a limit was reached: `MDMBufferFlushesLimitReached` (R-054, B11).
  public var limitFlushes: UInt64 {
    FlushReason.allCases.filter { $0.isLimit }.reduce(0) { $0 &+ self.flushes(because: $1) }
  }

  /// Flushes for one reason (B17).
  public func flushes(because reason: FlushReason) -> UInt64 {
    let index = Int(reason.rawValue)
    return index < self.totals.flushesByReason.count ? self.totals.flushesByReason[index] : 0
  }

  /// A documented counter as the text that belongs beside its name: whole numbers, and the average
  /// in seconds with three decimals.
  public func text(of name: CounterName) -> String {
    self.snapshot.text(of: name)
  }
}
