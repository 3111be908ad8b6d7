import MDM
import MDMXMPP
import ServerStorage

/// The elements of the blocking command (XEP-0191).
enum BlockingElements {
  static let namespace = "urn:xmpp:blocking"

  /// Tells the user why nothing can be sent there (XEP-0191 §3.5).
  static let error = Element("blocked", namespace: "urn:xmpp:blocking:errors")

  static func list(_ name: String, _ addresses: [String]) -> Element {
    Element(
      name, namespace: Self.namespace, [:],
      addresses.map { Element("item", namespace: Self.namespace, ["jid": $0]) })
  }
}

// Whom a user does not want to hear of.
extension XMPPServer {
  func performBlocking(_ request: Request) throws {
    let account = request.account
    switch (request.payload.name, request.isSet) {
    case ("blocklist", false):
      request.session.wantsBlockList = true
      request.succeed(
        BlockingElements.list("blocklist", try self.store.blockedAddresses(of: account.id)))
    case ("block", true):
      try self.block(request)
    case ("unblock", true):
      try self.unblock(request)
    default:
      request.fail(.badRequest)
    }
  }

  private func addresses(in request: Request) -> [JID]? {
    let items = request.payload.children(where: { $0.name == "item" })
    let addresses = items.compactMap { $0.attribute("jid").flatMap { try? JID($0) } }
    return addresses.count == items.count ? addresses : nil
  }

  private func block(_ request: Request) throws {
    let account = request.account
    guard let addresses = self.addresses(in: request) else { return request.fail(.jidMalformed) }
    guard !addresses.isEmpty else { return request.fail(.badRequest) }
    let count = try self.store.blockedCount(of: account.id)
    guard count + addresses.count <= self.settings.limits.blockedAddresses else {
      return request.fail(.resourceConstraint)
    }
    // The blocked see the user leave before they see nothing more (XEP-0191 §3.3).
    for address in addresses { self.hide(account, from: address) }
    for address in addresses { _ = try self.store.block(address.text, of: account.id) }
    account.blockList = nil
    try Withdrawal(of: account, addresses, at: self.now).perform()
    request.succeed()
    self.pushBlockList(BlockingElements.list("block", addresses.map(\.text)), of: account)
  }

  private func unblock(_ request: Request) throws {
    let account = request.account
    guard let addresses = self.addresses(in: request) else { return request.fail(.jidMalformed) }
    var unblocked = addresses
    if addresses.isEmpty {
      unblocked = try self.store.blockedAddresses(of: account.id).compactMap { try? JID($0) }
      _ = try self.store.unblockAll(of: account.id)
    } else {
      for address in addresses { _ = try self.store.unblock(address.text, of: account.id) }
    }
    account.blockList = nil
    request.succeed()
    self.pushBlockList(BlockingElements.list("unblock", addresses.map(\.text)), of: account)
    for address in unblocked { self.show(account, to: address) }
  }

  private func pushBlockList(_ change: Element, of account: Account) {
    for session in account.sessions where session.wantsBlockList {
      self.push(change, to: session)
    }
  }

  /// Whether the account has blocked an address: as it is, its bare form, or its domain.
  ///
  /// Nobody blocks oneself, not even with the server's domain.
  func isBlocked(_ address: JID, by account: Account) -> Bool {
    if account.blockList == nil {
      let texts = self.storeList { try self.store.blockedAddresses(of: account.id) }
      account.blockList = texts.compactMap { try? JID($0) }
    }
    guard let list = account.blockList, !list.isEmpty,
      !address.isSameAccount(as: account.address)
    else { return false }
    return list.contains { $0.covers(address) }
  }
}

extension JID {
  /// Whether blocking this address blocks another one: as it is, by its bare form, or by its domain
  /// (XEP-0191 §3).
  func covers(_ address: JID) -> Bool {
    self == address || self == address.bare
      || self.local == nil && self.isBare && self.domain == address.domain
  }
}

// What blocking changes about who sees whom.
extension XMPPServer {
  /// Blocked contacts see the user leave.
  private func hide(_ account: Account, from address: JID) {
    for other in self.subscribers(of: account, at: address) {
      for session in account.sessions where session.isAvailable {
        self.deliver(self.unavailable(from: session.address), of: session, to: other)
      }
    }
  }

  /// Contacts that are no longer blocked see the user again, and the user sees what they are now.
  private func show(_ account: Account, to address: JID) {
    for other in self.subscribers(of: account, at: address) {
      for session in account.sessions {
        if let presence = session.presence { self.deliver(presence, of: session, to: other) }
      }
    }
    for session in account.sessions where session.isAvailable {
      guard let other = try? self.account(at: address), other !== account else { continue }
      self.probe(other, for: session)
    }
  }

  /// Whoever is told of the user's presence and is at an address: a whole domain has many.
  private func subscribers(of account: Account, at address: JID) -> [JID] {
    self.storeList { try self.store.subscribers(of: account.id) }
      .compactMap { try? JID($0) }
      .filter { $0 == address.bare || address.local == nil && $0.domain == address.domain }
      .map { $0 == address.bare ? address : $0 }
  }
}
