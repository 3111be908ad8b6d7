import MDMStanza
import MDMXMPP
import Testing

@testable import MDMEngine

struct AnsweringTests {
  private let device = DeviceHandle(slot: 0, index: 0, generation: 0)

  @Test("answers requests from the account (RFC 6120 §8.2.3)")
  func results() throws {
    let binding = try makeBinding()
    #expect(
      try binding.result(for: "1", to: laptop()).asText
        == "<iq xmlns='jabber:client' type='result' from='alice@localhost'"
        + " to='alice@localhost/laptop' id='1'/>")
    #expect(
      try binding.error(for: "1", to: laptop(), .forbidden).asText
        == "<iq xmlns='jabber:client' type='error' from='alice@localhost'"
        + " to='alice@localhost/laptop' id='1'><error type='auth'>"
        + "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
    let payload = Element("x", namespace: "urn:x")
    #expect(
      try parse(binding.result(for: "1", to: laptop(), payload: payload)).elements == [payload])
  }

  @Test(
    "answers what was refused, unless it was an answer itself (RFC 6120 §8.3.1)",
    arguments: [
      (
        "<message to='@@' id='1'/>",
        "<message xmlns='jabber:client' type='error'"
          + " to='alice@localhost/laptop' id='1'><error type='modify'><jid-malformed"
          + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
      ),
      (
        "<presence to='B@c' type='away'/>",
        "<presence xmlns='jabber:client' type='error'"
          + " from='b@c' to='alice@localhost/laptop'><error type='modify'><bad-request"
          + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"
      ),
      (
        "<a xmlns='urn:xmpp:sm:3'/>",
        "<failed xmlns='urn:xmpp:sm:3'><bad-request"
          + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
      ),
      ("<message to='@@' type='error'/>", nil), ("<iq type='result'/>", nil),
      ("<iq type='error' id='1' to='@'/>", nil), ("<hello/>", nil),
    ] as [(String, String?)])
  func rejections(_ xml: String, _ answer: String?) throws {
    let binding = try makeBinding()
    guard case .rejected(let rejection) = try binding.interpret(xml, from: laptop()) else {
      throw TestFailure("accepted \(xml)")
    }
    #expect(try binding.bytes(for: rejection, to: laptop())?.asText == answer)
  }

  @Test("bounces messages and requests, never errors, answers or presence (RFC 6121 §8.5)")
  func bounces() throws {
    let binding = try makeBinding()
    for kind in StanzaKind.allCases {
      let stanza = Stanza(kind, id: "1", source: "bob@c/d", destination: "alice@localhost")
      let text = binding.bounce(stanza)?.asText
      switch kind {
      case .messageError, .presence, .subscription:
        #expect(text == nil)
      case .request:
        #expect(text?.hasPrefix("<iq xmlns='jabber:client' type='error'") == true)
      case .chat, .normal, .invitation, .fileTransfer, .groupChat, .receipt, .displayedMarker,
        .payload, .chatState, .headline:
        #expect(
          text
            == "<message xmlns='jabber:client' type='error' from='alice@localhost' to='bob@c/d'"
            + " id='1'><error type='cancel'><service-unavailable"
            + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
      }
    }
    #expect(binding.bounce(Stanza(.request, flags: .answer, source: "b@c")) == nil)
    #expect(binding.bounce(Stanza(.chat)) == nil)
  }

  @Test("never bounces a copy, and nothing that is to be stored or dropped (XEP-0280 §10.3, B14)")
  func undelivered() throws {
    let binding = try makeBinding()
    let stanza = Stanza(.chat, source: "bob@c/d")
    for form in Delivery.Form.allCases {
      for disposition in Disposition.allCases {
        let undelivered = Undelivered(
          device: self.device, stanza: stanza, form: form, position: nil, heldSince: .origin,
          copyDeliveredElsewhere: false, disposition: disposition)
        let mayBounce = form == .original && disposition == .bounce
        #expect((binding.bounce(undelivered) != nil) == mayBounce)
      }
    }
    for disposition in Disposition.allCases {
      let unroutable = Unroutable(
        account: AccountHandle(slot: 0, generation: 0), stanza: stanza, position: nil,
        disposition: disposition)
      #expect((binding.bounce(unroutable) != nil) == (disposition == .bounce))
    }
  }

  @Test("gives every condition a type of error (RFC 6120 §8.3.3)")
  func conditions() {
    for condition in StanzaCondition.allCases {
      #expect(["modify", "auth", "wait", "cancel"].contains(condition.errorType))
    }
  }
}
