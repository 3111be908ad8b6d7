import CSQLite

/// A value that a parameter of a statement takes.
///
/// `bind(to:at:)` has SQLite copy what it is given, so that the value need not outlive the call;
/// the statements of the hot path bind without a copy (see `Statement.borrowed`).
protocol SQLValue {
  /// Binds the value to the parameter at `index`, counted from one, and returns SQLite's code.
  func bind(to statement: Statement, at index: Int32) -> Int32
}

extension Int64: SQLValue {
  func bind(to statement: Statement, at index: Int32) -> Int32 {
    sqlite3_bind_int64(statement.handle, index, self)
  }
}

extension Int: SQLValue {
  func bind(to statement: Statement, at index: Int32) -> Int32 {
    sqlite3_bind_int64(statement.handle, index, Int64(self))
  }
}

extension Bool: SQLValue {
  func bind(to statement: Statement, at index: Int32) -> Int32 {
    sqlite3_bind_int(statement.handle, index, self ? 1 : 0)
  }
}

extension String: SQLValue {
  func bind(to statement: Statement, at index: Int32) -> Int32 {
    var copy = self
    return copy.withUTF8 {
      statement.bind(text: $0, at: index, destructor: Statement.transient)
    }
  }
}

extension Array: SQLValue where Element == UInt8 {
  func bind(to statement: Statement, at index: Int32) -> Int32 {
    self.withUnsafeBytes {
      statement.bind(blob: $0, at: index, destructor: Statement.transient)
    }
  }
}

extension Optional: SQLValue where Wrapped: SQLValue {
  func bind(to statement: Statement, at index: Int32) -> Int32 {
    switch self {
    case .some(let value): value.bind(to: statement, at: index)
    // What is not bound is NULL, and need not even be a parameter of the statement.
    case .none: SQLITE_OK
    }
  }
}

extension AccountID: SQLValue {
  func bind(to statement: Statement, at index: Int32) -> Int32 {
    self.rawValue.bind(to: statement, at: index)
  }
}
