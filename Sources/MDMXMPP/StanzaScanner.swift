/// Finds the borders of a stanza's tags and children in the bytes as they were received.
///
/// With the borders known, a payload passes through the server byte for byte: only what is forged
/// is cut out and only the start tag is written anew. The scanner is no parser and no validator:
/// it follows quotes, tags, CDATA sections and references, refuses what RFC 6120 §11.1 forbids,
/// and leaves encodings, repeated attributes and namespaces to the parser that has accepted the
/// bytes already. No input makes it trap.
///
/// *Complexity*: O(bytes); two small arrays are allocated.
public struct StanzaScanner: Hashable, Sendable {
  /// How deep elements may be nested; a stanza without children has depth 1.
  public var depthLimit: Int

  /// A scanner with this limit.
  ///
  /// Default: 64.
  public init(depthLimit: Int = 64) {
    self.depthLimit = depthLimit
  }

  /// Where the parts of one stanza lie.
  public struct Layout: Hashable, Sendable {
    /// The start tag, from `<` to `>`.
    public let startTag: Range<Int>
    /// The name in the start tag, with the prefix if it has one.
    public let name: Range<Int>
    /// Everything between the start tag and the end tag; empty for a self-closing one.
    public let content: Range<Int>
    /// The end tag; empty for a self-closing one.
    public let endTag: Range<Int>
    /// The child elements in order; between them there is only text.
    public let children: [Child]
  }

  /// Where one child element of a stanza lies.
  public struct Child: Hashable, Sendable {
    /// From the `<` of its start tag to the `>` of its end tag.
    public let range: Range<Int>
    /// The name in its start tag, with the prefix if it has one.
    public let name: Range<Int>
    /// Whether it uses a namespace prefix that it does not declare itself, so that it means
    /// something else, or nothing, under another start tag.
    public let needsOuterPrefix: Bool
  }

  /// One piece of what a client sends on its stream.
  public enum Piece: Hashable, Sendable {
    /// An XML declaration.
    case declaration(Range<Int>)
    /// The start tag that opens a stream.
    case streamOpen(Range<Int>)
    /// A complete element: a stanza or part of a negotiation.
    case element(Range<Int>)
    /// The end tag that closes a stream.
    case streamClose(Range<Int>)
  }

  /// The layout of the one stanza that `bytes` are, white space around it allowed.
  ///
  /// - Throws: ``ScanError``.
  public func layout(of bytes: [UInt8]) throws(ScanError) -> Layout {
    var cursor = ScanCursor(bytes: bytes, depthLimit: self.depthLimit)
    cursor.skipSpace()
    let layout = try cursor.element()
    cursor.skipSpace()
    if cursor.position < bytes.count {
      throw ScanError(.trailingBytes, at: cursor.position)
    }
    return layout
  }

  /// The pieces of a stretch of a client's stream, white space between them left out.
  ///
  /// - Throws: ``ScanError``; a stretch that ends inside a piece is `truncated`.
  public func split(_ bytes: [UInt8]) throws(ScanError) -> [Piece] {
    var cursor = ScanCursor(bytes: bytes, depthLimit: self.depthLimit)
    var pieces: [Piece] = []
    cursor.skipSpace()
    while cursor.position < bytes.count {
      pieces.append(try cursor.piece())
      cursor.skipSpace()
    }
    return pieces
  }
}
