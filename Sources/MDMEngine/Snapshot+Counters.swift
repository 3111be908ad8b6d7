import MDMMonitoring
import MDMStanza
import MDMStorage

// How the counters are written into a snapshot: as lists, so that a later version may append to
// them and read what is shorter.

extension ByteWriter {
  mutating func write(_ totals: Counters.Totals) {
    self.write(totals.flushesByReason)
    self.write([totals.queuedNanoseconds.high, totals.queuedNanoseconds.low])
    self.write(totals.flushSize.buckets)
    self.write(totals.holdMilliseconds.buckets)
    self.write(Counters.Totals.fields.map { totals[keyPath: $0] })
  }

  mutating func write(_ numbers: [UInt64]) {
    self.write(UInt64(numbers.count))
    for number in numbers { self.write(number) }
  }

  mutating func write(_ slices: SliceCounter, at now: MonotonicInstant) {
    self.write(slices.start, at: now)
    self.write(signed: slices.length)
    self.write(signed: slices.slice)
    self.write(slices.current)
    self.write(slices.previous)
  }
}

extension ByteReader {
  mutating func totals(reasons: Int) throws(ByteReaderError) -> Counters.Totals {
    var totals = Counters.Totals()
    totals.flushesByReason = try self.numbers(padTo: reasons)
    let queued = try self.numbers(padTo: 2)
    totals.queuedNanoseconds = WideCount(high: queued[0], low: queued[1])
    totals.flushSize.buckets = try self.numbers(padTo: Histogram.bucketCount)
    totals.holdMilliseconds.buckets = try self.numbers(padTo: Histogram.bucketCount)
    let fields = Counters.Totals.fields
    for (field, value) in zip(fields, try self.numbers(padTo: fields.count)) {
      totals[keyPath: field] = value
    }
    return totals
  }

  /// A list of numbers, at least as long as asked for and no longer: what an earlier version did
  /// not count is zero, what a later one counted is passed over.
  private mutating func numbers(padTo length: Int) throws(ByteReaderError) -> [UInt64] {
    var numbers: [UInt64] = []
    for _ in 0..<(try self.count(eachAtLeast: 1)) {
      let number = try self.integer()
      if numbers.count < length { numbers.append(number) }
    }
    return numbers + Array(repeating: 0, count: length - numbers.count)
  }

  mutating func slices(at now: MonotonicInstant) throws(ByteReaderError) -> SliceCounter {
    let start = try self.instant(at: now)
    let length = try self.signed()
    let slice = try self.signed()
    guard length > 0, slice >= 0 else { throw .malformed }
    return SliceCounter(
      start: start, length: length, slice: slice, current: try self.integer(),
      previous: try self.integer())
  }
}

extension Counters.Totals {
  /// The plain totals in the order in which snapshots hold them; new ones go to the end.
  fileprivate static let fields: [any WritableKeyPath<Self, UInt64> & Sendable] = [
    \.flushedPackets, \.archived, \.archiveFailures, \.delivered, \.held, \.coalesced, \.dropped,
    \.notified, \.pushed, \.undelivered, \.unroutable, \.markers, \.markersNotForward,
    \.markersUnknown, \.refusals, \.overflowed, \.conversationsForgotten, \.unreadRunsMerged,
  ]
}
