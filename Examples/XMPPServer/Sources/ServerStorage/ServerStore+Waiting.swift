/// Messages that wait for a device to come online (XEP-0160); they are in the archive.
extension ServerStore {
  /// Has an archived message wait and returns whether it did not before.
  ///
  /// - Throws: ``StoreError/Reason/noSuchMessage`` if the archive has nothing at the position.
  @discardableResult
  public func addWaiting(_ account: AccountID, _ position: UInt64) throws(StoreError) -> Bool {
    let operation = "having a message wait"
    guard let position = Int64(exactly: position) else {
      throw StoreError(
        .noSuchMessage, message: "nothing is at position \(position)", operation: operation)
    }
    return try self.database.write(
      "INSERT INTO waiting (account, position) VALUES (?, ?) ON CONFLICT DO NOTHING",
      account, position, doing: operation, missing: .noSuchMessage) > 0
  }

  /// Has a message wait no longer and returns whether it did.
  @discardableResult
  public func settle(_ account: AccountID, _ position: UInt64) throws(StoreError) -> Bool {
    guard let position = Int64(exactly: position) else { return false }
    return try self.database.write(
      "DELETE FROM waiting WHERE account = ? AND position = ?", account, position,
      doing: "settling a message") > 0
  }

  /// The messages that wait, their positions ascending.
  ///
  /// - Parameters:
  ///   - position: only messages after this position.
  ///   - limit: the most messages to give.
  public func waiting(
    of account: AccountID, after position: UInt64 = 0, limit: Int = .max
  ) throws(StoreError) -> [ArchivedMessage] {
    try self.database.read(
      """
      SELECT \(ArchivedMessage.columns)
      FROM waiting AS w JOIN archive AS a USING (account, position)
      WHERE w.account = ? AND w.position > ? ORDER BY w.position LIMIT ?
      """, account, Int64(clamping: position), max(limit, 0), doing: "reading waiting messages"
    ) { ArchivedMessage($0, of: account) }
  }

  /// The number of messages that wait.
  ///
  /// - Complexity: linear in it.
  public func waitingCount(of account: AccountID) throws(StoreError) -> Int {
    try self.database.readFirst(
      "SELECT count(*) FROM waiting WHERE account = ?", account, doing: "counting waiting messages"
    ) { Int($0.integer(0)) } ?? 0
  }
}
