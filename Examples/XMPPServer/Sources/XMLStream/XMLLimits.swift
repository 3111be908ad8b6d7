/// What one connection may make the server hold or do while it parses.
///
/// Exceeding a limit ends the stream with `policy-violation` (RFC 6120 §4.9.3.14); reaching it is
/// allowed. The verdict depends on the bytes alone, never on how the network cut them into chunks.
public struct XMLLimits: Hashable, Sendable {
  /// The length of a stanza from its first `<` to its end, in bytes.
  public var stanzaBytes: Int
  /// The nesting of elements; a stanza without child elements has depth 1.
  public var depth: Int
  /// The attributes of one element, namespace declarations included.
  public var attributesPerElement: Int
  /// The elements of one stanza, the stanza itself included.
  public var elementsPerStanza: Int
  /// What may come before the stream header is complete, the header included, in bytes.
  public var headerBytes: Int
  /// The length of a local name, a prefix or a namespace name, in bytes.
  public var nameBytes: Int
  /// The length of one tag from `<` to `>`, in bytes.
  ///
  /// A tag is looked at as a whole and, if it arrives in pieces, looked at again with each piece;
  /// and each attribute with a prefix is expanded to its whole namespace name before any of them
  /// can be refused. Both costs grow with the square of this limit.
  public var tagBytes: Int

  /// Limits; what is left out has its default.
  public init(
    stanzaBytes: Int = 262_144, depth: Int = 64, attributesPerElement: Int = 64,
    elementsPerStanza: Int = 4_096, headerBytes: Int = 4_096, nameBytes: Int = 256,
    tagBytes: Int = 8_192
  ) {
    self.stanzaBytes = stanzaBytes
    self.depth = depth
    self.attributesPerElement = attributesPerElement
    self.elementsPerStanza = elementsPerStanza
    self.headerBytes = headerBytes
    self.nameBytes = nameBytes
    self.tagBytes = tagBytes
  }
}

/// A limit by name, for the error that says which one was exceeded.
public enum XMLLimit: String, Hashable, Sendable, CaseIterable {
  /// ``XMLLimits/stanzaBytes``.
  case stanzaBytes = "bytes in a stanza"
  /// ``XMLLimits/depth``.
  case depth = "levels of nesting"
  /// ``XMLLimits/attributesPerElement``.
  case attributesPerElement = "attributes of an element"
  /// ``XMLLimits/elementsPerStanza``.
  case elementsPerStanza = "elements in a stanza"
  /// ``XMLLimits/headerBytes``.
  case headerBytes = "bytes before the end of the stream header"
  /// ``XMLLimits/nameBytes``.
  case nameBytes = "bytes in a name"
  /// ``XMLLimits/tagBytes``.
  case tagBytes = "bytes in a tag"
}
