import BenchmarkKit
import MDM
import MDMTestKit

/// Accounts receive in random order, found by name or by handle.
struct ReceiveByName: Workload, ~Copyable {
  /// What an operation is.
  enum Operation {
    case receiveByName
    case receiveByHandle
    case lookUp
  }

  var operation = Operation.receiveByName
  private var scene: Scene
  private let names: [AccountName]
  private let order: [Int32]
  private let stanzas: [Stanza]
  private var next = 0

  init(accounts: Int) {
    // Every eighth message flushes: enough to be there, and a million accounts fit into memory.
    self.scene = Scene(
      accounts: accounts, configuration: configuration { $0.perSessionLimit = 8 })
    self.names = (0..<accounts).map { AccountName(Scene.name($0)) }
    self.stanzas = (0..<64).map { chat($0) }
    var random = SeededGenerator(seed: 9)
    self.order = (0..<accounts).shuffled(using: &random).map { Int32($0) }
    for (number, account) in self.scene.accounts.enumerated() {
      for step in 0...(number % 8) { self.scene.receive(self.stanzas[step], for: account) }
    }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.next = self.next + 1 == self.order.count ? 0 : self.next + 1
      let number = Int(self.order[self.next])
      switch self.operation {
      case .receiveByName:
        guard let account = self.scene.engine.account(named: self.names[number]) else { continue }
        self.scene.receive(self.stanzas[self.next & 63], for: account)
      case .receiveByHandle:
        self.scene.receive(self.stanzas[self.next & 63], for: self.scene.accounts[number])
      case .lookUp:
        consume(Int(self.scene.engine.account(named: self.names[number])?.slot ?? .max))
      }
    }
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
    workload.operation = .receiveByHandle
    if let times = recorder.nanoseconds(of: &workload) {
      recorder.record(Value("ns-by-handle", times.minimum, "ns"))
    }
  }
  .concluding { trend in
    [
      Value(
        "lookup-growth", trend.ratio("instructions-lookup", of: 1_000_000, to: 1_000), "times",
        .growth, limit: .atMost(1.2))
    ]
  }
}
