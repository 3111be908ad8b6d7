/// A client's last message (RFC 5802 §7, `client-final-message`).
struct SCRAMClientFinal {
  /// The header of GS2 and the data of the channel.
  let binding: [UInt8]
  let nonce: [UInt8]
  let proof: [UInt8]
  /// The message without its proof, which is signed.
  let withoutProof: [UInt8]

  init(_ message: [UInt8], _ hash: SCRAMHash) throws(SASLFailure) {
    let fields = try SCRAMSyntax.fields(of: message)
    guard fields.count >= 3, let last = fields.last else {
      throw .malformed("The last message has too few attributes.")
    }
    self.binding = try Self.bytes(try SCRAMSyntax.value(of: "c", in: fields[0]))
    self.nonce = try SCRAMSyntax.nonce(try SCRAMSyntax.value(of: "r", in: fields[1]))
    try SCRAMSyntax.checkExtensions(fields[2..<(fields.count - 1)])
    self.proof = try Self.bytes(try SCRAMSyntax.value(of: "p", in: last))
    guard self.proof.count == hash.length else {
      throw .malformed("The proof does not have the length of the hash function.")
    }
    self.withoutProof = Array(message[..<(last.startIndex - 1)])
  }

  private static func bytes(_ value: ArraySlice<UInt8>) throws(SASLFailure) -> [UInt8] {
    guard let bytes = Base64.decode(value) else { throw .malformed("A value is no Base64.") }
    return bytes
  }
}
