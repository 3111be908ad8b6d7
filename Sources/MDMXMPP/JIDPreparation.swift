@_spi(_Unicode) internal import Swift

/// How the parts of an address are prepared (RFC 7622 §3.2–3.4).
enum JIDPreparation {
  // MARK: - The plain case

  /// What a byte may be part of without any preparation: bit 0 local part, bit 1 domain,
  /// bit 2 resource; bit 3 for what stands in an attribute's value as it is.
  private static let plainBytes: [UInt8] = (0..<256).map { value in
    guard (0x20..<0x7F).contains(value) else { return 0 }
    let byte = UInt8(value)
    let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    let isEscaped = "&<>'\"".utf8.contains(byte)
    var bits: UInt8 = isEscaped ? 4 : 12
    if byte != 0x20, !isUpper, !Self.isForbiddenInLocal(byte) { bits |= 1 }
    if Self.isLabelByte(byte), !isUpper { bits |= 2 }
    return bits
  }

  /// Where the parts of `text` lie, if it needs no preparation at all; nil decides nothing.
  static func plainOffsets(of text: String) -> Offsets? {
    var text = text
    return text.withUTF8 { Self.plainOffsets(of: $0) }
  }

  /// Where the parts of an address that needs no preparation lie.
  struct Offsets {
    let domainStart: Int
    let bareEnd: Int
    /// Whether nothing in it has to be escaped; only a resource can hold such a thing.
    let isPlainValue: Bool
  }

  private static func plainOffsets(of bytes: UnsafeBufferPointer<UInt8>) -> Offsets? {
    var domainStart = 0
    var allowed: UInt8 = 3
    var (index, labelStart, end) = (0, 0, bytes.count)
    while index < end {
      let byte = bytes[index]
      if byte == UInt8(ascii: "/") {
        end = index
        break
      }
      if byte == UInt8(ascii: "@") {
        guard domainStart == 0, index > 0, index <= JID.partLimit else { return nil }
        domainStart = index + 1
        labelStart = index + 1
        allowed = 2
      } else if byte == UInt8(ascii: "."), domainStart > 0 {
        guard Self.isPlainLabel(bytes[labelStart..<index]) else { return nil }
        labelStart = index + 1
      } else if Self.plainBytes[Int(byte)] & allowed == 0 {
        return nil
      }
      index += 1
    }
    if domainStart == 0 {
      // There is no `@`: everything was the domain and is looked at again by the careful path.
      return nil
    }
    guard Self.isPlainLabel(bytes[labelStart..<end]), end - domainStart <= JID.partLimit else {
      return nil
    }
    guard end < bytes.count else {
      return Offsets(domainStart: domainStart, bareEnd: end, isPlainValue: true)
    }
    let resource = bytes[(end + 1)...]
    guard !resource.isEmpty, resource.count <= JID.partLimit else { return nil }
    let common = resource.reduce(12) { $0 & Self.plainBytes[Int($1)] }
    guard common & 4 != 0 else { return nil }
    return Offsets(domainStart: domainStart, bareEnd: end, isPlainValue: common & 8 != 0)
  }

  private static func isPlainLabel(_ label: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
    let hyphen = UInt8(ascii: "-")
    // A label with hyphens in third and fourth place may be Punycode.
    let isTagged = label.count >= 4 && label[label.startIndex + 2] == hyphen
    return first != hyphen && last != hyphen && !isTagged
  }

  // MARK: - The careful case

  /// The prepared parts of `text`.
  static func parts(
    of text: String
  ) throws(JIDError) -> (local: String?, domain: String, resource: String?) {
    var address = text[...]
    var resource: String?
    if let slash = address.utf8.firstIndex(of: UInt8(ascii: "/")) {
      resource = String(address[address.utf8.index(after: slash)...])
      address = address[..<slash]
    }
    var local: String?
    if let at = address.utf8.firstIndex(of: UInt8(ascii: "@")) {
      local = String(address[..<at])
      address = address[address.utf8.index(after: at)...]
    }
    if let given = local { local = try Self.local(given) }
    let domain = try Self.domain(String(address))
    if let given = resource { resource = try Self.resource(given) }
    return (local, domain, resource)
  }

  /// UsernameCaseMapped (RFC 8265 §3.3) without the eight characters of RFC 7622 §3.3.1.
  static func local(_ text: String) throws(JIDError) -> String {
    let prepared = Self.caseMapped(text)
    for scalar in prepared.unicodeScalars {
      let isFine =
        scalar.isASCII
        ? scalar.value > 0x20 && scalar.value < 0x7F
          && !Self.isForbiddenInLocal(UInt8(truncatingIfNeeded: scalar.value))
        : Self.isIdentifier(scalar)
      if !isFine { throw JIDError(.local, .forbiddenCharacter(scalar)) }
    }
    return try Self.sized(prepared, .local)
  }

  /// OpaqueString (RFC 8265 §4.2): case is kept, every space is the ASCII one.
  static func resource(_ text: String) throws(JIDError) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
        throw JIDError(.resource, .forbiddenCharacter(scalar))
      case .spaceSeparator:
        scalars.append(" ")
      default:
        if scalar.properties.isNoncharacterCodePoint {
          throw JIDError(.resource, .forbiddenCharacter(scalar))
        }
        scalars.append(scalar)
      }
    }
    return try Self.sized(Self.composed(String(scalars)), .resource)
  }

  /// A host name, internationalised or not, or an address literal (RFC 7622 §3.2).
  static func domain(_ text: String) throws(JIDError) -> String {
    if text.utf8.first == UInt8(ascii: "[") { return try Self.addressLiteral(text) }
    var prepared = Self.caseMapped(text)
    // The ideographic full stop separates labels too (RFC 5895 §2.4).
    if prepared.unicodeScalars.contains("\u{3002}") {
      let dotted = prepared.unicodeScalars.map { $0 == "\u{3002}" ? "." : $0 }
      prepared = String(String.UnicodeScalarView(dotted))
    }
    if prepared.utf8.last == UInt8(ascii: ".") { prepared.unicodeScalars.removeLast() }
    if prepared.isEmpty { throw JIDError(.domain, .empty) }
    var labels: [String] = []
    for label in prepared.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false) {
      labels.append(try Self.label(String(label)))
    }
    return try Self.sized(labels.joined(separator: "."), .domain)
  }

  private static func label(_ label: String) throws(JIDError) -> String {
    for scalar in label.unicodeScalars where !Self.isLabelScalar(scalar) {
      throw JIDError(.domain, .forbiddenCharacter(scalar))
    }
    let hyphen = UInt8(ascii: "-")
    let isASCII = label.utf8.allSatisfy { $0 < 0x80 }
    if label.isEmpty || label.utf8.first == hyphen || label.utf8.last == hyphen
      || isASCII && label.utf8.count > 63
    {
      throw JIDError(.domain, .malformedLabel)
    }
    guard label.utf8.starts(with: "xn--".utf8) else { return label }
    guard isASCII, let scalars = Punycode.decode(label.utf8.dropFirst(4)) else {
      throw JIDError(.domain, .malformedPunycode)
    }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    let decoded = String(view)
    // What is not its own prepared form, or needs no Punycode, would be a second name for a host.
    let isCanonical =
      Self.caseMapped(decoded).utf8.elementsEqual(decoded.utf8)
      && decoded.utf8.contains { $0 >= 0x80 }
      && decoded.unicodeScalars.allSatisfy { Self.isLabelScalar($0) }
      && decoded.utf8.first != hyphen && decoded.utf8.last != hyphen
    if !isCanonical { throw JIDError(.domain, .malformedPunycode) }
    return decoded
  }

  private static func addressLiteral(_ text: String) throws(JIDError) -> String {
    let inside = text.utf8.dropFirst().dropLast()
    let isFine =
      text.utf8.last == UInt8(ascii: "]") && inside.count >= 2 && inside.count <= 45
      && inside.contains(UInt8(ascii: ":"))
      && inside.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: ":")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
          || byte == UInt8(ascii: ".")
      }
    if !isFine { throw JIDError(.domain, .malformedAddressLiteral) }
    return text.lowercased()
  }

  // MARK: - Characters

  private static func isForbiddenInLocal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "/"),
      UInt8(ascii: ":"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "@"):
      true
    default:
      false
    }
  }

  /// Letters, digits, hyphen; and the underscore, which hosts on private networks have.
  private static func isLabelByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "_")
  }

  private static func isLabelScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      ? Self.isLabelByte(UInt8(truncatingIfNeeded: scalar.value)) : Self.isIdentifier(scalar)
  }

  /// The letters and digits of RFC 8264 §9.1, with the exceptions of §9.6.
  private static func isIdentifier(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark,
      .decimalNumber, .uppercaseLetter:
      // Half-width letters have a wide twin and must not become a second name.
      !(0xFF61...0xFFEF).contains(scalar.value)
        && !scalar.properties.isDefaultIgnorableCodePoint
    default:
      [0x06FD, 0x06FE, 0x0F0B, 0x3007].contains(scalar.value)
    }
  }

  /// Full-width ASCII made narrow, upper case made lower, normalisation form C.
  private static func caseMapped(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
    var mapped = ""
    for scalar in text.unicodeScalars {
      var scalar = scalar
      if (0xFF01...0xFF5E).contains(scalar.value),
        let narrow = Unicode.Scalar(scalar.value - 0xFEE0)
      {
        scalar = narrow
      }
      mapped += scalar.properties.lowercaseMapping
    }
    return Self.composed(mapped)
  }

  /// Normalisation form C.
  private static func composed(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var scalars = String.UnicodeScalarView()
    for scalar in text._nfc { scalars.append(scalar) }
    return String(scalars)
  }

  private static func sized(_ text: String, _ part: JIDError.Part) throws(JIDError) -> String {
    let octets = text.utf8.count
    if octets == 0 { throw JIDError(part, .empty) }
    if octets > JID.partLimit { throw JIDError(part, .tooLong(octets: octets)) }
    return text
  }
}
