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
      return self.answer(element, .notAcceptable, detail: BlockingElements.error, to: session)
    }
    let type = element.attribute("type") ?? ""
    self.attempt("subscription") {
      switch type {
      case "subscribe":
        try self.subscribe(account, to: contact, element, session)
      case "subscribed":
        try self.grant(account, to: contact, element, session)
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
    guard try self.hasRoom(for: contact, of: account) else {
      return self.answer(element, .resourceConstraint, to: session)
    }
    var item = try self.item(of: account, for: contact)
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
    // RFC 6121 appendix A.3.1: a request that waits already is not shown again. Those beyond the
    // limit are not shown at all: nobody is to fill another's store.
    let pending = try self.store.pendingRequest(of: other.id, contact: account.address.text)
    guard pending == nil,
      try self.store.pendingRequestCount(of: other.id) < self.settings.limits.rosterItems
    else { return }
    let stanza = self.addressed(element, from: account.address, to: contact)
    try self.store.setPendingRequest(
      of: other.id, contact: account.address.text, stanza: stanza.payload)
    self.service.receive(stanza, for: other.handle, at: self.now)
  }

  // MARK: - Granting

  private func grant(
    _ account: Account, to contact: JID, _ element: Element, _ session: ClientSession
  ) throws {
    guard try self.hasRoom(for: contact, of: account) else {
      return self.answer(element, .resourceConstraint, to: session)
    }
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
    let answer =
      element
      ?? Element("presence", namespace: Namespaces.client, ["type": "subscribed"])
    // RFC 6121 §3.1.6: the answer comes before the push.
    self.tell(other, answer, from: account)
    if hadAsked { try self.change(item, of: other) }
    for session in account.sessions {
      if let presence = session.presence {
        self.deliver(presence, of: session, to: other.address)
      }
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
    let hadRequest = try self.store.removePendingRequest(
      of: other.id, contact: account.address.text)
    var theirs = try self.item(of: other, for: account.address)
    let hadSubscriber = theirs.subscription.includesFrom
    // RFC 6121 appendix A.3.2: who neither was subscribed nor had asked changes nothing.
    guard hadRequest || hadSubscriber else { return }
    self.tell(other, element, from: account)
    guard hadSubscriber else { return }
    theirs.subscription.removeFrom()
    try self.change(theirs, of: other)
    self.withdrawPresence(of: other, from: account)
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
    if hadSubscriber { self.withdrawPresence(of: account, from: other) }
    var theirs = try self.item(of: other, for: account.address)
    guard theirs.subscription.includesTo || theirs.ask else { return }
    self.tell(other, element, from: account)
    theirs.subscription.removeTo()
    theirs.ask = false
    try self.change(theirs, of: other)
  }

  /// Whoever may no longer know is told that nobody is there.
  private func withdrawPresence(of account: Account, from other: Account) {
    for session in account.sessions where session.isAvailable {
      self.deliver(self.unavailable(from: session.address), of: session, to: other.address)
    }
  }

  // MARK: - Parts

  /// Gives what one account says to the other's devices, unless that has blocked it (XEP-0191).
  private func tell(_ other: Account, _ element: Element, from account: Account) {
    if self.isBlocked(account.address, by: other) { return }
    self.service.receive(
      self.addressed(element, from: account.address, to: other.address), for: other.handle,
      at: self.now)
  }

  /// Whether the roster has the contact or has room for it.
  private func hasRoom(for contact: JID, of account: Account) throws -> Bool {
    try self.store.rosterItem(of: account.id, contact: contact.text) != nil
      || self.store.rosterCount(of: account.id) < self.settings.limits.rosterItems
  }

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
