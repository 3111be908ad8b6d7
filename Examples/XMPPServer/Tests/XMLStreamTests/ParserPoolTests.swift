import MDMXMPP
import Testing
import XMLStream

struct ParserPoolTests {
  /// A header that declares more than the standard ones do.
  private static let ownHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    + "xmlns:own='urn:own'>"

  @Test("connections between stanzas share one parser")
  func sharing() {
    let pool = ParserPool()
    let parsers = (0..<100).map { _ in StreamParser(pool: pool) }
    var heard = Array(repeating: Heard(), count: parsers.count)
    // A header needs a parser at the start of a document; the pool keeps a few of these.
    for (index, parser) in parsers.enumerated() { heard[index].feed(parser, Streams.header.utf8) }
    #expect(pool.createdCount == 100)
    #expect(pool.idleCount == 8)
    for round in 0..<10 {
      for (index, parser) in parsers.enumerated() {
        heard[index].feed(parser, "<a n='\(index)-\(round)'/>".utf8)
      }
    }
    #expect(pool.createdCount == 100)
    for (index, one) in heard.enumerated() {
      #expect(one.elements.map { $0.attribute("n") } == (0..<10).map { "\(index)-\($0)" })
    }
  }

  @Test("two connections interleave byte by byte, one of them with its own prefixes")
  func interleaving() {
    let pool = ParserPool()
    let ordinary = StreamParser(pool: pool)
    let own = StreamParser(pool: pool)
    let ordinarySent = Array((Streams.header + ChunkingTests.stanzas.joined()).utf8)
    let ownSent = Array(
      (Self.ownHeader + "<own:a own:b='1'/>" + ChunkingTests.stanzas.joined() + "<own:a/>").utf8)
    var ordinaryHeard = Heard()
    var ownHeard = Heard()
    for index in 0..<max(ordinarySent.count, ownSent.count) {
      if index < ordinarySent.count {
        ordinaryHeard.feed(ordinary, CollectionOfOne(ordinarySent[index]))
      }
      if index < ownSent.count { ownHeard.feed(own, CollectionOfOne(ownSent[index])) }
    }
    #expect(ordinaryHeard == Heard(ordinarySent))
    #expect(ownHeard == Heard(ownSent))
    #expect(ownHeard.elements.last?.namespace == "urn:own")
    #expect(ownHeard.elements.dropFirst().dropLast() == ordinaryHeard.elements[...])
  }

  @Test("a prefix that one connection has declared is unknown to all others")
  func privacy() {
    let pool = ParserPool()
    let own = StreamParser(pool: pool)
    var ownHeard = Heard()
    ownHeard.feed(own, (Self.ownHeader + "<own:a/>").utf8)
    #expect(pool.idleCount == 0)
    let other = StreamParser(pool: pool)
    var heard = Heard()
    heard.feed(other, (Streams.header + "<b xmlns:mine='urn:mine'/>").utf8)
    heard.feed(other, "<mine:a/>".utf8)
    #expect(heard.error?.condition == .notWellFormed)
    #expect(Heard(Streams.header + "<own:a/>", pool: pool).error?.condition == .notWellFormed)
    ownHeard.feed(own, "<own:a/>".utf8)
    #expect(ownHeard.error == nil)
    #expect(ownHeard.elements.count == 2)
  }

  @Test("a parser that has failed is not used again")
  func failures() {
    let pool = ParserPool()
    for _ in 0..<20 {
      #expect(Heard(Streams.header + "<a><b></a>", pool: pool).error != nil)
      #expect(pool.idleCount == 0)
    }
  }

  @Test("a parser in the middle of a stanza is not lent to another connection")
  func middle() {
    let pool = ParserPool()
    let first = StreamParser(pool: pool)
    var heard = Heard()
    heard.feed(first, (Streams.header + "<a><b>text").utf8)
    #expect(pool.idleCount == 0)
    #expect(first.pendingBytes == 10)
    #expect(Heard(Streams.header + "<c/>", pool: pool).received == ["<c/>"])
    heard.feed(first, "</b></a>".utf8)
    #expect(heard.received == ["<a><b>text</b></a>"])
    #expect(pool.idleCount == 2)
  }

  @Test("a parser is retired after so many bytes")
  func retirementByBytes() {
    let pool = ParserPool(bytesPerParser: 2_000)
    let parser = StreamParser(pool: pool)
    var heard = Heard()
    heard.feed(parser, Streams.header.utf8)
    for _ in 0..<1_000 { heard.feed(parser, "<a>0123456789012</a>".utf8) }
    #expect(heard.elements.count == 1_000)
    #expect((10...12).contains(pool.createdCount))
  }

  @Test("a parser is retired after so many names that nobody uses")
  func retirementByNames() {
    let pool = ParserPool(namesPerParser: 100)
    let parser = StreamParser(pool: pool)
    var heard = Heard()
    heard.feed(parser, Streams.header.utf8)
    for number in 0..<1_000 { heard.feed(parser, "<a\(number)/>".utf8) }
    #expect(heard.elements.count == 1_000)
    #expect((9...12).contains(pool.createdCount))
    let before = pool.createdCount
    for _ in 0..<1_000 { heard.feed(parser, "<a0/>".utf8) }
    #expect(pool.createdCount <= before + 1)
  }

  @Test("the pool keeps no more parsers than it is told to")
  func bound() {
    let pool = ParserPool(maximumIdle: 2)
    let parsers = (0..<5).map { _ in StreamParser(pool: pool) }
    var heard = Heard()
    for parser in parsers { heard.feed(parser, (Streams.header + "<a>").utf8) }
    for parser in parsers { heard.feed(parser, "</a>".utf8) }
    #expect(heard.elements.count == 5)
    #expect(pool.idleCount == 2)
  }

  @Test("a name is right after others have taken its place in the cache")
  func manyNames() {
    let stanzas = (0..<5_000).map { number in
      let long = String(repeating: "n", count: number % 300 / 2)
      return "<n\(number)\(long) xmlns='urn:\(number % 700)' a\(number)='1'/>"
    }
    let heard = Heard(Streams.header + (stanzas + stanzas).joined())
    #expect(heard.error == nil)
    #expect(heard.elements.count == 10_000)
    for (number, element) in heard.elements.enumerated() {
      let number = number % 5_000
      #expect(element.name.hasPrefix("n\(number)"))
      #expect(element.namespace == "urn:\(number % 700)")
      #expect(element.attribute("a\(number)") == "1")
    }
  }
}
