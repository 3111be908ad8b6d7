import BenchmarkKit
import MDM
import MDMTestKit

/// Messages are held for a quiet device, which is flushed when it has so many.
struct HoldAndFlush: Workload, ~Copyable {
  private var scene: Scene
  private let stanzas: [Stanza]
  private let depth: Int
  private var held = 0
  /// How many shall be waiting before each measurement; nil for wherever the last one ended.
  var start: Int?

  var period: Int { self.start == nil ? self.depth : 1 }

  init(depth: Int) {
    self.depth = depth
    self.scene = Scene(
      configuration: configuration {
        $0.perSessionLimit = depth
        $0.perSessionByteLimit = 1 << 30
      })
    self.stanzas = (0..<min(depth, 1_024)).map { chat($0) }
  }

  mutating func prepare(_ count: Int) {
    guard let start = self.start, count > 0 else { return }
    while self.held != start { self.run(1) }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.scene.receive(
        self.stanzas[self.held % self.stanzas.count], for: self.scene.accounts[0])
      self.held = (self.held + 1) % self.depth
    }
  }
}

/// Presence of so many contacts comes to a quiet device: the latest of each waits, or all.
struct HoldPresence: Workload, ~Copyable {
  private var scene: Scene
  private let stanzas: [Stanza]
  private let order: [Int]
  private var next = 0

  init(contacts: Int, isKeyed: Bool) {
    self.scene = Scene(configuration: configuration { $0.perSessionLimit = 1_000_000 })
    self.stanzas = (0..<contacts).map {
      presence(of: "contact-\($0)@example.org", isKeyed: isKeyed)
    }
    var random = SeededGenerator(seed: 5)
    self.order = (0..<8_192).map { _ in random.below(contacts) }
    // A buffer of that size has been there before, so that what follows finds its memory.
    for _ in 0..<8_192 { self.run(1) }
    self.scene.engine.noteRequest(
      from: self.scene.device(0), at: self.scene.now, into: &self.scene.effects)
    self.scene.effects.removeAll()
    for stanza in self.stanzas { self.scene.receive(stanza, for: self.scene.accounts[0]) }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.next = (self.next &+ 1) & 8_191
      self.scene.receive(self.stanzas[self.order[self.next]], for: self.scene.accounts[0])
    }
  }
}

extension Benchmark {
  static let holdAndFlush = Benchmark(
    "hold-and-flush", "a message that is held, and its share of the flush when so many are",
    size: "stanzas", of: [1, 16, 256, 1_024, 10_000]
  ) { size, recorder in
    var workload = HoldAndFlush(depth: size)
    // Whole rounds would take minutes in single steps: a few messages near the end of one stand
    // for those that are held, and the last one flushes all.
    workload.start = max(0, size - 100)
    let hold = recorder.instructions(of: &workload, count: min(size, 33) - 1, base: 0)
    workload.start = size - 1
    // Ten thousand flushed at once are too many for single steps; their time has to do.
    let last = size > 5_000 ? nil : recorder.instructions(of: &workload, count: 1, base: 0)
    workload.start = nil
    recorder.measure(&workload, sample: nil, allocations: .atMost(0))
    if size > 1 {
      recorder.record(Value("instructions-hold", hold, "instructions", .instructions))
    }
    if size > 5_000 {
      var small = HoldAndFlush(depth: 16)
      recorder.record(
        Value(
          "time-against-16", recorder.timeRatio(of: &workload, to: &small), "times as long",
          .limitOnly, limit: .atMost(1.2)))
      return
    }
    var each: Double?
    if let hold, let last {
      each = ((size > 1 ? hold : 0) * Double(size - 1) + last) / Double(size)
    }
    recorder.record(Value("instructions", each, "instructions", .instructions))
  }
  .concluding { trend in
    [256, 1_024].map { size in
      Value(
        "growth-16-to-\(size)", trend.ratio("instructions", of: size, to: 16), "times", .growth,
        limit: .atMost(1.2))
    } + [
      Value(
        "growth-of-holding-16-to-10000",
        trend.ratio("instructions-hold", of: 10_000, to: 16), "times", .growth,
        limit: .atMost(1.2))
    ]
  }

  static let coalescePresence = Benchmark(
    "coalesce-presence", "a presence that replaces the contact's older one in a buffer",
    size: "contacts", of: [8, 64, 1_000]
  ) { size, recorder in
    // In random order replaced ones are swept away once they outnumber the others: the sample is
    // longer than that takes.
    let sample = max(128, size + 64)
    var workload = HoldPresence(contacts: size, isKeyed: true)
    recorder.measure(&workload, sample: sample, allocations: .atMost(0))
    var append = HoldPresence(contacts: size, isKeyed: false)
    let plain = recorder.instructions(of: &append, count: 64)
    var over: Double?
    if let plain, let all = recorder["instructions"] { over = all - plain }
    recorder.record(
      Value(
        "instructions-over-append", over, "instructions", .instructions, limit: .atMost(100)))
  }
  .concluding { trend in
    [
      Value(
        "growth-8-to-1000", trend.ratio("instructions", of: 1_000, to: 8), "times", .growth,
        limit: .atMost(1.2))
    ]
  }
}
