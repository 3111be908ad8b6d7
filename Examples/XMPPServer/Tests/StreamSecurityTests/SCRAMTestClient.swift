import COpenSSL
import StreamSecurity

/// The client's side of SCRAM, written apart from the server's.
struct SCRAMTestClient {
  var hash = SCRAMHash.sha256
  var header = "n,,"
  var username = "user"
  var password = "pencil"
  var nonce = "rOprNGfwEbeRWgbNEkqO"
  var bindingData: [UInt8] = []

  var bare: String { "n=\(self.username),r=\(self.nonce)" }
  var first: [UInt8] { Array((self.header + self.bare).utf8) }

  /// What stands in `c=`.
  var binding: String { Base64.encode(Array(self.header.utf8) + self.bindingData) }

  /// The last message, and the server's message that has to follow.
  func final(_ serverFirst: [UInt8], extensions: String = "") -> (message: [UInt8], answer: String)
  {
    let challenge = String(decoding: serverFirst, as: UTF8.self)
    var values: [Character: String] = [:]
    for field in challenge.split(separator: ",") {
      guard let name = field.first else { continue }
      values[name] = String(field.dropFirst(2))
    }
    let salt = Base64.decode(values["s"] ?? "") ?? []
    let salted = self.saltedPassword(salt, Int32(values["i"] ?? "") ?? 1)
    let withoutProof = "c=\(self.binding),r=\(values["r"] ?? "")\(extensions)"
    let authMessage = Array("\(self.bare),\(challenge),\(withoutProof)".utf8)
    let clientKey = Digest.hmac(self.hash, key: salted, Array("Client Key".utf8))
    let signature = Digest.hmac(self.hash, key: self.hash(clientKey), authMessage)
    let proof = zip(clientKey, signature).map { $0 ^ $1 }
    let serverKey = Digest.hmac(self.hash, key: salted, Array("Server Key".utf8))
    let answer = Digest.hmac(self.hash, key: serverKey, authMessage)
    return (
      Array("\(withoutProof),p=\(Base64.encode(proof))".utf8), "v=\(Base64.encode(answer))"
    )
  }

  private func saltedPassword(_ salt: [UInt8], _ iterations: Int32) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: self.hash.length)
    PKCS5_PBKDF2_HMAC(
      self.password, Int32(self.password.utf8.count), salt, Int32(salt.count), iterations,
      self.hash == .sha1 ? EVP_sha1() : EVP_sha256(), Int32(output.count), &output)
    return output
  }
}

extension SASLStep {
  /// The text of a challenge.
  var challengeText: String? {
    guard case .challenge(let bytes) = self else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes of a challenge.
  var challengeBytes: [UInt8]? {
    guard case .challenge(let bytes) = self else { return nil }
    return bytes
  }

  /// Whether a failure may come from guessing; nil for what is none.
  var mayBeGuess: Bool? {
    guard case .failure(let failure) = self else { return nil }
    return failure.mayBeGuess
  }

  /// The condition of a failure.
  var condition: SASLFailure.Condition? {
    guard case .failure(let failure) = self else { return nil }
    return failure.condition
  }
}

/// A server with one account, `user` with the password `pencil`.
struct SASLTestServer {
  static let decoySecret = DecoySecret()

  var bindings: [ChannelBindingType: [UInt8]] = [:]
  var isEncrypted = true
  var advertisesChannelBinding: Bool?
  var serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
  var hashes: [SCRAMHash] = SCRAMHash.allCases

  func exchange(_ mechanism: SASLMechanism) throws -> SASLExchange {
    var accounts: [SCRAMHash: SCRAMKeys] = [:]
    for hash in self.hashes {
      accounts[hash] = try SCRAMKeys(
        password: "pencil", hash: hash, salt: try Self.salt(hash), iterations: 4_096)
    }
    let policy = SASLPolicy(
      isEncrypted: self.isEncrypted, channelBindings: self.bindings,
      advertisesChannelBinding: self.advertisesChannelBinding, decoySecret: Self.decoySecret,
      decoyIterations: 4_096)
    return SASLExchange(mechanism: mechanism, policy: policy, nonce: self.serverNonce) {
      [accounts] name, hash in
      ["user", "us,e=r"].contains(name) ? accounts[hash] : nil
    }
  }

  private static func salt(_ hash: SCRAMHash) throws -> [UInt8] {
    switch hash {
    case .sha1: [0x41, 0x25, 0xC2, 0x47, 0xE4, 0x3A, 0xB1, 0xE9, 0x3C, 0x6D, 0xFF, 0x76]
    case .sha256:
      [
        0x5B, 0x6D, 0x99, 0x68, 0x9D, 0x12, 0x35, 0x8E, 0xEC, 0xA0, 0x4B, 0x14, 0x12, 0x36, 0xFA,
        0x81,
      ]
    }
  }
}
