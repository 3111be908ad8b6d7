import BenchmarkKit
import MDM

/// An engine whose accounts have two devices each, some of them with something held and all with
/// something read.
private func livedInEngine(accounts: Int) -> Scene {
  var scene = Scene(accounts: accounts, configuration: configuration { _ in })
  let stanzas = (0..<64).map { chat($0, from: "contact-\($0 % 8)@example.org") }
  for (number, account) in scene.accounts.enumerated() {
    for step in 0..<(1 + number % 4) {
      scene.receive(stanzas[(number + step * 3) & 63], for: account)
    }
    guard let conversation = stanzas[number & 63].conversation else { continue }
    scene.engine.read(
      conversation, upTo: ArchivePosition(1), on: scene.activeDevice(of: number), at: scene.now,
      into: &scene.effects)
    scene.effects.removeAll()
  }
  return scene
}

/// The whole engine becomes bytes; an operation is an account.
private struct TakeSnapshot: Workload, ~Copyable {
  let scene: Scene
  let period: Int
  /// Each time is like the first, and takes long.
  let warmUps = 1

  init(accounts: Int) {
    self.scene = livedInEngine(accounts: accounts)
    self.period = accounts
  }

  mutating func run(_ count: Int) {
    for _ in 0..<(count / self.period) { consume(self.scene.engine.snapshot().count) }
  }
}

/// The bytes become an engine; an operation is an account.
private struct Restore: Workload, ~Copyable {
  private let bytes: [UInt8]
  private var engine = MessagingEngine()
  private var effects = Effects()
  private let configuration: Configuration
  let period: Int
  /// Each time is like the first, and takes long.
  let warmUps = 1

  init(accounts: Int) {
    let scene = livedInEngine(accounts: accounts)
    self.configuration = scene.engine.configuration
    self.bytes = scene.engine.snapshot()
    self.period = accounts
  }

  var byteCount: Int { self.bytes.count }

  /// The engine of the last time goes, which is no part of restoring.
  mutating func prepare(_ count: Int) { self.engine = MessagingEngine() }

  mutating func run(_ count: Int) {
    for _ in 0..<(count / self.period) {
      self.engine = expect("an engine") {
        try MessagingEngine.restored(
          from: self.bytes, configuration: self.configuration, at: .origin, into: &self.effects)
      }
      consume(self.effects.count)
    }
  }

  /// The least processor time of three.
  mutating func processorSeconds() -> Double {
    var least = Int.max
    for _ in 0..<3 {
      self.prepare(self.period)
      let start = Machine.processorNanoseconds
      self.run(self.period)
      least = min(least, Machine.processorNanoseconds - start)
    }
    return Double(least) / 1e9
  }
}

/// As many bytes copied at once, for comparison.
struct CopyBytes: Workload, ~Copyable {
  private let source: UnsafeMutableBufferPointer<UInt8>
  private let target: UnsafeMutableBufferPointer<UInt8>

  init(count: Int) {
    self.source = .allocate(capacity: count)
    self.target = .allocate(capacity: count)
    self.source.initialize(repeating: 1)
    self.target.initialize(repeating: 0)
  }

  deinit {
    self.source.deallocate()
    self.target.deallocate()
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      Self.copy(self.source, to: self.target)
      consume(Int(self.target[0]))
    }
  }

  @inline(never)
  private static func copy(
    _ source: UnsafeMutableBufferPointer<UInt8>, to target: UnsafeMutableBufferPointer<UInt8>
  ) {
    _ = target.update(fromContentsOf: source)
  }
}

extension Benchmark {
  static let snapshot = Benchmark(
    "snapshot", "an account's share of a snapshot of all", size: "accounts", of: [4, 100_000]
  ) { size, recorder in
    var workload = TakeSnapshot(accounts: size)
    recorder.measure(
      &workload, sample: size > 1_000 ? nil : size, tolerance: .allocatingInstructions)
  }

  static let restore = Benchmark(
    "restore", "an account's share of restoring all", size: "accounts", of: [4, 16, 100_000]
  ) { size, recorder in
    var workload = Restore(accounts: size)
    recorder.measure(
      &workload, sample: size > 1_000 ? nil : size, tolerance: .allocatingInstructions)
    guard size > 1_000, recorder.mode == .full else { return }
    let seconds = workload.processorSeconds()
    recorder.record(Value("processor-seconds", seconds, "s"))
    var copy = CopyBytes(count: workload.byteCount)
    recorder.record(Value("megabytes", Double(workload.byteCount) / 1e6, "MB"))
    if let times = recorder.nanoseconds(of: &copy) {
      recorder.record(Value("times-memcpy", seconds * 1e9 / times.minimum, "times as long"))
    }
  }
  .concluding { trend in
    // The time of so many cannot be counted in instructions; that it is no more than in proportion
    // can be told from times of one run. 0.8 to 1.5 was seen.
    [
      Value(
        "time-growth-16-to-100000", trend.ratio("ns", of: 100_000, to: 16), "times", .limitOnly,
        limit: .atMost(3))
    ]
  }
}
