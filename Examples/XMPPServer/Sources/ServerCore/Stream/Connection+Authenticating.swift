import MDM
import MDMXMPP
import ServerStorage
import StreamSecurity

// Who the client is (RFC 6120 §6).
extension Connection {
  func authenticate(_ element: Element) {
    switch element.name {
    case "auth":
      guard self.exchange == nil else { return self.refuse(SASLFailure(.malformedRequest, "")) }
      guard let name = element.attribute("mechanism"),
        let mechanism = SASLMechanism(rawValue: name)
      else { return self.refuse(SASLFailure(.invalidMechanism, "")) }
      guard self.mechanisms.contains(mechanism) else {
        let needsTLS = self.tls == nil && self.server.tlsContext != nil
        return self.refuse(SASLFailure(needsTLS ? .encryptionRequired : .invalidMechanism, ""))
      }
      self.exchange = self.makeExchange(mechanism)
      // RFC 6120 §6.4.2: "=" stands for an initial response without bytes.
      let text = element.text
      if text == "=" { return self.respond([]) }
      if text.isEmpty { return self.respond(nil) }
      self.respond(encoded: text)
    case "response":
      guard self.exchange != nil else { return self.refuse(SASLFailure(.malformedRequest, "")) }
      self.respond(encoded: element.text == "=" ? "" : element.text)
    case "abort":
      self.refuse(SASLFailure(.aborted, ""))
    default:
      self.refuse(SASLFailure(.malformedRequest, ""))
    }
  }

  private func makeExchange(_ mechanism: SASLMechanism) -> SASLExchange {
    let (store, domain) = (self.server.store, self.server.domain)
    return SASLExchange(
      mechanism: mechanism,
      policy: SASLPolicy(
        isEncrypted: self.isEncrypted, channelBindings: self.tls?.channelBindings ?? [:],
        decoySecret: self.server.decoySecret),
      lookUp: { username, hash in
        guard let local = Account.localPart(username, domain: domain),
          let account = try? store.account(named: local),
          let credentials = try? store.credentials(of: account),
          let stored = credentials.first(where: { $0.mechanism == hash.mechanismName })
        else { return nil }
        return try? SCRAMKeys(
          hash: hash, salt: stored.salt, iterations: stored.iterations,
          storedKey: stored.storedKey, serverKey: stored.serverKey)
      })
  }

  private func respond(encoded text: String) {
    guard let bytes = Base64.decode(text) else {
      return self.refuse(SASLFailure(.incorrectEncoding, ""))
    }
    self.respond(bytes)
  }

  private func respond(_ bytes: [UInt8]?) {
    guard let step = self.exchange?.respond(bytes) else {
      return self.refuse(SASLFailure(.malformedRequest, ""))
    }
    switch step {
    case .challenge(let bytes):
      self.send(
        Element("challenge", namespace: StreamNamespaces.sasl, text: Base64.encode(bytes)))
    case .success(let username, let authorizationID, let additionalData):
      self.succeed(username, authorizationID, additionalData)
    case .failure(let failure):
      self.refuse(failure)
    }
  }

  private func succeed(_ username: String, _ authorizationID: String?, _ data: [UInt8]) {
    self.exchange = nil
    guard let local = Account.localPart(username, domain: self.server.domain),
      let account = try? self.server.account(local: local)
    else { return self.refuse(SASLFailure(.temporaryAuthFailure, "")) }
    // RFC 6120 §6.3.8: nobody acts for anybody else here.
    if let authorizationID, (try? JID(authorizationID)) != account.address {
      return self.refuse(SASLFailure(.invalidAuthzid, ""))
    }
    self.server.guardian.noteSuccess(from: self.peer)
    self.server.log.info(
      "auth.success",
      ["user": account.address.text, "peer": self.peer, "tls": self.tls?.protocolName ?? "off"])
    self.send(
      Element(
        "success", namespace: StreamNamespaces.sasl,
        text: data.isEmpty ? "" : Base64.encode(data)))
    self.account = account
    self.hasOpened = false
    self.phase = .opening
    self.restarts = true
  }

  // MARK: - Refusing

  /// Answers a failed attempt, the later the more of them have come from the same address, and
  /// ends the stream after too many on this connection.
  private func refuse(_ failure: SASLFailure) {
    self.exchange = nil
    let condition = Element(failure.condition.rawValue, namespace: StreamNamespaces.sasl)
    let answer = Element("failure", namespace: StreamNamespaces.sasl, [:], [condition])
      .serialised(inside: Namespaces.client)
    guard failure.mayBeGuess else { return self.send(answer) }
    self.failures += 1
    let delay = self.server.guardian.noteFailure(from: self.peer, at: self.server.now)
    self.server.log.warning(
      "auth.failure",
      ["peer": self.peer, "condition": failure.condition.rawValue, "attempt": "\(self.failures)"])
    guard delay > .zero else { return self.giveAnswer(answer) }
    self.delayedAnswer = answer
    self.setInterest([])
    self.setDeadline(self.server.now.advanced(by: delay))
  }

  func giveDelayedAnswer(_ answer: [UInt8]) {
    self.delayedAnswer = nil
    self.setInterest(.readable)
    self.setDeadline(self.server.now.advanced(by: self.server.settings.limits.handshakeTimeout))
    self.giveAnswer(answer)
    // What was read or decrypted already, no socket tells of.
    if self.isOpen { self.server.noteUnread(self) }
  }

  private func giveAnswer(_ answer: [UInt8]) {
    self.send(answer)
    if self.failures >= self.server.settings.limits.authenticationFailures {
      self.fail(.init(.policyViolation, "too many attempts"))
    }
  }
}
