import MDM
import MDMRedundancy

/// The group's room for sessions, and the alarms over it.
struct OfficeCapacity {
  /// Something that an alarm said.
  struct Entry {
    let instant: MonotonicInstant
    let effect: CapacityAlarmEffect
    let suggestion: RebalancePlan?
  }

  /// Entries that are kept.
  static let entryLimit = 100

  var alarms: GroupCapacityAlarm
  var entries: [Entry] = []

  init(size: OVASize) {
    self.alarms = GroupCapacityAlarm(of: Self.group, size: size, mode: .activeActive)
  }

  /// The group as an administrator wrote it down.
  static let group = GroupDefinition(
    name: "office",
    nodes: NodeID.allCases.map {
      GroupNode(
        name: $0.name, cluster: "office", databasePublisher: NodeID.first.name,
        softwareVersion: "1.0")
    }, highAvailability: true)

  var nextDeadline: MonotonicInstant? { self.alarms.nextDeadline }

  /// When the limit applies, for both nodes and the group.
  var settings: AlarmSettings { self.alarms.group.settings }

  /// The latest suggested moves; nil when there are none.
  var suggestion: RebalancePlan? { self.entries.last { $0.suggestion != nil }?.suggestion }

  mutating func note(_ effects: [GroupAlarmEffect], at now: MonotonicInstant) {
    for effect in effects {
      self.entries.append(
        Entry(instant: now, effect: effect.alarm, suggestion: effect.suggestion))
    }
    if self.entries.count > Self.entryLimit {
      self.entries.removeFirst(self.entries.count - Self.entryLimit)
    }
  }
}

// What the alarms are told, and what is asked of them.
extension Office {
  /// Tells the alarms how things stand. Called after everything that happens; asks
  /// only if sessions or nodes have changed.
  func observe() {
    guard self.isChanged else { return }
    self.isChanged = false
    let loads = PerNode(
      first: self.load(of: .first), second: self.load(of: .second))
    var effects: [GroupAlarmEffect] = []
    let mode = self.servingMode
    if mode != self.capacity.alarms.group.model.mode {
      self.capacity.alarms.setMode(mode, at: self.now, into: &effects, suggesting: self.plan)
    }
    self.capacity.alarms.note(
      loads: loads, at: self.now, into: &effects, suggesting: self.plan)
    self.capacity.note(effects, at: self.now)
  }

  /// Lets the alarms say what is due.
  func expireCapacity() {
    var effects: [GroupAlarmEffect] = []
    self.capacity.alarms.expire(at: self.now, into: &effects, suggesting: self.plan)
    self.capacity.note(effects, at: self.now)
  }

  /// Sessions of a node that count as load: everything that is signed in.
  private func load(of node: NodeID) -> Int {
    self.nodes[node].service.counters(at: self.now).gauges.sessions
  }

  /// How the nodes share their users, from what their machines say.
  private var servingMode: ServingMode {
    let condition = GroupCondition(
      first: self.group.members.first.machine?.status,
      second: self.group.members.second.machine?.status)
    return ServingMode(
      group: OfficeCapacity.group, assignment: .balanced, condition: condition)
  }

  /// The fewest moves after which both nodes carry alike.
  private func plan() -> RebalancePlan {
    self.assignment.rebalancePlan { account in
      self.places[account].map { self.people[$0].devices.count { $0.handle != nil } } ?? 0
    }
  }

  /// Changes the limit of all alarms, in percent.
  public func setAlarmLimit(_ percent: Int) throws(CapacityError) {
    let settings = try AlarmSettings { $0.limitPercent = percent }
    var effects: [GroupAlarmEffect] = []
    for node in [NodeID.first, .second, nil] {
      self.capacity.alarms.configure(
        settings, of: node, at: self.now, into: &effects, suggesting: self.plan)
    }
    self.capacity.note(effects, at: self.now)
  }

  /// So many sessions that only take room, all on one node or on each in turn; what there is too
  /// many of signs out.
  public func setLoad(_ count: Int, on node: NodeID?) {
    let present = self.people.indices.filter { self.people[$0].isLoad }
    for place in present.dropFirst(count) { self.signOut(place, 0) }
    for place in present.prefix(count) { self.logIn(place, 0) }
    let kinds = DeviceKind.allCases
    for number in present.count..<max(count, present.count) {
      self.addLoad(number + 1, kind: kinds[number % kinds.count], on: node)
    }
    self.settle()
  }

  /// The most sessions that ``setLoad(_:on:)`` makes.
  public static let loadLimit = 5_000
}
