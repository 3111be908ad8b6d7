import MDMXMPP
import Testing
import XMLStream

struct StreamParserTests {
  @Test("a header, stanzas and the end are told in order")
  func events() {
    let heard = Heard(
      Streams.header + "<message to='a@b'><body>hi</body></message>\n <r/></stream:stream>")
    #expect(heard.error == nil)
    #expect(heard.header?.to == "example.org")
    #expect(
      heard.elements == [
        Element(
          "message", namespace: "jabber:client", ["to": "a@b"],
          [Element("body", namespace: "jabber:client", text: "hi")]),
        Element("r", namespace: "jabber:client"),
      ])
    #expect(heard.received == ["<message to='a@b'><body>hi</body></message>", "<r/>"])
    #expect(heard.events.last == .end)
    #expect(heard.events.count == 4)
  }

  @Test("a header tells all that it says")
  func header() {
    let heard = Heard(
      "<?xml version='1.0' encoding='utf-8'?>\n<stream:stream xmlns='jabber:client' from='j@x' "
        + "to='x' version='1.0' xml:lang='de' id='7' xmlns:q='urn:q' "
        + "xmlns:stream='http://etherx.jabber.org/streams' "
        + "xmlns:xml='http://www.w3.org/XML/1998/namespace'>")
    let header = heard.header
    #expect(header?.name == "stream")
    #expect(header?.namespace == Namespaces.stream)
    #expect(header?.prefix == "stream")
    #expect(header?.from == "j@x")
    #expect(header?.to == "x")
    #expect(header?.version == "1.0")
    #expect(header?.language == "de")
    #expect(header?.id == "7")
    #expect(header?.contentNamespace == "jabber:client")
    #expect(header?.extraDeclarations == [NamespaceDeclaration(prefix: "q", namespace: "urn:q")])
    #expect(header?.isStandard == false)
    #expect(Heard(Streams.header).header?.isStandard == true)
  }

  @Test("a header with another prefix or content namespace is told as it is")
  func unusualHeaders() {
    let other = Heard(
      "<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams'><a/></s:stream>",
      chunk: 1)
    #expect(other.header?.prefix == "s")
    #expect(other.header?.contentNamespace == "jabber:server")
    #expect(other.elements == [Element("a", namespace: "jabber:server")])
    #expect(other.events.last == .end)
    let unprefixed = Heard(
      "<stream xmlns='http://etherx.jabber.org/streams'><a xmlns='jabber:client'/><b/></stream>",
      chunk: 1)
    #expect(unprefixed.header?.prefix == nil)
    #expect(unprefixed.elements.map(\.namespace) == ["jabber:client", Namespaces.stream])
    #expect(unprefixed.events.last == .end)
  }

  @Test("a stream that is closed by its start tag has a header and an end")
  func emptyStream() {
    let heard = Heard(Streams.openedHeader + "/>")
    #expect(heard.error == nil)
    #expect(heard.events.count == 2)
    #expect(heard.events.last == .end)
  }

  @Test("nothing is parsed after the event for which the handler returned false")
  func stopping() throws {
    let parser = StreamParser(pool: ParserPool())
    let upToNow = Streams.header + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    var events = 0
    let consumed = try parser.parse((upToNow + "\u{16}\u{3}garbage<<").utf8) { event in
      events += 1
      if case .element = event { return false }
      return true
    }
    #expect(consumed == upToNow.utf8.count)
    #expect(events == 2)
    #expect(parser.isBetweenStanzas)

    parser.restart()
    #expect(!parser.isBetweenStanzas)
    var heard = Heard()
    heard.feed(parser, (Streams.header + "<a/>").utf8)
    #expect(heard.error == nil)
    #expect(heard.header != nil)
    #expect(heard.received == ["<a/>"])
  }

  @Test("a handler may restart the stream that it stops")
  func restartingWithin() throws {
    let pool = ParserPool()
    for rest in ["", "\n", "\u{16}\u{3}", "<b>"] {
      let parser = StreamParser(pool: pool)
      let upToNow = Streams.header + "<a/>"
      let consumed = try parser.parse((upToNow + rest).utf8) { event in
        guard case .element = event else { return true }
        parser.restart()
        return false
      }
      #expect(consumed == upToNow.utf8.count)
      var heard = Heard()
      heard.feed(parser, (Streams.header + "<c/>").utf8)
      #expect(heard.events.count == 2)
      #expect(heard.received == ["<c/>"])
    }
  }

  @Test("what was not consumed may be parsed later on the same stream")
  func pausing() throws {
    let pool = ParserPool()
    let parser = StreamParser(pool: pool)
    let sent = Array((Streams.header + "<a/> <b><c/></b>\n<d/>").utf8)
    var heard: [StreamEvent] = []
    var rest = sent[...]
    var calls = 0
    while !rest.isEmpty {
      calls += 1
      let consumed = try parser.parse(rest) { event in
        heard.append(event)
        return false
      }
      rest = rest.dropFirst(consumed)
    }
    #expect(heard == Heard(sent).events)
    #expect(calls == 4)
    #expect(pool.idleCount == 1)
  }

  @Test("nothing is parsed after the end of the stream")
  func afterTheEnd() throws {
    let parser = StreamParser(pool: ParserPool())
    let upToNow = Streams.header + "</stream:stream>"
    let consumed = try parser.parse((upToNow + "<a/>").utf8) { _ in true }
    #expect(consumed == upToNow.utf8.count)
    #expect(try parser.parse("<a/>".utf8) { _ in true } == 0)
    #expect(!parser.isBetweenStanzas)
    #expect(parser.pendingBytes == 0)
  }

  @Test("a stream that has failed fails again the same way")
  func failingForGood() {
    let parser = StreamParser(pool: ParserPool())
    var heard = Heard()
    heard.feed(parser, (Streams.header + "<a></b>").utf8)
    let error = heard.error
    #expect(error?.condition == .notWellFormed)
    heard.error = nil
    heard.feed(parser, "<a/>".utf8)
    #expect(heard.error == error)
    #expect(heard.elements.isEmpty)
  }

  @Test("white space between stanzas is no event and pends nothing")
  func keepAlive() throws {
    let pool = ParserPool()
    let parser = StreamParser(pool: pool)
    try parser.parse(("\r\n " + Streams.header).utf8) { _ in true }
    let created = pool.createdCount
    for space in [" ", "\n", "\r", "\t", "\r\n \t"] {
      try parser.parse(space.utf8) { _ in
        Issue.record("an event for white space")
        return true
      }
      #expect(parser.isBetweenStanzas)
      #expect(parser.pendingBytes == 0)
    }
    #expect(pool.idleCount == 1)
    #expect(pool.createdCount == created)
    var heard = Heard()
    heard.feed(parser, " \n<a/>\r\n<b/>\r".utf8)
    #expect(heard.received == ["<a/>", "<b/>"])
    #expect(parser.isBetweenStanzas)
  }

  @Test("a stanza is told at once when its last byte has arrived")
  func promptness() throws {
    let body = String(repeating: "x", count: 3_000)
    let stanza = Array("<m a='\(body)'><body>\(body)</body></m>".utf8)
    let parser = StreamParser(pool: ParserPool())
    try parser.parse(Streams.header.utf8) { _ in true }
    for (index, byte) in stanza.enumerated() {
      var isTold = false
      try parser.parse(CollectionOfOne(byte)) { _ in
        isTold = true
        return true
      }
      #expect(isTold == (index == stanza.count - 1))
      #expect(parser.pendingBytes == (isTold ? 0 : index + 1))
      #expect(parser.isBetweenStanzas == isTold)
    }
  }
}
