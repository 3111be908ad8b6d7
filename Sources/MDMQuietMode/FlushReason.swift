/// Why a quiet device's buffer was flushed (R-036…R-041, B17).
@nonexhaustive
public enum FlushReason: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// A request went to the device or came from it (R-037, B6).
  case request
  /// A message came while no other client of the user was active (R-038, B7).
  case noOtherActiveClient
  /// The device's own buffer reached its limit (R-039, B11).
  case sessionLimit
  /// All buffers together reached their limit and this one was the largest (R-054, B11).
  case overallLimit
  /// The client left quiet mode.
  case clientActive
  /// The device sent a message from the background (B5).
  case clientTraffic
  /// The device resumed a lost connection (B14).
  case resumed
  /// Multiple Device Messaging was switched off, for the session or for all (B18).
  case featureDisabled
  /// The last other active client's five minutes ran out (B26, off by default).
  case activityExpired
  /// A stanza that must not wait, such as a call invitation (B8, `bypassQuiet`).
  case urgent

  /// Whether the flush counts in `MDMBufferFlushesLimitReached` (R-054, B11).
  public var isLimit: Bool { self == .sessionLimit || self == .overallLimit }
}
