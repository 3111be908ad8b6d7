import MDMQuietMode
public import MDMStanza

/// The Multiple Device Messaging engine: state and a command in, state and effects out.
///
/// The engine is a value with one owner. It reads no clock, opens no socket, takes no lock and
/// starts no task; every command carries its instant, and what the host must do is appended to a
/// list that the host owns. The same commands at the same instants give the same effects in every
/// process.
///
///     var engine = MessagingEngine(startingAt: .origin)
///     var effects = Effects()
///     let alice = try engine.open("alice@example.org", at: now, into: &effects)
///     let laptop = try engine.signIn(SignIn(device: "laptop"), to: alice, at: now, into: &effects)
///     engine.receive(Stanza(.chat, conversation: "bob@example.org"), for: alice, …)
///     for effect in effects { … }
///     effects.removeAll()
///
/// Instants must not go back; one that does counts as the latest seen (B3).
public struct MessagingEngine: ~Copyable, @unchecked Sendable {
  // Both lie at fixed places outside of the structure. A borrowed noncopyable value of some size is
  // copied for many a call; this one is three words. The compiler therefore no longer sees who
  // writes: only `mutating` methods may, and a question that says `&` changes nothing.
  private let accountsPlace: UnsafeMutablePointer<AccountTable>
  private let corePlace: UnsafeMutablePointer<Core>

  var accounts: AccountTable {
    @inline(always)
    unsafeAddress { UnsafePointer(self.accountsPlace) }
    @inline(always)
    nonmutating unsafeMutableAddress { self.accountsPlace }
  }

  var core: Core {
    @inline(always)
    unsafeAddress { UnsafePointer(self.corePlace) }
    @inline(always)
    nonmutating unsafeMutableAddress { self.corePlace }
  }

  /// A switch that waits for the restart command (B18).
  var stagedEnabled: Bool?

  /// An engine without accounts.
  ///
  /// - Parameters:
  ///   - configuration: how it behaves.
  ///   - now: the instant at which it starts, which time slices are aligned to (B15).
  ///   - number: what tells its handles from those of other engines of the same host. It changes
  ///     no decision and is not part of a snapshot.
  public init(
    configuration: Configuration = .standard, startingAt now: MonotonicInstant = .origin,
    number: UInt8 = 0
  ) {
    self.accountsPlace = .allocate(capacity: 1)
    self.accountsPlace.initialize(to: AccountTable(engineNumber: number))
    self.corePlace = .allocate(capacity: 1)
    self.corePlace.initialize(to: Core(configuration: configuration, startingAt: now))
  }

  deinit {
    self.corePlace.deinitialize(count: 1)
    self.corePlace.deallocate()
    self.accountsPlace.deinitialize(count: 1)
    self.accountsPlace.deallocate()
  }

  /// How the engine behaves.
  public var configuration: Configuration { self.core.configuration }

  /// What tells the engine's handles from those of other engines of the same host.
  public var number: UInt8 { self.accounts.engineNumber }

  /// Whether Multiple Device Messaging is on; a staged change does not show yet (B18).
  public var isEnabled: Bool { self.core.isEnabled }

  /// When ``expire(at:into:)`` is next due, or nil when nothing will happen by itself.
  ///
  /// - Complexity: O(1).
  public var nextDeadline: MonotonicInstant? {
    let earliest = self.accounts.earliestDeadline
    return earliest == .distantFuture ? nil : earliest
  }

  /// The latest instant that can be told from never.
  static let lastInstant = MonotonicInstant(nanoseconds: .max - 1)

  // MARK: - The funnel

  /// Carries a command out at an instant and appends what the host must do.
  ///
  /// Everything that happens to an engine comes through here; the other methods only build a
  /// ``Command``. Deadlines of the account that have passed are handled first, so that the outcome
  /// does not depend on how promptly the host's timer fires.
  ///
  /// - Complexity: O(devices of the account), plus what is flushed.
  @discardableResult
  public mutating func apply(
    _ command: Command, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.carryOut(command, at: now, into: &effects)
  }

  /// The funnel itself. The verbs of the hot path bring their own instance of it, in which the
  /// command is known and never built.
  @inline(always)
  mutating func carryOut(
    _ command: Command, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    effects.makeUnique()
    self.core.now = max(self.core.now, min(now, Self.lastInstant))
    let outcome = self.dispatch(command, into: effects.storage)
    if self.core.isOverBudget || self.core.pressure.isWatching {
      self.relievePressure(into: effects.storage)
    }
    #if MDM_INTERNAL_CHECKS
      self.checkInvariants()
    #endif
    return outcome
  }

  /// Handles every deadline that has come. Early or repeated calls do nothing.
  ///
  /// - Complexity: O(log accounts) for each account that is due, plus what is flushed.
  public mutating func expire(at now: MonotonicInstant, into effects: inout Effects) {
    effects.makeUnique()
    self.core.now = max(self.core.now, min(now, Self.lastInstant))
    while let due = self.accounts.nextDue, due.instant <= self.core.now {
      let account = self.accounts[due.slot].handle
      self.apply(.expire(account), at: self.core.now, into: &effects)
      precondition(
        self.accounts[due.slot].deadline > self.core.now, "Account \(account) stays due for ever.")
    }
  }

  @inline(always)
  private mutating func dispatch(_ command: Command, into effects: EffectStorage) -> Outcome {
    switch command {
    case .receive(let account, let stanza, let address):
      return self.onAccount(account, effects) {
        $0.receive(stanza, to: address, for: account.slot, into: $1)
      }
    case .send(let device, let stanza, let address):
      return self.onDevice(device, effects) {
        $0.send(stanza, from: device, toSelf: address, into: $1)
      }
    case .open(let name, let archived):
      return self.open(name, archived: archived)
    case .restore(let bytes):
      return self.restoreAccount(from: bytes, into: effects)
    case .setEnabled(let isEnabled):
      return self.onEveryAccount(effects) { $0.setEnabled(isEnabled, into: $1) }
    case .restart:
      return self.onEveryAccount(effects) { $0.restart(into: $1) }
    case .configure(let configuration):
      return self.onEveryAccount(effects) { $0.configure(configuration, into: $1) }
    case .close, .signIn, .expire, .archived, .archiveFailed:
      return self.dispatchToAccount(command, into: effects)
    case .signOut, .connectionLost, .resume, .presence, .requestMDM, .setMode, .requested, .read:
      return self.dispatchToDevice(command, into: effects)
    }
  }
}
