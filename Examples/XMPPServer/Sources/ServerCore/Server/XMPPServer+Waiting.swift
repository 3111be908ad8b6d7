import MDM
import MDMXMPP
import ServerStorage

// What the store keeps for the next device (XEP-0160).
extension XMPPServer {
  /// Messages that are read out of the store at a time.
  private static let waitingPage = 16

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
  }

  /// Sends messages of the archive; whether those were all.
  private func sendMessages(to session: ClientSession) throws -> Bool {
    let account = session.account
    while account.hasWaiting, let cursor = session.waitingCursor {
      let page = try self.store.waiting(of: account.id, after: cursor, limit: Self.waitingPage)
      for message in page where !account.isInFlight(message.position) {
        guard session.hasRoom else { return false }
        account.noteInFlight(message.position)
        session.send(
          self.binding.bytes(
            forStored: Stanza(.chat, payload: message.stanza),
            position: ArchivePosition(message.position), acceptedAt: message.stamp * 1_000,
            to: session.address), position: message.position)
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
        session.send(
          self.binding.bytes(
            forStored: Stanza(.chat, payload: message.stanza), position: nil,
            acceptedAt: message.stamp * 1_000, to: session.address))
        try self.store.removeOffline(message.id)
      }
      account.hasOffline = page.count == Self.waitingPage
    }
    return true
  }
}
