extension RedundancyConfiguration {
  /// How long after the last thing that gave it the right a node that is cut off serves at most:
  /// the sending of its last good renewal, or of the last heartbeat that its peer acknowledged.
  /// Nil without an arbiter, where nothing ends by time.
  ///
  /// Nobody else begins before ``Values/ownershipMargin`` more has passed, as long as clocks
  /// disagree by less than that over this time.
  public var longestServiceAlone: Duration? {
    switch self.values.arbitration {
    case .leaseStore: self.values.leaseDuration - self.values.ownershipMargin
    case .witness: self.values.heartbeatTimeout - self.values.ownershipMargin
    case .nobody: nil
    }
  }

  /// How long after its last heartbeat a dead node's users are claimed at most, while the arbiter
  /// answers at once; moving them is the host's and comes on top.
  public var longestUntilTakeover: Duration {
    let values = self.values
    switch values.arbitration {
    // The lease was renewed at most one interval after the last heartbeat, and is asked for again
    // a quarter of an interval after each refusal.
    case .leaseStore:
      return max(values.heartbeatTimeout, values.leaseDuration + values.heartbeatInterval)
        + values.heartbeatInterval / 4
    case .witness: return values.heartbeatTimeout + values.heartbeatInterval
    case .nobody: return values.heartbeatTimeout
    }
  }
}
