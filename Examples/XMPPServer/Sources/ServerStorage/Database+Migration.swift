extension Database {
  /// Brings the file to the version that this program knows.
  ///
  /// - Throws: ``StoreError/Reason/newerSchema`` if the file is of a later version, and
  ///   ``StoreError/Reason/corrupt`` if it is a database of another program.
  func migrate() throws(StoreError) {
    let operation = "opening the store"
    // Looked at without a write lock first: a store that is up to date is not held up by a writer.
    if try self.storeVersion(doing: operation) == Schema.version { return }
    try self.beginWriting(doing: operation)
    do {
      // Another process may have gone ahead in the meantime.
      let version = try self.storeVersion(doing: operation)
      for (number, migration) in Schema.migrations.enumerated() where number >= version {
        let operation = "migrating the store to version \(number + 1)"
        try self.execute(migration, doing: operation)
        if number == 1 { try self.fillInSenderIDs(doing: operation) }
      }
      try self.execute(
        """
        PRAGMA application_id = \(Schema.applicationID);
        PRAGMA user_version = \(Schema.version)
        """, doing: operation)
      try self.commit()
    } catch {
      try self.rollback()
      throw error
    }
  }

  /// Looks the ids of messages up that were archived before the store noted them.
  private func fillInSenderIDs(doing operation: String) throws(StoreError) {
    var row: Int64 = .min
    while true {
      let page = try self.read(
        """
        SELECT rowid, stanza FROM archive WHERE direction = ? AND rowid > ? ORDER BY rowid LIMIT 500
        """,
        ArchivedMessage.Direction.received.rawValue, row, doing: operation
      ) { (row: $0.integer(0), number: SenderID.number(in: $0.bytes(1))) }
      guard let last = page.last else { return }
      for message in page {
        try self.write(
          "UPDATE archive SET sender_id = ? WHERE rowid = ?", message.number, message.row,
          doing: operation)
      }
      row = last.row
    }
  }

  /// The version of the file, 0 if it is empty; refuses what is not a store of a known version.
  private func storeVersion(doing operation: String) throws(StoreError) -> Int64 {
    let version = try self.pragma("user_version", doing: operation)
    let application = try self.pragma("application_id", doing: operation)
    let tables = try self.readFirst(
      "SELECT count(*) FROM sqlite_schema", doing: operation
    ) { $0.integer(0) }
    let isEmpty = version == 0 && application == 0 && tables == 0
    guard isEmpty || (application == Schema.applicationID && version > 0) else {
      throw StoreError(
        .corrupt, message: "the file is a database of another program", operation: operation)
    }
    guard version <= Schema.version else {
      throw StoreError(
        .newerSchema,
        message: "the file has schema version \(version), this program knows \(Schema.version)",
        operation: operation)
    }
    return version
  }

  /// The value of a pragma that is an integer.
  func pragma(_ name: String, doing operation: String) throws(StoreError) -> Int64 {
    try self.readFirst("PRAGMA \(name)", doing: operation) { $0.integer(0) } ?? 0
  }
}
