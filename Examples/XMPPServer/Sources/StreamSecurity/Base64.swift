/// Base64 with padding and the standard alphabet (RFC 4648 §4), without exceptions.
///
/// RFC 6120 §6.4.2 sends a single `=` for data of length zero; who reads streams looks for that
/// first, because it is no Base64.
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The value of every character; 255 for those that are not in the alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, character) in Self.alphabet.enumerated() {
      values[Int(character)] = UInt8(value)
    }
    return values
  }()

  private static let padding = UInt8(ascii: "=")

  /// The text for `bytes`, padded to a multiple of four characters.
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: Self.encodedBytes(bytes), as: UTF8.self)
  }

  static func encodedBytes(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    var (group, count) = (UInt32(0), 0)
    for byte in bytes {
      group = group << 8 | UInt32(byte)
      count += 1
      if count == 3 {
        for shift in [18, 12, 6, 0] as [UInt32] {
          output.append(Self.alphabet[Int(group >> shift & 63)])
        }
        (group, count) = (0, 0)
      }
    }
    if count == 1 {
      output.append(Self.alphabet[Int(group >> 2)])
      output.append(Self.alphabet[Int(group << 4 & 63)])
      output += [Self.padding, Self.padding]
    } else if count == 2 {
      output.append(Self.alphabet[Int(group >> 10)])
      output.append(Self.alphabet[Int(group >> 4 & 63)])
      output.append(Self.alphabet[Int(group << 2 & 63)])
      output.append(Self.padding)
    }
    return output
  }

  /// The bytes that `text` stands for; nil when it is not exactly what ``encode(_:)`` returns for
  /// some bytes.
  ///
  /// Refused are therefore white space, missing or superfluous padding, characters outside of the
  /// alphabet, and bits that are set behind the last byte (RFC 4648 §3.5). Empty text is no bytes.
  public static func decode(_ text: String) -> [UInt8]? {
    Self.decode(text.utf8)
  }

  /// The bytes that the ASCII characters `text` stand for, under the same rules.
  public static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
    guard text.count.isMultiple(of: 4) else { return nil }
    let paddings = text.reversed().prefix(2).prefix { $0 == Self.padding }.count
    var output: [UInt8] = []
    output.reserveCapacity(text.count / 4 * 3)
    var (group, bits) = (UInt32(0), 0)
    for character in text.dropLast(paddings) {
      let value = Self.values[Int(character)]
      guard value < 64 else { return nil }
      group = (group << 6 | UInt32(value)) & 0xFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        output.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      }
    }
    // What is left are the bits that the padding stands for, and they are zero.
    guard group & (1 << UInt32(bits) - 1) == 0 else { return nil }
    return output
  }
}
