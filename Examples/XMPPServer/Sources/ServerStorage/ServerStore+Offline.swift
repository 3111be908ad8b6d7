/// A stanza that waits for the next device of an account and is in no archive, because its sender
/// or the server wants it so (XEP-0160, XEP-0334 `no-permanent-store`).
public struct OfflineStanza: Hashable, Sendable {
  /// Tells it from every other one in the store.
  public var id: Int64
  /// When it was accepted, in microseconds since 1970 (UTC).
  public var stamp: Int64
  /// The stanza.
  public var stanza: [UInt8]
}

extension ServerStore {
  /// Keeps a stanza for the next device.
  public func addOffline(
    _ account: AccountID, stamp: Int64, stanza: [UInt8]
  ) throws(StoreError) {
    try self.database.write(
      "INSERT INTO offline (account, stamp, stanza) VALUES (?, ?, ?)", account, stamp, stanza,
      doing: "keeping a stanza for the next device")
  }

  /// The stanzas that wait, oldest first.
  ///
  /// - Parameter limit: the most stanzas to give.
  public func offline(
    of account: AccountID, limit: Int = .max
  ) throws(StoreError) -> [OfflineStanza] {
    try self.database.read(
      "SELECT id, stamp, stanza FROM offline WHERE account = ? ORDER BY id LIMIT ?", account,
      max(limit, 0), doing: "reading stanzas for the next device"
    ) { OfflineStanza(id: $0.integer(0), stamp: $0.integer(1), stanza: $0.bytes(2)) }
  }

  /// Whether any wait.
  public func hasOffline(of account: AccountID) throws(StoreError) -> Bool {
    try self.database.readFirst(
      "SELECT 1 FROM offline WHERE account = ? LIMIT 1", account,
      doing: "looking for stanzas for the next device"
    ) { $0.integer(0) } != nil
  }

  /// Removes one that a device has.
  public func removeOffline(_ id: Int64) throws(StoreError) {
    try self.database.write(
      "DELETE FROM offline WHERE id = ?", id, doing: "removing a stanza for the next device")
  }

  // MARK: - Waiting without an archive

  /// Where the messages are that wait, oldest first.
  public func waitingPositions(of account: AccountID) throws(StoreError) -> [UInt64] {
    try self.database.read(
      "SELECT position FROM waiting WHERE account = ? ORDER BY position", account,
      doing: "reading waiting messages"
    ) { $0.position(0) }
  }

  /// Removes one message, as a server without an archive does when a device has it.
  public func removeMessage(
    _ account: AccountID, _ position: UInt64
  ) throws(StoreError) {
    guard let position = Int64(exactly: position) else { return }
    let operation = "removing a message"
    // No position may come twice, whether or not its message is there.
    try self.database.write(
      "UPDATE account SET pruned = max(pruned, ?) WHERE id = ?", position, account,
      doing: operation)
    try self.database.write(
      "DELETE FROM archive WHERE account = ? AND position = ?", account, position,
      doing: operation)
  }
}
