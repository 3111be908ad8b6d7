import MDMEngine
import MDMSession
import MDMStanza
import Synchronization

/// One engine with its lock, and the desk at which its effects are performed.
///
/// The law: a command is decided under the lock and its effects are appended to the outbox. Whoever
/// finds nobody performing performs, without the lock: takes the outbox over, leaves the emptied
/// one in its place, and goes on until there is nothing more. So the effects of a shard are
/// performed one at a time in the order in which they were decided.
///
///     idle ─decided, outbox not empty─▶ performing ─outbox empty─▶ idle
final class Shard: Sendable {
  // Shards are changed by different threads: none may share a line of the cache with another.
  private let before = CacheLine()
  let state: Mutex<ShardState>
  /// Only for whoever performs.
  let desk: Desk
  /// What the service keeps of decisions, for all shards. Its lock is taken under a shard's.
  let decisions: DecisionKeeper
  /// When the engine is next due; `.max` for never. Read by the timer without the lock.
  let deadline = Atomic<Int64>(.max)
  private let after = CacheLine()

  init(
    _ engine: consuming MessagingEngine, host: any MessagingHost, settings: ShardSettings,
    decisions: DecisionKeeper
  ) {
    self.decisions = decisions
    self.state = Mutex(ShardState(engine, settings: settings))
    self.desk = Desk(host: host)
  }

  /// Decides under the lock, then performs what there is to perform.
  @inline(always)
  func run<Value: Sendable>(
    for service: MessagingService, at now: MonotonicInstant,
    _ decide: (inout ShardState) -> Value
  ) -> Value {
    let (value, due) = self.state.withLock { state in
      state.outbox.now = max(state.outbox.now, now)
      let value = decide(&state)
      return (value, self.settle(&state))
    }
    if due.isEmpty { return value }
    self.follow(due, for: service)
    return value
  }

  /// Carries a command out.
  @inline(always)
  func apply(
    _ command: Command, at now: MonotonicInstant, for service: MessagingService
  ) -> Outcome {
    self.run(for: service, at: now) { state in
      state.engine.apply(command, at: now, into: &state.outbox.effects)
    }
  }

  /// Carries a command out and leaves its effects to the next ``run(for:at:_:)``.
  func decide(_ command: Command, at now: MonotonicInstant) {
    self.state.withLock { state in
      state.outbox.now = max(state.outbox.now, now)
      state.engine.apply(command, at: now, into: &state.outbox.effects)
    }
  }

  /// What is left to do without the lock.
  struct Due: OptionSet {
    let rawValue: UInt8
    /// There is something to perform, and the caller is the one to do it.
    static let perform = Due(rawValue: 1)
    /// The engine's deadline has changed.
    static let deadline = Due(rawValue: 2)
  }

  /// Publishes the deadline, and takes the outbox over if nobody performs.
  @inline(always)
  private func settle(_ state: inout ShardState) -> Due {
    var due: Due = []
    let deadline = state.engine.nextDeadline ?? .distantFuture
    if deadline != state.deadline {
      state.deadline = deadline
      self.deadline.store(deadline.nanoseconds, ordering: .sequentiallyConsistent)
      due.insert(.deadline)
    }
    if state.explaining != .off { self.keepDecisions(&state) }
    if !state.isPerforming, !state.outbox.isEmpty {
      state.isPerforming = true
      swap(&state.outbox, &self.desk.batch)
      if state.explaining != .off { state.explainAfterSwap() }
      due.insert(.perform)
    }
    return due
  }

  @inline(never)
  private func follow(_ first: Due, for service: MessagingService) {
    var due = first
    while !due.isEmpty {
      if due.contains(.deadline) {
        service.timer.noteDeadline(self.deadline.load(ordering: .sequentiallyConsistent))
      }
      guard due.contains(.perform) else { return }
      self.desk.perform(for: service)
      // Performing takes its time, and a pause begins after it: the window is the device's whole.
      let now = self.desk.hasFull ? service.clock.now() : .origin
      due = self.state.withLock { state in
        self.desk.report(to: &state, at: now)
        state.isPerforming = false
        return self.settle(&state)
      }
    }
  }
}

/// Sixteen words that nobody looks at.
struct CacheLine: Sendable {
  private let words = (
    UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0),
    UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0)
  )
}

/// What a shard needs to know of the service's configuration.
struct ShardSettings: Sendable {
  let eventLimit: Int
  let effectLimit: Int
  let closesIdleAccounts: Bool
}

/// What a shard's lock protects.
struct ShardState: ~Copyable, Sendable {
  var engine: MessagingEngine
  var outbox = Outbox()
  var isPerforming = false
  /// Nobody comes in any more.
  var isDraining = false
  /// As published.
  var deadline = MonotonicInstant.distantFuture
  let settings: ShardSettings
  /// Open accounts by slot.
  var accounts: [OpenAccount?] = []
  /// Mailboxes of the scopes that have not been left.
  var scopes: [Mailbox] = []
  var totals = ServiceCounters.Totals()
  /// Whether decisions are explained, because an account of the shard is watched.
  var explaining = Explaining.off

  init(_ engine: consuming MessagingEngine, settings: ShardSettings) {
    self.engine = engine
    self.settings = settings
  }

  /// What the service keeps of an open account.
  struct OpenAccount: Sendable {
    let handle: AccountHandle
    let sender: StanzaSender
    /// Scopes on it that have not been left.
    var scopes = 0
    /// Whether a scope has opened it.
    var isScoped = false
  }

  // MARK: - Accounts

  /// Notes that the engine has opened an account; its effects are those from `place` on.
  mutating func noteOpened(
    _ account: AccountHandle, _ name: AccountName, at place: Int, byScope: Bool = false
  ) {
    let sender = StanzaSender(name)
    while self.accounts.count <= Int(account.slot) { self.accounts.append(nil) }
    self.accounts[Int(account.slot)] = OpenAccount(
      handle: account, sender: sender, isScoped: byScope)
    self.outbox.add(.opened(account, sender), at: place)
  }

  /// Closes an account.
  mutating func close(_ account: AccountHandle, at now: MonotonicInstant) -> Outcome {
    let outcome = self.engine.apply(.close(account), at: now, into: &self.outbox.effects)
    if outcome == .done {
      self.accounts[Int(account.slot)] = nil
      self.outbox.add(.closed(account))
    }
    return outcome
  }

  /// Whether `account` is one of the service's, open under just this handle.
  private func isOpen(_ account: AccountHandle) -> Bool {
    Int(account.slot) < self.accounts.count
      && self.accounts[Int(account.slot)]?.handle == account
  }

  /// Where to within its own account a device's stanza leads by its destination, nil elsewhere.
  func ownAddress(of stanza: Stanza, sentBy device: DeviceHandle) -> StanzaAddress? {
    guard Int(device.slot) < self.accounts.count else { return nil }
    return self.accounts[Int(device.slot)]?.sender.address(of: stanza.destination)
  }

  /// Why a stanza cannot be taken now: as many effects wait as may.
  mutating func backlogError() -> AdmissionError? {
    let limit = self.settings.effectLimit
    if self.outbox.effects.count < limit { return nil }
    self.totals.refusedForBacklog &+= 1
    return .effectBacklog(limit)
  }

  // MARK: - Scopes

  /// A scope that has been entered.
  struct Entrance: Sendable {
    let mailbox: Mailbox
    let refusal: MDMRefusal?
  }

  /// Signs a device in for a scope, on an account that is opened if need be.
  mutating func enter(
    _ request: SignIn, _ name: AccountName, archived: ArchivePosition, at now: MonotonicInstant
  ) -> Result<Entrance, ServiceError> {
    if self.isDraining { return .failure(.shuttingDown) }
    var opened: AccountHandle?
    let start = self.outbox.effects.count
    if self.engine.account(named: name) == nil {
      let outcome = self.engine.apply(
        .open(name, archived: archived), at: now, into: &self.outbox.effects)
      if case .refused(let error) = outcome { return .failure(.refused(error)) }
      if case .opened(let account) = outcome {
        opened = account
        self.noteOpened(account, name, at: start, byScope: true)
      }
    }
    guard let account = self.engine.account(named: name) else {
      return .failure(.refused(.staleHandle))
    }
    let place = self.outbox.effects.count
    let outcome = self.engine.apply(
      .signIn(account, request), at: now, into: &self.outbox.effects)
    guard case .signedIn(let signedIn) = outcome else {
      if let opened { _ = self.close(opened, at: now) }
      guard case .refused(let error) = outcome else { return .failure(.refused(.staleHandle)) }
      return .failure(.refused(error))
    }
    let mailbox = Mailbox(
      device: signedIn.device, account: account, name: name, limit: self.settings.eventLimit)
    // What the sign-in itself has for the device comes after this.
    self.outbox.add(.entered(mailbox), at: place)
    self.scopes.append(mailbox)
    self.accounts[Int(account.slot)]?.scopes += 1
    self.totals.scopesEntered &+= 1
    return .success(Entrance(mailbox: mailbox, refusal: signedIn.refusal))
  }

  /// Signs a scope's device out, and closes its account when nobody is left there.
  mutating func leave(_ mailbox: Mailbox, at now: MonotonicInstant) {
    self.engine.expire(at: now, into: &self.outbox.effects)
    // Unread events are older than what the sign-out gives up.
    self.outbox.add(.left(mailbox))
    _ = self.engine.apply(.signOut(mailbox.device), at: now, into: &self.outbox.effects)
    self.scopes.removeAll { $0 === mailbox }
    self.noteLeft(mailbox, at: now)
    // Last: the scope returns when this is performed, and by then the host has all of it.
    self.outbox.add(.gone(mailbox))
  }

  private mutating func noteLeft(_ mailbox: Mailbox, at now: MonotonicInstant) {
    guard self.isOpen(mailbox.account) else { return }
    let slot = Int(mailbox.account.slot)
    self.accounts[slot]?.scopes -= 1
    if self.settings.closesIdleAccounts, let account = self.accounts[slot], account.isScoped,
      account.scopes == 0, self.engine.devices(of: account.handle).isEmpty
    {
      _ = self.close(account.handle, at: now)
    }
  }

  /// Lets nobody in any more and ends every stream after what is queued.
  mutating func drain(at now: MonotonicInstant) {
    self.isDraining = true
    self.engine.expire(at: now, into: &self.outbox.effects)
    for mailbox in self.scopes {
      self.outbox.add(.finished(mailbox))
      _ = self.engine.apply(.signOut(mailbox.device), at: now, into: &self.outbox.effects)
    }
  }

  /// Hands everything that is left to the host: unread events, and what the accounts hold. Lets
  /// nobody in any more, since nobody would hand over what came after.
  mutating func finish(at now: MonotonicInstant) {
    self.isDraining = true
    self.engine.expire(at: now, into: &self.outbox.effects)
    for mailbox in self.scopes { self.outbox.add(.left(mailbox)) }
    for account in self.accounts.compactMap({ $0?.handle }) {
      _ = self.close(account, at: now)
    }
    for mailbox in self.scopes { self.outbox.add(.gone(mailbox)) }
  }

  // MARK: - Pausing

  /// Pauses the stream of a device whose mailbox is full: further stanzas wait in the engine.
  mutating func pause(_ mailbox: Mailbox, at now: MonotonicInstant) {
    let device = mailbox.device
    let isPaused = mailbox.pause {
      self.engine.apply(.connectionLost(device), at: now, into: &self.outbox.effects) == .done
    }
    if isPaused { self.totals.streamsPaused &+= 1 }
  }

  /// Lets a paused stream go on: what was held comes first, then its mode is as it was, or as what
  /// has happened meanwhile has made it.
  mutating func resumePaused(_ device: DeviceHandle, at now: MonotonicInstant) {
    // What is due may change the mode, as carrying any command out would.
    self.engine.expire(at: now, into: &self.outbox.effects)
    guard let mode = self.engine.report(on: device)?.requestedMode else { return }
    let outcome = self.engine.apply(.resume(device), at: now, into: &self.outbox.effects)
    guard outcome == .done else { return }
    self.totals.streamsResumed &+= 1
    if mode != .normal {
      _ = self.engine.apply(.setMode(device, mode), at: now, into: &self.outbox.effects)
    }
  }
}
