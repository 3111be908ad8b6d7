/// The grammar that the messages of SCRAM share (RFC 5802 §7).
enum SCRAMSyntax {
  /// The attributes that RFC 5802 §5.1 defines, each of which has its one place.
  private static let definedAttributes = Set("anmrcsipve".utf8)

  /// The parts of a message between its commas, if it is UTF-8 without NUL.
  static func fields(of message: [UInt8]) throws(SASLFailure) -> [ArraySlice<UInt8>] {
    guard !message.contains(0), String(validating: message, as: UTF8.self) != nil else {
      throw .malformed("The message is not UTF-8 or has a NUL.")
    }
    return message.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
  }

  /// The value of the attribute `name`, which has to be this field and must not be empty.
  static func value(
    of name: Character, in field: ArraySlice<UInt8>
  ) throws(SASLFailure) -> ArraySlice<UInt8> {
    guard field.starts(with: "\(name)=".utf8), field.count > 2 else {
      throw .malformed("There is no attribute \(name) with a value where it has to be.")
    }
    return field.dropFirst(2)
  }

  /// A name in which `=2C` stands for a comma and `=3D` for an equals sign.
  static func name(_ value: ArraySlice<UInt8>) throws(SASLFailure) -> String {
    var output: [UInt8] = []
    var rest = value
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "=") else {
        output.append(byte)
        continue
      }
      if rest.starts(with: "2C".utf8) {
        output.append(UInt8(ascii: ","))
      } else if rest.starts(with: "3D".utf8) {
        output.append(UInt8(ascii: "="))
      } else {
        throw .malformed("An equals sign in a name is neither =2C nor =3D.")
      }
      rest = rest.dropFirst(2)
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// A nonce: printable ASCII, which has no comma any more.
  static func nonce(_ value: ArraySlice<UInt8>) throws(SASLFailure) -> [UInt8] {
    guard value.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .malformed("The nonce is not printable ASCII.")
    }
    return Array(value)
  }

  /// Checks the extensions of a message, which are ignored when they are well formed.
  static func checkExtensions(_ fields: ArraySlice<ArraySlice<UInt8>>) throws(SASLFailure) {
    var seen: Set<UInt8> = []
    for field in fields {
      guard let name = field.first, Self.isLetter(name), field.count > 2,
        field.dropFirst().first == UInt8(ascii: "=")
      else { throw .malformed("An extension is no letter with a value.") }
      guard !Self.definedAttributes.contains(name), seen.insert(name).inserted else {
        throw .malformed("An attribute is there twice or where it has no place.")
      }
    }
  }

  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
