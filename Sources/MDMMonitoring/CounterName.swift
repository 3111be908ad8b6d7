/// The counters of the group "Cisco XCP MDM Counters" by their documented names (R-049…R-056).
public enum CounterName: String, Sendable, CaseIterable {
  /// Current number of sessions with MDM in effect.
  case mdmSessions = "MDMSessions"
  /// Current number of sessions in silent mode.
  case mdmSilentModeSessions = "MDMSilentModeSessions"
  /// Current number of sessions in quiet mode.
  case mdmQuietModeSessions = "MDMQuietModeSessions"
  /// Buffer flushes.
  case mdmBufferFlushes = "MDMBufferFlushes"
  /// Buffer flushes because a limit was reached.
  case mdmBufferFlushesLimitReached = "MDMBufferFlushesLimitReached"
  /// Packets flushed in the last time slice.
  case mdmBufferFlushPacketCount = "MDMBufferFlushPacketCount"
  /// Mean time in seconds that a packet waits before it is flushed.
  case mdmBufferAvgQueuedTime = "MDMBufferAvgQueuedTime"

  /// The group's documented name.
  public static let group = "Cisco XCP MDM Counters"
}
