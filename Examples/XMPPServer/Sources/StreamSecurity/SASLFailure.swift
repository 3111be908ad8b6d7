/// How an authentication attempt failed, in the terms of the stream and in words.
///
/// The reason tells nothing that a client does not know, in particular not whether an account
/// exists; it can go into the `text` of the failure as well as into a log.
public struct SASLFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The condition; its raw value is the name of the element.
  public let condition: Condition
  /// What is wrong, in a sentence.
  public let reason: String

  /// A failure with its reason.
  public init(_ condition: Condition, _ reason: String) {
    self.condition = condition
    self.reason = reason
  }

  /// The conditions of RFC 6120 §6.5.
  public enum Condition: String, Hashable, Sendable, CaseIterable {
    /// The client gave up.
    case aborted
    /// The account exists and is disabled.
    case accountDisabled = "account-disabled"
    /// The credentials were right once.
    case credentialsExpired = "credentials-expired"
    /// The mechanism is only for encrypted streams.
    case encryptionRequired = "encryption-required"
    /// The data is no Base64.
    case incorrectEncoding = "incorrect-encoding"
    /// Who authenticated may not act as whom they ask to act.
    case invalidAuthzid = "invalid-authzid"
    /// The mechanism is unknown or was not offered.
    case invalidMechanism = "invalid-mechanism"
    /// The data is not what the mechanism says.
    case malformedRequest = "malformed-request"
    /// The mechanism is weaker than the account allows.
    case mechanismTooWeak = "mechanism-too-weak"
    /// The credentials are wrong, or there is no such account.
    case notAuthorized = "not-authorized"
    /// The server cannot tell now.
    case temporaryAuthFailure = "temporary-auth-failure"
  }

  /// Condition and reason, for logs.
  public var description: String { "\(self.condition.rawValue): \(self.reason)" }

  /// Whether somebody may have been guessing: what was wrong is a password, a proof or a name.
  ///
  /// A channel binding that this stream does not have tests nothing; some clients try one with each
  /// mechanism before they log in without.
  public var mayBeGuess: Bool { self == Self.wrongCredentials }

  /// The one answer to a wrong password, an unknown account and a wrong proof.
  static let wrongCredentials = SASLFailure(.notAuthorized, "The credentials are not valid.")

  static func malformed(_ reason: String) -> SASLFailure {
    SASLFailure(.malformedRequest, reason)
  }
}
