public import MDM

// Scripts as Swift source, to be pasted into a test.
extension Script {
  /// The script as a Swift expression that makes it again.
  public var code: String {
    let steps = self.steps.map { "    \($0.code),\n" }.joined()
    return "Script(\n  configuration: \(self.configuration.scriptCode),\n  steps: [\n\(steps)  ])"
  }
}

extension ScriptStep {
  /// The step as a Swift expression that makes it again.
  public var code: String { "ScriptStep(\(self.moment.code), \(self.action.code))" }
}

extension ScriptMoment {
  var code: String {
    switch self {
    case .still: ".still"
    case .after(let nanoseconds): ".after(\(nanoseconds))"
    case .deadline(let offset): ".deadline(\(offset))"
    case .activityEnd(let account, let offset): ".activityEnd(account: \(account), \(offset))"
    }
  }
}

extension ScriptDevice {
  var code: String {
    "ScriptDevice(\(self.account), \(self.number)\(self.isStale ? ", isStale: true" : ""))"
  }
}

extension ScriptPosition {
  var code: String {
    switch self {
    case .last(let back): ".last(back: \(back))"
    case .ahead(let distance): ".ahead(\(distance))"
    }
  }
}

extension ScriptAction {
  var code: String {
    switch self {
    case .open(let account, let archived): ".open(account: \(account), archived: \(archived))"
    case .close(let account): ".close(account: \(account))"
    case .signIn(let account, let request): ".signIn(account: \(account), \(request.scriptCode))"
    case .signOut(let device): ".signOut(\(device.code))"
    case .connectionLost(let device): ".connectionLost(\(device.code))"
    case .resume(let device): ".resume(\(device.code))"
    case .presence(let device, let presence): ".presence(\(device.code), \(presence.scriptCode))"
    case .requestMDM(let device, let wanted): ".requestMDM(\(device.code), \(wanted))"
    case .setMode(let device, let mode): ".setMode(\(device.code), .\(mode))"
    case .requested(let device): ".requested(\(device.code))"
    case .receive(let account, let stanza, let address):
      ".receive(account: \(account), \(stanza.scriptCode), to: \(address.scriptCode))"
    case .send(let device, let stanza, let address):
      ".send(\(device.code), \(stanza.scriptCode), toSelf: \(address?.scriptCode ?? "nil"))"
    case .read(let device, let conversation, let position):
      ".read(\(device.code), \"\(conversation)\", upTo: \(position.code))"
    case .archived(let account, let request):
      ".archived(account: \(account), request: \(request))"
    case .archiveFailed(let account, let request):
      ".archiveFailed(account: \(account), request: \(request))"
    case .expireAccount(let account): ".expireAccount(\(account))"
    case .expire: ".expire"
    case .setEnabled(let isEnabled): ".setEnabled(\(isEnabled))"
    case .restart: ".restart"
    case .configure(let configuration): ".configure(\(configuration.scriptCode))"
    }
  }
}

extension StanzaAddress {
  var scriptCode: String {
    switch self {
    case .account: ".account"
    case .device(let name): ".device(\"\(name)\")"
    }
  }
}

extension DevicePresence {
  var scriptCode: String {
    switch self {
    case .available(let show, let priority): ".available(.\(show), priority: \(priority))"
    case .unavailable: ".unavailable"
    }
  }
}

extension Stanza {
  var scriptCode: String {
    var text = "Stanza(.\(self.kind)"
    if let conversation = self.conversation { text += ", conversation: \"\(conversation)\"" }
    if let key = self.coalescingKey { text += ", coalescingKey: \"\(key)\"" }
    if !self.flags.isEmpty { text += ", flags: StanzaFlags(rawValue: \(self.flags.rawValue))" }
    text += ", id: \"\(self.id)\""
    if self.byteCount > 0 {
      text += ", payload: Array(repeating: 0x2E, count: \(self.byteCount))"
    }
    return text + ")"
  }
}

extension SignIn {
  var scriptCode: String {
    var text = "SignIn(device: \"\(self.device)\""
    if self.kind != .desktop { text += ", kind: .\(self.kind)" }
    if !self.requestsMDM { text += ", requestsMDM: false" }
    if self.capabilities != ClientCapabilities() {
      let client = self.capabilities.clientVersion.map { "Version(\"\($0)\")" } ?? "nil"
      let edge = self.capabilities.edgeVersion.map { "Version(\"\($0)\")" } ?? "nil"
      text += ", capabilities: ClientCapabilities(clientVersion: \(client), edgeVersion: \(edge)"
      text += ", encryptedOnly: \(self.capabilities.encryptedOnly))"
    }
    if self.pushEnabled { text += ", pushEnabled: true" }
    text += ", presence: \(self.presence?.scriptCode ?? "nil")"
    switch self.catchUp {
    case .all: break
    case .none: text += ", catchUp: .none"
    case .since(let revision): text += ", catchUp: .since(revision: \(revision))"
    }
    return text + ")"
  }
}

extension Configuration {
  /// The configuration as a Swift expression: every setting that scripts vary and that is not at
  /// its default.
  public var scriptCode: String {
    let (values, plain) = (self.values, Configuration.standard.values)
    var edits: [String] = []
    func note<Value: Equatable>(
      _ name: String, _ path: KeyPath<Configuration.Values, Value>, _ text: (Value) -> String
    ) {
      let value = values[keyPath: path]
      if value != plain[keyPath: path] { edits.append("$0.\(name) = \(text(value))") }
    }
    let time: (Duration) -> String = { ".nanoseconds(\($0.wholeNanoseconds))" }
    note("enabled", \.enabled) { "\($0)" }
    note("enablement", \.enablement) { ".\($0)" }
    note("eligibility.excludesEncryptedOnly", \.eligibility.excludesEncryptedOnly) { "\($0)" }
    note("activeWindow", \.activeWindow, time)
    note("activeSelection", \.activeSelection) { ".\($0)" }
    note("awayEndsActivity", \.awayEndsActivity) { "\($0)" }
    note("quietPresenceQualifies", \.quietPresenceQualifies) { "\($0)" }
    note("leavingQuietQualifies", \.leavingQuietQualifies) { "\($0)" }
    note("perSessionLimit", \.perSessionLimit) { "\($0)" }
    note("perSessionByteLimit", \.perSessionByteLimit) { "\($0)" }
    note("overallLimit", \.overallLimit) { $0.map { "\($0)" } ?? "nil" }
    note("overallByteLimit", \.overallByteLimit) { "\($0)" }
    note("chatStates", \.chatStates) { ".\($0)" }
    note("regroupDelay", \.regroupDelay, time)
    note("flushOnActivityExpiry", \.flushOnActivityExpiry) { "\($0)" }
    note("silentSemantics", \.silentSemantics) { ".\($0)" }
    note("deviceLimit", \.deviceLimit) { "\($0)" }
    note("deviceLimitPolicy", \.deviceLimitPolicy) { ".\($0)" }
    note("resumeWindow", \.resumeWindow, time)
    note("suspensionWindow", \.suspensionWindow, time)
    note("conversationHold", \.conversationHold, time)
    note("groupChat", \.groupChat) { ".\($0)" }
    note("fileTransfer", \.fileTransfer) { ".\($0)" }
    note("sendMarksRead", \.sendMarksRead) { "\($0)" }
    note("conversationLimit", \.conversationLimit) { "\($0)" }
    note("archiveFailure", \.archiveFailure) { ".\($0)" }
    note("archiveBacklogLimit", \.archiveBacklogLimit) { "\($0)" }
    note("archiveIgnoresHints", \.archiveIgnoresHints) { "\($0)" }
    note("stanzaByteLimit", \.stanzaByteLimit) { "\($0)" }
    note("timeslice", \.timeslice, time)
    return edits.isEmpty
      ? ".standard" : "try Configuration { \(edits.joined(separator: "; ")) }"
  }
}
