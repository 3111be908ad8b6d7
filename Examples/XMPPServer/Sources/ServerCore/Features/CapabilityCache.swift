import MDMXMPP
import StreamSecurity

/// What a client is able to do, as far as the server asks: which nodes' events it wants
/// (XEP-0163 §5).
final class Capabilities {
  let notifies: Set<String>
  /// Category and type of the first identity, `client/phone`; empty when there is none.
  let identity: String
  /// What the client says of its software (XEP-0232).
  let software: (name: String, version: String, system: String)?

  init(
    notifies: Set<String>, identity: String = "",
    software: (name: String, version: String, system: String)? = nil
  ) {
    self.notifies = notifies
    self.identity = identity
    self.software = software
  }

  /// Whether the client wants to be told of a node's events.
  func wants(_ node: String) -> Bool { self.notifies.contains(node) }
}

/// A client's announcement of its capabilities (XEP-0115 §4).
struct CapabilitiesKey: Hashable {
  let hash: String
  let node: String
  let version: String

  /// The announcement in a presence; nil when there is none.
  init?(_ presence: Element) {
    guard let c = presence.child("c", namespace: "http://jabber.org/protocol/caps"),
      let hash = c.attribute("hash"), let node = c.attribute("node"),
      let version = c.attribute("ver"), version.utf8.count <= 256, node.utf8.count <= 1_023
    else { return nil }
    self.hash = hash
    self.node = node
    self.version = version
  }
}

/// What clients have said of themselves, shared by all that announce the same.
///
/// An answer is shared only if the announced hash is the answer's: otherwise one client could speak
/// for others (XEP-0115 §8.1).
struct CapabilityCache {
  static let idPrefix = "caps-"
  private static let limit = 1_000

  private var known: [CapabilitiesKey: Capabilities] = [:]

  func capabilities(_ key: CapabilitiesKey) -> Capabilities? { self.known[key] }

  /// Takes the answer to a question about `key` in; returns what it says.
  mutating func note(_ query: Element, about key: CapabilitiesKey) -> Capabilities {
    let features = query.children(where: { $0.name == "feature" }).compactMap {
      $0.attribute("var")
    }
    let suffix = "+notify"
    let notifies = features.filter { $0.hasSuffix(suffix) }.prefix(256)
      .map { String($0.dropLast(suffix.count)) }
    let capabilities = Capabilities(
      notifies: Set(notifies), identity: Self.identity(in: query),
      software: Self.software(in: query))
    if Self.version(of: query, features) == key.version, key.hash == "sha-1" {
      if self.known.count >= Self.limit { self.known = [:] }
      self.known[key] = capabilities
    }
    return capabilities
  }

  private static func identity(in query: Element) -> String {
    let identities = query.children(where: { $0.name == "identity" })
    let identity = identities.first { $0.attribute("category") == "client" } ?? identities.first
    guard let category = identity?.attribute("category"), let type = identity?.attribute("type"),
      category.utf8.count + type.utf8.count <= 128
    else { return "" }
    return "\(category)/\(type)"
  }

  private static func software(
    in query: Element
  ) -> (name: String, version: String, system: String)? {
    let forms = query.children(where: { Self.isTypedForm($0) }).map { DataForm($0) }
    guard let form = forms.first(where: { $0.type == "urn:xmpp:dataforms:softwareinfo" }) else {
      return nil
    }
    func text(_ name: String) -> String { String((form[name] ?? "").prefix(256)) }
    return (text("software"), text("software_version"), text("os"))
  }

  /// The verification string's hash (XEP-0115 §5.1); nil for an answer that is ill-formed (§5.4),
  /// or whose string could be that of another answer.
  private static func version(of query: Element, _ features: [String]) -> String? {
    let identities = query.children(where: { $0.name == "identity" }).map { Self.parts(of: $0) }
    let forms = query.children(where: { Self.isTypedForm($0) }).map { DataForm($0) }
    guard Set(identities).count == identities.count, Set(features).count == features.count,
      Set(forms.map(\.type)).count == forms.count,
      forms.allSatisfy({ Set($0.values("FORM_TYPE")).count == 1 })
    else { return nil }
    var parts = identities.sorted { $0.lexicographicallyPrecedes($1, by: Self.isBefore) }
      .map { $0.joined(separator: "/") }
    parts += Self.sorted(features)
    for form in forms.sorted(by: { Self.isBefore($0.type ?? "", $1.type ?? "") }) {
      parts.append(form.type ?? "")
      let fields = form.fields.filter { $0.name != "FORM_TYPE" }
      for field in fields.sorted(by: { Self.isBefore($0.name, $1.name) }) {
        parts.append(field.name)
        parts += Self.sorted(field.values)
      }
    }
    // A part with the separator in it would read like several.
    if parts.contains(where: { $0.utf8.contains(UInt8(ascii: "<")) }) { return nil }
    return Base64.encode(SCRAMHash.sha1(Array(parts.map { $0 + "<" }.joined().utf8)))
  }

  /// What an identity is sorted and told apart by.
  private static func parts(of identity: Element) -> [String] {
    let language = identity.attributes.first { $0.name == "lang" && $0.prefix == "xml" }?.value
    return [
      identity.attribute("category") ?? "", identity.attribute("type") ?? "", language ?? "",
      identity.attribute("name") ?? "",
    ]
  }

  /// Whether it is a form that says what it is about; others do not count (§5.4).
  private static func isTypedForm(_ element: Element) -> Bool {
    element.isNamed("x", namespace: DataForm.namespace)
      && element.elements.contains {
        $0.name == "field" && $0.attribute("var") == "FORM_TYPE" && $0.attribute("type") == "hidden"
      }
  }

  /// Sorted by bytes, as the XEP has it (i;octet).
  private static func sorted(_ texts: [String]) -> [String] {
    texts.sorted(by: Self.isBefore)
  }

  private static func isBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

// Asking clients what they are able to do.
extension XMPPServer {
  /// Looks up, or asks for, what a presence announces.
  func noteCapabilities(in presence: Element, of session: ClientSession) {
    guard let key = CapabilitiesKey(presence), key != session.capabilitiesKey else { return }
    session.capabilitiesKey = key
    session.capabilitiesQuestion = nil
    if let capabilities = self.capabilities.capabilities(key) {
      session.capabilities = capabilities
      self.noteFacts(capabilities, of: session)
      return self.sendLastItems(to: session)
    }
    let id = "\(CapabilityCache.idPrefix)\(self.nextID())"
    session.capabilitiesQuestion = id
    session.send(
      Element(
        "iq", namespace: Namespaces.client,
        ["type": "get", "from": self.domain, "to": session.address.full, "id": id],
        [
          Element(
            "query", namespace: DiscoveryElements.information,
            ["node": "\(key.node)#\(key.version)"])
        ]))
  }

  /// A client's answer; only the one to the latest question is of interest.
  func noteCapabilities(answer: Element, id: String, from session: ClientSession) {
    guard id == session.capabilitiesQuestion else { return }
    session.capabilitiesQuestion = nil
    guard answer.attribute("type") == "result", let key = session.capabilitiesKey,
      let query = answer.child("query", namespace: DiscoveryElements.information)
    else { return }
    let capabilities = self.capabilities.note(query, about: key)
    session.capabilities = capabilities
    self.noteFacts(capabilities, of: session)
    self.sendLastItems(to: session)
  }
}
