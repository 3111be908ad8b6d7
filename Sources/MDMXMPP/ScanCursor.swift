/// A place in the bytes and what is open there.
struct ScanCursor {
  /// Attributes a tag may have.
  static let attributeLimit = 128
  /// Namespace declarations that may be in force at once inside a child.
  static let declarationLimit = 256

  let bytes: [UInt8]
  let depthLimit: Int
  var position = 0
  /// The names of the elements that are open.
  private var open: [Range<Int>] = []
  /// The prefixes declared inside the current child, with the depth they belong to.
  private var declared: [(name: Range<Int>, depth: Int)] = []
  private var needsOuterPrefix = false

  init(bytes: [UInt8], depthLimit: Int) {
    self.bytes = bytes
    self.depthLimit = depthLimit
  }

  private struct Tag {
    var name: Range<Int>
    var isSelfClosing: Bool
  }

  // MARK: - Pieces

  /// The piece that begins here.
  mutating func piece() throws(ScanError) -> StanzaScanner.Piece {
    let start = self.position
    if self.looks(at: "<?xml") {
      try self.skip(past: "?>")
      return .declaration(start..<self.position)
    }
    if self.looks(at: "</") {
      let name = try self.endTag()
      guard self.isStream(name) else { throw ScanError(.mismatchedEndTag, at: start) }
      return .streamClose(start..<self.position)
    }
    if self.byte() == UInt8(ascii: "<") {
      self.position += 1
      let name = self.name()
      self.position = start
      if let name, self.isStream(name) {
        let tag = try self.startTag(depth: 0)
        return tag.isSelfClosing
          ? .element(start..<self.position) : .streamOpen(start..<self.position)
      }
    }
    _ = try self.element()
    return .element(start..<self.position)
  }

  private func isStream(_ name: Range<Int>) -> Bool {
    self.matches(name, "stream:stream") || self.matches(name, "stream")
  }

  // MARK: - Elements

  /// The element that begins here; afterwards the position is one past its end.
  mutating func element() throws(ScanError) -> StanzaScanner.Layout {
    let start = self.position
    self.open.removeAll(keepingCapacity: true)
    self.declared.removeAll(keepingCapacity: true)
    if self.depthLimit < 1 { throw ScanError(.tooDeep, at: start) }
    let tag = try self.startTag(depth: 0)
    let tagEnd = self.position
    if tag.isSelfClosing {
      return StanzaScanner.Layout(
        startTag: start..<tagEnd, name: tag.name, content: tagEnd..<tagEnd,
        endTag: tagEnd..<tagEnd, children: [])
    }
    var children: [StanzaScanner.Child] = []
    var child = (start: 0, name: 0..<0)
    self.open.append(tag.name)
    while true {
      try self.skipText()
      let markup = self.position
      if self.looks(at: "</") {
        let name = try self.endTag()
        guard let last = self.open.popLast(), self.bytes[last] == self.bytes[name] else {
          throw ScanError(.mismatchedEndTag, at: markup)
        }
        if self.open.isEmpty {
          return StanzaScanner.Layout(
            startTag: start..<tagEnd, name: tag.name, content: tagEnd..<markup,
            endTag: markup..<self.position, children: children)
        }
        self.forgetDeclarations(deeperThan: self.open.count)
      } else if self.looks(at: "<![CDATA[") {
        try self.skip(past: "]]>")
        continue
      } else {
        if self.open.count >= self.depthLimit { throw ScanError(.tooDeep, at: markup) }
        if self.open.count == 1 { self.needsOuterPrefix = false }
        let inner = try self.startTag(depth: self.open.count)
        if self.open.count == 1 { child = (markup, inner.name) }
        if inner.isSelfClosing {
          self.forgetDeclarations(deeperThan: self.open.count)
        } else {
          self.open.append(inner.name)
        }
      }
      if self.open.count == 1 {
        children.append(
          StanzaScanner.Child(
            range: child.start..<self.position, name: child.name,
            needsOuterPrefix: self.needsOuterPrefix))
      }
    }
  }

  private mutating func forgetDeclarations(deeperThan depth: Int) {
    while let last = self.declared.last, last.depth >= depth { self.declared.removeLast() }
  }

  // MARK: - Tags

  /// The start tag that begins here.
  ///
  /// Declarations of the stanza's own tag, at depth 0, do not count as declared: that tag is
  /// written anew.
  private mutating func startTag(depth: Int) throws(ScanError) -> Tag {
    let start = self.position
    guard self.byte() == UInt8(ascii: "<") else {
      throw ScanError(self.byte() == nil ? .truncated : .unexpectedText, at: start)
    }
    self.position += 1
    if let next = self.byte(), next == UInt8(ascii: "!") || next == UInt8(ascii: "?") {
      throw ScanError(.restrictedXML, at: start)
    }
    guard let name = self.name() else {
      throw ScanError(self.byte() == nil ? .truncated : .malformedName, at: self.position)
    }
    var used: [Range<Int>] = []
    if depth > 0, let prefix = self.prefix(of: name) { used.append(prefix) }
    var attributes = 0
    while true {
      let gap = self.position
      self.skipSpace()
      switch self.byte() {
      case nil:
        throw ScanError(.truncated, at: self.position)
      case UInt8(ascii: ">"):
        self.position += 1
        self.note(used)
        return Tag(name: name, isSelfClosing: false)
      case UInt8(ascii: "/"):
        self.position += 1
        guard self.byte() == UInt8(ascii: ">") else {
          throw ScanError(self.byte() == nil ? .truncated : .malformedTag, at: self.position)
        }
        self.position += 1
        self.note(used)
        return Tag(name: name, isSelfClosing: true)
      default:
        if gap == self.position { throw ScanError(.malformedTag, at: gap) }
        let attribute = try self.attribute()
        attributes += 1
        // Each use of a prefix looks through the declarations, so both have to be few.
        if attributes > Self.attributeLimit || self.declared.count > Self.declarationLimit {
          throw ScanError(.tooManyAttributes, at: gap)
        }
        guard depth > 0, let prefix = self.prefix(of: attribute) else { continue }
        if self.matches(prefix, "xmlns") {
          self.declared.append((prefix.upperBound + 1..<attribute.upperBound, depth))
        } else {
          used.append(prefix)
        }
      }
    }
  }

  /// Remembers when a used prefix is declared nowhere inside the child.
  private mutating func note(_ used: [Range<Int>]) {
    for prefix in used where !self.matches(prefix, "xml") {
      let isDeclared = self.declared.contains { self.bytes[$0.name] == self.bytes[prefix] }
      if !isDeclared { self.needsOuterPrefix = true }
    }
  }

  /// Skips one attribute and returns its name.
  private mutating func attribute() throws(ScanError) -> Range<Int> {
    guard let name = self.name() else { throw ScanError(.malformedName, at: self.position) }
    self.skipSpace()
    guard self.byte() == UInt8(ascii: "=") else {
      throw ScanError(self.byte() == nil ? .truncated : .malformedTag, at: self.position)
    }
    self.position += 1
    self.skipSpace()
    guard let quote = self.byte() else { throw ScanError(.truncated, at: self.position) }
    guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw ScanError(.malformedTag, at: self.position)
    }
    self.position += 1
    while let byte = self.byte() {
      if byte == quote {
        self.position += 1
        return name
      }
      if byte == UInt8(ascii: "<") { throw ScanError(.malformedTag, at: self.position) }
      if byte == UInt8(ascii: "&") { try self.reference() } else { self.position += 1 }
    }
    throw ScanError(.truncated, at: self.position)
  }

  /// Skips the end tag that begins here and returns its name.
  private mutating func endTag() throws(ScanError) -> Range<Int> {
    self.position += 2
    guard let name = self.name() else {
      throw ScanError(self.byte() == nil ? .truncated : .malformedName, at: self.position)
    }
    self.skipSpace()
    guard self.byte() == UInt8(ascii: ">") else {
      throw ScanError(self.byte() == nil ? .truncated : .malformedTag, at: self.position)
    }
    self.position += 1
    return name
  }

  // MARK: - Text

  /// Skips character data up to the next `<`.
  private mutating func skipText() throws(ScanError) {
    while let byte = self.byte() {
      if byte == UInt8(ascii: "<") { return }
      if byte == UInt8(ascii: "&") { try self.reference() } else { self.position += 1 }
    }
    throw ScanError(.truncated, at: self.position)
  }

  /// Skips a character reference or one of the five entities there are without a document type.
  private mutating func reference() throws(ScanError) {
    let start = self.position
    self.position += 1
    while let byte = self.byte(), byte != UInt8(ascii: ";"), self.position - start <= 10 {
      self.position += 1
    }
    guard let end = self.byte() else { throw ScanError(.truncated, at: start) }
    let name = start + 1..<self.position
    guard end == UInt8(ascii: ";"), self.isReference(name) else {
      throw ScanError(.malformedReference, at: start)
    }
    self.position += 1
  }

  private func isReference(_ name: Range<Int>) -> Bool {
    var digits = self.bytes[name]
    guard digits.popFirst() == UInt8(ascii: "#") else {
      return self.matches(name, "amp") || self.matches(name, "lt") || self.matches(name, "gt")
        || self.matches(name, "quot") || self.matches(name, "apos")
    }
    let decimal = UInt8(ascii: "0")...UInt8(ascii: "9")
    let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
    if digits.first == UInt8(ascii: "x") {
      digits = digits.dropFirst()
      return !digits.isEmpty
        && digits.allSatisfy { decimal.contains($0) || letters.contains($0 | 0x20) }
    }
    return !digits.isEmpty && digits.allSatisfy { decimal.contains($0) }
  }

  // MARK: - Bytes

  private func byte() -> UInt8? {
    self.position < self.bytes.count ? self.bytes[self.position] : nil
  }

  mutating func skipSpace() {
    while let byte = self.byte(),
      byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    {
      self.position += 1
    }
  }

  /// Moves one past the next occurrence of `end`.
  private mutating func skip(past end: StaticString) throws(ScanError) {
    let start = self.position
    while self.position < self.bytes.count {
      if self.looks(at: end) {
        self.position += end.utf8CodeUnitCount
        return
      }
      self.position += 1
    }
    throw ScanError(.truncated, at: start)
  }

  private func looks(at text: StaticString) -> Bool {
    self.position + text.utf8CodeUnitCount <= self.bytes.count
      && self.matches(self.position..<self.position + text.utf8CodeUnitCount, text)
  }

  private func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
    range.count == text.utf8CodeUnitCount
      && self.bytes[range].elementsEqual(
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Skips a name and returns it, or nil when there is none.
  private mutating func name() -> Range<Int>? {
    let start = self.position
    guard let first = self.byte(), Self.isNameByte(first), !Self.isOnlyInsideNames(first) else {
      return nil
    }
    while let byte = self.byte(), Self.isNameByte(byte) { self.position += 1 }
    return start..<self.position
  }

  private func prefix(of name: Range<Int>) -> Range<Int>? {
    guard let colon = self.bytes[name].firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return name.lowerBound..<colon
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte >= 0x80
      || (UInt8(ascii: "0")...UInt8(ascii: ":")).contains(byte) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
  }

  private static func isOnlyInsideNames(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".")
  }
}
