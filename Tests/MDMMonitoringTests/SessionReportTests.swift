import MDMMonitoring
import MDMSession
import MDMStanza
import MDMTestKit
import Testing

@Suite("SessionReport")
struct SessionReportTests {
  private static func user(_ name: String, _ kinds: DeviceKind...) -> UserSessions {
    var devices = DeviceTally()
    for kind in kinds { devices.add(kind) }
    return UserSessions(AccountName(name), devices)
  }

  private static let report = SessionReport(
    generatedAt: CalendarTime(seconds: 1_795_287_547),
    nodes: [
      NodeSessions(
        name: "imp1", group: "east",
        users: [
          Self.user("bob", .iPhone), Self.user("alice", .desktop, .iPhone, .androidTablet),
          Self.user("nobody"),
        ], inactiveConnections: 7),
      NodeSessions(name: "imp3", users: [Self.user("alice", .iPad)]),
      NodeSessions(
        name: "imp2", group: "east", users: [Self.user("bob", .desktop), Self.user("carol", .web)],
        inactiveConnections: 1),
    ])

  private static func text(_ line: SessionReport.Line) -> String {
    "\(line.level) \(line.group) \(line.node) \(line.users) \(line.sessions) "
      + "\(line.inactiveConnections)"
  }

  @Test("R-082, R-086, B25: nodes, sub-clusters and the cluster; who is on two nodes counts once")
  func lines() {
    #expect(
      Self.report.lines.map { Self.text($0) } == [
        "node east imp1 2 4 7", "node east imp2 2 2 1", "subCluster east  3 6 8",
        "node  imp3 1 1 0", "cluster   3 7 8",
      ])
    #expect(Self.report.cluster == Self.report.lines.last)
    let empty = SessionReport(generatedAt: CalendarTime(seconds: 0), nodes: [])
    #expect(empty.lines.map { Self.text($0) } == ["cluster   0 0 0"])
  }

  @Test("R-083: the report has its documented name")
  func name() {
    #expect(SessionReport.name == "IM and Presence User Sessions Report")
  }

  @Test("R-088…R-092: by user, ascending; an Android tablet is a Desktop unless said otherwise")
  func users() {
    let users = Self.report.users(of: "imp1")
    #expect(users.map { $0.user } == ["alice", "bob"])
    #expect(users.map { $0.sessions } == [3, 1])
    #expect(users.map { $0.deviceTypes } == [["Desktop", "iPhone"], ["iPhone"]])
    var names = DeviceTypeNames.documented
    names[.androidTablet] = "Android tablet"
    #expect(
      Self.report.users(of: "imp1", names: names)[0].deviceTypes
        == ["Desktop", "iPhone", "Android tablet"])
    #expect(Self.report.users(of: "imp9") == [])
  }

  @Test("R-087: the report as CSV, with the date and time of its generation")
  func csv() throws {
    let rows = try CSVReader.rows(of: Self.report.csv())
    #expect(rows[0] == SessionReport.columns)
    #expect(rows.count == 6)
    #expect(rows[1] == ["Node", "east", "imp1", "2", "4", "7", "2026-11-21T18:59:07Z"])
    #expect(rows[3].prefix(4) == ["Sub-cluster", "east", "", "3"])
    #expect(rows[5].prefix(5) == ["Cluster", "", "", "3", "7"])
    #expect(Self.report.csv(marksEncoding: true).prefix(3) == [0xEF, 0xBB, 0xBF])
    #expect(Self.report.csv(marksEncoding: true).dropFirst(3).elementsEqual(Self.report.csv()))
  }

  @Test("R-089: the users of a node as CSV, or of all nodes")
  func usersCSV() throws {
    let rows = try CSVReader.rows(of: Self.report.usersCSV(of: "imp1"))
    #expect(rows[0] == SessionReport.userColumns)
    #expect(rows[1] == ["alice", "imp1", "3", "Desktop; iPhone", "2026-11-21T18:59:07Z"])
    #expect(rows.count == 3)
    #expect(try CSVReader.rows(of: Self.report.usersCSV()).count == 6)
  }

  @Test("B25: names that would be formulas, or break the table, come back as they were")
  func nastyNames() throws {
    var random = SeededGenerator(seed: 25)
    let parts = [
      "=", "+", "-", "@", "\t", "\r", "\n", "\"", ",", ";", "'", " ", "a", "é", "漢", "😀", "\u{0}",
      "＝", "＋", "－", "＠", "\u{FEFF}", "=HYPERLINK(\"x\",1)", "\r\n",
    ]
    var names: Set<AccountName> = []
    while names.count < 1_500 {
      names.insert(
        AccountName((0..<(1 + random.below(5))).map { _ in random.pick(parts) }.joined()))
    }
    var tally = DeviceTally()
    tally.add(.desktop)
    let node = NodeSessions(
      name: "=1+1", group: "@g", users: names.map { UserSessions($0, tally) })
    let report = SessionReport(generatedAt: CalendarTime(seconds: 0), nodes: [node])
    let rows = try CSVReader.rows(of: report.usersCSV()).dropFirst()
    #expect(Set(rows.map { AccountName(CSVReader.unguarded($0[0])) }) == names)
    #expect(rows.allSatisfy { $0[1] == "'=1+1" })
    for row in rows { #expect(!CSVReader.isFormula(row[0]), "\(row[0].debugDescription)") }
    #expect(try CSVReader.rows(of: report.csv())[1][1...2] == ["'@g", "'=1+1"])
  }

  @Test("DeviceTally counts each kind")
  func tally() {
    var tally = DeviceTally()
    for (place, kind) in DeviceKind.allCases.enumerated() {
      for _ in 0...place { tally.add(kind) }
    }
    #expect(DeviceKind.allCases.map { tally[$0] } == Array(1...7))
    #expect(tally.sessions == 28)
  }

  @Test("times of day and dates, leap years and the ends of the range")
  func calendar() {
    let times: [(Int64, String)] = [
      (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
      (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
      (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
      (1_795_287_547, "2026-11-21T18:59:07Z"), (.max, "9999-12-31T23:59:59Z"),
      (.min, "0000-01-01T00:00:00Z"), (-2_203_891_201, "1900-02-28T23:59:59Z"),
    ]
    for (seconds, text) in times { #expect(CalendarTime(seconds: seconds).description == text) }
    #expect(CalendarTime(seconds: 37_867).timeOfDay == "10:31:07")
  }
}

/// A reader of comma-separated values that knows RFC 4180 and nothing else.
enum CSVReader {
  struct Malformed: Error { let text: String }

  static func rows(of bytes: [UInt8]) throws -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x22 where field.isEmpty:
        try Self.readQuoted(&rest, into: &field)
        guard rest.first == 0x2C || rest.first == 0x0D else { throw Malformed(text: "\(row)") }
      case 0x2C, 0x0D:
        row.append(String(decoding: field, as: UTF8.self))
        field = []
        if byte == 0x2C { continue }
        guard rest.popFirst() == 0x0A else { throw Malformed(text: "bare CR after \(row)") }
        rows.append(row)
        row = []
      case 0x0A, 0x22: throw Malformed(text: "\(byte) in \(row)")
      default: field.append(byte)
      }
    }
    guard row.isEmpty, field.isEmpty else { throw Malformed(text: "no end of line") }
    return rows
  }

  private static func readQuoted(_ rest: inout ArraySlice<UInt8>, into field: inout [UInt8]) throws
  {
    while let byte = rest.popFirst() {
      if byte != 0x22 {
        field.append(byte)
      } else if rest.first == 0x22 {
        field.append(0x22)
        rest.removeFirst()
      } else {
        return
      }
    }
    throw Malformed(text: "no closing quotation mark")
  }

  /// The value that a guarded one stands for.
  static func unguarded(_ text: String) -> String {
    text.unicodeScalars.first == "'" ? String(text.unicodeScalars.dropFirst()) : text
  }

  /// Whether a spreadsheet would take the value for a formula.
  static func isFormula(_ text: String) -> Bool {
    text.unicodeScalars.first.map { "=+-@\t\r\n＝＋－＠\u{FEFF}".unicodeScalars.contains($0) } ?? false
  }
}
