import MDMRedundancy
import MDMStanza
import Testing

@Suite("UserAssignment")
struct UserAssignmentTests {
  private func names(_ range: ClosedRange<Int>) -> [AccountName] {
    range.map { AccountName("user\($0)@x.org") }
  }

  @Test("R-139: balanced gives each new user to the node with fewer, the first when equal")
  func balanced() throws {
    var users = UserAssignment()
    let homes = try self.names(1...4).map { user throws(AssignmentError) in
      try users.add(user, while: .normal)
    }
    #expect(homes == [.node(.first), .node(.second), .node(.first), .node(.second)])
    users.remove("user1@x.org")
    users.remove("user3@x.org")
    #expect(try users.add("user5@x.org", while: .normal) == .node(.first))
    #expect(users.homedCount(on: .first) == 1)
    #expect(users.users(of: .second) == ["user2@x.org", "user4@x.org"])
  }

  @Test("R-140, R-141: active-standby fills the first node, none leaves users without a home")
  func otherModes() throws {
    var users = UserAssignment(mode: .activeStandby)
    for user in self.names(1...5) { try users.add(user, while: .normal) }
    #expect(users.homedCount(on: .first) == 5)
    users.mode = .none
    #expect(try users.add("late@x.org", while: .normal) == .unassigned)
    try users.assign("late@x.org", to: .second)
    #expect(users.home(of: "late@x.org") == .node(.second))
    #expect(throws: AssignmentError.unknownUser) { try users.assign("nobody@x.org", to: .first) }
  }

  @Test("a group of one node is home to everybody")
  func singleNode() throws {
    var users = UserAssignment(isPair: false)
    for user in self.names(1...3) { try users.add(user, while: .normal) }
    #expect(users.homedCount(on: .first) == 3)
    #expect(throws: AssignmentError.noSuchNode(.second)) {
      try users.assign("user1@x.org", to: .second)
    }
  }

  @Test("goal 6: users added during a failover are taken on, and get a home when it is over")
  func duringFailover() throws {
    var users = UserAssignment()
    let added = self.names(1...3)
    for user in added {
      #expect(try users.add(user, while: .standingIn(.second)) == .awaiting(on: .second))
    }
    #expect(users.awaitingUsers == added)
    #expect(users.homedCount(on: .first) == 0 && users.homedCount(on: .second) == 0)
    users.remove(added[1])
    #expect(users.settle() == [UserMove(added[0], from: .second)])
    #expect(users.home(of: added[0]) == .node(.first))
    #expect(users.home(of: added[2]) == .node(.second))
    #expect(users.settle() == [])
  }

  @Test("R-149: with strictUserAdd they are refused, as the document has it")
  func strict() throws {
    var users = UserAssignment(strictUserAdd: true)
    #expect(throws: AssignmentError.refusedWhileStandingIn(.first)) {
      try users.add("a@x.org", while: .standingIn(.first))
    }
    #expect(users.userCount == 0)
    #expect(try users.add("a@x.org", while: .normal) == .node(.first))
  }

  @Test("nobody is added twice, nor beyond the limit, nor while nobody serves")
  func refusals() throws {
    var users = UserAssignment(userLimit: 1)
    #expect(throws: AssignmentError.noneServing) { try users.add("a@x.org", while: .noneServing) }
    try users.add("a@x.org", while: .normal)
    #expect(throws: AssignmentError.alreadyAdded) { try users.add("a@x.org", while: .normal) }
    #expect(throws: AssignmentError.tooManyUsers(limit: 1)) {
      try users.add("b@x.org", while: .normal)
    }
  }

  @Test("a user assigned by hand while awaiting a home is not settled again")
  func assignedMeanwhile() throws {
    var users = UserAssignment()
    try users.add("a@x.org", while: .standingIn(.first))
    try users.assign("a@x.org", to: .second)
    #expect(users.awaitingUsers == [])
    #expect(users.settle() == [])
    #expect(users.homedCount(on: .second) == 1)
  }

  @Test("homes follow from the order of additions alone: two nodes agree")
  func deterministic() throws {
    var one = UserAssignment()
    var other = UserAssignment()
    for user in self.names(1...500).shuffled(by: 7) {
      try one.add(user, while: .normal)
      try other.add(user, while: .normal)
    }
    #expect(one == other)
    #expect(one.homedCount(on: .first) == 250 && one.homedCount(on: .second) == 250)
    let first = one.users(of: .first)
    #expect(first == first.sorted())
  }

  @Test("the condition follows from the states of both nodes")
  func conditions() {
    let condition = { (first: NodeState?, second: NodeState?) in
      GroupCondition(
        first: first.map { NodeStatus($0, .normal) }, second: second.map { NodeStatus($0, .normal) }
      )
    }
    #expect(condition(.normal, .normal) == .normal)
    #expect(condition(.unknown, .unknown) == .normal)
    #expect(condition(.idle, .runningInBackupMode) == .standingIn(.second))
    #expect(condition(.failingOver, .takingOver) == .standingIn(.second))
    #expect(condition(.fallingBack, .takingBack) == .standingIn(.first))
    #expect(condition(.backupActivated, .failoverAffectedServices) == .standingIn(.first))
    #expect(condition(nil, .runningInBackupMode) == .standingIn(.second))
    #expect(condition(.normal, nil) == .standingIn(.first))
    #expect(condition(.initializing, .initializing) == .noneServing)
    #expect(condition(.runningInFailedMode, .runningInFailedMode) == .noneServing)
    #expect(condition(.runningInBackupMode, .runningInBackupMode) == .noneServing)
    #expect(condition(nil, nil) == .noneServing)
    #expect(GroupCondition(first: .normal, second: nil, isPair: false) == .normal)
    #expect(GroupCondition(first: nil, second: nil, isPair: false) == .noneServing)
  }
}

extension Array {
  /// The elements in an order that follows from the seed.
  fileprivate func shuffled(by seed: Int) -> [Element] {
    self.enumerated().sorted {
      let left = ($0.offset &* 7_919 &+ seed) % self.count
      let right = ($1.offset &* 7_919 &+ seed) % self.count
      return left < right
    }.map { $0.element }
  }
}
