/// Where a setting was given.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
  /// On a line of a file; the first line is 1.
  case file(name: String, line: Int)
  /// On the command line, or by the program.
  case commandLine

  /// `FILE:LINE`, or `command line`.
  public var description: String {
    switch self {
    case .file(let name, let line): "\(name):\(line)"
    case .commandLine: "command line"
    }
  }
}

/// A value that is given for a setting, as text.
public struct SettingAssignment: Hashable, Sendable {
  /// The setting's name.
  public let key: String
  /// The text of the value.
  public let value: String
  /// Where it stands.
  public let origin: SettingOrigin

  /// An assignment.
  public init(_ key: String, _ value: String, origin: SettingOrigin = .commandLine) {
    self.key = key
    self.value = value
    self.origin = origin
  }
}

/// Everything that is wrong with settings.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The violations: those of the file by line, then those of the command line, then those of
  /// settings that nobody gave.
  public let violations: [Violation]

  /// One thing that is wrong.
  public struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// Where, or nil for a default that does not go with what was given.
    public let origin: SettingOrigin?
    /// The setting, or nil for a line that is none.
    public let key: String?
    /// What is wrong, without the origin.
    public let problem: String

    /// Origin and problem in one line.
    public var description: String {
      self.origin.map { "\($0): \(self.problem)" } ?? self.problem
    }
  }

  init(_ violations: [Violation]) {
    let ranked = violations.enumerated().sorted { left, right in
      (Self.rank(left.element.origin), left.offset) < (
        Self.rank(right.element.origin), right.offset
      )
    }
    self.violations = ranked.map { $0.element }
  }

  private static func rank(_ origin: SettingOrigin?) -> Int {
    switch origin {
    case .file(_, let line): line
    case .commandLine: .max - 1
    case nil: .max
    }
  }

  /// Every violation on a line of its own.
  public var description: String {
    self.violations.map { $0.description }.joined(separator: "\n")
  }
}
