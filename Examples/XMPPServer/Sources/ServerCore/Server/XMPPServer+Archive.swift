import MDM
import MDMXMPP
import ServerStore

/// What one turn has for the store.
struct ArchiveTurn {
  struct Entry {
    let account: Account
    let request: ArchiveRequest
  }

  var archive: [Entry] = []

  var hasWork: Bool { !self.archive.isEmpty }
}

extension XMPPServer {
  /// Gives the store what this turn has accepted, and commits. Under `ArchivePolicy.refuse` the
  /// engine is told of each message, which may bring more to store.
  func storeTurn() {
    let answers = self.settings.engine.values.archiveFailure == .refuse
    repeat {
      let entries = self.turn.archive
      self.appendArchive()
      var isStored = true
      if self.store.hasUncommittedWrites {
        isStored = self.attempt("commit") { try self.store.commit() }
        if !isStored { self.attempt("rollback") { try self.store.rollback() } }
      }
      if answers { self.answer(entries, isStored: isStored) }
    } while self.turn.hasWork
  }

  private func answer(_ entries: [ArchiveTurn.Entry], isStored: Bool) {
    for entry in entries {
      let (account, position) = (entry.request.account, entry.request.position)
      if isStored {
        self.service.noteArchived(position, of: account, at: self.now)
      } else {
        self.service.noteArchiveFailed(position, of: account, at: self.now)
        self.waitingForArchive[.init(account: account, position: position)] = nil
      }
    }
  }

  /// Writes the turn's messages into the open transaction, so that queries of the same turn find
  /// them.
  func appendArchive() {
    let entries = self.turn.archive
    self.turn.archive.removeAll(keepingCapacity: entries.count <= 1_024)
    let stamp = self.wallClock.unixNanoseconds(at: self.now) / 1_000
    for entry in entries {
      let request = entry.request
      let position = request.position.ordinal
      let isReceived = request.direction == .received
      let waits = isReceived && entry.account.hasToWait(position)
      // Without an archive a message is stored only as long as it waits.
      guard self.settings.archive || waits else { continue }
      let stanza = request.stanza
      self.attempt("archive") {
        try self.store.append(
          ArchivedMessage(
            account: entry.account.id, position: position,
            direction: isReceived ? .received : .sent,
            conversation: stanza.conversation?.text ?? "",
            remote: isReceived ? stanza.source : stanza.destination, stamp: stamp,
            stanza: stanza.payload))
        if waits { try self.store.addWaiting(entry.account.id, position) }
      }
    }
  }

  /// A device has a message that the store kept for it.
  func noteSettled(_ position: UInt64, of account: Account) {
    self.attempt("settle") {
      try self.store.settle(account.id, position)
      if !self.settings.archive { try self.store.removeMessage(account.id, position) }
    }
  }

  /// Does something with the store; a failure is logged and counted.
  @discardableResult
  func attempt(_ action: StaticString, _ body: () throws -> Void) -> Bool {
    do {
      try body()
      return true
    } catch {
      self.totals.archiveFailures += 1
      self.log.error("store.failed", ["action": "\(action)", "text": "\(error)"])
      return false
    }
  }

  // MARK: - What waited

  /// Sends what waited to a device that is there for it (RFC 6121 §8.5.2.1.1).
  func sendWaitingIfWanted(to session: ClientSession) {
    if session.isAvailable, session.priority >= 0 { self.sendWaiting(to: session) }
  }

  /// Sends what waited for a device to one that has come (XEP-0160), oldest first.
  private func sendWaiting(to session: ClientSession) {
    let account = session.account
    if account.hasWaiting {
      self.appendArchive()
      let messages = (try? self.store.waiting(of: account.id)) ?? []
      for message in messages where !account.isInFlight(message.position) {
        account.noteInFlight(message.position)
        let bytes = self.binding.bytes(
          forStored: Stanza(.chat, payload: message.stanza),
          position: ArchivePosition(message.position), acceptedAt: message.stamp * 1_000,
          to: session.address)
        session.send(bytes, position: message.position)
        if session.management == nil { account.settle(message.position) }
      }
    }
    if account.hasOffline { self.sendOffline(to: session) }
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

  private func sendOffline(to session: ClientSession) {
    let account = session.account
    account.hasOffline = false
    for message in (try? self.store.offline(of: account.id)) ?? [] {
      session.send(
        self.binding.bytes(
          forStored: Stanza(.chat, payload: message.stanza), position: nil,
          acceptedAt: message.stamp * 1_000, to: session.address))
      self.attempt("offline") { try self.store.removeOffline(message.id) }
    }
  }
}
