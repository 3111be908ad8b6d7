import MDM
import MDMXMPP
import ServerStorage
import StreamSecurity

// Nodes of accounts: publishing, reading, being told (XEP-0163).
//
// The node of read marks (XEP-0490) is one of them; `DisplayedNode` has what it is more.
extension XMPPServer {
  func performPubSub(_ request: Request) throws {
    guard let owner = try self.account(at: request.to ?? request.account.address) else {
      return request.fail(.serviceUnavailable)
    }
    let pubsub = request.payload
    guard let action = pubsub.elements.first(where: { $0.name != "publish-options" }) else {
      return request.fail(.badRequest)
    }
    if pubsub.namespace == PubSubElements.namespace, action.name == "items", !request.isSet {
      return try self.performItems(action, of: owner, request)
    }
    guard owner === request.account else { return request.fail(.forbidden) }
    let known = ["publish", "retract", "create", "delete", "configure", "purge"]
    guard known.contains(action.name) else {
      return request.fail(
        .featureNotImplemented, detail: PubSubElements.error("unsupported"))
    }
    guard let node = action.attribute("node"), !node.isEmpty, node.utf8.count <= 1_023 else {
      return request.fail(.badRequest, detail: PubSubElements.error("nodeid-required"))
    }
    switch (pubsub.namespace, action.name, request.isSet) {
    case (PubSubElements.namespace, "publish", true):
      try self.performPublish(action, to: node, request)
    case (PubSubElements.namespace, "retract", true):
      try self.performRetract(action, from: node, request)
    case (PubSubElements.namespace, "create", true):
      try self.performCreate(node, request)
    case (PubSubElements.owner, "delete", true):
      try self.performDelete(node, request)
    case (PubSubElements.owner, "purge", true):
      try self.performPurge(node, request)
    case (PubSubElements.owner, "configure", _):
      try self.performConfigure(action, node, request)
    default:
      request.fail(.featureNotImplemented, detail: PubSubElements.error("unsupported"))
    }
  }

  // MARK: - Publishing

  private func performPublish(_ publish: Element, to node: String, _ request: Request) throws {
    let account = request.account
    let items = publish.children(where: { $0.name == "item" })
    guard items.count == 1 else {
      let reason = items.isEmpty ? "item-required" : "max-items-exceeded"
      return request.fail(.badRequest, detail: PubSubElements.error(reason))
    }
    guard let payload = items[0].elements.first else {
      return request.fail(.badRequest, detail: PubSubElements.error("payload-required"))
    }
    let bytes = payload.serialised()
    guard bytes.count <= self.settings.limits.pepItemBytes else {
      return request.fail(.notAcceptable, detail: PubSubElements.error("payload-too-big"))
    }
    let options = request.payload.child("publish-options", namespace: PubSubElements.namespace)?
      .child("x", namespace: DataForm.namespace).map { DataForm($0) }
    let given = items[0].attribute("id").flatMap { $0.isEmpty ? nil : $0 }
    if node == DisplayedNode.name, given.flatMap({ DisplayedNode.itemID($0) }) == nil {
      return request.fail(.badRequest)
    }
    guard let configuration = try self.configuration(of: node, options, request) else { return }
    let id = given.map { Self.itemID($0, in: node) } ?? SecureRandom.token(12)
    if node == DisplayedNode.name {
      do {
        try DisplayedNode(server: self, account: account).publish(
          id, payload, as: configuration, from: request.session)
      } catch let refusal as DisplayedNode.Refusal {
        return request.fail(refusal.answer.condition, detail: refusal.answer.detail)
      }
      return request.succeed(PubSubElements.published(id, in: node))
    }
    if configuration.persist {
      _ = try self.store.publish(
        node: node, itemID: id, payload: bytes, publisher: request.session.address.full,
        maxItems: configuration.maxItems, of: account.id)
    }
    request.succeed(PubSubElements.published(id, in: node))
    let item = Element("item", namespace: Namespaces.pubsubEvent, ["id": id], [payload])
    try self.announce(
      [item], of: node, configuration, owner: account, publisher: request.session)
  }

  /// How a node is to be; makes it if need be. Nil, with the request answered, when it is not as
  /// the publisher insists (XEP-0060 §7.1.5).
  private func configuration(
    of node: String, _ options: DataForm?, _ request: Request
  ) throws -> PEPNodeConfiguration? {
    let account = request.account.id
    let current = try self.store.nodeConfiguration(of: account, node: node)
    let base = current ?? DisplayedNode.initialConfiguration(of: node)
    guard let wanted = options.map({ base.edited(by: $0) }) ?? base, current ?? wanted == wanted
    else {
      request.fail(.conflict, detail: PubSubElements.error("precondition-not-met"))
      return nil
    }
    if current != nil { return wanted }
    // Whoever reads has marks, whatever the limit.
    let isOwed = node == DisplayedNode.name
    guard try isOwed || self.store.nodeCount(of: account) < self.settings.limits.pepNodes else {
      request.fail(.resourceConstraint, detail: PubSubElements.error("max-nodes-exceeded"))
      return nil
    }
    _ = try self.store.createNode(of: account, node: node, configuration: wanted)
    return wanted
  }

  private func performRetract(_ retract: Element, from node: String, _ request: Request) throws {
    let account = request.account
    let ids = retract.elements.compactMap { $0.attribute("id") }
      .map { Self.itemID($0, in: node) }
    guard !ids.isEmpty, ids.count == retract.elements.count else {
      return request.fail(.badRequest, detail: PubSubElements.error("item-required"))
    }
    guard let configuration = try self.store.nodeConfiguration(of: account.id, node: node) else {
      return request.fail(.itemNotFound)
    }
    let retracted = try ids.filter { try self.store.retract(of: account.id, node: node, id: $0) }
    if node == DisplayedNode.name {
      // A mark that is not there is as whoever takes it back wants it.
      try DisplayedNode(server: self, account: account).forget(ids)
    } else if retracted.isEmpty {
      return request.fail(.itemNotFound)
    }
    request.succeed()
    guard !retracted.isEmpty, ["1", "true"].contains(retract.attribute("notify") ?? "") else {
      return
    }
    try self.announce(
      retracted.map { Element("retract", namespace: Namespaces.pubsubEvent, ["id": $0]) },
      of: node, configuration, owner: account, publisher: request.session)
  }

  /// The name of an item as it is compared: in the node of read marks it is an address.
  private static func itemID(_ text: String, in node: String) -> String {
    node == DisplayedNode.name ? DisplayedNode.itemID(text) ?? text : text
  }

  // MARK: - Nodes

  private func performPurge(_ node: String, _ request: Request) throws {
    try self.performRemoval("purge", of: node, request) { try self.store.purge(of: $0, node: node) }
  }

  private func performDelete(_ node: String, _ request: Request) throws {
    try self.performRemoval("delete", of: node, request) {
      try self.store.deleteNode(of: $0, node: node)
    }
  }

  /// Removes all items of a node. Whoever is told of items is told that there are none any more
  /// (XEP-0060 §8.4.3, §8.5.3).
  private func performRemoval(
    _ name: String, of node: String, _ request: Request, _ remove: (AccountID) throws -> Void
  ) throws {
    let account = request.account
    guard let configuration = try self.store.nodeConfiguration(of: account.id, node: node) else {
      return request.fail(.itemNotFound)
    }
    try remove(account.id)
    if node == DisplayedNode.name {
      try DisplayedNode(server: self, account: account).forgetAll()
    }
    request.succeed()
    let event = PubSubElements.event(
      Element(name, namespace: Namespaces.pubsubEvent, ["node": node]), from: account.address)
    try self.announce(
      event, of: node, configuration, owner: account, publisher: request.session)
  }

  private func performCreate(_ node: String, _ request: Request) throws {
    let form = request.payload.child("configure", namespace: PubSubElements.namespace)?
      .child("x", namespace: DataForm.namespace).map { DataForm($0) }
    if try self.store.nodeConfiguration(of: request.account.id, node: node) != nil {
      return request.fail(.conflict)
    }
    guard try self.configuration(of: node, form, request) != nil else { return }
    request.succeed()
  }

  private func performConfigure(_ action: Element, _ node: String, _ request: Request) throws {
    let account = request.account.id
    guard let current = try self.store.nodeConfiguration(of: account, node: node) else {
      return request.fail(.itemNotFound)
    }
    guard request.isSet else {
      return request.succeed(
        Element(
          "pubsub", namespace: PubSubElements.owner, [:],
          [Element("configure", namespace: PubSubElements.owner, ["node": node], [current.form])]))
    }
    guard let form = action.child("x", namespace: DataForm.namespace),
      let edited = current.edited(by: DataForm(form))
    else { return request.fail(.notAcceptable) }
    _ = try self.store.setNodeConfiguration(edited, of: account, node: node)
    request.succeed()
  }

  // MARK: - Reading

  private func performItems(_ items: Element, of owner: Account, _ request: Request) throws {
    guard let node = items.attribute("node") else {
      return request.fail(.badRequest, detail: PubSubElements.error("nodeid-required"))
    }
    // Nothing read yet is no error: whoever signs in asks this (XEP-0490 §3).
    let isOwnMarks = node == DisplayedNode.name && owner === request.account
    guard try isOwnMarks || self.store.nodeConfiguration(of: owner.id, node: node) != nil else {
      return request.fail(.itemNotFound)
    }
    guard try self.mayRead(node, of: owner, request.account) else {
      return request.fail(
        .notAuthorized, detail: PubSubElements.error("presence-subscription-required"))
    }
    let ids = items.children(where: { $0.name == "item" }).compactMap { $0.attribute("id") }
      .map { Self.itemID($0, in: node) }
    let wanted = items.attribute("max_items").map { Int($0) ?? -1 }
    let limit = wanted ?? PubSubElements.itemLimit
    guard limit >= 0 else { return request.fail(.badRequest) }
    let found =
      ids.isEmpty
      ? try self.store.items(
        of: owner.id, node: node, limit: min(limit, PubSubElements.itemLimit))
      : try ids.prefix(PubSubElements.itemLimit).compactMap {
        try self.store.item(of: owner.id, node: node, id: $0)
      }
    request.succeed(
      Element(
        "pubsub", namespace: PubSubElements.namespace, [:],
        [
          Element(
            "items", namespace: PubSubElements.namespace, ["node": node],
            try found.map { try PubSubElements.item($0, in: PubSubElements.namespace) })
        ]))
  }

  /// Whether a node is open to whoever asks.
  func mayRead(_ node: String, of owner: Account, _ reader: Account) throws -> Bool {
    if owner === reader { return true }
    guard let configuration = try self.store.nodeConfiguration(of: owner.id, node: node) else {
      return false
    }
    switch configuration.accessModel {
    case "open": return !self.isBlocked(reader.address, by: owner)
    case "presence": return try self.isSubscribed(reader, to: owner)
    default: return false
    }
  }

  // MARK: - Events

  /// Tells everybody who may know and wants to, on the devices that want to.
  func announce(
    _ children: [Element], of node: String, _ configuration: PEPNodeConfiguration, owner: Account,
    publisher: ClientSession? = nil
  ) throws {
    try self.announce(
      PubSubElements.event(node, children, from: owner.address), of: node, configuration,
      owner: owner, publisher: publisher)
  }

  private func announce(
    _ event: Element, of node: String, _ configuration: PEPNodeConfiguration, owner: Account,
    publisher: ClientSession? = nil
  ) throws {
    var readers = [owner]
    if configuration.accessModel != "whitelist" {
      for contact in try self.store.subscribers(of: owner.id) {
        guard let address = try? JID(contact), let account = self.accounts[address.accountName],
          !self.isBlocked(address, by: owner), !self.isBlocked(owner.address, by: account)
        else { continue }
        readers.append(account)
      }
    }
    for reader in readers {
      for session in reader.sessions
      where self.wants(node, session, of: owner, publisher: publisher) {
        self.send(event, to: session)
      }
    }
  }

  /// Whether a device is to hear of a node's events: one that has said so (XEP-0163 §4.3). One that
  /// has said nothing of itself, but wants copies, hears of the read marks of its other devices.
  private func wants(
    _ node: String, _ session: ClientSession, of owner: Account, publisher: ClientSession?
  ) -> Bool {
    if let capabilities = session.capabilities { return capabilities.wants(node) }
    guard node == DisplayedNode.name, session.account === owner, session !== publisher else {
      return false
    }
    return self.service.report(on: session.device)?.isMDM ?? false
  }

  /// Sends an event through the engine: a quiet device gets the newest of each node (B8).
  private func send(_ event: Element, to session: ClientSession) {
    let addressed = Element(
      name: event.name, namespace: event.namespace,
      attributes: event.attributes + [.init("to", session.address.full)],
      children: event.children)
    guard
      let incoming = try? self.binding.incoming(
        addressed, for: session.account.address.accountName)
    else { return }
    self.service.receive(
      incoming.stanza, for: session.account.handle, to: incoming.address, at: self.now)
  }

  /// What a device that has just said what it wants has missed: each node's newest item
  /// (XEP-0163 §4.3.4).
  func sendLastItems(to session: ClientSession) {
    guard session.isAvailable, let wanted = session.capabilities?.notifies, !wanted.isEmpty else {
      return
    }
    let account = session.account
    let contacts = self.storeList { try self.store.subscriptions(of: account.id) }
      .compactMap { try? JID($0) }.filter { !self.isBlocked($0, by: account) }
      .compactMap { try? self.account(at: $0) }
    self.attempt("last items") {
      for owner in [account] + contacts {
        for node in try self.store.nodes(of: owner.id) where wanted.contains(node) {
          guard try self.mayRead(node, of: owner, account),
            try self.store.nodeConfiguration(of: owner.id, node: node)?.sendLastPublished
              == "on_sub_and_presence",
            let item = try self.store.items(of: owner.id, node: node, limit: 1).last
          else { continue }
          let element = try PubSubElements.item(item, in: Namespaces.pubsubEvent)
          self.send(PubSubElements.event(node, [element], from: owner.address), to: session)
        }
      }
    }
  }
}
