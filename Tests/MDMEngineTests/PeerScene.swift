import MDMEngine
import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza

/// One account of one engine, with devices by name and effects as lines of text, for cases told as
/// stories.
struct PeerScene: ~Copyable {
  var engine: MessagingEngine
  let account: AccountHandle
  private(set) var effects = Effects()
  /// Effects of what a case does with the engine itself.
  var otherEffects = Effects()
  private var handles: [DeviceName: DeviceHandle] = [:]
  private var names: [DeviceHandle: DeviceName] = [:]
  private(set) var now = MonotonicInstant.origin

  private init(_ engine: consuming MessagingEngine, _ account: AccountHandle) {
    self.engine = engine
    self.account = account
  }

  /// An engine with these settings and one account.
  static func make(_ edit: (inout Configuration.Values) -> Void = { _ in }) throws -> PeerScene {
    var engine = MessagingEngine(configuration: try Configuration(edit))
    var effects = Effects()
    let account = try engine.open("alice@example.org", at: .origin, into: &effects)
    return PeerScene(engine, account)
  }

  /// A laptop that has just become active and a quiet phone: the documents' usual pair.
  static func pair(_ edit: (inout Configuration.Values) -> Void = { _ in }) throws -> PeerScene {
    var scene = try PeerScene.make(edit)
    try scene.signIn("phone", .iPhone)
    scene.quiet("phone")
    try scene.signIn("laptop")
    return scene
  }

  // MARK: - Time

  mutating func pass(_ duration: Duration) { self.now = self.now.advanced(by: duration) }

  // MARK: - Devices

  mutating func signIn(
    _ name: DeviceName, _ kind: DeviceKind = .desktop, mdm: Bool = true, push: Bool = false,
    show: PresenceShow = .available, priority: Int8 = 0
  ) throws {
    let request = SignIn(
      device: name, kind: kind, requestsMDM: mdm, pushEnabled: push,
      presence: .available(show, priority: priority))
    let signedIn = try self.engine.signIn(
      request, to: self.account, at: self.now, into: &self.effects)
    self.handles[name] = signedIn.device
    self.names[signedIn.device] = name
  }

  func handle(_ name: DeviceName) -> DeviceHandle {
    self.handles[name] ?? DeviceHandle(slot: .max, index: 0, generation: 0)
  }

  @discardableResult
  mutating func apply(_ name: DeviceName, _ command: (DeviceHandle) -> Command) -> Outcome {
    self.engine.apply(command(self.handle(name)), at: self.now, into: &self.effects)
  }

  @discardableResult
  mutating func quiet(_ name: DeviceName) -> Outcome { self.apply(name) { .setMode($0, .quiet) } }

  @discardableResult
  mutating func wake(_ name: DeviceName) -> Outcome { self.apply(name) { .setMode($0, .normal) } }

  @discardableResult
  mutating func lose(_ name: DeviceName) -> Outcome { self.apply(name) { .connectionLost($0) } }

  @discardableResult
  mutating func resume(_ name: DeviceName) -> Outcome { self.apply(name) { .resume($0) } }

  // MARK: - Stanzas

  mutating func receive(_ stanza: Stanza, to address: StanzaAddress = .account) {
    self.engine.receive(
      stanza, for: self.account, to: address, at: self.now, into: &self.effects)
  }

  /// A chat message from a contact arrives.
  mutating func chat(
    _ id: String, from contact: ConversationID = "bob", to address: StanzaAddress = .account,
    _ flags: StanzaFlags = [], bytes: Int = 0
  ) {
    let stanza = Stanza(
      .chat, conversation: contact, flags: flags, id: id,
      payload: [UInt8](repeating: 0, count: bytes))
    self.receive(stanza, to: address)
  }

  /// A presence of one of a contact's devices arrives.
  mutating func presence(_ id: String, of address: CoalescingKey = "bob/phone") {
    self.receive(Stanza(.presence, coalescingKey: address, id: id))
  }

  mutating func send(_ kind: StanzaKind, _ id: String, by name: DeviceName) {
    let stanza = Stanza(kind, conversation: "bob", id: id)
    self.apply(name) { .send($0, stanza, toSelf: nil) }
  }

  @discardableResult
  mutating func read(
    _ contact: ConversationID = "bob", upTo position: ArchivePosition, on name: DeviceName
  ) -> Outcome {
    self.apply(name) { .read($0, contact, upTo: position) }
  }

  // MARK: - Answers

  /// What the host was told to do since the last call, a line an effect; archive requests only
  /// when asked for.
  mutating func lines(withArchive: Bool = false) -> [String] {
    var lines: [String] = []
    for effect in self.effects {
      if case .archive = effect, !withArchive { continue }
      lines.append(self.line(effect))
    }
    self.effects.removeAll()
    return lines
  }

  private func name(_ device: DeviceHandle) -> String { self.names[device]?.text ?? "somebody" }

  private func line(_ effect: Effect) -> String {
    switch effect {
    case .archive(let request): return "archive \(request.stanza.id) at \(request.position)"
    case .deliver(let delivery): return self.line(delivery)
    case .deliverMarker(let marker):
      return "\(self.name(marker.device)): \(marker.conversation) read to \(marker.upTo), "
        + "\(marker.unread) unread"
    case .flush(let flush):
      return "\(self.name(flush.device)): flush of \(flush.count), \(flush.reason)"
    case .route(let routing): return "route \(routing.stanza.id)"
    case .push(let push): return "\(self.name(push.device)): push \(push.stanza.id)"
    case .retractNotification(let retraction):
      return "\(self.name(retraction.device)): retract \(retraction.conversation)"
    case .undelivered(let undelivered):
      return "\(self.name(undelivered.device)): undelivered \(undelivered.stanza.id), "
        + "\(undelivered.disposition)"
    case .unroutable(let unroutable):
      return "nobody: \(unroutable.stanza.id), \(unroutable.disposition)"
    case .ended(let ended): return "\(self.name(ended.device)): ended, \(ended.reason)"
    case .mdmChanged(let change):
      return "\(self.name(change.device)): mdm \(change.isEffective ? "on" : "off")"
    }
  }

  private func line(_ delivery: Delivery) -> String {
    var line = "\(self.name(delivery.device)): \(delivery.stanza.id)"
    if delivery.form == .receivedCopy { line += " copy" }
    if delivery.form == .sentCopy { line += " sent copy" }
    if delivery.heldSince != nil { line += " delayed" }
    if delivery.alreadyRead { line += " read" }
    if delivery.notification.rings { line += " rings" }
    return line
  }

  func held(_ name: DeviceName) -> Int {
    self.engine.report(on: self.handle(name))?.heldStanzas ?? -1
  }

  func mode(_ name: DeviceName) -> SessionMode? {
    self.engine.report(on: self.handle(name))?.mode
  }

  func counters() -> Counters { self.engine.counters(at: self.now) }

  /// The instant of the next deadline, taken by passing to it.
  mutating func expire() {
    guard let deadline = self.engine.nextDeadline else { return }
    self.now = max(self.now, deadline)
    self.engine.expire(at: self.now, into: &self.effects)
  }
}
