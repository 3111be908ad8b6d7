import MDM
import MDMXMPP
import ServerStorage

// Who knows that whom is there (RFC 6121 §4).
extension XMPPServer {
  /// A device sent presence for everybody who is subscribed.
  func setPresence(
    _ presence: DevicePresence, _ stanza: Stanza, _ element: Element, of session: ClientSession
  ) {
    let wasAvailable = session.isAvailable
    switch presence {
    case .unavailable:
      session.presence = nil
      // Available again, it is told what it has missed (XEP-0163 §4.3.4).
      session.capabilities = nil
      session.capabilitiesKey = nil
      session.capabilitiesQuestion = nil
      self.service.setPresence(.unavailable, of: session.device, at: self.now)
      guard wasAvailable else { return }
      self.broadcast(stanza, of: session)
      self.withdrawDirected(stanza, of: session)
    case .available(_, let priority):
      session.presence = stanza
      session.priority = priority
      if !wasAvailable { session.noteCopiesBegin() }
      self.service.setPresence(presence, of: session.device, at: self.now)
      self.broadcast(stanza, of: session)
      self.noteCapabilities(in: element, of: session)
      if !wasAvailable { self.greet(session) }
    }
    // Also when a device that was there already no longer has a negative priority.
    if !wasAvailable || !session.isQuiet { self.sendWaitingIfWanted(to: session) }
  }

  /// What a device is told that has just become available (RFC 6121 §4.2.2, §4.3).
  private func greet(_ session: ClientSession) {
    let account = session.account
    for contact in self.storeList({ try self.store.subscriptions(of: account.id) }) {
      guard let address = try? JID(contact), let other = try? self.account(at: address) else {
        continue
      }
      self.probe(other, for: session)
    }
    // The user's own other devices.
    self.probe(account, for: session)
    for request in self.storeList({ try self.store.pendingRequests(of: account.id) }) {
      guard let contact = try? JID(request.contact), !self.isBlocked(contact, by: account) else {
        continue
      }
      session.send(request.stanza)
    }
  }

  /// Tells a device which of the account's devices are there.
  func probe(_ account: Account, for session: ClientSession) {
    guard account === session.account || self.mayKnow(session.account, of: account) else { return }
    for other in account.sessions where other !== session {
      guard let presence = other.presence, !self.isBlocked(other.address, by: session.account)
      else { continue }
      self.service.receive(
        presence.addressed(to: session.address.full), for: session.account.handle,
        to: session.address.deviceName.map { .device($0) } ?? .account, at: self.now)
    }
  }

  /// Whether `account` lets `watcher` know when it is there.
  private func mayKnow(_ watcher: Account, of account: Account) -> Bool {
    guard !self.isBlocked(watcher.address, by: account) else { return false }
    let item = try? self.store.rosterItem(of: account.id, contact: watcher.address.text)
    return item?.subscription.includesFrom ?? false
  }

  /// Tells everybody who is subscribed, and the user's own devices (RFC 6121 §4.4.2).
  private func broadcast(_ stanza: Stanza, of session: ClientSession) {
    let account = session.account
    self.service.receive(
      stanza.addressed(to: account.address.text), for: account.handle, at: self.now)
    for contact in self.storeList({ try self.store.subscribers(of: account.id) }) {
      guard let address = try? JID(contact) else { continue }
      self.deliver(stanza, of: session, to: address)
    }
  }

  /// Gives a device's presence to an account, or to a device of it; blocked ones hear nothing
  /// (XEP-0191).
  func deliver(_ stanza: Stanza, of session: ClientSession, to address: JID) {
    guard !self.isBlocked(address, by: session.account),
      let other = self.presentAccount(address), !self.isBlocked(session.address, by: other)
    else { return }
    // What was directed has its address from the client; two of them would not be well-formed.
    let addressed = stanza.destination.isEmpty ? stanza.addressed(to: address.full) : stanza
    self.service.receive(
      addressed, for: other.handle, to: address.deviceName.map { .device($0) } ?? .account,
      at: self.now)
  }

  /// An account whose user may have a device here: presence opens none.
  private func presentAccount(_ address: JID) -> Account? {
    guard self.isLocal(address), let account = self.accounts[address.accountName],
      !account.sessions.isEmpty
    else { return nil }
    return account
  }

  // MARK: - Directed presence

  /// Presence for one address only (RFC 6121 §4.6); the client has addressed it itself.
  func sendDirected(
    _ stanza: Stanza, _ element: Element, to address: JID, of session: ClientSession
  ) {
    if element.attribute("type") == nil, let refusal = self.refusal(of: address, from: session) {
      return self.answer(element, refusal.condition, detail: refusal.detail, to: session)
    }
    if element.attribute("type") != nil {
      session.directed.removeAll { $0 == address }
    } else if !session.directed.contains(address) {
      // Bounded like the roster, which is for people whom one tells for good.
      if session.directed.count >= self.settings.limits.rosterItems { return }
      session.directed.append(address)
    }
    self.deliver(stanza, of: session, to: address)
  }

  /// Why presence cannot be directed there; without an answer, who joins a room elsewhere would
  /// wait for ever.
  private func refusal(
    of address: JID, from session: ClientSession
  ) -> (condition: StanzaCondition, detail: Element?)? {
    if !self.isLocal(address) { return (.remoteServerNotFound, nil) }
    if self.isBlocked(address, by: session.account) {
      return (.notAcceptable, BlockingElements.error)
    }
    return nil
  }

  private func withdrawDirected(_ stanza: Stanza, of session: ClientSession) {
    let addresses = session.directed
    session.directed = []
    for address in addresses { self.deliver(stanza, of: session, to: address) }
  }

  /// Tells whoever knew of a device that it is gone.
  func announceEnd(of session: ClientSession) {
    let wasAvailable = session.isAvailable
    session.presence = nil
    guard wasAvailable || !session.directed.isEmpty else { return }
    let unavailable = self.unavailable(from: session.address)
    if wasAvailable { self.broadcast(unavailable, of: session) }
    self.withdrawDirected(unavailable, of: session)
  }

  /// The presence that a device is gone.
  func unavailable(from address: JID) -> Stanza {
    let element = Element(
      "presence", namespace: Namespaces.client, ["type": "unavailable", "from": address.full])
    return Stanza(
      .presence, coalescingKey: CoalescingKey(address.full), source: address.full,
      payload: element.serialised())
  }

  /// A list out of the store; empty, and logged, when it cannot be had.
  func storeList<Item>(_ body: () throws -> [Item]) -> [Item] {
    do {
      return try body()
    } catch {
      self.log.error("store.failed", ["action": "list", "text": "\(error)"])
      return []
    }
  }
}

extension Stanza {
  /// The stanza with a `to`, which it must not have yet.
  ///
  /// The payload begins with the element's name and its namespace, whoever made it: the address is
  /// put before the first attribute, so nothing has to be parsed.
  func addressed(to address: String) -> Stanza {
    let space = UInt8(ascii: " ")
    guard let place = self.payload.firstIndex(of: space) else { return self }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(self.payload.count + address.utf8.count + 8)
    bytes += self.payload[..<place]
    bytes += " to='".utf8
    bytes += XMLText.escapedValue(address)
    bytes.append(UInt8(ascii: "'"))
    bytes += self.payload[place...]
    return Stanza(
      self.kind, conversation: self.conversation, coalescingKey: self.coalescingKey,
      flags: self.flags, id: self.id, source: self.source, destination: address, payload: bytes)
  }
}

/// Text as it stands in XML.
enum XMLText {
  /// An attribute's value between apostrophes.
  static func escapedValue(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      case UInt8(ascii: "'"): bytes += "&apos;".utf8
      case 0x09, 0x0A, 0x0D: bytes += "&#\(byte);".utf8
      default: bytes.append(byte)
      }
    }
    return bytes
  }
}
