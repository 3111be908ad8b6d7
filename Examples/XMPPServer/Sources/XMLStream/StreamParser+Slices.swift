import MDMXMPP

/// How a chunk is cut so that Expat never holds more than the limits allow, and what is done with
/// what it finds.
extension StreamParser {
  /// What became of a slice.
  enum Outcome {
    /// It was parsed to its end.
    case used
    /// Parsing stopped at this offset of the chunk.
    case refused(at: Int)
  }

  /// What Expat is fed at once, whatever the limits are; its buffer grows with it.
  private static let longestSlice = 65_536

  /// Where in the chunk there is something to parse, if there is; a stanza may begin there.
  func beginning(
    in bytes: UnsafeRawBufferPointer, from offset: Int
  ) throws(XMLStreamError) -> Int? {
    var start = offset
    switch self.phase {
    case .failed(let error): throw error
    case .ended: return nil
    case .insideStanza: break
    case .betweenStanzas:
      start = Self.skippingSpace(bytes, from: offset, to: bytes.count)
      if start < bytes.count { try self.beginStanza(bytes[start]) }
    case .header:
      if self.parser != nil { break }
      start = Self.skippingSpace(bytes, from: offset, to: bytes.count)
      self.headerBytes += start - offset
      if start < bytes.count, bytes[start] != UInt8(ascii: "<") {
        throw XMLStreamError(.notWellFormed, "something other than markup begins the stream")
      }
      if self.headerBytes > self.limits.headerBytes {
        throw XMLStreamError(exceeded: .headerBytes)
      }
    }
    return start < bytes.count ? start : nil
  }

  /// How much of the chunk Expat may see before the limits have to be looked at again.
  ///
  /// What is too long by the last of these bytes is too long whatever follows: a limit is exceeded
  /// by the first byte that comes when as many are there and the end is not.
  func sliceLength(
    of bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(XMLStreamError) -> Int {
    let room: Int
    if case .header = self.phase {
      let headerRoom = self.limits.headerBytes - self.headerBytes
      if headerRoom <= 0 { throw XMLStreamError(exceeded: .headerBytes) }
      // Stanzas may follow the header in the same slice.
      room = max(1, min(headerRoom, self.limits.stanzaBytes, self.limits.tagBytes))
    } else {
      let stanzaRoom = self.limits.stanzaBytes - self.collected.count
      if stanzaRoom <= 0 { throw XMLStreamError(exceeded: .stanzaBytes) }
      let tagRoom = self.limits.tagBytes - self.pendingToken
      if tagRoom <= 0 { throw XMLStreamError(exceeded: .tagBytes) }
      room = min(stanzaRoom, tagRoom)
    }
    let length = min(bytes.count - start, room, Self.longestSlice)
    // Space at the end is kept back, lest Expat wait for what follows it when a stanza has ended.
    var trimmed = length
    while trimmed > 0, Self.isSpace(bytes[start + trimmed - 1]) { trimmed -= 1 }
    return trimmed > 0 ? trimmed : length
  }

  /// Parses a slice of the chunk and tells what is found.
  func parse(
    _ bytes: UnsafeRawBufferPointer, _ slice: Range<Int>, _ handle: (StreamEvent) -> Bool
  ) throws(XMLStreamError) -> Outcome {
    let parser = try self.borrowedParser()
    /// Where the part of the unfinished stanza begins that was not collected yet.
    var uncollected = slice.lowerBound
    var progress = try parser.feed(UnsafeRawBufferPointer(rebasing: bytes[slice]))
    while case .paused(let length) = progress {
      let end = slice.lowerBound + length
      let goesOn = self.tell(bytes[uncollected..<end], of: parser, handle)
      if case .ended = self.phase { return .refused(at: end) }
      uncollected = Self.skippingSpace(bytes, from: end, to: slice.upperBound)
      let isUsedUp = uncollected == slice.upperBound
      if !goesOn && !isUsedUp {
        self.parser = nil
        return .refused(at: end)
      }
      if !isUsedUp { try self.beginStanza(bytes[uncollected]) }
      progress = try parser.resume()
      if !goesOn { return .refused(at: end) }
    }
    self.keep(bytes[uncollected..<slice.upperBound])
    if case .starved(let pending) = progress { self.pendingToken = pending }
    return .used
  }

  /// Lets the parser go when nothing is under way.
  func settle() {
    guard case .betweenStanzas = self.phase, let parser = self.parser else { return }
    self.parser = nil
    if let position = self.position { self.pool.giveBack(parser, at: position) }
  }

  // MARK: Parts

  private func borrowedParser() throws(XMLStreamError) -> ExpatParser {
    if let parser = self.parser { return parser }
    let parser: ExpatParser
    if let position = self.position {
      parser = try self.pool.parser(at: position, self.limits)
    } else {
      parser = try self.pool.blank(self.limits)
    }
    self.parser = parser
    return parser
  }

  private func beginStanza(_ first: UInt8) throws(XMLStreamError) {
    if first != UInt8(ascii: "<") {
      throw XMLStreamError(.invalidXML, "character data outside of a stanza")
    }
    self.phase = .insideStanza
  }

  /// Tells what the parser has found; the bytes are the last of the stanza.
  private func tell(
    _ last: Slice<UnsafeRawBufferPointer>, of parser: ExpatParser, _ handle: (StreamEvent) -> Bool
  ) -> Bool {
    var goesOn = true
    if let header = parser.builder.pointee.takeHeader() {
      self.position = header.isStandard ? self.pool.standard : StreamPosition(header)
      self.headerBytes = 0
      goesOn = handle(.header(header))
    }
    self.phase = .betweenStanzas
    self.pendingToken = 0
    if let element = parser.builder.pointee.takeElement() {
      var received: [UInt8]
      if self.collected.isEmpty {
        received = Array(UnsafeRawBufferPointer(rebasing: last))
      } else {
        received = self.collected
        self.collected = []
        received.append(contentsOf: UnsafeRawBufferPointer(rebasing: last))
      }
      goesOn = handle(.element(element, received: received))
    }
    if parser.builder.pointee.isEnded {
      self.phase = .ended
      self.parser = nil
      self.collected = []
      _ = handle(.end)
    }
    return goesOn
  }

  private func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
    switch self.phase {
    case .header: self.headerBytes += bytes.count
    case .insideStanza:
      // Taken out and put back: then no access to the property needs a check when the server runs.
      var collected = self.collected
      self.collected = []
      collected.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes))
      self.collected = collected
    case .betweenStanzas, .ended, .failed: break
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private static func skippingSpace(
    _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
  ) -> Int {
    var offset = start
    while offset < end, Self.isSpace(bytes[offset]) { offset += 1 }
    return offset
  }
}
