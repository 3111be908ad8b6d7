extension CommandName {
  /// The program's help.
  public static var overview: String {
    var text = """
      xmpp-server serves XMPP clients with Multiple Device Messaging.

      Usage: xmpp-server COMMAND [OPTION]...

      Commands:

      """
    let width = Self.allCases.map { $0.rawValue.utf8.count }.max() ?? 0
    for name in Self.allCases {
      text += "  \(Self.padded(name.rawValue, width))  \(name.summary)\n"
    }
    return text + """

      xmpp-server COMMAND --help explains a command, xmpp-server --version says the version.
      Exit status: 0 done, 1 failed, 2 the command line is wrong.

      """
  }

  /// The command's help.
  public var help: String {
    let own = CommandOption.own(of: self) + [.help]
    let options = own + CommandOption.settings
    let width = options.map { Self.shown($0).utf8.count }.max() ?? 0
    var text = "\(self.explanation)\n\nUsage:\n"
    for usage in self.usages { text += "  xmpp-server \(self.rawValue)\(usage)\n" }
    text += "\nOptions:\n"
    for option in own { text += "  \(Self.padded(Self.shown(option), width))  \(option.meaning)\n" }
    text += "\nSettings:\n"
    for option in CommandOption.settings {
      text += "  \(Self.padded(Self.shown(option), width))  \(option.meaning)\n"
    }
    return text
  }

  private static func shown(_ option: CommandOption) -> String {
    option.valueName.map { "\(option.rawValue) \($0)" } ?? option.rawValue
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  private var summary: String {
    switch self {
    case .run: "serve"
    case .check: "read a settings file and say what is wrong with it"
    case .adduser: "make an account, or many"
    case .deluser: "remove an account"
    case .passwd: "change the password of an account"
    case .users: "list the accounts"
    case .ctl: "pass a command on to the running server"
    }
  }

  private var usages: [String] {
    switch self {
    case .run: [" [--print-config] [SETTINGS]..."]
    case .check: [" --config FILE [SETTINGS]..."]
    case .adduser:
      [
        " NAME [--password-file FILE] [--replace] [SETTINGS]...",
        " --batch FILE [--replace] [SETTINGS]...",
      ]
    case .deluser: [" NAME [SETTINGS]..."]
    case .passwd: [" NAME [--password-file FILE] [SETTINGS]..."]
    case .users: [" [SETTINGS]..."]
    case .ctl: [" [SETTINGS]... WORD..."]
    }
  }

  private var explanation: String {
    switch self {
    case .run:
      """
      Serves until it is told to stop (SIGTERM, SIGINT or a command). Without --config the defaults
      hold, which listen on this machine only; --print-config shows all settings.
      """
    case .check:
      "Reads a settings file. All that is wrong is said with its line, and the status is 1."
    case .adduser:
      """
      Makes an account. Without --password-file the terminal is asked, twice. What is stored does
      not tell the password. A batch is made as a whole or not at all.
      """
    case .deluser:
      "Removes an account with its contacts, its archive and all else that belongs to it."
    case .passwd:
      "Changes the password of an account. Sessions that are there stay."
    case .users:
      "Lists the accounts, one name on a line."
    case .ctl:
      """
      Passes a command on to the running server and prints what it answers; the status is 1 when
      that is an error. Options come first: all from the first WORD on goes to the server.
      xmpp-server ctl help lists what the server understands.
      """
    }
  }
}
