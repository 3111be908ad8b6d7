import MDM
import MDMXMPP
import ServerStorage

/// What one turn has for the store.
struct ArchiveTurn {
  struct Entry {
    let account: Account
    let request: ArchiveRequest
    /// Whether the engine waits to hear what has become of it (`ArchivePolicy.refuse`).
    let isAwaited: Bool
  }

  /// What is not in the store's transaction yet.
  var archive: [Entry] = []
  /// Entries that the engine waits for, and whether the transaction has them.
  var unanswered: [(entry: Entry, isWritten: Bool)] = []

  var hasWork: Bool { !self.archive.isEmpty }
}

extension XMPPServer {
  /// Gives the store what this turn has accepted, and commits. Under `ArchivePolicy.refuse` the
  /// engine is told of each message, which may bring more to store.
  func storeTurn() {
    repeat {
      self.appendArchive()
      let unanswered = self.turn.unanswered
      self.turn.unanswered = []
      var isStored = true
      if self.store.hasUncommittedWrites {
        isStored = self.attempt("commit") { try self.store.commit() }
        if !isStored { self.attempt("rollback") { try self.store.rollback() } }
      }
      for (entry, isWritten) in unanswered { self.answer(entry, isStored: isStored && isWritten) }
    } while self.turn.hasWork
  }

  private func answer(_ entry: ArchiveTurn.Entry, isStored: Bool) {
    let (account, position) = (entry.request.account, entry.request.position)
    if isStored {
      self.service.noteArchived(position, of: account, at: self.now)
    } else {
      self.service.noteArchiveFailed(position, of: account, at: self.now)
      self.waitingForArchive[.init(account: account, position: position)] = nil
    }
  }

  /// Writes the turn's messages into the open transaction, so that queries of the same turn find
  /// them. The engine is answered when the turn commits, whoever had them written.
  func appendArchive() {
    let entries = self.turn.archive
    self.turn.archive.removeAll(keepingCapacity: entries.count <= 1_024)
    let stamp = self.wallClock.unixNanoseconds(at: self.now) / 1_000
    for entry in entries {
      let isWritten = self.append(entry, stamp: stamp)
      if entry.isAwaited { self.turn.unanswered.append((entry, isWritten)) }
    }
  }

  /// Writes one message; false when the store would not take it.
  private func append(_ entry: ArchiveTurn.Entry, stamp: Int64) -> Bool {
    let request = entry.request
    let position = request.position.ordinal
    let isReceived = request.direction == .received
    let waits = isReceived && entry.account.hasToWait(position)
    // Without an archive a message is stored only as long as it waits.
    guard self.settings.archive || waits else { return true }
    let stanza = request.stanza
    let remote = isReceived ? stanza.source : stanza.destination
    return self.attempt("archive") {
      try self.store.append(
        ArchivedMessage(
          account: entry.account.id, position: position,
          direction: isReceived ? .received : .sent,
          conversation: Self.archived(stanza.conversation, remote),
          remote: remote, stamp: stamp,
          stanza: stanza.payload))
      if waits { try self.store.addWaiting(entry.account.id, position) }
    }
  }

  /// The bare address that a message is filed under: the archive is asked for all that came from a
  /// room as well as for what one in it has said.
  private static func archived(_ conversation: ConversationID?, _ remote: String) -> String {
    let text = conversation?.text ?? (try? JID(remote))?.bareText ?? ""
    // The slash before a resource is the first one in an address (RFC 7622 §3.1).
    return text.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(text[..<$0]) } ?? text
  }

  /// A device has a message that the store kept for it.
  func noteSettled(_ position: UInt64, of account: Account) {
    self.attempt("settle") {
      try self.store.settle(account.id, position)
      if !self.settings.archive { try self.store.removeMessage(account.id, position) }
    }
  }

  /// Has the store keep a message for the next device which counted as taken.
  func keepWaiting(_ position: UInt64, of account: Account) -> Bool {
    // It may be of this very turn.
    self.appendArchive()
    return self.attempt("wait") { try self.store.addWaiting(account.id, position) }
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
}
