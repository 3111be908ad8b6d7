import Glibc
import MDM

/// The console's view of a running XMPP server, as far as its administration socket tells.
final class AttachedSource: ConsoleSource {
  private let socket: ControlSocket
  private let run = "attached"
  private var untaken: Int64 = AttachedSource.interval
  private var sessions: [ServerSession] = []
  private var counters: [(name: String, text: String)] = []
  private var flushes: [(reason: String, count: Int)] = []
  private var problem: String?
  private var history: [(time: Double, states: SessionStates)] = []
  private var forgotten = 0

  /// Real time between two looks.
  private static let interval: Int64 = 1_000_000_000
  /// Looks that are remembered.
  private static let historyLimit = 3_600

  /// What the socket does not tell.
  private static let missing = [
    "hold times", "capacity and its alarm", "the redundancy group",
  ]

  init(path: String) { self.socket = ControlSocket(path: path) }

  func pass(nanoseconds: Int64) {
    self.untaken += nanoseconds
    guard self.untaken >= Self.interval else { return }
    self.untaken = 0
    do throws(OrderError) {
      self.sessions = try self.socket.ask(["sessions"]).compactMap { ServerSession($0) }
      self.counters = try self.socket.ask(["counters"]).compactMap { line in
        let words = line.split(separator: " ", maxSplits: 1)
        return words.count == 2 ? (String(words[0]), String(words[1])) : nil
      }
      self.flushes = Self.flushes(in: try self.socket.ask(["metrics"]))
      self.problem = nil
      self.remember()
    } catch {
      self.problem = error.description
    }
  }

  /// The flushes by reason among the lines of the metrics.
  private static func flushes(in metrics: [String]) -> [(reason: String, count: Int)] {
    let start = "mdm_buffer_flushes_total{reason=\""
    return metrics.compactMap { line in
      guard line.hasPrefix(start) else { return nil }
      let parts = line.dropFirst(start.count).split(separator: "\"} ")
      guard parts.count == 2, let count = Int(parts[1]) else { return nil }
      return (String(parts[0]), count)
    }
  }

  private func remember() {
    self.history.append((Self.secondOfDay, self.states))
    guard self.history.count > Self.historyLimit else { return }
    self.history.removeFirst()
    self.forgotten += 1
  }

  func perform(_ order: ConsoleOrder) throws(OrderError) {
    throw OrderError("nothing can be changed on a server that the console is attached to")
  }

  // MARK: - How things stand

  private static var unixSeconds: Int64 { Int64(time(nil)) }
  private static var secondOfDay: Double { Double(Self.unixSeconds % 86_400) }

  private var states: SessionStates {
    var states = SessionStates()
    for session in self.sessions { session.count(in: &states) }
    return states
  }

  var state: JSON {
    .members([
      "source": "attached", "run": .string(self.run), "server": .string(self.socket.path),
      "problem": .text(self.problem), "missing": .array(Self.missing.map { .string($0) }),
      "now": .number(Self.secondOfDay),
      "clock": .string(CalendarTime(seconds: Self.unixSeconds).timeOfDay), "day": "UTC",
      "speed": 1, "people": .int(Set(self.sessions.map { $0.account }).count),
      "counters": .array(
        self.counters.map { .members(["name": .string($0.name), "text": .string($0.text)]) }),
      "sessions": self.states.json,
      "flushes": .array(
        self.flushes.map { flush in
          .members([
            "reason": .string(flush.reason), "count": .int(flush.count),
            "text": .string(
              FlushReason.allCases.first { $0.label == flush.reason }?.words ?? flush.reason),
          ])
        }),
      "waiting": .int(self.sessions.reduce(0) { $0 + $1.held }),
      "samples": .int(self.forgotten + self.history.count),
    ])
  }

  func history(from first: Int) -> JSON? {
    let rest = self.history.dropFirst(max(0, first - self.forgotten))
    let now = Self.secondOfDay
    return .members([
      "run": .string(self.run),
      "first": .int(self.forgotten + self.history.count - rest.count),
      "from": .number(self.history.first?.time ?? now), "to": .number(now),
      "samples": .array(
        rest.map { time, states in
          .array(
            [.number(time)]
              + [states.normal, states.quiet, states.silent, states.phantom, states.lost].map {
                .int($0)
              })
        }),
    ])
  }

  /// The sessions report.
  var report: SessionReport? {
    var users: [UserSessions] = []
    for session in self.sessions.sorted(by: { $0.account < $1.account }) {
      let name = AccountName(session.account)
      if users.last?.user != name { users.append(UserSessions(name, DeviceTally())) }
      users[users.count - 1].devices.add(session.kind ?? .other)
    }
    return SessionReport(
      generatedAt: CalendarTime(seconds: Self.unixSeconds),
      nodes: [NodeSessions(name: "server", users: users)])
  }

  var people: JSON? {
    var accounts: [String] = []
    for session in self.sessions where !accounts.contains(session.account) {
      accounts.append(session.account)
    }
    return .array(
      accounts.sorted().map { account in
        .members([
          "name": .string(account), "account": .string(account), "node": "server",
          "place": "", "devices": self.devices(of: account, [:]),
        ])
      })
  }

  private func devices(of account: String, _ verdicts: [String: String]) -> JSON {
    .array(
      self.sessions.filter { $0.account == account }.map { session in
        .members([
          "name": .string(session.device), "kind": .string(session.kind?.reportName ?? ""),
          "state": .string(session.state),
          "held": .int(session.held), "isActive": .bool(session.isActive),
          "standing": .string(verdicts[session.address] ?? (session.isActive ? "active" : "")),
        ])
      })
  }

  func person(_ account: String) -> JSON? {
    guard self.sessions.contains(where: { $0.account == account }) else { return nil }
    var verdicts: [String: String] = [:]
    for line in (try? self.socket.ask(["explain", account])) ?? [] {
      guard let space = line.lastIndex(of: " ") else { continue }
      verdicts[String(line[..<space])] = String(line[line.index(after: space)...])
    }
    return .members([
      "name": .string(account), "account": .string(account), "node": "server", "place": "",
      "devices": self.devices(of: account, verdicts), "now": .number(Self.secondOfDay),
      "lines": self.decisions(of: account),
    ])
  }

  /// What the server has kept of its decisions about an account, newest first, or why it has not.
  private func decisions(of account: String) -> JSON {
    do throws(OrderError) {
      let lines = try self.socket.ask(["decisions", account])
      return .array(lines.reversed().map { .string($0) })
    } catch {
      return .array([.string(error.description)])
    }
  }

  var metrics: String? {
    guard let lines = try? self.socket.ask(["metrics"]) else { return nil }
    return lines.map { "\($0)\n" }.joined()
  }
}
