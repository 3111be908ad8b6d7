/// When a capacity alarm speaks: valid from the moment it exists (R-068, R-070…R-072).
///
///     let settings = try AlarmSettings { $0.limitPercent = 75 }
public struct AlarmSettings: Hashable, Sendable {
  /// The settings, each within its range.
  public let values: Values

  /// The documented defaults.
  public static let standard = AlarmSettings(unchecked: Values())

  /// The defaults as changed by `edit`.
  ///
  /// - Throws: ``CapacityError`` with every value out of range.
  public init(_ edit: (inout Values) -> Void) throws(CapacityError) {
    var values = Values()
    edit(&values)
    let violations = values.violations
    guard violations.isEmpty else { throw CapacityError(violations) }
    self.values = values
  }

  private init(unchecked values: Values) { self.values = values }

  /// Whether the alarm is raised at all.
  public var isEnabled: Bool { self.values.isEnabled }
  /// The limit in percent.
  public var limitPercent: Int { self.values.limitPercent }
  /// How long the limit must be exceeded.
  public var holdTime: Duration { self.values.holdTime }
  /// Time between two alerts.
  public var repeatInterval: Duration { self.values.repeatInterval }
  /// When it may speak.
  public var window: DailyWindow? { self.values.window }

  /// The settings with their defaults.
  public struct Values: Hashable, Sendable {
    /// Whether the alarm is raised at all. Default: true. Switched off, it still knows how
    /// long the limit has been exceeded.
    public var isEnabled = true
    /// The percentage of the capacity that the load must exceed. Default: 80. Range: 1…100.
    public var limitPercent = 80
    /// How long it must do so without a break. Default: 10 minutes. Range: 0…1 day.
    public var holdTime = Duration.seconds(600)
    /// Time between two alerts while it lasts. Default: 10 minutes. Range: 1 minute…1 day.
    public var repeatInterval = Duration.seconds(600)
    /// When the alarm may speak; what is due outside is told when the window opens.
    /// Default: nil, at any time.
    public var window: DailyWindow?

    /// The documented defaults.
    public init() {}

    var violations: [CapacityError.Violation] {
      var found: [CapacityError.Violation] = []
      if !(1...100).contains(self.limitPercent) { found.append(.limitPercent(self.limitPercent)) }
      if self.holdTime < .zero || self.holdTime > DailyWindow.day {
        found.append(.holdTime(self.holdTime))
      }
      if self.repeatInterval < .seconds(60) || self.repeatInterval > DailyWindow.day {
        found.append(.repeatInterval(self.repeatInterval))
      }
      return found + (self.window?.violations ?? [])
    }
  }
}
