/// How much there is in a store.
public struct StoreStatistics: Hashable, Sendable {
  /// The accounts.
  public var accounts: Int
  /// The roster items of all accounts.
  public var rosterItems: Int
  /// The archived messages of all accounts.
  public var messages: Int
  /// The messages that wait.
  public var waiting: Int
  /// The PEP items of all accounts.
  public var items: Int
  /// The size of the database in bytes, without the log beside it.
  public var bytes: Int
}

extension ServerStore {
  /// Counts what is in the store, for its administrator.
  ///
  /// - Complexity: linear in the messages of the store.
  public func statistics() throws(StoreError) -> StoreStatistics {
    let operation = "counting"
    return try self.database.consistently(doing: operation) { () throws(StoreError) in
      // The size first: it is known only once the read has begun.
      let pages = try self.database.pragma("page_count", doing: operation)
      let size = try self.database.pragma("page_size", doing: operation)
      let counts = try self.database.readFirst(
        """
        SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM roster_item),
          (SELECT count(*) FROM archive INDEXED BY archive_conversation),
          (SELECT count(*) FROM waiting), (SELECT count(*) FROM pep_item)
        """, doing: operation
      ) { row in (0..<5).map { Int(row.integer($0)) } }
      guard let counts else {
        throw StoreError(.corrupt, message: "nothing was counted", operation: operation)
      }
      return StoreStatistics(
        accounts: counts[0], rosterItems: counts[1], messages: counts[2], waiting: counts[3],
        items: counts[4], bytes: Int(pages * size))
    }
  }
}

extension ServerStore {
  /// A secret of the server's own that outlives the process; made the first time it is asked for.
  public func secret(
    named name: String, _ make: () -> [UInt8]
  ) throws(StoreError) -> [UInt8] {
    let operation = "reading a secret"
    let known = try self.database.readFirst(
      "SELECT value FROM secret WHERE name = ?", name, doing: operation
    ) { $0.bytes(0) }
    if let known { return known }
    let value = make()
    try self.database.write(
      "INSERT INTO secret (name, value) VALUES (?, ?)", name, value, doing: operation)
    try self.commit()
    return value
  }
}
