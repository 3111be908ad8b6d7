/// The counts of flushes that are taken for every stanza, in one block of memory of their own.
///
/// As arrays inside ``Counters/Totals`` each count would cost a check of who else holds the array;
/// here it is a load and a store. They are put into the totals when somebody asks.
@usableFromInline
package struct FlushTally: ~Copyable, @unchecked Sendable {
  @usableFromInline let counts: UnsafeMutablePointer<UInt64>
  @usableFromInline let reasons: Int

  @inlinable var flushSize: UnsafeMutablePointer<UInt64> { self.counts + self.reasons }
  @inlinable var holdMilliseconds: UnsafeMutablePointer<UInt64> {
    self.flushSize + Histogram.bucketCount
  }
  private static func size(_ reasons: Int) -> Int { reasons + 2 * Histogram.bucketCount }

  /// All zero.
  ///
  /// - Parameter reasons: how many flush reasons there are.
  package init(reasons: Int) {
    self.reasons = reasons
    self.counts = .allocate(capacity: Self.size(reasons))
    self.counts.initialize(repeating: 0, count: Self.size(reasons))
  }

  deinit { self.counts.deallocate() }

  /// Counts a flush of `packets` stanzas for the reason of this raw value.
  @inlinable @inline(always)
  package func addFlush(reason: UInt8, packets: Int64) {
    assert(reason < self.reasons)
    self.counts[Int(reason)] &+= 1
    self.flushSize[Histogram.bucket(of: packets)] &+= 1
  }

  /// Counts the time that one stanza was held for so many devices.
  @inlinable @inline(always)
  package func addHold(milliseconds: Int64, times: UInt64) {
    self.holdMilliseconds[Histogram.bucket(of: milliseconds)] &+= times
  }

  /// Puts the counts into `totals`.
  package func fill(_ totals: inout Counters.Totals) {
    for reason in 0..<self.reasons { totals.flushesByReason[reason] = self.counts[reason] }
    for bucket in 0..<Histogram.bucketCount {
      totals.flushSize.buckets[bucket] = self.flushSize[bucket]
      totals.holdMilliseconds.buckets[bucket] = self.holdMilliseconds[bucket]
    }
  }

  /// Takes the counts of a snapshot over.
  package func take(_ totals: Counters.Totals) {
    for reason in 0..<self.reasons { self.counts[reason] = totals.flushesByReason[reason] }
    for bucket in 0..<Histogram.bucketCount {
      self.flushSize[bucket] = totals.flushSize.buckets[bucket]
      self.holdMilliseconds[bucket] = totals.holdMilliseconds.buckets[bucket]
    }
  }
}
