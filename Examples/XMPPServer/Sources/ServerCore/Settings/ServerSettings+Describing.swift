import MDM

extension ServerSettings {
  /// These settings as a whole settings file, each with its meaning, its range and its default.
  ///
  /// Reading it gives these settings again. A path that follows from `data` and `domain` stands
  /// there as a comment, so that it still does when they are changed.
  public func describe() -> String {
    var text = """
      # Settings of xmpp-server. A line is "key = value"; # begins a comment.
      # Durations are seconds, or have a unit: 0.5, 90s, 5m, 72h. Sizes are bytes, or have a unit:
      # 64KiB, 8MiB.

      """
    var section = ""
    for definition in SettingDefinition.all {
      if definition.section != section {
        section = definition.section
        text += "\n# ---- \(section) ----\n"
      }
      text += self.describe(definition)
    }
    text += """

      # ---- Engine ----

      # How Multiple Device Messaging behaves. The library's documentation of Configuration.Values
      # says what each of these means and which range it has.

      """
    for name in Configuration.Values.settingNames where name != "deviceLimit" {
      let value = self.engine.values.text(of: name) ?? ""
      text += "\(SettingsReader.enginePrefix)\(name) = \(value)\n"
    }
    return text
  }

  private func describe(_ definition: SettingDefinition) -> String {
    var text = "\n# \(definition.meaning)\n# Allowed: \(definition.allowed)."
    if let derived = self.derivedPath(definition.name) {
      let isDerived = definition.read(self) == [derived]
      return text + "\n\(isDerived ? "# " : "")\(definition.name) = \(definition.read(self)[0])\n"
    }
    let defaults = definition.read(ServerSettings())
    // A list is too long to stand behind what is allowed.
    text += definition.clear == nil ? " " : "\n# "
    text += "Default: \(Self.shown(defaults).joined(separator: ", ")).\n"
    for value in Self.shown(definition.read(self)) { text += "\(definition.name) = \(value)\n" }
    return text
  }

  private static func shown(_ values: [String]) -> [String] {
    values.isEmpty ? [SettingDefinition.none] : values
  }

  /// The default of a path that follows from other settings, or nil for every other setting.
  private func derivedPath(_ name: String) -> String? {
    switch name {
    case SettingDefinition.Name.certificate: self.path("\(self.domain).crt")
    case SettingDefinition.Name.key: self.path("\(self.domain).key")
    case SettingDefinition.Name.control: self.path("control.sock")
    default: nil
    }
  }
}
