import MDM

/// What a row of a timeline says happens.
enum TimelineEvent: Sendable {
  case wait
  case receive(Stanza, StanzaAddress)
  case send(device: String, Stanza, toSelf: StanzaAddress?)
  case read(device: String, ConversationID, UpTo)
  case mode(device: String, SessionMode)
  case presence(device: String, DevicePresence)
  case requested(device: String)
  case lost(device: String)
  case resumes(device: String)
  case signsIn(device: String)
  case signsOut(device: String)
  case wants(device: String, Bool)
  case enabled(Bool)
  case restart
  case configure([Substring])
  case archived(String, Bool)

  /// How far a conversation is read.
  enum UpTo: Sendable {
    /// To its end.
    case end
    /// Up to a message by its id.
    case stanza(String)
    /// Up to a position.
    case position(ArchivePosition)
  }

  /// Whether the event signs `name` in.
  func signsIn(_ name: String) -> Bool {
    if case .signsIn(let device) = self { device == name } else { false }
  }
}

/// Reads the events of a timeline whose devices are known.
struct TimelineEventParser {
  let devices: [String]
  let line: Int

  func parse(_ text: String) throws(TimelineError) -> TimelineEvent {
    var words = text.split(separator: " ")[...]
    guard let first = words.popFirst() else { return .wait }
    if first.hasSuffix(":") { return try self.receive(from: first.dropLast(), words) }
    switch (first, words.joined(separator: " ")) {
    case ("wait", ""): return .wait
    case ("restart", ""): return .restart
    case ("mdm", "on"): return .enabled(true)
    case ("mdm", "off"): return .enabled(false)
    case ("set", _): return .configure(Array(words))
    case ("archived", let id) where words.count == 1: return .archived(id, true)
    default: break
    }
    if first == "archive", words.count == 2, words.first == "fails", let id = words.last {
      return .archived(String(id), false)
    }
    let device = String(first)
    guard let verb = words.popFirst() else { throw self.error(.unknownEvent(text)) }
    guard self.devices.contains(device) else { throw self.error(.unknownDevice(device)) }
    switch verb {
    case "sends": return try self.send(by: device, words)
    case "reads": return try self.read(on: device, words)
    case "available", "chat", "away", "xa", "dnd", "unavailable":
      return .presence(device: device, try self.presence(verb, words))
    default:
      return try self.plain(device, ([verb] + words).joined(separator: " "), text)
    }
  }

  private func error(_ problem: TimelineError.Problem) -> TimelineError {
    TimelineError(self.line, problem)
  }

  private func plain(
    _ device: String, _ verb: String, _ text: String
  ) throws(TimelineError) -> TimelineEvent {
    switch verb {
    case "quiet": .mode(device: device, .quiet)
    case "active", "normal": .mode(device: device, .normal)
    case "silent": .mode(device: device, .silent)
    case "request": .requested(device: device)
    case "lost": .lost(device: device)
    case "resumes": .resumes(device: device)
    case "signs in": .signsIn(device: device)
    case "signs out": .signsOut(device: device)
    case "wants mdm": .wants(device: device, true)
    case "leaves mdm": .wants(device: device, false)
    default: throw self.error(.unknownEvent(text))
    }
  }

  private func presence(
    _ verb: Substring, _ words: ArraySlice<Substring>
  ) throws(TimelineError) -> DevicePresence {
    if verb == "unavailable" {
      guard words.isEmpty else { throw self.error(.unknownWord(String(words.first ?? ""))) }
      return .unavailable
    }
    var priority: Int8 = 0
    for word in words {
      let (name, value) = try TimelineSettings.pair(word, line: self.line)
      guard name == "priority" else { throw self.error(.unknownWord(name)) }
      guard let number = Int8(value) else { throw self.error(.malformedValue(value)) }
      priority = number
    }
    let show: PresenceShow =
      switch verb {
      case "chat": .chat
      case "away": .away
      case "xa": .extendedAway
      case "dnd": .doNotDisturb
      default: .available
      }
    return .available(show, priority: priority)
  }

  private func read(
    on device: String, _ words: ArraySlice<Substring>
  ) throws(TimelineError) -> TimelineEvent {
    var words = words
    guard let conversation = words.popFirst() else { throw self.error(.unknownEvent("reads")) }
    let id = ConversationID(String(conversation))
    guard let first = words.popFirst() else {
      return .read(device: device, id, .end)
    }
    if first == "≤" || first == "<=" {
      guard let last = words.popFirst(), words.isEmpty, let ordinal = UInt64(last) else {
        throw self.error(.malformedValue(words.joined(separator: " ")))
      }
      return .read(device: device, id, .position(ArchivePosition(ordinal)))
    }
    guard words.isEmpty else { throw self.error(.unknownWord(String(words.first ?? ""))) }
    return .read(device: device, id, .stanza(String(first)))
  }

  // MARK: - Stanzas

  private func receive(
    from sender: Substring, _ words: ArraySlice<Substring>
  ) throws(TimelineError) -> TimelineEvent {
    let (stanza, device) = try self.stanza(with: String(sender), words)
    return .receive(stanza, device.map { .device($0) } ?? .account)
  }

  private func send(
    by device: String, _ words: ArraySlice<Substring>
  ) throws(TimelineError) -> TimelineEvent {
    var words = words
    guard let contact = words.popFirst(), contact.hasSuffix(":"), contact.count > 1 else {
      throw self.error(.unknownEvent("\(device) sends"))
    }
    let (stanza, other) = try self.stanza(with: String(contact.dropLast()), words)
    guard contact == "self:" else {
      return .send(device: device, stanza, toSelf: nil)
    }
    return .send(
      device: device, stanza, toSelf: other.map { .device($0) } ?? .account)
  }

  private func stanza(
    with contact: String, _ words: ArraySlice<Substring>
  ) throws(TimelineError) -> (Stanza, DeviceName?) {
    var words = words
    guard let id = words.popFirst() else { throw self.error(.unknownEvent("\(contact):")) }
    var kind = StanzaKind.chat
    var flags: StanzaFlags = []
    var key: String?
    var bytes = 0
    var device: DeviceName?
    while let word = words.popFirst() {
      if word == "to", let name = words.popFirst() {
        device = DeviceName(String(name))
      } else if let found = Self.kinds[word] {
        kind = found
      } else if let found = Self.flags[word] {
        flags.insert(found)
      } else {
        let (name, value) = try TimelineSettings.pair(word, line: self.line)
        switch name {
        case "key": key = value
        case "bytes":
          guard let number = Int(value), number >= 0 else {
            throw self.error(.malformedValue(value))
          }
          bytes = number
        default: throw self.error(.unknownWord(String(word)))
        }
      }
    }
    let stanza = Scenario.stanza(
      String(id), kind, with: contact, key: key, flags: flags, bytes: bytes)
    return (stanza, device)
  }

  private static let kinds: [Substring: StanzaKind] = [
    "chat": .chat, "normal": .normal, "invitation": .invitation, "file": .fileTransfer,
    "groupchat": .groupChat, "receipt": .receipt, "marker": .displayedMarker,
    "payload": .payload, "typing": .chatState, "headline": .headline, "error": .messageError,
    "presence": .presence, "subscription": .subscription, "iq": .request,
  ]

  private static let flags: [Substring: StanzaFlags] = [
    "no-copy": .noCopy, "urgent": .urgent, "no-store": .noStore,
    "no-permanent-store": .noPermanentStore, "replayed": .replayed, "own": .ownAccount,
    "not-copyable": .notCopyable, "exact": .exactDeviceOnly, "answer": .answer,
  ]
}
