import MDMXMPP
import Testing
import XMLStream

struct LimitTests {
  /// Checks that `fits` is accepted and `exceeds` ends the stream, whole and in pieces.
  private func expect(
    _ limit: XMLLimit, _ limits: XMLLimits, fits: String, exceeds: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for chunk in [nil, 1, 7, 100] {
      let good = Heard(fits, chunk: chunk, limits: limits)
      #expect(good.error == nil, sourceLocation: sourceLocation)
      #expect(!good.events.isEmpty, sourceLocation: sourceLocation)
      let bad = Heard(exceeds, chunk: chunk, limits: limits)
      #expect(bad.error?.condition == .policyViolation, sourceLocation: sourceLocation)
      #expect(bad.error?.limit == limit, sourceLocation: sourceLocation)
      #expect(bad.elements.count <= 1, sourceLocation: sourceLocation)
    }
  }

  private func stanza(bytes: Int) -> String {
    "<a>" + String(repeating: "x", count: bytes - 7) + "</a>"
  }

  @Test("a stanza has so many bytes and no more, whatever comes before and after")
  func stanzaBytes() {
    let limits = XMLLimits(stanzaBytes: 1_000)
    self.expect(
      .stanzaBytes, limits,
      fits: Streams.header + self.stanza(bytes: 1_000) + " " + self.stanza(bytes: 1_000),
      exceeds: Streams.header + "<a/>" + self.stanza(bytes: 1_001))
    self.expect(
      .stanzaBytes, limits, fits: Streams.header + self.stanza(bytes: 999),
      exceeds: Streams.header + "<a>" + String(repeating: " ", count: 2_000))
  }

  @Test("the default limits are exact, too")
  func defaults() {
    let limits = XMLLimits()
    #expect(limits.stanzaBytes == 262_144)
    for chunk in [nil, 4_096] {
      #expect(Heard(Streams.header + self.stanza(bytes: 262_144), chunk: chunk).error == nil)
      #expect(
        Heard(Streams.header + self.stanza(bytes: 262_145), chunk: chunk).error?.limit
          == .stanzaBytes)
    }
  }

  @Test("elements are nested so deep and no deeper")
  func depth() {
    func nested(_ depth: Int) -> String {
      Streams.header + String(repeating: "<a>", count: depth - 1) + "<a/>"
        + String(repeating: "</a>", count: depth - 1)
    }
    self.expect(.depth, XMLLimits(depth: 5), fits: nested(5), exceeds: nested(6))
    self.expect(.depth, XMLLimits(), fits: nested(64), exceeds: nested(65))
    #expect(Heard(nested(4_000)).error?.limit == .depth)
    self.expect(
      .depth, XMLLimits(depth: 1), fits: nested(1) + "<b/>", exceeds: nested(1) + "<b><c/></b>")
  }

  @Test("an element has so many attributes and no more, declarations included")
  func attributes() {
    func attributes(_ count: Int) -> String {
      (0..<count).map { " a\($0)='\($0)'" }.joined()
    }
    let limits = XMLLimits(attributesPerElement: 8)
    self.expect(
      .attributesPerElement, limits,
      fits: Streams.header + "<b\(attributes(8))/><b\(attributes(8))/>",
      exceeds: Streams.header + "<b\(attributes(9))/>")
    self.expect(
      .attributesPerElement, limits,
      fits: Streams.header + "<b xmlns='u' xmlns:p='v'\(attributes(6))><c xmlns='u'/></b>",
      exceeds: Streams.header + "<b xmlns='u' xmlns:p='v'\(attributes(7))/>")
  }

  @Test("a stanza has so many elements and no more")
  func elements() {
    func children(_ count: Int) -> String {
      "<a>" + String(repeating: "<b/>", count: count) + "</a>"
    }
    self.expect(
      .elementsPerStanza, XMLLimits(elementsPerStanza: 10),
      fits: Streams.header + children(9) + children(9), exceeds: Streams.header + children(10))
  }

  @Test("so many bytes may come before the header is complete, white space included")
  func headerBytes() {
    func header(_ bytes: Int) -> String {
      Streams.openedHeader + String(repeating: " ", count: bytes - Streams.header.count) + ">"
    }
    let limits = XMLLimits(headerBytes: 300)
    self.expect(.headerBytes, limits, fits: header(300) + "<a/>", exceeds: header(301) + "<a/>")
    self.expect(
      .headerBytes, limits, fits: "\n" + header(299),
      exceeds: String(repeating: "\n", count: 301) + header(200))
    self.expect(
      .headerBytes, limits, fits: header(200) + self.stanza(bytes: 2_000),
      exceeds: "<" + String(repeating: "x", count: 300))
  }

  @Test("a name, a prefix and a namespace have so many bytes and no more")
  func nameBytes() {
    let limits = XMLLimits(nameBytes: 40)
    let good = String(repeating: "n", count: 40)
    let bad = good + "n"
    let patterns: [(String) -> String] = [
      { "<\($0)/>" }, { "<a><\($0)/></a>" }, { "<a \($0)='1'/>" }, { "<a xmlns='\($0)'/>" },
      { "<a xmlns:\($0)='u'/>" }, { "<a xmlns:p='\($0)' p:b='1'/>" },
    ]
    for pattern in patterns {
      self.expect(
        .nameBytes, limits, fits: Streams.header + pattern(good),
        exceeds: Streams.header + pattern(bad))
    }
    let long = String(repeating: "n", count: 256)
    self.expect(
      .nameBytes, XMLLimits(),
      fits: Streams.header + "<p:\(long) xmlns:p='\(long)' p:\(long)='1'/>",
      exceeds: Streams.header + "<\(long)n/>")
  }

  @Test("a name that another connection may use counts for one with a smaller limit")
  func nameBytesShared() {
    let pool = ParserPool()
    let sent = Streams.header + "<abcdefghijklmnopqrstuvwxyz/>"
    #expect(Heard(sent, pool: pool).error == nil)
    #expect(
      Heard(sent, limits: XMLLimits(nameBytes: 25), pool: pool).error?.condition
        == .policyViolation)
  }

  @Test("a tag has so many bytes and no more; text is not a tag")
  func tagBytes() {
    func tag(_ bytes: Int) -> String {
      "<a b='" + String(repeating: "x", count: bytes - 9) + "'/>"
    }
    let limits = XMLLimits(tagBytes: 200)
    let text = String(repeating: "text]>'\"", count: 100)
    self.expect(
      .tagBytes, limits, fits: Streams.header + "<m>x\(tag(200))y</m>" + tag(200),
      exceeds: Streams.header + "<m>x\(tag(201))y</m>")
    self.expect(
      .tagBytes, limits,
      fits: Streams.header + "<m>\(text.replacing(">", with: "&gt;"))<![CDATA[\(text)]]></m>",
      exceeds: Streams.header + "<m>" + text.replacing(">", with: "&gt;") + tag(201))
    #expect(Heard(Streams.header + tag(8_192), chunk: 100).error == nil)
    #expect(Heard(Streams.header + tag(8_193), chunk: 100).error?.limit == .tagBytes)
  }

  @Test("a tag of many prefixed attributes in a long namespace is refused")
  func expansion() {
    let attributes = (0..<400).map { " p:a\($0)=''" }.joined()
    let namespace = String(repeating: "u", count: 3_000)
    let tag = "<a xmlns:p='\(namespace)'\(attributes)/>"
    #expect(Heard(Streams.header + tag).error?.condition == .policyViolation)
    #expect(Heard(Streams.header + tag, chunk: 100).error == Heard(Streams.header + tag).error)
  }

  @Test("limits of nothing at all refuse everything and harm nobody")
  func noRoom() {
    for value in [0, -1, .min] {
      let limits = XMLLimits(
        stanzaBytes: value, depth: value, attributesPerElement: value, elementsPerStanza: value,
        headerBytes: value, nameBytes: value, tagBytes: value)
      #expect(Heard(Streams.header, limits: limits).error?.condition == .policyViolation)
    }
    let boundless = XMLLimits(
      stanzaBytes: .max, depth: .max, attributesPerElement: .max, elementsPerStanza: .max,
      headerBytes: .max, nameBytes: .max, tagBytes: .max)
    #expect(Heard(Streams.header + "<a/>", limits: boundless).error == nil)
  }
}
