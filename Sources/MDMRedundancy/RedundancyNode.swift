public import MDMStanza

/// One node of a presence redundancy group, as a pure value (R-093… …R-185).
///
/// Law. Never two owners of the same users in the same epoch; and a node serves users only while
/// it owns them. What it owns the store of leases says, or, without a store, what both nodes
/// tell each other, with epochs that are odd for the first node and even for the second.
///
/// Each node decides for itself, from its own services, its timers and the latest heartbeat of
/// its peer; whoever starts something is followed by the other (`RedundancyNode+Following.swift`).
/// States say which users a node wants to own; owning follows the states, and some states are left
/// only once the users are owned and their state has been moved here.
///
///                 failover / service down          users moved
///        Normal ──────────────────────▶ Failing Over ────────▶ Idle │ Failed Over [… Not Running]
///          ▲ │                                                        │ fallback, by hand or
///          │ │ peer fails over / lost           users moved           ▼ by timer
///          │ └────────────────────▶ Taking Over ────────▶ Backup   Taking Back ──▶ Normal
///          │                                               │ ▲         ╎
///          │        users are home                         ▼ │         ╎ peer follows
///          ├───────────────────────────────────── Falling Back ◀╌╌╌╌╌╌╌┘
///          │ both heard and healthy
///      Initializing ◀──── recover ──── Running in Failed Mode ◀──── error, time-out
///
/// Every timer is half-open: it is due from the instant on at which its duration has passed.
public struct RedundancyNode: Sendable {
  /// Which node of the pair it is.
  public let id: NodeID
  /// Which start of it.
  public let boot: BootID
  /// Its parameters.
  public let configuration: RedundancyConfiguration
  /// Whether it has a peer at all; a node alone is Normal and refuses every command.
  public let isPaired: Bool
  /// Its state and reason.
  public internal(set) var status: NodeStatus
  /// Whether high availability is on.
  public internal(set) var highAvailability: HighAvailabilitySwitch
  /// How often the switch had been changed as far as the peer was heard to know.
  var peerSwitchVersion: UInt64
  /// The services as last reported.
  public internal(set) var health: ServiceHealth
  /// Whether it has said goodbye; nothing happens to it any more.
  public internal(set) var isShutDown = false

  /// The latest instant the node was told.
  var clock: MonotonicInstant
  /// When it came into its state.
  var stateSince: MonotonicInstant
  /// When it began to look for its peer.
  var searchSince: MonotonicInstant
  /// Since when something has been down without a break.
  var unhealthySince: MonotonicInstant?
  /// Since when everything has been up without a break.
  var healthySince: MonotonicInstant?
  /// When users last came home, from here or to here.
  var returnedAt: MonotonicInstant?
  /// Whether the node was started while its users were away: its services then came back because
  /// of that, not because a person started them (P11).
  var startedAway = false
  var peer = PeerView()
  var shares: PerNode<Share>
  var services = ServicesRequest()
  var witness = WitnessRequest()
  /// Recoveries taken part in; of two nodes the one that counts more is obeyed.
  var recoveryRound: UInt64
  /// Automatic recoveries since the pair was last well for long, and when the latest was.
  var recoveryAttempts = 0
  var lastRecovery: MonotonicInstant?
  var lastSent = MonotonicInstant.distantPast
  var sequence: UInt64 = 0
  var operations: UInt64 = 0
  var alarms: UInt8 = 0
  /// What the host was last asked to remember, and what the peer was last told.
  var remembered: NodeMemory
  var told: Heartbeat?

  /// A node that starts now, with what the start before it remembered.
  ///
  /// A start within the peer's heartbeat time-out keeps the state (P05–P09); a node whose users
  /// were taken over meanwhile learns that from the first heartbeat it hears.
  ///
  /// - Parameter memory: the last value of ``RedundancyEffect/remember(_:)``.
  /// - Parameter isPaired: false for a group of one node.
  /// - Parameter effects: receives the first heartbeat and the first requests.
  public init(
    _ id: NodeID, boot: BootID, memory: NodeMemory, configuration: RedundancyConfiguration,
    isPaired: Bool = true, health: ServiceHealth = .healthy, at now: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    self.id = id
    self.boot = boot
    self.configuration = configuration
    self.isPaired = isPaired
    self.highAvailability = memory.highAvailability
    self.peerSwitchVersion = memory.peerSwitchVersion
    self.health = health
    self.recoveryRound = memory.recoveryRound
    self.remembered = memory
    self.status = Self.restored(memory, isPaired: isPaired)
    self.startedAway = memory.status.state.isAway
    self.clock = now
    self.stateSince = now
    self.searchSince = now
    self.unhealthySince = health.isHealthy ? nil : now
    self.healthySince = health.isHealthy ? now : nil
    self.shares = PerNode(
      first: Share(resuming: memory.ownership.first),
      second: Share(resuming: memory.ownership.second))
    self.resumeShares(memory)
    self.requestServices(for: self.status, into: &effects)
    self.settle(at: now, into: &effects)
  }

  /// The peer's state; nil while it is not heard.
  public var peerStatus: NodeStatus? { self.heard?.status }

  /// Takes in whatever happened: the funnel behind every other method.
  ///
  /// A command that ``refusal(of:)`` speaks against, an answer to a request that is no longer
  /// awaited and a heartbeat older than the latest change nothing. An instant before the latest
  /// one counts as the latest.
  public mutating func apply(
    _ input: RedundancyInput, at instant: MonotonicInstant,
    into effects: inout [RedundancyEffect]
  ) {
    // Whoever has said goodbye stays silent: the peer may have taken everything.
    guard !self.isShutDown else { return }
    let now = max(instant, self.clock)
    self.clock = now
    // A right that has ended ends before anything else is looked at.
    self.ceaseWhereInvalid(at: now, into: &effects)
    switch input {
    case .heartbeat(let heartbeat): self.receive(heartbeat, at: now, into: &effects)
    case .time: break  // What is due is found below, after every input.
    case .health(let health): self.note(health, at: now)
    case .peerPoweredOff:
      self.peer.isPoweredOff = true
      self.losePeer(at: now)
    case .shutDown:
      self.sayGoodbye(at: now, into: &effects)
      return
    case .command(let command):
      if self.refusal(of: command) == nil { self.carryOut(command, at: now, into: &effects) }
    case .services(let operation, let outcome):
      self.servicesAnswered(operation, outcome, at: now, into: &effects)
    case .move(let operation, let outcome):
      self.moveAnswered(operation, outcome, at: now, into: &effects)
    case .lease(let operation, let outcome):
      self.leaseAnswered(operation, outcome, at: now, into: &effects)
    case .witness(let operation, let outcome): self.witnessAnswered(operation, outcome)
    case .internalError:
      // With high availability off there is no group that could fail or be recovered.
      if self.highAvailability.isOn {
        self.enter(NodeStatus(.runningInFailedMode, .unknown), at: now, into: &effects)
      }
    }
    self.settle(at: now, into: &effects)
  }

  /// Follows the consequences until nothing changes any more, then tells host and peer.
  mutating func settle(at now: MonotonicInstant, into effects: inout [RedundancyEffect]) {
    self.noticeSilence(at: now)
    self.recoverIfDue(at: now, into: &effects)
    // Two nodes' states never circle; the bound only keeps a mistake from hanging the host.
    for _ in 0..<16 {
      self.settleWitness(at: now, into: &effects)
      self.settleOwnership(at: now, into: &effects)
      guard let next = self.nextStatus(at: now), next != self.status else { break }
      self.enter(next, at: now, into: &effects)
    }
    self.settleAlarms(into: &effects)
    self.rememberIfChanged(into: &effects)
    self.sendIfDue(at: now, into: &effects)
  }

  /// Goes to a status, with the requests that go with a new state.
  mutating func enter(
    _ next: NodeStatus, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    guard next != self.status else { return }
    let before = self.status
    self.status = next
    effects.append(.statusChanged(from: before, to: next))
    guard next.state != before.state else { return }
    self.stateSince = now
    if next.state == .normal, before.state == .takingBack || before.state == .fallingBack {
      self.returnedAt = now
    }
    if next.state == .runningInFailedMode { self.forgiveAttempts(at: now) }
    if !next.state.isAway { self.startedAway = false }
    if next.state == .initializing { self.searchAnew(at: now) }
    self.requestServices(for: next, into: &effects)
  }

  /// A name for a new request.
  mutating func makeOperation() -> OperationID {
    self.operations += 1
    return OperationID(boot: self.boot, number: self.operations)
  }
}
