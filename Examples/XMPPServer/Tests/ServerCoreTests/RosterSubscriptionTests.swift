import ServerStorage
import Testing

@testable import ServerCore

struct RosterSubscriptionTests {
  @Test("Each direction comes and goes by itself", arguments: RosterSubscription.allCases)
  func transitions(state: RosterSubscription) {
    func after(_ change: (inout RosterSubscription) -> Void) -> (to: Bool, from: Bool) {
      var state = state
      change(&state)
      return (state.includesTo, state.includesFrom)
    }
    #expect(after { $0.addTo() } == (true, state.includesFrom))
    #expect(after { $0.addFrom() } == (state.includesTo, true))
    #expect(after { $0.removeTo() } == (false, state.includesFrom))
    #expect(after { $0.removeFrom() } == (state.includesTo, false))
  }

  @Test("The four states are the four pairs of directions")
  func directions() {
    let pairs = RosterSubscription.allCases.map { "\($0) \($0.includesTo) \($0.includesFrom)" }
    #expect(pairs == ["none false false", "to true false", "from false true", "both true true"])
  }

  @Test("An item is written with what it has")
  func element() {
    let plain = RosterElements.item(RosterItem(contact: "bob@localhost"))
    #expect(plain.attributes.map(\.name) == ["jid", "subscription"])
    #expect(plain.children.isEmpty)
    let full = RosterElements.item(
      RosterItem(
        contact: "bob@localhost", name: "Bob", groups: ["Friends", "Work"], subscription: .from,
        ask: true, approved: true))
    #expect(
      full.attributes.map { "\($0.name)=\($0.value)" } == [
        "jid=bob@localhost", "name=Bob", "subscription=from", "ask=subscribe", "approved=true",
      ])
    #expect(full.elements.map(\.text) == ["Friends", "Work"])
  }
}
