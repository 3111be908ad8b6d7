import BenchmarkKit
import MDM

/// One account receives message after message in one conversation.
struct ReceiveOne: Workload, ~Copyable {
  var scene: Scene
  private let stanzas: [Stanza]
  private var next = 0
  private let reads: Bool
  let period: Int

  /// - Parameter reads: whether the effects are looked at one by one, as a host does.
  init(quiet: Int, normal: Int = 1, reads: Bool = false) {
    self.scene = Scene(quiet: quiet, normal: normal)
    self.stanzas = (0..<64).map { chat($0) }
    self.reads = reads
    // A hundred messages are a whole flush of each quiet device.
    self.period = quiet > 0 ? Configuration.standard.values.perSessionLimit : 1
  }

  mutating func run(_ count: Int) {
    let account = self.scene.accounts[0]
    for _ in 0..<count {
      self.next = (self.next &+ 1) & 63
      if self.reads {
        self.scene.tick()
        self.scene.engine.receive(
          self.stanzas[self.next], for: account, at: self.scene.now, into: &self.scene.effects)
        for effect in self.scene.effects { consume(Self.bytes(of: effect)) }
        self.scene.effects.removeAll()
      } else {
        self.scene.receive(self.stanzas[self.next], for: account)
      }
    }
  }

  @inline(never)
  private static func bytes(of effect: Effect) -> Int {
    switch effect {
    case .archive(let request): request.stanza.byteCount
    case .deliver(let delivery): delivery.stanza.byteCount
    case .deliverMarker(let marker): marker.unread
    case .flush(let flush): flush.count
    case .route(let routing): routing.stanza.byteCount
    case .push(let push): push.stanza.byteCount
    case .retractNotification(let retraction): retraction.device.index
    case .undelivered(let undelivered): undelivered.stanza.byteCount
    case .unroutable(let unroutable): unroutable.stanza.byteCount
    case .ended(let ended): ended.device.index
    case .mdmChanged(let change): change.device.index
    }
  }
}

/// Many accounts receive in turn, each a hundredth further in its flush than the one before.
struct ReceiveInTurn: Workload, ~Copyable {
  static let accounts = 1_024

  private var scene: Scene
  private let stanzas: [Stanza]
  private var next = 0

  init() {
    self.scene = Scene(accounts: Self.accounts)
    self.stanzas = (0..<Self.accounts).map { chat($0, from: "contact-\($0)@example.org") }
    for (number, account) in self.scene.accounts.enumerated() {
      for _ in 0..<(number % 100) { self.scene.receive(self.stanzas[number], for: account) }
    }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.next = (self.next &+ 1) % Self.accounts
      self.scene.receive(self.stanzas[self.next], for: self.scene.accounts[self.next])
    }
  }
}

extension Benchmark {
  static let receive = Benchmark(
    "receive", "a message for an account by handle, 1 active and 1 quiet device, flushes included",
    size: "quiet devices", of: [1]
  ) { _, recorder in
    var one = ReceiveOne(quiet: 1)
    recorder.measure(
      &one, sample: 100, instructions: .atMost(350), allocations: .atMost(0))
    var many = ReceiveInTurn()
    if let times = recorder.nanoseconds(of: &many) {
      recorder.record(Value("ns-1024-accounts", times.minimum, "ns"))
    }
    var naive = NaiveReceiving(accounts: ReceiveInTurn.accounts)
    recorder.record(
      Value(
        "times-naive", recorder.timeRatio(of: &naive, to: &many), "times as fast", .ratio,
        limit: .atLeast(8)))
    var actors = ActorReceiving(accounts: ReceiveInTurn.accounts)
    recorder.record(
      Value(
        "times-actors", recorder.timeRatio(of: &actors, to: &many), "times as fast", .limitOnly,
        limit: .atLeast(50)))
    actors.finish()
  }

  static let receiveAndRead = Benchmark(
    "receive-and-read", "the same, each effect looked at as a host does", size: "quiet devices",
    of: [1]
  ) { _, recorder in
    var one = ReceiveOne(quiet: 1, reads: true)
    recorder.measure(&one, sample: 100)
  }

  static let furtherQuietDevices = Benchmark(
    "receive-quiet", "a message for 1 active and so many quiet devices, flushes included",
    size: "quiet devices", of: [2, 8]
  ) { size, recorder in
    var workload = ReceiveOne(quiet: size)
    recorder.measure(&workload, sample: 100, allocations: .atMost(0))
  }
  .concluding { trend in
    [
      Value(
        "instructions-each-further", trend.slope("instructions", from: 2, to: 8),
        "instructions", .growth, limit: .atMost(40))
    ]
  }

  static let furtherActiveDevices = Benchmark(
    "receive-active", "a message for so many devices that all get it at once",
    size: "devices", of: [1, 2, 8]
  ) { size, recorder in
    var workload = ReceiveOne(quiet: 0, normal: size)
    recorder.measure(&workload, sample: 32, allocations: .atMost(0))
  }
  .concluding { trend in
    [
      Value(
        "instructions-each-further", trend.slope("instructions", from: 1, to: 8),
        "instructions", .growth, limit: .atMost(60))
    ]
  }
}
