/// Rows of values separated by commas (RFC 4180): lines end with CR LF, a value is quoted when it
/// has to be, and none begins a formula in a spreadsheet (B25).
///
/// A spreadsheet takes a value that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for
/// a formula, and runs it. Such a value gets an apostrophe before it, and so does one that begins
/// with an apostrophe, a blank or another control character, so that taking one away gives the
/// value back whatever it was. The full-width forms of the four signs count as well: East Asian
/// spreadsheets read them as the narrow ones.
public struct CSVWriter: Sendable {
  /// What has been written, as UTF-8.
  public private(set) var bytes: [UInt8] = []
  private var isRowEmpty = true

  /// Nothing yet.
  ///
  /// - Parameter marksEncoding: whether to begin with a byte order mark, which some spreadsheets
  ///   need to read anything but ASCII.
  public init(marksEncoding: Bool = false) {
    if marksEncoding { self.bytes += [0xEF, 0xBB, 0xBF] }
  }

  /// Makes room for so many bytes at once.
  public mutating func reserve(_ count: Int) { self.bytes.reserveCapacity(count) }

  /// Adds a value to the row.
  ///
  /// - Complexity: O(bytes).
  public mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { self.add(utf8: $0) }
  }

  /// Adds a whole number to the row. Never quoted: digits need it not, and a sign before digits is
  /// no formula.
  public mutating func add(_ number: some BinaryInteger) {
    self.separate()
    self.bytes += Array("\(number)".utf8)
  }

  /// Adds a value of these bytes to the row.
  mutating func add(utf8 text: UnsafeBufferPointer<UInt8>) {
    self.separate()
    let isGuarded = Self.isFormula(text)
    guard text.contains(where: { Self.needsQuotes($0) }) else {
      if isGuarded { self.bytes.append(UInt8(ascii: "'")) }
      self.bytes.append(contentsOf: text)
      return
    }
    let quote = UInt8(ascii: "\"")
    self.bytes.append(quote)
    if isGuarded { self.bytes.append(UInt8(ascii: "'")) }
    for byte in text {
      if byte == quote { self.bytes.append(quote) }
      self.bytes.append(byte)
    }
    self.bytes.append(quote)
  }

  /// Ends the row.
  public mutating func endRow() {
    self.bytes += [0x0D, 0x0A]
    self.isRowEmpty = true
  }

  private mutating func separate() {
    if !self.isRowEmpty { self.bytes.append(UInt8(ascii: ",")) }
    self.isRowEmpty = false
  }

  private static func needsQuotes(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\""), 0...0x1F: true
    default: false
    }
  }

  private static func isFormula(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = text.first else { return false }
    switch first {
    case 0...0x20, UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"),
      UInt8(ascii: "'"):
      return true
    case 0xEF:
      // U+FF1D, U+FF0B, U+FF0D and U+FF20.
      let third = text.count >= 3 ? text[2] : 0
      return text.count >= 3
        && (text[1] == 0xBC && [0x9D, 0x8B, 0x8D, 0xA0].contains(third)
          // A byte order mark is not seen, and what follows it may be a formula.
          || text[1] == 0xBB && third == 0xBF)
    default: return false
    }
  }
}
