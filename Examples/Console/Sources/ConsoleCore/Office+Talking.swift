import MDM
import MDMRedundancy

// Messages, and what people do about them.
extension Office {
  /// Feels like writing to somebody, and will again.
  func think(_ place: Int) {
    guard self.people[place].place != .home || self.people[place].inUse != nil else { return }
    if self.people[place].inUse != nil, !self.people[place].contacts.isEmpty {
      let other = self.random.pick(self.people[place].contacts)
      self.turns[self.pair(place, other)] = self.random.number(in: 1...6)
      self.beginWriting(place, to: other)
    }
    if self.people[place].place != .home { self.schedule(.think(place), in: 240...1_500) }
  }

  private func pair(_ one: Int, _ other: Int) -> Int {
    min(one, other) * 100_000 + max(one, other)
  }

  private func beginWriting(_ place: Int, to other: Int) {
    self.send(.chatState, from: place, to: other)
    self.schedule(.write(place, to: other), in: 3...25)
  }

  /// Sends what was being written, if the person is still there.
  func write(_ place: Int, to other: Int) {
    guard let device = self.people[place].inUse else { return }
    self.messageCount += 1
    guard self.send(.chat, from: place, to: other) else { return }
    self.note(.wrote(self.conversation(with: other)), place, device)
    let pair = self.pair(place, other)
    let left = (self.turns[pair] ?? 0) - 1
    self.turns[pair] = max(0, left)
    if left > 0, self.random.chance(1, in: 5) { self.beginWriting(place, to: other) }
  }

  private func conversation(with place: Int) -> ConversationID {
    ConversationID(self.people[place].account.text)
  }

  /// Sends something from the device in use.
  @discardableResult
  private func send(_ kind: StanzaKind, from place: Int, to other: Int) -> Bool {
    guard let device = self.people[place].inUse, self.people[place].devices[device].isUp,
      let (service, handle) = self.session(place, device)
    else { return false }
    let stanza = Stanza(
      kind, conversation: self.conversation(with: other),
      id: kind == .chat ? "m\(self.messageCount)" : "", source: self.people[place].account.text,
      destination: self.people[other].account.text,
      payload: Array(repeating: 0x2E, count: self.random.number(in: 20...240)))
    service.send(stanza, from: handle, at: self.now)
    self.doErrands()
    return true
  }

  /// Reads a conversation on a device.
  func read(
    _ place: Int, _ conversation: ConversationID, upTo position: ArchivePosition, on device: Int
  ) {
    guard self.people[place].inUse == device, let (service, handle) = self.session(place, device)
    else { return }
    let outcome = service.read(conversation, upTo: position, on: handle, at: self.now)
    self.doErrands()
    guard outcome == .done else { return }
    self.note(.read(conversation), place, device)
    guard let other = self.places[AccountName(conversation.text)] else { return }
    if (self.turns[self.pair(place, other)] ?? 0) > 0, self.random.chance(4, in: 5) {
      self.beginWriting(place, to: other)
    }
  }

  /// Reads, one after the other, what has not been read.
  func catchUp(_ place: Int, _ device: Int) {
    guard let seat = self.people[place].seat else { return }
    let service = self.nodes[seat.node].service
    guard let last = service.lastPosition(of: seat.account) else { return }
    for state in service.readStates(of: seat.account) where state.unread > 0 {
      self.schedule(.read(place, state.conversation, last, device: device), in: 3...30)
    }
  }

  /// The phone asks its server for something, which brings what waits.
  func poll(_ place: Int) {
    guard let phone = self.people[place].phone, self.people[place].devices[phone].isUp,
      let (service, handle) = self.session(place, phone)
    else { return }
    service.noteRequest(from: handle, at: self.now)
    self.doErrands()
  }

  // MARK: - What the services ask for

  /// Does what the services have asked for until they ask for nothing more.
  func doErrands() {
    var isDone = false
    while !isDone {
      isDone = true
      for node in NodeID.allCases {
        for errand in self.nodes[node].host.take() {
          isDone = false
          self.perform(errand)
        }
      }
    }
  }

  private func perform(_ errand: OfficeHost.Errand) {
    switch errand {
    case .archived(let account, let position):
      guard let place = self.places[account] else { return }
      self.archived[place] = max(self.archived[place], position)
    case .route(let stanza, let sender): self.route(stanza, from: sender)
    case .push(let device, let account):
      guard let place = self.places[account], self.index(of: device, place) != nil else { return }
      if self.random.chance(2, in: 3) { self.schedule(.pickUp(place), in: 8...120) }
    case .event(let event, let device, let account):
      guard let place = self.places[account], let index = self.index(of: device, place) else {
        return
      }
      self.perform(event, place, index)
    }
  }

  private func index(of device: DeviceHandle, _ place: Int) -> Int? {
    self.people[place].devices.firstIndex { $0.handle == device }
  }

  /// Hands a stanza over to the node that its receiver is on.
  private func route(_ stanza: Stanza, from sender: AccountName) {
    guard let place = self.places[AccountName(stanza.destination)],
      let seat = self.people[place].seat
    else { return }
    let received = stanza.received(from: StanzaSender(sender))
    self.nodes[seat.node].service.receive(received, for: seat.account, at: self.now)
  }

  private func perform(_ event: DeviceEvent, _ place: Int, _ device: Int) {
    self.mix(UInt64(place) << 8 | UInt64(device))
    switch event {
    case .delivery(let delivery): self.notice(delivery, place, device)
    case .flush(let flush): self.note(.flushed(flush.reason, flush.count), place, device)
    case .retraction(let retraction):
      self.note(.retracted(retraction.conversation), place, device)
    case .ended:
      self.people[place].devices[device].handle = nil
      self.people[place].devices[device].isConnected = false
      self.note(.state(.out), place, device)
    // Applications show these; people do nothing about them.
    case .marker, .mdmChanged: break
    }
  }

  /// A stanza has come to a device.
  private func notice(_ delivery: Delivery, _ place: Int, _ device: Int) {
    self.mix(delivery.position?.ordinal ?? 0)
    guard delivery.stanza.kind.isContent, delivery.form != .sentCopy,
      let conversation = delivery.stanza.conversation, let position = delivery.position
    else { return }
    if self.people[place].inUse == device {
      self.schedule(.read(place, conversation, position, device: device), in: 3...25)
    } else if delivery.notification.rings, self.people[place].inUse == nil,
      self.people[place].phone == device, self.random.chance(3, in: 4)
    {
      self.schedule(.pickUp(place), in: 6...90)
    }
  }
}
