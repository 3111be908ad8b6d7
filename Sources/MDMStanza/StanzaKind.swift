/// What a stanza is, as far as any rule of the engine asks.
///
/// Each module reads its own column from the kind: routing who gets it, quiet mode how it waits,
/// the engine whether it is archived and may ring. The binding decides the kind; inside a carbon
/// it looks at what is wrapped, never at the wrapper.
public enum StanzaKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// An instant message with content, part of a conversation (RFC 6121 type `chat`).
  case chat
  /// A single message with content, outside any conversation (RFC 6121 type `normal`).
  case normal
  /// An invitation to a room; always for every device (B22).
  case invitation
  /// An offer or announcement of a file; who gets it is policy (R-014, R-015, B22).
  case fileTransfer
  /// A room's message; who gets it is policy (R-016, R-017, B22).
  case groupChat
  /// A delivery receipt (XEP-0184).
  case receipt
  /// A marker that tells the other side what was displayed (XEP-0333).
  case displayedMarker
  /// A message of a conversation without content that is none of the others.
  case payload
  /// A chat state on its own (XEP-0085).
  case chatState
  /// A headline, an alert or a published event: worth the latest state, not worth a ring.
  case headline
  /// An error that answers an earlier message.
  case messageError
  /// Availability presence.
  case presence
  /// A presence subscription request or answer.
  case subscription
  /// A request that expects an answer, or the answer: in XMPP an iq.
  case request

  /// Whether the kind carries something a person wants to read: what makes a sender the active
  /// client (B2), what flushes a quiet device (B7) and what may ring (B9).
  @inlinable
  public var isContent: Bool { self.rawValue <= StanzaKind.groupChat.rawValue }
}

/// Circumstances of a stanza that change how the rules of its kind apply.
public struct StanzaFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  /// One bit a flag.
  public let rawValue: UInt16

  /// The flags with these bits.
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No copies for other devices: XEP-0280 `private` with the `no-copy` hint, a message that a
  /// room sends to each device on its own, an incoming private message of a room.
  @inlinable public static var noCopy: StanzaFlags { StanzaFlags(rawValue: 1 << 0) }
  /// Never held: a call invitation flushes and is delivered at once (B8, `bypassQuiet`).
  @inlinable public static var urgent: StanzaFlags { StanzaFlags(rawValue: 1 << 1) }
  /// Not for the archive nor for offline storage (XEP-0334 `no-store`).
  @inlinable public static var noStore: StanzaFlags { StanzaFlags(rawValue: 1 << 2) }
  /// Not for the archive (XEP-0334 `no-permanent-store`).
  @inlinable public static var noPermanentStore: StanzaFlags { StanzaFlags(rawValue: 1 << 3) }
  /// Sent earlier and only now handed in: does not make its sender active (B2).
  @inlinable public static var replayed: StanzaFlags { StanzaFlags(rawValue: 1 << 4) }
  /// From another device of the same account: never rings and never wakes a quiet device (B7).
  @inlinable public static var ownAccount: StanzaFlags { StanzaFlags(rawValue: 1 << 5) }
  /// Not eligible for copies by what it contains: an unknown payload of type `normal`, an error
  /// that answers nothing that was copied (XEP-0280 §6.1).
  @inlinable public static var notCopyable: StanzaFlags { StanzaFlags(rawValue: 1 << 6) }
  /// Expects no delivery to a device that is not there: in XMPP a type other than `chat` sent to
  /// a full address (RFC 6121 §8.5.3.2.1).
  @inlinable public static var exactDeviceOnly: StanzaFlags { StanzaFlags(rawValue: 1 << 7) }
  /// An answer to a request: when its device is gone nobody waits for it.
  @inlinable public static var answer: StanzaFlags { StanzaFlags(rawValue: 1 << 8) }
  /// Worth keeping although it has no content: it goes to the archive and waits for a device that
  /// is away (XEP-0334 `store`, XEP-0313; B45). Content does so anyway.
  @inlinable public static var store: StanzaFlags { StanzaFlags(rawValue: 1 << 9) }
  /// For just the device that is addressed, even if that has sent no presence: a connected one is
  /// there (RFC 6121 §8.5.3.1, B49).
  @inlinable public static var reachesUnavailable: StanzaFlags { StanzaFlags(rawValue: 1 << 10) }
}
