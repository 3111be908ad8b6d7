import MDM
import MDMXMPP

// Requests and their answers (RFC 6120 §8.2.3, RFC 6121 §8.5).
extension XMPPServer {
  func performRequest(
    _ element: Element, _ stanza: Stanza, to: JID?, from session: ClientSession
  ) {
    let type = element.attribute("type")
    if let to, !self.isLocal(to) {
      return self.answer(element, .remoteServerNotFound, to: session)
    }
    if let to, to.local != nil, self.isBlocked(to, by: session.account) {
      return self.answer(element, .notAcceptable, detail: BlockingElements.error, to: session)
    }
    if let to, to.local != nil, let device = to.deviceName {
      return self.pass(element, stanza, to: to, device, from: session)
    }
    guard type == "get" || type == "set" else {
      return self.noteAnswer(element, from: session)
    }
    guard let payload = element.elements.first else {
      return self.answer(element, .badRequest, to: session)
    }
    let request = Request(
      server: self, session: session, element: element, payload: payload, isSet: type == "set",
      to: to)
    do {
      let isKnown =
        request.to?.local == nil && request.to != nil
        ? try self.performAtServer(request) : try self.performAtAccount(request)
      if !isKnown { request.fail(.serviceUnavailable) }
    } catch {
      self.log.error("request.failed", ["user": session.address.full, "text": "\(error)"])
      request.fail(.internalServerError)
    }
  }

  /// Passes a request or an answer on to another device.
  private func pass(
    _ element: Element, _ stanza: Stanza, to: JID, _ device: DeviceName,
    from session: ClientSession
  ) {
    guard let account = self.accounts[to.accountName],
      account.session(named: to.resource ?? "") != nil,
      !self.isBlocked(session.address, by: account)
    else { return self.answer(element, .serviceUnavailable, to: session) }
    self.service.receive(stanza, for: account.handle, to: .device(device), at: self.now)
  }

  // MARK: - Whom it is for

  /// What the server itself answers; false for what it does not know.
  private func performAtServer(_ request: Request) throws -> Bool {
    switch (request.payload.namespace, request.payload.name, request.isSet) {
    case (DiscoveryElements.information, "query", false):
      self.performServerInformation(request)
    case (DiscoveryElements.items, "query", false):
      self.performServerItems(request)
    default:
      return try self.performAnywhere(request)
    }
    return true
  }

  /// What a client may ask of the server and of its own account alike.
  private func performAnywhere(_ request: Request) throws -> Bool {
    switch (request.payload.namespace, request.payload.name, request.isSet) {
    case ("urn:xmpp:ping", "ping", false):
      request.succeed()
    case ("jabber:iq:version", "query", false):
      request.succeed(SmallAnswers.version)
    case ("urn:xmpp:time", "time", false):
      request.succeed(SmallAnswers.time(of: self))
    case (RegistrationElements.namespace, "query", _):
      try self.performRegistration(request)
    case (StreamNamespaces.session, "session", true):
      request.succeed()
    default:
      return false
    }
    return true
  }

  /// What is answered for an account: the user's own, or what others may know of it.
  private func performAtAccount(_ request: Request) throws -> Bool {
    // Whoever is blocked is answered as if there were no such account (XEP-0191 §3.4).
    if let to = request.to, let owner = try self.account(at: to),
      self.isBlocked(request.session.address, by: owner)
    {
      return false
    }
    let (namespace, name) = (request.payload.namespace, request.payload.name)
    switch (namespace, name, request.isSet) {
    case (DiscoveryElements.information, "query", false):
      return try self.performAccountInformation(request)
    case (DiscoveryElements.items, "query", false):
      return try self.performAccountItems(request)
    case (PubSubElements.namespace, "pubsub", _), (PubSubElements.owner, "pubsub", _):
      try self.performPubSub(request)
      return true
    case ("vcard-temp", "vCard", _):
      return try self.performVCard(request)
    default:
      return request.isForOwnAccount ? try self.performAtOwnAccount(request) : false
    }
  }

  private func performAtOwnAccount(_ request: Request) throws -> Bool {
    switch (request.payload.namespace, request.payload.name, request.isSet) {
    case (RosterElements.namespace, "query", _):
      try self.performRoster(request)
    case (BlockingElements.namespace, _, _):
      try self.performBlocking(request)
    case (ArchiveElements.namespace, _, _):
      try self.performArchive(request)
    case ("jabber:iq:private", "query", _):
      try self.performPrivateStorage(request)
    default:
      return try self.performAnywhere(request)
    }
    return true
  }

  /// An answer to a request of the server's own.
  private func noteAnswer(_ element: Element, from session: ClientSession) {
    guard let id = element.attribute("id") else { return }
    if id.hasPrefix(Self.softwareQuestion) {
      return self.noteSoftware(answer: element, from: session)
    }
    guard id.hasPrefix(CapabilityCache.idPrefix) else { return }
    self.noteCapabilities(answer: element, id: id, from: session)
  }
}
