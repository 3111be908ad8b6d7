/// A client's first message (RFC 5802 §7, `client-first-message`).
struct SCRAMClientFirst {
  /// What the client says of channel binding.
  enum Binding: Equatable {
    /// `n`: it has none.
    case unsupported
    /// `y`: it has some and believes that the server has none.
    case unadvertised
    /// `p`: it binds to this, by its registered name.
    case required(String)
  }

  let binding: Binding
  let authorizationID: String?
  let username: String
  let nonce: [UInt8]
  /// The header of GS2 with both of its commas, which the client repeats later.
  let header: [UInt8]
  /// The message without that header, which is signed.
  let bare: [UInt8]

  init(_ message: [UInt8]) throws(SASLFailure) {
    let fields = try SCRAMSyntax.fields(of: message)
    guard fields.count >= 4 else { throw .malformed("The first message has too few attributes.") }
    self.binding = try Self.binding(fields[0])
    self.authorizationID =
      fields[1].isEmpty
      ? nil : try SCRAMSyntax.name(try SCRAMSyntax.value(of: "a", in: fields[1]))
    guard fields[2].first != UInt8(ascii: "m") else {
      throw .malformed("The message needs an extension that this server does not have.")
    }
    self.username = try SCRAMSyntax.name(try SCRAMSyntax.value(of: "n", in: fields[2]))
    self.nonce = try SCRAMSyntax.nonce(try SCRAMSyntax.value(of: "r", in: fields[3]))
    try SCRAMSyntax.checkExtensions(fields[4...])
    let headerLength = fields[2].startIndex
    self.header = Array(message[..<headerLength])
    self.bare = Array(message[headerLength...])
  }

  private static func binding(_ field: ArraySlice<UInt8>) throws(SASLFailure) -> Binding {
    if field.elementsEqual("n".utf8) { return .unsupported }
    if field.elementsEqual("y".utf8) { return .unadvertised }
    let name = try SCRAMSyntax.value(of: "p", in: field)
    let isName = name.allSatisfy { byte in
      SCRAMSyntax.isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }
    guard isName else { throw .malformed("That is no name of a channel binding.") }
    return .required(String(decoding: name, as: UTF8.self))
  }
}
