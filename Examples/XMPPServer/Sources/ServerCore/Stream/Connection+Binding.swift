import MDM
import MDMXMPP
import StreamSecurity

// A resource for the stream: a new one (RFC 6120 §7), or that of an earlier stream (XEP-0198 §5).
extension Connection {
  func bind(_ element: Element, _ received: [UInt8], _ account: Account) {
    if element.namespace == Namespaces.streamManagement {
      return self.resume(element, account)
    }
    guard element.isNamed("iq", namespace: Namespaces.client),
      element.attribute("type") == "set", let id = element.attribute("id"),
      let bind = element.child("bind", namespace: StreamNamespaces.bind)
    else {
      return self.fail(.init(.notAuthorized, "bind a resource first"))
    }
    let asked = bind.child("resource", namespace: StreamNamespaces.bind)?.text ?? ""
    let resource = asked.isEmpty ? SecureRandom.token(9) : asked
    let address: JID
    do {
      address = try account.address.with(resource: resource)
    } catch {
      return self.send(Self.bindError(id, .badRequest))
    }
    do {
      let session = try self.server.signIn(address, to: account, on: self)
      self.phase = .bound(session)
      self.setDeadline(self.server.now.advanced(by: self.server.settings.limits.idleTimeout))
    } catch {
      self.server.log.warning("session.refused", ["user": address.full, "why": "\(error)"])
      return self.send(Self.bindError(id, .resourceConstraint))
    }
    let jid = Element("jid", namespace: StreamNamespaces.bind, text: address.full)
    self.send(
      Element(
        "iq", namespace: Namespaces.client, ["type": "result", "id": id],
        [Element("bind", namespace: StreamNamespaces.bind, [:], [jid])]))
    self.server.log.info("session.bound", ["user": address.full, "peer": self.peer])
  }

  private static func bindError(_ id: String, _ condition: StanzaCondition) -> Element {
    Element(
      "iq", namespace: Namespaces.client, ["type": "error", "id": id],
      [StanzaAnswers.error(condition)])
  }

  // MARK: - Resuming

  private func resume(_ element: Element, _ account: Account) {
    guard element.name == "resume", let previous = element.attribute("previd"),
      let handled = element.attribute("h").flatMap({ UInt32($0) })
    else { return self.send(StreamManagement.failed(.unexpectedRequest)) }
    guard let session = account.sessions.first(where: { $0.management?.resumptionID == previous })
    else {
      // XEP-0198 §5: what a stream that is gone had handled is told if it is still known.
      return self.send(
        StreamManagement.failed(.itemNotFound, handled: account.endedStreams[previous]))
    }
    guard session.management?.accepts(handled) == true else {
      return self.send(StreamManagement.failed(.itemNotFound, handled: session.management?.handled))
    }
    session.acknowledge(handled)
    if session.isBeyondResuming {
      let old = session.connection
      session.end(because: "too much waits")
      old?.fail(.init(.conflict, "resumed elsewhere"))
      return self.send(StreamManagement.failed(.itemNotFound, handled: session.management?.handled))
    }
    self.phase = .bound(session)
    self.setDeadline(self.server.now.advanced(by: self.server.settings.limits.idleTimeout))
    session.resume(on: self)
    self.server.log.info("session.resumed", ["user": session.address.full, "peer": self.peer])
  }
}
