import MDM
import MDMRedundancy

/// One node of the group: a service with its accounts, as a process of its own would have it.
struct OfficeNode {
  let id: NodeID
  let service: MessagingService
  let host: OfficeHost

  /// A node without accounts, on the office's clock.
  init(_ id: NodeID, clock: ServiceClock) {
    self.id = id
    self.host = OfficeHost()
    let configuration = try? ServiceConfiguration {
      // One shard: what happens in the office has one order.
      $0.shards = 1
      // Everybody may be asked why a telephone did not ring, a day later.
      $0.decisionLog.accounts = 1_000
      $0.decisionLog.entriesPerAccount = 2_000
      $0.decisionLog.bytesPerAccount = 1 << 20
      $0.decisionLog.bytes = 128 << 20
    }
    self.service = MessagingService(
      configuration: configuration ?? .standard, clock: clock, host: self.host)
  }
}

extension NodeID {
  /// The node's name in the console.
  var name: String {
    switch self {
    case .first: "imp-1"
    case .second: "imp-2"
    }
  }

  /// The node of this name.
  init?(name: String) {
    guard let id = NodeID.allCases.first(where: { $0.name == name }) else { return nil }
    self = id
  }
}
