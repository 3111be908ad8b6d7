import Testing

@testable import ServerStorage

/// Messages by the ids that their senders gave them.
struct SenderIDTests {
  @Test(
    "The id stands in the first tag, whatever else looks like one",
    arguments: [
      ("<message xmlns='jabber:client' type='chat' from='a@b/ id=' to='c@d' id='x'>", "x"),
      ("<message id=\"a'b\"/>", "a'b"), ("<message xml:id='no' id='yes'/>", "yes"),
      ("<message id='&lt;&amp;&apos;&quot;&gt;&#65;&#x42;&unknown;&#xD800;'/>", "<&'\">AB"),
      ("<message to='x'><body id='no'/></message>", ""), ("<message id=''/>", ""),
      ("<message id='open", "open"), ("<message", ""), ("", ""), ("<message id='a&b'/>", "a&b"),
    ])
  func first(_ stanza: String, _ id: String) {
    #expect(String(decoding: SenderID.id(in: Array(stanza.utf8)), as: UTF8.self) == id)
    #expect((SenderID.number(in: Array(stanza.utf8)) == 0) == id.isEmpty)
  }

  private static func stanza(_ id: String) -> [UInt8] { Array("<message id='\(id)'/>".utf8) }

  @Test("Received messages of one conversation are found, the earliest first (XEP-0333, B48)")
  func lookup() throws {
    let (store, alice, bob) = try makeStore()
    for (position, remote, direction) in [
      (1, "carol@example.com/r", .sent), (2, "dave@example.com/r", .received),
      (3, "carol@example.com/r", .received), (4, "carol@example.com/s", .received),
    ] as [(UInt64, String, ArchivedMessage.Direction)] {
      try store.append(
        makeMessage(
          alice, position, with: remote, direction: direction, stanza: Self.stanza("one")))
    }
    try store.append(makeMessage(alice, 5, stanza: Self.stanza("two")))
    try store.append(makeMessage(alice, 6, stanza: Array("<message/>".utf8)))
    func find(_ id: String, _ account: AccountID) throws -> [UInt64] {
      try store.messages(of: account, conversation: "carol@example.com", named: id)
        .map(\.position)
    }
    #expect(try find("one", alice) == [3, 4])
    #expect(try find("two", alice) == [5])
    #expect(try find("one", bob) == [])
    #expect(try find("", alice) == [])
    #expect(try find("three", alice) == [])
    try store.removeArchive(of: alice, before: 3_001)
    #expect(try find("one", alice) == [4])
  }

  @Test("A store from before is brought up, with the ids of what it has")
  func migration() throws {
    let directory = TemporaryDirectory()
    let alice: AccountID
    do {
      let store = try ServerStore(path: directory.file)
      alice = try store.createAccount("alice", credentials: [])
      for position in 1...700 as ClosedRange<UInt64> {
        try store.append(makeMessage(alice, position, stanza: Self.stanza("m\(position)")))
      }
      try store.commit()
      // What the first version was.
      try store.database.execute(
        """
        DROP INDEX archive_sender_id;
        ALTER TABLE archive DROP COLUMN sender_id;
        DROP TABLE device;
        PRAGMA user_version = 1
        """, doing: "testing")
    }
    let store = try ServerStore(path: directory.file)
    for position in [1, 499, 500, 501, 700] as [UInt64] {
      #expect(
        try store.messages(
          of: alice, conversation: "carol@example.com", named: "m\(position)"
        ).map(\.position) == [position])
    }
  }

  @Test("What devices said of themselves is remembered, of the latest 64")
  func devices() throws {
    let (store, alice, bob) = try makeStore()
    for number in 0..<70 {
      try store.setDevice(StoredDevice(resource: "r\(number)", software: "s"), of: alice)
    }
    #expect(try store.device(of: alice, resource: "r5") == nil)
    #expect(try store.device(of: alice, resource: "r6")?.software == "s")
    try store.setDevice(StoredDevice(resource: "r6", software: "t", version: "2"), of: alice)
    try store.setDevice(StoredDevice(resource: "new"), of: alice)
    #expect(
      try store.device(of: alice, resource: "r6")
        == StoredDevice(resource: "r6", software: "t", version: "2"))
    #expect(try store.device(of: alice, resource: "r7") == nil)
    #expect(try store.device(of: bob, resource: "r6") == nil)
  }

  @Test("Read marks and the items of a node can be forgotten")
  func forgetting() throws {
    let (store, alice, _) = try makeStore()
    try store.setReadMark(of: alice, conversation: "b@x", position: 1)
    try store.setReadMark(of: alice, conversation: "c@x", position: 2)
    try store.setReadMark(of: alice, conversation: "d@x", position: 3)
    #expect(try store.removeReadMarks(of: alice, conversation: "c@x"))
    #expect(try !store.removeReadMarks(of: alice, conversation: "c@x"))
    #expect(try store.readMarks(of: alice).map(\.conversation) == ["b@x", "d@x"])
    #expect(try store.removeReadMarks(of: alice))
    #expect(try store.readMarks(of: alice) == [])
    let configuration = PEPNodeConfiguration(
      accessModel: "open", maxItems: 9, sendLastPublished: "never", persist: true)
    try store.createNode(of: alice, node: "n", configuration: configuration)
    _ = try store.publish(
      node: "n", itemID: "1", payload: [65], publisher: "p", maxItems: 9, of: alice)
    #expect(try store.purge(of: alice, node: "n"))
    #expect(try !store.purge(of: alice, node: "n"))
    #expect(try store.nodes(of: alice) == ["n"])
  }
}
