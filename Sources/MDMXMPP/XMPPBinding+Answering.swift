public import MDMEngine
public import MDMStanza

extension XMPPBinding {
  /// The result of a request that a device made to its own account, from the account.
  public func result(for id: String, to device: JID, payload: Element? = nil) -> [UInt8] {
    Element(
      "iq", namespace: Namespaces.client,
      ["type": "result", "from": device.bareText, "to": device.full, "id": id],
      payload.map { [$0] } ?? []
    ).serialised()
  }

  /// The error that answers a request which a device made to its own account, from the account.
  public func error(
    for id: String, to device: JID, _ condition: StanzaCondition
  ) -> [UInt8] {
    Element(
      "iq", namespace: Namespaces.client,
      ["type": "error", "from": device.bareText, "to": device.full, "id": id],
      [Self.error(condition)]
    ).serialised()
  }

  /// The answer to an element that was not accepted; nil when none may be given.
  ///
  /// Errors and results are never answered (RFC 6120 §8.3.1). A stream management element gets its
  /// own kind of answer; an element that is neither is for the host to close the stream over.
  public func bytes(for rejection: StanzaRejection, to device: JID) -> [UInt8]? {
    if rejection.namespace == Namespaces.streamManagement {
      let condition = Element(
        rejection.condition.rawValue, namespace: Namespaces.stanzaErrors)
      return Element(
        "failed", namespace: Namespaces.streamManagement, [:], [condition]
      ).serialised()
    }
    guard Namespaces.holdsStanzas(rejection.namespace),
      ["message", "presence", "iq"].contains(rejection.element),
      rejection.type != "error", rejection.element != "iq" || rejection.type != "result"
    else { return nil }
    let from = rejection.to.flatMap { try? JID($0) }
    return Element(
      rejection.element, namespace: Namespaces.client,
      ["type": "error", "from": from?.full, "to": device.full, "id": rejection.id],
      [Self.error(rejection.condition)]
    ).serialised()
  }

  // MARK: - What reached nobody

  /// The error for the sender of a stanza that reached no device; nil when none may be given.
  public func bounce(_ unroutable: Unroutable) -> [UInt8]? {
    unroutable.disposition == .bounce ? self.bounce(unroutable.stanza) : nil
  }

  /// The error for the sender of a held stanza that will not reach its device; nil when none may
  /// be given: what the sender never addressed to that device must not come back from it (XEP-0280
  /// §10.3).
  public func bounce(_ undelivered: Undelivered) -> [UInt8]? {
    let isOriginal = undelivered.disposition == .bounce && undelivered.form == .original
    return isOriginal ? self.bounce(undelivered.stanza) : nil
  }

  /// The error `service-unavailable` for the sender of an original stanza; nil for errors, for
  /// answers to requests and for presence, which are never answered (RFC 6121 §8.5).
  public func bounce(_ stanza: Stanza) -> [UInt8]? {
    let name: String
    switch stanza.kind {
    case .messageError, .presence, .subscription:
      return nil
    case .request:
      if stanza.flags.contains(.answer) { return nil }
      name = "iq"
    case .chat, .normal, .invitation, .fileTransfer, .groupChat, .receipt, .displayedMarker,
      .payload, .chatState, .headline:
      name = "message"
    }
    guard !stanza.source.isEmpty else { return nil }
    return Element(
      name, namespace: Namespaces.client,
      [
        "type": "error", "from": stanza.destination.isEmpty ? nil : stanza.destination,
        "to": stanza.source, "id": stanza.id.isEmpty ? nil : stanza.id,
      ],
      [Self.error(.serviceUnavailable)]
    ).serialised()
  }

  private static func error(_ condition: StanzaCondition) -> Element {
    Element(
      "error", namespace: Namespaces.client, ["type": condition.errorType],
      [Element(condition.rawValue, namespace: Namespaces.stanzaErrors)])
  }
}
