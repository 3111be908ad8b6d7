public import MDMMonitoring
public import MDMStanza

extension ServingMode {
  /// How a group's nodes share their users, from what is known of the group.
  ///
  /// Asked at every change of the group, it makes the capacity follow by itself: while one node
  /// stands in for the other there is no more room to be kept free for it.
  ///
  /// - Parameters:
  ///   - group: the group's definition.
  ///   - assignment: how its users are given a home.
  ///   - condition: which node takes users on.
  public init(
    group: GroupDefinition, assignment: AssignmentMode, condition: GroupCondition
  ) {
    guard group.nodes.count == 2, group.highAvailability else {
      self = .alone
      return
    }
    switch (condition, assignment) {
    case (.standingIn, _), (_, .activeStandby): self = .activeStandby
    // Who assigns by hand may have both nodes serve, and room has to be kept for that.
    case (.normal, .balanced), (.normal, .none), (.noneServing, .balanced), (.noneServing, .none):
      self = .activeActive
    }
  }
}

extension JSMCounters {
  /// The counters of a node in a group: its sessions by kind, and the connections of its clients.
  ///
  /// - Parameters:
  ///   - counts: the node's sessions; its composed ones are those of users with an active
  ///     connection, as in ``ConnectionCounters/jsmSessionsComposed``.
  ///   - connections: the node's connections.
  public init(_ counts: SessionCounts, connections: ConnectionCounters) {
    self.init(counts, users: connections.activeJsmSessions)
    self[.jsmSessionsComposed] = connections.jsmSessionsComposed
    self[.jsmSessionsClient] = connections.jsmSessionsClient
    self[.jsmSessionsClientInactive] = connections.jsmSessionsClientInactive
    self[.inactiveJsmSessions] = connections.inactiveJsmSessions
  }
}

/// What a group's alarms have to say.
public struct GroupAlarmEffect: Hashable, Sendable {
  /// The alarm of a node or of the group.
  public let alarm: CapacityAlarmEffect
  /// Which users to move so that both nodes carry alike, with an alarm that is raised or repeated
  /// and where it helps to move anybody; nil otherwise. The product has neither.
  public let suggestion: RebalancePlan?
}

/// The alarms of a group: one for each node and one for both together (R-078, B24).
///
/// Sessions of the node that stands in for the other are its own: note them where they are.
public struct GroupCapacityAlarm: Hashable, Sendable {
  /// The alarm of each node; the second of a group of one has no load.
  public private(set) var nodes: PerNode<CapacityAlarm>
  /// The alarm of the group.
  public private(set) var group: CapacityAlarm

  /// The alarms of a group of nodes of one size.
  ///
  /// - Parameters:
  ///   - group: the group's definition, for its names.
  ///   - size: the size of each node.
  ///   - mode: how they share their users now.
  ///   - settings: when the alarms speak.
  public init(
    of group: GroupDefinition, size: OVASize, mode: ServingMode,
    settings: AlarmSettings = .standard
  ) {
    func alarm(_ place: Int) -> CapacityAlarm {
      let name = place < group.nodes.count ? group.nodes[place].name : ""
      return CapacityAlarm(
        .node(name), model: CapacityModel(size, mode: mode), settings: settings)
    }
    self.nodes = PerNode(first: alarm(0), second: alarm(1))
    let scope: CapacityModel.Scope = group.nodes.count == 2 ? .pair : .node
    self.group = CapacityAlarm(
      .group(group.name), model: CapacityModel(size, mode: mode, scope: scope),
      settings: settings)
  }

  /// These alarms together, as when each goes on from its snapshot in another process.
  public init(nodes: PerNode<CapacityAlarm>, group: CapacityAlarm) {
    self.nodes = nodes
    self.group = group
  }

  /// When ``expire(at:into:suggesting:)`` is next due, or nil when nothing will happen by itself.
  public var nextDeadline: MonotonicInstant? {
    [self.nodes.first, self.nodes.second, self.group].compactMap { $0.nextDeadline }.min()
  }

  /// The nodes carry so many sessions from now on.
  ///
  /// - Parameters:
  ///   - loads: sessions of each node.
  ///   - effects: what the alarms have to say: the first node's, the second's, the group's.
  ///   - plan: the suggested moves; only asked when an alarm is raised or repeated:
  ///     `assignment.rebalancePlan { sessions(of: $0) }`.
  public mutating func note(
    loads: PerNode<Int>, at now: MonotonicInstant, into effects: inout [GroupAlarmEffect],
    suggesting plan: () -> RebalancePlan
  ) {
    self.change(into: &effects, suggesting: plan) { alarms, said in
      for node in NodeID.allCases {
        alarms.nodes[node].note(load: loads[node], at: now, into: &said)
      }
      alarms.group.note(load: loads.first + loads.second, at: now, into: &said)
    }
  }

  /// The nodes share their users in another way from now on; every capacity follows.
  public mutating func setMode(
    _ mode: ServingMode, at now: MonotonicInstant, into effects: inout [GroupAlarmEffect],
    suggesting plan: () -> RebalancePlan
  ) {
    self.change(into: &effects, suggesting: plan) { alarms, said in
      for node in NodeID.allCases { alarms.nodes[node].setMode(mode, at: now, into: &said) }
      alarms.group.setMode(mode, at: now, into: &said)
    }
  }

  /// One alarm speaks by other rules from now on (R-070…R-072).
  ///
  /// - Parameters:
  ///   - settings: the rules.
  ///   - node: whose alarm; nil for the group's own.
  ///   - now: the instant.
  ///   - effects: what the alarm has to say.
  ///   - plan: as for ``note(loads:at:into:suggesting:)``.
  public mutating func configure(
    _ settings: AlarmSettings, of node: NodeID?, at now: MonotonicInstant,
    into effects: inout [GroupAlarmEffect], suggesting plan: () -> RebalancePlan
  ) {
    self.change(into: &effects, suggesting: plan) { alarms, said in
      if let node {
        alarms.nodes[node].configure(settings, at: now, into: &said)
      } else {
        alarms.group.configure(settings, at: now, into: &said)
      }
    }
  }

  /// Tells what is due, as ``CapacityAlarm/expire(at:into:)`` does.
  public mutating func expire(
    at now: MonotonicInstant, into effects: inout [GroupAlarmEffect],
    suggesting plan: () -> RebalancePlan
  ) {
    self.change(into: &effects, suggesting: plan) { alarms, said in
      for node in NodeID.allCases { alarms.nodes[node].expire(at: now, into: &said) }
      alarms.group.expire(at: now, into: &said)
    }
  }

  /// A node's machine is so busy, or nobody knows any more: for its next alert.
  public mutating func note(usage: NodeUsage?, of node: NodeID) {
    self.nodes[node].note(usage: usage)
  }

  private mutating func change(
    into effects: inout [GroupAlarmEffect], suggesting plan: () -> RebalancePlan,
    _ body: (inout GroupCapacityAlarm, inout [CapacityAlarmEffect]) -> Void
  ) {
    var said: [CapacityAlarmEffect] = []
    body(&self, &said)
    var suggestion: RebalancePlan?
    for alarm in said {
      switch alarm {
      case .cleared: effects.append(GroupAlarmEffect(alarm: alarm, suggestion: nil))
      case .raised, .repeated:
        let suggested = suggestion ?? plan()
        suggestion = suggested
        effects.append(
          GroupAlarmEffect(
            alarm: alarm, suggestion: suggested.moves.isEmpty ? nil : suggested))
      }
    }
  }
}
