import MDMXMPP
import Testing

@testable import ServerCore

struct StanzaAnswersTests {
  private func answer(_ xml: String) throws -> Element? {
    StanzaAnswers.error(
      answering: try element(xml), to: try JID("alice@localhost/phone"), .itemNotFound)
  }

  @Test("Errors and results are never answered (RFC 6120 §8.3.1)")
  func unanswered() throws {
    for xml in [
      "<iq type='error' id='1'/>", "<iq type='result' id='1'/>", "<message type='error'/>",
      "<presence type='error'/>",
    ] {
      #expect(try self.answer(xml) == nil, "\(xml)")
    }
  }

  @Test("Everything else is, by whom it was sent to")
  func answered() throws {
    for (name, type) in [
      ("iq", "get"), ("iq", "set"), ("message", "chat"), ("message", "result"),
      ("presence", "subscribe"),
    ] {
      let answer = try #require(
        try self.answer("<\(name) type='\(type)' id='a&amp;b' to='bob@localhost/x'/>"))
      #expect(answer.name == name)
      #expect(answer.attribute("type") == "error")
      #expect(answer.attribute("from") == "bob@localhost/x")
      #expect(answer.attribute("to") == "alice@localhost/phone")
      #expect(answer.attribute("id") == "a&b")
      let error = try #require(answer.child("error", namespace: Namespaces.client))
      #expect(error.attribute("type") == "cancel")
      #expect(
        error.elements.first?.isNamed("item-not-found", namespace: Namespaces.stanzaErrors) == true)
    }
  }

  @Test("What was for nobody in particular is answered by the account")
  func withoutAddress() throws {
    let answer = try #require(try self.answer("<iq type='get'/>"))
    #expect(answer.attribute("from") == "alice@localhost")
    #expect(answer.attribute("id") == nil)
  }

  @Test("A detail stands behind the condition")
  func detail() throws {
    let answer = try #require(
      StanzaAnswers.error(
        answering: try element("<iq type='set' id='1'/>"), to: try JID("alice@localhost/phone"),
        .conflict, detail: Element("why", namespace: "urn:example")))
    #expect(answer.elements.first?.elements.map(\.name) == ["conflict", "why"])
  }

  @Test("A result carries the request's id and addresses")
  func result() throws {
    let result = StanzaAnswers.result(
      answering: try element("<iq type='get' id='7' to='localhost'/>"),
      to: try JID("alice@localhost/phone"), Element("query", namespace: "urn:example"))
    #expect(
      result.attributes.map { "\($0.name)=\($0.value)" } == [
        "type=result", "from=localhost", "to=alice@localhost/phone", "id=7",
      ])
    #expect(result.elements.map(\.name) == ["query"])
  }
}
