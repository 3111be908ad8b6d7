// The counters of several engines as if they were one engine's.
extension Counters {
  /// Adds another engine's counters. Both engines must have started at the same instant with slices
  /// of the same length, so that their slices are the same stretches of time (B15).
  public mutating func add(_ other: Counters) {
    self.gauges.add(other.gauges)
    self.totals.add(other.totals)
    self.slices.last &+= other.slices.last
    self.slices.current &+= other.slices.current
  }
}

extension Counters.Gauges {
  fileprivate mutating func add(_ other: Self) {
    self.accounts += other.accounts
    self.sessions += other.sessions
    self.mdmSessions += other.mdmSessions
    self.quietSessions += other.quietSessions
    self.silentSessions += other.silentSessions
    self.suspendedSessions += other.suspendedSessions
    self.detachedSessions += other.detachedSessions
    self.heldStanzas += other.heldStanzas
    self.heldBytes += other.heldBytes
  }
}

extension Counters.Totals {
  fileprivate mutating func add(_ other: Self) {
    while self.flushesByReason.count < other.flushesByReason.count {
      self.flushesByReason.append(0)
    }
    for reason in other.flushesByReason.indices {
      self.flushesByReason[reason] &+= other.flushesByReason[reason]
    }
    self.flushedPackets &+= other.flushedPackets
    self.queuedNanoseconds.add(other.queuedNanoseconds)
    self.flushSize.add(other.flushSize)
    self.holdMilliseconds.add(other.holdMilliseconds)
    self.archived &+= other.archived
    self.archiveFailures &+= other.archiveFailures
    self.delivered &+= other.delivered
    self.held &+= other.held
    self.coalesced &+= other.coalesced
    self.dropped &+= other.dropped
    self.notified &+= other.notified
    self.pushed &+= other.pushed
    self.undelivered &+= other.undelivered
    self.unroutable &+= other.unroutable
    self.markers &+= other.markers
    self.markersNotForward &+= other.markersNotForward
    self.markersUnknown &+= other.markersUnknown
    self.conversationsForgotten &+= other.conversationsForgotten
    self.unreadRunsMerged &+= other.unreadRunsMerged
    self.refusals &+= other.refusals
    self.overflowed &+= other.overflowed
  }
}

extension WideCount {
  /// Adds another count, modulo 2¹²⁸.
  public mutating func add(_ other: WideCount) {
    let (sum, overflow) = self.low.addingReportingOverflow(other.low)
    self.low = sum
    self.high &+= other.high &+ (overflow ? 1 : 0)
  }
}

extension Histogram {
  /// Adds another histogram's counts.
  public mutating func add(_ other: Histogram) {
    for bucket in self.buckets.indices { self.buckets[bucket] &+= other.buckets[bucket] }
  }
}
