/// One setting: its name, what it means, and how it is read and written as text.
struct SettingDefinition: Sendable {
  /// Reads one value; what it answers is what is wrong with it.
  typealias Write = @Sendable (inout ServerSettings, String) -> String?

  /// The key.
  let name: String
  /// The heading that it stands under.
  let section: String
  /// What it means, in one or more lines of a comment.
  let meaning: String
  /// What values it takes.
  let allowed: String
  /// The values that it has, as they are written; none for an empty list.
  let read: @Sendable (ServerSettings) -> [String]
  /// Sets it, or adds a value to it if it is a list.
  let write: Write
  /// Empties it if it is a list, and is nil otherwise: only lists may be given more than once.
  var clear: (@Sendable (inout ServerSettings) -> Void)?

  // MARK: - Kinds

  typealias Path<Value> = any WritableKeyPath<ServerSettings, Value> & Sendable

  /// A setting of one value that `parse` understands, within what `isAllowed` says.
  static func custom<Value: Sendable>(
    _ name: String, _ path: Path<Value>, in section: String, _ meaning: String, allowed: String,
    format: @escaping @Sendable (Value) -> String,
    parse: @escaping @Sendable (String) -> Value?
  ) -> SettingDefinition {
    SettingDefinition(
      name: name, section: section, meaning: meaning, allowed: allowed,
      read: { [format($0[keyPath: path])] },
      write: { settings, text in
        guard let value = parse(text) else {
          return "\(name) cannot be \(LogText.quoted(text)); allowed is \(allowed)"
        }
        settings[keyPath: path] = value
        return nil
      })
  }

  /// One of the cases of an enumeration.
  static func choice<Value: CaseIterable & Sendable>(
    _ name: String, _ path: Path<Value>, in section: String, _ meaning: String
  ) -> SettingDefinition {
    .custom(
      name, path, in: section, meaning,
      allowed: Self.alternatives(Value.allCases.map { "\($0)" }), format: { "\($0)" },
      parse: { text in Value.allCases.first { "\($0)" == text } })
  }

  /// `a, b or c`.
  private static func alternatives(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.joined() }
    return "\(names.dropLast().joined(separator: ", ")) or \(last)"
  }

  /// On or off.
  static func toggle(
    _ name: String, _ path: Path<Bool>, in section: String, _ meaning: String
  ) -> SettingDefinition {
    .custom(
      name, path, in: section, meaning, allowed: "on or off", format: { $0 ? "on" : "off" },
      parse: { text in
        switch text {
        case "on", "true": true
        case "off", "false": false
        default: nil
        }
      })
  }

  /// A whole number.
  static func count(
    _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, in section: String,
    _ meaning: String
  ) -> SettingDefinition {
    .custom(
      name, path, in: section, meaning,
      allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      format: { "\($0)" },
      parse: { QuantityText.number($0).flatMap { range.contains($0) ? $0 : nil } })
  }

  /// A size in bytes.
  static func size(
    _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, in section: String,
    _ meaning: String
  ) -> SettingDefinition {
    let lower = QuantityText.text(bytes: range.lowerBound)
    let upper = QuantityText.text(bytes: range.upperBound)
    return .custom(
      name, path, in: section, meaning, allowed: "a size in bytes from \(lower) to \(upper)",
      format: { QuantityText.text(bytes: $0) },
      parse: { QuantityText.bytes($0).flatMap { range.contains($0) ? $0 : nil } })
  }

  /// A duration.
  static func duration(
    _ name: String, _ path: Path<Duration>, _ range: ClosedRange<Duration>, in section: String,
    _ meaning: String
  ) -> SettingDefinition {
    let lower = QuantityText.text(range.lowerBound)
    let upper = QuantityText.text(range.upperBound)
    return .custom(
      name, path, in: section, meaning,
      allowed: "a duration from \(lower) to \(upper), such as 0.5, 90s or 5m",
      format: { QuantityText.text($0) },
      parse: { QuantityText.duration($0).flatMap { range.contains($0) ? $0 : nil } })
  }

  /// The path of a file or directory, of at most `limit` bytes.
  static func path(
    _ name: String, _ path: Path<String>, limit: Int = 4_095, in section: String,
    _ meaning: String
  ) -> SettingDefinition {
    .custom(
      name, path, in: section, meaning, allowed: "a path of 1 to \(limit) bytes",
      format: { $0 },
      parse: { text in
        var text = text
        while text.utf8.count > 1, text.hasSuffix("/") { text.removeLast() }
        // A path that a settings file could not say again is refused on the command line too.
        let isSayable = SettingsFile(text: "path = \(text)", name: "").assignments.map { $0.value }
        return (1...limit).contains(text.utf8.count) && isSayable == [text] ? text : nil
      })
  }

  /// A list of addresses to listen on, one for each time that the key is given.
  static func addresses(
    _ name: String, _ path: Path<[ListenAddress]>, in section: String, _ meaning: String
  ) -> SettingDefinition {
    let allowed = "ADDRESS:PORT such as 127.0.0.1:5222 or [::1]:5222, or none"
    return SettingDefinition(
      name: name, section: section, meaning: meaning, allowed: allowed,
      read: { $0[keyPath: path].map { "\($0)" } },
      write: { settings, text in
        if text == Self.none { return nil }
        guard let address = ListenAddress(text) else {
          return "\(name) cannot be \(LogText.quoted(text)); allowed is \(allowed)"
        }
        settings[keyPath: path].append(address)
        return nil
      },
      clear: { $0[keyPath: path] = [] })
  }

  /// A list of rules about devices, one for each time that the key is given.
  static func rules(
    _ name: String, _ path: Path<[DeviceRule]>, in section: String, _ meaning: String
  ) -> SettingDefinition {
    SettingDefinition(
      name: name, section: section, meaning: meaning, allowed: "\(DeviceRule.allowed); or none",
      read: { $0[keyPath: path].map(\.text) },
      write: { settings, text in
        if text == Self.none { return nil }
        guard let rule = DeviceRule(text), settings[keyPath: path].count < Self.ruleLimit else {
          return "\(name) cannot be \(LogText.quoted(text)); allowed is \(DeviceRule.allowed)"
        }
        settings[keyPath: path].append(rule)
        return nil
      },
      clear: { $0[keyPath: path] = [] })
  }

  /// The most rules in a list.
  static let ruleLimit = 256

  /// What is written for an empty list.
  static let none = "none"
}
