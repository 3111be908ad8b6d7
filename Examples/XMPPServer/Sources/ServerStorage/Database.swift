import CSQLite
import Glibc

/// A connection to a SQLite database, its prepared statements, and its one open transaction.
///
/// Every statement is prepared once and kept for good, so SQL must come from a fixed set of texts;
/// what varies is bound. Values are never part of the text.
final class Database {
  /// SQLite's object.
  private let handle: OpaquePointer
  private var statements: [String: Statement] = [:]
  /// What became of the open transaction, if SQLite has undone it by itself.
  private var loss: StoreError?
  /// Whether a transaction with writes is open, or was when SQLite undid it.
  private(set) var hasUncommittedWrites = false

  /// Opens the database at `path`, which must exist, or a new one in memory (":memory:").
  init(path: String) throws(StoreError) {
    var opened: OpaquePointer?
    let memory = path == ":memory:"
    // Without SQLITE_OPEN_CREATE, SQLite makes no file of a mode that was not asked for.
    let flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (memory ? SQLITE_OPEN_CREATE : 0)
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let message =
        opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
      sqlite3_close_v2(opened)
      throw StoreError(
        .init(code: code), code: code, message: message, operation: "opening \(path)")
    }
    sqlite3_extended_result_codes(opened, 1)
    self.handle = opened
  }

  deinit {
    for statement in self.statements.values { sqlite3_finalize(statement.handle) }
    // An open transaction is undone by this.
    sqlite3_close_v2(self.handle)
  }

  /// Waits up to this long for another process, in milliseconds.
  func setBusyTimeout(milliseconds: Int32) {
    sqlite3_busy_timeout(self.handle, milliseconds)
  }

  /// Refuses values above this many bytes.
  func setValueLimit(bytes: Int32) {
    sqlite3_limit(self.handle, SQLITE_LIMIT_LENGTH, bytes)
  }

  /// The prepared statement of an SQL text.
  func statement(_ sql: String, doing operation: String) throws(StoreError) -> Statement {
    if let known = self.statements[sql] { return known }
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(
      self.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw self.failure(code, operation) }
    let statement = Statement(handle: prepared)
    self.statements[sql] = statement
    return statement
  }

  /// Runs SQL of one or more statements that take no values and whose rows are of no interest.
  func execute(_ sql: String, doing operation: String) throws(StoreError) {
    let code = sqlite3_exec(self.handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw self.failure(code, operation) }
  }

  /// The number of rows that the last INSERT, UPDATE or DELETE has changed itself.
  var changes: Int { Int(sqlite3_changes(self.handle)) }

  /// The id of the last inserted row of a table that has row ids.
  var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(self.handle) }

  /// The error for a result code, with what SQLite says about it; remembers a lost transaction.
  func failure(_ code: Int32, _ operation: String) -> StoreError {
    let error = StoreError(
      .init(code: code), code: code, message: String(cString: sqlite3_errmsg(self.handle)),
      operation: operation)
    // I/O errors, a full medium and the like may undo more than the statement that failed.
    if self.hasUncommittedWrites, self.loss == nil, sqlite3_get_autocommit(self.handle) != 0 {
      self.loss = StoreError(
        .transactionLost, code: code,
        message: "the open transaction was undone by an earlier failure: \(error.message)",
        operation: operation)
    }
    return error
  }
}

// MARK: Transactions

extension Database {
  /// Begins the transaction that all writes join, unless it is open.
  func beginWriting(doing operation: String) throws(StoreError) {
    if let loss = self.loss { throw loss }
    if self.hasUncommittedWrites { return }
    // IMMEDIATE: a lock that cannot be had is known here, not in the midst of the writes.
    try self.finish(self.statement("BEGIN IMMEDIATE", doing: operation), doing: operation)
    self.hasUncommittedWrites = true
  }

  /// Makes the writes of the open transaction last; nothing happens if none is open.
  ///
  /// After an error the transaction is open still, save for ``StoreError/Reason/transactionLost``.
  func commit() throws(StoreError) {
    if let loss = self.loss { throw loss }
    guard self.hasUncommittedWrites else { return }
    try self.finish(self.statement("COMMIT", doing: "committing"), doing: "committing")
    self.hasUncommittedWrites = false
  }

  /// Undoes the writes of the open transaction, if one is open.
  func rollback() throws(StoreError) {
    guard self.hasUncommittedWrites else { return }
    if sqlite3_get_autocommit(self.handle) == 0 {
      try self.finish(self.statement("ROLLBACK", doing: "rolling back"), doing: "rolling back")
    }
    self.loss = nil
    self.hasUncommittedWrites = false
  }

  /// Does several writes so that either all of them join the open transaction or none.
  func atomically<T>(
    doing operation: String, _ body: () throws(StoreError) -> T
  ) throws(StoreError) -> T {
    try self.beginWriting(doing: operation)
    try self.finish(self.statement("SAVEPOINT part", doing: operation), doing: operation)
    let result: T
    do {
      result = try body()
    } catch {
      // If SQLite has undone all, there is no savepoint; the error that tells is the first one.
      if self.loss == nil {
        try self.finish(self.statement("ROLLBACK TO part", doing: operation), doing: operation)
        try self.finish(self.statement("RELEASE part", doing: operation), doing: operation)
      }
      throw error
    }
    try self.finish(self.statement("RELEASE part", doing: operation), doing: operation)
    return result
  }

  /// Does several reads that see one state of the database.
  func consistently<T>(
    doing operation: String, _ body: () throws(StoreError) -> T
  ) throws(StoreError) -> T {
    if self.hasUncommittedWrites { return try body() }
    try self.finish(self.statement("BEGIN", doing: operation), doing: operation)
    let result: T
    do {
      result = try body()
    } catch {
      if sqlite3_get_autocommit(self.handle) == 0 {
        try self.finish(self.statement("ROLLBACK", doing: operation), doing: operation)
      }
      throw error
    }
    try self.finish(self.statement("COMMIT", doing: operation), doing: operation)
    return result
  }
}

// MARK: Running statements

extension Database {
  /// Steps a bound statement, of whose rows none is expected, to its end, and resets it.
  func finish(_ statement: Statement, doing operation: String) throws(StoreError) {
    let code = statement.step()
    defer { statement.reset() }
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw self.failure(code, operation) }
  }

  /// Runs one statement that changes rows, within the open transaction.
  ///
  /// - Parameter missing: what it means if a row refers to one that does not exist.
  /// - Returns: the number of rows changed.
  @discardableResult
  func write<each Value: SQLValue>(
    _ sql: String, _ values: repeat each Value, doing operation: String,
    missing: StoreError.Reason = .noSuchAccount
  ) throws(StoreError) -> Int {
    try self.beginWriting(doing: operation)
    let statement = try self.statement(sql, doing: operation)
    do {
      try self.bind(repeat each values, to: statement, doing: operation)
      try self.finish(statement, doing: operation)
    } catch {
      throw error.naming(missing)
    }
    return self.changes
  }

  /// Runs one statement that reads rows, and makes something of each of them.
  func read<each Value: SQLValue, T>(
    _ sql: String, _ values: repeat each Value, doing operation: String,
    row element: (Row) throws(StoreError) -> T
  ) throws(StoreError) -> [T] {
    var result: [T] = []
    try self.forEachRow(sql, repeat each values, doing: operation) { row throws(StoreError) in
      result.append(try element(row))
      return true
    }
    return result
  }

  /// Runs one statement that reads rows, for as long as `body` asks for another one.
  func forEachRow<each Value: SQLValue>(
    _ sql: String, _ values: repeat each Value, doing operation: String,
    _ body: (Row) throws(StoreError) -> Bool
  ) throws(StoreError) {
    let statement = try self.statement(sql, doing: operation)
    try self.bind(repeat each values, to: statement, doing: operation)
    defer { statement.reset() }
    while true {
      let code = statement.step()
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else { throw self.failure(code, operation) }
      guard try body(Row(statement: statement)) else { return }
    }
  }

  /// Runs one statement that reads at most one row of interest, the first.
  func readFirst<each Value: SQLValue, T>(
    _ sql: String, _ values: repeat each Value, doing operation: String,
    row: (Row) throws(StoreError) -> T
  ) throws(StoreError) -> T? {
    var result: T?
    try self.forEachRow(sql, repeat each values, doing: operation) { first throws(StoreError) in
      result = try row(first)
      return false
    }
    return result
  }

  /// Binds values to the parameters of a statement in order; resets the statement if one fails.
  private func bind<each Value: SQLValue>(
    _ values: repeat each Value, to statement: Statement, doing operation: String
  ) throws(StoreError) {
    var index: Int32 = 1
    for value in repeat each values {
      let code = value.bind(to: statement, at: index)
      guard code == SQLITE_OK else {
        let error = self.failure(code, operation)
        statement.reset()
        throw error
      }
      index += 1
    }
  }
}

extension StoreError {
  /// The error with `missing` as its reason if a row refers to one that does not exist.
  func naming(_ missing: Reason) -> StoreError {
    // SQLITE_CONSTRAINT_FOREIGNKEY, a macro of two operands that is not imported.
    guard self.code == SQLITE_CONSTRAINT | (3 << 8) else { return self }
    var error = self
    error.reason = missing
    return error
  }
}
