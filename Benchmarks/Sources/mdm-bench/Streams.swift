import BenchmarkKit
import EngineParts
import MDM

// Events for a device go to the task that serves its connection: through the service's mailbox, and
// through an `AsyncStream`, which one would take first. The event loop that puts them in carries
// the consumer out as well, after every sixty-four, so that only the handing over is in the times.

/// Events that a device has got, all with stanzas of their own.
private func deliveries(_ count: Int) -> [DeviceEvent] {
  var scene = Scene(quiet: 0)
  for number in 0..<count {
    scene.engine.receive(
      chat(number), for: scene.accounts[0], at: scene.now, into: &scene.effects)
  }
  return scene.effects.compactMap { effect in
    if case .deliver(let delivery) = effect { return .delivery(delivery) }
    return nil
  }
}

/// What the consumer does with an event, whichever way it came.
private func consumeEvent(_ event: DeviceEvent) {
  if case .delivery(let delivery) = event { consume(delivery.stanza.byteCount) }
}

/// The same events through an `AsyncStream`.
private struct EventsByAsyncStream: Workload, ~Copyable {
  private let loop = LoopExecutor()
  private let continuation: AsyncStream<DeviceEvent>.Continuation
  private let events: [DeviceEvent]

  var period: Int { self.events.count }

  init(_ events: [DeviceEvent]) {
    self.events = events
    let (stream, continuation) = AsyncStream.makeStream(of: DeviceEvent.self)
    self.continuation = continuation
    Task(executorPreference: self.loop) {
      for await event in stream { consumeEvent(event) }
    }
    self.loop.drain()
  }

  mutating func run(_ count: Int) {
    for _ in 0..<(count / self.events.count) {
      for event in self.events { self.continuation.yield(event) }
      self.loop.drain()
    }
  }

  func finish() {
    self.continuation.finish()
    self.loop.drain()
  }
}

/// The same from end to end: accounts receive by the service, a task in a scope reads.
private struct EventsByService: Workload, ~Copyable {
  /// Where the scope tells of the account that it has.
  private final class Scope: @unchecked Sendable {
    // All of it happens on one thread.
    var account: AccountHandle?
  }

  private let loop = LoopExecutor()
  private let service = MessagingService.silent()
  private let account: AccountHandle
  private let stanzas: [Stanza]
  private var now = MonotonicInstant(nanoseconds: 3_600_000_000_000)

  var period: Int { self.stanzas.count }

  init(_ count: Int) {
    self.stanzas = (0..<count).map { chat($0) }
    let (service, scope) = (self.service, Scope())
    Task(executorPreference: self.loop) {
      try await service.withDevice(HostedService.signIns[1], of: "alice@example.org") { device in
        scope.account = device.account
        var batch: [DeviceEvent] = []
        while await device.nextBatch(into: &batch) {
          for event in batch { consumeEvent(event) }
        }
      }
    }
    self.loop.drain()
    guard let account = scope.account else { fatalError("no scope") }
    self.account = account
  }

  mutating func run(_ count: Int) {
    for _ in 0..<(count / self.stanzas.count) {
      for stanza in self.stanzas {
        self.now.nanoseconds &+= 1_000
        self.service.receive(stanza, for: self.account, at: self.now)
      }
      self.loop.drain()
    }
  }

  func finish() {
    self.service.shutDown()
    self.loop.drain()
  }
}

extension Benchmark {
  static let deviceStream = Benchmark(
    "device-stream", "an event for a device handed over to the task that reads them in batches",
    size: "events a batch", of: [64]
  ) { size, recorder in
    let events = deliveries(size)
    guard case .delivery(let first) = events[0] else { fatalError("no delivery") }
    var mailbox = BareMailbox(
      events, device: first.device, account: Scene().accounts[0], consumer: consumeEvent)
    recorder.measure(&mailbox, sample: size, allocations: .atMost(0))
    var stream = EventsByAsyncStream(events)
    recorder.record(
      Value(
        "times-asyncstream", recorder.timeRatio(of: &stream, to: &mailbox), "times as fast",
        .limitOnly, limit: .atLeast(8)))
    if let times = recorder.nanoseconds(of: &stream) {
      recorder.record(Value("ns-asyncstream", times.minimum, "ns"))
    }

    var service = EventsByService(size)
    recorder.record(
      Value(
        "allocations-by-service", recorder.allocations(of: &service, count: size), "allocations",
        .exact, limit: .atMost(0)))
    if let times = recorder.nanoseconds(of: &service) {
      recorder.record(Value("ns-by-service", times.minimum, "ns"))
    }
    mailbox.finish()
    stream.finish()
    service.finish()
  }
}
