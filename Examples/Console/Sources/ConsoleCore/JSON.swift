/// A JSON value to be written (RFC 8259). Members keep their order.
public enum JSON: Equatable, Sendable {
  /// Nothing.
  case null
  /// Yes or no.
  case bool(Bool)
  /// A whole number.
  case int(Int)
  /// A number; one that is not finite is written as `null`.
  case number(Double)
  /// A text.
  case string(String)
  /// Values in a row.
  case array([JSON])
  /// Named values; names are the caller's to keep different.
  case object([Member])

  /// A named value.
  public struct Member: Equatable, Sendable {
    /// Its name.
    public let name: String
    /// Its value.
    public let value: JSON
  }

  /// Named values.
  public static func members(_ members: KeyValuePairs<String, JSON>) -> JSON {
    .object(members.map { Member(name: $0.key, value: $0.value) })
  }

  /// The value as text on one line.
  public var text: String {
    var bytes: [UInt8] = []
    self.write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the value as UTF-8 on one line.
  public func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .int(let value): bytes += String(value).utf8
    case .number(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
    case .string(let value): Self.write(value, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// Escapes what RFC 8259 demands, and the one character that could begin markup should the text
  /// ever end up in a page.
  private static func write(_ text: String, to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20, 0x7F, UInt8(ascii: "<"):
        bytes += "\\u00".utf8
        bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  /// A text written out in code.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A number written out in code.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// A truth written out in code.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Nothing, written out in code.
  public init(nilLiteral: ()) { self = .null }

  /// The text, or null.
  static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
  /// The number, or null.
  static func whole(_ value: Int?) -> JSON { value.map { .int($0) } ?? .null }
}
