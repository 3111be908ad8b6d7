import MDM
import MDMXMPP
import ServerStorage
import StreamSecurity

// Messages between the accounts of this server (RFC 6121 §5, §8), and what is read.
extension XMPPServer {
  func makeResumptionID() -> String { SecureRandom.token(18) }

  /// A device sends a message.
  func send(_ message: ClientMessage, _ element: Element, from session: ClientSession) {
    let account = session.account
    if let refusal = self.refusal(of: message, from: account) {
      self.answer(element, refusal.condition, detail: refusal.detail, to: session)
      return
    }
    for mark in message.displayed { self.read(mark, on: session) }
    if let reference = message.displayedMarker,
      let position = self.position(of: reference, in: account)
    {
      self.read(
        MDMXMPP.ReadMark(conversation: reference.conversation, position: position), on: session)
    }
    self.relieveArchiveBacklog()
    self.sending = message
    let outcome = self.service.send(
      message.outgoing, from: session.device, toSelf: message.toSelf, at: self.now)
    self.sending = nil
    if case .refused(let error) = outcome {
      self.answer(element, StanzaCondition(error), detail: nil, to: session)
    }
  }

  /// Stores what has come so far, if more of it would fill what the engine lets wait for an
  /// archive: a turn may bring more than that, and none of it has failed.
  private func relieveArchiveBacklog() {
    let values = self.settings.engine.values
    guard values.archiveFailure == .refuse,
      2 * (self.turn.archive.count + self.turn.unanswered.count) >= values.archiveBacklogLimit
    else { return }
    self.storeTurn()
  }

  /// Why a message cannot go where it is addressed to, before anything is stored of it.
  private func refusal(
    of message: ClientMessage, from account: Account
  ) -> (condition: StanzaCondition, detail: Element?)? {
    guard let to = message.to, message.toSelf == nil else { return nil }
    guard self.isLocal(to) else { return (.remoteServerNotFound, nil) }
    if self.isBlocked(to, by: account) {
      return (.notAcceptable, BlockingElements.error)
    }
    do {
      return try self.account(at: to) == nil ? (.serviceUnavailable, nil) : nil
    } catch {
      self.log.error("account.failed", ["address": to.bareText, "text": "\(error)"])
      return (.internalServerError, nil)
    }
  }

  /// Answers a stanza with an error, if it may be answered.
  func answer(
    _ element: Element, _ condition: StanzaCondition, detail: Element? = nil,
    to session: ClientSession
  ) {
    if let error = StanzaAnswers.error(
      answering: element, to: session.address, condition, detail: detail)
    {
      session.send(error)
    }
  }

  /// The message behind a routing effect: the one that is being sent, or one that had to wait for
  /// its sender's archive.
  func takeMessage(_ routing: Routing, from name: AccountName) -> ClientMessage? {
    if let position = routing.position, let account = self.accounts[name],
      let waiting = self.waitingForArchive.removeValue(
        forKey: .init(account: account.handle, position: position))
    {
      return waiting.message
    }
    return self.sending
  }

  /// Tells the sender of a stanza that nobody took it.
  func bounce(_ stanza: Stanza, _ condition: StanzaCondition) {
    guard let bytes = self.bouncing(stanza, condition), let sender = try? JID(stanza.source),
      let account = try? self.account(at: sender), let device = sender.deviceName
    else { return }
    let isAnswer = stanza.kind == .request
    // The engine gives messages to available devices only; an error is for whoever has sent.
    if !isAnswer, let session = account.session(named: sender.resource ?? ""),
      !session.isAvailable
    {
      return session.send(bytes)
    }
    self.service.receive(
      Stanza(
        isAnswer ? .request : .messageError, flags: isAnswer ? .answer : .notCopyable,
        source: stanza.destination, destination: stanza.source, payload: bytes),
      for: account.handle, to: .device(device), at: self.now)
  }

  private func bouncing(_ stanza: Stanza, _ condition: StanzaCondition) -> [UInt8]? {
    // Whether an answer may be given at all is the binding's rule.
    guard let plain = self.binding.bounce(stanza) else { return nil }
    if condition == .serviceUnavailable { return plain }
    return Element(
      stanza.kind == .request ? "iq" : "message", namespace: Namespaces.client,
      [
        "type": "error", "from": stanza.destination, "to": stanza.source,
        "id": stanza.id.isEmpty ? nil : stanza.id,
      ], [StanzaAnswers.error(condition)]
    ).serialised()
  }

  // MARK: - Reading

  /// Where the message is that a marker names (XEP-0333); the archive is asked once for those from
  /// before the server started.
  private func position(of reference: DisplayedReference, in account: Account) -> ArchivePosition? {
    if let position = account.recentMessages.position(of: reference) { return position }
    guard !account.hasEarlierMessages, self.settings.archive else { return nil }
    account.hasEarlierMessages = true
    self.appendArchive()
    self.attempt("recent messages") {
      let query = ArchiveQuery(
        account: account.id, page: .backward(before: nil),
        maximum: account.recentMessages.capacity)
      guard case .page(let page) = try self.store.query(query) else { return }
      var recent = RecentMessageIDs(capacity: account.recentMessages.capacity)
      for message in page.messages where message.direction == .received {
        let id = try StoredElement.parse(message.stanza).attribute("id") ?? ""
        recent.record(
          id, in: ConversationID(message.conversation), at: ArchivePosition(message.position))
      }
      account.recentMessages = recent
    }
    return account.recentMessages.position(of: reference)
  }

  /// A person has read a conversation on a device; it is remembered beyond this process.
  func read(_ mark: MDMXMPP.ReadMark, on session: ClientSession) {
    let outcome = self.service.read(
      mark.conversation, upTo: mark.position, on: session.device, at: self.now)
    guard case .done = outcome else { return }
    self.attempt("read mark") {
      try self.store.setReadMark(
        of: session.account.id, conversation: mark.conversation.text,
        position: mark.position.ordinal)
    }
  }

  func readMarks(of account: Account) -> [MDMXMPP.ReadMark] {
    self.service.readStates(of: account.handle)
      .filter { $0.readUpTo > .start }
      .map { MDMXMPP.ReadMark(conversation: $0.conversation, position: $0.readUpTo) }
  }

  /// Gives the engine what had been read when the account was last open, through the first device
  /// that signs in: nobody else is there who would be told.
  func restoreReadMarks(of account: Account, on device: DeviceHandle) {
    for mark in (try? self.store.readMarks(of: account.id)) ?? [] {
      self.service.read(
        ConversationID(mark.conversation), upTo: ArchivePosition(mark.position), on: device,
        at: self.now)
    }
  }
}
