/// Private XML storage (XEP-0049) and vCards (XEP-0054).
extension ServerStore {
  /// The element that an account has stored under a name and a namespace.
  public func privateXML(
    of account: AccountID, name: String, namespace: String
  ) throws(StoreError) -> [UInt8]? {
    try self.database.readFirst(
      "SELECT element FROM private_xml WHERE account = ? AND namespace = ? AND name = ?",
      account, namespace, name, doing: "reading private XML"
    ) { $0.bytes(0) }
  }

  /// Stores an element in place of the one of the same name and namespace; `nil` removes that.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  public func setPrivateXML(
    _ element: [UInt8]?, of account: AccountID, name: String, namespace: String
  ) throws(StoreError) {
    let operation = "writing private XML"
    if let element {
      try self.database.write(
        """
        INSERT OR REPLACE INTO private_xml (account, namespace, name, element)
        VALUES (?, ?, ?, ?)
        """, account, namespace, name, element, doing: operation)
    } else {
      try self.database.write(
        "DELETE FROM private_xml WHERE account = ? AND namespace = ? AND name = ?",
        account, namespace, name, doing: operation)
    }
  }

  /// The number of elements that an account has stored.
  public func privateXMLCount(of account: AccountID) throws(StoreError) -> Int {
    try self.database.readFirst(
      "SELECT count(*) FROM private_xml WHERE account = ?", account, doing: "counting private XML"
    ) { Int($0.integer(0)) } ?? 0
  }

  /// The vCard of an account.
  public func vCard(of account: AccountID) throws(StoreError) -> [UInt8]? {
    try self.database.readFirst(
      "SELECT element FROM vcard WHERE account = ?", account, doing: "reading a vCard"
    ) { $0.bytes(0) }
  }

  /// Replaces the vCard of an account; `nil` removes it.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  public func setVCard(_ element: [UInt8]?, of account: AccountID) throws(StoreError) {
    let operation = "writing a vCard"
    if let element {
      try self.database.write(
        "INSERT OR REPLACE INTO vcard (account, element) VALUES (?, ?)", account, element,
        doing: operation)
    } else {
      try self.database.write("DELETE FROM vcard WHERE account = ?", account, doing: operation)
    }
  }
}
