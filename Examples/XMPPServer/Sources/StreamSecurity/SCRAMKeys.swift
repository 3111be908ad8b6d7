import COpenSSL

/// What a server keeps of a password for one hash function (RFC 5802 §3).
///
/// It does not let anybody log in elsewhere, but it lets somebody who has it try passwords: it is
/// to be kept like a secret.
public struct SCRAMKeys: Hashable, Sendable {
  /// The iterations that are used unless told otherwise, for both hash functions.
  public static let defaultIterations = 10_000
  /// The iterations that are accepted: RFC 5802 §5.1 asks for 4,096 at least, and clients give up
  /// beyond ten million.
  public static let allowedIterations = 4_096...10_000_000
  /// The length of a new salt in bytes.
  public static let saltLength = 16
  /// The lengths of a salt that are accepted, in bytes.
  public static let allowedSaltLengths = 8...128

  /// The hash function.
  public let hash: SCRAMHash
  /// The salt.
  public let salt: [UInt8]
  /// How often the hash function was iterated.
  public let iterations: Int
  /// What a client's proof is checked with.
  public let storedKey: [UInt8]
  /// What the server's signature is made with.
  public let serverKey: [UInt8]

  /// The keys as they were kept, or what cannot be right about them.
  public init(
    hash: SCRAMHash, salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]
  ) throws(SASLError) {
    try Self.check(salt, iterations)
    for key in [storedKey, serverKey] where key.count != hash.length {
      throw .keyLength(key.count, expected: hash.length)
    }
    self.hash = hash
    self.salt = salt
    self.iterations = iterations
    self.storedKey = storedKey
    self.serverKey = serverKey
  }

  /// Keys that belong to no account and are within the limits.
  init(
    decoy hash: SCRAMHash, salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]
  ) {
    self.hash = hash
    self.salt = salt
    self.iterations = iterations
    self.storedKey = storedKey
    self.serverKey = serverKey
  }

  /// The keys for a password, with a random salt unless there is one.
  ///
  /// - Complexity: O(iterations); ten thousand take some milliseconds, for which the thread is
  ///   busy.
  public init(
    password: PreparedPassword, hash: SCRAMHash,
    salt: [UInt8] = SecureRandom.bytes(SCRAMKeys.saltLength),
    iterations: Int = SCRAMKeys.defaultIterations
  ) throws(SASLError) {
    try Self.check(salt, iterations)
    guard let salted = Self.saltedPassword(password, hash, salt, iterations) else {
      throw .derivationFailed
    }
    self.hash = hash
    self.salt = salt
    self.iterations = iterations
    self.storedKey = Self.storedKey(salted, hash)
    self.serverKey = Digest.hmac(hash, key: salted, Array("Server Key".utf8))
  }

  /// The keys for a password that is prepared here.
  public init(
    password: String, hash: SCRAMHash,
    salt: [UInt8] = SecureRandom.bytes(SCRAMKeys.saltLength),
    iterations: Int = SCRAMKeys.defaultIterations
  ) throws(SASLError) {
    let prepared = try PreparedPassword(password)
    try self.init(password: prepared, hash: hash, salt: salt, iterations: iterations)
  }

  /// Whether these are the keys of `password`; false also when OpenSSL cannot derive them.
  ///
  /// - Complexity: O(iterations), whatever the answer is.
  public func verify(password: PreparedPassword) -> Bool {
    guard let salted = Self.saltedPassword(password, self.hash, self.salt, self.iterations) else {
      return false
    }
    return Digest.isEqual(Self.storedKey(salted, self.hash), self.storedKey)
  }

  /// Whether these are the keys of `password`; false, and at once, when it cannot be prepared.
  public func verify(password: String) -> Bool {
    do throws(SASLError) {
      return self.verify(password: try PreparedPassword(password))
    } catch {
      return false
    }
  }

  /// Whether `proof` shows that somebody knows the password, for this message (RFC 5802 §3).
  func accepts(proof: [UInt8], for authMessage: [UInt8]) -> Bool {
    let signature = Digest.hmac(self.hash, key: self.storedKey, authMessage)
    guard proof.count == signature.count else { return false }
    let clientKey = zip(proof, signature).map { $0 ^ $1 }
    return Digest.isEqual(self.hash(clientKey), self.storedKey)
  }

  /// The server's signature of this message (RFC 5802 §3).
  func serverSignature(of authMessage: [UInt8]) -> [UInt8] {
    Digest.hmac(self.hash, key: self.serverKey, authMessage)
  }

  private static func check(_ salt: [UInt8], _ iterations: Int) throws(SASLError) {
    guard Self.allowedIterations.contains(iterations) else { throw .iterations(iterations) }
    guard Self.allowedSaltLengths.contains(salt.count) else { throw .saltLength(salt.count) }
  }

  private static func storedKey(_ salted: [UInt8], _ hash: SCRAMHash) -> [UInt8] {
    hash(Digest.hmac(hash, key: salted, Array("Client Key".utf8)))
  }

  private static func saltedPassword(
    _ password: PreparedPassword, _ hash: SCRAMHash, _ salt: [UInt8], _ iterations: Int
  ) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: hash.length)
    // The lengths are bounded above, so that they fit.
    let result = password.bytes.withUnsafeBytes { bytes in
      PKCS5_PBKDF2_HMAC(
        bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), salt,
        Int32(salt.count), Int32(iterations), hash.openSSLDigest, Int32(output.count), &output)
    }
    guard result == 1 else {
      ERR_clear_error()
      return nil
    }
    return output
  }
}
