/// The options of the commands.
enum CommandOption: String, CaseIterable {
  case config = "--config"
  case data = "--data"
  case domain = "--domain"
  case listen = "--listen"
  case listenTLS = "--listen-tls"
  case log = "--log"
  case set = "--set"
  case printConfiguration = "--print-config"
  case passwordFile = "--password-file"
  case batch = "--batch"
  case replace = "--replace"
  case help = "--help"

  /// Options that choose settings; every command has them.
  static let settings: [CommandOption] = [.config, .data, .domain, .listen, .listenTLS, .log, .set]

  /// The options that a command has besides those of the settings.
  static func own(of command: CommandName) -> [CommandOption] {
    switch command {
    case .run: [.printConfiguration]
    case .adduser: [.passwordFile, .batch, .replace]
    case .passwd: [.passwordFile]
    case .check, .deluser, .users, .ctl: []
    }
  }

  /// What its value is called, or nil when it takes none.
  var valueName: String? {
    switch self {
    case .config: "FILE"
    case .data: "DIR"
    case .domain: "HOST"
    case .listen, .listenTLS: "ADDRESS:PORT"
    case .log: "LEVEL"
    case .set: "KEY=VALUE"
    case .passwordFile, .batch: "FILE"
    case .printConfiguration, .replace, .help: nil
    }
  }

  /// The setting whose value it gives, or nil.
  var settingKey: String? {
    switch self {
    case .data: SettingDefinition.Name.data
    case .domain: SettingDefinition.Name.domain
    case .listen: SettingDefinition.Name.listen
    case .listenTLS: SettingDefinition.Name.listenTLS
    case .log: SettingDefinition.Name.log
    case .config, .set, .printConfiguration, .passwordFile, .batch, .replace, .help: nil
    }
  }

  /// Whether it may stand there several times.
  var isRepeatable: Bool {
    switch self {
    case .listen, .listenTLS, .set: true
    case .config, .data, .domain, .log, .printConfiguration, .passwordFile, .batch, .replace, .help:
      false
    }
  }

  /// What it does.
  var meaning: String {
    switch self {
    case .config: "read the settings from FILE"
    case .data: "the directory of all that outlives the process"
    case .domain: "the host that accounts belong to"
    case .listen: "where clients connect; may be repeated"
    case .listenTLS: "where clients connect with TLS from the first byte on; may be repeated"
    case .log: "error, warning, info or debug"
    case .set: "set any setting; may be repeated, goes over the file"
    case .printConfiguration: "print the settings as a commented file, and do not serve"
    case .passwordFile: "the password is the first line of FILE; - is standard input"
    case .batch: "make an account of each line NAME PASSWORD of FILE; - is standard input"
    case .replace: "give an account that exists the new password"
    case .help: "explain the command"
    }
  }
}
