import CStringPrep

/// A password after SASLprep (RFC 4013), in the form that is hashed.
///
/// It is prepared as a stored string, as RFC 5802 §2.2 says: a code point that Unicode 3.2 does not
/// assign is refused, because clients would not agree on its normal form.
public struct PreparedPassword: Hashable, Sendable {
  /// The longest password that is looked at, in bytes of UTF-8 before preparation.
  public static let maximumLength = 1_024

  /// The prepared password in UTF-8; never empty.
  let bytes: [UInt8]

  /// Prepares `password`, or says what is wrong with it.
  public init(_ password: String) throws(SASLError) {
    let original = Array(password.utf8)
    guard !original.isEmpty else { throw .emptyPassword }
    guard original.count <= Self.maximumLength else {
      throw .passwordTooLong(bytes: original.count)
    }
    // Printable ASCII is its own preparation.
    if original.allSatisfy({ (0x20..<0x7F).contains($0) }) {
      self.bytes = original
      return
    }
    // For C the text would end at a NUL, which is prohibited as any control character is.
    guard !original.contains(0) else { throw .prohibitedCharacter }
    let (code, prepared) = StringPreparation.saslprep(original)
    switch code {
    case STRINGPREP_OK.rawValue: self.bytes = prepared
    case STRINGPREP_CONTAINS_UNASSIGNED.rawValue: throw .unassignedCodePoint
    case STRINGPREP_CONTAINS_PROHIBITED.rawValue: throw .prohibitedCharacter
    case STRINGPREP_BIDI_BOTH_L_AND_RAL.rawValue, STRINGPREP_BIDI_LEADTRAIL_NOT_RAL.rawValue,
      STRINGPREP_BIDI_CONTAINS_PROHIBITED.rawValue:
      throw .mixedDirections
    default: throw .preparationFailed(Int32(bitPattern: code))
    }
    // For example a password of soft hyphens, which are mapped to nothing.
    guard !prepared.isEmpty else { throw .emptyPassword }
  }

  /// Whether two passwords are the same once they are prepared.
  public static func == (left: Self, right: Self) -> Bool {
    Digest.isEqual(left.bytes, right.bytes)
  }
}
