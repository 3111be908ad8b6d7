import MDMXMPP
import Testing

@testable import ServerCore

struct StoredElementTests {
  @Test("an element whose tag grew by its escaping can be read back")
  func readsLongTags() throws {
    let element = Element("x", namespace: "urn:x", ["a": String(repeating: "'", count: 8_000)])
    #expect(try StoredElement.parse(element.serialised()) == element)
  }

  @Test("an element as wide as higher limits allow can be read back")
  func readsWideElements() throws {
    let children = (0..<10_000).map { Element("c\($0)", namespace: "urn:x") }
    let element = Element("x", namespace: "urn:x", [:], children)
    #expect(try StoredElement.parse(element.serialised()) == element)
  }
}
