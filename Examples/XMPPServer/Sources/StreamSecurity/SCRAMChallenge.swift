/// What the server has asked a client for, and what it takes to judge the answer (RFC 5802 §3).
struct SCRAMChallenge {
  private let first: SCRAMClientFirst
  private let bindingData: [UInt8]
  private let nonce: [UInt8]
  private let keys: SCRAMKeys
  private let isKnown: Bool
  /// The server's first message.
  let serverFirst: [UInt8]

  init(
    first: SCRAMClientFirst, bindingData: [UInt8], nonce: [UInt8], keys: SCRAMKeys, isKnown: Bool
  ) {
    self.first = first
    self.bindingData = bindingData
    self.nonce = nonce
    self.keys = keys
    self.isKnown = isKnown
    let parameters = ",s=\(Base64.encode(keys.salt)),i=\(keys.iterations)"
    self.serverFirst = Array("r=".utf8) + nonce + Array(parameters.utf8)
  }

  /// Success, or why the client's last message proves nothing.
  func answer(_ message: [UInt8]) throws(SASLFailure) -> SASLStep {
    let final = try SCRAMClientFinal(message, self.keys.hash)
    guard Digest.isEqual(final.nonce, self.nonce) else {
      throw SASLFailure(.notAuthorized, "The nonce is not that of this exchange.")
    }
    guard Digest.isEqual(final.binding, self.first.header + self.bindingData) else {
      throw SASLFailure(.notAuthorized, "The channel bindings do not match.")
    }
    let comma = [UInt8(ascii: ",")]
    let authMessage = self.first.bare + comma + self.serverFirst + comma + final.withoutProof
    let isProved = self.keys.accepts(proof: final.proof, for: authMessage)
    guard isProved, self.isKnown else { throw .wrongCredentials }
    let signature = Base64.encodedBytes(self.keys.serverSignature(of: authMessage))
    return .success(
      username: self.first.username, authorizationID: self.first.authorizationID,
      additionalData: Array("v=".utf8) + signature)
  }
}
