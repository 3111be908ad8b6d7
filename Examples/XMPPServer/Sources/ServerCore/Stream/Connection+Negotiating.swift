import MDM
import MDMXMPP
import StreamSecurity
import XMLStream

// Streams from their header to the point where a resource can be bound (RFC 6120 §4–6).
extension Connection {
  /// What the parser has found; false when the bytes behind it belong to another stream.
  func handle(_ event: StreamEvent) -> Bool {
    if let recorder = self.server.recorder { self.record(event, by: recorder) }
    switch event {
    case .header(let header):
      self.open(header)
      return self.isOpen
    case .end:
      self.endByPeer()
      return false
    case .element(let element, let received):
      switch self.phase {
      case .negotiating: return self.negotiate(element)
      case .binding(let account): self.bind(element, received, account)
      case .bound(let session): session.handle(element, received)
      case .securing, .opening, .closing, .closed: break
      }
      return self.isOpen && self.delayedAnswer == nil
    }
  }

  /// The client closed its end in good order.
  private func endByPeer() {
    self.leaveInOrder()
    if !self.hasOpened { self.sendHeader(to: nil) }
    self.closeStream()
  }

  // MARK: - Headers

  private func open(_ header: StreamHeader) {
    self.sendHeader(to: header.from)
    guard header.name == "stream", header.namespace == Namespaces.stream else {
      return self.fail(.init(.invalidNamespace, "no stream"))
    }
    guard header.contentNamespace == Namespaces.client else {
      return self.fail(.init(.invalidNamespace, "this port is for clients"))
    }
    guard header.version?.hasPrefix("1.") == true else {
      return self.fail(.init(.unsupportedVersion, "1.0 is spoken here"))
    }
    if let to = header.to, (try? JID(to))?.text != self.server.domain {
      return self.fail(.init(.hostUnknown, "not served here"))
    }
    if let account = self.account {
      self.phase = .binding(account)
      self.send(StreamFeatures.afterAuthentication)
    } else {
      self.phase = .negotiating
      self.sendFeatures()
    }
  }

  func sendHeader(to: String?) {
    self.hasOpened = true
    let header = StreamFeatures.header(
      id: SecureRandom.token(16), domain: self.server.domain,
      to: to.flatMap { try? JID($0) }?.text)
    self.append { $0 += header }
    self.server.noteDirty(self)
  }

  /// Which channel bindings TLS gives on this connection, the strongest first.
  var channelBindings: [ChannelBindingType] {
    let available = self.tls?.channelBindings ?? [:]
    return ChannelBindingType.allCases.filter { available[$0] != nil }
  }

  /// What a client may prove itself with here, now.
  var mechanisms: [SASLMechanism] {
    if self.tls == nil, self.server.settings.tls == .required { return [] }
    return SASLMechanism.offered(isEncrypted: self.isEncrypted, bindings: self.channelBindings)
  }

  private func sendFeatures() {
    let settings = self.server.settings
    self.send(
      StreamFeatures.beforeAuthentication(
        startTLS: self.tls == nil && self.server.tlsContext != nil,
        requiresTLS: settings.tls == .required, mechanisms: self.mechanisms,
        bindings: self.channelBindings, registration: settings.registration))
  }

  // MARK: - TLS

  private func negotiate(_ element: Element) -> Bool {
    switch (element.name, element.namespace) {
    case ("starttls", StreamNamespaces.tls):
      return self.startTLS()
    case (_, StreamNamespaces.sasl):
      self.authenticate(element)
    case ("iq", Namespaces.client):
      self.server.registration(element, on: self)
    default:
      self.fail(.init(.notAuthorized, "sign in first"))
    }
    // After success the client opens a new stream.
    if self.account != nil { return false }
    return self.isOpen && self.delayedAnswer == nil
  }

  private func startTLS() -> Bool {
    guard self.tls == nil, self.server.tlsContext != nil else {
      self.send(Element("failure", namespace: StreamNamespaces.tls))
      self.closeStream()
      return false
    }
    self.send(Element("proceed", namespace: StreamNamespaces.tls))
    // The answer is the last thing in plain text, so it has to be out before the handshake begins.
    self.flush()
    guard self.isOpen else { return false }
    self.beginHandshake()
    self.restarts = true
    return false
  }

  /// Begins the TLS handshake: at once on a port for direct TLS, else after STARTTLS.
  func beginHandshake() {
    guard let context = self.server.tlsContext else { return self.lost("no TLS") }
    do {
      self.tls = try TLSSession(context: context, fileDescriptor: self.descriptor)
    } catch {
      return self.lost("\(error)")
    }
    self.phase = .securing
    self.hasOpened = false
  }

  func continueHandshake() {
    if self.tls == nil { self.beginHandshake() }
    guard let tls = self.tls else { return }
    switch tls.handshake() {
    case .done:
      self.phase = .opening
      self.setInterest(.readable)
      self.server.log.debug(
        "tls.done", ["peer": self.peer, "protocol": tls.protocolName, "cipher": tls.cipherName])
      self.readSome()
    case .wantsRead:
      self.setInterest(.readable)
    case .wantsWrite:
      self.setInterest([.readable, .writable])
    case .failed(let error):
      self.server.log.info("tls.failed", ["peer": self.peer, "text": "\(error)"])
      self.lost("\(error)")
    }
  }
}
