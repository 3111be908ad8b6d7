/// A message in the archive of an account (XEP-0313).
public struct ArchivedMessage: Hashable, Sendable {
  /// Which way a message went, seen from the account.
  public enum Direction: Int64, Hashable, Sendable, CaseIterable {
    /// The account has sent it.
    case sent = 0
    /// The account has received it.
    case received = 1
  }

  /// Whose archive it is in.
  public var account: AccountID
  /// Where in the archive it is; from 1 to 2^63 - 1, and above that of every earlier message.
  public var position: UInt64
  /// Which way it went.
  public var direction: Direction
  /// The bare JID of whom the account talks to, which is the bare form of `remote`.
  public var conversation: String
  /// The JID of whom the account talks to, in full as it was on the stanza.
  public var remote: String
  /// When it was archived, in microseconds since 1970 (UTC).
  public var stamp: Int64
  /// The stanza.
  public var stanza: [UInt8]

  /// A message.
  public init(
    account: AccountID, position: UInt64, direction: Direction, conversation: String,
    remote: String, stamp: Int64, stanza: [UInt8]
  ) {
    self.account = account
    self.position = position
    self.direction = direction
    self.conversation = conversation
    self.remote = remote
    self.stamp = stamp
    self.stanza = stanza
  }
}

extension ArchivedMessage {
  /// The columns, in the order in which `init(_:of:)` takes them.
  static let columns =
    "a.position, a.stamp, a.direction, a.conversation, a.remote, a.stanza"

  /// The message that a row is.
  init(_ row: Row, of account: AccountID) {
    self.init(
      account: account, position: row.position(0), direction: row.bool(2) ? .received : .sent,
      conversation: row.text(3), remote: row.text(4), stamp: row.integer(1), stanza: row.bytes(5))
  }
}
