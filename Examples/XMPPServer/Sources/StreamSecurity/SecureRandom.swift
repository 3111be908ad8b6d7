import COpenSSL
import Glibc

/// Random bytes that nobody can foretell, from the generator of OpenSSL.
public enum SecureRandom {
  /// `count` random bytes; none for a count that is not positive.
  ///
  /// When OpenSSL has no randomness, the kernel is asked; when that has none either, the process
  /// ends, because nothing that it could go on with would be a secret.
  public static func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let isFilled = count <= Int(Int32.max) && RAND_bytes(buffer.baseAddress, Int32(count)) == 1
      if !isFilled {
        ERR_clear_error()
        var kernel = SystemRandomNumberGenerator()
        for index in 0..<count {
          buffer.initializeElement(at: index, to: kernel.next())
        }
      }
      initialized = count
    }
  }

  /// `count` random bytes as text of letters, digits, `-` and `_` (RFC 4648 §5, without padding).
  ///
  /// The text has four characters for every three bytes and can stand in an address, a file name,
  /// an XML attribute and a SASL message without escaping.
  public static func token(_ count: Int) -> String {
    let text = Base64.encodedBytes(Self.bytes(count)).compactMap { character -> UInt8? in
      switch character {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      case UInt8(ascii: "="): nil
      default: character
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
