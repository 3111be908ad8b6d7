import MDM

// The parts of a step: who, in what state, and the stanzas.
extension ScriptGenerator {
  mutating func account() -> Int { self.random.below(self.accounts) }

  mutating func request() -> Int { self.random.chance(2, in: 3) ? 0 : self.random.below(8) }

  /// A device of an account, most often one that is believed to stand so.
  mutating func device(_ account: Int, _ guess: Guess = .connected) -> ScriptDevice {
    var numbers = Array(0..<self.devices[account])
    if self.random.chance(12, in: 13) {
      let fitting = numbers.filter { self.guesses[account][$0] == guess }
      if !fitting.isEmpty { numbers = fitting }
    }
    return ScriptDevice(
      account, self.random.pick(numbers), isStale: self.random.chance(1, in: 40))
  }

  mutating func signIn(_ number: Int) -> SignIn {
    var capabilities = ClientCapabilities()
    if self.random.chance(1, in: 12) {
      capabilities.clientVersion = Version(11, UInt32(self.random.number(in: 5...10)))
    }
    if self.random.chance(1, in: 15) {
      capabilities.edgeVersion = Version(8, UInt32(self.random.number(in: 6...11)))
    }
    capabilities.encryptedOnly = self.random.chance(1, in: 15)
    var request = SignIn(device: ScriptDevice(0, number).name)
    request.kind = self.random.pick(DeviceKind.allCases)
    request.requestsMDM = self.random.chance(5, in: 6)
    request.capabilities = capabilities
    request.pushEnabled = self.random.chance(1, in: 3)
    request.presence = self.random.chance(1, in: 16) ? nil : self.presence()
    request.catchUp = self.random.pick(weighted: [
      (3, .all), (1, .none), (1, .since(revision: UInt64(self.random.below(4)))),
    ])
    return request
  }

  mutating func presence() -> DevicePresence {
    if self.random.chance(1, in: 16) { return .unavailable }
    let show = self.random.pick(weighted: [
      (6, PresenceShow.available), (1, .chat), (2, .away), (1, .extendedAway), (1, .doNotDisturb),
    ])
    let priority = self.random.pick(weighted: [(6, Int8(0)), (1, 5), (2, -1)])
    return .available(show, priority: priority)
  }

  mutating func conversation() -> ConversationID? {
    self.random.chance(1, in: 14) ? nil : ConversationID("c\(self.random.below(4))")
  }

  mutating func address(in account: Int) -> StanzaAddress {
    switch self.random.below(10) {
    case 0..<6: return .account
    case 6..<9: return .device(ScriptDevice(0, self.random.below(self.devices[account])).name)
    default: return .device("elsewhere")
    }
  }

  mutating func stanza(isSent: Bool) -> Stanza {
    self.stanzas += 1
    let kind = self.random.pick(weighted: [
      (40, StanzaKind.chat), (4, .normal), (2, .invitation), (4, .fileTransfer), (6, .groupChat),
      (5, .receipt), (3, .displayedMarker), (3, .payload), (8, .chatState), (10, .headline),
      (3, .messageError), (18, .presence), (2, .subscription), (4, .request),
    ])
    let key: CoalescingKey? =
      (kind == .presence || kind == .headline || self.random.chance(1, in: 12))
        && !self.random.chance(1, in: 8)
      ? CoalescingKey("k\(self.random.below(2))") : nil
    let size = self.random.chance(1, in: 4) ? 0 : self.random.below(48)
    return Stanza(
      kind, conversation: self.conversation(), coalescingKey: key,
      flags: self.flags(of: kind, isSent: isSent), id: "\(self.stanzas)",
      payload: Array(repeating: 0x2E, count: size))
  }

  private mutating func flags(of kind: StanzaKind, isSent: Bool) -> StanzaFlags {
    var flags: StanzaFlags = []
    if self.random.chance(1, in: 20) { flags.insert(.noCopy) }
    if self.random.chance(1, in: 25) { flags.insert(.urgent) }
    if self.random.chance(1, in: 20) { flags.insert(.noStore) }
    if self.random.chance(1, in: 30) { flags.insert(.noPermanentStore) }
    if self.random.chance(1, in: 30) { flags.insert(.notCopyable) }
    if self.random.chance(1, in: 15) { flags.insert(.exactDeviceOnly) }
    if isSent, self.random.chance(1, in: 15) { flags.insert(.replayed) }
    if !isSent, self.random.chance(1, in: 15) { flags.insert(.ownAccount) }
    if kind == .request, self.random.chance(1, in: 2) { flags.insert(.answer) }
    return flags
  }
}

// Configurations.
extension ScriptGenerator {
  mutating func firstConfiguration() -> Configuration {
    let start = self.options.configuration
    return self.options.variesConfiguration ? self.variation(of: start, isThorough: true) : start
  }

  /// A valid configuration a few settings away from another, or all of them.
  mutating func variation(
    of configuration: Configuration, isThorough: Bool = false
  ) -> Configuration {
    guard self.options.variesConfiguration else { return configuration }
    var values = configuration.values
    let edits = isThorough ? Array(0..<22) : (0..<3).map { _ in self.random.below(22) }
    for edit in edits {
      if edit < 11 { self.varyQuietMode(&values, edit) } else { self.varySessions(&values, edit) }
    }
    // Every edit stays in range, so this never falls back.
    return (try? Configuration(values)) ?? configuration
  }

  private mutating func varyQuietMode(_ values: inout Configuration.Values, _ edit: Int) {
    switch edit {
    case 0:
      values.perSessionLimit =
        self.random.chance(1, in: 2)
        ? self.random.number(in: 1...6) : self.random.number(in: 7...60)
    case 1:
      values.perSessionByteLimit =
        self.random.chance(1, in: 4)
        ? self.random.number(in: 1...200) : 4 << 20
    case 2:
      values.overallLimit =
        self.random.chance(1, in: 3)
        ? self.random.number(in: 1...24) : nil
    case 3:
      values.overallByteLimit =
        self.random.chance(1, in: 5)
        ? self.random.number(in: 1...300) : 64 << 20
    case 4:
      values.regroupDelay =
        self.random.chance(1, in: 3)
        ? .seconds(self.random.number(in: 1...20)) : .zero
    case 5: values.flushOnActivityExpiry = self.random.chance(1, in: 3)
    case 6: values.chatStates = self.random.chance(1, in: 2) ? .coalesce : .drop
    case 7: values.silentSemantics = self.random.chance(1, in: 3) ? .suspended : .muted
    case 8: values.activeSelection = self.random.chance(1, in: 4) ? .allWithinWindow : .single
    case 9: values.awayEndsActivity = self.random.chance(1, in: 3)
    default: values.quietPresenceQualifies = self.random.chance(1, in: 4)
    }
  }

  private mutating func varySessions(_ values: inout Configuration.Values, _ edit: Int) {
    switch edit {
    case 11: values.leavingQuietQualifies = self.random.chance(3, in: 4)
    case 12: values.groupChat = self.random.pick(GroupChatPolicy.allCases)
    case 13: values.fileTransfer = self.random.pick(FileTransferPolicy.allCases)
    case 14:
      values.archiveFailure = self.random.chance(1, in: 4) ? .refuse : .deliverAnyway
      values.archiveBacklogLimit = self.random.chance(1, in: 2) ? 256 : 2
    case 15: values.sendMarksRead = self.random.chance(1, in: 3)
    case 16:
      values.deviceLimit = self.random.chance(1, in: 6) ? self.random.number(in: 1...4) : 16
      values.deviceLimitPolicy = self.random.pick(DeviceLimitPolicy.allCases)
    case 17: values.enablement = self.random.chance(1, in: 3) ? .onRestart : .live
    case 18:
      values.activeWindow =
        self.random.chance(2, in: 3)
        ? .seconds(300) : .seconds(self.random.number(in: 5...90))
    case 19:
      values.resumeWindow = .seconds(self.random.number(in: 30...90))
      values.suspensionWindow = .seconds(self.random.number(in: 60...9_000))
    case 20:
      values.stanzaByteLimit = self.random.chance(1, in: 6) ? 30 : 1 << 20
      values.archiveIgnoresHints = self.random.chance(1, in: 4)
    default:
      values.timeslice = .seconds(self.random.number(in: 10...90))
      values.conversationHold = .seconds(self.random.pick([0, 20, 300]))
      values.eligibility.excludesEncryptedOnly = self.random.chance(1, in: 3)
      values.conversationLimit =
        self.random.chance(1, in: 5) ? self.random.number(in: 1...3) : 10_000
    }
  }
}
