import MDM
import MDMRedundancy

/// The redundancy group that the office's two nodes are: the library's machines, one for each node,
/// and what stands between them. Everything takes its time, in the office's time.
struct OfficeGroup {
  /// What is on its way.
  enum Event {
    case heartbeat(Heartbeat, to: NodeID)
    case answer(RedundancyInput, to: NodeID, BootID)
    case services(starting: Bool, on: NodeID, OperationID)
    case moved(to: NodeID, OperationID)
  }

  /// A node's machine, and the host that carries it.
  struct Member {
    /// The machine; nil while the node is switched off.
    var machine: RedundancyNode?
    /// Starts so far.
    var boots: UInt64 = 0
    /// What it must know after a restart.
    var memory = NodeMemory(highAvailability: HighAvailabilitySwitch(isOn: true))
    /// Whether its critical services run.
    var servicesRun = false
    /// Whether one of them is broken and cannot.
    var isBroken = false
    /// When it last heard its peer.
    var heard: MonotonicInstant?
    /// What needs a person's eye.
    var alarms: [RedundancyAlarm] = []

    /// What its host finds when it looks.
    var health: ServiceHealth {
      ServiceHealth(criticalServicesRun: self.servicesRun && !self.isBroken)
    }
  }

  /// Something that happened, for a person.
  struct Entry {
    let instant: MonotonicInstant
    let node: NodeID
    let text: String
  }

  /// Entries that are kept.
  static let entryLimit = 200

  var members = PerNode(both: Member())
  var store = LeaseStore()
  /// Whether heartbeats are lost.
  var isCut = false
  /// Where each node's users are served.
  var serving = PerNode<NodeID?>(both: nil)
  /// Accounts on their way from node to node, by place in the office.
  var parked: [Int: [UInt8]] = [:]
  var entries: [Entry] = []

  /// Where the users of a node are served now.
  func server(of home: NodeID) -> NodeID? { self.serving[home] }

  /// When a machine is due.
  var nextDeadline: MonotonicInstant? {
    [self.members.first.machine?.nextDeadline, self.members.second.machine?.nextDeadline]
      .compactMap { $0 }.min()
  }

  mutating func note(_ text: String, _ node: NodeID, at now: MonotonicInstant) {
    self.entries.append(Entry(instant: now, node: node, text: text))
    if self.entries.count > Self.entryLimit { self.entries.removeFirst() }
  }
}
