public import MDMStanza

/// Which place in the archive the latest messages of an account have, by their senders' own ids.
///
/// An XEP-0333 marker names a message by the id that its sender gave it. Such ids are neither
/// unique nor trustworthy, so they are only looked up within one conversation and only among the
/// latest messages. An id that two messages share means the earlier one (B48): nothing is taken for
/// read that was not.
public struct RecentMessageIDs: Sendable {
  private struct Key: Hashable {
    let conversation: ConversationID
    let id: String
  }

  /// How many ids are remembered at most.
  public let capacity: Int
  private var entries: [Key: ArchivePosition] = [:]
  /// The keys in the order in which they came; a ring once it is full.
  private var order: [Key] = []
  /// Where in the ring the longest remembered one is.
  private var oldest = 0

  /// An empty map.
  ///
  /// Default capacity: 512; below 1 it remembers nothing.
  public init(capacity: Int = 512) {
    self.capacity = max(capacity, 0)
  }

  /// How many ids are remembered.
  public var count: Int { self.entries.count }

  /// Remembers a message; the longest remembered one is forgotten when there are too many.
  ///
  /// An empty id is not remembered.
  ///
  /// *Complexity*: O(1) on average.
  public mutating func record(
    _ id: String, in conversation: ConversationID, at position: ArchivePosition
  ) {
    let key = Key(conversation: conversation, id: id)
    guard self.capacity > 0, !id.isEmpty, self.entries[key] == nil else { return }
    if self.order.count < self.capacity {
      self.order.append(key)
    } else {
      self.entries[self.order[self.oldest]] = nil
      self.order[self.oldest] = key
      self.oldest = (self.oldest + 1) % self.capacity
    }
    self.entries[key] = position
  }

  /// Where the message is, or nil when it is not remembered.
  ///
  /// *Complexity*: O(1) on average.
  public func position(of id: String, in conversation: ConversationID) -> ArchivePosition? {
    self.entries[Key(conversation: conversation, id: id)]
  }

  /// Where the message that a marker names is, or nil when it is not remembered.
  public func position(of reference: DisplayedReference) -> ArchivePosition? {
    self.position(of: reference.messageID, in: reference.conversation)
  }
}
