import MDM
import MDMXMPP

/// A bound resource: a device of the engine, and what an XMPP server keeps of it beside.
///
/// It outlives its connection when the client may resume (XEP-0198).
final class ClientSession {
  unowned let server: XMPPServer
  let account: Account
  let address: JID
  let device: DeviceHandle
  /// Nil while the connection is lost.
  private(set) var connection: Connection?
  var management: StreamManagement?
  /// The latest available presence, without a `to`; nil while unavailable.
  var presence: Stanza?
  var priority: Int8 = 0
  /// Whether the client is in the background (XEP-0352), so that the engine may hold for it what
  /// waits for others.
  var isQuiet = false
  /// Whether it gets roster pushes (RFC 6121 §2.1.6).
  var wantsRoster = false
  /// Whether it gets pushes of the block list (XEP-0191 §3.2).
  var wantsBlockList = false
  /// What is known of the client.
  var facts = DeviceFacts(resource: "")
  /// Whether it was asked for its software.
  var isSoftwareAsked = false
  /// From which of the account's sent messages on it has copies (see `SentMessages`).
  var copiesSince = UInt64.max
  /// What it has had copies of that still waits for a device to take it (B49).
  var hadAsCopy: Set<UInt64> = []
  /// Whom it has told of its presence without being asked to (RFC 6121 §4.6).
  var directed: [JID] = []
  /// What the client is able to do (XEP-0115), and so what it wants to be told (XEP-0163 §5).
  var capabilities: Capabilities?
  /// What it has announced them as.
  var capabilitiesKey: CapabilitiesKey?
  /// The id of the question about them that is not answered yet.
  var capabilitiesQuestion: String?
  /// What waited when the client came back, and is not acknowledged still, in bytes: it may take
  /// that beside what it may leave unread at any time, or it could never come back.
  private var allowance = 0
  /// Whether the engine still takes the client to be away, because the store has older messages for
  /// it.
  private var isEngineWaiting = false
  /// Whether it is being sent what waited.
  private var isResuming = false
  /// Behind which of the account's messages the store has more for it, while there was no room.
  var waitingCursor: UInt64?
  /// Whether the server is to send more of them in its next turn.
  var hasRoomNoted = false
  /// What the engine could not hold while the connection was lost, oldest first.
  var missed: [MissedStanza] = []
  /// The device is being signed out: what the engine gives up now is nothing to come back for.
  private(set) var isEnding = false
  /// The session is over; nothing may be done with it.
  private(set) var isOver = false

  init(
    _ address: JID, of account: Account, device: DeviceHandle, on connection: Connection,
    server: XMPPServer
  ) {
    self.server = server
    self.account = account
    self.address = address
    self.device = device
    self.connection = connection
  }

  var isAvailable: Bool { self.presence != nil }

  /// It may get copies from now on that it did not get before.
  func noteCopiesBegin() { self.copiesSince = self.account.sentMessages.nextSerial }

  // MARK: - Input

  /// An element of the bound stream.
  func handle(_ element: Element, _ received: [UInt8]) {
    // An answer that was made while the session ended must not revive it.
    if self.isOver { return }
    let input = self.server.binding.interpret(element, received: received, from: self.address)
    if element.namespace == Namespaces.client { self.management?.handled &+= 1 }
    // RFC 6120 §8.1.2.1: only its own address may be claimed.
    if let from = element.attribute("from"), element.namespace == Namespaces.client,
      !self.isOwn(from)
    {
      self.connection?.fail(.init(.invalidFrom, "not your address"))
      return
    }
    self.server.perform(input, element, from: self)
  }

  private func isOwn(_ text: String) -> Bool {
    guard let address = try? JID(text) else { return false }
    return address == self.address || address == self.account.address
  }

  // MARK: - Output

  /// Sends a stanza.
  ///
  /// - Parameter position: its place in the archive, if it is to be kept until it has arrived.
  func send(_ bytes: [UInt8], position: UInt64? = nil) {
    if self.isOver { return }
    self.management?.noteSent(bytes, position: position)
    if let connection = self.connection {
      let mark = self.management == nil ? position : nil
      connection.append(position: mark) { $0 += bytes }
      self.noteWritten(connection)
    }
    self.limitMemory()
  }

  func send(_ stanza: Element) { self.send(stanza.serialised()) }

  /// Sends what the engine hands over.
  func deliver(_ delivery: Delivery) {
    if self.isOver { return }
    // Only what the account received waits for somebody to take it.
    let position = self.settledPosition(of: delivery)
    guard self.management == nil, let connection = self.connection else {
      let bytes = self.server.binding.bytes(
        for: delivery, to: self.address, wallClock: self.server.wallClock)
      if let position { self.account.noteCarried(position) }
      return self.send(bytes, position: position)
    }
    var mark = position
    var isSettled = false
    // Without stream management what is written counts as taken; this will be, at the end of the
    // turn, unless the client is slow.
    if let position, connection.blockedSince == nil, connection.output.count <= 1 << 16,
      self.server.settings.archive
    {
      isSettled = self.account.settle(position)
      if !isSettled { mark = nil }
    }
    connection.append(position: mark, isSettled: isSettled) {
      self.server.binding.write(
        delivery, to: self.address, wallClock: self.server.wallClock, into: &$0)
    }
    self.noteWritten(connection)
    self.limitMemory()
  }

  /// Which message of the archive a delivery settles. A copy for a device of negative priority
  /// does not, where nobody else has the message (RFC 6121 §8.5.2.1.1, B49).
  private func settledPosition(of delivery: Delivery) -> UInt64? {
    guard delivery.form != .sentCopy, let position = delivery.position?.ordinal else { return nil }
    guard delivery.form == .receivedCopy, self.priority < 0, !self.account.hasTaker else {
      return position
    }
    self.hadAsCopy.insert(position)
    self.server.untaken.append((self.account, position))
    return nil
  }

  private func noteWritten(_ connection: Connection) { self.server.noteDirty(connection) }

  /// Bytes that wait for the client: not written or not acknowledged.
  private var waitingBytes: Int {
    max(self.connection?.output.count ?? 0, self.management?.unacknowledgedBytes ?? 0)
  }

  /// Whether more may be sent out of the store without the client having to hurry.
  var hasRoom: Bool {
    guard !self.isOver, self.connection != nil else { return false }
    return self.waitingBytes < self.server.settings.limits.outputBytes / 4
  }

  /// Bounds what a client may leave unread or unacknowledged.
  func limitMemory() {
    if self.isResuming { return }
    let limit = self.server.settings.limits.outputBytes + self.allowance
    guard self.waitingBytes > limit else { return }
    if self.connection != nil {
      self.endSlowStream(.init(.resourceConstraint, "more than \(limit) bytes wait"))
    } else if self.management?.unacknowledgedBytes ?? 0 > 2 * limit {
      self.end(because: "too much waits")
    }
  }

  /// Asks for an acknowledgement of what this turn has sent, in the same write.
  func askForAcknowledgement() {
    guard self.management?.owesQuestion == true, self.management?.isAsked == false else { return }
    self.ask()
  }

  private func ask() {
    guard self.management != nil, let connection = self.connection else { return }
    self.management?.owesQuestion = false
    self.management?.isAsked = true
    connection.send(StreamManagement.question)
  }

  /// Asks something of the client that any client answers.
  func askForSignOfLife() {
    if self.management != nil { return self.ask() }
    self.send(
      Element(
        "iq", namespace: Namespaces.client,
        [
          "type": "get", "from": self.server.domain, "to": self.address.full,
          "id": "ping-\(self.server.nextID())",
        ], [Element("ping", namespace: "urn:xmpp:ping")]))
  }

  // MARK: - Coming and going

  /// The stream on the connection is over. A client that may come back keeps the session, within
  /// the engine's window (B14).
  func connectionEnded(_ connection: Connection, resumable: Bool, because reason: String) {
    guard self.connection === connection, !self.isOver else { return }
    self.connection = nil
    guard resumable, self.management?.resumptionID != nil else {
      return self.end(because: reason)
    }
    self.management?.isAsked = false
    self.server.log.info("session.detached", ["user": self.address.full, "why": reason])
    self.server.service.connectionLost(self.device, at: self.server.now)
  }

  /// The client is back on another connection, and has acknowledged what it had handled.
  func resume(on connection: Connection) {
    if let old = self.connection {
      // Detached first, so that the old stream's end does not end the session.
      self.connection = nil
      old.fail(.init(.conflict, "resumed elsewhere"))
      self.server.service.connectionLost(self.device, at: self.server.now)
    }
    self.connection = connection
    guard let management = self.management, let id = management.resumptionID else { return }
    connection.send(management.resumed(id))
    for stanza in management.unacknowledged {
      connection.append { $0 += stanza.bytes }
      self.management?.owesQuestion = true
    }
    self.server.noteDirty(connection)
    // XEP-0352 §5.2: a resumed stream is active.
    self.isQuiet = false
    self.allowance = self.waitingBytes
    // What did not fit into the engine meanwhile is in the store, and is older than what did.
    self.isResuming = true
    self.server.sendMissed(to: self)
    self.isResuming = false
    self.allowance = self.waitingBytes
    self.isEngineWaiting = true
    self.server.sendWaitingIfWanted(to: self)
    if self.waitingCursor == nil { self.resumeEngine() }
  }

  /// Lets the engine send what it has held, after all that had been sent or stored before (B14).
  func resumeEngine() {
    guard self.isEngineWaiting, self.connection != nil else { return }
    self.isEngineWaiting = false
    self.isResuming = true
    self.server.service.resume(self.device, at: self.server.now)
    self.isResuming = false
    self.allowance = max(self.allowance, self.waitingBytes)
    self.server.noteRoom(self)
  }

  /// Whether more waits than a client may have sent again: it has come back, and taken nothing,
  /// more than once.
  var isBeyondResuming: Bool {
    self.waitingBytes > 2 * self.server.settings.limits.outputBytes
  }

  func acknowledge(_ handled: UInt32) {
    self.management?.isAsked = false
    self.management?.acknowledge(handled) { self.account.settle($0) }
    self.allowance = min(self.allowance, self.management?.unacknowledgedBytes ?? 0)
    self.server.noteRoom(self)
  }

  /// Ends the stream of a client that does not take what it is sent; its session may go on.
  func endSlowStream(_ failure: StreamFailure) {
    guard let connection = self.connection else { return }
    // Everything of which nothing is written yet is in the queue of stream management, if there is
    // one, and otherwise goes back to the archive's waiting messages.
    for mark in connection.output.takeMarks() { self.account.release(mark) }
    connection.output.cutAfterPartlyWritten()
    connection.fail(failure, keepsSession: true)
  }

  /// Ends the session for good: the client has signed out or cannot come back.
  ///
  /// - Parameter keepsUnacknowledged: whether the client may still acknowledge what it was sent;
  ///   ``releaseUnacknowledged()`` has to follow.
  func end(because reason: String, keepsUnacknowledged: Bool = false) {
    if self.isOver { return }
    self.isEnding = true
    self.server.service.signOut(self.device, at: self.server.now)
    self.conclude(because: reason, keepsUnacknowledged: keepsUnacknowledged)
  }

  /// The engine has no such device any more: what is left is told and kept.
  func conclude(because reason: String, keepsUnacknowledged: Bool = false) {
    if self.isOver { return }
    self.isOver = true
    self.account.release(self.missed.lazy.filter(\.waits).map(\.position))
    if !keepsUnacknowledged { self.releaseUnacknowledged() }
    if let management = self.management, let id = management.resumptionID {
      self.account.noteEndedStream(id, handled: management.handled)
    }
    self.server.noteEnded(self, because: reason)
    self.connection = nil
  }

  /// What the client has not acknowledged waits for the next device.
  func releaseUnacknowledged() {
    guard let management = self.management else { return }
    self.account.release(management.unacknowledged.compactMap(\.position))
  }
}
