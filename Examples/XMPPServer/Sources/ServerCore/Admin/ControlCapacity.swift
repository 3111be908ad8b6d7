import MDM

// What an administrator looks at when the number of sessions raises an alarm, and before.
extension ControlCommands {
  /// How full the node is, by sessions, memory and processors.
  func node() -> [String] {
    let counts = self.server.service.sessionCounts()
    var lines = ["load \(counts.load)"]
    let capacity = self.server.settings.engine.values.sessionCapacity
    if let capacity {
      lines.append("capacity \(capacity)")
      lines.append("usedPercent \(counts.load * 100 / max(1, capacity))")
    }
    lines += SessionKind.allCases.map { "\($0.label) \(counts[$0])" }
    if let usage = self.server.nodeMeter.usage(at: self.server.now) {
      lines.append("nodeMemoryUsedBytes \(usage.memoryUsed)")
      lines.append("nodeMemoryBytes \(usage.memoryTotal)")
      if let busy = usage.processorBasisPoints {
        lines.append("nodeProcessorPercent \(MetricValue(units: Int128(busy), decimals: 2).text)")
      }
    }
    if let usage = ProcessUsage.now() {
      lines.append("memoryBytes \(usage.residentBytes)")
      lines.append("processorSeconds \(MetricValue.seconds(usage.processorTime).text)")
    }
    return lines
  }

  /// How many nodes so many users with so many clients each need.
  func sizing(_ users: String, _ clients: String) -> [String] {
    guard let users = Int(users), let clients = Int(clients) else {
      return ["error: sizing wants a number of users and of clients for each"]
    }
    let sizing: DeploymentSizing
    do {
      sizing = try DeploymentSizing(users: users, clientsPerUser: clients)
    } catch {
      return ["error: \(error)"]
    }
    var lines = ["clients \(sizing.clients)"]
    for size in OVASize.documented {
      for mode in ServingMode.allCases {
        let nodes = sizing.plan(of: size, mode: mode).nodes
        lines.append("nodes of \(size.users) users, \(mode): \(nodes)")
      }
    }
    return lines
  }
}
