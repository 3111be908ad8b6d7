import CSQLite

/// Something that the store could not do, and why.
public struct StoreError: Error, Hashable, CustomStringConvertible {
  /// What a caller can tell apart without reading a message.
  public enum Reason: Hashable, Sendable {
    /// There is an account of this name already.
    case accountExists
    /// There is no such account, or there is none any more.
    case noSuchAccount
    /// The account has no such PEP node.
    case noSuchNode
    /// The archive has no message at this position.
    case noSuchMessage
    /// A position is not above the account's last one, or above 2^63 - 1.
    case invalidPosition
    /// A value, or the number of values, is above a stated limit.
    case limitExceeded
    /// Another process held the database for longer than the store waits.
    case busy
    /// The medium has no room left.
    case full
    /// The file is damaged, or is no store.
    case corrupt
    /// A later version of this program has written the file.
    case newerSchema
    /// SQLite has undone the open transaction; nothing is written until ``ServerStore/rollback()``.
    case transactionLost
    /// Anything else; `code` and `message` tell what.
    case other
  }

  /// What a caller can tell apart.
  public var reason: Reason
  /// SQLite's extended result code, or 0 if it was not SQLite that refused.
  public var code: Int32
  /// What is wrong, in words.
  public var message: String
  /// What was being done, such as "adding an account".
  public var operation: String

  /// An error of the store.
  public init(_ reason: Reason, code: Int32 = 0, message: String, operation: String) {
    self.reason = reason
    self.code = code
    self.message = message
    self.operation = operation
  }

  /// "adding an account: disk I/O error (10)".
  public var description: String {
    self.code == 0
      ? "\(self.operation): \(self.message)"
      : "\(self.operation): \(self.message) (\(self.code))"
  }
}

extension StoreError.Reason {
  /// The reason behind a result code of SQLite, whose low byte is the primary code.
  init(code: Int32) {
    switch code & 0xff {
    case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
    case SQLITE_FULL: self = .full
    case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
    case SQLITE_TOOBIG: self = .limitExceeded
    default: self = .other
    }
  }
}
