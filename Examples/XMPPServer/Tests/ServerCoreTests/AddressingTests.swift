import MDM
import MDMXMPP
import Testing

@testable import ServerCore

struct AddressingTests {
  private static let awkward = [
    "plain", "a&b", "<tag>", "it's \"quoted\"", "tab\tline\nreturn\r", "&amp;", "]]>", "ключ 🔑",
    "", " space ", "=' x='",
  ]

  @Test("A value is read back as it was", arguments: AddressingTests.awkward)
  func escaping(text: String) throws {
    let value = String(decoding: XMLText.escapedValue(text), as: UTF8.self)
    #expect(try element("<a b='\(value)'/>").attribute("b") == text)
  }

  @Test("An addressed stanza is what it was, with an address", arguments: AddressingTests.awkward)
  func addressed(text: String) throws {
    let address = "bob@localhost/\(text)"
    let presence = Element(
      "presence", namespace: Namespaces.client, ["from": "alice@localhost/a'b", "id": text],
      [Element("status", namespace: Namespaces.client, text: "back > soon = to='x'")])
    let stanza = Stanza(
      .presence, coalescingKey: CoalescingKey("key"), id: text, source: "alice@localhost/a'b",
      payload: presence.serialised())
    let addressed = stanza.addressed(to: address)
    #expect(addressed.kind == .presence)
    #expect(addressed.coalescingKey == stanza.coalescingKey)
    #expect(addressed.id == text)
    #expect(addressed.source == stanza.source)
    #expect(addressed.destination == address)
    let read = try StoredElement.parse(addressed.payload)
    #expect(read.attribute("to") == address)
    #expect(read.attribute("from") == "alice@localhost/a'b")
    #expect(read.attribute("id") == text)
    #expect(read.children == presence.children)
    #expect(read.attributes.count == 3)
  }

  @Test("A payload that has no place for an address stays as it is")
  func withoutPlace() {
    let stanza = Stanza(.presence, payload: Array("<presence/>".utf8))
    #expect(stanza.addressed(to: "bob@localhost").payload == stanza.payload)
  }
}
