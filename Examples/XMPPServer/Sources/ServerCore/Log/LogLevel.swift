/// How much the log says; each level includes those before it.
public enum LogLevel: UInt8, Sendable, CaseIterable, Comparable {
  /// The server cannot do something that it is there for.
  case error
  /// Something was refused or given up that an administrator may want to look at.
  case warning
  /// What happens in normal operation: sessions, accounts, start and end.
  case info
  /// Single steps of single connections.
  case debug

  /// What lines call the level.
  var name: StaticString {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .info: "info"
    case .debug: "debug"
    }
  }

  /// Whether `left` is the more severe one.
  public static func < (left: LogLevel, right: LogLevel) -> Bool {
    left.rawValue < right.rawValue
  }
}
