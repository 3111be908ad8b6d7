/// Why a text is no XMPP address: which part of it is wrong, and how (RFC 7622).
public struct JIDError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The part that is wrong.
  public let part: Part
  /// What is wrong with it.
  public let reason: Reason

  /// The three parts of an address.
  public enum Part: UInt8, Sendable, CaseIterable {
    /// Before the `@`.
    case local
    /// The host.
    case domain
    /// After the `/`.
    case resource
  }

  /// What can be wrong with a part.
  @nonexhaustive
  public enum Reason: Hashable, Sendable {
    /// It is there and has no character.
    case empty
    /// It has more than 1,023 octets after preparation (RFC 7622 §3.1).
    case tooLong(octets: Int)
    /// It has a character that this part must not have.
    case forbiddenCharacter(Unicode.Scalar)
    /// A label of the domain is empty, over 63 octets, or begins or ends with a hyphen.
    case malformedLabel
    /// A label claims to be Punycode and is not the Punycode of a prepared label (RFC 5891 §5.4).
    case malformedPunycode
    /// An address in brackets is no IPv6 address.
    case malformedAddressLiteral
  }

  init(_ part: Part, _ reason: Reason) {
    self.part = part
    self.reason = reason
  }

  /// Part and reason, for logs.
  public var description: String { "\(self.part): \(self.reason)" }
}
