internal import MDMStanza

/// The seven MDM counters at one instant by their documented names, with the slice that is over
/// and the one that is running (R-049…R-056, B15).
public struct CounterSnapshot: Hashable, Sendable {
  /// `MDMSessions`.
  public var sessions: Int
  /// `MDMSilentModeSessions`.
  public var silentSessions: Int
  /// `MDMQuietModeSessions`.
  public var quietSessions: Int
  /// `MDMBufferFlushes`.
  public var flushes: UInt64
  /// `MDMBufferFlushesLimitReached`.
  public var limitFlushes: UInt64
  /// Packets flushed in the last complete slice, which is `MDMBufferFlushPacketCount`, and in the
  /// one that is running (R-055, B15).
  public var slices: Counters.SliceReport
  /// `MDMBufferAvgQueuedTime` (R-056, B16).
  public var averageQueuedTime: Duration

  /// The counters that follow from what an engine has counted.
  ///
  /// - Parameters:
  ///   - counters: as of one instant.
  ///   - limitFlushes: those of the flushes whose reason is a limit.
  public init(_ counters: Counters, limitFlushes: UInt64) {
    self.sessions = counters.gauges.mdmSessions
    self.silentSessions = counters.gauges.silentSessions
    self.quietSessions = counters.gauges.quietSessions
    self.flushes = counters.totals.flushes
    self.limitFlushes = limitFlushes
    self.slices = counters.slices
    self.averageQueuedTime = counters.averageQueuedTime
  }

  /// A counter as a number: packets, sessions, flushes or seconds.
  public func value(of name: CounterName) -> MetricValue {
    switch name {
    case .mdmSessions: .count(self.sessions)
    case .mdmSilentModeSessions: .count(self.silentSessions)
    case .mdmQuietModeSessions: .count(self.quietSessions)
    case .mdmBufferFlushes: .count(self.flushes)
    case .mdmBufferFlushesLimitReached: .count(self.limitFlushes)
    case .mdmBufferFlushPacketCount: .count(self.slices.last)
    case .mdmBufferAvgQueuedTime: .seconds(self.averageQueuedTime)
    }
  }

  /// A counter as the text that belongs beside its name: whole numbers, and the average in seconds
  /// with three decimals.
  public func text(of name: CounterName) -> String {
    switch name {
    case .mdmSessions, .mdmSilentModeSessions, .mdmQuietModeSessions, .mdmBufferFlushes,
      .mdmBufferFlushesLimitReached, .mdmBufferFlushPacketCount:
      return self.value(of: name).text
    case .mdmBufferAvgQueuedTime:
      let milliseconds = self.averageQueuedTime.wholeNanoseconds / 1_000_000
      let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
      return "\(milliseconds / 1_000).\(fraction)"
    }
  }

  /// Name and text of each, in the documented order.
  public var named: [(name: CounterName, text: String)] {
    CounterName.allCases.map { ($0, self.text(of: $0)) }
  }
}
