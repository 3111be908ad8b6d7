/// The blocklist (XEP-0191).
extension ServerStore {
  /// The addresses that an account blocks, in the order of their bytes.
  public func blockedAddresses(of account: AccountID) throws(StoreError) -> [String] {
    try self.database.read(
      "SELECT address FROM blocked WHERE account = ? ORDER BY address", account,
      doing: "reading a blocklist"
    ) { $0.text(0) }
  }

  /// The number of addresses that an account blocks.
  public func blockedCount(of account: AccountID) throws(StoreError) -> Int {
    try self.database.readFirst(
      "SELECT count(*) FROM blocked WHERE account = ?", account, doing: "counting a blocklist"
    ) { Int($0.integer(0)) } ?? 0
  }

  /// Blocks an address and returns whether it was not blocked before.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  @discardableResult
  public func block(_ address: String, of account: AccountID) throws(StoreError) -> Bool {
    try self.database.write(
      "INSERT INTO blocked (account, address) VALUES (?, ?) ON CONFLICT DO NOTHING",
      account, address, doing: "blocking an address") > 0
  }

  /// Unblocks an address and returns whether it was blocked.
  @discardableResult
  public func unblock(_ address: String, of account: AccountID) throws(StoreError) -> Bool {
    try self.database.write(
      "DELETE FROM blocked WHERE account = ? AND address = ?", account, address,
      doing: "unblocking an address") > 0
  }

  /// Unblocks all addresses and returns how many there were.
  @discardableResult
  public func unblockAll(of account: AccountID) throws(StoreError) -> Int {
    try self.database.write(
      "DELETE FROM blocked WHERE account = ?", account, doing: "clearing a blocklist")
  }
}
