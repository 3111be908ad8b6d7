/// Why bytes are not taken for a stanza, and where.
public struct ScanError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public let reason: Reason
  /// The offset of the byte at which it was noticed.
  public let offset: Int

  /// What can be wrong with a stanza's bytes.
  @nonexhaustive
  public enum Reason: UInt8, Sendable, CaseIterable {
    /// The bytes end before the stanza does.
    case truncated
    /// Something follows the stanza.
    case trailingBytes
    /// There is text where only elements may be.
    case unexpectedText
    /// A name is missing or begins with a character that no name begins with.
    case malformedName
    /// A tag is not written as tags are.
    case malformedTag
    /// An end tag closes another element than the one that is open.
    case mismatchedEndTag
    /// An ampersand begins no character reference and none of the five entities.
    case malformedReference
    /// Comments, processing instructions and document types are not allowed (RFC 6120 §11.1).
    case restrictedXML
    /// Elements are nested deeper than the limit.
    case tooDeep
    /// A tag has more attributes, or a child more declarations, than any stanza needs.
    case tooManyAttributes
  }

  init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// Reason and offset, for logs.
  public var description: String { "\(self.reason) at byte \(self.offset)" }
}
