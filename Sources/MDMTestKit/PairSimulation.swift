internal import MDMRedundancy
internal import MDMStanza

/// Two nodes of a redundancy group, their network, the store of leases, a witness and everything
/// that can go wrong with them, in one virtual time and from one seed.
///
/// With a store the nodes also have users: real engines hold their accounts on the owning node and,
/// through the stream, on its backup; nothing is acknowledged to those who write, or delivered,
/// before the stream's policy lets it leave; devices resume on whichever node serves them.
///
/// Checked after every event:
/// - one owner of a node's users in an epoch; one node at most that serves them at a true time (no
///   tolerance); with a store, only the owner of the lease serves, before its end;
/// - whoever begins to serve has every message that was acknowledged; a device gets every message
///   once, in order, across takeovers;
/// - two nodes that hear each other are in a pair of states with a name (`NodePairTable`), or get
///   there within `unnamedBound`;
/// - the pair is Normal ``convergenceBound`` after the last fault, with nobody's help but for what
///   somebody did by hand; then every device has everything.
///
/// Law: the same seed and the same faults give the same events, hash and verdict in every process.
/// The checks are in `PairSimulation+Checks.swift`, the faults in ``PairFault``.
///
///     let verdict = PairSimulation.run(seed: 7)
///     #expect(verdict.violation == nil, "\(PairSimulation.story(of: 7))")
public struct PairSimulation: ~Copyable {
  /// A safeguard that a control switches off, so that the checks can show that they are alive.
  public enum Safeguard: UInt8, Sendable, CaseIterable {
    /// The store compares owner and epoch before it prolongs a lease.
    case epochCheck
    /// A node stops serving before its lease ends.
    case selfDemotion
    /// The witness lets one of two nodes go on.
    case oneWitnessedNode
    /// Nothing is acknowledged before the backup has it.
    case backupFirst
  }

  /// What a run came to.
  public struct Verdict: Sendable {
    /// What was broken first; nil when nothing was.
    public var violation: String?
    /// A hash of every event.
    public var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// How many events there were.
    public var events = 0
    /// How often a node began to serve users that the other had served last.
    public var takeovers = 0
    /// How many messages were acknowledged to those who wrote them.
    public var acknowledged = 0
    /// How long after the last fault the pair was Normal, in milliseconds; nil when it never was.
    public var convergence: Int?
    /// The longest time, in milliseconds, for which the nodes' states had no name together
    /// although they heard each other.
    public var longestUnnamed = 0
    /// The events, one a line, when they were asked for.
    public var story: [String] = []
  }

  static let second = 1_000_000_000
  static let millisecond = 1_000_000

  /// How long after its last fault a pair has to be Normal, in milliseconds.
  public static let convergenceBound = 3_600_000

  let configuration: RedundancyConfiguration
  let faults: [PairFault]
  let missing: Safeguard?
  let isTelling: Bool
  let faultsEnd: Int
  var now = 0
  var random: SeededGenerator
  var queue = PairEventQueue()
  let hosts: PerNode<PairHost>
  var store = PairStore()
  var isStoreOut = 0
  var losses: [Int] = []
  var verdict = Verdict()
  var ledger = PairLedger()
  /// The users, of whom there are some when there is a store.
  var users: PairUsers
  var userRandom: SeededGenerator
  var endingAt: Int?
  /// Nodes that an administrator has moved by hand, or a pair that was switched off.
  var isTidyingDue = false

  /// The faults of a seed.
  public static func faults(of seed: UInt64) -> [PairFault] {
    var random = SeededGenerator(seed: seed)
    let configuration = Self.configuration(&random)
    return PairFault.plan(&random, arbitration: configuration.values.arbitration)
  }

  /// Runs a seed, with its own faults or with others.
  ///
  /// - Parameters:
  ///   - seed: where everything comes from.
  ///   - faults: the faults instead of the seed's own.
  ///   - missing: the safeguard that a control does without.
  ///   - isTelling: whether the verdict is to have a story.
  public static func run(
    seed: UInt64, faults: [PairFault]? = nil, without missing: Safeguard? = nil,
    isTelling: Bool = false
  ) -> Verdict {
    var random = SeededGenerator(seed: seed)
    let configuration = Self.configuration(&random, without: missing)
    let arbitration = configuration.values.arbitration
    let own = PairFault.plan(&random, arbitration: arbitration)
    var simulation = PairSimulation(
      seed: seed, configuration, faults: faults ?? own, without: missing, isTelling: isTelling)
    simulation.run()
    return simulation.verdict
  }

  /// The fewest of a seed's faults that still break something, found by leaving out one by one.
  public static func minimised(
    seed: UInt64, without missing: Safeguard? = nil
  ) -> [PairFault] {
    var faults = Self.faults(of: seed)
    var index = faults.count - 1
    while index >= 0 {
      var fewer = faults
      fewer.remove(at: index)
      if Self.run(seed: seed, faults: fewer, without: missing).violation != nil { faults = fewer }
      index = min(index, faults.count) - 1
    }
    return faults
  }

  /// What happens in the smallest failing version of a seed, one line an event.
  public static func story(of seed: UInt64, without missing: Safeguard? = nil) -> String {
    let faults = Self.minimised(seed: seed, without: missing)
    let verdict = Self.run(seed: seed, faults: faults, without: missing, isTelling: true)
    let lines = ["seed \(seed): \(verdict.violation ?? "nothing is broken")"]
    return (lines + faults.map { "  fault \($0)" } + verdict.story).joined(separator: "\n")
  }

  private static func configuration(
    _ random: inout SeededGenerator, without missing: Safeguard? = nil
  ) -> RedundancyConfiguration {
    var values = RedundancyConfiguration.Values()
    values.arbitration = random.pick(weighted: [
      (weight: 6, value: .leaseStore), (weight: 2, value: .witness), (weight: 1, value: .nobody),
    ])
    if missing == .oneWitnessedNode { values.arbitration = .witness }
    let needStore: [Safeguard] = [.epochCheck, .selfDemotion, .backupFirst]
    if let missing, needStore.contains(missing) { values.arbitration = .leaseStore }
    values.automaticFallback = true
    values.automaticFallbackDelay = .seconds(random.pick([30, 120, 600]))
    values.automaticRecovery = true
    values.recoveryDelay = .seconds(random.pick([20, 60]))
    values.recoveryDelayLimit = .seconds(300)
    values.healing = random.pick([.higherEpoch, .recovery])
    do throws(RedundancyConfigurationError) {
      return try RedundancyConfiguration(values)
    } catch { preconditionFailure("The simulation's own configuration: \(error)") }
  }

  init(
    seed: UInt64, _ configuration: RedundancyConfiguration, faults: [PairFault],
    without missing: Safeguard?, isTelling: Bool
  ) {
    self.configuration = configuration
    self.faults = faults
    self.missing = missing
    self.isTelling = isTelling
    self.random = SeededGenerator(seed: seed &+ 0x0B5E_55ED)
    self.userRandom = SeededGenerator(seed: seed &+ 0x0E5E_A7ED)
    self.faultsEnd = (faults.map { $0.end }.max() ?? 0) * Self.millisecond
    let memory = NodeMemory(highAvailability: HighAvailabilitySwitch(version: 1, isOn: true))
    self.hosts = PerNode(
      first: PairHost(memory: memory, clock: PairClock(startingAt: 5 * Self.second)),
      second: PairHost(memory: memory, clock: PairClock(startingAt: 900 * Self.second)))
    self.users = PairUsers(
      areThere: configuration.values.arbitration == .leaseStore,
      at: PerNode(
        first: self.hosts.first.clock.reading(at: 0),
        second: self.hosts.second.clock.reading(at: 0)))
    self.store.ignoresEpochs = missing == .epochCheck
    self.store.shortensLeases = missing == .selfDemotion
    self.store.witnessAgrees = missing == .oneWitnessedNode
  }

  // MARK: - Running

  private mutating func run() {
    for index in self.faults.indices {
      self.queue.schedule(
        .faultBegins(index), at: self.faults[index].begin * Self.millisecond)
    }
    for node in NodeID.allCases { self.start(node) }
    self.startUsers()
    // Whoever has converged has a little longer to hand over what is still on its way.
    let last = self.faultsEnd + (Self.convergenceBound + 1_000_000) * Self.millisecond
    while self.verdict.violation == nil, let next = self.queue.nextTime, next <= last {
      guard let (time, event) = self.queue.removeFirst() else { break }
      self.now = time
      self.verdict.events += 1
      self.happen(event)
      self.check()
      if self.isOver { break }
    }
    if self.verdict.violation == nil, (self.verdict.convergence ?? .max) > Self.convergenceBound {
      self.fail("not Normal \(Self.convergenceBound / 1_000) s after the last fault")
    }
  }

  /// Once the pair has converged, writers stop and devices wake up; then everything must be there.
  private var isOver: Bool {
    mutating get {
      guard self.isConverged else { return false }
      guard self.users.areThere else { return true }
      guard let end = self.endingAt else {
        self.users.isEnding = true
        self.endingAt = self.now + 200 * Self.second
        return false
      }
      guard self.now >= end else { return false }
      self.checkUsers()
      return true
    }
  }

  private mutating func happen(_ event: PairEvent) {
    switch event {
    case .faultBegins(let index): self.begin(index)
    case .faultEnds(let index): self.end(self.faults[index])
    case .heartbeat(let heartbeat, let node): self.apply(.heartbeat(heartbeat), to: node)
    case .store(let request, let node, let home, let duration, let operation, let answers):
      let outcome = self.store.carryOut(
        request, of: node, on: home, for: duration, at: self.now)
      self.tell { "store: \(node) \(request) \(home): \(outcome)" }
      if answers { self.answer(.lease(operation, outcome), to: node, operation.boot) }
    case .witness(let node, let duration, let operation):
      let outcome = self.store.speak(to: node, for: duration, at: self.now)
      self.tell { "witness: \(node): \(outcome)" }
      self.answer(.witness(operation, outcome), to: node, operation.boot)
    case .answer(let input, let node, let boot):
      if self.hosts[node].boot == boot.rawValue { self.apply(input, to: node) }
    case .services(let isStart, let node, let operation):
      self.services(isStart, on: node, operation)
    case .wake(let node, let number): self.wake(node, number)
    case .tidyUp: self.tidyUp()
    case .move(let home, let node, let epoch, let operation):
      self.moveEnds(home, node, epoch, operation)
    case .users(let event): self.happen(event)
    }
  }

  /// Hands a node what happened; a process that stands still takes it in later.
  mutating func apply(_ input: RedundancyInput, to node: NodeID) {
    guard self.hosts[node].isUp else { return }
    if self.hosts[node].isPaused > 0 {
      self.hosts[node].waiting.append(input)
      return
    }
    let local = self.hosts[node].clock.reading(at: self.now)
    var effects: [RedundancyEffect] = []
    self.hosts[node].apply(input, at: local, into: &effects)
    self.perform(effects, of: node)
    self.scheduleWake(node)
  }

  mutating func start(_ node: NodeID) {
    guard !self.hosts[node].isUp, self.hosts[node].isDown == 0 else { return }
    self.hosts[node].boot += 1
    self.hosts[node].waiting = []
    self.hosts[node].lastEffects = nil
    var effects: [RedundancyEffect] = []
    self.tell { "\(node) starts" }
    self.restartUsers(on: node)
    let machine = RedundancyNode(
      node, boot: BootID(self.hosts[node].boot), memory: self.hosts[node].memory,
      configuration: self.configuration, health: self.hosts[node].health,
      at: self.hosts[node].clock.reading(at: self.now), into: &effects)
    self.hosts[node].start(machine)
    self.perform(effects, of: node)
    self.scheduleWake(node)
  }

  /// The process ends without a word.
  mutating func stop(_ node: NodeID) {
    guard self.hosts[node].isUp else { return }
    self.tell { "\(node) is gone" }
    self.hosts[node].stop()
    self.loseUsers(of: node)
    self.hosts[node].waiting = []
    self.hosts[node].wakes += 1
    self.hosts[node].lastEffects = nil
  }

  mutating func scheduleWake(_ node: NodeID) {
    guard let deadline = self.hosts[node].view?.deadline else { return }
    self.hosts[node].wakes += 1
    let time = self.hosts[node].clock.trueTime(of: deadline, from: self.now)
    self.queue.schedule(.wake(node, number: self.hosts[node].wakes), at: time)
  }

  private mutating func wake(_ node: NodeID, _ number: Int) {
    guard self.hosts[node].wakes == number, self.hosts[node].isPaused == 0 else { return }
    self.apply(.time, to: node)
  }

  // MARK: - Telling

  mutating func fail(_ text: String) {
    guard self.verdict.violation == nil else { return }
    self.tell { "VIOLATION: \(text)" }
    self.verdict.violation = text
  }

  mutating func tell(_ text: () -> String) {
    guard self.isTelling else { return }
    let milliseconds = self.now / Self.millisecond
    let rest = milliseconds % 1_000
    let fraction = "\(rest / 100)\(rest / 10 % 10)\(rest % 10)"
    self.verdict.story.append("\(milliseconds / 1_000).\(fraction)  \(text())")
  }
}
