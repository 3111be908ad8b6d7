public import MDMMonitoring
import MDMSession
import MDMStanza
import MDMStorage

// Who is signed in, for the node's counters and the sessions report.
extension MessagingEngine {
  /// The node's sessions by kind, as far as this engine has them (R-059…R-063, B24).
  ///
  /// An open account has a composed session. A session that waits behind a push service is a
  /// phantom; one that may resume a lost connection still counts as a client. Which sessions are
  /// hybrid the host has said at sign-in; connections that stand by are not the engine's.
  ///
  /// - Complexity: O(accounts).
  public func sessionCounts() -> SessionCounts {
    var counts = SessionCounts()
    counts[.composed] = self.core.gauges.accounts
    for slot in 0..<self.accounts.slotCount where self.accounts[slot].isOpen {
      self.forEachSession(in: slot) { counts[$0.kindOfSession] += 1 }
    }
    return counts
  }

  /// Accounts with at least one session.
  ///
  /// - Complexity: O(accounts).
  public func usersSignedIn() -> Int {
    (0..<self.accounts.slotCount).count {
      self.accounts[$0].isOpen && !self.accounts[$0].sets.occupied.isEmpty
    }
  }

  /// The accounts with at least one session, and on which sorts of device, for the sessions report
  ///
  ///
  /// - Complexity: O(accounts).
  public func userSessions() -> [UserSessions] {
    var users: [UserSessions] = []
    users.reserveCapacity(self.accounts.count)
    for slot in 0..<self.accounts.slotCount where self.accounts[slot].isOpen {
      guard !self.accounts[slot].sets.occupied.isEmpty else { continue }
      var devices = DeviceTally()
      self.forEachSession(in: slot) { devices.add($0.kind) }
      let name = AccountName(self.accounts.names.string(self.accounts[slot].name))
      users.append(UserSessions(name, devices))
    }
    return users
  }

  private func forEachSession(in slot: UInt32, _ body: (DeviceSession) -> Void) {
    var rest = self.accounts[slot].sets.occupied
    while let index = rest.popFirst() { body(self.accounts[slot].devices[index].session) }
  }
}

extension DeviceSession {
  /// The kind of session as the node's counters have it.
  fileprivate var kindOfSession: SessionKind {
    if self.traits.contains(.hybrid) { return .hybrid }
    if self.phase == .suspended { return .phantom }
    return self.traits.contains(.viaEdge) ? .clientOffPremise : .clientOnPremise
  }
}
