import MDM
import MDMXMPP

/// The other side of the messaging service: what the engine decides is done here.
///
/// The service keeps its host, and the server keeps the service; so the host does not keep the
/// server.
final class ServerHost: MessagingHost, @unchecked Sendable {
  private unowned let server: XMPPServer

  init(_ server: XMPPServer) { self.server = server }

  /// Has the turn store a message, ahead of anything that is written to a socket.
  func archive(_ request: ArchiveRequest, of name: AccountName) {
    guard let account = self.server.accounts[name] else { return }
    if request.direction == .received { account.noteReceived(request.position.ordinal) }
    let isAwaited = self.server.settings.engine.values.archiveFailure == .refuse
    if isAwaited, request.direction == .sent, let sending = self.server.sending {
      let key = WaitingForArchive.Key(account: request.account, position: request.position)
      self.server.waitingForArchive[key] = WaitingForArchive(message: sending)
    }
    if !self.server.settings.archive, let conversation = request.stanza.conversation,
      request.direction == .received
    {
      account.recentMessages.record(
        request.stanza.id, in: conversation, at: request.position)
    }
    self.server.turn.archive.append(
      ArchiveTurn.Entry(account: account, request: request, isAwaited: isAwaited))
  }

  /// Puts an event into its session's output.
  func deliver(_ event: DeviceEvent, to device: DeviceHandle, of name: AccountName) {
    guard let session = self.server.sessions[device] else {
      // The session ended while its events were being handed out, as that of a slow client does.
      if case .delivery(let delivery) = event, delivery.form != .sentCopy,
        let position = delivery.position
      {
        self.server.accounts[name]?.release(position.ordinal)
      }
      return
    }
    switch event {
    case .delivery(let delivery):
      let isWithdrawn =
        delivery.form != .sentCopy
        && session.account.isWithdrawn(delivery.stanza, heldSince: delivery.heldSince)
      if isWithdrawn { return self.withdraw(delivery.position, of: session.account) }
      session.deliver(delivery)
    case .marker(let marker):
      // Devices are told by the node. This is how the server hears of what the engine itself takes
      // for read (`sendMarksRead`).
      self.server.attempt("read mark") {
        try DisplayedNode(server: self.server, account: session.account)
          .follow(marker.conversation, marker.upTo)
      }
    case .flush(let flush):
      // Deliveries of one turn are one write, so there is nothing to gather.
      self.server.log.debug(
        "session.flush",
        ["user": session.address.full, "why": "\(flush.reason)", "stanzas": "\(flush.count)"])
    case .retraction(let retraction):
      if let bytes = self.server.binding.bytes(for: retraction, to: session.address) {
        session.send(bytes)
      }
    case .mdmChanged(let change):
      self.server.log.debug(
        "session.mdm", ["user": session.address.full, "effective": "\(change.isEffective)"])
    case .ended(let end):
      self.handleEnd(end, of: session)
    }
  }

  /// A message is not delivered any more; it stays in the archive.
  private func withdraw(_ position: ArchivePosition?, of account: Account) {
    self.server.totals.withdrawn += 1
    if let position { account.settle(position.ordinal) }
  }

  private func handleEnd(_ end: DeviceEnd, of session: ClientSession) {
    let connection = session.connection
    session.conclude(because: "\(end)")
    switch end {
    case .session(.replaced): connection?.fail(.init(.conflict, "signed in elsewhere"))
    case .session(.evicted): connection?.fail(.init(.resourceConstraint, "too many sessions"))
    case .shutDown: connection?.fail(.init(.systemShutdown, ""))
    case .session: connection?.fail(.init(.reset, ""))
    }
  }

  /// Gives a message to the account on this server that it is for, or tells its sender why not.
  func route(_ routing: Routing, from name: AccountName, because reason: ForeignReason) {
    guard let message = self.server.takeMessage(routing, from: name) else { return }
    let sender = routing.stanza.source
    guard let to = message.to, let receiver = try? self.server.account(at: to) else {
      return self.server.bounce(routing.stanza, .serviceUnavailable)
    }
    if let from = try? JID(sender), self.server.isBlocked(from, by: receiver) {
      return self.server.bounce(routing.stanza, .serviceUnavailable)
    }
    let lacksTaker = self.server.hasOnlyNegative(receiver, for: message)
    let outcome = self.server.service.receive(
      message.incoming, for: receiver.handle, to: message.address, at: self.server.now)
    if case .refused(let error) = outcome {
      return self.server.bounce(routing.stanza, StanzaCondition(error))
    }
    if message.incoming.kind == .messageError {
      self.server.copyError(message.incoming, to: receiver)
    }
    if lacksTaker { self.keepUntaken(message.incoming, for: receiver) }
  }

  /// Sees to a message of which devices of negative priority have copies only (B49). One of the
  /// archive waits there, because no such copy settles it.
  private func keepUntaken(_ stanza: Stanza, for receiver: Account) {
    let flags = stanza.flags
    if flags.contains(.noStore) {
      if stanza.kind.isContent { self.server.bounce(stanza, .serviceUnavailable) }
      return
    }
    let isArchived =
      (stanza.kind.isContent || flags.contains(.store))
      && (!flags.contains(.noPermanentStore)
        || self.server.settings.engine.values.archiveIgnoresHints)
    if isArchived || stanza.kind == .chatState { return }
    self.keep(stanza, nil, heldSince: self.server.now, for: receiver)
  }

  /// Sees to a stanza that was held for a device which will not come for it.
  func undelivered(_ item: Undelivered, of name: AccountName) {
    guard let account = self.server.accounts[name] else { return }
    if item.form != .sentCopy, account.isWithdrawn(item.stanza, heldSince: item.heldSince) {
      return self.withdraw(item.position, of: account)
    }
    if let session = self.server.sessions[item.device], self.isMissed(item, by: session) { return }
    switch item.disposition {
    case .storeOffline:
      self.keep(item.stanza, item.position, heldSince: item.heldSince, for: account)
    case .bounce:
      if item.form == .original { self.server.bounce(item.stanza, .serviceUnavailable) }
    case .drop:
      break
    }
  }

  /// Whether a device that is away will get the stanza when it resumes. One that cannot, because it
  /// has missed too much or there is no archive, must not resume as if nothing had happened.
  private func isMissed(_ item: Undelivered, by session: ClientSession) -> Bool {
    guard session.connection == nil, !session.isOver, !session.isEnding,
      session.management?.resumptionID != nil, item.position != nil
    else { return false }
    if session.noteMissed(item) { return true }
    session.makeUnresumable()
    return false
  }

  /// Sees to a stanza that no device could take.
  func unroutable(_ item: Unroutable, of name: AccountName) {
    guard let account = self.server.accounts[name] else { return }
    // What comes back from the sender's own side, as when its archive fails, nobody has had.
    let isOwn = (try? JID(item.stanza.source))?.isSameAccount(as: account.address) ?? false
    if isOwn { account.sentMessages.forget(item.stanza) }
    switch item.disposition {
    case .storeOffline:
      self.keep(item.stanza, item.position, heldSince: self.server.now, for: account)
    case .bounce: self.server.bounce(item.stanza, .serviceUnavailable)
    case .drop: break
    }
  }

  /// Never called: no device of this host is in a scope.
  func unread(_ events: [DeviceEvent], of device: DeviceHandle, of name: AccountName) {
    preconditionFailure("No device of this host is in a scope, and only those have a stream.")
  }

  /// Keeps a stanza for the next device: one of the archive is there already.
  private func keep(
    _ stanza: Stanza, _ position: ArchivePosition?, heldSince: MonotonicInstant,
    for account: Account
  ) {
    if let position { return account.release(position.ordinal) }
    // What subscriptions have come to is in the rosters and among the pending requests.
    if stanza.kind == .subscription { return }
    let stamp = self.server.wallClock.unixNanoseconds(at: heldSince) / 1_000
    self.server.attempt("offline") {
      try self.server.store.addOffline(account.id, stamp: stamp, stanza: stanza.payload)
    }
    account.hasOffline = true
  }
}

/// Leaves every stanza to the host: it asks the receiver's block list, and opens accounts whose
/// users are not there, before the receiver's engine gets it.
struct HostRouter: StanzaRouter {
  func destination(of stanza: Stanza, sentBy sender: StanzaSender) -> RoutedStanza? { nil }
}

/// A message whose sender's archive has not answered yet.
struct WaitingForArchive {
  struct Key: Hashable {
    let account: AccountHandle
    let position: ArchivePosition
  }

  let message: ClientMessage
}

extension StanzaCondition {
  /// What the sender is told when an engine would not have its stanza.
  init(_ error: AdmissionError) {
    switch error {
    case .stanzaTooLarge: self = .policyViolation
    case .effectBacklog, .archiveBacklog, .deviceLimit, .accountLimit: self = .resourceConstraint
    default: self = .internalServerError
    }
  }
}
