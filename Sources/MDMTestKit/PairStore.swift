internal import MDMRedundancy

/// The store of leases of a simulated pair, which measures true time, and the witness.
struct PairStore {
  /// A lease on the users of one node.
  struct Lease {
    var owner: NodeID?
    var epoch: UInt64 = 0
    var end = 0
  }

  /// What a node asks.
  enum Request: Hashable {
    case acquire
    case renew(UInt64)
    case release(UInt64)
  }

  var leases = PerNode(both: Lease())
  /// Whom the witness lets go on alone, and until when.
  var grant: (node: NodeID?, end: Int) = (nil, 0)
  /// A control: the store prolongs whatever it is asked to.
  var ignoresEpochs = false
  /// A control: the store grants less than it says.
  var shortensLeases = false
  /// A control: the witness says yes to both.
  var witnessAgrees = false

  /// Carries a request out at `now` in nanoseconds of true time.
  mutating func carryOut(
    _ request: Request, of node: NodeID, on home: NodeID, for duration: Int, at now: Int
  ) -> LeaseOutcome {
    let lease = self.leases[home]
    let refused = LeaseOutcome.refused(
      owner: lease.end > now ? lease.owner : nil, epoch: OwnershipEpoch(lease.epoch))
    let end = now + (self.shortensLeases ? duration / 2 : duration)
    switch request {
    case .acquire:
      guard lease.end <= now else { return refused }
      self.leases[home] = Lease(owner: node, epoch: lease.epoch + 1, end: end)
      return .held(OwnershipEpoch(lease.epoch + 1))
    case .renew(let epoch):
      if self.ignoresEpochs { return .held(OwnershipEpoch(epoch)) }
      guard lease.owner == node, lease.epoch == epoch else { return refused }
      self.leases[home].end = end
      return .held(OwnershipEpoch(epoch))
    case .release(let epoch):
      if lease.owner == node, lease.epoch == epoch {
        self.leases[home].owner = nil
        self.leases[home].end = 0
      }
      return .released
    }
  }

  /// Whether the witness lets the node go on alone.
  mutating func speak(to node: NodeID, for duration: Int, at now: Int) -> WitnessOutcome {
    guard self.witnessAgrees || self.grant.node == node || self.grant.end <= now else {
      return .refused
    }
    self.grant = (node, now + duration)
    return .granted
  }
}
