import Glibc
import ServerCore

/// The program: from its arguments to its exit status.
enum Program {
  private enum Status {
    static let done: CInt = 0
    static let failed: CInt = 1
    static let usage: CInt = 2
  }

  /// Does what the arguments ask for, and says what is wrong on standard error.
  static func run(_ arguments: [String]) -> CInt {
    let command: Command
    do {
      command = try Arguments.command(arguments)
    } catch {
      Self.complain("\(error)")
      return Status.usage
    }
    do {
      return try Self.perform(command) ? Status.done : Status.failed
    } catch {
      Self.complain("\(error)")
      return Status.failed
    }
  }

  /// Does one command; false when it failed and has said so.
  private static func perform(_ command: Command) throws -> Bool {
    switch command {
    case .run(let source, let printsConfiguration):
      let settings = try source.settings()
      if printsConfiguration {
        try Output.write(settings.describe())
      } else {
        try DataDirectory.make(settings.dataDirectory)
        try runServer(settings, ServerLog(level: settings.logLevel))
      }
    case .check(let source):
      let settings = try source.settings()
      try Output.write(
        "\(source.path ?? "the settings"): fine, for the domain \(settings.domain)\n")
    case .addUser(let name, let password, let replaces, let source):
      try AccountCommands.add(name, password, replaces: replaces, source)
    case .addUsers(let batch, let replaces, let source):
      try AccountCommands.addBatch(batch, replaces: replaces, source)
    case .deleteUser(let name, let source):
      try AccountCommands.delete(name, source)
    case .setPassword(let name, let password, let source):
      try AccountCommands.setPassword(name, password, source)
    case .listUsers(let source):
      try AccountCommands.list(source)
    case .control(let words, let source):
      return try ControlClient.send(words, to: try source.settings().controlPath)
    case .help(let topic):
      try Output.write(topic?.help ?? CommandName.overview)
    case .version:
      try Output.write("\(ServerVersion.name) \(ServerVersion.number)\n")
    }
    return true
  }

  /// Says what is wrong, each line with the program's name.
  private static func complain(_ text: String) {
    for line in text.split(separator: "\n") {
      Output.writeError("\(ServerVersion.name): \(line)\n")
    }
  }
}
