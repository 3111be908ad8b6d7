import MDMXMPP
import Testing
import XMLStream

struct FuzzTests {
  /// A small generator with a seed (SplitMix64), so that each run is the same.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      self.state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = self.state
      mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return mixed ^ mixed >> 31
    }
  }

  private static let fragments = [
    "<", ">", "</", "/>", "&", ";", "'", "\"", "<![CDATA[", "]]>", "<!--", "-->", "<?", "?>",
    "<!DOCTYPE", "xmlns='u'", "xmlns:p='u'", "p:", "&#", "&lt;", " ", "\r", "\n", "]", "=",
    "</stream:stream>", "<a>", "</a>", "é", "😀", "\u{0}",
  ].map { Array($0.utf8) }

  private static func mutated(_ generator: inout Generator) -> [UInt8] {
    var stanzas = ChunkingTests.stanzas.shuffled(using: &generator)
    stanzas.removeLast(Int.random(in: 0...stanzas.count, using: &generator))
    var bytes = Array((Streams.header + stanzas.joined(separator: "\n") + "</stream:stream>").utf8)
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let position = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: position)
      case 2:
        let fragment = self.fragments[Int.random(in: 0..<self.fragments.count, using: &generator)]
        bytes.insert(contentsOf: fragment, at: position)
      case 3:
        let end = min(bytes.count, position + Int.random(in: 1...60, using: &generator))
        bytes.removeSubrange(position..<end)
      default:
        let end = min(bytes.count, position + Int.random(in: 1...60, using: &generator))
        bytes.insert(
          contentsOf: Array(bytes[position..<end]),
          at: Int.random(in: 0...bytes.count, using: &generator))
      }
      if bytes.isEmpty { return [] }
    }
    return bytes
  }

  @Test("mutated streams crash nothing and are judged alike whole and in pieces")
  func mutations() {
    var generator = Generator(state: 6_120)
    let pool = ParserPool()
    let limits = XMLLimits(
      stanzaBytes: 150, depth: 4, attributesPerElement: 4, elementsPerStanza: 5, headerBytes: 200,
      nameBytes: 30, tagBytes: 80)
    var failures = 0
    for number in 0..<2_000 {
      let sent = Self.mutated(&generator)
      let limits = number.isMultiple(of: 3) ? limits : XMLLimits()
      let whole = Heard(sent, limits: limits, pool: pool)
      if whole.error != nil { failures += 1 }
      let chunk = Int.random(in: 2...50, using: &generator)
      for chunk in [1, chunk] {
        let pieces = Heard(sent, chunk: chunk, limits: limits, pool: pool)
        #expect(pieces == whole, "stream \(number): \(String(decoding: sent, as: UTF8.self))")
      }
    }
    // Both verdicts have to be met, or the test says little.
    #expect((400...1_950).contains(failures))
  }

  @Test("what is received is what was sent, and reading it again gives the same element")
  func receivedBytes() {
    var generator = Generator(state: 3_920)
    for _ in 0..<300 {
      let heard = Heard(Self.mutated(&generator))
      guard heard.header?.isStandard == true else { continue }
      for (bytes, element) in zip(heard.received, heard.elements) {
        #expect(bytes.first == "<" && bytes.last == ">")
        #expect(Heard(Streams.header + bytes).elements == [element])
      }
    }
  }

  @Test("noise is refused")
  func noise() {
    var generator = Generator(state: 42)
    for _ in 0..<500 {
      let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(Heard([0x3C] + noise).error != nil)
      let behind = Heard(Array(Streams.header.utf8) + [0x3C] + noise)
      #expect(behind.error != nil || behind.elements.isEmpty)
    }
  }
}
