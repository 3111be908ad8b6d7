import MDM
import MDMXMPP
import ServerStorage

// What the store keeps for the next device (XEP-0160).
extension XMPPServer {
  /// Messages that are read out of the store at a time.
  private static let waitingPage = 16

  /// Sends what waited to a device that is there for it (RFC 6121 §8.5.2.1.1).
  func sendWaitingIfWanted(to session: ClientSession) {
    if session.isAvailable, session.priority >= 0 { self.sendWaiting(to: session) }
  }

  /// What a device had not got when it went is for another one that is there (XEP-0198 §4): that
  /// one would not ask for it before it signs in again.
  func sendWaitingToOthers() {
    let accounts = self.bereaved
    self.bereaved = []
    for account in accounts {
      let other = account.sessions.first {
        $0.isAvailable && $0.priority >= 0 && $0.connection != nil && !$0.isQuiet
      }
      if let other { self.sendWaiting(to: other) }
    }
  }

  /// Sends what waited for a device to one that has come, oldest first, as fast as it takes it.
  func sendWaiting(to session: ClientSession) {
    let account = session.account
    guard account.hasWaiting || account.hasOffline else { return }
    // One that is being sent already begins anew: something before its place may have come back.
    session.waitingCursor = 0
    self.continueWaiting(for: session)
  }

  /// Sends more of it, until the device has enough to take or nothing is left.
  func continueWaiting(for session: ClientSession) {
    guard session.waitingCursor != nil, session.hasRoom else { return }
    self.appendArchive()
    let isDone = self.attempt("waiting") {
      if try self.sendMessages(to: session), try self.sendOffline(to: session) {
        session.waitingCursor = nil
      }
    }
    if !isDone { session.waitingCursor = nil }
    if session.waitingCursor == nil { session.resumeEngine() }
  }

  /// Sends messages of the archive; whether those were all.
  private func sendMessages(to session: ClientSession) throws -> Bool {
    let account = session.account
    while account.hasWaiting, let cursor = session.waitingCursor {
      let page = try self.store.waiting(of: account.id, after: cursor, limit: Self.waitingPage)
      for message in page where !account.isInFlight(message.position) {
        guard session.hasRoom else { return false }
        if session.hadAsCopy.remove(message.position) != nil {
          account.settle(message.position)
          continue
        }
        account.noteInFlight(message.position)
        let note = try StoredNotification(of: message.stanza, at: message.position, for: session)
        session.send(
          self.binding.bytes(
            forStored: Stanza(.chat, payload: message.stanza),
            position: ArchivePosition(message.position), acceptedAt: message.stamp * 1_000,
            to: session.address, notification: note.decision, isRead: note.isRead),
          position: message.position)
        session.waitingCursor = message.position
      }
      guard page.count == Self.waitingPage, let last = page.last else { return true }
      session.waitingCursor = last.position
    }
    return true
  }

  /// Sends stanzas that are in no archive; whether those were all.
  private func sendOffline(to session: ClientSession) throws -> Bool {
    let account = session.account
    while account.hasOffline {
      let page = try self.store.offline(of: account.id, limit: Self.waitingPage)
      for message in page {
        guard session.hasRoom else { return false }
        let note = try StoredNotification(of: message.stanza, at: nil, for: session)
        session.send(
          self.binding.bytes(
            forStored: Stanza(.chat, payload: message.stanza), position: nil,
            acceptedAt: message.stamp * 1_000, to: session.address, notification: note.decision))
        try self.store.removeOffline(message.id)
      }
      account.hasOffline = page.count == Self.waitingPage
    }
    return true
  }
}

/// Whether a stored message rings on the device that it is sent to, by the rules for one that comes
/// at that instant (B9).
struct StoredNotification {
  let decision: NotificationDecision
  /// Whether the person has read it meanwhile.
  let isRead: Bool

  init(of stanza: [UInt8], at position: UInt64?, for session: ClientSession) throws {
    let (server, account) = (session.server, session.account)
    let element = try StoredElement.parse(stanza)
    let found = server.binding.classification(of: element, .received, account: account.address)
    let peer = element.attribute("from").flatMap { try? JID($0) }
    let read = peer.flatMap {
      server.service.readState(
        of: server.binding.conversation(of: element, with: $0), in: account.handle)
    }
    self.isRead = position.map { $0 <= read?.readUpTo.ordinal ?? 0 } ?? false
    let report = server.service.report(on: session.device)
    let active = server.service.activeClient(of: account.handle)?.device
    if found.flags.contains(.ownAccount) {
      self.decision = .ownMessage
    } else if !found.kind.isContent {
      self.decision = .notContent
    } else if report?.isMDM != true {
      self.decision = .clientDecides
    } else if report?.mode == .silent {
      self.decision = .silentMode
    } else if self.isRead {
      self.decision = .heldBack
    } else if let active {
      self.decision = active == session.device ? .activeClient : .otherClientActive
    } else {
      self.decision = .noActiveClient
    }
  }
}
