/// What is asked of an archive: filters (XEP-0313 §4.1) and a page (XEP-0059) of what they leave.
public struct ArchiveQuery: Hashable, Sendable {
  /// Which page of the matching messages is wanted.
  public enum Page: Hashable, Sendable {
    /// The first messages, or the first ones after a position (RSM's "after").
    case forward(after: UInt64?)
    /// The last messages, or the last ones before a position (RSM's "before", empty for `nil`).
    case backward(before: UInt64?)
  }

  /// The most messages on a page.
  public static let maximumPage = 256
  /// The most positions in ``positions``.
  public static let maximumPositions = 256
  /// The most bytes that ``maximumBytes`` may say: 4 MiB.
  public static let maximumPageBytes = 1 << 22

  /// Whose archive.
  public var account: AccountID
  /// Only messages with this JID; with a bare one, those of all its resources too ("with").
  public var with: String?
  /// Only messages from this time on, in microseconds since 1970 ("start").
  public var start: Int64?
  /// Only messages up to this time and at it, in microseconds since 1970 ("end").
  public var end: Int64?
  /// Only messages after the one at this position ("after-id").
  public var afterPosition: UInt64?
  /// Only messages before the one at this position ("before-id").
  public var beforePosition: UInt64?
  /// Only the messages at these positions ("ids"), all of which must exist.
  public var positions: [UInt64]?
  /// Which page.
  public var page: Page
  /// The most messages wanted, of which ``maximumPage`` are given at the most; 0 is for the count.
  public var maximum: Int
  /// A page ends before its stanzas exceed this many bytes, though never without one.
  public var maximumBytes = ArchiveQuery.maximumPageBytes
  /// Whether ``ArchivePage/count`` is wanted, which takes time linear in it.
  public var wantsCount: Bool

  /// A query for the first messages of an archive, to be narrowed.
  public init(
    account: AccountID, with: String? = nil, start: Int64? = nil, end: Int64? = nil,
    afterPosition: UInt64? = nil, beforePosition: UInt64? = nil, positions: [UInt64]? = nil,
    page: Page = .forward(after: nil), maximum: Int = ArchiveQuery.maximumPage,
    wantsCount: Bool = false
  ) {
    self.account = account
    self.with = with
    self.start = start
    self.end = end
    self.afterPosition = afterPosition
    self.beforePosition = beforePosition
    self.positions = positions
    self.page = page
    self.maximum = maximum
    self.wantsCount = wantsCount
  }
}

/// A page of messages.
public struct ArchivePage: Hashable, Sendable {
  /// The messages, their positions ascending.
  public var messages: [ArchivedMessage]
  /// Whether nothing matches beyond the page in its direction ("complete").
  public var isComplete: Bool
  /// The number of all messages that pass the filters, whichever page they are on; if wanted.
  public var count: Int?

  /// The position of the first message.
  public var first: UInt64? { self.messages.first?.position }
  /// The position of the last message.
  public var last: UInt64? { self.messages.last?.position }

  /// A page.
  public init(messages: [ArchivedMessage], isComplete: Bool, count: Int?) {
    self.messages = messages
    self.isComplete = isComplete
    self.count = count
  }
}

/// What comes of a query.
public enum ArchiveResult: Hashable, Sendable {
  /// A page, which may be empty.
  case page(ArchivePage)
  /// A position that the query names is not in the archive: "item-not-found" (XEP-0059 §2.2,
  /// XEP-0313 §4.1). It may have been pruned.
  case itemNotFound
}
