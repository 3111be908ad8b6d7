import CSQLite

/// The archive (XEP-0313) from which messages that wait (XEP-0160) are taken too.
extension ServerStore {
  /// Adds a message at the end of its account's archive.
  ///
  /// An archive is in the order of time, even if the clock is not: a stamp below that of the
  /// message before is stored as the latter.
  ///
  /// - Throws: ``StoreError/Reason/invalidPosition`` if the position is not above
  ///   ``lastPosition(of:)`` or above 2^63 - 1, ``StoreError/Reason/noSuchAccount``.
  /// - Complexity: O(log *n*) in the messages of the store; text and bytes are not copied.
  public func append(_ message: ArchivedMessage) throws(StoreError) {
    let operation = "archiving a message"
    try self.database.beginWriting(doing: operation)
    let last = try self.last(of: message.account, doing: operation)
    guard let position = Int64(exactly: message.position), position > last.position else {
      throw StoreError(
        .invalidPosition,
        message: "position \(message.position) does not follow \(last.position)",
        operation: operation)
    }
    let statement = self.hot.append
    var code = message.account.rawValue.bind(to: statement, at: 1)
    if code == SQLITE_OK { code = position.bind(to: statement, at: 2) }
    if code == SQLITE_OK { code = max(message.stamp, last.stamp).bind(to: statement, at: 3) }
    if code == SQLITE_OK { code = message.direction.rawValue.bind(to: statement, at: 4) }
    if code == SQLITE_OK {
      let isReceived = message.direction == .received
      code = (isReceived ? SenderID.number(in: message.stanza) : 0).bind(to: statement, at: 8)
    }
    if code == SQLITE_OK { code = ServerStore.step(statement, withBorrowed: message) }
    defer { statement.reset() }
    guard code == SQLITE_DONE else {
      throw self.database.failure(code, operation).naming(.noSuchAccount)
    }
  }

  /// Binds text and bytes where they are, steps, and returns the first code that is of note.
  private static func step(_ statement: Statement, withBorrowed message: ArchivedMessage) -> Int32 {
    var conversation = message.conversation
    var remote = message.remote
    let borrowed = Statement.borrowed
    return conversation.withUTF8 { conversation in
      remote.withUTF8 { remote in
        message.stanza.withUnsafeBytes { stanza in
          var code = statement.bind(text: conversation, at: 5, destructor: borrowed)
          if code == SQLITE_OK { code = statement.bind(text: remote, at: 6, destructor: borrowed) }
          if code == SQLITE_OK { code = statement.bind(blob: stanza, at: 7, destructor: borrowed) }
          if code == SQLITE_OK { code = statement.step() }
          // The pointers are let go of before they become invalid.
          if code == SQLITE_DONE { statement.reset() }
          return code
        }
      }
    }
  }

  /// The position of the last message that an account's archive has, or has ever had; 0 if none.
  ///
  /// - Complexity: O(log *n*).
  public func lastPosition(of account: AccountID) throws(StoreError) -> UInt64 {
    let last = try self.last(of: account, doing: "looking for the end of an archive")
    return UInt64(exactly: last.position) ?? 0
  }

  /// The message at a position.
  public func message(
    of account: AccountID, position: UInt64
  ) throws(StoreError) -> ArchivedMessage? {
    guard let position = Int64(exactly: position) else { return nil }
    return try self.database.readFirst(
      "SELECT \(ArchivedMessage.columns) FROM archive AS a WHERE account = ? AND position = ?",
      account, position, doing: "reading a message"
    ) { ArchivedMessage($0, of: account) }
  }

  /// Removes the messages from before a time, those that wait included, and returns their number.
  ///
  /// ``lastPosition(of:)`` stays what it is, so that no position is ever used again.
  ///
  /// - Parameter stamp: microseconds since 1970 (UTC).
  @discardableResult
  public func removeArchive(
    of account: AccountID, before stamp: Int64
  ) throws(StoreError) -> Int {
    let operation = "pruning an archive"
    return try self.database.atomically(doing: operation) { () throws(StoreError) in
      let last = try self.last(of: account, doing: operation).position
      let kept = try self.firstPosition(of: account, from: stamp, doing: operation)
      try self.database.write(
        "UPDATE account SET pruned = ? WHERE id = ?", last, account, doing: operation)
      return try self.database.write(
        "DELETE FROM archive WHERE account = ? AND position <= ?", account,
        kept.map { $0 - 1 } ?? last, doing: operation)
    }
  }

  /// The last position and the stamp there; the stamp is the lowest if nothing is there any more.
  private func last(
    of account: AccountID, doing operation: String
  ) throws(StoreError) -> (position: Int64, stamp: Int64) {
    let last = try self.firstRow(of: self.hot.last, account, doing: operation) { row in
      (position: row.integer(0), stamp: row.integer(1))
    }
    if let last { return last }
    let pruned = try self.firstRow(of: self.hot.pruned, account, doing: operation) {
      $0.integer(0)
    }
    return (pruned ?? 0, .min)
  }

  /// The first row of a statement that takes an account.
  private func firstRow<T>(
    of statement: Statement, _ account: AccountID, doing operation: String, _ body: (Row) -> T
  ) throws(StoreError) -> T? {
    var code = account.rawValue.bind(to: statement, at: 1)
    if code == SQLITE_OK { code = statement.step() }
    defer { statement.reset() }
    switch code {
    case SQLITE_ROW: return body(Row(statement: statement))
    case SQLITE_DONE: return nil
    default: throw self.database.failure(code, operation)
    }
  }

  /// Where the messages from a time on begin, or `nil` if there are none.
  ///
  /// Stamps never descend as positions ascend, hence a bisection over the primary key does it.
  ///
  /// - Returns: a position at or below that of the first such message and above all others.
  /// - Complexity: O(log *p* · log *n*) for positions up to *p*.
  func firstPosition(
    of account: AccountID, from stamp: Int64, doing operation: String
  ) throws(StoreError) -> Int64? {
    guard let first = try self.entry(of: account, from: .min, doing: operation) else { return nil }
    if first.stamp >= stamp { return first.position }
    let last = try self.last(of: account, doing: operation)
    if last.stamp < stamp { return nil }
    // What is at `low` is before the time; all that is at `high` or above is not.
    var low = first.position
    var high = last.position
    while low < high, high - low > 1 {
      let middle = low + (high - low) / 2
      guard let entry = try self.entry(of: account, from: middle, doing: operation) else { break }
      if entry.stamp >= stamp { high = middle } else { low = entry.position }
    }
    return high
  }

  /// The position and the stamp of the first message at a position or above.
  private func entry(
    of account: AccountID, from position: Int64, doing operation: String
  ) throws(StoreError) -> (position: Int64, stamp: Int64)? {
    try self.database.readFirst(
      """
      SELECT position, stamp FROM archive WHERE account = ? AND position >= ?
      ORDER BY position LIMIT 1
      """, account, position, doing: operation
    ) { (position: $0.integer(0), stamp: $0.integer(1)) }
  }
}
