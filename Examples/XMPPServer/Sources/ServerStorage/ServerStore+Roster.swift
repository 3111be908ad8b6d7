extension ServerStore {
  /// The roster of an account, in the order of the contacts' bytes.
  public func roster(of account: AccountID) throws(StoreError) -> [RosterItem] {
    let operation = "reading a roster"
    var items: [RosterItem] = []
    // One row for each group, and one for an item that has none.
    try self.database.forEachRow(
      """
      SELECT i.contact, i.name, i.subscription, i.ask, i.approved, g.name
      FROM roster_item AS i LEFT JOIN roster_group AS g USING (account, contact)
      WHERE i.account = ? ORDER BY i.contact, g.ordinal
      """, account, doing: operation
    ) { row throws(StoreError) in
      try ServerStore.add(row, to: &items, doing: operation)
      return true
    }
    return items
  }

  /// The item of one contact.
  public func rosterItem(
    of account: AccountID, contact: String
  ) throws(StoreError) -> RosterItem? {
    let operation = "reading a roster item"
    var items: [RosterItem] = []
    try self.database.forEachRow(
      """
      SELECT i.contact, i.name, i.subscription, i.ask, i.approved, g.name
      FROM roster_item AS i LEFT JOIN roster_group AS g USING (account, contact)
      WHERE i.account = ? AND i.contact = ? ORDER BY g.ordinal
      """, account, contact, doing: operation
    ) { row throws(StoreError) in
      try ServerStore.add(row, to: &items, doing: operation)
      return true
    }
    return items.first
  }

  /// Adds an item, or replaces the one of its contact.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  public func setRosterItem(_ item: RosterItem, of account: AccountID) throws(StoreError) {
    let operation = "writing a roster item"
    try self.database.atomically(doing: operation) { () throws(StoreError) in
      try self.database.write(
        """
        INSERT INTO roster_item (account, contact, name, subscription, ask, approved)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET name = excluded.name, subscription = excluded.subscription,
          ask = excluded.ask, approved = excluded.approved
        """,
        account, item.contact, item.name, item.subscription.rawValue, item.ask, item.approved,
        doing: operation)
      try self.database.write(
        "DELETE FROM roster_group WHERE account = ? AND contact = ?", account, item.contact,
        doing: operation)
      for (ordinal, group) in item.groups.enumerated() {
        try self.database.write(
          "INSERT INTO roster_group (account, contact, ordinal, name) VALUES (?, ?, ?, ?)",
          account, item.contact, ordinal, group, doing: operation)
      }
    }
  }

  /// Removes the item of a contact and returns whether there was one.
  @discardableResult
  public func removeRosterItem(
    of account: AccountID, contact: String
  ) throws(StoreError) -> Bool {
    try self.database.write(
      "DELETE FROM roster_item WHERE account = ? AND contact = ?", account, contact,
      doing: "removing a roster item") > 0
  }

  /// The number of items in a roster.
  public func rosterCount(of account: AccountID) throws(StoreError) -> Int {
    try self.database.readFirst(
      "SELECT count(*) FROM roster_item WHERE account = ?", account, doing: "counting a roster"
    ) { Int($0.integer(0)) } ?? 0
  }

  /// The contacts that receive the account's presence, those of "from" and "both".
  public func subscribers(of account: AccountID) throws(StoreError) -> [String] {
    try self.database.read(
      """
      SELECT contact FROM roster_item
      WHERE account = ? AND subscription IN ('from', 'both') ORDER BY contact
      """, account, doing: "reading subscribers"
    ) { $0.text(0) }
  }

  /// The contacts whose presence the account receives, those of "to" and "both".
  public func subscriptions(of account: AccountID) throws(StoreError) -> [String] {
    try self.database.read(
      """
      SELECT contact FROM roster_item
      WHERE account = ? AND subscription IN ('to', 'both') ORDER BY contact
      """, account, doing: "reading subscriptions"
    ) { $0.text(0) }
  }

  /// Adds the item, or the further group of the last item, that a row is.
  private static func add(
    _ row: Row, to items: inout [RosterItem], doing operation: String
  ) throws(StoreError) {
    let contact = row.text(0)
    let group = row.optionalText(5)
    // Compared by their bytes, like in the database; equal strings may differ in theirs.
    if let group, let last = items.last, last.contact.utf8.elementsEqual(contact.utf8) {
      items[items.count - 1].groups.append(group)
      return
    }
    guard let subscription = RosterSubscription(rawValue: row.text(2)) else {
      throw StoreError(
        .corrupt, message: "there is no subscription state \(row.text(2))", operation: operation)
    }
    items.append(
      RosterItem(
        contact: contact, name: row.optionalText(1), groups: group.map { [$0] } ?? [],
        subscription: subscription, ask: row.bool(3), approved: row.bool(4)))
  }
}

// MARK: Subscription requests

/// A request for a subscription that the account has yet to answer (RFC 6121 §3.1.3).
public struct SubscriptionRequest: Hashable, Sendable {
  /// The bare JID of who asks.
  public var contact: String
  /// The presence stanza.
  public var stanza: [UInt8]

  /// A request.
  public init(contact: String, stanza: [UInt8]) {
    self.contact = contact
    self.stanza = stanza
  }
}

extension ServerStore {
  /// The requests that wait for the account, in the order of the contacts' bytes.
  public func pendingRequests(of account: AccountID) throws(StoreError) -> [SubscriptionRequest] {
    try self.database.read(
      "SELECT contact, stanza FROM subscription_request WHERE account = ? ORDER BY contact",
      account, doing: "reading subscription requests"
    ) { SubscriptionRequest(contact: $0.text(0), stanza: $0.bytes(1)) }
  }

  /// The request of one contact.
  public func pendingRequest(
    of account: AccountID, contact: String
  ) throws(StoreError) -> SubscriptionRequest? {
    try self.database.readFirst(
      "SELECT contact, stanza FROM subscription_request WHERE account = ? AND contact = ?",
      account, contact, doing: "reading a subscription request"
    ) { SubscriptionRequest(contact: $0.text(0), stanza: $0.bytes(1)) }
  }

  /// The number of requests that wait for the account.
  public func pendingRequestCount(of account: AccountID) throws(StoreError) -> Int {
    try self.database.readFirst(
      "SELECT count(*) FROM subscription_request WHERE account = ?", account,
      doing: "counting subscription requests"
    ) { Int($0.integer(0)) } ?? 0
  }

  /// Keeps a request, in place of an earlier one of the same contact.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  public func setPendingRequest(
    of account: AccountID, contact: String, stanza: [UInt8]
  ) throws(StoreError) {
    try self.database.write(
      """
      INSERT OR REPLACE INTO subscription_request (account, contact, stanza) VALUES (?, ?, ?)
      """, account, contact, stanza, doing: "keeping a subscription request")
  }

  /// Forgets the request of a contact and returns whether there was one.
  @discardableResult
  public func removePendingRequest(
    of account: AccountID, contact: String
  ) throws(StoreError) -> Bool {
    try self.database.write(
      "DELETE FROM subscription_request WHERE account = ? AND contact = ?", account, contact,
      doing: "removing a subscription request") > 0
  }
}
