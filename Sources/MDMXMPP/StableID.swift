public import MDMStanza

/// The text form of a place in the archive: what XEP-0359 calls a stanza id.
///
/// It is the position in decimal digits, without a sign and without leading zeros, so that each
/// position has one text and each text at most one position.
public struct StableID: Hashable, Sendable, CustomStringConvertible {
  /// The place.
  public let position: ArchivePosition

  /// The id of a position.
  public init(_ position: ArchivePosition) { self.position = position }

  /// Reads an id back; nil for every text that was never written by us.
  public init?(_ text: String) {
    var ordinal: UInt64 = 0
    for byte in text.utf8 {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (product, overflow) = ordinal.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if overflow || carried { return nil }
      ordinal = sum
    }
    if text.utf8.isEmpty || text.utf8.first == UInt8(ascii: "0") { return nil }
    self.position = ArchivePosition(ordinal)
  }

  /// The digits.
  public var description: String { self.position.description }
}

/// How far a person has read a conversation (XEP-0490, B21).
public struct ReadMark: Hashable, Sendable {
  /// The conversation.
  public let conversation: ConversationID
  /// Everything up to and including this has been read.
  public let position: ArchivePosition

  /// A mark for the engine's `read` command.
  public init(conversation: ConversationID, position: ArchivePosition) {
    self.conversation = conversation
    self.position = position
  }
}
