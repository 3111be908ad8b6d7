import MDM
import MDMXMPP
import ServerStorage

// The user's contacts (RFC 6121 §2).
extension XMPPServer {
  func performRoster(_ request: Request) throws {
    let account = request.account
    guard request.isSet else {
      request.session.wantsRoster = true
      let items = try self.store.roster(of: account.id).map { RosterElements.item($0) }
      return request.succeed(RosterElements.query(items))
    }
    let asked = request.payload.elements
    guard asked.count == 1, asked[0].isNamed("item", namespace: RosterElements.namespace),
      let contact = asked[0].attribute("jid").flatMap({ try? JID($0) })
    else { return request.fail(.badRequest) }
    if asked[0].attribute("subscription") == "remove" {
      return try self.removeContact(contact.bare, request)
    }
    let previous = try self.store.rosterItem(of: account.id, contact: contact.bareText)
    let limit = self.settings.limits.rosterItems
    if previous == nil, try self.store.rosterCount(of: account.id) >= limit {
      return request.fail(.resourceConstraint)
    }
    // RFC 6121 §2.3.3: no group twice.
    let groups = asked[0].children(where: { $0.name == "group" }).map(\.text)
    guard Set(groups).count == groups.count else { return request.fail(.badRequest) }
    guard var item = Self.edited(previous ?? RosterItem(contact: contact.bareText), by: asked[0])
    else { return request.fail(.notAcceptable) }
    // Only the server changes these (RFC 6121 §2.1.5).
    item.subscription = previous?.subscription ?? .none
    try self.store.setRosterItem(item, of: account.id)
    request.succeed()
    self.pushRoster(RosterElements.item(item), of: account)
  }

  /// The item with the name and groups that a client gives it; nil when they are not acceptable
  /// (RFC 6121 §2.3.3).
  private static func edited(_ item: RosterItem, by element: Element) -> RosterItem? {
    var item = item
    item.name = element.attribute("name").flatMap { $0.isEmpty ? nil : $0 }
    item.groups = []
    for group in element.children(where: { $0.name == "group" }) {
      let name = group.text
      guard !name.isEmpty, name.utf8.count <= 1_023 else { return nil }
      item.groups.append(name)
    }
    guard item.groups.count <= 64, item.name?.utf8.count ?? 0 <= 1_023 else { return nil }
    return item
  }

  private func removeContact(_ contact: JID, _ request: Request) throws {
    let account = request.account
    guard try self.store.rosterItem(of: account.id, contact: contact.text) != nil else {
      return request.fail(.itemNotFound)
    }
    // RFC 6121 §2.5.2: the server gives both directions up on the user's behalf.
    let give = { (type: String) in
      Element("presence", namespace: Namespaces.client, ["type": type])
    }
    try self.unsubscribe(account, from: contact, give("unsubscribe"))
    try self.revoke(account, from: contact, give("unsubscribed"))
    try self.store.removeRosterItem(of: account.id, contact: contact.text)
    request.succeed()
    self.pushRoster(RosterElements.removed(contact.text), of: account)
  }

  /// Tells the user's devices that have asked for the roster (RFC 6121 §2.1.6).
  func pushRoster(_ item: Element, of account: Account) {
    for session in account.sessions where session.wantsRoster {
      self.push(RosterElements.query([item]), to: session)
    }
  }

  /// Sends a request of the account's to a device, through the engine: it comes in order with
  /// what was held, which it flushes (B6).
  func push(_ payload: Element, to session: ClientSession) {
    let id = "push-\(self.nextID())"
    let bytes = Element(
      "iq", namespace: Namespaces.client,
      [
        "type": "set", "from": session.account.address.text, "to": session.address.full, "id": id,
      ], [payload]
    ).serialised()
    guard let device = session.address.deviceName else { return }
    self.service.receive(
      Stanza(
        .request, flags: .answer, id: id, source: session.account.address.text,
        destination: session.address.full, payload: bytes),
      for: session.account.handle, to: .device(device), at: self.now)
  }
}
