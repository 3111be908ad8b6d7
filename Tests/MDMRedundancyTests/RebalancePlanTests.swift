import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

@Suite("RebalancePlan")
struct RebalancePlanTests {
  /// Users at home on the first and on the second node, with so many sessions each.
  private func makeUsers(
    _ first: [Int], _ second: [Int], mode: AssignmentMode = .balanced
  ) throws -> (UserAssignment, [AccountName: Int]) {
    var users = UserAssignment(mode: mode)
    var sessions: [AccountName: Int] = [:]
    for (node, weights) in [(NodeID.first, first), (.second, second)] {
      for (number, weight) in weights.enumerated() {
        let name = AccountName("\(node)-\(number + 100)@x.org")
        sessions[name] = weight
        try users.add(name, while: .normal)
        try users.assign(name, to: node)
      }
    }
    return (users, sessions)
  }

  @Test("goal 7: nodes that carry alike are left alone")
  func nothingToDo() throws {
    let (users, sessions) = try self.makeUsers([3, 1], [2, 1])
    let plan = users.rebalancePlan { sessions[$0] ?? 0 }
    #expect(plan.moves == [])
    #expect(plan.sessionsBefore == PerNode(first: 4, second: 3))
    #expect(plan.sessionsAfter == plan.sessionsBefore)
  }

  @Test("goal 7: one user with many sessions moves rather than many with one")
  func fewestMoves() throws {
    let (users, sessions) = try self.makeUsers([1, 1, 1, 1, 4], [])
    let plan = users.rebalancePlan { sessions[$0] ?? 0 }
    #expect(plan.moves == [UserMove("first-104@x.org", from: .first)])
    #expect(plan.sessionsAfter == PerNode(first: 4, second: 4))
  }

  @Test("of users with equally many sessions those first by name move; those without stay")
  func ties() throws {
    let (users, sessions) = try self.makeUsers([0, 0], [0, 2, 2, 2, 2])
    let plan = users.rebalancePlan { sessions[$0] ?? 0 }
    #expect(
      plan.moves == [
        UserMove("second-101@x.org", from: .second), UserMove("second-102@x.org", from: .second),
      ])
    #expect(plan.moves.allSatisfy { $0.destination == .first })
  }

  @Test("a tolerance that cannot be reached leaves the smallest difference there is")
  func unreachable() throws {
    let (users, sessions) = try self.makeUsers([7], [2])
    // Moving the only user makes it worse by turning it round.
    let plan = users.rebalancePlan { sessions[$0] ?? 0 }
    #expect(plan.moves == [])
  }

  @Test("active-standby brings everyone to the first node; none and single nodes move nobody")
  func otherModes() throws {
    let (standby, sessions) = try self.makeUsers([1], [5, 0], mode: .activeStandby)
    let plan = standby.rebalancePlan { sessions[$0] ?? 0 }
    #expect(plan.moves.map { $0.account } == ["second-100@x.org", "second-101@x.org"])
    #expect(plan.sessionsAfter == PerNode(first: 6, second: 0))
    let (unassigned, others) = try self.makeUsers([9], [], mode: .none)
    #expect(unassigned.rebalancePlan { others[$0] ?? 0 }.moves == [])
    var single = UserAssignment(isPair: false)
    try single.add("a@x.org", while: .normal)
    #expect(single.rebalancePlan { _ in 9 }.moves == [])
  }

  @Test("small cases agree with trying every set of users", arguments: 1...200)
  func agreesWithExhaustion(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let first = (0..<random.below(10)).map { _ in random.below(6) }
    let second = (0..<random.below(10)).map { _ in random.below(6) }
    let tolerance = random.below(4)
    let (users, sessions) = try self.makeUsers(first, second)
    let plan = users.rebalancePlan(tolerance: tolerance) { sessions[$0] ?? 0 }
    let difference = abs(first.reduce(0, +) - second.reduce(0, +))
    let movable = first.reduce(0, +) >= second.reduce(0, +) ? first : second
    var best = (difference <= tolerance ? 0 : difference, 0, difference)
    for set in 0..<(1 << movable.count) {
      let chosen = movable.indices.filter { set >> $0 & 1 == 1 }.map { movable[$0] }
      let left = abs(difference - 2 * chosen.reduce(0, +))
      let rank = (left <= tolerance ? 0 : left, chosen.count, left)
      if rank < best { best = rank }
    }
    let left = abs(plan.sessionsAfter.first - plan.sessionsAfter.second)
    #expect(plan.moves.count == best.1)
    #expect(left == best.2)
    let total = plan.sessionsAfter.first + plan.sessionsAfter.second
    #expect(total == first.reduce(0, +) + second.reduce(0, +))
  }

  @Test("goal 7: a lost balance of 15,000 users is restored")
  func large() throws {
    var users = UserAssignment(mode: .activeStandby)
    for number in 10_000..<25_000 {
      try users.add(AccountName("u\(number)@x.org"), while: .normal)
    }
    users.mode = .balanced
    let plan = users.rebalancePlan { $0.text.utf8.contains(UInt8(ascii: "7")) ? 3 : 2 }
    #expect(abs(plan.sessionsAfter.first - plan.sessionsAfter.second) <= 1)
    #expect(plan.moves.map { $0.account } == plan.moves.map { $0.account }.sorted())
    // Half the sessions, three at a time as long as there are users with three.
    let threes = (10_000..<25_000).filter { "\($0)".contains("7") }.count
    let needed = plan.sessionsAfter.second
    #expect(plan.moves.count <= threes + (needed - 3 * threes) / 2 + 2)
  }

  @Test("a difference beyond the exact range is still brought down")
  func huge() throws {
    let (users, sessions) = try self.makeUsers([50_000, 40_000, 30_000, 20_000, 1_000, 1], [])
    let plan = users.rebalancePlan(tolerance: 1_000) { sessions[$0] ?? 0 }
    #expect(abs(plan.sessionsAfter.first - plan.sessionsAfter.second) <= 1_000)
  }
}
