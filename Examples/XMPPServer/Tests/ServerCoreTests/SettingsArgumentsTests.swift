import Testing

@testable import ServerCore

/// What a command line means, or what is wrong with it.
private func parse(_ line: String...) throws(UsageError) -> Command {
  try Arguments.command(line)
}

/// The usage error of a command line.
private func problem(_ line: String...) -> String? {
  do {
    _ = try Arguments.command(line)
    return nil
  } catch {
    return error.problem
  }
}

private func source(
  _ path: String?, _ overrides: KeyValuePairs<String, String> = [:]
) -> SettingsSource {
  var source = SettingsSource()
  source.path = path
  source.overrides = overrides.map { SettingAssignment($0.key, $0.value) }
  return source
}

struct SettingsArgumentsTests {
  @Test("Settings options become assignments in their order")
  func run() throws {
    let command = try parse(
      "run", "--config", "c", "--listen", "a:1", "--listen=b:2", "--listen-tls", "none",
      "--domain", "d", "--data=x=y", "--log", "debug", "--set", "engine.activeWindow=5m",
      "--set=data=z", "--print-config")
    let expected = source(
      "c",
      [
        "listen": "a:1", "listen": "b:2", "listenTLS": "none", "domain": "d", "data": "x=y",
        "log": "debug", "engine.activeWindow": "5m", "data": "z",
      ])
    #expect(command == .run(expected, printsConfiguration: true))
    #expect(try parse("run") == .run(source(nil), printsConfiguration: false))
  }

  @Test("Options over a file over the defaults, end to end")
  func precedence() throws {
    guard case .run(let given, _) = try parse("run", "--set", "depth=9", "--domain", "a.example")
    else {
      Issue.record("not run")
      return
    }
    let settings = try ServerSettings(
      text: "depth = 10\ndata = /d", name: "f", overrides: given.overrides)
    #expect(settings.limits.depth == 9 && settings.dataDirectory == "/d")
    #expect(settings.domain == "a.example")
  }

  @Test("Every command has its form")
  func commands() throws {
    let none = source(nil)
    #expect(try parse("check", "--config", "c") == .check(source("c")))
    #expect(
      try parse("adduser", "alice")
        == .addUser(name: "alice", password: .terminal, replaces: false, none))
    #expect(
      try parse("adduser", "--password-file", "-", "--replace", "--", "-alice")
        == .addUser(name: "-alice", password: .file("-"), replaces: true, none))
    #expect(
      try parse("adduser", "--batch", "b", "--data", "d")
        == .addUsers(batch: "b", replaces: false, source(nil, ["data": "d"])))
    #expect(try parse("deluser", "bob") == .deleteUser(name: "bob", none))
    #expect(
      try parse("passwd", "bob", "--password-file=p")
        == .setPassword(name: "bob", password: .file("p"), none))
    #expect(try parse("users", "--config", "c") == .listUsers(source("c")))
    #expect(
      try parse("ctl", "--data", "d", "say", "--loud", "a b", "--help")
        == .control(words: ["say", "--loud", "a b", "--help"], source(nil, ["data": "d"])))
    #expect(try parse("--version") == .version)
    #expect(try parse("--help") == .help(nil))
    #expect(try parse("help", "ctl") == .help(.ctl))
    for name in CommandName.allCases {
      #expect(try parse(name.rawValue, "--help") == .help(name))
      #expect(try parse(name.rawValue, "-h") == .help(name))
    }
  }

  @Test("What is wrong is said in one sentence with the word that is wrong")
  func errors() {
    #expect(problem() == "no command is given")
    #expect(problem("rnu") == "there is no command \"rnu\"; did you mean run?")
    #expect(problem("--config") == "the command comes before \"--config\"")
    #expect(problem("help", "x") == "there is no command \"x\"")
    #expect(problem("run", "x") == "run does not take \"x\"")
    #expect(problem("run", "--conf") == "run has no option \"--conf\"; did you mean --config?")
    #expect(problem("run", "--replace") == "run has no option \"--replace\"")
    #expect(problem("run", "--config") == "--config needs a value: --config FILE")
    #expect(problem("run", "--config", "a", "--config", "b") == "--config is given twice")
    #expect(problem("run", "--print-config=1") == "--print-config takes no value")
    #expect(problem("run", "--set", "x") == "--set needs KEY=VALUE, not \"x\"")
    #expect(problem("run", "--set", "=x") == "--set needs KEY=VALUE, not \"=x\"")
    #expect(problem("check") == "check needs --config FILE")
    #expect(problem("adduser") == "adduser needs the NAME of an account")
    #expect(problem("adduser", "a", "b") == "adduser takes one NAME, not 2")
    #expect(problem("adduser", "a", "--batch", "b") != nil)
    #expect(problem("adduser", "--password-file", "a", "--batch", "b") != nil)
    #expect(problem("users", "a") == "users does not take \"a\"")
    #expect(problem("ctl") == "ctl needs a command for the server")
    #expect(problem("run", "") == "run does not take \"\"")
  }

  @Test("Every command explains itself and all of its options")
  func help() {
    for name in CommandName.allCases {
      #expect(CommandName.overview.contains("  \(name.rawValue) "))
      for option in CommandOption.own(of: name) + CommandOption.settings + [.help] {
        #expect(name.help.contains(option.rawValue), "\(name) \(option)")
      }
      #expect(name.help.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }
  }
}

struct SettingsAccountTests {
  @Test("Names are prepared as the first part of an address")
  func names() throws {
    #expect(try AccountLocalpart.prepare("Alice") == "alice")
    #expect(try AccountLocalpart.prepare("ÄRGER") == "ärger")
    for name in ["", "a@b", "a/b", "a b", "a\"b", "a\nb", String(repeating: "a", count: 1_024)] {
      #expect(throws: AccountNameError.self) { try AccountLocalpart.prepare(name) }
    }
  }

  @Test("A batch is read line by line, and a password keeps its spaces")
  func batch() throws {
    let batch = try AccountBatch("Alice secret\r\n\n \nbob\t two words \n")
    #expect(
      batch.entries == [
        .init(line: 1, name: "alice", password: "secret"),
        .init(line: 4, name: "bob", password: " two words "),
      ])
    let error = #expect(throws: AccountBatch.BatchError.self) {
      try AccountBatch("alice x\nbob\nALICE y\na@b z\ncarol \n")
    }
    #expect(
      error?.problems.map { String($0.prefix(7)) } == ["line 2:", "line 3:", "line 4:", "line 5:"])
  }
}

struct SettingsControlTests {
  @Test(
    "Words survive the line that carries them",
    arguments: [
      [], ["status"], ["say", "a b", "", "\"q\"", "back\\slash", "tab\tnew\nline\rreturn"],
      ["ü", "😀 x", "#", "'"],
    ] as [[String]])
  func roundTrip(_ words: [String]) throws {
    let line = ControlLine.encode(words)
    #expect(!line.utf8.contains(0x0A) && !line.utf8.contains(0x0D))
    #expect(try ControlLine.decode(line) == words)
    #expect(try ControlLine.decode("  \(line)  \r\n") == words)
  }

  @Test("A line that is no list of words says why")
  func malformed() {
    func error(_ line: String) -> ControlLine.ReadError? {
      do {
        _ = try ControlLine.decode(line)
        return nil
      } catch {
        return error
      }
    }
    #expect(error("\"a") == .unterminatedQuotation)
    #expect(error("\"a\\") == .unknownEscape)
    #expect(error("\"a\\x\"") == .unknownEscape)
    #expect(error("a\"b\"") == .misplacedQuotation)
    #expect(error("\"a\"b") == .misplacedQuotation)
    #expect(error("a\u{1}") == .controlCharacter)
    #expect(error("\"a\tb\"") == .controlCharacter)
  }

  @Test("An answer is read whole however it arrives, and its errors are found")
  func replies() throws {
    func read(_ text: String, step: Int) throws -> ([ControlReply.Line], ControlReply) {
      var (reply, lines) = (ControlReply(), [ControlReply.Line]())
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let taken = reply.take(rest.prefix(step))
        lines += try #require(taken)
        rest = rest.dropFirst(step)
      }
      return (lines, reply)
    }
    for step in [1, 3, 1_000] {
      let (lines, reply) = try read("one\r\n\ntwo\n.\nnot mine\n", step: step)
      #expect(lines == [.text("one"), .text(""), .text("two")])
      #expect(reply.isComplete && !reply.isFailure)
      let (failure, failed) = try read("error: no such user\n.\n", step: step)
      #expect(failure == [.failure("no such user")] && failed.isFailure && failed.isComplete)
      let (late, ended) = try read("done: 3\nerror: the rest\n.\n", step: step)
      #expect(late == [.text("done: 3"), .text("error: the rest")] && ended.isFailure)
      #expect(try !read("error: x\n", step: step).1.isComplete)
    }
    var reply = ControlReply()
    let longest = reply.take([UInt8](repeating: 0x61, count: ControlReply.lineLimit))
    let tooLong = reply.take([0x61])
    #expect(longest == [] && tooLong == nil)
  }
}
