/// Why credentials cannot be made or loaded.
public enum SASLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing is left of the password once it is prepared.
  case emptyPassword
  /// The password has more bytes of UTF-8 than ``PreparedPassword/maximumLength``.
  case passwordTooLong(bytes: Int)
  /// The password has a character that RFC 4013 §2.3 prohibits, for example a control character.
  case prohibitedCharacter
  /// The password has a code point that Unicode 3.2 does not assign (RFC 4013 §2.5).
  case unassignedCodePoint
  /// The password mixes directions of writing in a way that RFC 4013 §2.4 prohibits.
  case mixedDirections
  /// libidn could not prepare the password; the number is its return code.
  case preparationFailed(Int32)
  /// The number of iterations is outside of ``SCRAMKeys/allowedIterations``.
  case iterations(Int)
  /// The number of bytes of the salt is outside of ``SCRAMKeys/allowedSaltLengths``.
  case saltLength(Int)
  /// A key does not have the length of the hash function.
  case keyLength(Int, expected: Int)
  /// OpenSSL could not derive the key, for want of memory or of its default provider.
  case derivationFailed
  /// A secret has fewer bytes than ``DecoySecret/minimumLength``.
  case secretTooShort(bytes: Int)

  /// What is wrong, in a sentence.
  public var description: String {
    switch self {
    case .emptyPassword: "The password is empty."
    case .passwordTooLong(let bytes):
      "The password has \(bytes) bytes; \(PreparedPassword.maximumLength) are allowed."
    case .prohibitedCharacter: "The password has a character that is not allowed in passwords."
    case .unassignedCodePoint: "The password has a character that is newer than Unicode 3.2."
    case .mixedDirections:
      "The password mixes writing from left to right and from right to left."
    case .preparationFailed(let code): "libidn cannot prepare the password (code \(code))."
    case .iterations(let count):
      "\(count) iterations are not within \(SCRAMKeys.allowedIterations)."
    case .saltLength(let count):
      "A salt of \(count) bytes is not within \(SCRAMKeys.allowedSaltLengths)."
    case .keyLength(let count, let expected):
      "A key has \(count) bytes and not the \(expected) of its hash function."
    case .derivationFailed: "OpenSSL cannot derive the key."
    case .secretTooShort(let bytes):
      "The secret has \(bytes) bytes and needs \(DecoySecret.minimumLength)."
    }
  }
}
