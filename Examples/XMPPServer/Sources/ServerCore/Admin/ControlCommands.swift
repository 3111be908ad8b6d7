import MDM
import MDMXMPP

/// What an administrator may ask of a running server.
struct ControlCommands {
  let server: XMPPServer

  private static let help = [
    "help                 this list",
    "sessions             a line for each session",
    "counters             the counters, NAME VALUE",
    "statistics           what the server counts of itself and its store",
    "node                 how full it is: sessions by kind, memory, processors",
    "sizing USERS CLIENTS how many nodes so many users with so many clients each need",
    "explain USER         who of a user's devices is the active client, and why",
    "watch USER           keeps what each of a user's devices gets from now on, and why",
    "decisions USER       what has been kept of a user, oldest first",
    "unwatch USER         ends that and forgets it",
    "report               the sessions report, as comma-separated values",
    "report users         the same by user",
    "metrics              everything counted, as Prometheus reads it",
    "settings             the settings that can be changed now, NAME VALUE",
    "get NAME             one of them; MDM's switch as it is in force, and what is staged",
    "restart-mdm          puts a staged switch of MDM into force (engine.enablement = onRestart)",
    "set NAME VALUE       changes one of them at once, until the server stops",
    "log LEVEL            error, warning, info or debug",
    "record FILE          writes down what passes on all streams, contents included, in a new file",
    "record off           ends that",
    "end ADDRESS          ends a session by its full address",
    "stop                 drains and stops, as SIGTERM does",
  ]

  func perform(_ line: String) -> [String] {
    let words: [String]
    do {
      words = try ControlLine.decode(line)
    } catch {
      return ["error: \(error)"]
    }
    guard let command = words.first else { return ["error: no command"] }
    switch (command, words.count) {
    case ("help", 1): return Self.help
    case ("sessions", 1): return self.server.sessionsInOrder.map { self.describe($0) }
    case ("counters", 1): return self.counters()
    case ("statistics", 1): return self.statistics()
    case ("node", 1): return self.node()
    case ("sizing", 3): return self.sizing(words[1], words[2])
    case ("explain", 2): return self.explain(words[1])
    case ("watch", 2): return self.watch(words[1])
    case ("decisions", 2): return self.decisions(of: words[1])
    case ("unwatch", 2): return self.unwatch(words[1])
    case ("report", 1): return self.report(byUser: false)
    case ("report", 2) where words[1] == "users": return self.report(byUser: true)
    case ("metrics", 1): return self.metrics()
    case ("settings", 1):
      let names = Configuration.Values.settingNames + ServerSettings.liveNames
      return names.map { "\($0) \(self.value(of: $0) ?? "")" }
    case ("get", 2): return [self.value(of: words[1]) ?? "error: there is no setting \(words[1])"]
    case ("set", 3): return self.set(words[1], to: words[2])
    case ("restart-mdm", 1): return self.restartMDM()
    case ("log", 2): return self.setLog(words[1])
    case ("record", 2): return self.record(words[1])
    case ("end", 2): return self.end(words[1])
    case ("stop", 1):
      self.server.stop()
      return ["stopping"]
    default: return ["error: \(command) is not understood that way; there is help"]
    }
  }

  // MARK: - Looking

  private func describe(_ session: ClientSession) -> String {
    let report = self.server.service.report(on: session.device)
    let active = self.server.service.activeClient(of: session.account.handle)
    var fields = [
      "mdm=\(report?.isMDM ?? false)", "mode=\(report.map { "\($0.mode)" } ?? "none")",
      "active=\(active?.device == session.device)",
      "phase=\(report.map { "\($0.phase)" } ?? "none")",
      "kind=\(report.map { "\($0.kind)" } ?? "none")", "available=\(session.isAvailable)",
      "priority=\(session.priority)", "held=\(report?.heldStanzas ?? 0)",
    ]
    if let management = session.management {
      fields.append("unacknowledged=\(management.unacknowledged.count)")
      fields.append("resumable=\(management.resumptionID != nil)")
    }
    fields.append("peer=\(session.connection?.peer ?? "none")")
    fields.append("tls=\(session.connection?.tls?.protocolName ?? "off")")
    return ([session.address.full] + fields).joined(separator: " ")
  }

  private func counters() -> [String] {
    let counters = self.server.service.counters(at: self.server.now)
    return CounterName.allCases.map { "\($0.rawValue) \(counters.text(of: $0))" }
  }

  private func statistics() -> [String] {
    let server = self.server
    let service = server.service.serviceCounters.totals
    return [
      "connections \(server.connections.count)", "sessions \(server.sessions.count)",
      "accountsOpen \(server.accounts.count)", "stanzas \(server.totals.stanzas)",
      "connectionsAccepted \(server.totals.connections)",
      "connectionsRefused \(server.totals.connectionsRefused)",
      "unresolvedMarks \(server.totals.unresolvedMarks)",
      "refusedMarks \(server.totals.refusedMarks)", "withdrawn \(server.totals.withdrawn)",
      "storeFailures \(server.totals.archiveFailures)", "effects \(service.performed)",
    ]
  }

  private func explain(_ user: String) -> [String] {
    guard let account = self.account(of: user) else { return self.unknown(user) }
    let service = self.server.service
    let standings = service.election(of: account.handle, at: self.server.now)
    var lines = standings.map { standing in
      let name = service.report(on: standing.device)?.name.text ?? "?"
      return "\(account.address.text)/\(name) \(standing.verdict)"
    }
    let waiting = account.waitingCount
    lines.append("\(account.address.text) waiting=\(waiting)")
    return lines
  }

  private func account(of user: String) -> Account? {
    let local = Account.localPart(user, domain: self.server.domain) ?? self.local(of: user)
    return local.flatMap { try? self.server.account(local: $0) }
  }

  /// The name of a user's account in the engine; nil when there is no such user.
  func accountName(of user: String) -> AccountName? {
    self.account(of: user).map { AccountName($0.address.text) }
  }

  func unknown(_ user: String) -> [String] { ["error: there is no user \(user)"] }

  /// The local part of an address of this server.
  private func local(of text: String) -> String? {
    guard let address = try? JID(text), self.server.isLocal(address) else { return nil }
    return address.local
  }

  // MARK: - Changing

  private func value(of name: String) -> String? {
    if name == "enabled" { return self.switchText }
    return self.server.service.configuration.values.text(of: name)
      ?? self.server.settings.liveText(of: name)
  }

  /// MDM's switch: what is in force, and what is staged if that is something else (R-048, B18).
  private var switchText: String {
    let staged = self.server.service.configuration.values.enabled
    let isInForce = self.server.isMDMInForce
    return staged == isInForce
      ? "\(isInForce)" : "\(isInForce), staged \(staged): restart-mdm puts it into force"
  }

  /// Puts a staged switch into force, for all that is there.
  private func restartMDM() -> [String] {
    self.server.service.restart(at: self.server.now)
    self.server.isMDMInForce = self.server.service.configuration.values.enabled
    self.server.log.info("mdm.restarted", ["enabled": "\(self.server.isMDMInForce)"])
    return ["enabled \(self.switchText)"]
  }

  private func set(_ name: String, to text: String) -> [String] {
    do {
      if Configuration.Values.settingNames.contains(name) {
        try self.setEngine(name, to: text)
      } else {
        self.server.settings = try self.server.settings.changed(name, to: text)
        // Whether anything is too old now is looked up at once.
        if name == "archiveDays" { self.server.pruning.next = self.server.now }
      }
      self.server.log.info("setting.changed", ["name": name, "value": text])
      return ["\(name) \(self.value(of: name) ?? text)"]
    } catch {
      return ["error: \(error)"]
    }
  }

  private func setEngine(_ name: String, to text: String) throws {
    var values = self.server.service.configuration.values
    try values.set(name, to: text)
    let configuration = try Configuration { $0 = values }
    self.server.service.configure(configuration, at: self.server.now)
    self.server.settings.engine = configuration
    if values.enablement == .live { self.server.isMDMInForce = values.enabled }
  }

  private func setLog(_ text: String) -> [String] {
    guard let level = LogLevel.allCases.first(where: { "\($0)" == text }) else {
      return ["error: \(text) is no level"]
    }
    self.server.log.level = level
    return ["log \(text)"]
  }

  private func record(_ path: String) -> [String] {
    self.server.recorder = nil
    if path == "off" { return ["record off"] }
    do {
      self.server.recorder = try TrafficRecorder(path: path)
      self.server.log.warning(
        "record", ["path": path, "text": "contents of messages are written down"])
      return ["record \(path)"]
    } catch {
      return ["error: \(error)"]
    }
  }

  private func end(_ text: String) -> [String] {
    guard let address = try? JID(text),
      let session = self.server.sessionsInOrder.first(where: { $0.address == address })
    else { return ["error: there is no session \(text)"] }
    let connection = session.connection
    session.end(because: "ended by an administrator")
    connection?.fail(.init(.reset, "ended by an administrator"))
    return ["ended \(address.full)"]
  }
}
