public import MDMStanza

/// The read state of one conversation, as a host may ask for it (R-004, B21).
public struct ConversationReport: Hashable, Sendable {
  /// The conversation.
  public let conversation: ConversationID
  /// Everything up to here has been read.
  public let readUpTo: ArchivePosition
  /// Messages to the account after that.
  public let unread: Int
  /// The account's read revision when the marker last moved; 0 for never.
  public let revision: UInt64

  package init(_ state: ConversationState) {
    self.conversation = state.id
    self.readUpTo = ArchivePosition(state.readUpTo)
    self.unread = state.unread.count
    self.revision = state.revision
  }
}
