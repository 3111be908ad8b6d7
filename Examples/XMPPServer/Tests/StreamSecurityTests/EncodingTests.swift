import StreamSecurity
import Testing

struct EncodingTests {
  @Test(
    "Base64 has the vectors of RFC 4648 §10",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func base64Vectors(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }

  @Test("All bytes at all alignments survive Base64")
  func base64RoundTrip() {
    for length in 0..<260 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ length) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test(
    "Only the one proper encoding is decoded",
    arguments: [
      "=", "==", "===", "====", "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "Zg==Zg==",
      "Zm 9", " Zg==", "Zg==\n", "Zm9-", "Zm9_", "Zm=9", "Z===", "Zm9é", "Zg=a",
    ])
  func base64Strict(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test("Hashes have the values of RFC 3174 and RFC 6234 for abc")
  func hashes() {
    #expect(Digest.sha1(Array("abc".utf8)).hex == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      Digest.sha256(Array("abc".utf8)).hex
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest.sha256([]).hex.hasPrefix("e3b0c44298fc1c14"))
  }

  @Test("HMAC has the second values of RFC 2202 §3 and RFC 4231 §4.3")
  func hmac() {
    let message = Array("what do ya want for nothing?".utf8)
    #expect(
      Digest.hmac(.sha1, key: Array("Jefe".utf8), message).hex
        == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    #expect(
      Digest.hmac(.sha256, key: Array("Jefe".utf8), message).hex
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test("Comparison needs the same length and the same bytes")
  func comparison() {
    #expect(Digest.isEqual([], []))
    #expect(Digest.isEqual([1, 2], [1, 2]))
    #expect(!Digest.isEqual([1, 2], [1, 3]))
    #expect(!Digest.isEqual([1, 2], [1]))
  }

  @Test("Random bytes have their length and tokens their alphabet")
  func random() {
    #expect(SecureRandom.bytes(0).isEmpty)
    #expect(SecureRandom.bytes(-1).isEmpty)
    #expect(SecureRandom.bytes(33).count == 33)
    #expect(SecureRandom.bytes(16) != SecureRandom.bytes(16))
    let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for (count, length) in [(1, 2), (2, 3), (3, 4), (18, 24), (300, 400)] {
      let token = SecureRandom.token(count)
      #expect(token.count == length)
      #expect(token.allSatisfy(allowed.contains))
    }
  }
}

extension [UInt8] {
  /// Two lower-case digits for every byte.
  var hex: String {
    self.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
