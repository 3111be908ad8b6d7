import MDMXMPP
import Testing

struct StanzaScannerTests {
  /// What clients in use have sent, whole reads at a time.
  static let recorded = [
    "<iq type=\"get\" id=\"18605215275\"><query xmlns=\"jabber:iq:roster\"></query></iq>"
      + "<iq type=\"get\" id=\"18694215296\"><query xmlns=\"jabber:iq:private\">"
      + "<storage xmlns=\"storage:bookmarks\"></storage></query></iq>"
      + "<presence id=\"18704215310\"><status></status><c node=\"http://mcabber.com/caps\""
      + " hash=\"sha-1\" xmlns=\"http://jabber.org/protocol/caps\"></c></presence>",
    "<?xml version='1.0' encoding='UTF-8'?><stream:stream version=\"1.0\""
      + " xmlns=\"jabber:client\" xmlns:stream=\"http://etherx.jabber.org/streams\""
      + " to=\"localhost\">",
    "<a xmlns=\"urn:xmpp:sm:3\" h=\"12\" /><r xmlns=\"urn:xmpp:sm:3\" />"
      + "<message id=\"f4b0\" xml:lang=\"en\" to=\"bob@localhost/desk\">"
      + "<received xmlns=\"urn:xmpp:receipts\" id=\"f716\" /></message>",
    "<presence type=\"unavailable\" id=\"9642177628\"><status></status></presence>"
      + "</stream:stream>",
    "<auth mechanism=\"PLAIN\" xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\""
      + " ga:client-uses-full-bind-result=\"true\" xmlns:ga=\"http://www.google.com/talk\">"
      + "AGJv</auth>",
    "\n<iq type='set' id='20a7'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>go"
      + "</resource></bind></iq>\n\n",
    "<message to='c@localhost' id='1'><body><![CDATA[a < b & c ]] > </body>]]></body>"
      + "<e:x xmlns:e='urn:e' e:k=\"'&lt;&#x41;\"><e:y/></e:x> tail </message>",
    "</stream:stream><a xmlns=\"urn:xmpp:sm:3\" h=\"34\" />",
  ]

  @Test("splits what clients send into its pieces", arguments: Self.recorded)
  func splitting(_ text: String) throws {
    let bytes = Array(text.utf8)
    let pieces = try StanzaScanner().split(bytes)
    #expect(Self.reassembled(pieces, bytes))
    for piece in pieces {
      guard case .element(let range) = piece else { continue }
      let stanza = Array(bytes[range])
      let layout = try StanzaScanner().layout(of: stanza)
      #expect(Self.reassembled(layout, stanza))
      // Another parser finds the same children.
      let element = try parse(stanza.asText)
      #expect(element.elements.count == layout.children.count)
      for (child, place) in zip(element.elements, layout.children) {
        let name = Array(stanza[place.name]).asText
        #expect(name == child.name || name.hasSuffix(":" + child.name))
      }
    }
  }

  @Test("names the pieces of a stream (RFC 6120 §4.2)")
  func pieces() throws {
    let text = "<?xml version='1.0'?><stream:stream a='>'> <r/>\n<m>x</m></stream:stream>"
    #expect(
      try StanzaScanner().split(Array(text.utf8)) == [
        .declaration(0..<21), .streamOpen(21..<42), .element(43..<47), .element(48..<56),
        .streamClose(56..<72),
      ])
  }

  @Test("finds tags, content and children")
  func layout() throws {
    let text = "<m a='/>'>t<b>x</b><!-- -->"
    #expect(throws: ScanError.self) { try StanzaScanner().layout(of: Array(text.utf8)) }
    let good = Array("<m a='/>'>t<b>x</b>u<c/></m>".utf8)
    let layout = try StanzaScanner().layout(of: good)
    #expect(layout.startTag == 0..<10)
    #expect(layout.name == 1..<2)
    #expect(layout.content == 10..<24)
    #expect(layout.endTag == 24..<28)
    #expect(layout.children.map { $0.range } == [11..<19, 20..<24])
    let short = try StanzaScanner().layout(of: Array("<m/>".utf8))
    #expect(short.content.isEmpty && short.endTag.isEmpty && short.children.isEmpty)
  }

  @Test(
    "tells which children lean on a prefix from outside",
    arguments: [
      ("<m><x:a xmlns:x='u'><x:b/></x:a></m>", false),
      ("<m><x:a/></m>", true),
      ("<m xmlns:x='u'><x:a/></m>", true),
      ("<m><a x:k='v'/></m>", true),
      ("<m><a xml:lang='en'/></m>", false),
      ("<m><a><b xmlns:x='u'><x:c/></b><x:d/></a></m>", true),
      ("<m><a><b xmlns:x='u'/><x:d/></a></m>", true),
      ("<m><a x:k='v' xmlns:x='u'/></m>", false),
    ])
  func prefixes(_ text: String, _ needs: Bool) throws {
    let layout = try StanzaScanner().layout(of: Array(text.utf8))
    #expect(layout.children.map { $0.needsOuterPrefix } == [needs])
  }

  @Test(
    "refuses what is malformed or forbidden (RFC 6120 §11.1)",
    arguments: [
      ("", ScanError.Reason.truncated), ("<", .truncated), ("<m", .truncated),
      ("<m a", .truncated), ("<m a=", .truncated), ("<m a='x", .truncated), ("<m/", .truncated),
      ("<m>", .truncated), ("<m></m", .truncated), ("<m></", .truncated), ("<m>&amp", .truncated),
      ("<m><![CDATA[x", .truncated), ("x<m/>", .unexpectedText), ("<m/>x", .trailingBytes),
      ("<m/><m/>", .trailingBytes), ("<m></n>", .mismatchedEndTag),
      ("<m><b></m></b>", .mismatchedEndTag), ("< m/>", .malformedName), ("<1/>", .malformedName),
      ("<m ='x'/>", .malformedName), ("<m a=x/>", .malformedTag), ("<m a='<'/>", .malformedTag),
      ("<m a='x'b='y'/>", .malformedTag), ("<m / >", .malformedTag), ("<m></m x>", .malformedTag),
      ("<m>&nbsp;</m>", .malformedReference), ("<m>&;</m>", .malformedReference),
      ("<m>&#;</m>", .malformedReference), ("<m a='&#xG;'/>", .malformedReference),
      ("<m><!-- x --></m>", .restrictedXML), ("<!DOCTYPE m><m/>", .restrictedXML),
      ("<m><?x y?></m>", .restrictedXML), ("<?xml version='1.0'?>", .restrictedXML),
    ])
  func refusals(_ text: String, _ reason: ScanError.Reason) {
    #expect {
      try StanzaScanner().layout(of: Array(text.utf8))
    } throws: { error in
      (error as? ScanError)?.reason == reason
    }
  }

  @Test("stops at the depth limit, not at the stack's")
  func depth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      let open = String(repeating: "<a>", count: depth)
      return Array((open + String(repeating: "</a>", count: depth)).utf8)
    }
    #expect(throws: Never.self) { try StanzaScanner().layout(of: nested(64)) }
    #expect(throws: ScanError.self) { try StanzaScanner().layout(of: nested(65)) }
    #expect(throws: ScanError.self) { try StanzaScanner().layout(of: nested(100_000)) }
    let deep = StanzaScanner(depthLimit: .max)
    #expect(try deep.layout(of: nested(20_000)).children.count == 1)
    #expect(throws: ScanError.self) { try StanzaScanner(depthLimit: 0).layout(of: nested(1)) }
  }

  @Test("refuses more attributes and declarations than it can look through quickly")
  func breadth() throws {
    func tag(_ count: Int, _ prefix: String) -> [UInt8] {
      let attributes = (0..<count).map { " \(prefix)\($0)='v'" }.joined()
      return Array("<m xmlns='jabber:client'><x\(attributes)/></m>".utf8)
    }
    let scanner = StanzaScanner()
    for prefix in ["a", "xmlns:a"] {
      #expect(throws: Never.self) { try scanner.layout(of: tag(100, prefix)) }
      #expect {
        try scanner.layout(of: tag(20_000, prefix))
      } throws: { error in
        (error as? ScanError)?.reason == .tooManyAttributes
      }
    }
  }

  @Test("never traps on 5,000 seeded mutations, and accepts nothing that it cannot reassemble")
  func mutations() {
    var random = SeededRandom(seed: 41)
    let spice = Array("<>/'\"&;![]?=: \u{0}ax-".utf8)
    let scanner = StanzaScanner(depthLimit: 8)
    var accepted = 0
    for _ in 0..<5_000 {
      var bytes = Array(Self.recorded[Int.random(in: 0..<8, using: &random)].utf8)
      for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = spice[Int.random(in: 0..<spice.count, using: &random)]
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(spice[Int.random(in: 0..<spice.count, using: &random)], at: place)
        case 3: bytes.removeLast(bytes.count - place)
        default: bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
      }
      if let pieces = try? scanner.split(bytes) {
        accepted += 1
        #expect(Self.reassembled(pieces, bytes))
      }
      if let layout = try? scanner.layout(of: bytes) {
        #expect(Self.reassembled(layout, bytes))
      }
    }
    #expect(accepted > 500)
  }

  /// Whether the pieces, with only white space between them, are the whole input.
  private static func reassembled(_ pieces: [StanzaScanner.Piece], _ bytes: [UInt8]) -> Bool {
    var position = 0
    for piece in pieces {
      let range: Range<Int>
      switch piece {
      case .declaration(let place), .streamOpen(let place), .element(let place),
        .streamClose(let place):
        range = place
      }
      guard range.lowerBound >= position, self.isSpace(bytes[position..<range.lowerBound]),
        !range.isEmpty
      else { return false }
      position = range.upperBound
    }
    return self.isSpace(bytes[position...])
  }

  private static func isSpace(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
  }

  /// Whether the parts of the layout follow one another and cover the stanza.
  private static func reassembled(_ layout: StanzaScanner.Layout, _ bytes: [UInt8]) -> Bool {
    guard self.isSpace(bytes[..<layout.startTag.lowerBound]),
      layout.startTag.upperBound == layout.content.lowerBound,
      layout.content.upperBound == layout.endTag.lowerBound,
      self.isSpace(bytes[layout.endTag.upperBound...])
    else { return false }
    var position = layout.content.lowerBound
    for child in layout.children {
      guard child.range.lowerBound >= position, child.range.contains(child.name.lowerBound),
        bytes[child.range.lowerBound] == UInt8(ascii: "<"),
        bytes[child.range.upperBound - 1] == UInt8(ascii: ">")
      else { return false }
      position = child.range.upperBound
    }
    return position <= layout.content.upperBound
  }
}
