/// Why a stream cannot go on: the condition to send to the client, and what was wrong.
///
/// All of these are fatal to the stream (RFC 6120 §4.9.1.1).
public struct XMLStreamError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The condition to send.
  public let condition: Condition
  /// What was wrong, in words, for a log or the error's `text`; it repeats no byte of the client's.
  public let reason: String
  /// The limit that was exceeded when the condition is ``Condition/policyViolation``.
  public let limit: XMLLimit?

  /// The conditions of stream errors that parsing can end with (RFC 6120 §4.9.3); the raw value is
  /// the element's name.
  public enum Condition: String, Hashable, Sendable, CaseIterable {
    /// The stream header's prefix `stream` means something else (RFC 6120 §4.9.3.2).
    case badNamespacePrefix = "bad-namespace-prefix"
    /// The parser cannot be brought back to where the stream is (RFC 6120 §4.9.3.8).
    case internalServerError = "internal-server-error"
    /// The stream header is not in the namespace of streams (RFC 6120 §4.9.3.10).
    case invalidNamespace = "invalid-namespace"
    /// Well-formed, but nothing that a stream may hold there (RFC 6120 §4.9.3.11).
    case invalidXML = "invalid-xml"
    /// Against XML 1.0 or Namespaces in XML, as an undeclared prefix is (RFC 6120 §4.9.3.13).
    case notWellFormed = "not-well-formed"
    /// A limit was exceeded (RFC 6120 §4.9.3.14).
    case policyViolation = "policy-violation"
    /// There is no memory for a parser (RFC 6120 §4.9.3.17).
    case resourceConstraint = "resource-constraint"
    /// A construct that XMPP forbids (RFC 6120 §4.9.3.18, §11.1).
    case restrictedXML = "restricted-xml"
    /// An encoding other than UTF-8 was declared (RFC 6120 §4.9.3.22, §11.6).
    case unsupportedEncoding = "unsupported-encoding"
  }

  init(_ condition: Condition, _ reason: String) {
    self.condition = condition
    self.reason = reason
    self.limit = nil
  }

  init(exceeded limit: XMLLimit) {
    self.condition = .policyViolation
    self.reason = "too many \(limit.rawValue)"
    self.limit = limit
  }

  /// The condition and the reason.
  public var description: String { "\(self.condition.rawValue): \(self.reason)" }
}
