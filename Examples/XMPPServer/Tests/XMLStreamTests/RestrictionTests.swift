import MDMXMPP
import Testing
import XMLStream

struct RestrictionTests {
  private func expect(
    _ condition: XMLStreamError.Condition, _ streams: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for stream in streams {
      let whole = Heard(stream)
      #expect(whole.error?.condition == condition, "\(stream)", sourceLocation: sourceLocation)
      #expect(Heard(stream, chunk: 1) == whole, "\(stream)", sourceLocation: sourceLocation)
    }
  }

  @Test(
    "comments, processing instructions and document types are refused anywhere (RFC 6120 §11.1)")
  func restrictedXML() {
    self.expect(
      .restrictedXML,
      [
        "<!-- c -->" + Streams.header, "<?xml version='1.0'?><!-- c -->" + Streams.header,
        "<?pi?>" + Streams.header, "<?xml-stylesheet href='x'?>" + Streams.header,
        "<!DOCTYPE stream>" + Streams.header,
        "<!DOCTYPE stream SYSTEM 'http://example.org/x.dtd'>" + Streams.header,
        "<!DOCTYPE stream PUBLIC 'a' 'b' [<!ENTITY e 'x'>]>" + Streams.header,
        Streams.header + "<!-- c --><a/>", Streams.header + "<a><!-- c --></a>",
        Streams.header + "<?pi x?><a/>", Streams.header + "<a><?pi x?></a>",
      ])
  }

  @Test("references to entities other than the five of XML are refused (RFC 6120 §11.1)")
  func entities() {
    self.expect(
      .restrictedXML,
      [Streams.header + "<a>&nbsp;</a>", Streams.header + "<a b='&eacute;'/>"])
    #expect(Heard(Streams.header + "<a>&lt;&gt;&amp;&quot;&apos;&#65;</a>").error == nil)
  }

  @Test("a document type is refused before any entity is declared: no billion laughs")
  func billionLaughs() {
    var declarations = "<!ENTITY l0 'lol'>"
    for level in 1..<10 {
      let references = String(repeating: "&l\(level - 1);", count: 10)
      declarations += "<!ENTITY l\(level) '\(references)'>"
    }
    let bomb =
      "<?xml version='1.0'?><!DOCTYPE s [\(declarations)]>" + Streams.header + "<a>&l9;</a>"
    self.expect(.restrictedXML, [bomb])
    #expect(Heard(bomb).events.isEmpty)
    // Refused at the start of the declaration: what follows has not even arrived.
    #expect(Heard("<!DOCTYPE s [").error?.condition == .restrictedXML)
  }

  @Test("what is not well-formed is refused, undeclared prefixes included (RFC 6120 §11.3)")
  func notWellFormed() {
    self.expect(
      .notWellFormed,
      [
        "hello", "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\n\r\n", "<<", "< a>", "</a>",
        "<stream:stream>", "\u{FEFF}" + Streams.header,
        Streams.header + "<a></b>", Streams.header + "<a b='1' b='2'/>",
        Streams.header + "<a b=1/>", Streams.header + "<a b='<'/>", Streams.header + "<p:a/>",
        Streams.header + "<a p:b='1'/>",
        Streams.header + "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>",
        Streams.header + "<a>&#0;</a>", Streams.header + "<a>&#1;</a>",
        Streams.header + "<a>\u{0}</a>", Streams.header + "<a>\u{B}</a>",
        Streams.header + "<a>]]></a>", Streams.header + "<a>&</a>", Streams.header + "</a>",
        Streams.header + "<a xmlns:p=''/>", Streams.header + "<a xmlns:xml='u'/>",
        Streams.header + "<a>\u{FFFE}</a>", Streams.header + "<!DOCTYPE a>",
        Streams.header + "<?xml version='1.0'?>" + Streams.header,
      ])
    // An end that never comes is no error yet.
    #expect(Heard(Streams.header + "<a").error == nil)
  }

  @Test("bytes that are not UTF-8 are refused (RFC 6120 §11.6)")
  func encodings() {
    let broken: [[UInt8]] = [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x28, 0xA1],
      [0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
    ]
    for bytes in broken {
      for wrapped in [("<a>", "</a>"), ("<a b='", "'/>"), ("<a", "/>")] {
        let sent = Array((Streams.header + wrapped.0).utf8) + bytes + Array(wrapped.1.utf8)
        let whole = Heard(sent)
        #expect(whole.error?.condition == .notWellFormed)
        #expect(Heard(sent, chunk: 1) == whole)
      }
    }
    let wide: [UInt8] = Streams.header.utf8.flatMap { [0, $0] as [UInt8] }
    #expect(Heard([0xFE, 0xFF] + wide).error?.condition == .notWellFormed)
  }

  @Test("a declared encoding other than UTF-8 is refused")
  func unsupportedEncoding() {
    self.expect(
      .unsupportedEncoding,
      ["ISO-8859-1", "UTF-16", "US-ASCII", "x-unknown"].map {
        "<?xml version='1.0' encoding='\($0)'?>" + Streams.header
      })
    #expect(Heard("<?xml version='1.0' encoding='UTF-8'?>" + Streams.header).error == nil)
  }

  @Test("character data between stanzas is refused")
  func characterData() {
    self.expect(
      .invalidXML,
      [
        Streams.header + "x", Streams.header + "<a/>x", Streams.header + "<a/> \n x<b/>",
        Streams.header + "&#32;", Streams.header + "<![CDATA[]]>",
        Streams.header + "<a/><![CDATA[ ]]>",
      ])
    #expect(Heard(Streams.header + "<a/>x").received == ["<a/>"])
  }

  @Test("a first element that is no stream header is refused")
  func headers() {
    self.expect(.invalidNamespace, ["<stream>", "<a xmlns='jabber:client'/>"])
    self.expect(
      .invalidXML, ["<s:features xmlns:s='http://etherx.jabber.org/streams'>"])
    self.expect(
      .badNamespacePrefix,
      ["<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns:stream='urn:x'>"])
  }

  @Test("an error says what is wrong")
  func words() {
    let error = Heard(Streams.header + "<a></b>").error
    #expect(error?.description.hasPrefix("not-well-formed: ") == true)
    #expect(
      Heard(Streams.header, limits: XMLLimits(headerBytes: 10)).error?.description
        == "policy-violation: too many bytes before the end of the stream header")
  }
}
