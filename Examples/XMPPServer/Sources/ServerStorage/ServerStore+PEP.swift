/// The nodes of the Personal Eventing Protocol (XEP-0163).
extension ServerStore {
  /// The names of an account's nodes, in the order of their bytes.
  public func nodes(of account: AccountID) throws(StoreError) -> [String] {
    try self.database.read(
      "SELECT node FROM pep_node WHERE account = ? ORDER BY node", account,
      doing: "listing PEP nodes"
    ) { $0.text(0) }
  }

  /// The number of an account's nodes.
  public func nodeCount(of account: AccountID) throws(StoreError) -> Int {
    try self.database.readFirst(
      "SELECT count(*) FROM pep_node WHERE account = ?", account, doing: "counting PEP nodes"
    ) { Int($0.integer(0)) } ?? 0
  }

  /// The configuration of a node, or `nil` if there is no such node.
  public func nodeConfiguration(
    of account: AccountID, node: String
  ) throws(StoreError) -> PEPNodeConfiguration? {
    try self.database.readFirst(
      """
      SELECT access_model, max_items, send_last_published, persist FROM pep_node
      WHERE account = ? AND node = ?
      """, account, node, doing: "reading the configuration of a PEP node"
    ) {
      PEPNodeConfiguration(
        accessModel: $0.text(0), maxItems: Int($0.integer(1)), sendLastPublished: $0.text(2),
        persist: $0.bool(3))
    }
  }

  /// Adds a node and returns whether there was none of this name; one that exists stays as it is.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  @discardableResult
  public func createNode(
    of account: AccountID, node: String, configuration: PEPNodeConfiguration
  ) throws(StoreError) -> Bool {
    try self.database.write(
      """
      INSERT INTO pep_node (account, node, access_model, max_items, send_last_published, persist)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
      """,
      account, node, configuration.accessModel, configuration.maxItems,
      configuration.sendLastPublished, configuration.persist, doing: "adding a PEP node") > 0
  }

  /// Changes the configuration of a node; its items stay, however many they are.
  ///
  /// - Returns: whether there is such a node.
  @discardableResult
  public func setNodeConfiguration(
    _ configuration: PEPNodeConfiguration, of account: AccountID, node: String
  ) throws(StoreError) -> Bool {
    try self.database.write(
      """
      UPDATE pep_node SET access_model = ?, max_items = ?, send_last_published = ?, persist = ?
      WHERE account = ? AND node = ?
      """,
      configuration.accessModel, configuration.maxItems, configuration.sendLastPublished,
      configuration.persist, account, node, doing: "configuring a PEP node") > 0
  }

  /// Removes a node with its items and returns whether there was one.
  @discardableResult
  public func deleteNode(of account: AccountID, node: String) throws(StoreError) -> Bool {
    try self.database.write(
      "DELETE FROM pep_node WHERE account = ? AND node = ?", account, node,
      doing: "removing a PEP node") > 0
  }

  /// Makes an item the newest of a node, in place of an earlier one of the same id.
  ///
  /// - Parameter maxItems: how many items the node keeps; below one counts as one, since the item
  ///   itself stays.
  /// - Returns: the ids of the items that were removed as being too many, oldest first.
  /// - Throws: ``StoreError/Reason/noSuchNode``.
  /// - Complexity: linear in `maxItems`.
  @discardableResult
  public func publish(
    node: String, itemID: String, payload: [UInt8], publisher: String, maxItems: Int,
    of account: AccountID
  ) throws(StoreError) -> [String] {
    let operation = "publishing a PEP item"
    return try self.database.atomically(doing: operation) { () throws(StoreError) in
      let newest =
        try self.database.readFirst(
          """
          SELECT sequence FROM pep_item WHERE account = ? AND node = ?
          ORDER BY sequence DESC LIMIT 1
          """, account, node, doing: operation
        ) { $0.integer(0) } ?? 0
      try self.database.write(
        """
        INSERT INTO pep_item (account, node, item, sequence, publisher, payload)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (account, node, item) DO UPDATE SET
          sequence = excluded.sequence, publisher = excluded.publisher, payload = excluded.payload
        """,
        account, node, itemID, newest &+ 1, publisher, payload, doing: operation,
        missing: .noSuchNode)
      var removed: [String] = []
      try self.database.forEachRow(
        """
        SELECT item FROM pep_item WHERE account = ? AND node = ?
        ORDER BY sequence DESC LIMIT -1 OFFSET ?
        """, account, node, max(maxItems, 1), doing: operation
      ) { row throws(StoreError) in
        removed.append(row.text(0))
        return true
      }
      for id in removed { try self.retract(of: account, node: node, id: id) }
      return removed.reversed()
    }
  }

  /// Removes an item and returns whether there was one.
  @discardableResult
  public func retract(
    of account: AccountID, node: String, id: String
  ) throws(StoreError) -> Bool {
    try self.database.write(
      "DELETE FROM pep_item WHERE account = ? AND node = ? AND item = ?", account, node, id,
      doing: "removing a PEP item") > 0
  }

  /// Removes all items of a node (XEP-0060 §8.5) and returns whether there was one.
  @discardableResult
  public func purge(of account: AccountID, node: String) throws(StoreError) -> Bool {
    try self.database.write(
      "DELETE FROM pep_item WHERE account = ? AND node = ?", account, node,
      doing: "removing the items of a PEP node") > 0
  }

  /// The newest items of a node, at most `limit` of them, newest last.
  public func items(
    of account: AccountID, node: String, limit: Int
  ) throws(StoreError) -> [PEPItem] {
    try self.database.read(
      """
      SELECT item, publisher, payload FROM pep_item WHERE account = ? AND node = ?
      ORDER BY sequence DESC LIMIT ?
      """, account, node, max(limit, 0), doing: "reading PEP items"
    ) { PEPItem(id: $0.text(0), publisher: $0.text(1), payload: $0.bytes(2)) }.reversed()
  }

  /// An item of a node.
  public func item(
    of account: AccountID, node: String, id: String
  ) throws(StoreError) -> PEPItem? {
    try self.database.readFirst(
      """
      SELECT item, publisher, payload FROM pep_item
      WHERE account = ? AND node = ? AND item = ?
      """, account, node, id, doing: "reading a PEP item"
    ) { PEPItem(id: $0.text(0), publisher: $0.text(1), payload: $0.bytes(2)) }
  }
}
