import MDMXMPP

/// Turns the bytes of one connection into its stream header, its stanzas and its end.
///
/// Between two stanzas it holds nothing but the declarations of its header: the Expat parser is
/// taken from the pool when a stanza begins and given back when the bytes at hand are used up. All
/// connections of a server thread share one pool, and one thread uses both.
public final class StreamParser {
  enum Phase {
    /// The stream header is not complete.
    case header
    /// The next byte that is not white space begins a stanza or ends the stream.
    case betweenStanzas
    /// A stanza, or the end tag of the stream, is not complete.
    case insideStanza
    /// The stream was closed by the client.
    case ended
    /// The stream was not XML as XMPP wants it.
    case failed(XMLStreamError)
  }

  let pool: ParserPool
  let limits: XMLLimits
  var phase = Phase.header
  var parser: ExpatParser?
  /// What a parser has to stand behind to go on with the open stream; nil while there is none.
  var position: StreamPosition?
  /// The bytes of the unfinished stanza that came with earlier chunks.
  var collected: [UInt8] = []
  /// How many bytes have come before the stream header is complete.
  var headerBytes = 0
  /// How many bytes of an unfinished token Expat holds.
  var pendingToken = 0

  /// A parser for a connection that has just been made.
  public init(pool: ParserPool, limits: XMLLimits = XMLLimits()) {
    self.pool = pool
    self.limits = limits
  }

  /// Whether the stream is open and no stanza has been received in part.
  public var isBetweenStanzas: Bool {
    if case .betweenStanzas = self.phase { return true }
    return false
  }

  /// How many bytes of an unfinished stream header or stanza have been received.
  public var pendingBytes: Int {
    switch self.phase {
    case .header: self.headerBytes
    case .insideStanza: self.collected.count
    case .betweenStanzas, .ended, .failed: 0
    }
  }

  /// Begins a new stream on the same connection, after STARTTLS or SASL (RFC 6120 §4.3.3).
  ///
  /// The handler of ``parse(_:_:)`` may call this if it returns false then.
  public func restart() {
    self.phase = .header
    self.parser = nil
    self.position = nil
    self.collected = []
    self.headerBytes = 0
    self.pendingToken = 0
  }

  /// Parses the next bytes of the connection.
  ///
  /// White space before the stream header and between stanzas is skipped (RFC 6120 §4.6.1).
  ///
  /// - Parameters:
  ///   - bytes: what was received, in chunks of any size.
  ///   - handle: is told each event in order; it returns false when nothing after that event is to
  ///     be parsed now, as when the stream is about to be restarted.
  /// - Returns: how many bytes were consumed: all, unless the handler returned false or the stream
  ///   has ended. What was not may be parsed later, or refused.
  /// - Throws: what is wrong, after all events before it were told; and the same again ever after.
  ///
  /// *Complexity*: O(bytes); a tag that arrives in pieces is read again with each piece.
  @discardableResult
  public func parse(
    _ bytes: UnsafeRawBufferPointer, _ handle: (StreamEvent) -> Bool
  ) throws(XMLStreamError) -> Int {
    do throws(XMLStreamError) {
      var offset = 0
      while let start = try self.beginning(in: bytes, from: offset) {
        let end = try start + self.sliceLength(of: bytes, from: start)
        switch try self.parse(bytes, start..<end, handle) {
        case .used: offset = end
        case .refused(let rest):
          self.settle()
          return rest
        }
      }
      self.settle()
      if case .ended = self.phase { return 0 }
      return bytes.count
    } catch {
      self.parser = nil
      self.collected = []
      self.phase = .failed(error)
      throw error
    }
  }
}
