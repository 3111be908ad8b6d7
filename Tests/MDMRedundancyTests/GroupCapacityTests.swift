import MDMMonitoring
import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

@Suite("GroupCapacityAlarm")
struct GroupCapacityTests {
  private static func group(
    nodes: Int = 2, highAvailability: Bool = true
  ) -> GroupDefinition {
    GroupDefinition(
      name: "east",
      nodes: (1...nodes).map {
        GroupNode(name: "imp\($0)", cluster: "c", databasePublisher: "p", softwareVersion: "14")
      }, highAvailability: highAvailability)
  }

  private static func at(_ minute: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(minute) * 60_000_000_000)
  }

  private static func texts(_ effects: [GroupAlarmEffect]) -> [String] {
    effects.map { effect in
      let moves = effect.suggestion.map { "\($0.moves.count)" } ?? "no"
      return switch effect.alarm {
      case .raised(let alert): "raised \(alert.subject), \(moves) moves"
      case .repeated(let alert): "repeated \(alert.subject), \(moves) moves"
      case .cleared(let alert, _): "cleared \(alert.subject), \(moves) moves"
      }
    }
  }

  @Test("R-077, R-139, R-140: the mode follows from the group and from who stands in")
  func modes() {
    let pair = Self.group()
    let conditions: [GroupCondition] = [.normal, .standingIn(.first), .noneServing]
    for condition in conditions {
      for assignment in AssignmentMode.allCases {
        let mode = ServingMode(group: pair, assignment: assignment, condition: condition)
        let isOne = condition == .standingIn(.first) || assignment == .activeStandby
        #expect(mode == (isOne ? .activeStandby : .activeActive))
        for lone in [Self.group(nodes: 1), Self.group(highAvailability: false)] {
          #expect(
            ServingMode(group: lone, assignment: assignment, condition: condition) == .alone)
        }
      }
    }
  }

  @Test("R-078, R-081: a full node raises its alarm with the fewest moves; the group has room")
  func suggestion() throws {
    var users = UserAssignment()
    for number in 0..<40 {
      let name = AccountName("u\(number)")
      try users.add(name, while: .normal)
      try users.assign(name, to: number < 35 ? .first : .second)
    }
    var asked = 0
    func plan() -> RebalancePlan {
      asked += 1
      return users.rebalancePlan(tolerance: 150) { _ in 100 }
    }
    var alarm = GroupCapacityAlarm(of: Self.group(), size: .users5K, mode: .activeActive)
    var effects: [GroupAlarmEffect] = []
    let loads = PerNode(first: 3_500, second: 500)
    alarm.note(loads: loads, at: Self.at(0), into: &effects, suggesting: plan)
    #expect(effects.isEmpty && asked == 0 && alarm.nextDeadline == Self.at(10))
    alarm.expire(at: Self.at(10), into: &effects, suggesting: plan)
    #expect(Self.texts(effects) == ["raised node imp1, 15 moves"] && asked == 1)
    #expect(effects[0].suggestion?.sessionsAfter == PerNode(first: 2_000, second: 2_000))
    // The second node is lost: the first has its whole capacity and all users.
    effects = []
    alarm.setMode(.activeStandby, at: Self.at(12), into: &effects, suggesting: plan)
    #expect(Self.texts(effects) == ["cleared node imp1, no moves"] && asked == 1)
  }

  @Test("R-078: the group has an alarm of its own, and each can be set apart")
  func groupAlarm() throws {
    var alarm = GroupCapacityAlarm(of: Self.group(), size: .users5K, mode: .activeActive)
    var effects: [GroupAlarmEffect] = []
    func nothing() -> RebalancePlan { UserAssignment().rebalancePlan { _ in 0 } }
    let off = try AlarmSettings { $0.isEnabled = false }
    alarm.configure(off, of: .second, at: Self.at(0), into: &effects, suggesting: nothing)
    alarm.note(
      loads: PerNode(first: 3_001, second: 3_001), at: Self.at(0), into: &effects,
      suggesting: nothing)
    alarm.expire(at: Self.at(10), into: &effects, suggesting: nothing)
    #expect(Self.texts(effects) == ["raised node imp1, no moves", "raised group east, no moves"])
    effects = []
    alarm.configure(off, of: nil, at: Self.at(11), into: &effects, suggesting: nothing)
    #expect(Self.texts(effects) == ["cleared group east, no moves"])
    let copy = GroupCapacityAlarm(nodes: alarm.nodes, group: alarm.group)
    #expect(copy == alarm && copy.nextDeadline == Self.at(20))
    let lone = GroupCapacityAlarm(of: Self.group(nodes: 1), size: .users5K, mode: .alone)
    #expect(lone.group.level.capacity == 7_500)
  }
}

@Suite("JSM counters of a pair")
struct JSMPairTests {
  private static func client(_ home: NodeID, _ number: Int) -> ClientID {
    ClientID(AccountName("\(home)\(number / 2)"), DeviceName("d\(number % 2)"))
  }

  private static func counters(_ register: ConnectionRegister) -> JSMCounters {
    let connections = register.counters(publisher: .first)
    var counts = SessionCounts()
    counts[.clientOnPremise] = connections.jsmSessionsClient
    counts[.inactive] = connections.jsmSessionsClientInactive
    return JSMCounters(counts, connections: connections)
  }

  /// What holds between the nodes' counters at every step, whoever serves.
  private static func check(
    _ first: ConnectionRegister, _ second: ConnectionRegister, clients: Int, users: Int,
    _ step: String
  ) {
    let (one, two) = (Self.counters(first), Self.counters(second))
    #expect(
      ConnectionInvariant(first: first, second: second).violationsEver == [], "\(step)")
    // Nobody counts as active twice, and everybody has a connection where it can be served.
    #expect(one[.jsmSessionsClient] + two[.jsmSessionsClient] <= clients, "\(step)")
    let survivor = two[.jsmSessionsClient] + two[.jsmSessionsClientInactive]
    #expect(survivor == clients, "\(step)")
    let counted = [one, two].map { $0[.activeJsmSessions] + $0[.inactiveJsmSessions] }
    #expect(counted.reduce(0, +) <= users, "\(step)")
    // Nobody who is at home on the subscriber is ever served by the publisher here.
    #expect(one[.inactiveJsmSessions] == 0, "\(step)")
    for node in [one, two] {
      #expect(node[.jsmClientSessionsActive] == node[.jsmSessionsClient], "\(step)")
      #expect(
        node[.jsmSessionsComposed] == node[.activeJsmSessions] + node[.inactiveJsmSessions],
        "\(step)")
    }
  }

  @Test("R-193, R-196…R-200, B29: X and Y agree between the nodes at every step of a failover")
  func everyStep() throws {
    let (x, y) = (8, 6)
    var first = ConnectionRegister(node: .first)
    var second = ConnectionRegister(node: .second)
    var effects: [ConnectionEffect] = []
    first.serve(.first, into: &effects)
    second.serve(.second, into: &effects)
    for number in 0..<x {
      try first.open(Self.client(.first, number), home: .first, as: .active, isDual: true)
      try second.open(Self.client(.first, number), home: .first, as: .inactive, isDual: true)
    }
    for number in 0..<y {
      try second.open(Self.client(.second, number), home: .second, as: .active, isDual: true)
      try first.open(Self.client(.second, number), home: .second, as: .inactive, isDual: true)
    }
    func check(_ step: String) {
      Self.check(first, second, clients: x + y, users: (x + y) / 2, step)
    }
    check("healthy")
    #expect(Self.counters(first)[.jsmSessionsClient] == x)
    #expect(Self.counters(first)[.jsmSessionsClientInactive] == y)
    #expect(Self.counters(second)[.jsmSessionsClient] == y)
    #expect(Self.counters(second)[.jsmSessionsClientInactive] == x)
    first.loseEverything()
    check("lost")
    second.serve(.first, into: &effects)
    check("taken over")
    for number in 0..<x {
      try second.activate(Self.client(.first, number))
      check("client \(number) activated")
      #expect(Self.counters(second)[.jsmSessionsClient] == y + number + 1)
    }
    #expect(Self.counters(first) == JSMCounters())
    #expect(Self.counters(second)[.activeJsmSessions] == x / 2)
    #expect(Self.counters(second)[.inactiveJsmSessions] == y / 2)
    first.serve(.second, into: &effects)
    first.stopServing(.second, into: &effects)
    for number in 0..<x {
      let client = Self.client(.first, number)
      try first.open(client, home: .first, as: .inactive, isDual: true)
      check("client \(number) stands by at home")
    }
    second.stopServing(.first, into: &effects)
    check("given back")
    first.serve(.first, into: &effects)
    for number in 0..<x {
      try first.activate(Self.client(.first, number))
      check("client \(number) is home")
    }
    for number in 0..<y {
      let client = Self.client(.second, number)
      try first.open(client, home: .second, as: .inactive, isDual: true)
      check("client \(number) stands by")
    }
    #expect(
      ConnectionInvariant(first: first, second: second).violationsWhenHealthy == [])
  }
}
