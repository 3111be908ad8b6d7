import MDMXMPP

/// Stanzas that answer stanzas.
enum StanzaAnswers {
  /// The child that says what is wrong (RFC 6120 §8.3).
  static func error(_ condition: StanzaCondition, detail: Element? = nil) -> Element {
    let name = Element(condition.rawValue, namespace: Namespaces.stanzaErrors)
    return Element(
      "error", namespace: Namespaces.client, ["type": condition.errorType],
      [name] + (detail.map { [$0] } ?? []))
  }

  /// The error that answers a stanza as it was received, from whom it was sent to; nil when none
  /// may be given: errors and results are not answered (RFC 6120 §8.3.1).
  static func error(
    answering stanza: Element, to address: JID, _ condition: StanzaCondition,
    detail: Element? = nil
  ) -> Element? {
    let type = stanza.attribute("type")
    if type == "error" || stanza.name == "iq" && type == "result" { return nil }
    return Element(
      stanza.name, namespace: Namespaces.client,
      [
        "type": "error", "from": stanza.attribute("to") ?? address.bareText, "to": address.full,
        "id": stanza.attribute("id"),
      ], [Self.error(condition, detail: detail)])
  }

  /// The result of a request.
  static func result(answering request: Element, to address: JID, _ payload: Element?) -> Element {
    Element(
      "iq", namespace: Namespaces.client,
      [
        "type": "result", "from": request.attribute("to") ?? address.bareText,
        "to": address.full, "id": request.attribute("id"),
      ], payload.map { [$0] } ?? [])
  }
}
