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
    if let refusal = self.refusal(of: message, element, from: account) {
      self.answer(element, refusal.condition, detail: refusal.detail, to: session)
      return
    }
    self.noteRead(message, on: session)
    self.relieveArchiveBacklog()
    account.sentMessages.record(message, under: self.settings.engine)
    let isToSelf = message.toSelf != nil
    let before = isToSelf ? self.service.lastPosition(of: account.handle) : nil
    self.sending = message
    let outcome = self.service.send(
      message.outgoing, from: session.device, toSelf: message.toSelf, at: self.now)
    self.sending = nil
    if case .refused(let error) = outcome {
      account.sentMessages.forget(message.outgoing)
      return self.answer(element, StanzaCondition(error), detail: nil, to: session)
    }
    guard isToSelf else { return }
    let after = self.service.lastPosition(of: account.handle)
    self.deliverWithinAccount(message, from: session, at: after == before ? nil : after)
  }

  /// What a message says has been read: in an element of its own, or by telling the other side.
  private func noteRead(_ message: ClientMessage, on session: ClientSession) {
    guard !message.displayedElements.isEmpty || message.displayedMarker != nil else { return }
    let node = DisplayedNode(server: self, account: session.account)
    if let conversation = message.outgoing.conversation {
      for displayed in message.displayedElements {
        node.take(displayed, in: conversation, from: session)
      }
    }
    guard let reference = message.displayedMarker else { return }
    self.attempt("marker") {
      let peer = message.to ?? session.account.address
      if let mark = try node.mark(of: reference.messageID, to: peer) {
        node.take(mark, from: session)
      }
    }
  }

  /// What one device sends to just one of its own account which the engine does not think of: to
  /// itself, or to one that has sent no presence (RFC 6121 §8.5.3.1). And the errors among them.
  private func deliverWithinAccount(
    _ message: ClientMessage, from session: ClientSession, at position: ArchivePosition?
  ) {
    guard case .device(let name) = message.toSelf else { return }
    let account = session.account
    if message.incoming.kind == .messageError { self.copyError(message.incoming, to: account) }
    guard let target = account.session(named: name.text), target.connection != nil else { return }
    let isMDM = self.service.report(on: target.device)?.isMDM ?? false
    let isOverlooked =
      !target.isAvailable && isMDM && self.settings.engine.copies(message.outgoing)
    guard target === session || isOverlooked else { return }
    target.send(
      self.binding.bytes(
        forStored: message.incoming, position: position, acceptedAt: nil, to: target.address,
        notification: .ownMessage))
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
    of message: ClientMessage, _ element: Element, from account: Account
  ) -> (condition: StanzaCondition, detail: Element?)? {
    // RFC 6121 §8.5.2.1.1: what is said in a room is for one who is in it, never for an account.
    if element.attribute("type") == "groupchat", message.to?.isBare ?? true,
      message.to.map({ self.isLocal($0) }) ?? true
    {
      return (.serviceUnavailable, nil)
    }
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

  /// Whether the devices that get a message are of negative priority and have no more than copies
  /// of it: then it has found no taker (RFC 6121 §8.5.2.1.1, B49).
  func hasOnlyNegative(_ account: Account, for message: ClientMessage) -> Bool {
    let stanza = message.incoming
    if account.hasTaker || account.sessions.isEmpty || !self.settings.engine.copies(stanza) {
      return false
    }
    if case .device(let name) = message.address {
      let target = account.session(named: name.text)
      if target?.isAvailable == true || target?.connection != nil { return false }
      if stanza.flags.contains(.exactDeviceOnly) { return false }
    }
    // With nobody there who gets a copy the engine says itself what is to become of it.
    return account.sessions.contains {
      $0.isAvailable && self.service.report(on: $0.device)?.isMDM == true
    }
  }

  /// Tells the sender of a stanza that nobody took it.
  func bounce(_ stanza: Stanza, _ condition: StanzaCondition) {
    guard let bytes = self.bouncing(stanza, condition), let sender = try? JID(stanza.source),
      let account = try? self.account(at: sender), let device = sender.deviceName
    else { return }
    let isAnswer = stanza.kind == .request
    // An error is for whoever has sent, available or not.
    let error = Stanza(
      isAnswer ? .request : .messageError,
      flags: isAnswer ? .answer : [.notCopyable, .reachesUnavailable], id: stanza.id,
      source: stanza.destination, destination: stanza.source, payload: bytes)
    self.service.receive(error, for: account.handle, to: .device(device), at: self.now)
    if !isAnswer { self.copyError(error, to: account) }
  }

  /// Gives an error to the account's other devices if they have had copies of the message that it
  /// answers: they would show it as sent (XEP-0280 §6.1, B46).
  func copyError(_ error: Stanza, to account: Account) {
    let serial = account.sentMessages.serial(answeredBy: error) { self.isLocal($0) }
    guard let serial else { return }
    for other in account.sessions
    where other.address.full != error.destination && other.copiesSince <= serial {
      guard other.isAvailable, let device = other.address.deviceName,
        self.service.report(on: other.device)?.isMDM == true
      else { continue }
      self.service.receive(
        Stanza(
          .messageError, flags: .notCopyable, id: error.id, source: error.source,
          destination: other.address.full,
          payload: self.binding.bytes(copying: error, to: other.address)),
        for: account.handle, to: .device(device), at: self.now)
    }
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
}
