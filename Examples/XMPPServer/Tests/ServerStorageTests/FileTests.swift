import Glibc
import Testing

@testable import ServerStorage

struct FileTests {
  @Test("A new file and its siblings are for the owner only")
  func mode() throws {
    let directory = TemporaryDirectory()
    let mask = umask(0)
    defer { umask(mask) }
    let store = try ServerStore(path: directory.file)
    try store.createAccount("alice", credentials: [])
    try store.commit()
    for name in ["store", "store-wal", "store-shm"] { #expect(directory.mode(name) == 0o600) }
  }

  @Test("A path that cannot be made is an error that says so")
  func noDirectory() {
    let directory = TemporaryDirectory()
    #expect(reason { _ = try ServerStore(path: "\(directory.file)/store") } == .other)
    #expect(reason { _ = try ServerStore(path: "") } == .other)
  }

  @Test("Reopening loses what was not committed and nothing else")
  func reopening() throws {
    let directory = TemporaryDirectory()
    do {
      let store = try ServerStore(path: directory.file, durability: .process)
      #expect(!store.hasUncommittedWrites)
      let alice = try store.createAccount("alice", credentials: [])
      #expect(store.hasUncommittedWrites)
      for position in 1...10 as ClosedRange<UInt64> {
        try store.append(makeMessage(alice, position))
      }
      try store.commit()
      #expect(!store.hasUncommittedWrites)
      try store.append(makeMessage(alice, 11))
      try store.createAccount("bob", credentials: [])
      #expect(try store.lastPosition(of: alice) == 11)
    }
    let store = try ServerStore(path: directory.file)
    let alice = try #require(try store.account(named: "alice"))
    #expect(try store.accountNames() == ["alice"])
    #expect(try store.lastPosition(of: alice) == 10)
    #expect(try store.message(of: alice, position: 10) == makeMessage(alice, 10))
  }

  @Test("A rollback undoes the writes since the commit, and writing goes on")
  func rollback() throws {
    let (store, alice, _) = try makeStore()
    try store.commit()
    try store.append(makeMessage(alice, 1))
    try store.rollback()
    #expect(!store.hasUncommittedWrites)
    #expect(try store.lastPosition(of: alice) == 0)
    try store.append(makeMessage(alice, 1))
    try store.commit()
    #expect(try store.lastPosition(of: alice) == 1)
    try store.rollback()
    try store.commit()
  }

  @Test("A second connection sees what is committed, and is told that another one writes")
  func twoConnections() throws {
    let directory = TemporaryDirectory()
    let server = try ServerStore(path: directory.file)
    let command = try ServerStore(path: directory.file)
    command.database.setBusyTimeout(milliseconds: 0)
    try server.createAccount("alice", credentials: [])
    #expect(try command.account(named: "alice") == nil)
    #expect(reason { try command.createAccount("bob", credentials: []) } == .busy)
    #expect(!command.hasUncommittedWrites)
    try server.commit()
    #expect(try command.account(named: "alice") != nil)
    #expect(reason { try command.createAccount("alice", credentials: []) } == .accountExists)
    try command.createAccount("bob", credentials: [])
    try command.commit()
    #expect(try server.accountNames() == ["alice", "bob"])
  }

  @Test("A store of a later schema is refused, and so is a database of another program")
  func refusals() throws {
    let later = TemporaryDirectory()
    do {
      let store = try ServerStore(path: later.file)
      try store.database.execute("PRAGMA user_version = 99", doing: "testing")
    }
    #expect(reason { _ = try ServerStore(path: later.file) } == .newerSchema)
    let foreign = TemporaryDirectory()
    do {
      let store = try ServerStore(path: foreign.file)
      try store.database.execute("PRAGMA application_id = 7", doing: "testing")
    }
    #expect(reason { _ = try ServerStore(path: foreign.file) } == .corrupt)
    let text = TemporaryDirectory()
    let file = try #require(fopen(text.file, "w"))
    fputs(String(repeating: "no database\n", count: 100), file)
    fclose(file)
    #expect(reason { _ = try ServerStore(path: text.file) } == .corrupt)
  }

  @Test("If SQLite undoes the transaction, nothing is written or committed until a rollback")
  func lostTransaction() throws {
    let (store, alice, _) = try makeStore()
    try store.commit()
    try store.append(makeMessage(alice, 1))
    // What a full medium would do.
    try store.database.execute("ROLLBACK", doing: "testing")
    #expect(reason { try store.database.execute("nonsense", doing: "testing") } == .other)
    #expect(reason { try store.append(makeMessage(alice, 2)) } == .transactionLost)
    #expect(reason { try store.createAccount("dave", credentials: []) } == .transactionLost)
    #expect(reason { try store.commit() } == .transactionLost)
    #expect(store.hasUncommittedWrites)
    try store.rollback()
    try store.append(makeMessage(alice, 1))
    try store.commit()
    #expect(try store.lastPosition(of: alice) == 1)
  }

  @Test("A medium that is full is an error, and the store goes on when there is room")
  func full() throws {
    let (store, alice, _) = try makeStore()
    try store.commit()
    try store.database.execute("PRAGMA max_page_count = 40", doing: "testing")
    let large = [UInt8](repeating: 65, count: 1 << 20)
    #expect(reason { try store.append(makeMessage(alice, 1, stanza: large)) } == .full)
    try store.rollback()
    try store.append(makeMessage(alice, 1))
    try store.commit()
    #expect(try store.lastPosition(of: alice) == 1)
  }

  @Test("A value above the limit is refused")
  func valueLimit() throws {
    let (store, alice, _) = try makeStore()
    let large = [UInt8](repeating: 65, count: ServerStore.valueLimit + 1)
    #expect(reason { try store.setVCard(large, of: alice) } == .limitExceeded)
    #expect(reason { try store.append(makeMessage(alice, 1, stanza: large)) } == .limitExceeded)
    #expect(try store.vCard(of: alice) == nil)
    try store.append(makeMessage(alice, 1))
    try store.commit()
  }
}
