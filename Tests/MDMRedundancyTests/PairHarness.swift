import MDMRedundancy
import MDMStanza
import Testing

/// Two nodes, a network, a store of leases and a witness in one virtual time. The services, the
/// moves and the store answer at once and well unless a test says otherwise.
struct PairHarness {
  /// How a node's requests of one kind are answered.
  enum Answers {
    case good
    case bad
    /// Done, but nobody is told.
    case unknownDone
    /// Not done, and nobody is told.
    case unknownLost
    /// Not at all, until the test says so.
    case none
  }

  struct Lease {
    var owner: NodeID?
    var epoch: UInt64 = 0
    var end = MonotonicInstant.distantPast
  }

  struct Letter {
    var heartbeat: Heartbeat
    var to: NodeID
    var arrival: MonotonicInstant
  }

  private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  var nodes: [RedundancyNode?] = [nil, nil]
  var memories: [NodeMemory]
  var boots: [UInt64] = [0, 0]
  var health: [ServiceHealth] = [.healthy, .healthy]
  /// Whether heartbeats from the first, and from the second node arrive.
  var isLinkUp = [true, true]
  var reachesStore = [true, true]
  var reachesWitness = [true, true]
  var moves: [Answers] = [.good, .good]
  var starts: [Answers] = [.good, .good]
  var stops: [Answers] = [.good, .good]
  var leaseAnswers: [Answers] = [.good, .good]
  var heldMoves: [(node: Int, operation: OperationID)] = []
  var heldStarts: [(node: Int, operation: OperationID)] = []
  var heldStops: [(node: Int, operation: OperationID)] = []
  /// The epoch in which each node's host serves the users of each home, by what it was told.
  private(set) var served = [
    PerNode<OwnershipEpoch?>(both: nil), PerNode<OwnershipEpoch?>(both: nil),
  ]
  /// How often each node's host was told to disconnect users.
  private(set) var disconnects = [0, 0]
  private var isHostWrong = false
  /// Every row that the pair was in.
  private(set) var visited: [String] = []
  private var shown: [NodeStatus?] = []
  var leases = [Lease(), Lease()]
  var grant: (to: NodeID?, end: MonotonicInstant) = (nil, .distantPast)
  private var waiting: [(node: NodeID, input: RedundancyInput)] = []
  private var isBusy = false
  var letters: [Letter] = []
  /// When each node last got a heartbeat.
  private(set) var lastArrival = [MonotonicInstant.origin, .origin]
  var alarms: [Set<RedundancyAlarm>] = [[], []]
  var story: [String] = []
  var recoveries = [0, 0]
  let configuration: RedundancyConfiguration

  init(_ configuration: RedundancyConfiguration = .standard, isOn: Bool = true) {
    self.configuration = configuration
    let memory = NodeMemory(
      highAvailability: HighAvailabilitySwitch(version: isOn ? 1 : 0, isOn: isOn))
    self.memories = [memory, memory]
  }

  // MARK: - Reading

  func status(_ node: NodeID) -> NodeStatus? { self.nodes[node.index]?.status }

  /// The row of both nodes' own statuses, a node that is down counting as not heard.
  var row: String {
    let found = NodePairTable.row(first: self.status(.first), second: self.status(.second))
    return found.map { $0.isMirrored ? "\($0.row.name)'" : $0.row.name }
      ?? "\(String(describing: self.status(.first))) + \(String(describing: self.status(.second)))"
  }

  func serves(_ node: NodeID, _ home: NodeID) -> Bool {
    self.nodes[node.index]?.servingEpoch(of: home, at: self.now) != nil
  }

  // MARK: - Acting

  mutating func start(_ node: NodeID) {
    self.boots[node.index] += 1
    var effects: [RedundancyEffect] = []
    self.nodes[node.index] = RedundancyNode(
      node, boot: BootID(self.boots[node.index]), memory: self.memories[node.index],
      configuration: self.configuration, health: self.health[node.index], at: self.now,
      into: &effects)
    self.performAll(effects, of: node)
  }

  mutating func startBoth() {
    self.start(.first)
    self.start(.second)
  }

  /// The process ends without a word.
  mutating func crash(_ node: NodeID) {
    self.nodes[node.index] = nil
    self.served[node.index] = PerNode(both: nil)
    self.heldMoves.removeAll { $0.node == node.index }
  }

  mutating func restart(_ node: NodeID) {
    self.crash(node)
    self.start(node)
  }

  mutating func shutDown(_ node: NodeID) {
    self.apply(.shutDown, to: node)
    self.crash(node)
  }

  mutating func report(_ health: ServiceHealth, of node: NodeID) {
    self.health[node.index] = health
    self.apply(.health(health), to: node)
  }

  mutating func command(_ command: AdminCommand, at node: NodeID) throws {
    guard var value = self.nodes[node.index] else { return }
    var effects: [RedundancyEffect] = []
    try value.perform(command, at: self.now, into: &effects)
    self.nodes[node.index] = value
    self.performAll(effects, of: node)
  }

  /// Hands a node what happened, then the answers that this brings about, each in its turn.
  mutating func apply(_ input: RedundancyInput, to node: NodeID) {
    self.waiting.append((node, input))
    guard !self.isBusy else { return }
    self.isBusy = true
    self.handOnWaiting()
  }

  /// Performs what did not come of an input, then hands on the answers.
  private mutating func performAll(_ effects: [RedundancyEffect], of node: NodeID) {
    self.isBusy = true
    self.perform(effects, of: node)
    self.checkHost(of: node)
    self.handOnWaiting()
  }

  private mutating func handOnWaiting() {
    while !self.waiting.isEmpty {
      let next = self.waiting.removeFirst()
      self.hand(next.input, to: next.node)
    }
    self.isBusy = false
  }

  private mutating func hand(_ input: RedundancyInput, to node: NodeID) {
    guard var value = self.nodes[node.index] else { return }
    var effects: [RedundancyEffect] = []
    value.apply(input, at: self.now, into: &effects)
    self.nodes[node.index] = value
    self.check()
    self.perform(effects, of: node)
    self.check()
    self.checkHost(of: node)
  }

  /// Answers the moves that were held back.
  mutating func answerMoves(_ outcome: MoveOutcome) {
    let held = self.heldMoves
    self.heldMoves = []
    for move in held { self.apply(.move(move.operation, outcome), to: NodeID(index: move.node)) }
  }

  mutating func failHeldStarts() {
    let held = self.heldStarts
    self.heldStarts = []
    for start in held {
      self.apply(.services(start.operation, .failed), to: NodeID(index: start.node))
    }
  }

  mutating func answerHeldStops() {
    let held = self.heldStops
    self.heldStops = []
    for stop in held {
      self.health[stop.node].criticalServicesRun = false
      self.apply(.services(stop.operation, .stopped), to: NodeID(index: stop.node))
    }
  }

  mutating func cutLink() { self.isLinkUp = [false, false] }
  mutating func restoreLink() { self.isLinkUp = [true, true] }

  // MARK: - Time

  mutating func run(for seconds: Double) {
    self.run(until: self.now.advanced(by: .milliseconds(Int64(seconds * 1_000))))
  }

  mutating func run(until end: MonotonicInstant) {
    while let next = self.nextInstant, next <= end {
      self.now = max(self.now, next)
      let due = self.letters.filter { $0.arrival <= self.now }
      self.letters.removeAll { $0.arrival <= self.now }
      for letter in due { self.lastArrival[letter.to.index] = self.now }
      for letter in due { self.apply(.heartbeat(letter.heartbeat), to: letter.to) }
      for node in NodeID.allCases {
        if let deadline = self.nodes[node.index]?.nextDeadline, deadline <= self.now {
          self.apply(.time, to: node)
        }
      }
      self.check()
    }
    self.now = end
    self.check()
  }

  private var nextInstant: MonotonicInstant? {
    let deadlines = self.nodes.compactMap { $0?.nextDeadline }
    return (deadlines + self.letters.map { $0.arrival }).min()
  }

  // MARK: - The host's part

  private mutating func perform(_ effects: [RedundancyEffect], of node: NodeID) {
    for effect in effects { self.perform(effect, of: node) }
    self.check()
  }

  private mutating func perform(_ effect: RedundancyEffect, of node: NodeID) {
    switch effect {
    case .sendHeartbeat(let heartbeat):
      guard self.isLinkUp[node.index] else { return }
      self.letters.append(
        Letter(
          heartbeat: heartbeat, to: node.peer, arrival: self.now.advanced(by: .milliseconds(5))))
    case .startCriticalServices(let operation): self.answerServices(operation, node, isStart: true)
    case .stopCriticalServices(let operation): self.answerServices(operation, node, isStart: false)
    case .moveUsers(_, _, _, let operation): self.answerMove(operation, node)
    case .acquireLease(let home, let duration, let operation):
      self.answer(operation, node) { $0.acquire(home, duration, node, at: $1) }
    case .renewLease(let home, let epoch, let duration, let operation):
      self.answer(operation, node) { $0.renew(home, epoch, duration, node, at: $1) }
    case .releaseLease(let home, let epoch, let operation):
      self.expectOfHost(
        !self.memories[node.index].ownership[home].isHeld,
        "\(node) gives the lease on \(home) back, and a restart would go on with it")
      self.answer(operation, node) { $0.release(home, epoch, node, at: $1) }
    case .askWitness(let duration, let operation):
      self.answerWitness(operation, node, duration)
    case .restartRecoveryManager: self.recoveries[node.index] += 1
    case .raiseAlarm(let alarm): self.alarms[node.index].insert(alarm)
    case .clearAlarm(let alarm): self.alarms[node.index].remove(alarm)
    case .statusChanged(_, let to): self.story.append("\(self.seconds) \(node): \(to)")
    case .remember(let memory): self.memories[node.index] = memory
    case .serveUsers(let home, let epoch):
      let view = OwnershipView(epoch: epoch, isHeld: true)
      self.expectOfHost(
        self.memories[node.index].ownership[home] == view,
        "\(node) serves the users of \(home) before it is remembered that it owns them")
      self.served[node.index][home] = epoch
    case .disconnectUsers(let home):
      self.served[node.index][home] = nil
      self.disconnects[node.index] += 1
    }
  }

  var seconds: Int64 { self.now.nanoseconds / 1_000_000_000 - 1 }

  private mutating func answerServices(
    _ operation: OperationID, _ node: NodeID, isStart: Bool
  ) {
    let outcome: ServicesOutcome
    switch isStart ? self.starts[node.index] : self.stops[node.index] {
    case .good: outcome = isStart ? .started : .stopped
    case .bad: outcome = .failed
    case .unknownDone, .unknownLost, .none:
      if isStart {
        self.heldStarts.append((node.index, operation))
      } else {
        self.heldStops.append((node.index, operation))
      }
      return
    }
    self.health[node.index].criticalServicesRun = outcome == .started
    self.apply(.services(operation, outcome), to: node)
  }

  private mutating func answerMove(_ operation: OperationID, _ node: NodeID) {
    switch self.moves[node.index] {
    case .good: self.apply(.move(operation, .done), to: node)
    case .bad: self.apply(.move(operation, .failed), to: node)
    case .unknownDone, .unknownLost: self.apply(.move(operation, .unknown), to: node)
    case .none: self.heldMoves.append((node.index, operation))
    }
  }

  private mutating func answer(
    _ operation: OperationID, _ node: NodeID,
    _ body: (inout Self, MonotonicInstant) -> LeaseOutcome
  ) {
    guard self.reachesStore[node.index] else {
      self.apply(.lease(operation, .unknown), to: node)
      return
    }
    switch self.leaseAnswers[node.index] {
    case .good: self.apply(.lease(operation, body(&self, self.now)), to: node)
    case .bad:
      self.apply(.lease(operation, .refused(owner: nil, epoch: .none)), to: node)
    case .unknownDone:
      _ = body(&self, self.now)
      self.apply(.lease(operation, .unknown), to: node)
    case .unknownLost: self.apply(.lease(operation, .unknown), to: node)
    case .none: return
    }
  }

  private mutating func acquire(
    _ home: NodeID, _ duration: Duration, _ node: NodeID, at now: MonotonicInstant
  ) -> LeaseOutcome {
    let lease = self.leases[home.index]
    guard lease.end <= now else {
      return .refused(owner: lease.owner, epoch: OwnershipEpoch(lease.epoch))
    }
    self.leases[home.index] = Lease(
      owner: node, epoch: lease.epoch + 1, end: now.advanced(by: duration))
    return .held(OwnershipEpoch(lease.epoch + 1))
  }

  private mutating func renew(
    _ home: NodeID, _ epoch: OwnershipEpoch, _ duration: Duration, _ node: NodeID,
    at now: MonotonicInstant
  ) -> LeaseOutcome {
    let lease = self.leases[home.index]
    guard lease.owner == node, lease.epoch == epoch.rawValue else {
      return .refused(owner: lease.owner, epoch: OwnershipEpoch(lease.epoch))
    }
    self.leases[home.index].end = now.advanced(by: duration)
    return .held(epoch)
  }

  private mutating func release(
    _ home: NodeID, _ epoch: OwnershipEpoch, _ node: NodeID, at now: MonotonicInstant
  ) -> LeaseOutcome {
    let lease = self.leases[home.index]
    if lease.owner == node, lease.epoch == epoch.rawValue {
      self.leases[home.index].owner = nil
      self.leases[home.index].end = .distantPast
    }
    return .released
  }

  private mutating func answerWitness(
    _ operation: OperationID, _ node: NodeID, _ duration: Duration
  ) {
    guard self.reachesWitness[node.index] else {
      self.apply(.witness(operation, .unknown), to: node)
      return
    }
    if self.grant.to == node || self.grant.end <= self.now {
      self.grant = (node, self.now.advanced(by: duration))
      self.apply(.witness(operation, .granted), to: node)
    } else {
      self.apply(.witness(operation, .refused), to: node)
    }
  }

  // MARK: - The law

  private mutating func check() {
    let statuses = [self.status(.first), self.status(.second)]
    if statuses != self.shown {
      self.shown = statuses
      self.visited.append(self.row)
    }
    let arbitration = self.configuration.values.arbitration
    for home in NodeID.allCases {
      let first = self.nodes[0]?.servingEpoch(of: home, at: self.now)
      let second = self.nodes[1]?.servingEpoch(of: home, at: self.now)
      if let first, let second {
        #expect(
          first != second, "two owners of \(home) in epoch \(first.rawValue)\n\(self.told)")
        #expect(arbitration == .nobody, "two servers of \(home)\n\(self.told)")
      }
      guard arbitration == .leaseStore else { continue }
      for (node, epoch) in [(NodeID.first, first), (.second, second)] {
        guard let epoch else { continue }
        let lease = self.leases[home.index]
        #expect(
          lease.owner == node && lease.epoch == epoch.rawValue && self.now < lease.end,
          "\(node) serves \(home) without its lease at \(self.seconds)\n\(self.told)")
      }
    }
  }

  /// A node's host does what the node believes, and a restart would know what the node knows.
  private mutating func checkHost(of node: NodeID) {
    guard let value = self.nodes[node.index] else { return }
    let memory = self.memories[node.index]
    for home in NodeID.allCases {
      let believed = value.servingTerm(of: home)?.epoch.rawValue
      let served = self.served[node.index][home]?.rawValue
      func words(_ epoch: UInt64?) -> String { epoch.map { "in epoch \($0)" } ?? "not at all" }
      self.expectOfHost(
        believed == served,
        "\(node) believes to serve the users of \(home) \(words(believed)), "
          + "and told its host to do so \(words(served))")
      self.expectOfHost(
        memory.ownership[home] == value.ownership(of: home),
        "\(node) did not have its host remember what it knows of the users of \(home)")
    }
    self.expectOfHost(
      memory.status == value.status && memory.highAvailability == value.highAvailability,
      "\(node) is \(value.status), and its host was last asked to remember \(memory.status)")
  }

  /// Records the first thing that is wrong: everything later follows from it.
  private mutating func expectOfHost(_ holds: Bool, _ comment: @autoclosure () -> String) {
    guard !holds, !self.isHostWrong else { return }
    self.isHostWrong = true
    Issue.record("\(comment()), at \(self.seconds) s\n\(self.told)")
  }

  var told: String { self.story.joined(separator: "\n") }
}

extension NodeID {
  var index: Int { Int(self.rawValue) }
  init(index: Int) { self = index == 0 ? .first : .second }
}
