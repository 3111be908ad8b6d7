import CSQLite
import Glibc

/// What of an XMPP server outlives the process: accounts, rosters, archives and the like, in one
/// SQLite file.
///
/// The first write begins a transaction, every later one joins it, and ``commit()`` makes all of
/// them last, so that the cost of a commit is shared by whatever happened since the last one. Reads
/// see what is written but not committed. While the transaction is open, other processes can read
/// but not write. A write that throws has changed nothing; the transaction stays open.
///
/// Text is compared byte by byte: names and addresses are prepared (RFC 7622) by the caller. A
/// store belongs to one thread. No value may be longer than ``valueLimit``.
public final class ServerStore {
  /// What a commit withstands.
  public enum Durability: Sendable {
    /// The death of the process; the last commits may be lost if the machine loses power.
    case process
    /// A loss of power too: each commit waits for the medium.
    case power
  }

  /// The most bytes that a single value or row may have: 16 MiB.
  public static let valueLimit = 1 << 24
  /// How long an operation waits for another process that writes, in milliseconds.
  public static let busyTimeout = 5_000

  /// The connection.
  let database: Database
  /// The statements of the hot path, which need no lookup.
  let hot: HotStatements

  /// Opens a store, and makes it if there is none.
  ///
  /// A file that is made is readable and writable by its owner only; SQLite gives the same mode to
  /// the files "-wal" and "-shm" beside it. The mode of a file that exists is left as it is.
  ///
  /// - Parameters:
  ///   - path: the file; ":memory:" is a store of its own that lasts as long as the object.
  ///   - durability: what a commit withstands.
  /// - Throws: ``StoreError/Reason/newerSchema`` if a later version of the program has written the
  ///   file, ``StoreError/Reason/corrupt`` if it is something else than a store.
  public init(path: String, durability: Durability = .power) throws(StoreError) {
    if path != ":memory:" { try ServerStore.createFile(path) }
    let database = try Database(path: path)
    database.setBusyTimeout(milliseconds: Int32(ServerStore.busyTimeout))
    database.setValueLimit(bytes: Int32(ServerStore.valueLimit))
    let synchronous =
      switch durability {
      case .process: "NORMAL"
      case .power: "FULL"
      }
    // The log is cut back to 64 MiB after a burst; 16 MiB of pages are kept in memory.
    try database.execute(
      """
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = \(synchronous);
      PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -16384
      """, doing: "opening \(path)")
    try database.migrate()
    self.database = database
    self.hot = try HotStatements(database)
  }

  /// Whether a transaction is open, that is whether ``commit()`` has anything to do.
  public var hasUncommittedWrites: Bool { self.database.hasUncommittedWrites }

  /// Makes all writes since the last commit last, or none of them.
  ///
  /// - Throws: an error after which the transaction is open still and the commit can be tried
  ///   again, save for ``StoreError/Reason/transactionLost``, after which ``rollback()`` helps.
  public func commit() throws(StoreError) { try self.database.commit() }

  /// Undoes all writes since the last commit.
  public func rollback() throws(StoreError) { try self.database.rollback() }

  /// Makes an empty file that only its owner can read, unless something is there already.
  private static func createFile(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      close(descriptor)
    } else if errno != EEXIST {
      throw StoreError(
        .other, message: String(cString: strerror(errno)), operation: "creating \(path)")
    }
  }
}

/// The statements that every message takes.
struct HotStatements {
  /// The last position and stamp of an account's archive.
  let last: Statement
  /// The position up to which an account's archive has been pruned.
  let pruned: Statement
  /// A new message.
  let append: Statement

  /// Prepares the statements.
  init(_ database: Database) throws(StoreError) {
    let operation = "opening the store"
    self.last = try database.statement(
      "SELECT position, stamp FROM archive WHERE account = ? ORDER BY position DESC LIMIT 1",
      doing: operation)
    self.pruned = try database.statement(
      "SELECT pruned FROM account WHERE id = ?", doing: operation)
    self.append = try database.statement(
      """
      INSERT INTO archive (
        account, position, stamp, direction, conversation, remote, stanza, sender_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """, doing: operation)
  }
}
