import MDMRouting
import MDMStanza
import Testing

@Suite("ConversationHolds")
struct ConversationHoldsTests {
  private static func at(_ nanoseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: nanoseconds)
  }

  @Test("B19: the last device that wrote to a contact holds it, half-open to the nanosecond")
  func window() {
    var holds = ConversationHolds()
    #expect(holds.isEmpty)
    holds.note("bob", by: 3, at: Self.at(10))
    #expect(holds.holder(of: "bob", at: Self.at(10), window: 100) == 3)
    #expect(holds.holder(of: "bob", at: Self.at(109), window: 100) == 3)
    #expect(holds.holder(of: "bob", at: Self.at(110), window: 100) == -1)
    #expect(holds.holder(of: "carol", at: Self.at(10), window: 100) == -1)
    #expect(holds.holder(of: nil, at: Self.at(10), window: 100) == -1)
    holds.note("bob", by: 1, at: Self.at(50))
    #expect(holds.holder(of: "bob", at: Self.at(149), window: 100) == 1)
    #expect(holds.entries.count == 1)
  }

  @Test("a window of zero holds nothing")
  func zeroWindow() {
    var holds = ConversationHolds()
    holds.note("bob", by: 3, at: .origin)
    #expect(holds.holder(of: "bob", at: .origin, window: 0) == -1)
  }

  @Test("beyond the limit the oldest hold is forgotten")
  func limit() {
    var holds = ConversationHolds()
    for number in 0..<ConversationHolds.limit + 3 {
      holds.note(ConversationID("contact \(number)"), by: number % 32, at: Self.at(Int64(number)))
    }
    #expect(holds.entries.count == ConversationHolds.limit)
    #expect(holds.holder(of: "contact 2", at: Self.at(67), window: 1_000) == -1)
    #expect(holds.holder(of: "contact 3", at: Self.at(67), window: 1_000) == 3)
    #expect(holds.holder(of: "contact 66", at: Self.at(67), window: 1_000) == 2)
  }

  @Test("a device that is gone holds nothing, and the others keep theirs in order")
  func removal() {
    var holds = ConversationHolds()
    holds.note("a", by: 0, at: Self.at(1))
    holds.note("b", by: 1, at: Self.at(2))
    holds.note("c", by: 0, at: Self.at(3))
    holds.note("d", by: 2, at: Self.at(4))
    holds.remove(device: 0)
    #expect(holds.entries.map { $0.conversation } == ["b", "d"])
    #expect(holds.entries.map { $0.device } == [1, 2])
    holds.remove(device: 1)
    holds.remove(device: 2)
    #expect(holds.isEmpty)
  }
}
