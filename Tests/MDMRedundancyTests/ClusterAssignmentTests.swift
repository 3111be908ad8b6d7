import MDMRedundancy
import MDMStanza
import Testing

@Suite("ClusterAssignment")
struct ClusterAssignmentTests {
  /// Two pairs, `east` and `west`, and one node alone, `south`.
  private func makeCluster(strictUserAdd: Bool = false) throws -> ClusterAssignment {
    var cluster = ClusterAssignment(strictUserAdd: strictUserAdd)
    try cluster.add(makeDefinition("east"))
    try cluster.add(makeDefinition("west", nodes: [makeNode("imp-3"), makeNode("imp-4")]))
    try cluster.add(makeDefinition("south", nodes: [makeNode("imp-5")]))
    return cluster
  }

  private func names(_ range: ClosedRange<Int>) -> [AccountName] {
    range.map { AccountName("user\($0)@x.org") }
  }

  private let normal: (String) -> GroupCondition = { _ in .normal }

  @Test("R-109: a user belongs to one group, wherever she is added again")
  func oneGroup() throws {
    var cluster = try self.makeCluster()
    #expect(try cluster.add("a@x.org", to: "EAST", while: .normal) == .node(.first))
    #expect(throws: AssignmentError.alreadyAdded) {
      try cluster.add("a@x.org", to: "west", while: .normal)
    }
    #expect(throws: AssignmentError.noSuchGroup("north")) {
      try cluster.add("b@x.org", to: "north", while: .normal)
    }
    #expect(cluster.group(of: "a@x.org") == "east" && cluster.home(of: "a@x.org") == .node(.first))
    #expect(cluster.group(of: "b@x.org") == nil && cluster.home(of: "b@x.org") == nil)
    try cluster.assign("a@x.org", to: .second)
    #expect(cluster.home(of: "a@x.org") == .node(.second))
    cluster.remove("a@x.org")
    #expect(cluster.group(of: "a@x.org") == nil)
  }

  @Test("R-211: users move to another group, each from her node to one that balances it")
  func movesAcross() throws {
    var cluster = try self.makeCluster()
    for user in self.names(1...4) { try cluster.add(user, to: "east", while: .normal) }
    try cluster.add("old@x.org", to: "west", while: .normal)
    let moves = try cluster.moves(of: self.names(1...3), to: "West", while: self.normal)
    let east = NodeID.allCases.map { ClusterPlace(group: "east", node: $0) }
    let west = NodeID.allCases.map { ClusterPlace(group: "west", node: $0) }
    #expect(
      moves == [
        UserMove("user1@x.org", from: east[0], to: west[1]),
        UserMove("user2@x.org", from: east[1], to: west[0]),
        UserMove("user3@x.org", from: east[0], to: west[1]),
      ])
    // Planned is not moved; and one that is undone leaves the user where she was.
    #expect(cluster.group(of: "user1@x.org") == "east")
    try cluster.note(moves[0], while: .normal)
    try cluster.note(moves[2], while: .normal)
    #expect(cluster.group(of: "user1@x.org") == "west")
    #expect(cluster.home(of: "user1@x.org") == .node(.second))
    #expect(cluster.group(of: "user2@x.org") == "east")
    #expect(cluster.users(ofGroup: "east")?.userCount == 2)
    #expect(cluster.users(ofGroup: "west")?.homedCount(on: .second) == 2)
  }

  @Test("R-211: from the node that stands in, and to one, where she gets a home when it is over")
  func duringFailover() throws {
    var cluster = try self.makeCluster()
    for user in self.names(1...2) { try cluster.add(user, to: "east", while: .normal) }
    let moves = try cluster.moves(of: self.names(1...2), to: "west") {
      $0 == "east" ? .standingIn(.second) : .standingIn(.first)
    }
    let (source, destination) = (
      ClusterPlace(group: "east", node: .second), ClusterPlace(group: "west", node: .first)
    )
    #expect(moves.allSatisfy { $0.source == source && $0.destination == destination })
    for move in moves { try cluster.note(move, while: .standingIn(.first)) }
    #expect(cluster.home(of: "user2@x.org") == .awaiting(on: .first))
    let home = cluster.settle(group: "west")
    #expect(
      home == [
        UserMove("user2@x.org", from: destination, to: ClusterPlace(group: "west", node: .second))
      ])
    #expect(cluster.settle(group: "north") == [])
  }

  @Test("what stands against a move is said, and nothing has changed")
  func refusals() throws {
    var cluster = try self.makeCluster(strictUserAdd: true)
    try cluster.add("a@x.org", to: "east", while: .normal)
    let before = cluster
    func refusal(
      _ user: AccountName, to group: String,
      while condition: @escaping (String) -> GroupCondition = { _ in .normal }
    ) -> AssignmentError? {
      #expect(throws: AssignmentError.self) {
        _ = try cluster.moves(of: [user], to: group, while: condition)
      }
    }
    #expect(refusal("a@x.org", to: "north") == .noSuchGroup("north"))
    #expect(refusal("a@x.org", to: "East") == .sameGroup("east"))
    #expect(refusal("b@x.org", to: "west") == .unknownUser)
    let isDown = refusal("a@x.org", to: "west") { $0 == "east" ? .noneServing : .normal }
    #expect(isDown == .noneServing)
    let isAway = refusal("a@x.org", to: "west") { $0 == "west" ? .standingIn(.first) : .normal }
    #expect(isAway == .refusedWhileStandingIn(.first))
    var definition = makeDefinition("west", nodes: [makeNode("imp-3"), makeNode("imp-4")])
    definition.assignment = .none
    try cluster.change("west", to: definition)
    #expect(refusal("a@x.org", to: "west") == .noHome(group: "west"))
    try cluster.change("west", to: before.groups.groups[1].definition)
    #expect(cluster == before)
    // By hand, to a node that an administrator names.
    let place = ClusterPlace(group: "south", node: .second)
    let move = UserMove<ClusterPlace>(
      "a@x.org", from: ClusterPlace(group: "east", node: .first), to: place)
    #expect(throws: AssignmentError.noSuchNode(.second)) {
      try cluster.note(move, while: .normal)
    }
    #expect(cluster == before)
  }

  @Test("a group with users neither goes nor changes its number of nodes; without, it does")
  func groupsWithUsers() throws {
    var cluster = try self.makeCluster()
    try cluster.add("a@x.org", to: "east", while: .normal)
    let single = makeDefinition("east", nodes: [makeNode("imp-1")])
    let error = #expect(throws: GroupError.self) { try cluster.remove(group: "East") }
    #expect(error?.violations == [.hasUsers(1)])
    #expect(throws: GroupError.self) { try cluster.change("east", to: single) }
    try cluster.change("east", to: makeDefinition("north"))
    #expect(cluster.group(of: "a@x.org") == "north")
    let moves = try cluster.moves(of: ["a@x.org"], to: "south", while: self.normal)
    try cluster.note(try #require(moves.first), while: .normal)
    try cluster.change("north", to: single)
    #expect(cluster.users(ofGroup: "east")?.isPair == false)
    try cluster.remove(group: "east")
    #expect(cluster.groups.groups.map { $0.name } == ["west", "south"])
    #expect(cluster.group(of: "a@x.org") == "south")
  }
}
