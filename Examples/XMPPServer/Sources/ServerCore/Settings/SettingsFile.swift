/// The syntax of a settings file: lines of `key = value`, comments and blank lines.
///
/// A `#` at the beginning of a line or after white space begins a comment. White space around key
/// and value is of no meaning.
struct SettingsFile {
  /// Bytes that a file may have.
  static let sizeLimit = 1 << 20

  /// The assignments in their order.
  private(set) var assignments: [SettingAssignment] = []
  /// The lines that are none.
  private(set) var violations: [SettingsError.Violation] = []

  /// Reads a text; `name` is what violations call it.
  init(text: String, name: String) {
    var number = 0
    // Line by line over bytes: a carriage return and a line feed are one Character.
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let origin = SettingOrigin.file(name: name, line: number)
      let content = Self.trimmed(Self.withoutComment(line))
      if content.isEmpty { continue }
      guard content.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        self.refuse(origin, nil, "the line has a control character")
        continue
      }
      guard let equals = content.firstIndex(of: UInt8(ascii: "=")) else {
        let shown = LogText.quoted(String(Substring(content)))
        self.refuse(origin, nil, "\(shown) is not a line of the form key = value")
        continue
      }
      let key = String(Substring(Self.trimmed(content[..<equals])))
      let value = String(Substring(Self.trimmed(content[content.index(after: equals)...])))
      if key.isEmpty {
        self.refuse(origin, nil, "there is no key before the =")
      } else {
        self.assignments.append(SettingAssignment(key, value, origin: origin))
      }
    }
  }

  private mutating func refuse(_ origin: SettingOrigin, _ key: String?, _ problem: String) {
    self.violations.append(.init(origin: origin, key: key, problem: problem))
  }

  private static func withoutComment(_ line: Substring.UTF8View) -> Substring.UTF8View {
    var isAfterSpace = true
    for index in line.indices {
      if line[index] == UInt8(ascii: "#"), isAfterSpace { return line[..<index] }
      isAfterSpace = Self.isSpace(line[index])
    }
    return line
  }

  private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
    var text = text.drop { Self.isSpace($0) }
    while let last = text.last, Self.isSpace(last) { text = text.dropLast() }
    return text
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
  }
}
