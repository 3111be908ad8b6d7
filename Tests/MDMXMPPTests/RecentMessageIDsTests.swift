import MDMStanza
import MDMXMPP
import Testing

struct RecentMessageIDsTests {
  @Test("finds the earlier of two messages with an id, within its conversation (XEP-0333, B48)")
  func lookup() {
    var recent = RecentMessageIDs()
    recent.record("a", in: "bob@c", at: 1)
    recent.record("a", in: "colin@c", at: 2)
    recent.record("a", in: "bob@c", at: 3)
    recent.record("", in: "bob@c", at: 4)
    #expect(recent.position(of: "a", in: "bob@c") == 1)
    #expect(recent.position(of: "a", in: "colin@c") == 2)
    #expect(recent.position(of: "b", in: "bob@c") == nil)
    #expect(recent.position(of: "", in: "bob@c") == nil)
    #expect(recent.position(of: .init(conversation: "colin@c", messageID: "a")) == 2)
    #expect(recent.count == 2)
  }

  @Test("forgets the longest remembered one at 512, or at its capacity")
  func eviction() {
    var recent = RecentMessageIDs()
    for number in 0..<2_000 {
      recent.record("\(number)", in: "bob@c", at: .init(UInt64(number + 1)))
    }
    #expect(recent.count == 512)
    #expect(recent.position(of: "1487", in: "bob@c") == nil)
    #expect(recent.position(of: "1488", in: "bob@c") == 1_489)
    var none = RecentMessageIDs(capacity: -1)
    none.record("a", in: "b@c", at: 1)
    #expect(none.count == 0)
  }

  @Test("an id that came again keeps its first place, and is free once that is forgotten")
  func repeated() throws {
    var recent = RecentMessageIDs(capacity: 3)
    recent.record("a", in: "b@c", at: 1)
    recent.record("b", in: "b@c", at: 2)
    recent.record("a", in: "b@c", at: 3)
    recent.record("c", in: "b@c", at: 4)
    #expect(recent.position(of: "a", in: "b@c") == 1)
    recent.record("d", in: "b@c", at: 5)
    #expect(recent.position(of: "a", in: "b@c") == nil)
    #expect(recent.position(of: "b", in: "b@c") == 2)
    recent.record("a", in: "b@c", at: 6)
    #expect(recent.position(of: "a", in: "b@c") == 6)
    #expect(recent.count == 3)
  }
}
