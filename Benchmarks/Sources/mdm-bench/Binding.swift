import BenchmarkKit
import MDM
import MDMXMPP

/// The binding writes a received carbon.
struct WriteCarbon: Workload, ~Copyable {
  private let binding: XMPPBinding
  private let device: JID
  private let clock = WallClock(originNanoseconds: 1_795_189_978_000_000_000)
  private let delivery: Delivery
  private var bytes: [UInt8] = []
  /// Whether each is an array of its own instead of one that is reused.
  var returns = false

  init(bodyBytes: Int) {
    self.binding = expect("a binding") { try XMPPBinding(domains: ["example.org"]) }
    self.device = expect("an address") { try JID("user-0@example.org/desk-1") }
    var scene = Scene(quiet: 0, normal: 2)
    scene.engine.receive(
      chat(0, bodyBytes: bodyBytes), for: scene.accounts[0], to: .device("desk-0"), at: scene.now,
      into: &scene.effects)
    let copies = scene.effects.compactMap { effect -> Delivery? in
      guard case .deliver(let delivery) = effect, delivery.form == .receivedCopy else { return nil }
      return delivery
    }
    precondition(copies.count == 1, "There is no copy to write.")
    self.delivery = copies[0]
    self.run(1)
  }

  /// How long the result is.
  var resultCount: Int { self.bytes.count }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      if self.returns {
        consume(
          self.binding.bytes(for: self.delivery, to: self.device, wallClock: self.clock).count)
      } else {
        self.bytes.removeAll(keepingCapacity: true)
        self.binding.write(
          self.delivery, to: self.device, wallClock: self.clock, into: &self.bytes)
        consume(self.bytes.count)
      }
    }
  }
}

extension Benchmark {
  static let writeCarbon = Benchmark(
    "write-carbon", "a received carbon, from payload to bytes", size: "bytes of the body",
    of: [60, 1_000, 10_000]
  ) { size, recorder in
    var workload = WriteCarbon(bodyBytes: size)
    let bytes = workload.resultCount
    recorder.measure(
      &workload, sample: size > 1_000 ? 2 : 8, allocations: .atMost(1))
    workload.returns = true
    recorder.record(
      Value(
        "allocations-returning", recorder.allocations(of: &workload, count: 8), "allocations",
        .exact, limit: .atMost(1)))
    workload.returns = false
    var copy = CopyBytes(count: bytes)
    recorder.record(
      Value(
        "times-memcpy", recorder.timeRatio(of: &workload, to: &copy), "times as long",
        .limitOnly, limit: .atMost(6)))
  }
}
