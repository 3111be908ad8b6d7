import MDM
import MDMRedundancy

extension Office {
  /// Both nodes, the line between them, and what has happened.
  var groupJSON: JSON {
    .members([
      "name": .string(OfficeCapacity.group.name), "isCut": .bool(self.group.isCut),
      "nodes": .array(NodeID.allCases.map { self.json($0) }),
      "entries": .array(
        self.group.entries.suffix(30).reversed().map { entry in
          .members([
            "at": .string(OfficeTime.text(entry.instant)), "node": .string(entry.node.name),
            "text": .string(entry.text),
          ])
        }),
    ])
  }

  private func json(_ node: NodeID) -> JSON {
    let member = self.group.members[node]
    let (counts, counters) = self.sessionCounts(of: node)
    let lease = self.group.store.holder(of: node, at: self.now)
    let heard = member.heard.map { Int(self.now.nanoseconds(since: $0) / OfficeTime.second) }
    return .members([
      "name": .string(node.name), "isOn": .bool(member.machine != nil),
      "state": .string(member.machine?.status.state.displayName ?? "Switched off"),
      "reason": .text(member.machine?.status.reason.displayName),
      "isNormal": .bool(member.machine?.status.state == .normal),
      "services": .bool(member.machine != nil && member.health.isHealthy),
      "isBroken": .bool(member.isBroken),
      "heard": .whole(heard),
      "serves": .array(
        NodeID.allCases.filter { self.group.serving[$0] == node }.map { .string($0.name) }),
      "owner": .text(lease?.node.name), "epoch": .whole(lease.map { Int(clamping: $0.epoch) }),
      "alarms": .array(member.alarms.map { .string(Self.words($0)) }),
      "orders": .array(self.orders(for: node).map { .string($0.rawValue) }),
      "kinds": .array(
        SessionKind.allCases.map { kind in
          .members(["name": .string(Self.words(kind)), "count": .int(counts[kind])])
        }),
      "counters": .array(
        counters.named.map { name, value in
          .members(["name": .string(name.rawValue), "value": .int(value)])
        }),
    ])
  }

  /// What can be done to a node now.
  private func orders(for node: NodeID) -> [ConsoleOrder.NodeOrder] {
    let member = self.group.members[node]
    guard member.machine != nil else { return [.on] }
    let asked = self.group.members.first.machine ?? self.group.members.second.machine
    var orders: [ConsoleOrder.NodeOrder] = []
    if let asked, asked.refusal(of: .failover(node)) == nil { orders.append(.failover) }
    if let asked, asked.refusal(of: .fallback(node)) == nil { orders.append(.fallback) }
    return orders + [member.isBroken ? .mend : .breaks, .off]
  }

  private static func words(_ kind: SessionKind) -> String {
    switch kind {
    case .composed: "Composed"
    case .clientOnPremise: "Client, on-premise"
    case .clientOffPremise: "Client, off-premise"
    case .phantom: "Phantom"
    case .hybrid: "Hybrid"
    case .inactive: "Inactive"
    }
  }

  private static func words(_ alarm: RedundancyAlarm) -> String {
    switch alarm {
    case .peerLost: "The peer's heartbeat is lost."
    case .servicesDown: "A critical service is down."
    case .ownershipLost: "It has no right to serve users that it should serve."
    case .failedOver: "The users of one node are served by the other."
    case .failed: "The node has failed and needs a recovery."
    @unknown default: "Something needs a person's eye."
    }
  }
}
