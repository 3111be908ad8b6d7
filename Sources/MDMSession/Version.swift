/// A dotted version compared by the numbers between the dots (B23).
///
/// Text order gets 11.10 and 11.7, X8.11 and X8.8, X12.5 and X8.8 wrong; numbers do not.
public struct Version: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The numbers, most significant first, without trailing zeros.
  public let components: [UInt32]

  /// The version with these numbers.
  public init(_ components: UInt32...) {
    self.components = Self.trimmed(components)
  }

  /// Reads `11.7`, `X8.11.3`, `12.5.1-su2` and the like: an optional run of letters, numbers
  /// between dots, and anything after a character that is neither. Nil when there is no number.
  public init?(_ text: String) {
    var components: [UInt32] = []
    var current: UInt32?
    scan: for byte in text.utf8.drop(while: { Self.isLetter($0) }) {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = UInt32(byte - UInt8(ascii: "0"))
        let (product, overflow) = (current ?? 0).multipliedReportingOverflow(by: 10)
        let (sum, carried) = product.addingReportingOverflow(digit)
        if overflow || carried { return nil }
        current = sum
      case UInt8(ascii: "."):
        guard let number = current else { return nil }
        components.append(number)
        current = nil
      default:
        break scan
      }
    }
    if let number = current { components.append(number) }
    if components.isEmpty { return nil }
    self.components = Self.trimmed(components)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func trimmed(_ components: [UInt32]) -> [UInt32] {
    var components = components
    while components.count > 1, components.last == 0 { components.removeLast() }
    return components
  }

  /// Compares number by number; a missing number counts as zero.
  public static func < (left: Self, right: Self) -> Bool {
    left.components.lexicographicallyPrecedes(right.components)
  }

  /// The numbers with dots between them.
  public var description: String {
    self.components.map { String($0) }.joined(separator: ".")
  }
}
