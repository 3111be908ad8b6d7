/// The filters of a query as they go into SQL.
///
/// There are few texts that `condition` can be, so that the statements made of them can be kept.
struct ArchiveFilter {
  /// Whose archive.
  var account: AccountID
  /// The lowest position that passes.
  var lower: Int64 = 1
  /// The highest position that passes.
  var upper: Int64 = .max
  /// The bare JID of the conversation that passes.
  var conversation: String?
  /// The full JID that passes, one of `conversation`.
  var remote: String?
  /// The positions that pass, as a JSON array.
  var positions: String?

  /// A filter that lets an account's archive pass.
  init(account: AccountID) { self.account = account }

  /// Lets only pass what is after one position and before another.
  mutating func narrow(after: UInt64?, before: UInt64?) {
    if let after {
      if let after = Int64(exactly: after), after < .max {
        self.lower = max(self.lower, after + 1)
      } else {
        self.upper = .min
      }
    }
    if let before, let before = Int64(exactly: before), before > .min {
      self.upper = min(self.upper, before - 1)
    }
  }

  /// What comes after WHERE; the parameters are numbered in the order of
  /// `ServerStore.rows(_:_:limit:doing:_:)`.
  var condition: String {
    var condition = "a.account = ?1 AND a.position BETWEEN ?2 AND ?3"
    if self.conversation != nil { condition += " AND a.conversation = ?4" }
    if self.remote != nil { condition += " AND a.remote = ?5" }
    if self.positions != nil {
      condition += " AND a.position IN (SELECT value FROM json_each(?7))"
    }
    return condition
  }

  /// What comes after the table's name if rows are read.
  ///
  /// Without statistics, SQLite would go through the archive in search of a conversation.
  var index: String {
    self.conversation != nil && self.positions == nil ? ArchiveFilter.byConversation : ""
  }

  /// What comes after the table's name if rows are counted.
  ///
  /// A whole archive is counted by way of the index, whose entries are small, rather than the
  /// primary key, whose entries are the stanzas.
  var countingIndex: String {
    let isWhole = self.lower <= 1 && self.upper == .max && self.positions == nil
    return isWhole ? ArchiveFilter.byConversation : self.index
  }

  private static let byConversation = " INDEXED BY archive_conversation"
}
