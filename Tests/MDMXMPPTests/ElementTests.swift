import MDMXMPP
import Testing

struct ElementTests {
  @Test("escapes values and text and declares a namespace only where it changes")
  func escapes() throws {
    let element = Element(
      name: "message", namespace: Namespaces.client,
      attributes: [
        .init("to", "a'b\"c<d>e&f\t\n"), .init("lang", "en", prefix: "xml"),
        .init("k", "v", prefix: "g", namespace: "urn:g"),
        .init("l", "w", prefix: "g", namespace: "urn:g"),
      ],
      children: [
        .element(Element("body", namespace: Namespaces.client, text: "1 < 2 && 'x' ]]> \r")),
        .element(Element("x", namespace: "urn:x", [:], [Element("y", namespace: "urn:x")])),
      ])
    #expect(
      element.serialised().asText
        == "<message xmlns='jabber:client' to='a&apos;b&quot;c&lt;d&gt;e&amp;f&#9;&#10;'"
        + " xml:lang='en' xmlns:g='urn:g' g:k='v' g:l='w'>"
        + "<body>1 &lt; 2 &amp;&amp; 'x' ]]&gt; &#13;</body><x xmlns='urn:x'><y/></x></message>")
    #expect(element.serialised(inside: Namespaces.client).asText.hasPrefix("<message to="))
    let again = try parse(element.serialised())
    #expect(again.attribute("to") == "a'b\"c<d>e&f\t\n")
    #expect(again.child("body", namespace: Namespaces.client)?.text == "1 < 2 && 'x' ]]> \r")
  }

  @Test("leaves out characters that XML 1.0 does not have, and prefixes it cannot declare")
  func forbiddenCharacters() throws {
    let element = Element(
      name: "b", namespace: "",
      attributes: [.init("k", "v", prefix: "g"), .init("a", "\u{0}x\u{FFFE}")],
      children: [.text("a\u{0}\u{8}\u{FFFE}b\u{FFFF}c\u{FFFD}\u{1F4F1}")])
    #expect(element.serialised().asText == "<b a='x'>abc\u{FFFD}\u{1F4F1}</b>")
  }

  @Test("goes back to no namespace with an empty declaration")
  func emptyNamespace() throws {
    let element = Element("a", namespace: "urn:a", [:], [Element("b", namespace: "")])
    #expect(element.serialised().asText == "<a xmlns='urn:a'><b xmlns=''/></a>")
    #expect(try parse(element.serialised()) == element)
  }

  @Test("does not declare twice what a parser hands in as an attribute")
  func declarations() throws {
    let element = Element(
      name: "a", namespace: "urn:a",
      attributes: [
        .init("xmlns", "urn:a"), .init("b", "urn:b", prefix: "xmlns"), .init("k", "v"),
      ])
    #expect(element.serialised().asText == "<a xmlns='urn:a' k='v'/>")
  }

  @Test("measures depth without going deeper than asked")
  func depth() {
    var element = Element("a", namespace: "")
    for _ in 1..<64 { element = Element("a", namespace: "", [:], [element]) }
    #expect(!element.isDeeper(than: 64))
    #expect(element.isDeeper(than: 63))
    #expect(element.isDeeper(than: 0))
  }

  @Test("finds attributes, children and text")
  func lookups() throws {
    let element = try parse(
      "<message to='x' xml:lang='en'>a<body>b</body>c<x xmlns='urn:x'/><x xmlns='urn:y'/></message>"
    )
    #expect(element.attribute("to") == "x")
    #expect(element.attribute("lang") == nil)
    #expect(element.text == "ac")
    #expect(element.child("body", namespace: Namespaces.client)?.text == "b")
    #expect(element.child("x", namespace: "urn:y") != nil)
    #expect(element.child("x", namespace: "urn:z") == nil)
    #expect(element.children(where: { $0.name == "x" }).count == 2)
    #expect(element.elements.count == 3)
    #expect(Element("a", namespace: "", ["k": nil, "l": "v"]).attributes.count == 1)
  }
}
