import MDM
import MDMXMPP
import ServerStorage

/// Answers that need no more than a line.
enum SmallAnswers {
  /// XEP-0092.
  static let version = Element(
    "query", namespace: "jabber:iq:version", [:],
    [
      Element("name", namespace: "jabber:iq:version", text: "swift-mdm xmpp-server"),
      Element("version", namespace: "jabber:iq:version", text: ServerVersion.number),
    ])

  /// XEP-0202. The server keeps no time zone of its own.
  static func time(of server: XMPPServer) -> Element {
    Element(
      "time", namespace: "urn:xmpp:time", [:],
      [
        Element("tzo", namespace: "urn:xmpp:time", text: "+00:00"),
        Element(
          "utc", namespace: "urn:xmpp:time", text: server.wallClock.stamp(of: server.now)),
      ])
  }
}

// What clients leave with the server to find again.
extension XMPPServer {
  /// Private storage (XEP-0049), which older clients keep their bookmarks in.
  func performPrivateStorage(_ request: Request) throws {
    let account = request.account.id
    let asked = request.payload.elements
    guard asked.count == 1 else { return request.fail(.badRequest) }
    let key = asked[0]
    // XEP-0049 §2: what is stored is found again by a namespace of its own.
    guard !key.namespace.isEmpty, key.namespace != request.payload.namespace else {
      return request.fail(.notAcceptable)
    }
    let stored = try self.store.privateXML(of: account, name: key.name, namespace: key.namespace)
    guard request.isSet else {
      let child = try stored.map { try StoredElement.parse($0) }
      return request.succeed(
        Element(
          "query", namespace: "jabber:iq:private", [:],
          [child ?? Element(key.name, namespace: key.namespace)]))
    }
    let limits = self.settings.limits
    let bytes = key.serialised()
    guard bytes.count <= limits.pepItemBytes,
      try stored != nil || self.store.privateXMLCount(of: account) < limits.pepNodes
    else { return request.fail(.resourceConstraint) }
    try self.store.setPrivateXML(
      bytes, of: account, name: key.name, namespace: key.namespace)
    request.succeed()
  }

  /// Visiting cards (XEP-0054): anybody may read them, only the user writes.
  func performVCard(_ request: Request) throws -> Bool {
    if request.isSet {
      guard request.isForOwnAccount else {
        request.fail(.forbidden)
        return true
      }
      let bytes = request.payload.serialised()
      guard bytes.count <= self.settings.limits.pepItemBytes else {
        request.fail(.resourceConstraint)
        return true
      }
      try self.store.setVCard(bytes, of: request.account.id)
      request.succeed()
      return true
    }
    guard let owner = try self.account(at: request.to ?? request.account.address) else {
      return false
    }
    let stored = try self.store.vCard(of: owner.id)
    // Nobody learns from this which accounts there are (XEP-0054 §3.1).
    if stored == nil, !request.isForOwnAccount { return false }
    request.succeed(
      try stored.map { try StoredElement.parse($0) }
        ?? Element("vCard", namespace: "vcard-temp"))
    return true
  }
}
