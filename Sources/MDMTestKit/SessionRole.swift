/// A kind of session, as the rules tell them apart: the unit of the populations that routing tables
/// are tried on, exhaustively.
public enum SessionRole: UInt8, CaseIterable, Sendable {
  /// MDM, available, in normal mode.
  case mdm
  /// The same with a negative priority.
  case mdmNegative
  /// Available without MDM.
  case plain
  /// The same with a negative priority.
  case plainNegative
  /// Signed in without being available.
  case unavailable
  /// MDM in quiet mode.
  case quiet
  /// MDM in silent mode.
  case silent
  /// MDM, its connection lost, its resume window open (B14).
  case detached
  /// The same behind a push service (B14).
  case suspended

  /// Whether it asks for MDM.
  public var usesMDM: Bool { self != .plain && self != .plainNegative }
  /// Whether its priority is negative.
  public var isNegative: Bool { self == .mdmNegative || self == .plainNegative }
  /// Whether it is available, or was when its connection was lost.
  public var isThere: Bool { self != .unavailable }
  /// Whether its connection is up.
  public var isConnected: Bool { self != .detached && self != .suspended }
}
