import MDMXMPP
import Testing
import XMLStream

struct ChunkingTests {
  /// Stanzas that differ in all that a parser has to keep apart.
  static let stanzas = [
    "<message to='juliet@capulet.lit/balcony' type='chat' id='m1'><body>Why?</body></message>",
    "<a b='&lt;&amp;&gt;&quot;&apos;&#x1F600;&#233;'>x &lt; y &amp;&amp; z&#10;</a>",
    "<a><![CDATA[<not>&markup;]]]]></a>",
    "<a>]] ]&gt; one\r\ntwo\rthree\n</a>",
    "<iq type='get' id='1'><query xmlns='urn:one'><item xmlns='urn:two'/><item/></query></iq>",
    "<x xmlns=''><y/></x>",
    "<p:x xmlns:p='urn:p' p:a='1' a='2'><p:y xmlns:p='urn:other' p:a='3'/></p:x>",
    "<message xml:lang='de'><body>Grüße</body><body xml:lang='ja'>こんにちは</body></message>",
    "<message><body>👩‍👩‍👧‍👦 \u{10FFFD} 😀</body></message>",
    "<e></e>", "<e/>", "<e />", "<e\n a = \"'\"\n></e >",
    "<m>a<b>c</b>d<b/>e<b>f<i>g</i></b></m>",
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></stream:features>",
    "<a b='one\ntwo\tthree  &#10;'/>",
  ]

  @Test("bytes one by one, or in chunks of any size, amount to what they do at once")
  func chunks() {
    let sent =
      "<?xml version='1.0'?>" + Streams.header + Self.stanzas.joined(separator: "\r\n ")
      + "</stream:stream>"
    let whole = Heard(sent)
    #expect(whole.error == nil)
    #expect(whole.received == Self.stanzas)
    #expect(whole.events.last == .end)
    for chunk in [1, 2, 3, 5, 7, 16, 64, 333] {
      #expect(Heard(sent, chunk: chunk) == whole)
    }
  }

  @Test("each stanza by itself amounts to the same as among others")
  func alone() {
    let together = Heard(Streams.header + Self.stanzas.joined()).elements
    let alone = Self.stanzas.map { Heard(Streams.header + $0, chunk: 1).elements }
    #expect(alone == together.map { [$0] })
  }

  @Test("prefixes that the header declares are known in stanzas")
  func headerPrefixes() {
    let header = Streams.openedHeader + " xmlns:q='urn:q&amp;&#39;&lt;&#10;'>"
    let sent = header + "<q:a q:b='1'/><c><q:d/></c>"
    let whole = Heard(sent)
    #expect(whole.error == nil)
    #expect(whole.elements.map(\.namespace) == ["urn:q&'<\n", "jabber:client"])
    #expect(whole.elements.first?.attributes.first?.namespace == "urn:q&'<\n")
    #expect(whole.elements.first?.attributes.first?.prefix == "q")
    #expect(Heard(sent, chunk: 1) == whole)
  }

  @Test("attributes have their prefixes and namespaces, save that xml needs none")
  func attributes() {
    let stanza = "<a xmlns:p='urn:p' p:b='1' c='2' xml:lang='de' p:d='3'/>"
    #expect(
      Heard(Streams.header + stanza).elements.first?.attributes == [
        .init("b", "1", prefix: "p", namespace: "urn:p"), .init("c", "2"),
        .init("lang", "de", prefix: "xml"), .init("d", "3", prefix: "p", namespace: "urn:p"),
      ])
  }

  @Test("text is one node between two elements, whatever it is written as")
  func text() {
    let stanza = "<a>1&lt;2<![CDATA[3]]>&#52;\r\n5<b/>6</a>"
    #expect(
      Heard(Streams.header + stanza, chunk: 1).elements.first?.children == [
        .text("1<234\n5"), .element(Element("b", namespace: "jabber:client")), .text("6"),
      ])
  }

  @Test("line ends and white space in attributes are normalised")
  func normalising() {
    let element = Heard(Streams.header + "<a b='1\r\n2\t3'>x\ry\r\nz</a>").elements.first
    #expect(element?.attribute("b") == "1 2 3")
    #expect(element?.text == "x\ny\nz")
  }

  @Test("many stanzas in one chunk and one stanza in many chunks are told with their own bytes")
  func manyStanzas() {
    let stanzas = (0..<3_000).map { "<message id='\($0)'><body>number \($0)</body></message>" }
    let sent = Streams.header + stanzas.joined()
    #expect(Heard(sent).received == stanzas)
    #expect(Heard(sent, chunk: 17).received == stanzas)
    let long = "<message><body>" + String(repeating: "long ", count: 40_000) + "</body></message>"
    #expect(Heard(Streams.header + long, chunk: 1).received == [long])
    #expect(Heard(Streams.header + long).elements.first?.elements.first?.text.utf8.count == 200_000)
  }
}
