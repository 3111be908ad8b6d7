public import BenchmarkKit
public import MDMService
import MDMStanza

// The mailbox is the service's own affair and not even its package sees it. So its source file,
// which needs nothing else of the service, is compiled once more here: `Mailbox.swift` is a link.

typealias DeviceEvent = MDMService.DeviceEvent
typealias DeviceEnd = MDMService.DeviceEnd

/// The mailbox alone: events are put in one by one, a task on the same event loop takes them in
/// batches.
public struct BareMailbox: Workload, ~Copyable {
  private let mailbox: Mailbox
  private let loop = LoopExecutor()
  private let events: [MDMService.DeviceEvent]

  /// As many as are handed over before the consumer has its turn.
  public var period: Int { self.events.count }

  /// A mailbox with a task that consumes what is put in.
  public init(
    _ events: [MDMService.DeviceEvent], device: DeviceHandle, account: AccountHandle,
    consumer: @escaping @Sendable (MDMService.DeviceEvent) -> Void
  ) {
    let mailbox = Mailbox(
      device: device, account: account, name: "alice@example.org", limit: .max)
    self.mailbox = mailbox
    self.events = events
    Task(executorPreference: self.loop) {
      var batch: [MDMService.DeviceEvent] = []
      while await Self.nextBatch(of: mailbox, into: &batch) {
        for event in batch { consumer(event) }
      }
    }
    self.loop.drain()
  }

  /// As `MessagingDevice.nextBatch(into:)`.
  private static func nextBatch(
    of mailbox: Mailbox, into batch: inout [MDMService.DeviceEvent]
  ) async -> Bool {
    batch.removeAll(keepingCapacity: true)
    while true {
      switch mailbox.takeAll(into: &batch) {
      case .events: return true
      case .end: return false
      case .nothing:
        if Task.isCancelled { return false }
        await mailbox.wait()
      }
    }
  }

  /// Hands events over, so many at a time.
  public mutating func run(_ count: Int) {
    for _ in 0..<(count / self.events.count) {
      for event in self.events { consume(self.mailbox.append(event)) }
      self.loop.drain()
    }
  }

  /// Ends the consumer.
  public func finish() {
    self.mailbox.finish(.shutDown)
    self.loop.drain()
  }
}
