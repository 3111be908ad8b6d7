extension Element {
  /// The element as UTF-8, with a namespace declaration wherever the namespace changes.
  ///
  /// Names are written as they are; values and text are escaped, and characters that XML 1.0 does
  /// not allow are left out.
  ///
  /// - Parameter outer: the default namespace at the place where the bytes will stand.
  /// - Complexity: O(size).
  public func serialised(inside outer: String = "") -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    self.write(to: &bytes, inside: outer)
    return bytes
  }

  /// Appends what ``serialised(inside:)`` returns.
  public func write(to bytes: inout [UInt8], inside outer: String = "") {
    bytes.append(UInt8(ascii: "<"))
    bytes.append(contentsOf: self.name.utf8)
    if self.namespace != outer { bytes.append(attribute: "xmlns", self.namespace) }
    bytes.append(attributes: self.attributes)
    guard !self.children.isEmpty else {
      bytes.append(literal: "/>")
      return
    }
    bytes.append(UInt8(ascii: ">"))
    for node in self.children { node.write(to: &bytes, inside: self.namespace) }
    bytes.append(literal: "</")
    bytes.append(contentsOf: self.name.utf8)
    bytes.append(UInt8(ascii: ">"))
  }
}

extension Element.Attribute {
  /// Whether this is a namespace declaration; they are written where they are needed.
  fileprivate var isDeclaration: Bool {
    self.prefix == "xmlns" || self.prefix == nil && self.name == "xmlns"
  }
}

extension Element.Node {
  func write(to bytes: inout [UInt8], inside outer: String) {
    switch self {
    case .element(let element): element.write(to: &bytes, inside: outer)
    case .text(let text): bytes.append(escapedText: text)
    }
  }
}

// MARK: - Bytes

/// Inside an extension of `Array`, `Element` means something else.
typealias ElementAttribute = Element.Attribute

extension [UInt8] {
  /// Appends text that is known when this is compiled.
  mutating func append(literal: StaticString) {
    self.append(
      contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Appends a space, the name and the escaped value in apostrophes.
  mutating func append(attribute name: String, _ value: String) {
    self.append(UInt8(ascii: " "))
    self.append(contentsOf: name.utf8)
    self.append(literal: "='")
    self.append(escapedValue: value)
    self.append(UInt8(ascii: "'"))
  }

  /// Appends attributes, each prefix declared the first time it is used.
  ///
  /// An attribute whose prefix cannot be declared is left out, for the element would not be
  /// well-formed.
  mutating func append(attributes: [ElementAttribute]) {
    for (index, attribute) in attributes.enumerated() {
      // A parser that hands declarations in as attributes must not make them appear twice.
      if attribute.isDeclaration { continue }
      guard let prefix = attribute.prefix else {
        self.append(attribute: attribute.name, attribute.value)
        continue
      }
      if prefix != "xml" {
        if attribute.namespace.isEmpty { continue }
        let earlier = attributes[..<index].first { $0.prefix == prefix && !$0.namespace.isEmpty }
        if let earlier, earlier.namespace != attribute.namespace { continue }
        if earlier == nil { self.append(attribute: "xmlns:" + prefix, attribute.namespace) }
      }
      self.append(attribute: prefix + ":" + attribute.name, attribute.value)
    }
  }

  /// Appends an attribute's value; white space is escaped so that no parser changes it.
  mutating func append(escapedValue text: String) {
    var text = text
    text.withUTF8 { Escape.append($0, to: &self, isValue: true) }
  }

  /// Appends character data.
  mutating func append(escapedText text: String) {
    var text = text
    text.withUTF8 { Escape.append($0, to: &self, isValue: false) }
  }
}

/// What stands for a byte that cannot stand for itself.
enum Escape {
  /// Appends the run of bytes, unchanged stretches in one piece each.
  static func append(
    _ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8], isValue: Bool
  ) {
    Self.pieces(of: bytes, isValue: isValue) { output.append(contentsOf: $0) }
  }

  /// How many bytes an attribute's value has when it is escaped.
  static func valueCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    Self.pieces(of: bytes, isValue: true) { count += $0.count }
    return count
  }

  /// Whether an attribute's value can be written as it is.
  static func isPlainValue(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.indices.allSatisfy { Self.replacement(at: $0, of: bytes, isValue: true) == nil }
  }

  /// Hands on what the run of bytes is written as: unchanged stretches and replacements in turn.
  @inline(always)
  static func pieces(
    of bytes: UnsafeBufferPointer<UInt8>, isValue: Bool,
    _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var start = 0
    var index = 0
    while index < bytes.count {
      guard let (replacement, length) = Self.replacement(at: index, of: bytes, isValue: isValue)
      else {
        index += 1
        continue
      }
      body(UnsafeBufferPointer(rebasing: bytes[start..<index]))
      body(
        UnsafeBufferPointer(start: replacement.utf8Start, count: replacement.utf8CodeUnitCount))
      index += length
      start = index
    }
    body(UnsafeBufferPointer(rebasing: bytes[start...]))
  }

  /// What replaces the bytes at `index`, and how many they are; nil for what stays.
  @inline(always)
  private static func replacement(
    at index: Int, of bytes: UnsafeBufferPointer<UInt8>, isValue: Bool
  ) -> (StaticString, Int)? {
    let byte = bytes[index]
    // Letters, digits and most others leave here.
    if byte > 0x3E, byte != 0xEF { return nil }
    switch byte {
    case UInt8(ascii: "&"): return ("&amp;", 1)
    case UInt8(ascii: "<"): return ("&lt;", 1)
    case UInt8(ascii: ">"): return ("&gt;", 1)
    case UInt8(ascii: "'"): return isValue ? ("&apos;", 1) : nil
    case UInt8(ascii: "\""): return isValue ? ("&quot;", 1) : nil
    case 0x09: return isValue ? ("&#9;", 1) : nil
    case 0x0A: return isValue ? ("&#10;", 1) : nil
    case 0x0D: return ("&#13;", 1)
    case 0..<0x20: return ("", 1)
    case 0xEF:
      // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
      let isNoCharacter =
        index + 2 < bytes.count && bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE
      return isNoCharacter ? ("", 3) : nil
    default: return nil
    }
  }
}
