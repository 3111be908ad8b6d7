import BenchmarkKit
import MDM

/// The sessions report of a node from its service, and both of its tables; an operation is a
/// session.
private struct MakeReport: Workload, ~Copyable {
  private let service = MessagingService.silent()
  let period: Int
  /// Each time is like the first, and takes long.
  let warmUps = 1

  /// Users with two and with three sessions by turns.
  init(sessions: Int) {
    self.period = sessions
    let kinds: [DeviceKind] = [.desktop, .iPhone, .androidTablet]
    var rest = sessions
    var number = 0
    while rest > 0 {
      let account = expect("an account") {
        try self.service.open(AccountName(Scene.name(number)), at: .origin)
      }
      for device in 0..<min(rest, 2 + number % 2) {
        _ = expect("a device") {
          try self.service.signIn(
            SignIn(device: DeviceName("device-\(device)"), kind: kinds[device]), to: account,
            at: .origin)
        }
        rest -= 1
      }
      number += 1
    }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<(count / self.period) {
      let report = SessionReport(
        generatedAt: CalendarTime(seconds: 1_800_000_000),
        nodes: [self.service.nodeSessions(named: "imp1.example.org", group: "east")])
      consume(report.csv().count + report.usersCSV().count)
    }
  }

  /// The least processor time of three, of everything.
  mutating func processorSeconds() -> Double {
    var least = Int.max
    for _ in 0..<3 {
      let start = Machine.processorNanoseconds
      self.run(self.period)
      least = min(least, Machine.processorNanoseconds - start)
    }
    return Double(least) / 1e9
  }
}

extension Benchmark {
  static let sessionReport = Benchmark(
    "session-report", "a session's share of the sessions report and of its two tables",
    size: "sessions", of: [375, 37_500]
  ) { size, recorder in
    var workload = MakeReport(sessions: size)
    recorder.measure(
      &workload, sample: size > 1_000 ? nil : size, tolerance: .allocatingInstructions)
    guard size > 1_000, recorder.mode == .full else { return }
    recorder.record(Value("processor-seconds", workload.processorSeconds(), "s"))
  }
  .concluding { trend in
    [
      Value(
        "time-growth-375-to-37500", trend.ratio("ns", of: 37_500, to: 375), "times", .limitOnly,
        limit: .atMost(3))
    ]
  }
}
