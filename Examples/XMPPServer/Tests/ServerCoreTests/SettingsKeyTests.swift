import MDM
import Testing

@testable import ServerCore

/// What one key takes and what it refuses.
struct SettingsKeyCase: Sendable, CustomTestStringConvertible {
  let key: String
  let accepted: [String]
  let refused: [String]
  /// Settings that have to go with it.
  var alongside: [(String, String)] = []

  var testDescription: String { self.key }

  static let all: [SettingsKeyCase] = [
    .init(
      key: "domain", accepted: ["example.org", "EXAMPLE.org", "[::1]", "bücher.example"],
      refused: ["", "a@b", "a/b", "-a", "a b", "a..b"]),
    .init(
      key: "listen", accepted: ["0.0.0.0:1", "[::]:65535", "127.0.0.1:0", "none"],
      refused: [
        "", "localhost:5222", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:+1", "::1:5222",
        "[127.0.0.1]:5222", "[::1]", "127.0.0.1:", "1.2.3:5222",
      ]),
    .init(
      key: "listenTLS", accepted: ["0.0.0.0:1", "[::]:65535", "127.0.0.1:0", "none"],
      refused: ["", "localhost:5223", "127.0.0.1:65536", "None"]),
    .init(
      key: "data", accepted: ["/var/lib/xmpp", "data/", "/", "."],
      refused: ["", String(repeating: "a", count: 4_096)]),
    .init(
      key: "control", accepted: ["/run/x.sock", String(repeating: "a", count: 107)],
      refused: ["", String(repeating: "a", count: 108)]),
    .init(
      key: "certificate", accepted: ["/etc/x.crt"],
      refused: ["", String(repeating: "a", count: 4_096)], alongside: [("key", "k")]),
    .init(
      key: "key", accepted: ["/etc/x.key"],
      refused: ["", String(repeating: "a", count: 4_096)], alongside: [("certificate", "c")]),
    .init(
      key: "tls", accepted: ["required", "optional", "off"], refused: ["", "on", "Required"]),
    .init(
      key: "log", accepted: ["error", "warning", "info", "debug"], refused: ["", "trace", "1"]),
    .init(key: "durability", accepted: ["normal", "full"], refused: ["", "on", "FULL"]),
    Self.toggle("tlsOffAnywhere"), Self.toggle("selfSigned"), Self.toggle("registration"),
    Self.toggle("archive"), Self.toggle("archiveMarkers"),
    .init(
      key: "device", accepted: ["resource:a* kind=web", "identity:client/pc edge=8.8", "none"],
      refused: ["", "resource:a", "a kind=web", "resource:a kind=fax"]),
    Self.count("archiveDays", 0, 36_500), Self.count("depth", 8, 64),
    Self.count("attributes", 8, 128), Self.count("connections", 1, 1_000_000),
    Self.count("connectionsPerAddress", 1, 1_000_000), Self.count("sessionsPerAccount", 1, 32),
    Self.count("authenticationFailures", 1, 100), Self.count("rosterItems", 1, 100_000),
    Self.count("blockedAddresses", 0, 100_000), Self.count("pepNodes", 0, 10_000),
    .init(
      key: "stanzaBytes", accepted: ["10000", "64KiB", "16MiB"],
      refused: [
        "", "9999", "9KiB", "17MiB", "16777217", "1MB", "64 KiB", "-1", "1.5MiB",
        "99999999999999999999", "9999999999999GiB",
      ]),
    .init(
      key: "outputBytes", accepted: ["512KiB", "1GiB"],
      refused: ["65535", "63KiB", "2GiB", "1073741825", "GiB", "KiB8"]),
    .init(
      key: "pepItemBytes", accepted: ["1KiB", "1024", "256KiB"],
      refused: ["1023", "17MiB", "", "x"]),
    Self.duration("handshakeTimeout", "0.1", "10m", ["0", "0.099", "601", "11m"]),
    Self.duration("idleTimeout", "100.5", "168h", ["0", "0.099", "169h"]),
    Self.duration("stallTimeout", "0.1", "600s", ["0", "0.099", "601"]),
    Self.duration("drainTimeout", "0", "1m", ["61", "2m"]),
  ]

  static func toggle(_ key: String) -> SettingsKeyCase {
    .init(key: key, accepted: ["on", "off", "true", "false"], refused: ["", "yes", "ON", "1"])
  }

  static func count(_ key: String, _ lower: Int, _ upper: Int) -> SettingsKeyCase {
    .init(
      key: key, accepted: ["\(lower)", "\(upper)", "0\(upper)"],
      refused: [
        "\(lower - 1)", "\(upper + 1)", "", "x", "+\(upper)", "\(upper).0", "_\(upper)",
        "99999999999999999999",
      ])
  }

  static func duration(
    _ key: String, _ lower: String, _ upper: String, _ outside: [String]
  ) -> SettingsKeyCase {
    .init(
      key: key, accepted: [lower, upper],
      refused: outside + ["", "-1", "1d", "s", "1,5", "9999999999999999999h"])
  }
}

struct SettingsKeyTests {
  @Test("Every key has a case here")
  func completeness() {
    #expect(
      Set(SettingsKeyCase.all.map { $0.key }) == Set(SettingDefinition.all.map { $0.name }))
  }

  @Test("A key takes what is within its range and remembers it", arguments: SettingsKeyCase.all)
  func accepted(_ example: SettingsKeyCase) throws {
    for value in example.accepted {
      let settings = try Self.settings(example, value)
      let again = try ServerSettings(text: settings.describe(), name: "again")
      #expect(again == settings, "\(value)")
    }
  }

  @Test("A key refuses everything else and says where", arguments: SettingsKeyCase.all)
  func refused(_ example: SettingsKeyCase) {
    for value in example.refused {
      let error = #expect(throws: SettingsError.self, "\(value)") {
        try Self.settings(example, value)
      }
      #expect(error?.violations.first?.key == example.key, "\(value)")
      #expect(error?.violations.first?.origin == .file(name: "f", line: 1), "\(value)")
    }
  }

  private static func settings(_ example: SettingsKeyCase, _ value: String) throws -> ServerSettings
  {
    let others = example.alongside.map { "\($0.0) = \($0.1)\n" }.joined()
    return try ServerSettings(text: "\(example.key) = \(value)\n\(others)", name: "f")
  }

  @Test("Values arrive in the property that their key names")
  func properties() throws {
    let settings = try ServerSettings([
      "domain": "Example.ORG", "data": "/d/", "listen": "0.0.0.0:5", "listenTLS": "none",
      "log": "debug", "registration": "on", "archive": "off", "archiveDays": "7",
      "durability": "full", "selfSigned": "true", "stanzaBytes": "20KiB", "depth": "20",
      "attributes": "21", "connections": "22", "connectionsPerAddress": "23",
      "sessionsPerAccount": "24", "authenticationFailures": "25", "outputBytes": "1MiB",
      "handshakeTimeout": "26", "idleTimeout": "27m", "stallTimeout": "28s",
      "drainTimeout": "0.25", "rosterItems": "29", "blockedAddresses": "30", "pepNodes": "31",
      "pepItemBytes": "2KiB", "tls": "optional",
    ])
    #expect(settings.domain == "example.org")
    #expect(settings.dataDirectory == "/d")
    #expect(settings.certificatePath == "/d/example.org.crt")
    #expect(settings.privateKeyPath == "/d/example.org.key")
    #expect(settings.controlPath == "/d/control.sock")
    #expect(settings.databasePath == "/d/xmpp.sqlite")
    #expect(settings.addresses.map { "\($0)" } == ["0.0.0.0:5"])
    #expect(settings.directTLSAddresses.isEmpty)
    #expect(settings.logLevel == .debug && settings.tls == .optional)
    #expect(settings.registration && !settings.archive && settings.archiveDays == 7)
    #expect(settings.durability == .full && settings.makesCertificate)
    let limits = settings.limits
    #expect(limits.stanzaBytes == 20 << 10 && limits.depth == 20 && limits.attributes == 21)
    #expect(limits.connections == 22 && limits.connectionsPerAddress == 23)
    #expect(limits.sessionsPerAccount == 24 && settings.engine.values.deviceLimit == 24)
    #expect(limits.authenticationFailures == 25 && limits.outputBytes == 1 << 20)
    #expect(limits.handshakeTimeout == .seconds(26) && limits.idleTimeout == .seconds(1_620))
    #expect(limits.stallTimeout == .seconds(28) && limits.drainTimeout == .milliseconds(250))
    #expect(limits.rosterItems == 29 && limits.blockedAddresses == 30 && limits.pepNodes == 31)
    #expect(limits.pepItemBytes == 2 << 10)
  }
}
