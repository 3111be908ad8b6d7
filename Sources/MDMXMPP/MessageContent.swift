/// The type of a message (RFC 6121 §5.2.2).
public enum MessageType: UInt8, Sendable, CaseIterable {
  /// One message outside a conversation; also meant when there is no type or an unknown one.
  case normal
  /// Part of a conversation.
  case chat
  /// In a room.
  case groupchat
  /// An alert that expects no answer.
  case headline
  /// An error that answers an earlier message.
  case error

  /// What the value of a `type` attribute means.
  public init(attribute: String?) {
    switch attribute {
    case "chat": self = .chat
    case "groupchat": self = .groupchat
    case "headline": self = .headline
    case "error": self = .error
    default: self = .normal
    }
  }
}

/// What a message holds, as far as any rule asks: one bit for each thing found in it.
public struct MessageContent: OptionSet, Hashable, Sendable {
  /// One bit a thing.
  public let rawValue: UInt32

  /// The content with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(bit: UInt32) { self.rawValue = 1 << bit }

  /// A `body`, even an empty one.
  public static let body = MessageContent(bit: 0)
  /// A payload for the addressee's keys only: XEP-0384, XEP-0380, XEP-0373, XEP-0027.
  public static let encrypted = MessageContent(bit: 1)
  /// A file: XEP-0447, XEP-0385, or a body that is only the address of an XEP-0066 file.
  public static let file = MessageContent(bit: 2)
  /// An invitation to a room, direct (XEP-0249) or through the room (XEP-0045 §7.8.2).
  public static let invitation = MessageContent(bit: 3)
  /// What a room says of a user: the mark of a private message in a room (XEP-0045 §7.5).
  public static let roomUser = MessageContent(bit: 4)
  /// A delivery receipt (XEP-0184).
  public static let receipt = MessageContent(bit: 5)
  /// The wish for a delivery receipt (XEP-0184).
  public static let receiptRequest = MessageContent(bit: 6)
  /// A marker that something was displayed (XEP-0333).
  public static let displayedMarker = MessageContent(bit: 7)
  /// Another marker, or the wish for markers (XEP-0333).
  public static let otherMarker = MessageContent(bit: 8)
  /// A chat state (XEP-0085).
  public static let chatState = MessageContent(bit: 9)
  /// A published event (XEP-0060).
  public static let event = MessageContent(bit: 10)
  /// The invitation to a call (XEP-0353).
  public static let callProposal = MessageContent(bit: 11)
  /// A subject.
  public static let subject = MessageContent(bit: 12)
  /// Anything that no rule knows.
  public static let other = MessageContent(bit: 13)
  /// The wish that the sender's and the addressee's other devices see nothing (XEP-0280 §9).
  public static let isPrivate = MessageContent(bit: 14)
  /// The hint `no-copy` (XEP-0334).
  public static let noCopy = MessageContent(bit: 15)
  /// The hint `no-store` (XEP-0334).
  public static let noStore = MessageContent(bit: 16)
  /// The hint `no-permanent-store` (XEP-0334).
  public static let noPermanentStore = MessageContent(bit: 17)
  /// A stamp that says when it was sent in truth (XEP-0203).
  public static let delayed = MessageContent(bit: 18)
  /// The hint `store` (XEP-0334).
  public static let store = MessageContent(bit: 19)
  /// What a person misses who was away, although it is nothing to read: a reaction (XEP-0444), a
  /// correction (XEP-0308), a retraction (XEP-0424), what has become of a call (XEP-0353,
  /// XEP-0482), something attached to an earlier message (XEP-0367, XEP-0372, XEP-0422).
  public static let lasting = MessageContent(bit: 20)

  /// What a person wants to read.
  static let readable: MessageContent = [.body, .encrypted, .file]
  /// What the other side says of a message that it has got (XEP-0184, XEP-0333).
  static let acknowledging: MessageContent = [.receipt, .displayedMarker, .otherMarker]
  /// What makes a message without a body part of a conversation (XEP-0280 §6.1).
  static let conversational: MessageContent = [
    .receipt, .receiptRequest, .displayedMarker, .otherMarker, .chatState,
  ]
}
