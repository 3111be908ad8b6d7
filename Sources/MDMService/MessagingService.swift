public import MDMEngine
public import MDMStanza
import Synchronization

/// Multiple Device Messaging for a host with threads: accounts shared out among engines, each with
/// a lock, and whatever they decide performed in order outside of it.
///
/// Everything can be called from any thread, in any task or none, from an event loop and from the
/// host's own methods. A verb decides under its account's lock and returns the outcome. What that
/// asks of the host has then been performed on the calling thread, unless another thread was
/// performing for the same shard: then that thread does it, after what was decided before, ahead
/// of whatever is decided later.
///
///     let service = MessagingService(host: server)
///     let alice = try service.open("alice@example.org")
///     let phone = try service.signIn(SignIn(device: "phone"), to: alice).device
///     service.receive(Stanza(.chat, conversation: "bob@example.org"), for: alice)
///
/// Every verb takes the instant at which something happens; without one it asks the clock.
///
/// The service keeps its host. Nothing happens by itself: a host runs ``run()`` in a task of its
/// own, or calls ``expire(at:)`` when ``nextDeadline`` has come.
public final class MessagingService: Sendable {
  let shards: [Shard]
  let router: any StanzaRouter
  let decisions: DecisionKeeper
  let clock: ServiceClock
  let timer = ServiceTimer()
  let lifecycle = Mutex(Lifecycle())
  let settings: ServiceConfiguration.Values

  /// How far the service has come.
  struct Lifecycle {
    /// ``MessagingService/run()`` has been called.
    var hasRun = false
    /// ``MessagingService/shutDown(at:)`` has been called.
    var isShuttingDown = false
    /// How the engines behave, not yet shared out.
    var configuration = Configuration.standard
  }

  /// A service without accounts.
  ///
  /// - Parameters:
  ///   - configuration: how it is cut up and bounded.
  ///   - engine: how its engines behave. The overall limits of all buffers are shared out among the
  ///     shards in equal parts; every other limit is each engine's.
  ///   - clock: where it gets its time from.
  ///   - router: which account a stanza goes to that another one sends.
  ///   - host: the other side of everything.
  public init(
    configuration: ServiceConfiguration = .standard, engine: Configuration = .standard,
    clock: ServiceClock = .continuous, router: any StanzaRouter = NameRouter(),
    host: any MessagingHost
  ) {
    let values = configuration.values
    let count = values.shards ?? processorCount()
    let shared = engine.shared(among: count)
    let start = clock.now()
    let settings = ShardSettings(
      eventLimit: values.eventLimit, effectLimit: values.effectLimit,
      closesIdleAccounts: values.idleAccounts == .close)
    let decisions = DecisionKeeper(limits: values.decisionLog)
    self.decisions = decisions
    self.shards = (0..<count).map { number in
      Shard(
        MessagingEngine(
          configuration: shared, startingAt: start, number: UInt8(truncatingIfNeeded: number)),
        host: host, settings: settings, decisions: decisions)
    }
    self.settings = values
    self.router = router
    self.clock = clock
    self.lifecycle.withLock { $0.configuration = engine }
  }

  // MARK: - Shards

  /// How many engines there are.
  public var shardCount: Int { self.shards.count }

  /// The shard that an account of this name is on: the same in every process with as many shards.
  /// Threads that keep to the accounts of different shards wait for each other only where accounts
  /// of one write to accounts of the other.
  ///
  /// - Complexity: O(length of the name).
  public func shard(of name: AccountName) -> Int {
    // FNV-1a, with a multiplication for the upper bits, which the choice is made by.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.name.bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    hash = (hash ^ hash &>> 32) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(self.shards.count)).high)
  }

  /// The shard behind a handle, nil when it is not one of this service's.
  @inline(always)
  func shard(numbered number: UInt8) -> Shard? {
    Int(number) < self.shards.count ? self.shards[Int(number)] : nil
  }

  /// Carries a command out on an account's shard.
  @inline(always)
  func apply(_ command: Command, on account: AccountHandle, at now: MonotonicInstant?) -> Outcome {
    guard let shard = self.shard(numbered: account.engineNumber) else {
      return .ignored(.staleHandle)
    }
    return shard.apply(command, at: now ?? self.clock.now(), for: self)
  }

  /// Carries a command out on a device's shard.
  @inline(always)
  func apply(_ command: Command, on device: DeviceHandle, at now: MonotonicInstant?) -> Outcome {
    guard let shard = self.shard(numbered: device.engineNumber) else {
      return .ignored(.staleHandle)
    }
    return shard.apply(command, at: now ?? self.clock.now(), for: self)
  }

  // MARK: - Deadlines

  /// When ``expire(at:)`` is next due, or nil when nothing will happen by itself.
  ///
  /// - Complexity: O(shards), without a lock.
  public var nextDeadline: MonotonicInstant? {
    let earliest = self.earliestDeadline
    return earliest == .distantFuture ? nil : earliest
  }

  var earliestDeadline: MonotonicInstant {
    var earliest = Int64.max
    for shard in self.shards {
      earliest = min(earliest, shard.deadline.load(ordering: .sequentiallyConsistent))
    }
    return MonotonicInstant(nanoseconds: earliest)
  }

  /// Handles every deadline that has come, as ``run()`` does by itself. Early or repeated calls do
  /// nothing.
  public func expire(at now: MonotonicInstant? = nil) {
    let now = now ?? self.clock.now()
    for shard in self.shards
    where shard.deadline.load(ordering: .sequentiallyConsistent) <= now.nanoseconds {
      shard.run(for: self, at: now) { state in
        state.engine.expire(at: now, into: &state.outbox.effects)
      }
    }
  }
}
