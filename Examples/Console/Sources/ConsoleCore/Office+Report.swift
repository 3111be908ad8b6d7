import MDM
import MDMRedundancy

// The sessions report, the JSM counters and the metrics of both nodes.
extension Office {
  /// The clients' connections to a node. A laptop has two: the second goes to the other node and
  /// stands by.
  func connections(of node: NodeID) -> ConnectionRegister {
    var register = ConnectionRegister(node: node)
    var effects: [ConnectionEffect] = []
    guard self.group.members[node].machine != nil else { return register }
    for home in NodeID.allCases where self.group.serving[home] == node {
      register.serve(home, into: &effects)
    }
    for person in self.people {
      guard let seat = person.seat else { continue }
      for (place, device) in person.devices.enumerated() where device.isUp {
        let client = ClientID(person.account, device.name)
        let isDual = person.hasStandby(place)
        guard seat.node == node || isDual else { continue }
        try? register.open(
          client, home: person.home, as: seat.node == node ? .active : .inactive, isDual: isDual)
      }
    }
    return register
  }

  /// The User Sessions Report as of now.
  public var report: SessionReport {
    let time = CalendarTime(seconds: OfficeTime.unixSeconds(self.now))
    let nodes = NodeID.allCases.map { node in
      self.nodes[node].service.nodeSessions(
        named: node.name, group: OfficeCapacity.group.name,
        inactiveConnections: self.connections(of: node).clients(.inactive).count)
    }
    return SessionReport(generatedAt: time, nodes: nodes)
  }

  /// Sessions of a node by kind, and its counters.
  func sessionCounts(of node: NodeID) -> (SessionCounts, JSMCounters) {
    let connections = self.connections(of: node).counters(publisher: .first)
    let counts = self.nodes[node].service.sessionCounts(
      inactiveConnections: connections.jsmSessionsClientInactive)
    return (counts, JSMCounters(counts, connections: connections))
  }

  /// Everything that is counted, each node with its name.
  public var metrics: MetricsPage {
    var page = MetricsPage()
    for node in NodeID.allCases {
      let label = [MetricLabel("node", node.name)]
      let service = self.nodes[node].service
      page.add(service.counters(at: self.now).metrics(labels: label))
      page.add(service.serviceCounters.metrics(labels: label))
      let (counts, counters) = self.sessionCounts(of: node)
      page.add(counts.metrics(labels: label))
      page.add(counters.metrics(labels: label))
      page.add(self.capacity.alarms.nodes[node].metrics(at: self.now))
    }
    page.add(self.capacity.alarms.group.metrics(at: self.now))
    page.add(self.report.metrics)
    return page
  }
}
