import CSQLite

/// A prepared statement, owned and finalized by its ``Database``.
///
/// It is used in the order bind, step, read columns, reset; `Database` sees to the order.
struct Statement {
  /// SQLite's object.
  let handle: OpaquePointer

  /// Says that a bound pointer stays valid until the statement is reset.
  static let borrowed: sqlite3_destructor_type? = nil

  /// Has SQLite copy what a bound pointer points to; the value is fixed by SQLite's interface.
  static var transient: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  /// Binds text of any content, NUL included.
  func bind(
    text: UnsafeBufferPointer<UInt8>, at index: Int32, destructor: sqlite3_destructor_type?
  ) -> Int32 {
    // A null pointer would bind NULL instead of the empty text.
    guard let base = text.baseAddress, !text.isEmpty else {
      return sqlite3_bind_text(self.handle, index, "", 0, Statement.transient)
    }
    return base.withMemoryRebound(to: CChar.self, capacity: text.count) {
      sqlite3_bind_text64(
        self.handle, index, $0, UInt64(text.count), destructor, UInt8(SQLITE_UTF8))
    }
  }

  /// Binds bytes.
  func bind(
    blob: UnsafeRawBufferPointer, at index: Int32, destructor: sqlite3_destructor_type?
  ) -> Int32 {
    // A null pointer would bind NULL instead of the empty blob.
    guard let base = blob.baseAddress, !blob.isEmpty else {
      return sqlite3_bind_zeroblob(self.handle, index, 0)
    }
    return sqlite3_bind_blob64(self.handle, index, base, UInt64(blob.count), destructor)
  }

  /// Goes on to the next row (`SQLITE_ROW`) or to the end (`SQLITE_DONE`).
  func step() -> Int32 { sqlite3_step(self.handle) }

  /// Readies the statement for the next use and lets go of what is bound.
  func reset() {
    // The code repeats the failure of the last step, which has been reported then.
    _ = sqlite3_reset(self.handle)
    _ = sqlite3_clear_bindings(self.handle)
  }
}

/// The row at which a statement stands; valid until the statement goes on.
struct Row {
  /// The statement that stands at the row.
  let statement: Statement

  /// The integer in a column, counted from zero; 0 for NULL.
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(self.statement.handle, column) }

  /// Whether the integer in a column is not 0.
  func bool(_ column: Int32) -> Bool { self.integer(column) != 0 }

  /// The text in a column, empty for NULL.
  func text(_ column: Int32) -> String { self.optionalText(column) ?? "" }

  /// The text in a column.
  func optionalText(_ column: Int32) -> String? {
    // The pointer comes first: asking for it may convert the value, which changes its length.
    guard let base = sqlite3_column_text(self.statement.handle, column) else { return nil }
    let count = Int(sqlite3_column_bytes(self.statement.handle, column))
    return String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
  }

  /// The bytes in a column, none for NULL.
  func bytes(_ column: Int32) -> [UInt8] {
    // The pointer is null for an empty blob too.
    guard let base = sqlite3_column_blob(self.statement.handle, column) else { return [] }
    let count = Int(sqlite3_column_bytes(self.statement.handle, column))
    return [UInt8](UnsafeRawBufferPointer(start: base, count: count))
  }

  /// The number of bytes in a column.
  func byteCount(_ column: Int32) -> Int {
    Int(sqlite3_column_bytes(self.statement.handle, column))
  }

  /// The archive position in a column.
  func position(_ column: Int32) -> UInt64 {
    // Only positions up to 2^63 - 1 are ever stored; a negative one comes from other hands.
    UInt64(exactly: self.integer(column)) ?? 0
  }
}
