/// What a command line asks for.
public enum Command: Equatable, Sendable {
  /// Serve; with `printsConfiguration` say the settings instead.
  case run(SettingsSource, printsConfiguration: Bool)
  /// Read the settings and say what is wrong with them.
  case check(SettingsSource)
  /// Make an account; with `replaces` give one that exists the new password.
  case addUser(name: String, password: PasswordSource, replaces: Bool, SettingsSource)
  /// Make the accounts that a file lists (`-` is standard input).
  case addUsers(batch: String, replaces: Bool, SettingsSource)
  /// Remove an account with all that belongs to it.
  case deleteUser(name: String, SettingsSource)
  /// Give an account another password.
  case setPassword(name: String, password: PasswordSource, SettingsSource)
  /// List the accounts.
  case listUsers(SettingsSource)
  /// Pass a command on to the running server.
  case control(words: [String], SettingsSource)
  /// Explain a command, or the program.
  case help(CommandName?)
  /// Say which version this is.
  case version
}

/// Where settings come from: a file, and what goes over it.
public struct SettingsSource: Equatable, Sendable {
  /// The settings file, or nil for the defaults.
  public var path: String?
  /// What the command line sets.
  public var overrides: [SettingAssignment] = []

  /// The defaults.
  public init() {}

  /// Reads the settings.
  ///
  /// - Throws: ``SettingsError`` with every violation.
  public func settings() throws(SettingsError) -> ServerSettings {
    try ServerSettings(path: self.path, overrides: self.overrides)
  }
}

/// Where a password comes from.
public enum PasswordSource: Equatable, Sendable {
  /// The terminal, twice and without an echo.
  case terminal
  /// The first line of a file (`-` is standard input).
  case file(String)
}

/// The commands of the program, by their names on the command line.
public enum CommandName: String, Sendable, CaseIterable {
  /// Serve.
  case run
  /// Read the settings only.
  case check
  /// Make an account.
  case adduser
  /// Remove an account.
  case deluser
  /// Change a password.
  case passwd
  /// List the accounts.
  case users
  /// Speak to the running server.
  case ctl
}

/// Why a command line cannot be understood.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, as a sentence without its full stop.
  public let problem: String
  /// The command whose help explains it, or nil for the program's.
  public let command: CommandName?

  init(_ problem: String, _ command: CommandName?) {
    self.problem = problem
    self.command = command
  }

  /// The sentence, and where help is.
  public var description: String {
    let topic = self.command.map { "\($0.rawValue) " } ?? ""
    return "\(self.problem) (xmpp-server \(topic)--help explains)"
  }
}
