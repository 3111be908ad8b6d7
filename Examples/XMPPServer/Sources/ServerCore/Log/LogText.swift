/// Text from anywhere as a part of one line that nobody can forge.
///
/// A value stands as it is when it has only visible characters that mean nothing to a reader of the
/// log. Everything else goes between quotation marks, where line breaks, controls and characters
/// that change the direction of writing are escaped: no peer can begin a line or a field.
enum LogText {
  /// What stands where text was cut off.
  static let ellipsis = "…"

  /// Appends `text`, in quotation marks if it needs them, cut off after `limit` bytes of UTF-8
  /// (before escaping).
  static func append(_ text: String, limit: Int, to line: inout [UInt8]) {
    if Self.isPlain(text, limit: limit) {
      line.append(contentsOf: text.utf8)
      return
    }
    line.append(UInt8(ascii: "\""))
    var count = 0
    for scalar in text.unicodeScalars {
      count += UTF8.width(scalar)
      if count > limit {
        line.append(contentsOf: Self.ellipsis.utf8)
        break
      }
      Self.append(scalar, to: &line)
    }
    line.append(UInt8(ascii: "\""))
  }

  /// `text` as it stands in a line, always in quotation marks; for messages to people.
  static func quoted(_ text: String, limit: Int = 120) -> String {
    var line: [UInt8] = []
    Self.append(text, limit: limit, to: &line)
    let shown = String(decoding: line, as: UTF8.self)
    return line.first == UInt8(ascii: "\"") ? shown : "\"\(shown)\""
  }

  private static func isPlain(_ text: String, limit: Int) -> Bool {
    let utf8 = text.utf8
    guard !utf8.isEmpty, utf8.count <= limit else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case " ", "\"", "\\", "=": false
      default: Self.isVisible(scalar)
      }
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to line: inout [UInt8]) {
    switch scalar {
    case "\"": line.append(contentsOf: "\\\"".utf8)
    case "\\": line.append(contentsOf: "\\\\".utf8)
    case "\n": line.append(contentsOf: "\\n".utf8)
    case "\r": line.append(contentsOf: "\\r".utf8)
    case "\t": line.append(contentsOf: "\\t".utf8)
    case " ": line.append(UInt8(ascii: " "))
    default:
      if Self.isVisible(scalar) {
        line.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      } else {
        line.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".utf8)
      }
    }
  }

  /// Whether the character shows itself and nothing else: no control, no format character (among
  /// them those that turn the direction round), no space of any width.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value > 0x20 && scalar.value < 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse,
      .surrogate, .unassigned:
      return false
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber,
      .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
      .modifierSymbol, .otherSymbol:
      return true
    @unknown default:
      return false
    }
  }
}
