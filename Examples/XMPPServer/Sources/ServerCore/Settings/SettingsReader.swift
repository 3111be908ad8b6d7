import MDM

/// Settings while they are being read: what was given, by whom, and what was wrong with it.
struct SettingsReader {
  private(set) var settings = ServerSettings()
  private(set) var engine = Configuration.Values()
  /// Where a setting was given last, by its key.
  private(set) var origins: [String: SettingOrigin] = [:]
  private(set) var violations: [SettingsError.Violation] = []

  /// The beginning of the keys of the engine's settings.
  static let enginePrefix = "engine."

  /// Takes assignments over those before. Each source is whole: a key stands there once, unless it
  /// is a list, and a list replaces the one that was there before.
  mutating func take(_ assignments: [SettingAssignment]) {
    var first: [String: SettingAssignment] = [:]
    for assignment in assignments {
      let key = Self.canonical(assignment.key)
      let definition = SettingDefinition.all.first { $0.name == key }
      if let earlier = first[key], let problem = Self.conflict(assignment, earlier, definition) {
        self.refuse(assignment.origin, key, "\(key) \(problem)")
        continue
      }
      if first.updateValue(assignment, forKey: key) == nil { definition?.clear?(&self.settings) }
      self.set(key, assignment, definition)
    }
  }

  /// What is wrong with giving a setting again in the same source, or nil.
  private static func conflict(
    _ later: SettingAssignment, _ earlier: SettingAssignment, _ definition: SettingDefinition?
  ) -> String? {
    guard definition?.clear == nil else {
      let isEmptied = [earlier.value, later.value].contains(SettingDefinition.none)
      return isEmptied ? "is none and has addresses" : nil
    }
    let place = earlier.origin == later.origin ? "" : "; it stands at \(earlier.origin) already"
    return "is given twice\(place)"
  }

  /// Notes a violation.
  mutating func refuse(_ origin: SettingOrigin?, _ key: String?, _ problem: String) {
    self.violations.append(.init(origin: origin, key: key, problem: problem))
  }

  /// Notes a violation of a rule that a key given somewhere has a part in.
  mutating func refuse(_ key: String, _ problem: String) {
    self.refuse(self.origins[key], key, problem)
  }

  /// Notes violations that were found before.
  mutating func refuse(_ violations: [SettingsError.Violation]) {
    self.violations += violations
  }

  /// Changes what is being read.
  mutating func settle(_ change: (inout ServerSettings, inout Configuration.Values) -> Void) {
    change(&self.settings, &self.engine)
  }

  private mutating func set(
    _ key: String, _ assignment: SettingAssignment, _ definition: SettingDefinition?
  ) {
    if let definition {
      self.origins[key] = assignment.origin
      if let problem = definition.write(&self.settings, assignment.value) {
        self.refuse(assignment.origin, key, problem)
      }
    } else if key.hasPrefix(Self.enginePrefix) {
      self.setEngine(key, assignment)
    } else {
      self.refuseUnknown(assignment)
    }
  }

  private mutating func setEngine(_ key: String, _ assignment: SettingAssignment) {
    let name = String(key.dropFirst(Self.enginePrefix.count))
    do {
      try self.engine.set(name, to: assignment.value)
      self.origins[key] = assignment.origin
    } catch .malformedValue(_, let text, let expected) {
      self.refuse(
        assignment.origin, key, "\(key) cannot be \(LogText.quoted(text)); allowed is \(expected)")
    } catch {
      self.refuseUnknown(assignment)
    }
  }

  private mutating func refuseUnknown(_ assignment: SettingAssignment) {
    let nearest = NearestName.of(assignment.key, among: Self.keys)
    let hint = nearest.map { "; did you mean \($0)?" } ?? ""
    self.refuse(
      assignment.origin, assignment.key,
      "there is no setting \(LogText.quoted(assignment.key))\(hint)")
  }

  /// Every key that there is.
  static let keys: [String] =
    SettingDefinition.all.map { $0.name }
    + Configuration.Values.settingNames.map { "\(Self.enginePrefix)\($0)" }

  /// The one name of a setting that has two.
  private static func canonical(_ key: String) -> String {
    key == "\(Self.enginePrefix)deviceLimit" ? SettingDefinition.Name.sessionsPerAccount : key
  }
}
