import MDM
import MDMXMPP
import ServerStorage
import StreamSecurity

/// The elements of in-band registration (XEP-0077).
enum RegistrationElements {
  static let namespace = "jabber:iq:register"

  /// What has to be filled in.
  static let form = Element(
    "query", namespace: Self.namespace, [:],
    [
      Element(
        "instructions", namespace: Self.namespace, text: "Choose a user name and a password."),
      Element("username", namespace: Self.namespace),
      Element("password", namespace: Self.namespace),
    ])

  static func registered(_ username: String) -> Element {
    Element(
      "query", namespace: Self.namespace, [:],
      [
        Element("registered", namespace: Self.namespace),
        Element("username", namespace: Self.namespace, text: username),
      ])
  }
}

// Accounts that their users make, change and remove themselves.
extension XMPPServer {
  /// A request on a stream that nobody has signed in to yet; everything but registering is
  /// refused.
  func registration(_ element: Element, on connection: Connection) {
    guard self.settings.registration,
      let query = element.child("query", namespace: RegistrationElements.namespace),
      connection.isEncrypted || self.settings.tls != .required
    else {
      return connection.fail(.init(.notAuthorized, "sign in first"))
    }
    func answer(_ type: String, _ children: [Element]) {
      connection.send(
        Element(
          "iq", namespace: Namespaces.client,
          ["type": type, "from": self.domain, "id": element.attribute("id")], children))
    }
    if element.attribute("type") == "get" { return answer("result", [RegistrationElements.form]) }
    guard element.attribute("type") == "set" else {
      return connection.fail(.init(.notAuthorized, "sign in first"))
    }
    guard let condition = self.register(query, from: connection) else {
      return answer("result", [])
    }
    answer("error", [StanzaAnswers.error(condition)])
  }

  /// Makes an account; returns why not.
  private func register(_ query: Element, from connection: Connection) -> StanzaCondition? {
    let namespace = RegistrationElements.namespace
    guard let username = query.child("username", namespace: namespace)?.text,
      let password = query.child("password", namespace: namespace)?.text,
      let local = Account.localPart(username, domain: self.domain)
    else { return .notAcceptable }
    // Making accounts is slowed down like guessing passwords, by address.
    guard self.guardian.mayRegister(from: connection.peer, at: self.now) else {
      return .resourceConstraint
    }
    do {
      let keys = try Credentials.make(password: password)
      if try self.store.account(named: local) != nil { return .conflict }
      _ = try self.store.createAccount(local, credentials: keys)
      self.log.info("account.registered", ["user": local, "peer": connection.peer])
      return nil
    } catch is SASLError {
      return .notAcceptable
    } catch {
      self.log.error("account.failed", ["user": local, "text": "\(error)"])
      return .internalServerError
    }
  }

  /// What a user who is signed in does with the own account (XEP-0077 §3.2, §3.3).
  func performRegistration(_ request: Request) throws {
    let account = request.account
    guard let local = account.address.local else { return request.fail(.badRequest) }
    guard request.isSet else { return request.succeed(RegistrationElements.registered(local)) }
    let namespace = RegistrationElements.namespace
    if request.payload.child("remove", namespace: namespace) != nil {
      return try self.remove(account, request)
    }
    guard let password = request.payload.child("password", namespace: namespace)?.text,
      let named = request.payload.child("username", namespace: namespace)?.text,
      Account.localPart(named, domain: self.domain) == local
    else { return request.fail(.badRequest) }
    do {
      try self.store.setCredentials(try Credentials.make(password: password), of: account.id)
    } catch is SASLError {
      return request.fail(.notAcceptable)
    }
    self.log.info("account.password", ["user": local])
    request.succeed()
  }

  /// The account goes, with everything that is its.
  private func remove(_ account: Account, _ request: Request) throws {
    guard self.settings.registration else { return request.fail(.notAllowed) }
    request.succeed()
    for contact in self.storeList({ try self.store.roster(of: account.id) }) {
      guard let address = try? JID(contact.contact) else { continue }
      let give = { Element("presence", namespace: Namespaces.client, ["type": $0]) }
      try self.unsubscribe(account, from: address, give("unsubscribe"))
      try self.revoke(account, from: address, give("unsubscribed"))
    }
    for session in account.sessions {
      let connection = session.connection
      session.end(because: "account removed")
      connection?.fail(.init(.notAuthorized, "the account is removed"))
    }
    self.service.close(account.handle, at: self.now)
    self.appendArchive()
    self.accounts[account.address.accountName] = nil
    _ = try self.store.removeAccount(account.id)
    self.log.info("account.removed", ["user": account.address.text])
  }
}

/// A password as the store keeps it.
public enum Credentials {
  /// Salted keys for each mechanism.
  ///
  /// - Throws: `SASLError` for what cannot be a password.
  public static func make(password: String) throws(SASLError) -> [StoredCredential] {
    let prepared = try PreparedPassword(password)
    var credentials: [StoredCredential] = []
    for hash in SCRAMHash.allCases {
      let keys = try SCRAMKeys(password: prepared, hash: hash)
      credentials.append(
        StoredCredential(
          mechanism: hash.mechanismName, salt: keys.salt, iterations: keys.iterations,
          storedKey: keys.storedKey, serverKey: keys.serverKey))
    }
    return credentials
  }
}

extension SCRAMHash {
  /// The name under which its keys are stored.
  public var mechanismName: String { "SCRAM-\(self.rawValue)" }
}
