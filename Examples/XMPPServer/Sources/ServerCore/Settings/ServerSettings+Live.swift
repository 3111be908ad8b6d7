import MDM

extension ServerSettings {
  /// The settings that a running server can change, beside the engine's; each holds from then on,
  /// for connections that are there as well as for new ones, save that a stream keeps the limits of
  /// a stanza that it began with.
  static let liveNames = [
    "registration", "archiveDays", "stanzaBytes", "attributes", "connections",
    "connectionsPerAddress", "authenticationFailures", "outputBytes", "handshakeTimeout",
    "idleTimeout", "stallTimeout", "drainTimeout", "rosterItems", "blockedAddresses", "pepNodes",
    "pepItemBytes",
  ]

  /// The value of one of them as a settings file has it.
  func liveText(of name: String) -> String? {
    guard Self.liveNames.contains(name) else { return nil }
    return SettingDefinition.all.first { $0.name == name }?.read(self).first
  }

  /// These settings with one of them changed, all rules checked as when a file is read.
  ///
  /// - Throws: ``SettingsError`` with every violation.
  func changed(_ name: String, to text: String) throws(SettingsError) -> ServerSettings {
    guard Self.liveNames.contains(name) else {
      let isKnown = SettingDefinition.all.contains { $0.name == name }
      throw SettingsError([
        .init(
          origin: nil, key: name,
          problem: isKnown
            ? "\(name) is fixed while the server runs" : "there is no setting \(name)")
      ])
    }
    return try ServerSettings(
      text: self.describe(), name: "", overrides: [SettingAssignment(name, text)])
  }
}
