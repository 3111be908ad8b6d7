public import BenchmarkKit
import MDMQuietMode
public import MDMStanza

/// The hold-back log alone: a stanza is appended once for all quiet devices of one account.
public struct BareLog: Workload, ~Copyable {
  private var log = HoldBackLog()
  private var list = HeldList()
  private var queues: [HeldQueue]
  private let stanza: Stanza
  private let pending: DeviceSet
  private var position: UInt64 = 0

  /// A log in which nothing waits, with memory for what will.
  public init(quiet: Int, stanza: Stanza) {
    self.queues = Array(repeating: HeldQueue(), count: quiet)
    self.stanza = stanza
    self.pending = DeviceSet(bits: UInt32((1 << quiet) - 1))
    self.run(1_024)
    self.prepare(0)
  }

  /// Empties the log.
  public mutating func prepare(_ count: Int) {
    for device in self.queues.indices {
      while let item = self.log.pop(
        for: device, queue: &self.queues[device], isDelivered: true, account: 0,
        list: &self.list)
      {
        item.stanza?.release()
      }
    }
  }

  /// Appends, and tells each device's queue.
  public mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.position &+= 1
      let entry = self.log.append(
        self.stanza, arrival: .origin, position: self.position, pending: self.pending,
        copies: DeviceSet(), isSentCopy: false, isSeen: true, key: nil, to: &self.list)
      // Only the first of a queue has to be known; the rest of its upkeep is the engine's.
      if self.list.live == 1 {
        for device in self.queues.indices { self.queues[device].noteAppended(entry, bytes: 0) }
      }
    }
  }
}
