/// What a service counts of itself, beside the counters of its engines.
public struct ServiceCounters: Hashable, Sendable {
  /// What holds now.
  public var gauges = Gauges()
  /// What has been counted since the service was made.
  public var totals = Totals()

  /// All zero.
  public init() {}

  /// What holds now.
  public struct Gauges: Hashable, Sendable {
    /// Scopes that have been entered and not been left.
    public var scopes = 0
    /// Effects that have been decided and not been taken up to be performed.
    public var waitingEffects = 0

    /// All zero.
    public init() {}
  }

  /// What has been counted since the service was made.
  public struct Totals: Hashable, Sendable {
    /// Effects performed.
    public var performed: UInt64 = 0
    /// Lists of effects performed: each is what was decided while the one before was performed.
    public var batches: UInt64 = 0
    /// The most effects that one such list had.
    public var largestBatch = 0
    /// Stanzas refused because too many effects waited to be performed.
    public var refusedForBacklog: UInt64 = 0
    /// Stanzas routed to an account on this service.
    public var routed: UInt64 = 0
    /// Stanzas handed to the host to route.
    public var routedForeign: UInt64 = 0
    /// Scopes entered.
    public var scopesEntered: UInt64 = 0
    /// Events put into streams.
    public var streamed: UInt64 = 0
    /// The most events that waited in one stream.
    public var longestStream = 0
    /// Streams paused because as many events waited as may.
    public var streamsPaused: UInt64 = 0
    /// Paused streams that went on after their device had caught up.
    public var streamsResumed: UInt64 = 0
    /// Events that were in a stream when its scope was left, handed to the host.
    public var unread: UInt64 = 0

    /// All zero.
    public init() {}

    mutating func add(_ other: Self) {
      self.performed &+= other.performed
      self.batches &+= other.batches
      self.largestBatch = max(self.largestBatch, other.largestBatch)
      self.refusedForBacklog &+= other.refusedForBacklog
      self.routed &+= other.routed
      self.routedForeign &+= other.routedForeign
      self.scopesEntered &+= other.scopesEntered
      self.streamed &+= other.streamed
      self.longestStream = max(self.longestStream, other.longestStream)
      self.streamsPaused &+= other.streamsPaused
      self.streamsResumed &+= other.streamsResumed
      self.unread &+= other.unread
    }
  }
}
