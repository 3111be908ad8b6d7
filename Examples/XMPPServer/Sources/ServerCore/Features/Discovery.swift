import MDM
import MDMXMPP

/// The elements of service discovery (XEP-0030).
enum DiscoveryElements {
  static let information = "http://jabber.org/protocol/disco#info"
  static let items = "http://jabber.org/protocol/disco#items"

  static func information(
    node: String?, identities: [(category: String, type: String, name: String?)],
    features: [String]
  ) -> Element {
    Element(
      "query", namespace: Self.information, ["node": node],
      identities.map {
        Element(
          "identity", namespace: Self.information,
          ["category": $0.category, "type": $0.type, "name": $0.name])
      } + features.map { Element("feature", namespace: Self.information, ["var": $0]) })
  }

  /// What the server itself answers to. Each has its place in ``XMPPServer/performRequest`` or in
  /// the binding; what is switched off is not named.
  static func serverFeatures(_ server: XMPPServer) -> [String] {
    var features = [
      Self.information, Self.items, "urn:xmpp:ping", "jabber:iq:version", "urn:xmpp:time",
      "vcard-temp", "msgoffline", "jabber:iq:private", BlockingElements.namespace,
      "http://jabber.org/protocol/pubsub#publish",
    ]
    features += server.binding.serverFeatures
    if server.settings.registration { features.append(RegistrationElements.namespace) }
    return features
  }

  static func accountFeatures(_ server: XMPPServer) -> [String] {
    var features = [Self.information, Self.items, "vcard-temp"]
    features += server.binding.accountFeatures
    features += PubSubElements.features
    if server.settings.archive {
      features += [ArchiveElements.namespace, "urn:xmpp:mam:2#extended"]
    }
    return features
  }
}

extension XMPPServer {
  func performServerInformation(_ request: Request) {
    let node = request.payload.attribute("node")
    guard node == nil || node?.isEmpty == true else { return request.fail(.itemNotFound) }
    request.succeed(
      DiscoveryElements.information(
        node: node, identities: [("server", "im", "swift-mdm xmpp-server")],
        features: DiscoveryElements.serverFeatures(self)))
  }

  /// There are no services beside the server itself.
  func performServerItems(_ request: Request) {
    request.succeed(
      Element(
        "query", namespace: DiscoveryElements.items,
        ["node": request.payload.attribute("node")]))
  }

  /// False when the asker must not learn whether there is such an account (XEP-0030 §8).
  func performAccountInformation(_ request: Request) throws -> Bool {
    guard try self.visibleAccount(request) != nil else { return false }
    if let node = request.payload.attribute("node") {
      // XEP-0060 §5.4.
      if let owner = try self.visibleAccount(request),
        try self.store.nodeConfiguration(of: owner.id, node: node) != nil,
        try self.mayRead(node, of: owner, request.account)
      {
        request.succeed(
          DiscoveryElements.information(
            node: node, identities: [("pubsub", "leaf", nil)],
            features: [PubSubElements.namespace]))
      } else {
        request.fail(.itemNotFound)
      }
      return true
    }
    request.succeed(
      DiscoveryElements.information(
        node: nil, identities: [("account", "registered", nil), ("pubsub", "pep", nil)],
        features: DiscoveryElements.accountFeatures(self)))
    return true
  }

  /// The account's nodes that the asker may read.
  func performAccountItems(_ request: Request) throws -> Bool {
    guard let owner = try self.visibleAccount(request) else { return false }
    if let node = request.payload.attribute("node") {
      try self.performNodeItems(node, of: owner, request)
      return true
    }
    let nodes = try self.store.nodes(of: owner.id).filter {
      try self.mayRead($0, of: owner, request.account)
    }
    request.succeed(
      Element(
        "query", namespace: DiscoveryElements.items, [:],
        nodes.map {
          Element(
            "item", namespace: DiscoveryElements.items,
            ["jid": owner.address.text, "node": $0])
        }))
    return true
  }

  /// The items of a node (XEP-0060 §5.5).
  private func performNodeItems(_ node: String, of owner: Account, _ request: Request) throws {
    guard try self.store.nodeConfiguration(of: owner.id, node: node) != nil,
      try self.mayRead(node, of: owner, request.account)
    else { return request.fail(.itemNotFound) }
    let items = try self.store.items(
      of: owner.id, node: node, limit: PubSubElements.itemLimit)
    request.succeed(
      Element(
        "query", namespace: DiscoveryElements.items, ["node": node],
        items.map {
          Element(
            "item", namespace: DiscoveryElements.items,
            ["jid": owner.address.text, "name": $0.id])
        }))
  }

  private func visibleAccount(_ request: Request) throws -> Account? {
    if request.isForOwnAccount { return request.account }
    guard let to = request.to, let owner = try self.account(at: to) else { return nil }
    return try self.isSubscribed(request.account, to: owner) ? owner : nil
  }

  /// Whether `watcher` is told of the presence of `owner`, or is the same.
  func isSubscribed(_ watcher: Account, to owner: Account) throws -> Bool {
    if watcher === owner { return true }
    if self.isBlocked(watcher.address, by: owner) { return false }
    return try self.store.rosterItem(of: owner.id, contact: watcher.address.text)?
      .subscription.includesFrom ?? false
  }
}
