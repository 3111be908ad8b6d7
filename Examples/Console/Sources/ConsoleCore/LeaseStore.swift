import MDM
import MDMRedundancy

/// The store that says which node may serve whose users: what both nodes of a group can reach.
struct LeaseStore {
  private struct Lease {
    var owner: NodeID?
    var epoch = OwnershipEpoch.none
    var end = MonotonicInstant.distantPast
  }

  private var leases = PerNode(both: Lease())

  /// Grants the lease, with the next epoch, if it is nobody's.
  mutating func acquire(
    _ home: NodeID, for node: NodeID, _ duration: Duration, at now: MonotonicInstant
  ) -> LeaseOutcome {
    let lease = self.leases[home]
    guard lease.end <= now else { return .refused(owner: lease.owner, epoch: lease.epoch) }
    let epoch = OwnershipEpoch(lease.epoch.rawValue + 1)
    self.leases[home] = Lease(owner: node, epoch: epoch, end: now.advanced(by: duration))
    return .held(epoch)
  }

  /// Prolongs the lease of whoever holds it.
  mutating func renew(
    _ home: NodeID, for node: NodeID, _ epoch: OwnershipEpoch, _ duration: Duration,
    at now: MonotonicInstant
  ) -> LeaseOutcome {
    let lease = self.leases[home]
    guard lease.owner == node, lease.epoch == epoch else {
      return .refused(owner: lease.end > now ? lease.owner : nil, epoch: lease.epoch)
    }
    self.leases[home].end = now.advanced(by: duration)
    return .held(epoch)
  }

  /// Takes the lease back from whoever holds it.
  mutating func release(_ home: NodeID, by node: NodeID, _ epoch: OwnershipEpoch) -> LeaseOutcome {
    let lease = self.leases[home]
    if lease.owner == node, lease.epoch == epoch {
      self.leases[home] = Lease(epoch: lease.epoch)
    }
    return .released
  }

  /// Who holds the lease, and in which epoch.
  func holder(of home: NodeID, at now: MonotonicInstant) -> (node: NodeID, epoch: UInt64)? {
    let lease = self.leases[home]
    guard lease.end > now, let owner = lease.owner else { return nil }
    return (owner, lease.epoch.rawValue)
  }
}
