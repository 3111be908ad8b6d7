import ServerStorage
import Testing

struct ArchiveTests {
  @Test("A message comes back as it was archived")
  func appending() throws {
    let (store, alice, bob) = try makeStore()
    let first = makeMessage(alice, 7, direction: .sent, stanza: [])
    let second = makeMessage(alice, 9, with: "d@x", stanza: [0, 255])
    try store.append(first)
    try store.append(second)
    #expect(try store.message(of: alice, position: 7) == first)
    #expect(try store.message(of: alice, position: 9) == second)
    for position in [0, 8, UInt64.max] {
      #expect(try store.message(of: alice, position: position) == nil)
    }
    #expect(try store.message(of: bob, position: 7) == nil)
    #expect(try store.lastPosition(of: alice) == 9)
    #expect(try store.lastPosition(of: bob) == 0)
  }

  @Test("Positions only ascend, within the limit")
  func positions() throws {
    let (store, alice, _) = try makeStore()
    #expect(reason { try store.append(makeMessage(alice, 0)) } == .invalidPosition)
    try store.append(makeMessage(alice, 5))
    for position in [0, 4, 5, UInt64.max, 1 << 63] {
      let message = makeMessage(alice, position, stamp: 0)
      #expect(reason { try store.append(message) } == .invalidPosition)
    }
    try store.append(makeMessage(alice, UInt64(Int64.max), stamp: 9_000))
    #expect(try store.lastPosition(of: alice) == UInt64(Int64.max))
    #expect(reason { try store.append(makeMessage(alice, 6)) } == .invalidPosition)
    let query = ArchiveQuery(account: alice, start: 9_000, page: .backward(before: nil))
    guard case .page(let page) = try store.query(query) else { throw TestFailure() }
    #expect(page.first == UInt64(Int64.max))
    #expect(try store.removeArchive(of: alice, before: .max) == 2)
  }

  @Test("If the clock goes back, the archive stays in the order of time")
  func stamps() throws {
    let (store, alice, _) = try makeStore()
    for (position, stamp) in [(1, 50), (2, 20), (3, 60)] as [(UInt64, Int64)] {
      try store.append(makeMessage(alice, position, stamp: stamp))
    }
    #expect(try store.message(of: alice, position: 2)?.stamp == 50)
    #expect(try store.message(of: alice, position: 3)?.stamp == 60)
  }

  @Test("Pruning takes what is before a time, and no position is used again", arguments: 0...12)
  func pruning(_ time: Int64) throws {
    let (store, alice, bob) = try makeStore()
    let stamps: [Int64] = [1, 3, 3, 3, 5, 8, 8, 9, 11]
    for (index, stamp) in stamps.enumerated() {
      try store.append(makeMessage(alice, UInt64(index * 3 + 1), stamp: stamp))
      try store.addWaiting(alice, UInt64(index * 3 + 1))
    }
    try store.append(makeMessage(bob, 1, stamp: 0))
    let kept = stamps.filter { $0 >= time }
    #expect(try store.removeArchive(of: alice, before: time) == stamps.count - kept.count)
    #expect(try store.removeArchive(of: alice, before: time) == 0)
    #expect(try store.waiting(of: alice).map(\.stamp) == kept)
    #expect(try store.lastPosition(of: alice) == 25)
    #expect(try store.lastPosition(of: bob) == 1)
    #expect(reason { try store.append(makeMessage(alice, 25)) } == .invalidPosition)
    try store.append(makeMessage(alice, 26))
    #expect(try store.removeArchive(of: AccountID(rawValue: 99), before: .max) == 0)
  }

  @Test("Messages wait once each, in order, until they are settled")
  func waiting() throws {
    let (store, alice, bob) = try makeStore()
    for position in 1...4 as ClosedRange<UInt64> {
      try store.append(makeMessage(alice, position))
    }
    for position in [3, 1, 4] as [UInt64] { #expect(try store.addWaiting(alice, position)) }
    #expect(try !store.addWaiting(alice, 3))
    for position in [0, 5, UInt64.max] {
      #expect(reason { try store.addWaiting(alice, position) } == .noSuchMessage)
      #expect(try !store.settle(alice, position))
    }
    #expect(reason { try store.addWaiting(bob, 1) } == .noSuchMessage)
    #expect(try store.waiting(of: alice) == [1, 3, 4].map { makeMessage(alice, $0) })
    #expect(try store.waiting(of: alice, after: 1, limit: 1) == [makeMessage(alice, 3)])
    #expect(try store.waiting(of: alice, limit: -1) == [])
    #expect(try store.waitingCount(of: alice) == 3)
    #expect(try store.settle(alice, 3))
    #expect(try !store.settle(alice, 3))
    #expect(try store.waiting(of: alice).map(\.position) == [1, 4])
    #expect(try store.waiting(of: bob) == [])
    #expect(try store.message(of: alice, position: 3) != nil)
    try store.commit()
  }

  @Test("A read mark moves forward only")
  func readMarks() throws {
    let (store, alice, bob) = try makeStore()
    #expect(try store.setReadMark(of: alice, conversation: "c@x", position: 5))
    #expect(try !store.setReadMark(of: alice, conversation: "c@x", position: 5))
    #expect(try !store.setReadMark(of: alice, conversation: "c@x", position: 4))
    #expect(try store.setReadMark(of: alice, conversation: "b@x", position: 0))
    #expect(try store.setReadMark(of: alice, conversation: "c@x", position: 6))
    let marks = [
      ReadMark(conversation: "b@x", position: 0), ReadMark(conversation: "c@x", position: 6),
    ]
    #expect(try store.readMarks(of: alice) == marks)
    #expect(try store.readMarks(of: bob) == [])
    #expect(
      reason { try store.setReadMark(of: alice, conversation: "c@x", position: 1 << 63) }
        == .invalidPosition)
    #expect(
      reason {
        try store.setReadMark(of: AccountID(rawValue: 99), conversation: "c@x", position: 1)
      } == .noSuchAccount)
  }
}

/// What a test throws where it cannot go on.
struct TestFailure: Error {}
