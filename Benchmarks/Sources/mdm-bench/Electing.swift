import BenchmarkKit
import EngineParts
import MDM

/// The active device sends presence again and again.
struct RefreshElection: Workload, ~Copyable {
  private var scene = Scene(quiet: 0, normal: 2)

  mutating func run(_ count: Int) {
    let device = self.scene.activeDevice()
    for _ in 0..<count {
      self.scene.tick()
      self.scene.engine.setPresence(
        .available(), of: device, at: self.scene.now, into: &self.scene.effects)
      consume(self.scene.effects.count)
      self.scene.effects.removeAll()
    }
  }
}

/// The engine is asked who is active.
struct QueryElection: Workload, ~Copyable {
  private let scene = Scene(quiet: 0, normal: 2)
  /// Whether one device is asked about, instead of who it is.
  var asksDevice = false

  mutating func run(_ count: Int) {
    let (account, device) = (self.scene.accounts[0], self.scene.activeDevice())
    for _ in 0..<count {
      if self.asksDevice {
        consume(self.scene.engine.isActive(device, at: self.scene.now) ? 1 : 0)
      } else {
        let active = self.scene.engine.activeClient(of: account, at: self.scene.now)
        consume(active?.device.index ?? -1)
      }
    }
  }
}

extension Benchmark {
  static let electionRefresh = Benchmark(
    "election-refresh", "a command: the active device sends available presence", size: "devices",
    of: [2]
  ) { _, recorder in
    var workload = RefreshElection()
    recorder.measure(&workload, sample: 32, allocations: .atMost(0))
  }

  static let electionQuery = Benchmark(
    "election-query", "the question who is active; and whether one device is", size: "devices",
    of: [2]
  ) { _, recorder in
    var workload = QueryElection()
    recorder.measure(&workload, sample: 32, allocations: .atMost(0))
    workload.asksDevice = true
    recorder.record(
      Value(
        "instructions-one-device", recorder.instructions(of: &workload, count: 32),
        "instructions", .instructions))
  }

  static let bareElectionRefresh = Benchmark(
    "bare-election-refresh", "an act noted in the election's register", size: "devices", of: [2]
  ) { _, recorder in
    var workload = BareElection(asks: false)
    recorder.measure(
      &workload, sample: 64, instructions: .atMost(40), allocations: .atMost(0))
  }

  static let bareElectionQuery = Benchmark(
    "bare-election-query", "the election's register asked", size: "devices", of: [2]
  ) { _, recorder in
    var workload = BareElection(asks: true)
    recorder.measure(
      &workload, sample: 64, instructions: .atMost(40), allocations: .atMost(0))
  }

  static let bareLogAppend = Benchmark(
    "bare-log-append", "a stanza appended to the hold-back log for so many quiet devices",
    size: "quiet devices", of: [1, 2, 4, 8]
  ) { size, recorder in
    var workload = BareLog(quiet: size, stanza: chat(0))
    recorder.measure(&workload, sample: 64, allocations: .atMost(0))
  }
  .concluding { trend in
    [
      Value(
        "growth-1-to-8", trend.ratio("instructions", of: 8, to: 1), "times", .growth,
        limit: .atMost(1.05))
    ]
  }
}
