import MDMStanza
import Testing

@Suite("Names")
struct NamesTests {
  @Test("names are case-sensitive and ordered by text")
  func names() {
    #expect(AccountName("alice@example.org") == "alice@example.org")
    #expect(AccountName("Alice") != "alice")
    #expect(DeviceName("Laptop") != "laptop")
    #expect([DeviceName("b"), "a", "c"].sorted() == ["a", "b", "c"])
    #expect([AccountName("b"), "a"].sorted() == ["a", "b"])
    #expect("\(AccountName("x"))\(DeviceName("y"))" == "xy")
  }

  @Test("names that look the same but are written with other bytes are other names")
  func bytewise() {
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    #expect(composed == decomposed)
    #expect(AccountName(composed) != AccountName(decomposed))
    #expect(DeviceName(composed) != DeviceName(decomposed))
    #expect(ConversationID(composed) != ConversationID(decomposed))
    #expect(CoalescingKey(composed) != CoalescingKey(decomposed))
    #expect(Set([AccountName(composed), AccountName(decomposed)]).count == 2)
    #expect(AccountName(composed) == AccountName("caf\u{E9}"))
    #expect(DeviceName(decomposed) < DeviceName(composed))
    #expect(!(DeviceName(composed) < DeviceName(decomposed)))
  }

  @Test("conversations and keys compare by text and carry a hash that agrees with it")
  func hashed() {
    let one = ConversationID("bob@example.org")
    let other: ConversationID = "bob@example.org"
    #expect(one == other)
    #expect(one.hash == other.hash)
    #expect(one != "bob@example.net")
    #expect(Set([one, other, "x"]).count == 2)
    let key = CoalescingKey("bob@example.org/phone")
    #expect(key == "bob@example.org/phone")
    #expect(key != "bob@example.org/laptop")
    #expect(Set([key, "bob@example.org/phone"]).count == 1)
    #expect("\(one) \(key)" == "bob@example.org bob@example.org/phone")
  }

  @Test("archive positions are ordered by their ordinal and start before the first")
  func positions() {
    #expect(ArchivePosition.start < 1)
    #expect(ArchivePosition(9) < 10)
    #expect([3, 1, 2].map { ArchivePosition($0) }.max() == 3)
    #expect(ArchivePosition(.max).description == "18446744073709551615")
  }
}
