import MDM
import MDMXMPP
import ServerStorage

/// What blocking contacts takes back: whatever waits from them and was not delivered yet (XEP-0191
/// §3.3, B47).
///
/// It stays in the archive. What is on its way to a device already cannot be called back; what the
/// engine holds is dropped when it comes, for unblocking brings nothing back.
struct Withdrawal {
  private let account: Account
  private let addresses: [JID]
  private let instant: MonotonicInstant

  /// The most blockings that an account remembers; of earlier ones nothing is held any more that
  /// the block list would not stop.
  private static let limit = 64

  /// The withdrawal of what waits for an account from these addresses at an instant.
  init(of account: Account, _ addresses: [JID], at instant: MonotonicInstant) {
    self.account = account
    self.addresses = addresses
    self.instant = instant
  }

  private func concerns(_ address: JID) -> Bool {
    !address.isSameAccount(as: self.account.address)
      && self.addresses.contains { $0.covers(address) }
  }

  /// Takes back what the store keeps for the next device, and remembers what the engine may hold.
  func perform() throws {
    let (server, store) = (self.account.server, self.account.server.store)
    // It may be of this very turn.
    server.appendArchive()
    for message in try store.waiting(of: self.account.id)
    where !self.account.isInFlight(message.position) {
      guard let sender = try? JID(message.remote), self.concerns(sender) else { continue }
      self.account.settle(message.position)
      server.totals.withdrawn += 1
    }
    for stanza in try store.offline(of: self.account.id) {
      let from = try StoredElement.parse(stanza.stanza).attribute("from")
      guard let sender = from.flatMap({ try? JID($0) }), self.concerns(sender) else { continue }
      try store.removeOffline(stanza.id)
      server.totals.withdrawn += 1
    }
    if self.account.withdrawals.count == Self.limit { self.account.withdrawals.removeFirst() }
    self.account.withdrawals.append(self)
  }

  /// Whether something was sent to the account before it blocked the sender.
  func concerns(_ stanza: Stanza, since accepted: MonotonicInstant) -> Bool {
    guard accepted <= self.instant, let sender = try? JID(stanza.source) else { return false }
    switch stanza.kind {
    case .presence, .subscription, .request: return false
    case .chat, .normal, .invitation, .fileTransfer, .groupChat, .receipt, .displayedMarker,
      .payload, .chatState, .headline, .messageError:
      return self.concerns(sender)
    }
  }
}

extension Account {
  /// Whether a held stanza was withdrawn by blocking its sender.
  func isWithdrawn(_ stanza: Stanza, heldSince: MonotonicInstant?) -> Bool {
    guard !self.withdrawals.isEmpty, let heldSince else { return false }
    return self.withdrawals.contains { $0.concerns(stanza, since: heldSince) }
  }
}
