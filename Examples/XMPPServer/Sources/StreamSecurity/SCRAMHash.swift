import COpenSSL

/// A hash function of the SCRAM family (RFC 5802 §4, RFC 7677).
public enum SCRAMHash: String, Hashable, Sendable, CaseIterable {
  /// SHA-1, of SCRAM-SHA-1.
  case sha1 = "SHA-1"
  /// SHA-256, of SCRAM-SHA-256.
  case sha256 = "SHA-256"

  /// The length of its values in bytes.
  public var length: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    }
  }

  /// The value for `bytes`.
  public func callAsFunction(_ bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .sha1: Digest.sha1(bytes)
    case .sha256: Digest.sha256(bytes)
    }
  }

  var openSSLDigest: OpaquePointer? {
    switch self {
    case .sha1: EVP_sha1()
    case .sha256: EVP_sha256()
    }
  }
}
