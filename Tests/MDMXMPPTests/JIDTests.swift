import MDMStanza
import MDMXMPP
import Testing

struct JIDTests {
  @Test(
    "prepares local part and domain and keeps the resource (RFC 7622 §3)",
    arguments: [
      ("alice@localhost", "alice@localhost"),
      ("Alice@LocalHost/Phone", "alice@localhost/Phone"),
      ("ALICE@LOCALHOST", "alice@localhost"),
      ("alice@localhost.", "alice@localhost"),
      ("alice@localhost./desk", "alice@localhost/desk"),
      ("localhost", "localhost"),
      ("LocalHost./x", "localhost/x"),
      ("a.b-c_d%e!#$*+=?^`{|}~@sub.example.net", "a.b-c_d%e!#$*+=?^`{|}~@sub.example.net"),
      ("alice@xn--mnster-3ya.example", "alice@münster.example"),
      ("alice@XN--MNSTER-3YA.example", "alice@münster.example"),
      ("alice@MÜNSTER.example", "alice@münster.example"),
      ("alice@mu\u{308}nster.example", "alice@münster.example"),
      ("Jose\u{301}@localhost", "jos\u{E9}@localhost"),
      ("\u{FF21}\u{FF2C}ice@localhost", "alice@localhost"),
      ("alice@\u{FF2C}ocalhost", "alice@localhost"),
      ("alice@a\u{3002}b", "alice@a.b"),
      ("alice@192.0.2.1", "alice@192.0.2.1"),
      ("alice@[2001:DB8::1]/x", "alice@[2001:db8::1]/x"),
      ("alice@localhost/a/b@c d", "alice@localhost/a/b@c d"),
      ("alice@localhost/a\u{A0}b", "alice@localhost/a b"),
      ("alice@localhost/Jose\u{301} \u{1F4F1}", "alice@localhost/Jos\u{E9} \u{1F4F1}"),
      ("\u{3B1}\u{3A3}@localhost", "\u{3B1}\u{3C3}@localhost"),
      ("alice@xn--wgv71a119e.jp", "alice@日本語.jp"),
    ])
  func preparation(_ text: String, _ prepared: String) throws {
    let address = try JID(text)
    #expect(Array(address.text.utf8) == Array(prepared.utf8))
    #expect(try JID(address.text) == address)
    #expect(try JID(prepared).hashValue == address.hashValue)
  }

  @Test(
    "refuses what no part may have and says which part (RFC 7622 §3.3.1)",
    arguments: [
      ("", JIDError.Part.domain), ("@localhost", .local), ("alice@", .domain),
      ("alice@localhost/", .resource), ("/x", .domain), ("@", .local), ("alice@/x", .domain),
      ("al\"ice@localhost", .local), ("al&ice@localhost", .local), ("al'ice@localhost", .local),
      ("al:ice@localhost", .local), ("al<ice@localhost", .local), ("al>ice@localhost", .local),
      ("al ice@localhost", .local), ("al\u{1}ice@localhost", .local),
      ("al\u{7F}ice@localhost", .local), ("al\u{A0}ice@localhost", .local),
      ("al\u{FF20}ice@localhost", .local), ("al\u{200B}ice@localhost", .local),
      ("\u{1F4F1}@localhost", .local), ("\u{FF71}@localhost", .local),
      ("a@b@c", .domain), ("alice@a..b", .domain), ("alice@.", .domain), ("alice@.a", .domain),
      ("alice@-a", .domain), ("alice@a-", .domain), ("alice@a b", .domain),
      ("alice@a!b", .domain), ("alice@[2001:db8::1", .domain), ("alice@[zz]", .domain),
      ("alice@xn--", .domain), ("alice@xn--abc-", .domain), ("alice@xn--\u{FC}", .domain),
      ("alice@xn--99999999", .domain), ("alice@xn--mnster-psa.example", .domain),
      ("alice@localhost/a\u{1}b", .resource), ("alice@localhost/a\nb", .resource),
      ("alice@localhost/a\u{FFFF}b", .resource), ("alice@localhost/\u{2028}", .resource),
    ])
  func refusals(_ text: String, _ part: JIDError.Part) {
    #expect {
      try JID(text)
    } throws: { error in
      (error as? JIDError)?.part == part
    }
  }

  @Test("takes 1 to 1,023 octets a part, counted after preparation (RFC 7622 §3)")
  func lengths() throws {
    let most = String(repeating: "a", count: 1_023)
    let label = String(repeating: "d", count: 63)
    let domain =
      Array(repeating: label, count: 15).joined(separator: ".") + "."
      + label
    #expect(domain.utf8.count == 1_023)
    let address = try JID("\(most)@\(domain)/\(most)")
    #expect(address.local == most)
    #expect(address.domain == domain)
    #expect(address.resource == most)
    #expect(throws: JIDError.self) { try JID("\(most)a@localhost") }
    #expect(throws: JIDError.self) { try JID("a@\(domain).d") }
    #expect(throws: JIDError.self) { try JID("a@\(label)d") }
    #expect(throws: JIDError.self) { try JID("a@localhost/\(most)a") }
    // 512 letters of two octets.
    let umlauts = String(repeating: "ü", count: 512)
    #expect(throws: JIDError.self) { try JID("\(umlauts)@localhost") }
    #expect(try JID("\(umlauts.dropLast())@localhost").local == String(umlauts.dropLast()))
  }

  @Test("tells the parts apart and gives the engine's names")
  func parts() throws {
    let address = try JID("Alice@Localhost/Phone")
    #expect(address.local == "alice")
    #expect(address.domain == "localhost")
    #expect(address.resource == "Phone")
    #expect(address.bare == (try JID("alice@localhost")))
    #expect(address.bare.isBare)
    #expect(!address.isBare)
    #expect(address.full == "alice@localhost/Phone")
    #expect(address.accountName == "alice@localhost")
    #expect(address.conversation == "alice@localhost")
    #expect(address.deviceName == "Phone")
    #expect(address.bare.deviceName == nil)
    #expect(address.isSameAccount(as: try JID("ALICE@localhost/laptop")))
    #expect(!address.isSameAccount(as: try JID("alicf@localhost")))
    #expect(try JID("localhost").local == nil)
    #expect(try address.bare.with(resource: "x/y") == JID("alice@localhost/x/y"))
  }

  @Test("keeps resources apart by case (B28)")
  func resourceCase() throws {
    #expect(try JID("a@b/Phone") != JID("a@b/phone"))
    #expect(try JID("A@B/phone") == JID("a@b/phone"))
  }

  @Test("never traps on 5,000 seeded strings, and what it accepts stays as it is")
  func noise() throws {
    var random = SeededRandom(seed: 7)
    let alphabet: [Unicode.Scalar] = [
      "a", "Z", "@", "/", ".", "-", "x", "n", "[", "]", ":", " ", "ü", "\u{308}", "\u{FF21}",
      "\u{200D}", "\u{0}", "9", "日", "&",
    ]
    for _ in 0..<5_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
      }
      guard let address = try? JID(String(text)) else { continue }
      #expect(try JID(address.text).text.utf8.elementsEqual(address.text.utf8))
    }
  }
}

/// A generator whose sequence is the same in every run (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { self.state = seed }
  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var word = self.state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
