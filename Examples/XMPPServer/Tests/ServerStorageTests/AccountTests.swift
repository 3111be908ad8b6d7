import ServerStorage
import Testing

struct AccountTests {
  private let first = StoredCredential(
    mechanism: "SCRAM-SHA-1", salt: [0, 1], iterations: 4_096, storedKey: [2, 0], serverKey: [3])
  private let second = StoredCredential(
    mechanism: "SCRAM-SHA-256", salt: [], iterations: 10_000, storedKey: [4], serverKey: [5])

  @Test("An account is found by its name, and has its credentials")
  func creating() throws {
    let store = try ServerStore(path: ":memory:")
    #expect(try store.account(named: "alice") == nil)
    let alice = try store.createAccount("alice", credentials: [self.second, self.first])
    #expect(try store.account(named: "alice") == alice)
    #expect(try store.name(of: alice) == "alice")
    #expect(try store.credentials(of: alice) == [self.first, self.second])
    #expect(try store.accountCount() == 1)
    #expect(reason { try store.createAccount("alice", credentials: []) } == .accountExists)
    #expect(try store.credentials(of: alice) == [self.first, self.second])
  }

  @Test("Credentials are replaced as a whole, for accounts that exist")
  func changing() throws {
    let (store, alice, _) = try makeStore()
    try store.setCredentials([self.first], of: alice)
    try store.setCredentials([self.second], of: alice)
    #expect(try store.credentials(of: alice) == [self.second])
    let nobody = AccountID(rawValue: 99)
    #expect(reason { try store.setCredentials([self.first], of: nobody) } == .noSuchAccount)
    try store.setCredentials([], of: nobody)
    #expect(try store.credentials(of: nobody) == [])
  }

  @Test("With an account all of its rows go, its id is not used again, and others stay")
  func removing() throws {
    let (store, alice, bob) = try makeStore()
    let configuration = PEPNodeConfiguration(
      accessModel: "presence", maxItems: 2, sendLastPublished: "never", persist: true)
    for account in [alice, bob] {
      try store.setCredentials([self.first], of: account)
      try store.setRosterItem(RosterItem(contact: "c@x", groups: ["g"]), of: account)
      try store.setPendingRequest(of: account, contact: "d@x", stanza: [1])
      try store.block("e@x", of: account)
      try store.createNode(of: account, node: "n", configuration: configuration)
      try store.publish(
        node: "n", itemID: "i", payload: [1], publisher: "p", maxItems: 2, of: account)
      try store.setPrivateXML([1], of: account, name: "n", namespace: "ns")
      try store.setVCard([1], of: account)
      try store.append(makeMessage(account, 1))
      try store.addWaiting(account, 1)
      try store.setReadMark(of: account, conversation: "c@x", position: 1)
    }
    #expect(try store.removeAccount(bob))
    #expect(try !store.removeAccount(bob))
    let statistics = try store.statistics()
    #expect(statistics.accounts == 1)
    #expect(statistics.rosterItems == 1)
    #expect(statistics.messages == 1)
    #expect(statistics.waiting == 1)
    #expect(statistics.items == 1)
    #expect(statistics.bytes > 0)
    #expect(try store.name(of: bob) == nil)
    #expect(try store.credentials(of: bob).isEmpty)
    #expect(try store.roster(of: bob).isEmpty)
    #expect(try store.pendingRequests(of: bob).isEmpty)
    #expect(try store.blockedAddresses(of: bob).isEmpty)
    #expect(try store.nodes(of: bob).isEmpty)
    #expect(try store.privateXML(of: bob, name: "n", namespace: "ns") == nil)
    #expect(try store.vCard(of: bob) == nil)
    #expect(try store.lastPosition(of: bob) == 0)
    #expect(try store.readMarks(of: bob).isEmpty)
    #expect(try store.vCard(of: alice) == [1])
    #expect(try store.createAccount("bob", credentials: []) != bob)
    #expect(reason { try store.append(makeMessage(bob, 1)) } == .noSuchAccount)
    try store.commit()
  }

  @Test(
    "Text survives whatever it is made of",
    arguments: [
      "", "a\0b", "'; DROP TABLE account; --", "\"%_\\", "e\u{301}", "\u{e9}", "🙂\u{200d}",
      "\u{feff}x", "\u{10ffff}",
    ])
  func text(_ text: String) throws {
    let (store, alice, _) = try makeStore()
    let bytes = Array(text.utf8)
    let account = try store.createAccount(text, credentials: [])
    #expect(try store.account(named: text) == account)
    #expect(try store.name(of: account).map { Array($0.utf8) } == bytes)
    let item = RosterItem(contact: text, name: text, groups: [text, text])
    try store.setRosterItem(item, of: alice)
    let found = try #require(try store.rosterItem(of: alice, contact: text))
    #expect([found.contact, found.name ?? "x"].allSatisfy { Array($0.utf8) == bytes })
    #expect(found.groups.map { Array($0.utf8) } == [bytes, bytes])
    var message = makeMessage(alice, 1, stanza: bytes)
    message.conversation = text
    message.remote = text
    try store.append(message)
    let archived = try #require(try store.message(of: alice, position: 1))
    #expect(archived == message)
    #expect(Array(archived.remote.utf8) == bytes)
  }
}
