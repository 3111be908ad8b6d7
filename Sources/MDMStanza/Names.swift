/// The name of one user's account on this engine: in XMPP the prepared bare address.
///
/// Names are compared byte for byte as UTF-8; a binding prepares them first (B28). The hash is
/// computed once, when the name is made at the edge; it never decides an order and never reaches an
/// effect.
public struct AccountName: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  @usableFromInline package let name: HashedText

  /// A name that has been prepared by the binding.
  public init(_ text: String) { self.name = HashedText(text) }
  /// A name written out in code.
  public init(stringLiteral text: String) { self.init(text) }
  /// The prepared text.
  ///
  /// - Complexity: O(bytes).
  public var text: String { self.name.text }
  /// The prepared text.
  public var description: String { self.text }
  /// Whether both are the same, byte for byte: texts that only look alike are different names.
  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name
  }
  /// Feeds the hash of the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.name) }
  /// Orders by bytes, which for UTF-8 is by code points.
  public static func < (left: Self, right: Self) -> Bool {
    left.name.bytes.lexicographicallyPrecedes(right.name.bytes)
  }
}

/// The name of a device within its account: in XMPP the resource.
///
/// Compared byte for byte and case-sensitively.
public struct DeviceName: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// The prepared text.
  public let text: String

  /// A name that has been prepared by the binding.
  public init(_ text: String) { self.text = text }
  /// A name written out in code.
  public init(stringLiteral text: String) { self.text = text }
  /// The prepared text.
  public var description: String { self.text }
  /// Whether both are the same, byte for byte: texts that only look alike are different names.
  public static func == (left: Self, right: Self) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }
  /// Feeds the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
  /// Orders by bytes, which for UTF-8 is by code points.
  public static func < (left: Self, right: Self) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

/// The other end of a one-to-one conversation, or a room: in XMPP its prepared bare address.
///
/// The hash is computed once, when the identifier is made at the edge, and travels with it; it
/// never decides an order and never reaches an effect.
public struct ConversationID: Hashable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  @usableFromInline package let name: HashedText
  /// The hash of the text in this process.
  @inlinable package var hash: Int { self.name.hash }

  /// An identifier that has been prepared by the binding.
  public init(_ text: String) {
    self.name = HashedText(text)
  }

  /// An identifier written out in code.
  public init(stringLiteral text: String) { self.init(text) }
  /// The prepared text.
  ///
  /// - Complexity: O(bytes).
  public var text: String { self.name.text }
  /// The prepared text.
  public var description: String { self.text }

  /// Whether both name the same conversation.
  @inlinable @inline(always)
  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name
  }
  /// Feeds the hash computed at the edge.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.name) }
}

/// What makes a held stanza obsolete when a newer one arrives: in XMPP the sender's full address
/// for presence, sender and node for a published event (B8).
///
/// The key names the sending device, not its user, so that each device's last state survives.
public struct CoalescingKey: Hashable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  @usableFromInline package let name: HashedText
  /// The hash of the text in this process.
  @inlinable package var hash: Int { self.name.hash }

  /// A key made of prepared addresses.
  public init(_ text: String) {
    self.name = HashedText(text)
  }

  /// A key written out in code.
  public init(stringLiteral text: String) { self.init(text) }
  /// The key's text.
  ///
  /// - Complexity: O(bytes).
  public var text: String { self.name.text }
  /// The key's text.
  public var description: String { self.text }

  /// Whether both keys name the same slot.
  @inlinable @inline(always)
  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name
  }
  /// Feeds the hash computed at the edge.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.name) }
}

/// The place of a message in its account's archive: 1 for the first, one more for each next.
///
/// The engine hands positions out in order of receipt, before fan-out (B20). The position is the
/// stable id that every copy of the message carries, and the order in which read markers advance
/// (B21).
public struct ArchivePosition: Hashable, Comparable, Sendable, BitwiseCopyable,
  ExpressibleByIntegerLiteral, CustomStringConvertible
{
  /// The ordinal; 0 comes before every message.
  public var ordinal: UInt64

  /// The position with this ordinal.
  @inlinable
  public init(_ ordinal: UInt64) { self.ordinal = ordinal }
  /// A position written out in code.
  @inlinable
  public init(integerLiteral ordinal: UInt64) { self.ordinal = ordinal }

  /// Before every message.
  public static let start = ArchivePosition(0)

  /// The highest position that an archive may begin at.
  public static let greatest = ArchivePosition(1 << 62)

  /// The ordinal in decimal digits.
  public var description: String { String(self.ordinal) }

  /// Whether the left message was received earlier.
  @inlinable
  public static func < (left: Self, right: Self) -> Bool { left.ordinal < right.ordinal }
}
