import MDM

extension ServerSettings {
  /// Reads the text of a settings file.
  ///
  /// A line is `key = value`, blank, or a comment: a `#` at its beginning or after white space
  /// begins one. `listen` and `listenTLS` may stand there several times. Everything that is wrong
  /// with the file, with the overrides, and with what they are together is reported at once.
  ///
  /// - Parameters:
  ///   - text: The file's text.
  ///   - name: What the error calls the file.
  ///   - overrides: What goes over the file, as the command line does. A list given here replaces
  ///     the file's.
  /// - Throws: ``SettingsError`` with every violation and its line.
  public init(
    text: String, name: String, overrides: [SettingAssignment] = []
  ) throws(SettingsError) {
    let file = SettingsFile(text: text, name: name)
    var reader = SettingsReader()
    reader.refuse(file.violations)
    reader.take(file.assignments)
    reader.take(overrides)
    self = try reader.finish()
  }

  /// The defaults with some settings changed, by the keys of a settings file.
  ///
  /// - Throws: ``SettingsError`` with every violation.
  public init(_ assignments: KeyValuePairs<String, String>) throws(SettingsError) {
    try self.init(
      text: "", name: "", overrides: assignments.map { SettingAssignment($0.key, $0.value) })
  }

  /// Reads a settings file, or takes the defaults when there is none.
  ///
  /// - Throws: ``SettingsError`` when the file cannot be read, is longer than 1 MiB or is not in
  ///   UTF-8, or with every violation.
  public init(
    path: String?, overrides: [SettingAssignment] = []
  ) throws(SettingsError) {
    var text = ""
    if let path {
      do {
        text = try TextFile.read(path, limit: SettingsFile.sizeLimit)
      } catch {
        throw SettingsError([.init(origin: nil, key: nil, problem: error.description)])
      }
    }
    try self.init(text: text, name: path ?? "", overrides: overrides)
  }
}

extension SettingsReader {
  /// Fills in the defaults that follow from other settings, and checks the rules that concern
  /// several.
  mutating func finish() throws(SettingsError) -> ServerSettings {
    self.fillIn()
    self.checkAddresses()
    self.checkFiles()
    self.checkSizes()
    do {
      let configuration = try Configuration(self.engine)
      self.settle { settings, _ in settings.engine = configuration }
    } catch {
      for violation in error.violations {
        let key = "\(Self.enginePrefix)\(violation.setting)"
        self.refuse(
          key, "\(key) cannot be \(violation.value); allowed is \(violation.allowed)")
      }
    }
    guard self.violations.isEmpty else { throw SettingsError(self.violations) }
    return self.settings
  }

  private typealias Name = SettingDefinition.Name
  private static let stanzaByteLimit = "\(Self.enginePrefix)stanzaByteLimit"

  private func isGiven(_ key: String) -> Bool { self.origins[key] != nil }

  private mutating func fillIn() {
    let given = Set(self.origins.keys)
    self.settle { settings, engine in
      func fill(_ key: String, _ body: () -> Void) { if !given.contains(key) { body() } }
      fill(Name.certificate) { settings.certificatePath = settings.path("\(settings.domain).crt") }
      fill(Name.key) { settings.privateKeyPath = settings.path("\(settings.domain).key") }
      fill(Name.control) { settings.controlPath = settings.path("control.sock") }
      fill(Name.listenTLS) { if settings.tls == .off { settings.directTLSAddresses = [] } }
      let stanza = settings.limits.stanzaBytes
      fill(Name.outputBytes) {
        settings.limits.outputBytes = max(settings.limits.outputBytes, 2 * stanza)
      }
      fill(Name.pepItemBytes) {
        settings.limits.pepItemBytes = min(settings.limits.pepItemBytes, stanza)
      }
      fill(Self.stanzaByteLimit) { engine.stanzaByteLimit = max(engine.stanzaByteLimit, stanza) }
      engine.deviceLimit = settings.limits.sessionsPerAccount
    }
  }

  private mutating func checkAddresses() {
    let settings = self.settings
    let all = settings.addresses + settings.directTLSAddresses
    for (key, list) in [
      (Name.listen, settings.addresses), (Name.listenTLS, settings.directTLSAddresses),
    ] where list.count > SettingDefinition.addressLimit {
      self.refuse(key, "\(key) has more than \(SettingDefinition.addressLimit) addresses")
    }
    let isMalformed = self.violations.contains { $0.key == Name.listen || $0.key == Name.listenTLS }
    if all.isEmpty, !isMalformed {
      self.refuse(Name.listen, "there is no address to listen on; give listen or listenTLS one")
    }
    var seen: Set<ListenAddress> = []
    for address in all where address.port != 0 && !seen.insert(address).inserted {
      let isInBoth =
        settings.addresses.contains(address)
        && settings.directTLSAddresses.contains(address)
      self.refuse(
        isInBoth ? Name.listenTLS : self.listName(of: address), "\(address) is given twice")
    }
    guard settings.tls == .off else { return }
    if !settings.directTLSAddresses.isEmpty {
      self.refuse(Name.listenTLS, "listenTLS has addresses although tls is off")
    }
    if let reachable = all.first(where: { !$0.isLoopback }), !settings.tlsOffAnywhere {
      self.refuse(
        Name.tls,
        "tls cannot be off while \(reachable) is more than a loopback address"
          + " (tlsOffAnywhere = on allows it)")
    }
  }

  private func listName(of address: ListenAddress) -> String {
    self.settings.addresses.contains(address) ? Name.listen : Name.listenTLS
  }

  private mutating func checkFiles() {
    let hasCertificate = self.isGiven(Name.certificate)
    if hasCertificate != self.isGiven(Name.key) {
      self.refuse(
        hasCertificate ? Name.certificate : Name.key,
        "certificate and key belong together; only \(hasCertificate ? "certificate" : "key") is"
          + " given")
    }
    let length = self.settings.controlPath.utf8.count
    if !self.isGiven(Name.control), length > SettingDefinition.socketPathLimit {
      self.refuse(
        Name.data,
        "data is too long for control.sock in it: a socket's path has at most"
          + " \(SettingDefinition.socketPathLimit) bytes; give control a shorter one")
    }
  }

  private mutating func checkSizes() {
    let limits = self.settings.limits
    let stanza = QuantityText.text(bytes: limits.stanzaBytes)
    if limits.outputBytes < 2 * limits.stanzaBytes {
      self.refuse(
        Name.outputBytes,
        "outputBytes cannot be \(QuantityText.text(bytes: limits.outputBytes)); it is at least"
          + " twice stanzaBytes, which is \(stanza)")
    }
    if limits.pepItemBytes > limits.stanzaBytes {
      self.refuse(
        Name.pepItemBytes,
        "pepItemBytes cannot be \(QuantityText.text(bytes: limits.pepItemBytes)); it is at most"
          + " stanzaBytes, which is \(stanza)")
    }
    let payload = self.engine.stanzaByteLimit
    if payload >= 1, payload < limits.stanzaBytes {
      self.refuse(
        Self.stanzaByteLimit,
        "\(Self.stanzaByteLimit) cannot be \(payload); it is at least stanzaBytes, which is"
          + " \(stanza)")
    }
  }
}
