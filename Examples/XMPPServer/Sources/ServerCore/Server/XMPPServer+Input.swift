import MDM
import MDMXMPP

// What an element from a device asks, and who sees to it.
extension XMPPServer {
  func perform(_ input: ClientInput, _ element: Element, from session: ClientSession) {
    self.totals.stanzas += 1
    switch input {
    case .message(let message):
      self.send(message, element, from: session)
    case .presence(let presence, let stanza):
      self.setPresence(presence, stanza, element, of: session)
    case .directedPresence(let to, let stanza):
      self.sendDirected(stanza, element, to: to, of: session)
    case .subscription(let to, let stanza):
      self.performSubscription(element, stanza, to: to, from: session)
    case .clientState(let mode):
      self.log.debug("session.state", ["user": session.address.full, "mode": "\(mode)"])
      self.service.setMode(mode, of: session.device, at: self.now)
      session.isQuiet = mode == .quiet
      // After what was held for it, so that nothing comes twice.
      if !session.isQuiet { self.sendWaitingIfWanted(to: session) }
    case .carbons(let isEnabled, let id):
      self.answer(id, from: session) {
        if isEnabled, let refusal = self.mdmRefusal(of: session) {
          return .refused(.notEligible(refusal))
        }
        return self.service.requestMDM(isEnabled, by: session.device, at: self.now)
      }
      session.noteCopiesBegin()
    case .silent(let isSilent, let id):
      session.isQuiet = false
      self.answer(id, from: session) {
        self.service.setMode(isSilent ? .silent : .normal, of: session.device, at: self.now)
      }
    case .displayedSync, .displayedQuery:
      preconditionFailure("The node of read marks is the server's own (B48).")
    case .request(let to, let stanza):
      // Any iq flushes what is held, whoever answers it (B6).
      self.service.noteRequest(from: session.device, at: self.now)
      self.performRequest(element, stanza, to: to, from: session)
    case .streamManagement(let input):
      self.manage(input, of: session)
    case .rejected(let rejection):
      self.reject(rejection, from: session)
    }
  }

  /// Switches something of the engine and answers as it does.
  private func answer(
    _ id: String, from session: ClientSession, _ change: () -> Outcome
  ) {
    self.service.noteRequest(from: session.device, at: self.now)
    switch change() {
    case .refused:
      session.send(self.binding.error(for: id, to: session.address, .forbidden))
    case .ignored(.notMultipleDevice):
      session.send(self.binding.error(for: id, to: session.address, .notAllowed))
    case .done, .ignored, .opened, .signedIn:
      session.send(self.binding.result(for: id, to: session.address))
    }
  }

  private func reject(_ rejection: StanzaRejection, from session: ClientSession) {
    // An iq that is malformed in itself still is one, so what waits comes before its answer.
    if rejection.element == "iq" { self.service.noteRequest(from: session.device, at: self.now) }
    if let bytes = self.binding.bytes(for: rejection, to: session.address) {
      if rejection.namespace == Namespaces.streamManagement {
        session.connection?.send(bytes)
      } else {
        session.send(bytes)
      }
      return
    }
    let isStanza = ["message", "presence", "iq"].contains(rejection.element)
    if isStanza, rejection.namespace == Namespaces.client { return }
    session.connection?.fail(
      .init(.unsupportedStanzaType, "\(rejection.element) is not understood"))
  }

  // MARK: - Stream management

  private func manage(_ input: StreamManagementInput, of session: ClientSession) {
    guard let connection = session.connection else { return }
    switch input {
    case .enable(let wantsResumption, _):
      guard session.management == nil else {
        return connection.send(StreamManagement.failed(.unexpectedRequest))
      }
      let management = StreamManagement(
        resumptionID: wantsResumption ? self.makeResumptionID() : nil)
      // Sent before it counts: what is on its way already is not part of it.
      let window = self.service.configuration.values.resumeWindow.components.seconds
      connection.send(management.enabled(maximum: window))
      session.management = management
    case .resume:
      connection.send(StreamManagement.failed(.unexpectedRequest))
    case .request:
      guard let management = session.management else { return }
      connection.send(management.answer)
    case .acknowledge(let handled):
      guard let management = session.management else { return }
      guard management.accepts(handled) else {
        return connection.fail(
          .init(
            .undefinedCondition, "more is acknowledged than was sent",
            detail: Element(
              "handled-count-too-high", namespace: Namespaces.streamManagement,
              ["h": "\(handled)", "send-count": "\(management.sent)"])))
      }
      session.acknowledge(handled)
    }
  }
}
