import Glibc
import ServerCore
import ServerStorage
import StreamSecurity

/// The commands that change the accounts of a store, whether a server has it open or not.
enum AccountCommands {
  /// Makes an account, or gives one that exists a new password.
  static func add(
    _ name: String, _ password: PasswordSource, replaces: Bool, _ source: SettingsSource
  ) throws {
    let settings = try source.settings()
    let local = try AccountLocalpart.prepare(name)
    let store = try Self.open(settings, isMade: true)
    // Nobody should type a password twice to hear that it is not wanted.
    let existing = try store.account(named: local)
    if existing != nil, !replaces { throw Self.taken(local, settings) }
    let credentials = try Self.credentials(try Password.read(password, for: local))
    let isNew = try Self.save(local, credentials, replaces: replaces, in: store, settings)
    try store.commit()
    try Output.write(
      "\(local)@\(settings.domain) \(isNew ? "has an account" : "has a new password")\n")
  }

  /// Makes all accounts of a file, or none.
  static func addBatch(_ path: String, replaces: Bool, _ source: SettingsSource) throws {
    let settings = try source.settings()
    let batch = try AccountBatch(try TextFile.read(path, limit: AccountBatch.sizeLimit))
    let store = try Self.open(settings, isMade: true)
    var problems: [String] = []
    var passwords: [PreparedPassword] = []
    for entry in batch.entries {
      if !replaces, try store.account(named: entry.name) != nil {
        problems.append("line \(entry.line): \(Self.taken(entry.name, settings))")
      }
      do {
        passwords.append(try PreparedPassword(entry.password))
      } catch {
        problems.append("line \(entry.line): \(error)")
      }
    }
    guard problems.isEmpty else { throw ProgramError(problems.joined(separator: "\n")) }
    // Keys take milliseconds each; they are made before the transaction, which locks others out.
    let credentials = try passwords.map { try Self.credentials($0) }
    var made = 0
    for (entry, credentials) in zip(batch.entries, credentials)
    where try Self.save(entry.name, credentials, replaces: replaces, in: store, settings) {
      made += 1
    }
    try store.commit()
    try Output.write("\(made) made, \(batch.entries.count - made) with a new password\n")
  }

  /// Removes an account.
  static func delete(_ name: String, _ source: SettingsSource) throws {
    let settings = try source.settings()
    let local = try AccountLocalpart.prepare(name)
    let store = try Self.open(settings, isMade: false)
    try store.removeAccount(try Self.account(local, in: store, settings))
    try store.commit()
    try Output.write("\(local)@\(settings.domain) has no account any more\n")
  }

  /// Gives an account a new password.
  static func setPassword(
    _ name: String, _ password: PasswordSource, _ source: SettingsSource
  ) throws {
    let settings = try source.settings()
    let local = try AccountLocalpart.prepare(name)
    let store = try Self.open(settings, isMade: false)
    let account = try Self.account(local, in: store, settings)
    let credentials = try Self.credentials(try Password.read(password, for: local))
    try store.setCredentials(credentials, of: account)
    try store.commit()
    try Output.write("\(local)@\(settings.domain) has a new password\n")
  }

  /// Lists the accounts.
  static func list(_ source: SettingsSource) throws {
    let store = try Self.open(try source.settings(), isMade: false)
    try Output.write(try store.accountNames().map { "\($0)\n" }.joined())
  }

  // MARK: - Parts

  /// Opens the store; one that is not there is made only by commands that make accounts, because
  /// for the others it is a mistyped directory.
  private static func open(_ settings: ServerSettings, isMade: Bool) throws -> ServerStore {
    if isMade {
      try DataDirectory.make(settings.dataDirectory)
    } else if access(settings.databasePath, F_OK) != 0 {
      throw ProgramError(settings.databasePath, errno: errno)
    }
    return try ServerStore(path: settings.databasePath, durability: .power)
  }

  /// What is kept of a password, for both hash functions.
  private static func credentials(
    _ password: PreparedPassword
  ) throws(SASLError) -> [StoredCredential] {
    var credentials: [StoredCredential] = []
    for hash in SCRAMHash.allCases {
      let keys = try SCRAMKeys(password: password, hash: hash)
      credentials.append(
        StoredCredential(
          mechanism: "SCRAM-\(hash.rawValue)", salt: keys.salt, iterations: keys.iterations,
          storedKey: keys.storedKey, serverKey: keys.serverKey))
    }
    return credentials
  }

  /// Writes an account; whether it is a new one.
  private static func save(
    _ name: String, _ credentials: [StoredCredential], replaces: Bool, in store: ServerStore,
    _ settings: ServerSettings
  ) throws -> Bool {
    guard let account = try store.account(named: name) else {
      try store.createAccount(name, credentials: credentials)
      return true
    }
    // It may have come while the password was typed.
    guard replaces else { throw Self.taken(name, settings) }
    try store.setCredentials(credentials, of: account)
    return false
  }

  private static func account(
    _ name: String, in store: ServerStore, _ settings: ServerSettings
  ) throws -> AccountID {
    guard let account = try store.account(named: name) else {
      throw ProgramError("\(name)@\(settings.domain) has no account")
    }
    return account
  }

  private static func taken(_ name: String, _ settings: ServerSettings) -> ProgramError {
    ProgramError(
      "\(name)@\(settings.domain) has an account already; --replace changes its password")
  }
}
