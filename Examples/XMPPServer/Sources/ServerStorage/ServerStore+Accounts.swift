/// An account, for as long as it exists; an id is never used again.
public struct AccountID: Hashable, Sendable {
  /// The number by which the store knows the account.
  public var rawValue: Int64

  /// The account of a number.
  public init(rawValue: Int64) { self.rawValue = rawValue }
}

/// What a server keeps of a password for one SCRAM mechanism (RFC 5802 §3, RFC 7677).
public struct StoredCredential: Hashable, Sendable {
  /// The mechanism without "-PLUS", such as "SCRAM-SHA-256".
  public var mechanism: String
  /// The salt.
  public var salt: [UInt8]
  /// The iteration count.
  public var iterations: Int
  /// StoredKey, with which a client's proof is verified.
  public var storedKey: [UInt8]
  /// ServerKey, with which the server proves itself.
  public var serverKey: [UInt8]

  /// A credential.
  public init(
    mechanism: String, salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]
  ) {
    self.mechanism = mechanism
    self.salt = salt
    self.iterations = iterations
    self.storedKey = storedKey
    self.serverKey = serverKey
  }
}

extension ServerStore {
  /// The account of a localpart.
  public func account(named name: String) throws(StoreError) -> AccountID? {
    try self.database.readFirst(
      "SELECT id FROM account WHERE name = ?", name, doing: "looking up an account"
    ) { AccountID(rawValue: $0.integer(0)) }
  }

  /// The localpart of an account.
  public func name(of account: AccountID) throws(StoreError) -> String? {
    try self.database.readFirst(
      "SELECT name FROM account WHERE id = ?", account, doing: "looking up an account"
    ) { $0.text(0) }
  }

  /// Adds an account.
  ///
  /// - Parameters:
  ///   - name: its localpart.
  ///   - credentials: one for each mechanism.
  /// - Throws: ``StoreError/Reason/accountExists`` if the name is taken.
  @discardableResult
  public func createAccount(
    _ name: String, credentials: [StoredCredential]
  ) throws(StoreError) -> AccountID {
    let operation = "adding an account"
    return try self.database.atomically(doing: operation) { () throws(StoreError) in
      let added = try self.database.write(
        "INSERT INTO account (name) VALUES (?) ON CONFLICT DO NOTHING", name, doing: operation)
      guard added == 1 else {
        throw StoreError(
          .accountExists, message: "there is an account \(name) already", operation: operation)
      }
      let account = AccountID(rawValue: self.database.lastInsertedRow)
      try self.insert(credentials, of: account, doing: operation)
      return account
    }
  }

  /// Removes an account with all that is stored of it.
  ///
  /// - Returns: whether there was one.
  /// - Complexity: linear in what is stored of it.
  @discardableResult
  public func removeAccount(_ account: AccountID) throws(StoreError) -> Bool {
    try self.database.write(
      "DELETE FROM account WHERE id = ?", account, doing: "removing an account") > 0
  }

  /// The credentials of an account, in the order of the mechanisms' names.
  public func credentials(of account: AccountID) throws(StoreError) -> [StoredCredential] {
    try self.database.read(
      """
      SELECT mechanism, salt, iterations, stored_key, server_key FROM credential
      WHERE account = ? ORDER BY mechanism
      """, account, doing: "reading credentials"
    ) { row throws(StoreError) in
      StoredCredential(
        mechanism: row.text(0), salt: row.bytes(1), iterations: Int(row.integer(2)),
        storedKey: row.bytes(3), serverKey: row.bytes(4))
    }
  }

  /// Replaces the credentials of an account; of two for one mechanism the later one counts.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  public func setCredentials(
    _ credentials: [StoredCredential], of account: AccountID
  ) throws(StoreError) {
    let operation = "changing credentials"
    try self.database.atomically(doing: operation) { () throws(StoreError) in
      try self.database.write(
        "DELETE FROM credential WHERE account = ?", account, doing: operation)
      try self.insert(credentials, of: account, doing: operation)
    }
  }

  /// The localparts of all accounts, in the order of their bytes.
  public func accountNames() throws(StoreError) -> [String] {
    try self.database.read(
      "SELECT name FROM account ORDER BY name", doing: "listing accounts"
    ) { $0.text(0) }
  }

  /// The number of accounts.
  ///
  /// - Complexity: linear in it.
  public func accountCount() throws(StoreError) -> Int {
    try self.database.readFirst(
      "SELECT count(*) FROM account", doing: "counting accounts"
    ) { Int($0.integer(0)) } ?? 0
  }

  private func insert(
    _ credentials: [StoredCredential], of account: AccountID, doing operation: String
  ) throws(StoreError) {
    for credential in credentials {
      try self.database.write(
        """
        INSERT OR REPLACE INTO credential
          (account, mechanism, salt, iterations, stored_key, server_key)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        account, credential.mechanism, credential.salt, credential.iterations,
        credential.storedKey, credential.serverKey, doing: operation)
    }
  }
}
