extension ServerStore {
  /// Answers a query.
  ///
  /// - Throws: ``StoreError/Reason/limitExceeded`` for more than ``ArchiveQuery/maximumPositions``.
  /// - Complexity: O(*m* + log² *n*) for a page of *m* messages, also with a bare JID; with a full
  ///   one, or with the count, linear in the messages of the filter's conversation or time.
  public func query(_ query: ArchiveQuery) throws(StoreError) -> ArchiveResult {
    let operation = "querying an archive"
    guard query.positions.map({ $0.count <= ArchiveQuery.maximumPositions }) ?? true else {
      throw StoreError(
        .limitExceeded,
        message: "more than \(ArchiveQuery.maximumPositions) messages are asked for by id",
        operation: operation)
    }
    return try self.database.consistently(doing: operation) { () throws(StoreError) in
      guard try self.allExist(query, doing: operation) else { return .itemNotFound }
      let filter = try self.filter(query, doing: operation)
      let count = query.wantsCount ? try self.count(filter, doing: operation) : nil
      var page = try self.page(query, filter, doing: operation)
      page.count = count
      return .page(page)
    }
  }

  /// Whether all positions that a query names are in the archive.
  private func allExist(
    _ query: ArchiveQuery, doing operation: String
  ) throws(StoreError) -> Bool {
    var named = query.positions ?? []
    if let position = query.afterPosition { named.append(position) }
    if let position = query.beforePosition { named.append(position) }
    switch query.page {
    case .forward(let position?), .backward(let position?): named.append(position)
    case .forward(nil), .backward(nil): break
    }
    for position in named {
      guard let position = Int64(exactly: position) else { return false }
      let found = try self.database.readFirst(
        "SELECT 1 FROM archive WHERE account = ? AND position = ?", query.account, position,
        doing: operation
      ) { _ in true }
      guard found == true else { return false }
    }
    return true
  }

  /// The filters of a query, its times as positions.
  private func filter(
    _ query: ArchiveQuery, doing operation: String
  ) throws(StoreError) -> ArchiveFilter {
    var filter = ArchiveFilter(account: query.account)
    if let start = query.start {
      if let first = try self.firstPosition(of: query.account, from: start, doing: operation) {
        filter.lower = first
      } else {
        filter.upper = .min
      }
    }
    if let end = query.end, end < .max,
      let next = try self.firstPosition(of: query.account, from: end + 1, doing: operation)
    {
      filter.upper = min(filter.upper, next - 1)
    }
    filter.narrow(after: query.afterPosition, before: query.beforePosition)
    if let with = query.with {
      // The slash before a resource is the first one in a JID (RFC 7622 §3.1).
      if let slash = with.utf8.firstIndex(of: UInt8(ascii: "/")) {
        filter.conversation = String(with[..<slash])
        filter.remote = with
      } else {
        filter.conversation = with
      }
    }
    if let positions = query.positions {
      filter.positions = "[\(positions.map(String.init).joined(separator: ","))]"
    }
    return filter
  }

  /// The number of messages that pass a filter.
  private func count(
    _ filter: ArchiveFilter, doing operation: String
  ) throws(StoreError) -> Int {
    guard filter.lower <= filter.upper else { return 0 }
    let sql = "SELECT count(*) FROM archive AS a\(filter.countingIndex) WHERE \(filter.condition)"
    var count = 0
    try self.rows(sql, filter, limit: nil, doing: operation) { row in
      count = Int(row.integer(0))
      return false
    }
    return count
  }

  /// A page of the messages that pass a filter.
  private func page(
    _ query: ArchiveQuery, _ filter: ArchiveFilter, doing operation: String
  ) throws(StoreError) -> ArchivePage {
    var range = filter
    let order: String
    switch query.page {
    case .forward(let position):
      range.narrow(after: position, before: nil)
      order = "ASC"
    case .backward(let position):
      range.narrow(after: nil, before: position)
      order = "DESC"
    }
    var page = ArchivePage(messages: [], isComplete: true, count: nil)
    guard range.lower <= range.upper else { return page }
    let maximum = min(max(query.maximum, 0), ArchiveQuery.maximumPage)
    let maximumBytes = min(query.maximumBytes, ArchiveQuery.maximumPageBytes)
    // One more than wanted tells whether there is more.
    let sql = """
      SELECT \(ArchivedMessage.columns) FROM archive AS a\(range.index)
      WHERE \(range.condition) ORDER BY a.position \(order) LIMIT ?6
      """
    var bytes = 0
    try self.rows(sql, range, limit: maximum + 1, doing: operation) { row in
      bytes += row.byteCount(5)
      guard page.messages.count < maximum,
        bytes <= maximumBytes || page.messages.isEmpty
      else {
        page.isComplete = false
        return false
      }
      page.messages.append(ArchivedMessage(row, of: query.account))
      return true
    }
    if case .backward = query.page { page.messages.reverse() }
    return page
  }

  /// Runs a statement made with a filter's condition; `limit` is its sixth parameter.
  private func rows(
    _ sql: String, _ filter: ArchiveFilter, limit: Int?, doing operation: String,
    _ body: (Row) throws(StoreError) -> Bool
  ) throws(StoreError) {
    // A value is `nil` where the statement lacks its parameter.
    try self.database.forEachRow(
      sql, filter.account, filter.lower, filter.upper, filter.conversation, filter.remote, limit,
      filter.positions, doing: operation, body)
  }
}
