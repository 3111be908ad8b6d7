public import MDMStanza

/// One row of the table that says what a message is to the engine.
///
/// Rows are tried from the top; the first whose type and content fit decides. The table is data so
/// that it can be printed, reviewed and tested as a whole (XEP-0280 §6.1, RFC 6121 §5.2.2).
public struct MessageRule: Hashable, Sendable {
  /// The types for which the row holds: one bit for each, by raw value.
  private let typeBits: UInt8
  /// At least one of these must be there; empty asks for nothing.
  public let anyOf: MessageContent
  /// None of these may be there.
  public let noneOf: MessageContent
  /// What the message then is.
  public let kind: StanzaKind
  /// The flags it then has, before hints and addresses add theirs.
  public let flags: StanzaFlags
  /// Where the rule comes from.
  public let source: String

  private init(
    _ types: [MessageType], anyOf: MessageContent = [], noneOf: MessageContent = [],
    _ kind: StanzaKind, _ flags: StanzaFlags = [], by source: String
  ) {
    self.typeBits = types.reduce(0) { $0 | 1 << $1.rawValue }
    self.anyOf = anyOf
    self.noneOf = noneOf
    self.kind = kind
    self.flags = flags
    self.source = source
  }

  /// The types for which the row holds.
  public var types: [MessageType] {
    MessageType.allCases.filter { self.typeBits >> $0.rawValue & 1 != 0 }
  }

  /// Whether the row decides about such a message.
  public func fits(_ type: MessageType, _ content: MessageContent) -> Bool {
    self.typeBits >> type.rawValue & 1 != 0
      && (self.anyOf.isEmpty || !self.anyOf.isDisjoint(with: content))
      && self.noneOf.isDisjoint(with: content)
  }

  /// The first row that fits.
  ///
  /// The last rows fit everything, so there always is one.
  public static func first(for type: MessageType, _ content: MessageContent) -> MessageRule {
    self.table.first { $0.fits(type, content) } ?? self.anything
  }

  private static let direct: [MessageType] = [.chat, .normal]
  private static let anything = MessageRule(
    MessageType.allCases, .payload, .notCopyable, by: "XEP-0280 §6.1")

  /// The table.
  public static let table: [MessageRule] = [
    // An error is copied when what it answers was, which only `SentMessages` can tell.
    MessageRule([.error], .messageError, .notCopyable, by: "XEP-0280 §6.1, B46"),
    // A room sends to each device itself. Only what is said in it is a room's message.
    MessageRule([.groupchat], anyOf: .readable, .groupChat, .noCopy, by: "XEP-0280 §6.1, B22"),
    MessageRule([.groupchat], anyOf: .displayedMarker, .displayedMarker, .noCopy, by: "XEP-0333"),
    MessageRule([.groupchat], anyOf: .receipt, .receipt, .noCopy, by: "XEP-0184"),
    MessageRule(
      [.groupchat], anyOf: .chatState, noneOf: [.other, .subject], .chatState, .noCopy,
      by: "XEP-0085 §5.5"),
    MessageRule([.groupchat], .payload, .noCopy, by: "XEP-0280 §6.1"),
    // Alerts and published events.
    MessageRule([.headline], .headline, .notCopyable, by: "RFC 6121 §5.2.2"),
    MessageRule(
      Self.direct, anyOf: .event, noneOf: .readable, .headline, .notCopyable,
      by: "XEP-0060 §7.1.2"),
    // What a person wants to read.
    MessageRule(Self.direct, anyOf: .invitation, .invitation, by: "XEP-0280 §6.1, B22"),
    MessageRule(Self.direct, anyOf: .file, .fileTransfer, by: "B22"),
    MessageRule([.chat], anyOf: .readable, .chat, by: "XEP-0280 §6.1"),
    MessageRule([.normal], anyOf: .readable, .normal, by: "XEP-0280 §6.1"),
    // What accompanies a conversation.
    MessageRule(Self.direct, anyOf: .callProposal, .payload, .urgent, by: "XEP-0353, B8"),
    MessageRule(Self.direct, anyOf: .displayedMarker, .displayedMarker, by: "XEP-0280 §6.1"),
    MessageRule(Self.direct, anyOf: .receipt, .receipt, by: "XEP-0280 §6.1"),
    MessageRule(
      Self.direct, anyOf: .chatState,
      noneOf: [.other, .subject, .otherMarker, .receiptRequest], .chatState, by: "XEP-0280 §6.1"),
    MessageRule(Self.direct, anyOf: .conversational, .payload, by: "XEP-0280 §6.1"),
    // The rest.
    MessageRule([.chat], .payload, by: "XEP-0280 §6.1"),
    Self.anything,
  ]
}
