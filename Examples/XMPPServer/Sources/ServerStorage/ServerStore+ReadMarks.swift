/// How far an account has read a conversation (XEP-0490).
public struct ReadMark: Hashable, Sendable {
  /// The bare JID of the conversation.
  public var conversation: String
  /// The archive position of the last message read.
  public var position: UInt64

  /// A mark.
  public init(conversation: String, position: UInt64) {
    self.conversation = conversation
    self.position = position
  }
}

extension ServerStore {
  /// The marks of an account, in the order of the conversations' bytes.
  public func readMarks(of account: AccountID) throws(StoreError) -> [ReadMark] {
    try self.database.read(
      "SELECT conversation, position FROM read_mark WHERE account = ? ORDER BY conversation",
      account, doing: "reading read marks"
    ) { ReadMark(conversation: $0.text(0), position: $0.position(1)) }
  }

  /// Forgets the mark of a conversation, or all of them, and returns whether there was one.
  @discardableResult
  public func removeReadMarks(
    of account: AccountID, conversation: String? = nil
  ) throws(StoreError) -> Bool {
    let operation = "removing a read mark"
    guard let conversation else {
      return try self.database.write(
        "DELETE FROM read_mark WHERE account = ?", account, doing: operation) > 0
    }
    return try self.database.write(
      "DELETE FROM read_mark WHERE account = ? AND conversation = ?", account, conversation,
      doing: operation) > 0
  }

  /// Moves the mark of a conversation forward; a mark never goes back.
  ///
  /// - Returns: whether it has moved.
  /// - Throws: ``StoreError/Reason/invalidPosition`` above 2^63 - 1,
  ///   ``StoreError/Reason/noSuchAccount``.
  @discardableResult
  public func setReadMark(
    of account: AccountID, conversation: String, position: UInt64
  ) throws(StoreError) -> Bool {
    let operation = "moving a read mark"
    guard let position = Int64(exactly: position) else {
      throw StoreError(
        .invalidPosition, message: "position \(position) is above 2^63 - 1", operation: operation)
    }
    return try self.database.write(
      """
      INSERT INTO read_mark (account, conversation, position) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET position = excluded.position
      WHERE excluded.position > read_mark.position
      """, account, conversation, position, doing: operation) > 0
  }
}
