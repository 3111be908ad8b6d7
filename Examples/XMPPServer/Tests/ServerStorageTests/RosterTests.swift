import ServerStorage
import Testing

struct RosterTests {
  @Test("Items are set, replaced with their groups, and removed")
  func items() throws {
    let (store, alice, bob) = try makeStore()
    var item = RosterItem(
      contact: "c@x", name: "C", groups: ["z", "a", "z2"], subscription: .to, ask: true,
      approved: true)
    try store.setRosterItem(item, of: alice)
    #expect(try store.rosterItem(of: alice, contact: "c@x") == item)
    item = RosterItem(contact: "c@x", groups: ["b"], subscription: .both)
    try store.setRosterItem(item, of: alice)
    #expect(try store.roster(of: alice) == [item])
    #expect(try store.roster(of: bob) == [])
    #expect(try store.rosterItem(of: bob, contact: "c@x") == nil)
    #expect(try store.removeRosterItem(of: alice, contact: "c@x"))
    #expect(try !store.removeRosterItem(of: alice, contact: "c@x"))
    #expect(try store.rosterCount(of: alice) == 0)
    let nobody = AccountID(rawValue: 99)
    #expect(reason { try store.setRosterItem(item, of: nobody) } == .noSuchAccount)
  }

  @Test("A roster comes in order, each item with its own groups, and tells who is subscribed")
  func roster() throws {
    let (store, alice, _) = try makeStore()
    var expected: [RosterItem] = []
    for (index, subscription) in RosterSubscription.allCases.enumerated() {
      for groups in 0..<3 {
        expected.append(
          RosterItem(
            contact: "c\(index)\(groups)@x", name: groups == 0 ? nil : "",
            groups: (0..<groups).map { "g\(groups - $0)" }, subscription: subscription))
      }
    }
    for item in expected.reversed() { try store.setRosterItem(item, of: alice) }
    #expect(try store.roster(of: alice) == expected)
    #expect(try store.rosterCount(of: alice) == expected.count)
    func contacts(_ states: Set<RosterSubscription>) -> [String] {
      expected.filter { states.contains($0.subscription) }.map(\.contact)
    }
    #expect(try store.subscribers(of: alice) == contacts([.from, .both]))
    #expect(try store.subscriptions(of: alice) == contacts([.to, .both]))
  }

  @Test("Contacts that Swift takes for equal but that differ in their bytes are two items")
  func canonicallyEquivalent() throws {
    let (store, alice, _) = try makeStore()
    let items = ["e\u{301}@x", "\u{e9}@x"].map { RosterItem(contact: $0, groups: ["g"]) }
    for item in items { try store.setRosterItem(item, of: alice) }
    #expect(try store.roster(of: alice).map(\.groups) == [["g"], ["g"]])
  }

  @Test("A request waits until it is removed; a later one of the contact replaces it")
  func requests() throws {
    let (store, alice, bob) = try makeStore()
    try store.setPendingRequest(of: alice, contact: "d@x", stanza: [1])
    try store.setPendingRequest(of: alice, contact: "c@x", stanza: [])
    try store.setPendingRequest(of: alice, contact: "d@x", stanza: [2, 0])
    let first = SubscriptionRequest(contact: "c@x", stanza: [])
    let second = SubscriptionRequest(contact: "d@x", stanza: [2, 0])
    #expect(try store.pendingRequests(of: alice) == [first, second])
    #expect(try store.pendingRequestCount(of: alice) == 2)
    #expect(try store.pendingRequest(of: alice, contact: "d@x") == second)
    #expect(try store.pendingRequest(of: bob, contact: "d@x") == nil)
    #expect(try store.removePendingRequest(of: alice, contact: "d@x"))
    #expect(try !store.removePendingRequest(of: alice, contact: "d@x"))
    #expect(try store.pendingRequests(of: alice) == [first])
  }

  @Test("Addresses are blocked once and unblocked one by one or all together")
  func blocking() throws {
    let (store, alice, bob) = try makeStore()
    #expect(try store.block("b@x", of: alice))
    #expect(try !store.block("b@x", of: alice))
    #expect(try store.block("a@x", of: alice))
    #expect(try store.block("c@x", of: bob))
    #expect(try store.blockedAddresses(of: alice) == ["a@x", "b@x"])
    #expect(try store.blockedCount(of: alice) == 2)
    #expect(try store.unblock("b@x", of: alice))
    #expect(try !store.unblock("b@x", of: alice))
    #expect(try store.unblockAll(of: alice) == 1)
    #expect(try store.blockedAddresses(of: alice) == [])
    #expect(try store.blockedAddresses(of: bob) == ["c@x"])
    #expect(reason { try store.block("a@x", of: AccountID(rawValue: 99)) } == .noSuchAccount)
  }

  @Test("Private XML is kept under name and namespace, a vCard for each account")
  func privateStorage() throws {
    let (store, alice, bob) = try makeStore()
    try store.setPrivateXML([1], of: alice, name: "a", namespace: "n")
    try store.setPrivateXML([2], of: alice, name: "a", namespace: "m")
    try store.setPrivateXML([3], of: alice, name: "a", namespace: "n")
    #expect(try store.privateXML(of: alice, name: "a", namespace: "n") == [3])
    #expect(try store.privateXML(of: alice, name: "a", namespace: "m") == [2])
    #expect(try store.privateXML(of: bob, name: "a", namespace: "m") == nil)
    #expect(try store.privateXMLCount(of: alice) == 2)
    try store.setPrivateXML(nil, of: alice, name: "a", namespace: "n")
    #expect(try store.privateXML(of: alice, name: "a", namespace: "n") == nil)
    #expect(try store.vCard(of: alice) == nil)
    try store.setVCard([1], of: alice)
    try store.setVCard([0, 2], of: alice)
    #expect(try store.vCard(of: alice) == [0, 2])
    #expect(try store.vCard(of: bob) == nil)
    try store.setVCard(nil, of: alice)
    #expect(try store.vCard(of: alice) == nil)
  }
}
