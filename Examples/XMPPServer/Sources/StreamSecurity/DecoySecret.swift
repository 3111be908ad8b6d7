import CStringPrep

/// A secret of the server from which an unknown user gets the same keys on every attempt.
///
/// Without that, a salt that changes or is missing would tell which accounts exist
/// (RFC 5802 §9). It has to outlive the process for the same reason.
public struct DecoySecret: Hashable, Sendable {
  /// The fewest bytes that are accepted.
  public static let minimumLength = 16

  /// The bytes, to be kept.
  public let bytes: [UInt8]

  /// A new secret of 32 bytes.
  public init() {
    self.bytes = SecureRandom.bytes(32)
  }

  /// A secret that was kept, or that it is too short.
  public init(_ bytes: [UInt8]) throws(SASLError) {
    guard bytes.count >= Self.minimumLength else { throw .secretTooShort(bytes: bytes.count) }
    self.bytes = bytes
  }

  /// Keys of no password, the same for every spelling of a name.
  ///
  /// - Parameter iterations: moved into the range that is allowed.
  func keys(for username: String, _ hash: SCRAMHash, iterations: Int) -> SCRAMKeys {
    // Spellings that are one account have one salt; if those of a decoy had several, two attempts
    // would tell that there is no account.
    let name = Self.canonical(Array(username.utf8))
    let allowed = SCRAMKeys.allowedIterations
    return SCRAMKeys(
      decoy: hash, salt: Array(self.derive("salt", name, hash).prefix(SCRAMKeys.saltLength)),
      iterations: min(max(iterations, allowed.lowerBound), allowed.upperBound),
      storedKey: Array(self.derive("stored key", name, hash).prefix(hash.length)),
      serverKey: Array(self.derive("server key", name, hash).prefix(hash.length)))
  }

  private func derive(_ purpose: String, _ name: [UInt8], _ hash: SCRAMHash) -> [UInt8] {
    let message = Array(purpose.utf8) + [0] + Array(hash.rawValue.utf8) + [0] + name
    return Digest.hmac(.sha256, key: self.bytes, message)
  }

  private static func canonical(_ name: [UInt8]) -> [UInt8] {
    // No account has a longer name (RFC 7622 §3.1), and reordering a long run of combining
    // characters takes libidn more than linear time.
    guard name.count <= 1_023, !name.contains(0) else { return name }
    let (code, prepared) = StringPreparation.nodeprep(name)
    return code == STRINGPREP_OK.rawValue ? prepared : name
  }
}
