import MDM
import Testing

@testable import ServerCore

/// The violations that a file and overrides have, as text; none when they are fine.
private func problems(_ text: String, _ overrides: [SettingAssignment] = []) -> [String] {
  do {
    _ = try ServerSettings(text: text, name: "f", overrides: overrides)
    return []
  } catch {
    return error.violations.map { "\($0)" }
  }
}

struct SettingsFileTests {
  @Test("An empty file gives the defaults")
  func empty() throws {
    #expect(try ServerSettings(text: "", name: "f") == ServerSettings())
    #expect(try ServerSettings(text: "\n # c\r\n\t\n#", name: "f") == ServerSettings())
    #expect(ServerSettings().addresses.map { "\($0)" } == ["127.0.0.1:5222", "[::1]:5222"])
    #expect(ServerSettings().directTLSAddresses.allSatisfy { $0.isLoopback && $0.port == 5_223 })
    #expect(ServerSettings().makesCertificate)
  }

  @Test("Comments, white space and line ends of every kind mean nothing")
  func syntax() throws {
    let settings = try ServerSettings(
      text: "  domain\t=  a.example  # why\r\ndata=/x#y\r\n\r\nlog = debug", name: "f")
    #expect(settings.domain == "a.example")
    #expect(settings.dataDirectory == "/x#y")
    #expect(settings.logLevel == .debug)
  }

  @Test("Everything that is wrong is said at once, by line")
  func everyViolation() {
    let found = problems(
      """
      tls = maybe
      this is nothing
      = 3
      stanzaByte = 1
      depth = 0
      depth = 9
      engine.activeWindow = never
      engine.perSessionLimit = 0
      engine.activeWindo = 3
      engine.resumeWindow = 8760h
      nonsense = 1
      log = info\u{1}
      pepItemBytes = 1MiB
      """, [SettingAssignment("durability", "so-so")])
    let prefixes = found.map { $0.prefix { $0 != " " } }
    #expect(
      prefixes == [
        "f:1:", "f:2:", "f:3:", "f:4:", "f:5:", "f:6:", "f:7:", "f:8:", "f:9:", "f:10:", "f:11:",
        "f:12:", "f:13:", "command",
      ])
    #expect(found[0] == "f:1: tls cannot be \"maybe\"; allowed is required, optional or off")
    #expect(found[1] == "f:2: \"this is nothing\" is not a line of the form key = value")
    #expect(found[3] == "f:4: there is no setting \"stanzaByte\"; did you mean stanzaBytes?")
    #expect(found[5] == "f:6: depth is given twice; it stands at f:5 already")
    #expect(found[8].hasSuffix("did you mean engine.activeWindow?"))
    #expect(found[10] == "f:11: there is no setting \"nonsense\"")
    #expect(found[11] == "f:12: the line has a control character")
    #expect(found[13].hasPrefix("command line: durability cannot be \"so-so\""))
  }

  @Test("A mistyped key brings the nearest one to mind, and only a near one")
  func suggestions() {
    #expect(NearestName.of("Domain", among: SettingsReader.keys) == "domain")
    #expect(NearestName.of("domian", among: SettingsReader.keys) == "domain")
    #expect(NearestName.of("listen_tls", among: SettingsReader.keys) == "listenTLS")
    #expect(NearestName.of("conections", among: SettingsReader.keys) == "connections")
    #expect(
      NearestName.of("engine.deviceLimits", among: SettingsReader.keys) == "engine.deviceLimit")
    #expect(NearestName.of("zzz", among: SettingsReader.keys) == nil)
    #expect(NearestName.of("", among: SettingsReader.keys) == nil)
    #expect(
      NearestName.of(String(repeating: "d", count: 65), among: SettingsReader.keys) == nil)
  }

  @Test("The command line goes over the file and the file over the defaults")
  func precedence() throws {
    let file = """
      domain = file.example
      depth = 10
      listen = 10.0.0.1:1
      listen = 10.0.0.2:1
      engine.activeWindow = 1m
      """
    let settings = try ServerSettings(
      text: file, name: "f",
      overrides: [
        SettingAssignment("depth", "11"), SettingAssignment("listen", "10.0.0.3:1"),
        SettingAssignment("engine.activeWindow", "2m"),
      ])
    #expect(settings.domain == "file.example")
    #expect(settings.limits.depth == 11)
    #expect(settings.limits.attributes == 64)
    #expect(settings.addresses.map { "\($0)" } == ["10.0.0.3:1"])
    #expect(settings.engine.values.activeWindow == .seconds(120))
    #expect(
      try ServerSettings(text: file, name: "f").addresses.map { "\($0)" }
        == ["10.0.0.1:1", "10.0.0.2:1"])
    #expect(problems("", [.init("depth", "11"), .init("depth", "12")]).count == 1)
  }

  @Test("Both names of the limit of sessions are one setting")
  func twoNames() throws {
    let file = "engine.deviceLimit = 4"
    #expect(try ServerSettings(text: file, name: "f").limits.sessionsPerAccount == 4)
    let both = try ServerSettings(
      text: file, name: "f", overrides: [SettingAssignment("sessionsPerAccount", "5")])
    #expect(both.engine.values.deviceLimit == 5)
    #expect(problems("engine.deviceLimit = 4\nsessionsPerAccount = 5").count == 1)
  }

  @Test("The engine's settings are all there, and all of its ranges are kept")
  func engine() throws {
    for name in Configuration.Values.settingNames {
      #expect(SettingsReader.keys.contains("engine.\(name)"))
      let text = Configuration.standard.values.text(of: name) ?? ""
      #expect(problems("engine.\(name) = \(text)") == [], "\(name)")
    }
    #expect(problems("engine.strictProfile = true\nengine.resumeWindow = 10s").count == 1)
    #expect(problems("engine.resumeWindow = 10s") == [])
  }

  @Test("A file that cannot be read is a violation in words")
  func unreadable() {
    let error = #expect(throws: SettingsError.self) {
      try ServerSettings(path: "/nowhere/at-all.conf")
    }
    #expect(error?.description == "/nowhere/at-all.conf: No such file or directory")
  }

  @Test("What is described is read as the same settings")
  func description() throws {
    let plain = try ServerSettings(text: ServerSettings().describe(), name: "f")
    #expect(plain == ServerSettings())
    // Paths that follow from others still do after a change.
    let moved = try ServerSettings(
      text: ServerSettings().describe(), name: "f",
      overrides: [SettingAssignment("data", "/d"), SettingAssignment("domain", "a.example")])
    #expect(moved.certificatePath == "/d/a.example.crt" && moved.controlPath == "/d/control.sock")
    let changed = try ServerSettings([
      "listen": "none", "data": "/d", "control": "/c", "certificate": "/x", "key": "/x",
      "engine.qualifyingShows": "", "engine.overallLimit": "5", "idleTimeout": "1.5",
      "stanzaBytes": "8MiB",
    ])
    #expect(try ServerSettings(text: changed.describe(), name: "f") == changed)
    for definition in SettingDefinition.all {
      #expect(plain.describe().contains("\(definition.name) = "), "\(definition.name)")
    }
  }
}
