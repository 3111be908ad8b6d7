public import MDMStanza

/// Which place in the archive the latest messages of an account have, by their senders' own ids.
///
/// An XEP-0333 marker names a message by the id that its sender gave it. Such ids are neither
/// unique nor trustworthy, so they are only looked up within one conversation and only among the
/// latest messages; a newer message with the same id takes the older one's place.
public struct RecentMessageIDs: Sendable {
  private struct Key: Hashable {
    let conversation: ConversationID
    let id: String
  }

  private struct Entry {
    var position: ArchivePosition
    var serial: UInt64
  }

  /// How many ids are remembered at most.
  public let capacity: Int
  private var entries: [Key: Entry] = [:]
  /// The keys in the order in which they came; a ring once it is full.
  private var order: [Key] = []
  private var nextSerial: UInt64 = 0

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
    guard self.capacity > 0, !id.isEmpty else { return }
    let key = Key(conversation: conversation, id: id)
    if self.order.count < self.capacity {
      self.order.append(key)
    } else {
      let place = Int(self.nextSerial % UInt64(self.capacity))
      let oldest = self.order[place]
      // An id that came again since then is younger than its first place in the order.
      if self.entries[oldest]?.serial == self.nextSerial - UInt64(self.capacity) {
        self.entries[oldest] = nil
      }
      self.order[place] = key
    }
    self.entries[key] = Entry(position: position, serial: self.nextSerial)
    self.nextSerial += 1
  }

  /// Where the message is, or nil when it is not remembered.
  ///
  /// *Complexity*: O(1) on average.
  public func position(of id: String, in conversation: ConversationID) -> ArchivePosition? {
    self.entries[Key(conversation: conversation, id: id)]?.position
  }

  /// Where the message that a marker names is, or nil when it is not remembered.
  public func position(of reference: DisplayedReference) -> ArchivePosition? {
    self.position(of: reference.messageID, in: reference.conversation)
  }
}
