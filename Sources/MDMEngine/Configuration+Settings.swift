import MDMSession
import MDMStanza

/// Why a setting could not be changed by name.
@nonexhaustive
public enum SettingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No setting has this name.
  case unknownName(String)
  /// The text is no value of this setting; what would be one is said.
  case malformedValue(setting: String, text: String, expected: String)

  /// One sentence.
  public var description: String {
    switch self {
    case .unknownName(let name): "there is no setting \(name)"
    case .malformedValue(let setting, let text, let expected):
      "\(setting) cannot be \(text): \(expected) expected"
    }
  }
}

/// The settings by name and as text, for configuration files, command lines and admin commands.
///
/// Names are those of the properties. Durations are written as seconds with an optional fraction,
/// or with a unit: `120`, `0.5`, `90s`, `5m`, `72h`. Choices are written as their case, numbers in
/// decimal digits, switches as `true` or `false`, versions with dots, `none` where a setting may be
/// absent.
extension Configuration.Values {
  /// The names of all settings, in the order of declaration.
  public static var settingNames: [String] { Self.settings.map { $0.name } }

  /// The value of a setting as text, or nil when there is no setting of this name.
  public func text(of name: String) -> String? {
    Self.settings.first { $0.name == name }.map { $0.read(self) }
  }

  /// Changes a setting by name. Ranges are checked when a ``Configuration`` is made of the values.
  ///
  /// - Throws: ``SettingError`` when the name is unknown or the text is no value of the setting.
  public mutating func set(_ name: String, to text: String) throws(SettingError) {
    guard let setting = Self.settings.first(where: { $0.name == name }) else {
      throw .unknownName(name)
    }
    guard setting.write(&self, text) else {
      throw .malformedValue(setting: name, text: text, expected: setting.expected)
    }
  }

  private static let settings: [NamedSetting] = [
    .bool("enabled", \.enabled),
    .choice("enablement", \.enablement),
    .bool("instantMessagingEnabled", \.eligibility.instantMessagingEnabled),
    .version("minimumClientVersion", \.eligibility.minimumClientVersion),
    .version("minimumEdgeVersion", \.eligibility.minimumEdgeVersion),
    .bool("excludesEncryptedOnly", \.eligibility.excludesEncryptedOnly),
    .duration("activeWindow", \.activeWindow),
    .choice("activeSelection", \.activeSelection),
    .choices("qualifyingShows", \.qualifyingShows),
    .bool("awayEndsActivity", \.awayEndsActivity),
    .bool("quietPresenceQualifies", \.quietPresenceQualifies),
    .bool("leavingQuietQualifies", \.leavingQuietQualifies),
    .integer("perSessionLimit", \.perSessionLimit),
    .integer("perSessionByteLimit", \.perSessionByteLimit),
    .optionalInteger("overallLimit", \.overallLimit),
    .integer("overallByteLimit", \.overallByteLimit),
    .optionalInteger("sessionCapacity", \.sessionCapacity),
    .choice("chatStates", \.chatStates),
    .duration("regroupDelay", \.regroupDelay),
    .bool("flushOnActivityExpiry", \.flushOnActivityExpiry),
    .choice("silentSemantics", \.silentSemantics),
    .integer("deviceLimit", \.deviceLimit),
    .choice("deviceLimitPolicy", \.deviceLimitPolicy),
    .integer("accountLimit", \.accountLimit),
    .duration("resumeWindow", \.resumeWindow),
    .duration("suspensionWindow", \.suspensionWindow),
    .bool("strictProfile", \.strictProfile),
    .duration("conversationHold", \.conversationHold),
    .choice("groupChat", \.groupChat),
    .choice("fileTransfer", \.fileTransfer),
    .bool("sendMarksRead", \.sendMarksRead),
    .integer("conversationLimit", \.conversationLimit),
    .choice("archiveFailure", \.archiveFailure),
    .integer("archiveBacklogLimit", \.archiveBacklogLimit),
    .bool("archiveIgnoresHints", \.archiveIgnoresHints),
    .integer("stanzaByteLimit", \.stanzaByteLimit),
    .duration("timeslice", \.timeslice),
  ]
}

/// One setting: its name, and how it is read and written as text.
private struct NamedSetting: Sendable {
  typealias Values = Configuration.Values

  let name: String
  let expected: String
  let read: @Sendable (Values) -> String
  let write: @Sendable (inout Values, String) -> Bool

  /// A setting whose text is made by `format` and understood by `parse`.
  static func custom<Value>(
    _ name: String, _ path: any WritableKeyPath<Values, Value> & Sendable, expected: String,
    format: @escaping @Sendable (Value) -> String,
    parse: @escaping @Sendable (String) -> Value?
  ) -> NamedSetting {
    NamedSetting(
      name: name, expected: expected, read: { format($0[keyPath: path]) },
      write: { values, text in
        guard let value = parse(text) else { return false }
        values[keyPath: path] = value
        return true
      })
  }

  static func bool(
    _ name: String, _ path: any WritableKeyPath<Values, Bool> & Sendable
  ) -> NamedSetting {
    .custom(name, path, expected: "true or false", format: { "\($0)" }, parse: { Bool($0) })
  }

  static func integer(
    _ name: String, _ path: any WritableKeyPath<Values, Int> & Sendable
  ) -> NamedSetting {
    .custom(name, path, expected: "a whole number", format: { "\($0)" }, parse: { Int($0) })
  }

  static func optionalInteger(
    _ name: String, _ path: any WritableKeyPath<Values, Int?> & Sendable
  ) -> NamedSetting {
    .custom(
      name, path, expected: "a whole number or none", format: { $0.map { "\($0)" } ?? "none" },
      parse: { $0 == "none" ? .some(nil) : Int($0).map { .some($0) } })
  }

  static func version(
    _ name: String, _ path: any WritableKeyPath<Values, Version> & Sendable
  ) -> NamedSetting {
    .custom(
      name, path, expected: "a version such as 11.7", format: { "\($0)" },
      parse: { Version($0) })
  }

  static func duration(
    _ name: String, _ path: any WritableKeyPath<Values, Duration> & Sendable
  ) -> NamedSetting {
    .custom(
      name, path, expected: "a duration such as 120, 0.5, 90s, 5m or 72h",
      format: { DurationText.format($0) }, parse: { DurationText.parse($0) })
  }

  static func choice<Value: CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Values, Value> & Sendable
  ) -> NamedSetting {
    .custom(
      name, path, expected: Value.allCases.map { "\($0)" }.joined(separator: " or "),
      format: { "\($0)" }, parse: { text in Value.allCases.first { "\($0)" == text } })
  }

  static func choices<Value: CaseIterable & Hashable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Values, Set<Value>> & Sendable
  ) -> NamedSetting {
    .custom(
      name, path,
      expected: "some of " + Value.allCases.map { "\($0)" }.joined(separator: ", "),
      format: { set in
        Value.allCases.filter { set.contains($0) }.map { "\($0)" }.joined(separator: ",")
      },
      parse: { text in
        var set: Set<Value> = []
        for part in text.split(separator: ",") {
          guard let value = Value.allCases.first(where: { "\($0)" == part }) else { return nil }
          set.insert(value)
        }
        return set
      })
  }
}

/// Durations as text, in whole numbers of nanoseconds throughout.
private enum DurationText {
  private static let units: [(suffix: Character, nanoseconds: Int64)] = [
    ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  static func format(_ duration: Duration) -> String {
    let nanoseconds = duration.wholeNanoseconds
    let seconds = "\(nanoseconds / 1_000_000_000)"
    var fraction = String(String(nanoseconds % 1_000_000_000 + 1_000_000_000).dropFirst())
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return fraction.isEmpty ? seconds : "\(seconds).\(fraction)"
  }

  static func parse(_ text: String) -> Duration? {
    let unit = Self.units.first { $0.suffix == text.last }
    let number = unit == nil ? text[...] : text.dropLast()
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = Int64(parts[0]), whole >= 0 else { return nil }
    let scale = unit?.nanoseconds ?? 1_000_000_000
    let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
    if overflow { return nil }
    guard parts.count == 2 else { return .nanoseconds(product) }
    guard (1...9).contains(parts[1].count), parts[1].allSatisfy({ $0.isASCII && $0.isNumber }),
      let digits = Int64(parts[1])
    else { return nil }
    let power = (0..<parts[1].count).reduce(into: Int64(1)) { power, _ in power *= 10 }
    let (fraction, carried) = digits.multipliedReportingOverflow(by: scale / power)
    let (sum, beyond) = product.addingReportingOverflow(fraction)
    return carried || beyond ? nil : .nanoseconds(sum)
  }
}
