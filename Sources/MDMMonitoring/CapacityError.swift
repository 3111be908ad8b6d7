/// Everything that is wrong with a size or with an alarm's settings.
public struct CapacityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One entry for each value out of range, in the order of their declaration.
  public let violations: [Violation]

  /// The error of these violations.
  init(_ violations: [Violation]) { self.violations = violations }

  /// A value out of range.
  @nonexhaustive
  public enum Violation: Hashable, Sendable, CustomStringConvertible {
    /// A node's size in users.
    case users(Int)
    /// The clients of a deployment.
    case clients(Int)
    /// The clients of each user of a deployment.
    case clientsPerUser(Int)
    /// The limit in percent.
    case limitPercent(Int)
    /// How long the limit must be exceeded.
    case holdTime(Duration)
    /// Time between two alerts.
    case repeatInterval(Duration)
    /// When the daily window opens, after midnight.
    case windowStart(Duration)
    /// When the daily window closes, after midnight.
    case windowEnd(Duration)
    /// The window opens when it closes, so that it is never open or always.
    case windowEmpty(Duration)

    /// The value and what is allowed, in one sentence.
    public var description: String {
      switch self {
      case .users(let value): "users is \(value), allowed is 1…10000000"
      case .clients(let value): "clients is \(value), allowed is 0…10000000"
      case .clientsPerUser(let value): "clientsPerUser is \(value), allowed is 1…10000000"
      case .limitPercent(let value): "limitPercent is \(value), allowed is 1…100"
      case .holdTime(let value): "holdTime is \(value), allowed is 0…1 day"
      case .repeatInterval(let value): "repeatInterval is \(value), allowed is 1 minute…1 day"
      case .windowStart(let value): "window.start is \(value), allowed is 0…less than 1 day"
      case .windowEnd(let value): "window.end is \(value), allowed is 0…1 day"
      case .windowEmpty(let value): "window.start and window.end are both \(value)"
      }
    }
  }

  /// Every violation, separated by semicolons.
  public var description: String {
    self.violations.map { $0.description }.joined(separator: "; ")
  }
}
