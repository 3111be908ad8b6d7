import BenchmarkKit
import MDM
import MDMTestKit

/// Accounts receive in random order, found by name or by handle.
struct ReceiveByName: Workload, ~Copyable {
  /// What an operation is.
  enum Operation {
    case receiveByName
    case receiveByHandle
    /// As by name, thirty-two names looked up at once before the stanzas are handed in.
    case receiveInBatches
    case lookUp
    case lookUpInBatches
  }

  static let batch = 32

  var operation = Operation.receiveByName
  private var scene: Scene
  private let order: [Int32]
  /// The names in that order, in batches: names that a host looks up have just been read from some
  /// wire, so they lie in memory one after the other, whatever the accounts do.
  private let names: [[AccountName]]
  private let stanzas: [Stanza]
  private var handles: [AccountHandle?] = []
  private var next = 0

  var period: Int { Self.batch }

  init(accounts: Int) {
    // Every eighth message flushes: enough to be there, and a million accounts fit into memory.
    // Limits of all buffers together are out of reach, or every message would flush by pressure.
    self.scene = Scene(
      accounts: accounts, configuration: configuration { $0.perSessionLimit = 8 })
    self.stanzas = (0..<64).map { chat($0) }
    var random = SeededGenerator(seed: 9)
    let order = (0..<(accounts / Self.batch * Self.batch)).shuffled(using: &random)
    self.order = order.map { Int32($0) }
    self.names = stride(from: 0, to: order.count, by: Self.batch).map { first in
      order[first..<(first + Self.batch)].map { AccountName(Scene.name($0)) }
    }
    for (number, account) in self.scene.accounts.enumerated() {
      for step in 0...(number % 8) { self.scene.receive(self.stanzas[step], for: account) }
    }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<(count / Self.batch) {
      self.next = self.next + 1 == self.names.count ? 0 : self.next + 1
      switch self.operation {
      case .receiveByName: self.receiveByName(self.names[self.next])
      case .receiveByHandle: self.receiveByHandle(self.next * Self.batch)
      case .receiveInBatches: self.receiveAtOnce(self.names[self.next])
      case .lookUp: self.lookUp(self.names[self.next])
      case .lookUpInBatches:
        self.scene.engine.accounts(named: self.names[self.next], into: &self.handles)
        consume(self.handles.count)
      }
    }
  }

  private mutating func receiveByName(_ names: [AccountName]) {
    for place in names.indices {
      guard let account = self.scene.engine.account(named: names[place]) else { continue }
      self.scene.receive(self.stanzas[place], for: account)
    }
  }

  private mutating func receiveAtOnce(_ names: [AccountName]) {
    self.scene.engine.accounts(named: names, into: &self.handles)
    for place in self.handles.indices {
      guard let account = self.handles[place] else { continue }
      self.scene.receive(self.stanzas[place], for: account)
    }
  }

  private mutating func receiveByHandle(_ first: Int) {
    for place in 0..<Self.batch {
      let number = Int(self.order[first + place])
      self.scene.receive(self.stanzas[place], for: self.scene.accounts[number])
    }
  }

  private mutating func lookUp(_ names: [AccountName]) {
    for name in names { consume(Int(self.scene.engine.account(named: name)?.slot ?? .max)) }
  }
}

extension Benchmark {
  static let receiveByName = Benchmark(
    "receive-by-name", "a message for an account that is found by name, in random order",
    size: "accounts", of: [1_000, 100_000, 1_000_000]
  ) { size, recorder in
    var workload = ReceiveByName(accounts: size)
    workload.operation = .lookUp
    let lookup = recorder.instructions(of: &workload, count: 256)
    workload.operation = .receiveByName
    recorder.measure(&workload, sample: nil, allocations: .atMost(0))
    recorder.record(Value("instructions-lookup", lookup, "instructions", .instructions))
    workload.operation = .receiveInBatches
    recorder.record(
      Value(
        "allocations-batched", recorder.allocations(of: &workload, count: 1), "allocations",
        .exact, limit: .atMost(0)))
    for (name, operation) in [
      ("by-handle", ReceiveByName.Operation.receiveByHandle), ("batched", .receiveInBatches),
      ("lookup", .lookUp), ("lookup-batched", .lookUpInBatches),
    ] {
      workload.operation = operation
      if let times = recorder.nanoseconds(of: &workload) {
        recorder.record(Value("ns-\(name)", times.minimum, "ns"))
      }
    }
    let ratio = recorder.timeRatio(of: &workload) { workload, isSlow in
      workload.operation = isSlow ? .receiveByName : .receiveInBatches
    }
    // What fits into the caches has no waits to overlap.
    let isLarge = size == 1_000_000
    recorder.record(
      Value(
        "times-batched", ratio, "times as fast", isLarge ? .limitOnly : nil,
        limit: isLarge ? .atLeast(2) : nil))
  }
  .concluding { trend in
    [
      Value(
        "lookup-growth", trend.ratio("instructions-lookup", of: 1_000_000, to: 1_000), "times",
        .growth, limit: .atMost(1.2))
    ]
  }
}
