import MDM
import MDMXMPP

/// A server in virtual time: the recorded clients on one side, the engine on the other, and
/// nothing in between but the binding.
struct VirtualServer: ~Copyable {
  private let binding: XMPPBinding
  private let hosted: Set<String>
  private var engine: MessagingEngine
  private var effects = Effects(explaining: true)
  private var now = MonotonicInstant.origin
  private var devices: [String: DeviceHandle] = [:]
  private var addresses: [DeviceHandle: JID] = [:]
  private var resumable: [String: String] = [:]
  private var outbox: [Stanza: ClientMessage] = [:]
  private var recent: [AccountHandle: RecentMessageIDs] = [:]
  private var labels = StanzaLabels()
  private(set) var story = Story()
  /// Every command with its instant, nil for a timer that fired.
  private(set) var journal: [(command: Command?, instant: MonotonicInstant)] = []
  private var step = Story.Step(line: 0, instant: .origin, text: "", isNoise: true)

  init(
    domain: String, hosted: Set<String>, configuration: Configuration
  ) throws {
    self.binding = try XMPPBinding(domains: [domain])
    self.hosted = hosted
    self.engine = MessagingEngine(configuration: configuration)
  }

  // MARK: - Events

  /// Handles what came due before the event, then the event.
  mutating func handle(_ event: RecordedEvent) {
    self.runTimers(until: event.instant)
    self.now = event.instant
    switch event.content {
    case .bound:
      self.bind(event)
    case .sent(let element, let bytes):
      self.receive(element, bytes, event)
    case .closed:
      guard let device = self.device(event) else { return }
      self.begin(event, "signs out", isNoise: false)
      self.apply(.signOut(device))
      self.finish()
    case .resumable(let id):
      self.resumable[id] = event.address?.full
    case .resumed(let id):
      self.resume(id, event)
    }
  }

  /// Handles everything that comes due until `instant`.
  mutating func runTimers(until instant: MonotonicInstant) {
    while let deadline = self.engine.nextDeadline, deadline <= instant {
      self.now = deadline
      self.step = Story.Step(
        line: 0, instant: deadline, text: "a window closes", isNoise: false)
      self.journal.append((nil, deadline))
      self.engine.expire(at: deadline, into: &self.effects)
      self.note()
      self.finish()
    }
  }

  /// The story, complete.
  consuming func end() -> Story {
    for (name, device) in self.devices {
      let isQuiet = self.engine.report(on: device)?.mode == .quiet
      self.story.radio[name]?.note(isQuiet: false, at: self.now)
      if isQuiet { self.story.radio[name]?.note(isQuiet: true, at: self.now) }
    }
    self.story.counters = self.engine.counters(at: self.now)
    self.story.sessions = self.engine.sessionCounts()
    self.story.users = self.engine.userSessions()
    self.story.end = self.now
    return self.story
  }

  private func device(_ event: RecordedEvent) -> DeviceHandle? {
    event.address.flatMap { self.devices[$0.full] }
  }

  private mutating func bind(_ event: RecordedEvent) {
    guard let address = event.address, let name = address.deviceName,
      self.hosted.contains(address.bareText)
    else { return }
    self.begin(event, "signs in", isNoise: false)
    var account = self.engine.account(named: address.accountName)
    if account == nil,
      case .opened(let opened) = self.apply(.open(address.accountName, archived: .start))
    {
      account = opened
      self.recent[opened] = RecentMessageIDs()
    }
    guard let account else { return }
    let request = SignIn(
      device: name, kind: DeviceKind(resource: name.text), requestsMDM: false, presence: nil,
      catchUp: .none)
    if case .signedIn(let signedIn) = self.apply(.signIn(account, request)) {
      self.devices[address.full] = signedIn.device
      self.addresses[signedIn.device] = address
      if !self.story.devices.contains(address.full) {
        self.story.devices.append(address.full)
        self.story.radio[address.full] = RadioLog()
      }
    }
    self.finish()
  }

  private mutating func resume(_ id: String, _ event: RecordedEvent) {
    guard let name = self.resumable[id], let device = self.devices[name] else { return }
    self.begin(event, "resumes its connection", isNoise: false)
    // The recording shows a lost connection only by its resumption.
    self.apply(.connectionLost(device))
    self.apply(.resume(device))
    self.finish()
  }

  // MARK: - Elements

  private mutating func receive(
    _ element: Element, _ bytes: [UInt8], _ event: RecordedEvent
  ) {
    guard let address = event.address else { return }
    let device = self.devices[address.full]
    let input = self.binding.interpret(element, received: bytes, from: address)
    if case .rejected = input { return }
    self.begin(event, element, input)
    switch input {
    case .message(let message):
      self.send(message, from: device, at: address)
    case .presence(let presence, let stanza):
      guard let device else { break }
      self.apply(.presence(device, presence))
      self.deliver(stanza, to: address.bare, .account)
    case .directedPresence(let to, let stanza), .subscription(let to, let stanza):
      self.deliver(stanza, to: to, to.deviceName.map { .device($0) } ?? .account)
    case .clientState(let mode):
      if let device { self.apply(.setMode(device, mode)) }
    case .silent(let isSilent, _):
      if let device { self.apply(.setMode(device, isSilent ? .silent : .normal)) }
    case .carbons(let enable, _):
      guard let device else { break }
      self.apply(.requested(device))
      self.apply(.requestMDM(device, enable))
    case .displayedSync(let marks, _):
      guard let device else { break }
      self.apply(.requested(device))
      for mark in marks {
        self.apply(.read(device, mark.conversation, upTo: mark.position))
      }
    case .displayedQuery:
      if let device { self.apply(.requested(device)) }
    case .request(let to, let stanza):
      if let device { self.apply(.requested(device)) }
      if let to, let name = to.deviceName { self.deliver(stanza, to: to, .device(name)) }
    case .streamManagement, .rejected:
      break
    }
    self.finish()
  }

  private mutating func send(
    _ message: ClientMessage, from device: DeviceHandle?, at address: JID
  ) {
    guard let device else {
      // A correspondent elsewhere: only what arrives here is seen.
      if let to = message.to { self.deliver(message.incoming, to: to, message.address) }
      return
    }
    let isToSelf = message.to.map { $0.isSameAccount(as: address) } ?? true
    self.outbox[message.outgoing] = message
    self.apply(
      .send(device, message.outgoing, toSelf: isToSelf ? message.address : nil))
    for mark in message.displayed {
      self.apply(.read(device, mark.conversation, upTo: mark.position))
    }
    if let reference = message.displayedMarker, let account = self.engine.account(of: device),
      let position = self.recent[account]?.position(of: reference)
    {
      self.apply(.read(device, reference.conversation, upTo: position))
    }
  }

  private mutating func deliver(_ stanza: Stanza, to address: JID, _ target: StanzaAddress) {
    guard let account = self.engine.account(named: address.accountName) else { return }
    self.apply(.receive(account, stanza, to: target))
  }

  // MARK: - Effects

  @discardableResult
  private mutating func apply(_ command: Command) -> Outcome {
    self.journal.append((command, self.now))
    let outcome = self.engine.apply(command, at: self.now, into: &self.effects)
    self.note()
    return outcome
  }

  /// Takes the effects of a command into the story and routes what has to be routed.
  private mutating func note() {
    let effects = Array(self.effects)
    let explanations = self.effects.explanations
    self.effects.removeAll()
    for explanation in explanations { self.note(explanation) }
    var written: [(device: DeviceHandle, bytes: Int)] = []
    var routed: [Stanza] = []
    for effect in effects {
      self.note(effect, written: &written)
      if case .route(let routing) = effect { routed.append(routing.stanza) }
    }
    for write in written {
      guard let name = self.addresses[write.device]?.full else { continue }
      let isQuiet = self.engine.report(on: write.device)?.mode == .quiet
      self.story.radio[name]?.write(bytes: write.bytes, at: self.now, isQuiet: isQuiet)
    }
    for stanza in routed {
      guard let message = self.outbox.removeValue(forKey: stanza), let to = message.to else {
        continue
      }
      self.deliver(message.incoming, to: to, message.address)
    }
  }

  private mutating func note(_ explanation: Explanation) {
    let label = self.labels.label(of: explanation.stanza)
    switch explanation.decision {
    case .held(let reason): self.add(.held(label, reason), explanation.device)
    case .coalesced: self.add(.coalesced(label), explanation.device)
    case .dropped: self.add(.dropped(label), explanation.device)
    case .skipped(let reason): self.add(.skipped(label, reason), explanation.device)
    case .delivered, .flushed, .pushed, .undelivered: break
    @unknown default: break
    }
  }

  private mutating func note(
    _ effect: Effect, written: inout [(device: DeviceHandle, bytes: Int)]
  ) {
    switch effect {
    case .archive(let request):
      guard request.direction == .received, let conversation = request.stanza.conversation else {
        return
      }
      self.recent[request.account]?.record(
        request.stanza.id, in: conversation, at: request.position)
    case .deliver(let delivery):
      self.note(delivery, written: &written)
    case .deliverMarker(let marker):
      self.add(
        .marker(marker.conversation.text, upTo: marker.upTo, unread: marker.unread),
        marker.device)
      if let address = self.addresses[marker.device] {
        Self.add(
          self.binding.bytes(for: marker, to: address).count, for: marker.device, to: &written)
      }
    case .flush(let flush):
      self.add(.flushed(flush.reason, count: flush.count), flush.device)
    case .push(let push):
      self.add(.pushed(self.labels.label(of: push.stanza)), push.device)
    case .retractNotification(let retraction):
      self.add(.retracted(retraction.conversation.text, upTo: retraction.upTo), retraction.device)
    case .undelivered(let item):
      self.add(
        .undelivered(self.labels.label(of: item.stanza), item.disposition), item.device)
    case .ended(let ended):
      self.add(.ended(ended.reason), ended.device)
    case .mdmChanged(let change):
      self.add(.mdm(change.isEffective), change.device)
    case .route, .unroutable:
      return
    }
  }

  private mutating func note(
    _ delivery: Delivery, written: inout [(device: DeviceHandle, bytes: Int)]
  ) {
    let label = self.labels.label(of: delivery.stanza)
    self.add(
      .delivered(
        label, delivery.form, delivery.notification, isRead: delivery.alreadyRead,
        isLate: delivery.heldSince != nil), delivery.device)
    guard let address = self.addresses[delivery.device] else { return }
    self.story.received[address.full, default: []].append(
      Story.Received(
        instant: self.now, label: label, kind: delivery.stanza.kind, form: delivery.form,
        position: delivery.position, rang: delivery.notification.rings))
    let bytes = self.binding.bytes(
      for: delivery, to: address, wallClock: WallClock(originNanoseconds: 0))
    Self.add(bytes.count, for: delivery.device, to: &written)
  }

  private static func add(
    _ bytes: Int, for device: DeviceHandle,
    to written: inout [(device: DeviceHandle, bytes: Int)]
  ) {
    if let place = written.firstIndex(where: { $0.device == device }) {
      written[place].bytes += bytes
    } else {
      written.append((device, bytes))
    }
  }

  private mutating func add(_ cell: Story.Cell, _ device: DeviceHandle) {
    guard let name = self.addresses[device]?.full else { return }
    self.step.cells.append((name, cell))
  }

  // MARK: - Steps

  private mutating func begin(_ event: RecordedEvent, _ text: String, isNoise: Bool) {
    let who = event.address.map { self.shortName($0) } ?? event.connection
    self.step = Story.Step(
      line: event.line, instant: event.instant, text: "\(who) \(text)", isNoise: isNoise)
  }

  private mutating func begin(
    _ event: RecordedEvent, _ element: Element, _ input: ClientInput
  ) {
    let description = self.labels.describe(element, input)
    self.begin(event, description.text, isNoise: description.isNoise)
  }

  private mutating func finish() {
    for (name, device) in self.devices {
      guard let report = self.engine.report(on: device) else { continue }
      self.story.radio[name]?.note(isQuiet: report.mode == .quiet, at: self.now)
    }
    for name in self.hosted {
      guard let account = self.engine.account(named: AccountName(name)),
        let active = self.engine.activeClient(of: account, at: self.now)
      else { continue }
      self.step.active[name] = self.addresses[active.device]?.resource
    }
    self.story.steps.append(self.step)
  }

  private func shortName(_ address: JID) -> String {
    let local = address.local ?? address.domain
    return self.hosted.contains(address.bareText)
      ? "\(local)/\(address.resource ?? "")" : local
  }
}

extension DeviceKind {
  /// A guess from the name that a client chose for itself.
  init(resource: String) {
    let text = resource.lowercased()
    if text.contains("phone") || text.contains("mobile") {
      self = .androidPhone
    } else if text.contains("web") {
      self = .web
    } else {
      self = .desktop
    }
  }
}
