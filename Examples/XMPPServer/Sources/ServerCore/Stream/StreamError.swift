import MDMXMPP

/// The condition for which a stream ends (RFC 6120 §4.9.3).
enum StreamCondition: String {
  case badNamespacePrefix = "bad-namespace-prefix"
  case conflict = "conflict"
  case connectionTimeout = "connection-timeout"
  case hostUnknown = "host-unknown"
  case internalServerError = "internal-server-error"
  case invalidFrom = "invalid-from"
  case invalidNamespace = "invalid-namespace"
  case invalidXML = "invalid-xml"
  case notAuthorized = "not-authorized"
  case notWellFormed = "not-well-formed"
  case policyViolation = "policy-violation"
  case reset = "reset"
  case resourceConstraint = "resource-constraint"
  case restrictedXML = "restricted-xml"
  case systemShutdown = "system-shutdown"
  case undefinedCondition = "undefined-condition"
  case unsupportedEncoding = "unsupported-encoding"
  case unsupportedStanzaType = "unsupported-stanza-type"
  case unsupportedVersion = "unsupported-version"
}

/// Why a stream ends, in the peer's words and in ours.
struct StreamFailure {
  let condition: StreamCondition
  /// For people; no content of messages.
  let text: String
  /// A condition of an extension's own.
  var detail: Element?

  init(_ condition: StreamCondition, _ text: String, detail: Element? = nil) {
    self.condition = condition
    self.text = text
    self.detail = detail
  }

  /// The element, with the prefix that every client knows.
  var bytes: [UInt8] {
    let namespace = "urn:ietf:params:xml:ns:xmpp-streams"
    var bytes = Array("<stream:error>".utf8)
    Element(self.condition.rawValue, namespace: namespace).write(to: &bytes)
    if !self.text.isEmpty {
      Element("text", namespace: namespace, text: self.text).write(to: &bytes)
    }
    self.detail?.write(to: &bytes)
    bytes += "</stream:error>".utf8
    return bytes
  }
}
