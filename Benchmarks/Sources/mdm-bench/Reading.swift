import BenchmarkKit
import MDM
import MDMTestKit

/// A device of two says what its person has read, in one of so many conversations.
struct ReadMarkers: Workload, ~Copyable {
  private var scene: Scene
  private let stanzas: [Stanza]
  private let order: [Int]
  private var next = 0
  /// Where the messages to be read are.
  private var positions: [ArchivePosition] = []

  init(conversations: Int) {
    self.scene = Scene(
      quiet: 0, normal: 2, configuration: configuration { $0.conversationLimit = 100_000 })
    self.stanzas = (0..<conversations).map { chat($0, from: "contact-\($0)@example.org") }
    var random = SeededGenerator(seed: 7)
    self.order = (0..<8_192).map { _ in random.below(conversations) }
    for stanza in self.stanzas { self.scene.receive(stanza, for: self.scene.accounts[0]) }
  }

  mutating func prepare(_ count: Int) {
    self.positions.removeAll(keepingCapacity: true)
    let account = self.scene.accounts[0]
    for step in 0..<count {
      self.scene.receive(self.stanzas[self.order[(self.next + step) & 8_191]], for: account)
      self.positions.append(self.scene.engine.lastPosition(of: account) ?? .start)
    }
  }

  mutating func run(_ count: Int) {
    let device = self.scene.activeDevice()
    for step in 0..<count {
      let stanza = self.stanzas[self.order[self.next]]
      self.next = (self.next &+ 1) & 8_191
      self.scene.tick()
      guard let conversation = stanza.conversation else { continue }
      self.scene.engine.read(
        conversation, upTo: self.positions[step], on: device, at: self.scene.now,
        into: &self.scene.effects)
      consume(self.scene.effects.count)
      self.scene.effects.removeAll()
    }
  }
}

/// A device sends messages, of which so many other devices get copies.
struct SendWithCopies: Workload, ~Copyable {
  private var scene: Scene
  private let stanzas = (0..<64).map { chat($0) }
  private var next = 0

  init(copies: Int) { self.scene = Scene(quiet: 0, normal: copies + 1) }

  mutating func run(_ count: Int) {
    let device = self.scene.activeDevice()
    for _ in 0..<count {
      self.next = (self.next &+ 1) & 63
      self.scene.tick()
      self.scene.engine.send(
        self.stanzas[self.next], from: device, at: self.scene.now, into: &self.scene.effects)
      consume(self.scene.effects.count)
      self.scene.effects.removeAll()
    }
  }
}

extension Benchmark {
  static let readMarker = Benchmark(
    "read-marker", "a read marker, told to one other device; the account has so many conversations",
    size: "conversations", of: [1, 100, 10_000]
  ) { size, recorder in
    var workload = ReadMarkers(conversations: size)
    recorder.measure(&workload, sample: 64)
  }
  .concluding { trend in
    [
      Value(
        "growth-1-to-10000", trend.ratio("instructions", of: 10_000, to: 1), "times", .growth,
        limit: .atMost(1.5))
    ]
  }

  static let sendWithCopies = Benchmark(
    "send", "a sent message of which so many other devices get copies", size: "copies",
    of: [1, 4, 8]
  ) { size, recorder in
    var workload = SendWithCopies(copies: size)
    recorder.measure(&workload, sample: 32, allocations: .atMost(0))
  }
  .concluding { trend in
    let first = trend.slope("instructions", from: 1, to: 4)
    let second = trend.slope("instructions", from: 4, to: 8)
    var bend: Double?
    if let first, let second, first != 0 { bend = second / first }
    return [
      Value("instructions-each-further", second, "instructions", .growth),
      Value("bend-at-4", bend, "times", .growth, limit: .atMost(1.1)),
    ]
  }
}
