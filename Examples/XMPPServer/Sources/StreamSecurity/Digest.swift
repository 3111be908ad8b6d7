import COpenSSL

/// Hashes, and what is made of them, over bytes in memory.
///
/// None of these can fail while OpenSSL has its default provider and there is memory. Without them
/// the process ends, as it does when an array finds no memory.
public enum Digest {
  /// The 20 bytes of SHA-1 (RFC 3174), for protocols that name it and for nothing new.
  public static func sha1(_ bytes: [UInt8]) -> [UInt8] {
    Self.filled(20) { SHA1(bytes, bytes.count, $0) != nil }
  }

  /// The 32 bytes of SHA-256 (RFC 6234).
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    Self.filled(32) { SHA256(bytes, bytes.count, $0) != nil }
  }

  /// HMAC (RFC 2104) with the hash function `hash`.
  public static func hmac(_ hash: SCRAMHash, key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    Self.filled(hash.length) { output in
      HMAC(
        hash.openSSLDigest, key, Int32(clamping: key.count), message, message.count, output, nil)
        != nil
    }
  }

  /// Whether two byte strings are equal, in a time that depends on their lengths only.
  public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }

  private static func filled(
    _ count: Int, _ fill: (UnsafeMutablePointer<UInt8>?) -> Bool
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard fill(buffer.baseAddress) else {
        fatalError("OpenSSL has no memory or no default provider for hashing.")
      }
      initialized = count
    }
  }
}
