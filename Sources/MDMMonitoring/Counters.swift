/// The MDM counters of one engine at one instant, by their documented names, and what lies behind
/// them (R-049…R-056).
public struct Counters: Hashable, Sendable {
  /// What holds now.
  public var gauges = Gauges()
  /// What has been counted since the engine started.
  public var totals = Totals()
  /// Flushed packets by time slice (R-055, B15).
  public var slices = SliceReport()

  /// All zero.
  public init() {}

  /// What holds now.
  public struct Gauges: Hashable, Sendable {
    /// Accounts open.
    public var accounts = 0
    /// Devices signed in, whether or not they use MDM.
    public var sessions = 0
    /// Sessions with MDM in effect, detached ones included: `MDMSessions` (R-050, B17).
    public var mdmSessions = 0
    /// Of those in quiet mode: `MDMQuietModeSessions`.
    public var quietSessions = 0
    /// Of those in silent mode: `MDMSilentModeSessions` (R-051, B12).
    public var silentSessions = 0
    /// Sessions whose connection is lost and may be resumed (B14).
    public var detachedSessions = 0
    /// Sessions behind a push service (B14).
    public var suspendedSessions = 0
    /// Stanzas held, each counted once for each device that waits for it.
    public var heldStanzas = 0
    /// Payload bytes held, each payload counted once for its account.
    public var heldBytes = 0

    /// All zero.
    public init() {}
  }

  /// What has been counted since the engine started.
  public struct Totals: Hashable, Sendable {
    /// Flushes by ``FlushReason`` raw value (B17).
    public var flushesByReason: [UInt64]
    /// Packets flushed.
    public var flushedPackets: UInt64 = 0
    /// Nanoseconds that flushed packets had waited, added up (B16).
    public var queuedNanoseconds = WideCount()
    /// Flushes by size; see ``Histogram``.
    public var flushSize = Histogram()
    /// Hold times of flushed packets in milliseconds; see ``Histogram``.
    public var holdMilliseconds = Histogram()
    /// Messages archived, both sides.
    public var archived: UInt64 = 0
    /// Messages the archive could not store.
    public var archiveFailures: UInt64 = 0
    /// Stanzas delivered live.
    public var delivered: UInt64 = 0
    /// Stanzas held, each counted once for each device.
    public var held: UInt64 = 0
    /// Held stanzas replaced by a newer one.
    public var coalesced: UInt64 = 0
    /// Stanzas dropped for a quiet device.
    public var dropped: UInt64 = 0
    /// Deliveries that ring, live or late, and pushes.
    public var notified: UInt64 = 0
    /// Pushes.
    public var pushed: UInt64 = 0
    /// Held stanzas that did not reach their device (B14).
    public var undelivered: UInt64 = 0
    /// Stanzas that found no device.
    public var unroutable: UInt64 = 0
    /// Read markers accepted.
    public var markers: UInt64 = 0
    /// Read markers that did not move forward (B21).
    public var markersNotForward: UInt64 = 0
    /// Read markers at positions never handed out (B21).
    public var markersUnknown: UInt64 = 0
    /// Conversations whose read state was forgotten because an account had too many.
    public var conversationsForgotten: UInt64 = 0
    /// Times that unread positions of a conversation became inexact because they were too
    /// scattered.
    public var unreadRunsMerged: UInt64 = 0
    /// Commands refused because a limit was reached.
    public var refusals: UInt64 = 0
    /// Oldest stanzas of devices without a connection given up because a limit was reached.
    public var overflowed: UInt64 = 0

    /// All zero; `reasons` is how many flush reasons there are.
    public init(reasons: Int = 0) {
      self.flushesByReason = Array(repeating: 0, count: reasons)
    }

    /// Flushes for any reason: `MDMBufferFlushes`.
    public var flushes: UInt64 { self.flushesByReason.reduce(0, &+) }
  }

  /// Packets flushed by time slice (B15).
  public struct SliceReport: Hashable, Sendable {
    /// In the last complete slice: `MDMBufferFlushPacketCount`.
    public var last: UInt64 = 0
    /// In the slice that is running.
    public var current: UInt64 = 0

    /// Both zero.
    public init() {}
  }

  /// The mean time that a flushed packet had waited: `MDMBufferAvgQueuedTime` (R-056, B16). Zero
  /// when nothing was flushed.
  public var averageQueuedTime: Duration {
    .nanoseconds(self.totals.queuedNanoseconds.divided(by: self.totals.flushedPackets))
  }
}

/// A counter of up to 128 bits, for sums of nanoseconds.
public struct WideCount: Hashable, Sendable {
  /// The upper half.
  public var high: UInt64
  /// The lower half.
  public var low: UInt64

  /// The count with these halves.
  public init(high: UInt64 = 0, low: UInt64 = 0) {
    self.high = high
    self.low = low
  }

  /// Adds a number that is not negative; a negative one counts as zero.
  @inlinable
  public mutating func add(_ value: Int64) {
    let (sum, overflow) = self.low.addingReportingOverflow(UInt64(max(0, value)))
    self.low = sum
    if overflow { self.high &+= 1 }
  }

  /// Adds a number so many times; a negative one counts as zero.
  @inlinable @inline(always)
  package mutating func add(_ value: Int64, times: UInt64) {
    let product = UInt64(max(0, value)).multipliedFullWidth(by: times)
    let (sum, overflow) = self.low.addingReportingOverflow(product.low)
    self.low = sum
    self.high &+= product.high &+ (overflow ? 1 : 0)
  }

  /// The count divided by `divisor`, held at the top of `Int64`; zero when `divisor` is.
  public func divided(by divisor: UInt64) -> Int64 {
    guard divisor > 0 else { return 0 }
    guard self.high < divisor else { return .max }
    return Int64(clamping: divisor.dividingFullWidth((self.high, self.low)).quotient)
  }
}

/// Counts by powers of two: bucket 0 counts zeros, bucket n counts values from 2^(n-1) up to but
/// not including 2^n, the last bucket everything larger as well.
public struct Histogram: Hashable, Sendable {
  /// How many buckets there are.
  @inlinable public static var bucketCount: Int { 40 }

  /// The counts.
  public var buckets: [UInt64]

  /// All zero.
  public init() { self.buckets = Array(repeating: 0, count: Self.bucketCount) }

  /// Counts a value; a negative one counts as zero.
  public mutating func add(_ value: Int64) { self.buckets[Self.bucket(of: value)] &+= 1 }

  /// The bucket that counts `value`.
  @inlinable @inline(always)
  package static func bucket(of value: Int64) -> Int {
    let width = value <= 0 ? 0 : Int64.bitWidth &- value.leadingZeroBitCount
    return min(width, Self.bucketCount &- 1)
  }

  /// Values counted.
  public var count: UInt64 { self.buckets.reduce(0, &+) }
}
