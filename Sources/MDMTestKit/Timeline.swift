import MDM

/// A story as a table, one column a device and one row a step: executed, and rendered again with
/// what really happened.
///
///     let timeline = try Timeline(
///       """
///       time | event                | laptop  | phone
///       0:00 | laptop available     |         |
///       0:01 | phone available      |         |
///       0:02 | laptop available     |         |
///       0:10 | bob: m1              | ring m1 | mute m1
///       5:05 | phone quiet          |         |
///       5:06 | laptop sends bob: s1 |         | (s1)
///       5:07 | phone active         |         | flush s1'
///       """
///     ).run()
///     #expect(timeline.actual == timeline.expected)
///
/// **Before the header**: `set name=value …` changes settings (`activeWindow=120`,
/// `perSessionLimit=3`, `flushOnActivityExpiry=true`, `archiveFailure=refuse`, …) by the names and
/// in the form of `Configuration.Values.set(_:to:)`;
/// `device phone option …` says how a device signs in: `push`, `plain` (without MDM),
/// `no-catch-up`, `available`, `version=11.6`, `edge=X8.7`, `encrypted`. Lines that begin with `#`
/// are remarks.
///
/// **The header** begins with `time` and `event`; every other column is a device of the account
/// `alice`, save `host`, which shows what concerns the account as a whole. Every device is signed
/// in at 0:00 without presence, unless the first thing it does is to sign in.
///
/// **Time** is `minutes:seconds.fraction`; an empty cell means the row above. Deadlines on the way
/// to a row are handled when they come, and what they cause shows in the row.
///
/// **Events**
///
/// | event | meaning |
/// |---|---|
/// | `bob: m1` | the chat message m1 from bob arrives; then words as below |
/// | `laptop sends bob: s1`, `laptop sends self: n1` | the laptop sends; then words as below |
/// | `phone reads bob`, `… bob m2`, `… bob ≤ 3` | to the end, up to a message, up to a position |
/// | `phone quiet`, `active`, `silent` | the device changes its mode |
/// | `phone available`, `chat`, `away`, `xa`, `dnd`, `unavailable` | presence; `priority=-1` |
/// | `phone request` | the device sends a request that the server answers |
/// | `phone lost`, `resumes`, `signs in`, `signs out` | the session's life |
/// | `phone wants mdm`, `phone leaves mdm` | the device asks for MDM or gives it up |
/// | `mdm off`, `mdm on`, `restart` | the switch for all |
/// | `archived m1`, `archive fails m1` | the archive's word |
/// | `set name=value …` | settings change while the engine runs |
/// | `wait` or nothing | time passes |
///
/// Words after a stanza's id: its kind (`normal`, `invitation`, `file`, `groupchat`, `receipt`,
/// `marker`, `payload`, `typing`, `headline`, `error`, `presence`, `subscription`, `iq`), its flags
/// (`urgent`, `no-copy`, `no-store`, `no-permanent-store`, `replayed`, `own`, `not-copyable`,
/// `exact`, `answer`), `to phone`, `key=…`, `bytes=…`.
///
/// **Cells** are marks separated by semicolons.
///
/// | mark | meaning |
/// |---|---|
/// | `ring m1` | delivered, and it rings |
/// | `mute m1` | delivered, and does not ring because another device does or it is silent |
/// | `m1` | delivered; nothing to ring for, or the device decides itself |
/// | `m1'` | a copy; `m1✓` what the person has read elsewhere |
/// | `(m1)` | held back |
/// | `-t1`, `~p1` | dropped; replaced by a newer one while held |
/// | `flush limit: m1, m2'` | the buffer, and why; `flush m1, m2'` when the reason is not asked for |
/// | `read bob ≤ 3`, `retract bob ≤ 3` | a read marker; a notification taken back |
/// | `push m1` | the push service is told |
/// | `store m1`, `bounce m1`, `lost m1` | handed to the host: kept, sent back, forgotten |
/// | `ended replaced`, `mdm on`, `mdm off` | the session ended; MDM came or went |
/// | `archive m1`, `route s1` | in the column `host` |
///
/// Reasons of a flush: `request`, `alone`, `limit`, `overall-limit`, `active`, `traffic`,
/// `resumed`, `disabled`, `expired`, `urgent`.
public struct Timeline: Sendable {
  struct Row: Sendable {
    var line: Int
    var time: String
    var reading: ClockReading
    var eventText: String
    var cells: [String]
  }

  /// The name of the column that shows what concerns the account as a whole.
  public static let hostColumn = "host"

  private var values = Configuration.Values()
  private var configuration = Configuration.standard
  private var options: [String: (line: Int, words: [Substring])] = [:]
  private var columns: [String] = []
  private var rows: [Row] = []
  private var events: [TimelineEvent] = []

  /// Reads a table.
  ///
  /// - Throws: ``TimelineError`` at the first line that is not in the notation.
  public init(_ text: String) throws(TimelineError) {
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let content = TimelineTable.normalised(line)
      if content.isEmpty || content.hasPrefix("#") { continue }
      if self.columns.isEmpty {
        try self.readPreamble(content, line: number)
      } else {
        try self.readRow(content, line: number)
      }
    }
    guard !self.columns.isEmpty else { throw TimelineError(number, .missingHeader) }
    for (name, option) in self.options where !self.devices.contains(name) {
      throw TimelineError(option.line, .unknownDevice(name))
    }
  }

  private var devices: [String] { self.columns.filter { $0 != Self.hostColumn } }

  // MARK: - Reading

  private mutating func readPreamble(_ content: String, line: Int) throws(TimelineError) {
    var words = content.split(separator: " ")[...]
    if content.contains("|") {
      let cells = content.split(separator: "|", omittingEmptySubsequences: false)
        .map { TimelineTable.normalised($0) }
      guard cells.count > 2, cells[0] == "time", cells[1] == "event" else {
        throw TimelineError(line, .missingHeader)
      }
      self.columns = Array(cells[2...])
      for (place, name) in self.columns.enumerated()
      where self.columns[..<place].contains(name) || name.isEmpty {
        throw TimelineError(line, .repeatedColumn(name))
      }
      return
    }
    switch words.popFirst() {
    case "set":
      for word in words { try TimelineSettings.apply(word, to: &self.values, line: line) }
      do throws(ConfigurationError) {
        self.configuration = try Configuration(self.values)
      } catch {
        throw TimelineError(line, .configuration(error))
      }
    case "device":
      guard let name = words.popFirst() else { throw TimelineError(line, .unknownDevice("")) }
      self.options[String(name)] = (line, Array(words))
      _ = try Self.signIn(String(name), options: (line, Array(words)))
    default:
      throw TimelineError(line, .missingHeader)
    }
  }

  private mutating func readRow(_ content: String, line: Int) throws(TimelineError) {
    var cells = content.split(separator: "|", omittingEmptySubsequences: false)
      .map { TimelineTable.normalised($0) }
    if cells.allSatisfy({ $0.allSatisfy { $0 == "-" } && !$0.isEmpty }) { return }
    guard cells.count <= self.columns.count + 2 else { throw TimelineError(line, .tooManyCells) }
    while cells.count < self.columns.count + 2 { cells.append("") }
    var reading = self.rows.last?.reading ?? ClockReading(nanoseconds: 0)
    if !cells[0].isEmpty {
      guard let read = ClockReading(cells[0]) else {
        throw TimelineError(line, .malformedTime(cells[0]))
      }
      if read < reading { throw TimelineError(line, .timeGoesBack(cells[0])) }
      reading = read
    }
    let event = try TimelineEventParser(devices: self.devices, line: line).parse(cells[1])
    if case .configure(let words) = event {
      var values = self.values
      for word in words { try TimelineSettings.apply(word, to: &values, line: line) }
    }
    self.events.append(event)
    self.rows.append(
      Row(
        line: line, time: cells[0], reading: reading, eventText: cells[1],
        cells: Array(cells[2...])))
  }

  private static func signIn(
    _ name: String, options: (line: Int, words: [Substring])?
  ) throws(TimelineError) -> SignIn {
    var request = SignIn(device: DeviceName(name), presence: nil)
    guard let options else { return request }
    for word in options.words {
      switch word {
      case "push": request.pushEnabled = true
      case "plain": request.requestsMDM = false
      case "no-catch-up": request.catchUp = .none
      case "available": request.presence = .available()
      case "encrypted": request.capabilities.encryptedOnly = true
      default:
        let (name, value) = try TimelineSettings.pair(word, line: options.line)
        guard let version = Version(value) else {
          throw TimelineError(options.line, .malformedValue(value))
        }
        switch name {
        case "version": request.capabilities.clientVersion = version
        case "edge": request.capabilities.edgeVersion = version
        default: throw TimelineError(options.line, .unknownWord(String(word)))
        }
      }
    }
    return request
  }

  // MARK: - Running

  /// Executes the rows on a new engine.
  ///
  /// - Throws: ``TimelineError`` when a row refers to a message that has not been archived, or its
  ///   settings do not go together.
  public func run() throws(TimelineError) -> TimelineResult {
    let scenario = Scenario(self.configuration)
    let events = self.events
    for device in self.devices {
      let first = zip(self.rows, events).first {
        $0.0.eventText.hasPrefix("\(device) ")
      }
      if let first, first.1.signsIn(device) { continue }
      scenario.signIn(device, try Self.signIn(device, options: self.options[device]))
    }
    var actual = TimelineTable(header: ["time", "event"] + self.columns)
    var expected = actual
    for (row, event) in zip(self.rows, events) {
      let step = scenario.steps + 1
      scenario.at(row.reading)
      try self.perform(event, on: scenario, line: row.line)
      let cells = zip(self.columns, row.cells).map { column, cell in
        Self.cell(column, in: scenario, since: step, like: cell)
      }
      actual.rows.append([row.time, row.eventText] + cells)
      expected.rows.append([row.time, row.eventText] + row.cells)
    }
    let widths = zip(actual.widths(), expected.widths()).map { max($0, $1) }
    return TimelineResult(
      actual: actual.text(widths: widths), expected: expected.text(widths: widths),
      scenario: scenario)
  }

  /// What a column shows, with the reasons of flushes only where the expectation gives them.
  private static func cell(
    _ column: String, in scenario: Scenario, since step: Int, like expected: String
  ) -> String {
    let device: String? = column == Self.hostColumn ? nil : column
    let events = scenario.story.filter { $0.step >= step && $0.device == device }
      .map { $0.event }
    let asksForReason = !expected.contains("flush ") || expected.contains(":")
    return events.cellText(withReasons: asksForReason)
  }

  private func perform(
    _ event: TimelineEvent, on scenario: Scenario, line: Int
  ) throws(TimelineError) {
    switch event {
    case .wait: break
    case .receive(let stanza, let address):
      scenario.apply(.receive(scenario.account(), stanza, to: address))
    case .send(let device, let stanza, let address):
      scenario.apply(.send(scenario.device(device), stanza, toSelf: address))
    case .read(let device, let conversation, let upTo):
      try self.read(conversation, upTo, on: device, scenario, line: line)
    case .mode(let device, let mode):
      scenario.apply(.setMode(scenario.device(device), mode))
    case .presence(let device, let presence): scenario.presence(presence, of: device)
    case .requested(let device): scenario.request(by: device)
    case .lost(let device): scenario.loseConnection(of: device)
    case .resumes(let device): scenario.resume(device)
    case .signsIn(let device):
      scenario.signIn(device, try Self.signIn(device, options: self.options[device]))
    case .signsOut(let device): scenario.signOut(device)
    case .wants(let device, let wanted): scenario.requestMDM(wanted, by: device)
    case .enabled(let isEnabled): scenario.setEnabled(isEnabled)
    case .restart: scenario.restart()
    case .configure(let words):
      var values = scenario.engine.configuration.values
      for word in words { try TimelineSettings.apply(word, to: &values, line: line) }
      do throws(ConfigurationError) {
        scenario.apply(.configure(try Configuration(values)))
      } catch {
        throw TimelineError(line, .configuration(error))
      }
    case .archived(let id, let isStored):
      guard scenario.position(of: id) != nil else {
        throw TimelineError(line, .unknownStanza(id))
      }
      if isStored { scenario.archived(id) } else { scenario.archiveFailed(id) }
    }
  }

  private func read(
    _ conversation: ConversationID, _ upTo: TimelineEvent.UpTo, on device: String,
    _ scenario: Scenario, line: Int
  ) throws(TimelineError) {
    switch upTo {
    case .end: scenario.read(conversation.text, on: device)
    case .position(let position):
      scenario.read(conversation.text, upTo: position, on: device)
    case .stanza(let id):
      guard scenario.position(of: id) != nil else {
        throw TimelineError(line, .unknownStanza(id))
      }
      scenario.read(conversation.text, upTo: id, on: device)
    }
  }
}
