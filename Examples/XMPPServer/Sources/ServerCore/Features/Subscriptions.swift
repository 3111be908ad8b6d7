import MDM
import MDMXMPP
import ServerStorage

// Presence subscriptions between accounts of this server (RFC 6121 §3 and appendix A).
//
//  a device says   on its own roster                      on the contact's
//  subscribe       asks, unless it has it                  a pending request, or granted at once
//  subscribed      from; the request is answered           to, if it had asked
//  unsubscribe     not to, asks no more                    not from; no request
//  unsubscribed    not from; no request, no approval       not to, asks no more
extension XMPPServer {
  func performSubscription(
    _ element: Element, _ stanza: Stanza, to: JID, from session: ClientSession
  ) {
    let account = session.account
    let contact = to.bare
    guard contact != account.address, contact.local != nil else { return }
    guard self.isLocal(contact) else {
      return self.answer(element, .remoteServerNotFound, to: session)
    }
    if self.isBlocked(contact, by: account) {
      return self.answer(
        element, .notAcceptable,
        detail: Element("blocked", namespace: "urn:xmpp:blocking:errors"), to: session)
    }
    let type = element.attribute("type") ?? ""
    self.attempt("subscription") {
      switch type {
      case "subscribe":
        try self.subscribe(account, to: contact, element, session)
      case "subscribed":
        try self.grant(account, to: contact, element)
      case "unsubscribe":
        try self.unsubscribe(account, from: contact, element)
      case "unsubscribed":
        try self.revoke(account, from: contact, element)
      case "probe":
        if let other = try self.account(at: contact) { self.probe(other, for: session) }
      default:
        break
      }
    }
  }

  // MARK: - Asking

  private func subscribe(
    _ account: Account, to contact: JID, _ element: Element, _ session: ClientSession
  ) throws {
    var item = try self.item(of: account, for: contact)
    let isNew = try self.store.rosterItem(of: account.id, contact: contact.text) == nil
    if isNew, try self.store.rosterCount(of: account.id) >= self.settings.limits.rosterItems {
      return self.answer(element, .resourceConstraint, to: session)
    }
    if !item.subscription.includesTo, !item.ask {
      item.ask = true
      try self.change(item, of: account)
    }
    guard let other = try self.account(at: contact), !self.isBlocked(account.address, by: other)
    else { return }
    var theirs = try self.item(of: other, for: account.address)
    if theirs.subscription.includesFrom || theirs.approved {
      if theirs.approved, !theirs.subscription.includesFrom {
        theirs.subscription.addFrom()
        try self.change(theirs, of: other)
      }
      return try self.noteGranted(by: other, to: account, nil)
    }
    let stanza = self.addressed(element, from: account.address, to: contact)
    try self.store.setPendingRequest(
      of: other.id, contact: account.address.text, stanza: stanza.payload)
    self.service.receive(stanza, for: other.handle, at: self.now)
  }

  // MARK: - Granting

  private func grant(_ account: Account, to contact: JID, _ element: Element) throws {
    var item = try self.item(of: account, for: contact)
    let request = try self.store.pendingRequest(of: account.id, contact: contact.text)
    guard request != nil else {
      // Nobody has asked yet: approved in advance (RFC 6121 §3.4).
      if item.subscription.includesFrom || item.approved { return }
      item.approved = true
      return try self.change(item, of: account)
    }
    try self.store.removePendingRequest(of: account.id, contact: contact.text)
    item.subscription.addFrom()
    try self.change(item, of: account)
    guard let other = try self.account(at: contact) else { return }
    try self.noteGranted(by: account, to: other, element)
  }

  /// The contact is told that it has been granted what it asked for, and sees who is there.
  private func noteGranted(
    by account: Account, to other: Account, _ element: Element?
  ) throws {
    var item = try self.item(of: other, for: account.address)
    let hadAsked = item.ask
    guard hadAsked || item.subscription.includesTo else { return }
    item.ask = false
    item.subscription.addTo()
    if hadAsked { try self.change(item, of: other) }
    let answer =
      element
      ?? Element("presence", namespace: Namespaces.client, ["type": "subscribed"])
    self.service.receive(
      self.addressed(answer, from: account.address, to: other.address), for: other.handle,
      at: self.now)
    for session in account.sessions {
      guard let presence = session.presence else { continue }
      self.service.receive(
        presence.addressed(to: other.address.text), for: other.handle, at: self.now)
    }
  }

  // MARK: - Giving up

  func unsubscribe(_ account: Account, from contact: JID, _ element: Element) throws {
    var item = try self.item(of: account, for: contact)
    if item.subscription.includesTo || item.ask {
      item.subscription.removeTo()
      item.ask = false
      try self.change(item, of: account)
    }
    guard let other = try self.account(at: contact) else { return }
    try self.store.removePendingRequest(of: other.id, contact: account.address.text)
    var theirs = try self.item(of: other, for: account.address)
    if theirs.subscription.includesFrom {
      theirs.subscription.removeFrom()
      try self.change(theirs, of: other)
      self.withdrawPresence(of: other, from: account)
    }
    self.service.receive(
      self.addressed(element, from: account.address, to: contact), for: other.handle, at: self.now)
  }

  func revoke(_ account: Account, from contact: JID, _ element: Element) throws {
    var item = try self.item(of: account, for: contact)
    let hadRequest = try self.store.pendingRequest(of: account.id, contact: contact.text) != nil
    try self.store.removePendingRequest(of: account.id, contact: contact.text)
    let hadSubscriber = item.subscription.includesFrom
    if hadSubscriber || item.approved {
      item.subscription.removeFrom()
      item.approved = false
      try self.change(item, of: account)
    }
    guard hadSubscriber || hadRequest, let other = try self.account(at: contact) else { return }
    var theirs = try self.item(of: other, for: account.address)
    if theirs.subscription.includesTo || theirs.ask {
      theirs.subscription.removeTo()
      theirs.ask = false
      try self.change(theirs, of: other)
    }
    if hadSubscriber { self.withdrawPresence(of: account, from: other) }
    self.service.receive(
      self.addressed(element, from: account.address, to: contact), for: other.handle, at: self.now)
  }

  /// Whoever may no longer know is told that nobody is there.
  private func withdrawPresence(of account: Account, from other: Account) {
    for session in account.sessions where session.isAvailable {
      self.service.receive(
        self.unavailable(from: session.address).addressed(to: other.address.text),
        for: other.handle, at: self.now)
    }
  }

  // MARK: - Parts

  /// The item, or what stands for one that is not there.
  private func item(of account: Account, for contact: JID) throws -> RosterItem {
    try self.store.rosterItem(of: account.id, contact: contact.text)
      ?? RosterItem(contact: contact.text)
  }

  /// Stores a changed item and tells the user's devices; one that says nothing is not kept.
  private func change(_ item: RosterItem, of account: Account) throws {
    try self.store.setRosterItem(item, of: account.id)
    self.pushRoster(RosterElements.item(item), of: account)
  }

  /// The stanza between bare addresses, as subscriptions are (RFC 6121 §3.1.2).
  private func addressed(_ element: Element, from: JID, to: JID) -> Stanza {
    var attributes: [Element.Attribute] = [.init("from", from.bareText), .init("to", to.bareText)]
    attributes += element.attributes.filter {
      $0.prefix != nil || !["from", "to"].contains($0.name)
    }
    let addressed = Element(
      name: "presence", namespace: Namespaces.client, attributes: attributes,
      children: element.children)
    return Stanza(
      .subscription, source: from.bareText, destination: to.bareText,
      payload: addressed.serialised())
  }
}
