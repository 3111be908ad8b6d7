import Testing

@testable import ServerStorage

struct ArchiveQueryTests {
  /// What a query means, said without a database.
  private func answer(_ query: ArchiveQuery, _ archive: [ArchivedMessage]) -> ArchiveResult {
    var rest = archive
    func isThere(_ position: UInt64) -> Bool { archive.contains { $0.position == position } }
    let named =
      (query.positions ?? [])
      + [query.afterPosition, query.beforePosition, query.page.anchor].compactMap { $0 }
    guard named.allSatisfy(isThere) else { return .itemNotFound }
    if let with = query.with {
      rest = rest.filter { with.contains("/") ? $0.remote == with : $0.conversation == with }
    }
    if let start = query.start { rest = rest.filter { $0.stamp >= start } }
    if let end = query.end { rest = rest.filter { $0.stamp <= end } }
    if let after = query.afterPosition { rest = rest.filter { $0.position > after } }
    if let before = query.beforePosition { rest = rest.filter { $0.position < before } }
    if let positions = query.positions { rest = rest.filter { positions.contains($0.position) } }
    let count = query.wantsCount ? rest.count : nil
    let wanted = min(max(query.maximum, 0), ArchiveQuery.maximumPage)
    let page: [ArchivedMessage]
    switch query.page {
    case .forward(let after):
      if let after { rest = rest.filter { $0.position > after } }
      page = Array(rest.prefix(wanted))
    case .backward(let before):
      if let before { rest = rest.filter { $0.position < before } }
      page = Array(rest.suffix(wanted))
    }
    return .page(
      ArchivePage(messages: page, isComplete: page.count == rest.count, count: count))
  }

  /// An archive with gaps, equal stamps and several contacts, between the messages of another one.
  private func fill(
    _ store: ServerStore, _ alice: AccountID, _ bob: AccountID, _ count: Int,
    _ generator: inout SeededGenerator
  ) throws -> [ArchivedMessage] {
    let remotes = ["c@x", "c@x/1", "c@x/2", "d@x/1", "d@x/a/b", "x"]
    var archive: [ArchivedMessage] = []
    var position: UInt64 = 0
    var stamp: Int64 = 100
    for _ in 0..<count {
      position += .random(in: 1...3, using: &generator)
      stamp += .random(in: 0...2, using: &generator)
      let remote = remotes[Int.random(in: 0..<remotes.count, using: &generator)]
      let direction: ArchivedMessage.Direction =
        Bool.random(using: &generator) ? .sent : .received
      var message = makeMessage(
        alice, position, with: remote, stamp: stamp, direction: direction)
      try store.append(message)
      archive.append(message)
      message.account = bob
      try store.append(message)
    }
    return archive
  }

  @Test("All combinations of filters and pages give what a plain filter gives")
  func combinations() throws {
    var generator = SeededGenerator(state: 1)
    let (store, alice, bob) = try makeStore()
    let archive = try self.fill(store, alice, bob, 24, &generator)
    try store.commit()
    let last = try #require(archive.last)
    let middle = archive[12]
    let missing = try #require(
      (1...last.position).first { p in !archive.contains { $0.position == p } })
    let some = archive.enumerated().filter { $0.offset % 3 == 1 }.map(\.element.position)
    let anchors: [UInt64?] = [archive[0].position, archive[8].position, last.position, missing]
    let pages =
      ([nil] + anchors).map { ArchiveQuery.Page.forward(after: $0) }
      + ([nil] + anchors).map { .backward(before: $0) }
    var checked = 0
    for with in [nil, "c@x", "c@x/1", "d@x/a/b", "nobody@x", "", "/"] {
      for (start, end) in [
        (nil, nil), (middle.stamp, nil), (nil, middle.stamp), (101, middle.stamp),
        (middle.stamp, middle.stamp), (last.stamp + 1, nil), (nil, 0), (120, 110),
        (Int64.min, Int64.max),
      ] as [(Int64?, Int64?)] {
        for (after, before) in [
          (nil, nil), (archive[5].position, nil), (nil, archive[20].position),
          (archive[5].position, archive[20].position), (last.position, archive[0].position),
          (missing, nil), (nil, UInt64.max),
        ] as [(UInt64?, UInt64?)] {
          for positions in [nil, [], some, some + some, [missing]] {
            for page in pages {
              let maximum = [-1, 0, 1, 3, 24, 1_000].randomElement(using: &generator) ?? 1
              let query = ArchiveQuery(
                account: alice, with: with, start: start, end: end, afterPosition: after,
                beforePosition: before, positions: positions, page: page, maximum: maximum,
                wantsCount: Bool.random(using: &generator))
              let matches = try store.query(query) == self.answer(query, archive)
              if !matches { Issue.record("\(query)") }
              checked += 1
            }
          }
        }
      }
    }
    #expect(checked == 7 * 9 * 7 * 5 * 10)
  }

  @Test("Paging to the end, either way, gives every matching message once", arguments: 1...6)
  func paging(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let (store, alice, bob) = try makeStore()
    let archive = try self.fill(store, alice, bob, 100, &generator)
    for with in [nil, "c@x", "c@x/2"] {
      for maximum in [1, 7, 100, 300] {
        var query = ArchiveQuery(account: alice, with: with, maximum: maximum)
        let all = archive.filter {
          with == nil || $0.conversation == with || $0.remote == with
        }
        var found: [ArchivedMessage] = []
        while case .page(let page) = try store.query(query) {
          found += page.messages
          if page.isComplete { break }
          query.page = .forward(after: page.last)
        }
        #expect(found == all)
        query.page = .backward(before: nil)
        found = []
        while case .page(let page) = try store.query(query) {
          found = page.messages + found
          if page.isComplete { break }
          query.page = .backward(before: page.first)
        }
        #expect(found == all)
      }
    }
  }

  @Test("A page has limits in messages and in bytes, and goes on behind them")
  func limits() throws {
    let (store, alice, _) = try makeStore()
    for position in 1...300 as ClosedRange<UInt64> {
      try store.append(makeMessage(alice, position))
    }
    let large = [UInt8](repeating: 65, count: ArchiveQuery.maximumPageBytes / 2 + 1)
    for position in 301...303 as ClosedRange<UInt64> {
      try store.append(makeMessage(alice, position, with: "large@x", stanza: large))
    }
    let huge = large + large
    try store.append(makeMessage(alice, 304, with: "large@x", stanza: huge))
    var query = ArchiveQuery(account: alice, maximum: .max)
    func positions() throws -> [UInt64] {
      guard case .page(let page) = try store.query(query) else { throw TestFailure() }
      #expect(!page.isComplete)
      return page.messages.map(\.position)
    }
    #expect(try positions() == Array(1...256))
    query.with = "large@x"
    #expect(try positions() == [301])
    query.page = .forward(after: 301)
    #expect(try positions() == [302])
    query.page = .backward(before: nil)
    #expect(try positions() == [304])
    query.page = .backward(before: 304)
    #expect(try positions() == [303])
    query.positions = Array(1...257)
    #expect(reason { _ = try store.query(query) } == .limitExceeded)
    #expect(
      try store.query(ArchiveQuery(account: AccountID(rawValue: 99)))
        == .page(ArchivePage(messages: [], isComplete: true, count: nil)))
  }

  @Test("No query goes through an archive, or sorts what it finds")
  func plans() throws {
    let (store, alice, _) = try makeStore()
    for with in [nil, "c@x", "c@x/1"] {
      var filter = ArchiveFilter(account: alice)
      filter.conversation = with
      filter.remote = with.flatMap { $0.contains("/") ? $0 : nil }
      let plan = try store.database.read(
        """
        EXPLAIN QUERY PLAN SELECT \(ArchivedMessage.columns) FROM archive AS a\(filter.index)
        WHERE \(filter.condition) ORDER BY a.position DESC LIMIT 9
        """, doing: "testing"
      ) { $0.text(3) }
      let index =
        with == nil
        ? "INDEX sqlite_autoindex_archive_1 (account=? AND position>? AND position<?)"
        : "INDEX archive_conversation (account=? AND conversation=? AND position>? AND position<?)"
      #expect(plan == ["SEARCH a USING \(index)"])
    }
  }
}

extension ArchiveQuery.Page {
  /// The position that the page is next to.
  fileprivate var anchor: UInt64? {
    switch self {
    case .forward(let position), .backward(let position): position
    }
  }
}
