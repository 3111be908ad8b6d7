/// The command line of the program, in the form that POSIX and GNU programs share: options before
/// or after operands, `--option VALUE` or `--option=VALUE`, and `--` before operands that look like
/// options.
public struct Arguments {
  private let command: CommandName
  private var operands: [String] = []
  private var values: [CommandOption: [String]] = [:]
  private var source = SettingsSource()

  /// Understands the arguments after the program's name.
  ///
  /// - Throws: ``UsageError`` for the first thing that is wrong.
  public static func command(_ arguments: [String]) throws(UsageError) -> Command {
    guard let first = arguments.first else { throw UsageError("no command is given", nil) }
    let rest = arguments.dropFirst()
    switch first {
    case "--version", "version": return .version
    case "--help", "-h": return .help(nil)
    case "help":
      guard let topic = rest.first else { return .help(nil) }
      return .help(try Self.name(topic))
    default:
      var parsed = Arguments(command: try Self.name(first))
      try parsed.read(rest)
      return try parsed.result()
    }
  }

  private init(command: CommandName) { self.command = command }

  private static func name(_ text: String) throws(UsageError) -> CommandName {
    if let name = CommandName(rawValue: text) { return name }
    let isOption = text.hasPrefix("-")
    let nearest = NearestName.of(text, among: CommandName.allCases.map { $0.rawValue })
    let hint = nearest.map { "; did you mean \($0)?" } ?? ""
    let problem = isOption ? "the command comes before" : "there is no command"
    throw UsageError("\(problem) \(LogText.quoted(text))\(isOption ? "" : hint)", nil)
  }

  // MARK: - Reading

  private mutating func read(_ arguments: ArraySlice<String>) throws(UsageError) {
    var rest = arguments
    while let argument = rest.popFirst() {
      if argument == "--" {
        self.operands += rest
        return
      }
      guard argument.hasPrefix("-"), argument != "-" else {
        self.operands.append(argument)
        // What follows a command for the server is the server's, whatever it looks like.
        if self.command == .ctl {
          self.operands += rest
          return
        }
        continue
      }
      try self.readOption(argument, &rest)
    }
  }

  private mutating func readOption(
    _ argument: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let option = try self.option(parts[0] == "-h" ? "--help" : String(parts[0]))
    let isFirst = self.values[option] == nil
    guard isFirst || option.isRepeatable || option == .help else {
      throw self.usage("\(option.rawValue) is given twice")
    }
    guard let valueName = option.valueName else {
      guard parts.count == 1 else { throw self.usage("\(option.rawValue) takes no value") }
      self.values[option] = []
      return
    }
    guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
      throw self.usage("\(option.rawValue) needs a value: \(option.rawValue) \(valueName)")
    }
    self.values[option, default: []].append(value)
    try self.takeSetting(option, value)
  }

  private func option(_ text: String) throws(UsageError) -> CommandOption {
    let known = CommandOption.settings + CommandOption.own(of: self.command) + [.help]
    if let option = known.first(where: { $0.rawValue == text }) { return option }
    let nearest = NearestName.of(text, among: known.map { $0.rawValue })
    let hint = nearest.map { "; did you mean \($0)?" } ?? ""
    throw self.usage("\(self.command.rawValue) has no option \(LogText.quoted(text))\(hint)")
  }

  private mutating func takeSetting(
    _ option: CommandOption, _ value: String
  ) throws(UsageError) {
    if let key = option.settingKey {
      self.source.overrides.append(SettingAssignment(key, value))
    } else if option == .config {
      self.source.path = value
    } else if option == .set {
      let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw self.usage("--set needs KEY=VALUE, not \(LogText.quoted(value))")
      }
      self.source.overrides.append(SettingAssignment(String(parts[0]), String(parts[1])))
    }
  }

  // MARK: - Meaning

  private func result() throws(UsageError) -> Command {
    if self.has(.help) { return .help(self.command) }
    switch self.command {
    case .run:
      try self.requireNoOperands()
      return .run(self.source, printsConfiguration: self.has(.printConfiguration))
    case .check:
      try self.requireNoOperands()
      guard self.has(.config) else { throw self.usage("check needs --config FILE") }
      return .check(self.source)
    case .adduser:
      return try self.addUser()
    case .deluser:
      return .deleteUser(name: try self.userName(), self.source)
    case .passwd:
      return .setPassword(
        name: try self.userName(), password: self.passwordSource(), self.source)
    case .users:
      try self.requireNoOperands()
      return .listUsers(self.source)
    case .ctl:
      guard !self.operands.isEmpty else {
        throw self.usage("ctl needs a command for the server")
      }
      return .control(words: self.operands, self.source)
    }
  }

  private func addUser() throws(UsageError) -> Command {
    guard let batch = self.values[.batch]?.first else {
      return .addUser(
        name: try self.userName(), password: self.passwordSource(),
        replaces: self.has(.replace), self.source)
    }
    if self.has(.passwordFile) {
      throw self.usage("--batch and --password-file do not go together")
    }
    guard self.operands.isEmpty else {
      throw self.usage("the names are in the file of --batch; there is no NAME besides")
    }
    return .addUsers(batch: batch, replaces: self.has(.replace), self.source)
  }

  private func has(_ option: CommandOption) -> Bool { self.values[option] != nil }

  private func passwordSource() -> PasswordSource {
    self.values[.passwordFile]?.first.map { .file($0) } ?? .terminal
  }

  private func userName() throws(UsageError) -> String {
    guard let name = self.operands.first else {
      throw self.usage("\(self.command.rawValue) needs the NAME of an account")
    }
    guard self.operands.count == 1 else {
      throw self.usage("\(self.command.rawValue) takes one NAME, not \(self.operands.count)")
    }
    return name
  }

  private func requireNoOperands() throws(UsageError) {
    if let operand = self.operands.first {
      throw self.usage("\(self.command.rawValue) does not take \(LogText.quoted(operand))")
    }
  }

  private func usage(_ problem: String) -> UsageError { UsageError(problem, self.command) }
}
