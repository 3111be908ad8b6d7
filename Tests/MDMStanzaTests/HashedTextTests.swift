import MDMTestKit
import Testing

@testable import MDMStanza

@Suite("HashedText")
struct HashedTextTests {
  @Test("texts are equal exactly when their bytes are, whatever their length")
  func everyLength() {
    for length in 0...40 {
      let text = String(repeating: "a", count: length)
      #expect(HashedText(text) == HashedText(String(Array(text))))
      #expect(HashedText(text) != HashedText(text + "a"))
      for place in 0..<length {
        var other = Array(text.utf8)
        other[place] = 0x62
        let changed = HashedText(String(decoding: other, as: UTF8.self))
        #expect(HashedText(text) != changed)
        // Equal hashes must not decide; so the bytes are compared on their own.
        let isSame = HashedText(text).bytes.withUnsafeBytes { left in
          changed.bytes.withUnsafeBytes { HashedText.areSame(left, $0) }
        }
        #expect(!isSame, "a difference at byte \(place) of \(length) was overlooked")
      }
    }
  }

  @Test("canonically equivalent texts are different names, and give their own spelling back")
  func canonicalEquivalence() {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    #expect(composed == decomposed)
    #expect(HashedText(composed) != HashedText(decomposed))
    #expect(ConversationID(composed) != ConversationID(decomposed))
    #expect(AccountName(composed) != AccountName(decomposed))
    #expect(Array(ConversationID(decomposed).text.utf8) == Array(decomposed.utf8))
    #expect(Array(CoalescingKey(composed).text.utf8) == Array(composed.utf8))
  }

  @Test("a name's hash is the hash of its bytes, so that an index can be built from bytes alone")
  func hashOfBytes() {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      let bytes = (0..<random.below(60)).map { _ in UInt8(0x20 + random.below(0x5F)) }
      let text = HashedText(String(decoding: bytes, as: UTF8.self))
      #expect(text.hash == bytes.withUnsafeBytes { HashedText.hash(of: $0) })
    }
  }
}
