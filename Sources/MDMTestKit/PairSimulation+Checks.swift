internal import MDMRedundancy
internal import MDMStanza

/// What the checks remember.
struct PairLedger {
  /// Who served the users of a node in an epoch first.
  var owners: [ServedEpoch: NodeID] = [:]
  /// In which epoch each node was last seen to serve the users of a node.
  var latestEpoch = PerNode(both: PerNode<UInt64?>(both: nil))
  /// Who served the users of a node last.
  var lastServer: PerNode<NodeID?> = PerNode(first: .first, second: .second)
  /// Whether the pair's states, as they were looked up last, have a name together.
  var named: (first: NodeStatus, second: NodeStatus, hasName: Bool)?
  /// Since when the pair's states have no name together.
  var unnamedSince: Int?
  /// Since when the pair has been as it should be.
  var normalSince: Int?
  /// When something last kept the nodes from hearing each other.
  var deafAt = 0

  struct ServedEpoch: Hashable {
    var home: NodeID
    var epoch: UInt64
  }
}

extension PairSimulation {
  /// For how long the nodes' states may have no name together while they hear each other, in
  /// milliseconds: a change reaches the peer with the next heartbeat, of which three may be lost
  /// before the peer counts as lost, and a peer that is asked to take over while a service is down
  /// waits for the critical service delay; both on clocks that run at nine tenths.
  static let unnamedBound = 167_000

  mutating func begun(_ node: NodeID, serving home: NodeID, in epoch: OwnershipEpoch) {
    self.mix(UInt64(node.rawValue) << 32 | UInt64(home.rawValue) << 16 | epoch.rawValue)
    if self.ledger.lastServer[home] != node { self.verdict.takeovers += 1 }
    self.ledger.lastServer[home] = node
  }

  mutating func mix(_ value: UInt64) {
    var hash = self.verdict.hash
    for part in [UInt64(self.now), value] { hash = (hash ^ part) &* 0x100_0000_01B3 }
    self.verdict.hash = hash
  }

  /// Whether a node serves users at this moment.
  func servingEpoch(of home: NodeID, on node: NodeID) -> UInt64? {
    let host = self.hosts[node]
    guard let term = host.view?.terms[home], host.clock.reading(at: self.now) < term.end else {
      return nil
    }
    return term.epoch.rawValue
  }

  mutating func check() {
    for home in NodeID.allCases { self.checkOwner(of: home) }
    self.checkNames()
    self.checkNormal()
  }

  /// One owner in an epoch, one server at a time, and with a store only under its lease.
  private mutating func checkOwner(of home: NodeID) {
    let arbitration = self.configuration.values.arbitration
    var servers = 0
    for node in NodeID.allCases {
      guard let epoch = self.servingEpoch(of: home, on: node) else { continue }
      servers += 1
      if self.ledger.latestEpoch[home][node] != epoch {
        self.ledger.latestEpoch[home][node] = epoch
        let served = PairLedger.ServedEpoch(home: home, epoch: epoch)
        let owner = self.ledger.owners[served] ?? node
        self.ledger.owners[served] = owner
        if owner != node { self.fail("two owners of \(home)'s users in epoch \(epoch)") }
      }
      guard arbitration == .leaseStore else { continue }
      let lease = self.store.leases[home]
      if lease.owner != node || lease.epoch != epoch || lease.end <= self.now {
        self.fail("\(node) serves \(home)'s users in epoch \(epoch) without a lease")
      }
    }
    // Without an arbiter the documents have it so (H11).
    if servers == 2, arbitration != .nobody { self.fail("two nodes serve \(home)'s users") }
  }

  private var areHearing: Bool {
    NodeID.allCases.allSatisfy {
      self.hosts[$0].isCut == 0 && self.hosts[$0].isPaused == 0
        && self.hosts[$0].view?.peerStatus != nil
    } && self.losses.isEmpty
  }

  private mutating func checkNames() {
    guard let first = self.hosts.first.view?.status, let second = self.hosts.second.view?.status,
      self.areHearing, !self.hasName(first, second)
    else {
      self.ledger.unnamedSince = nil
      return
    }
    let since = self.ledger.unnamedSince ?? self.now
    self.ledger.unnamedSince = since
    let length = (self.now - since) / Self.millisecond
    self.verdict.longestUnnamed = max(self.verdict.longestUnnamed, length)
    if length > Self.unnamedBound { self.fail("no name for \(first) with \(second)") }
  }

  /// Whether two statuses have a name together; asked again only when they are others.
  private mutating func hasName(_ first: NodeStatus, _ second: NodeStatus) -> Bool {
    if let named = self.ledger.named, named.first == first, named.second == second {
      return named.hasName
    }
    let hasName = NodePairTable.row(first: first, second: second) != nil
    self.ledger.named = (first, second, hasName)
    return hasName
  }

  /// Normal means: both say so, and each serves its own users and no others.
  private mutating func checkNormal() {
    let isNormal =
      self.now >= self.faultsEnd
      && NodeID.allCases.allSatisfy { node in
        self.hosts[node].view?.status == .normal
          && self.servingEpoch(of: node, on: node) != nil
          && self.servingEpoch(of: node.peer, on: node) == nil
      }
    guard isNormal else {
      self.ledger.normalSince = nil
      self.verdict.convergence = nil
      return
    }
    let since = self.ledger.normalSince ?? self.now
    self.ledger.normalSince = since
    self.verdict.convergence = (since - self.faultsEnd) / Self.millisecond
  }

  /// Whether the pair has been Normal for long enough that it will stay so.
  var isConverged: Bool {
    guard let since = self.ledger.normalSince else { return false }
    return self.now - since >= 400 * Self.second
  }
}
