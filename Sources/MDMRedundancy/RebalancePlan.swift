public import MDMStanza

/// Which users to move so that both nodes carry alike, and what comes of it (goal 7).
public struct RebalancePlan: Hashable, Sendable {
  /// The moves, ascending by account. Each can be made by itself, in any order, and needs no
  /// sign-out.
  public let moves: [UserMove<NodeID>]
  /// Sessions of each node's users before.
  public let sessionsBefore: PerNode<Int>
  /// Sessions of each node's users when every move has been made.
  public let sessionsAfter: PerNode<Int>
}

extension UserAssignment {
  /// The fewest moves that bring the nodes' sessions within `tolerance` of each other.
  ///
  /// In balanced mode users move from the fuller node only, and of several sets equally small the
  /// one that leaves the smaller difference is chosen. When no set reaches the tolerance, it is one
  /// that leaves the smallest difference possible. Users without sessions stay where they are. In
  /// active-standby mode everyone who is not at home on the first node moves there; without
  /// assignment, and in a group of one node, nobody moves.
  ///
  /// A difference above ``exactDifference`` is first brought down to it by moving the users with
  /// the most sessions; from there on the answer is exact.
  ///
  /// - Parameters:
  ///   - tolerance: sessions by which the nodes may differ.
  ///   - sessions: how many sessions a user has; asked once for each user with a home.
  /// - Complexity: O(users · log users + difference · distinct numbers of sessions).
  public func rebalancePlan(
    tolerance: Int = 1, sessions: (AccountName) -> Int
  ) -> RebalancePlan {
    var loads = PerNode(both: 0)
    var members = PerNode<[Candidate]>(both: [])
    for node in NodeID.allCases {
      members[node] = self.users(of: node).map {
        Candidate(account: $0, sessions: max(0, sessions($0)))
      }
      loads[node] = members[node].reduce(0) { $0 + $1.sessions }
    }
    var chosen: [Candidate] = []
    var source = NodeID.second
    switch self.isPair ? self.mode : .none {
    case .balanced:
      source = loads.first >= loads.second ? .first : .second
      chosen = Self.fewest(
        of: members[source], difference: abs(loads.first - loads.second),
        tolerance: max(0, tolerance))
    case .activeStandby: chosen = members.second
    // Whoever has no home by rule has none to be moved to.
    case .none: break
    }
    let moved = chosen.reduce(0) { $0 + $1.sessions }
    var after = loads
    after[source] -= moved
    after[source.peer] += moved
    let accounts = chosen.map { $0.account }.sorted()
    return RebalancePlan(
      moves: accounts.map { UserMove($0, from: source) }, sessionsBefore: loads,
      sessionsAfter: after)
  }

  /// The largest difference in sessions that is treated exactly from the start.
  public static let exactDifference = 65_536

  private struct Candidate {
    let account: AccountName
    let sessions: Int
  }

  /// The fewest users whose move brings `difference` within `tolerance`.
  private static func fewest(
    of members: [Candidate], difference: Int, tolerance: Int
  ) -> [Candidate] {
    var difference = difference
    guard difference > tolerance else { return [] }
    // By sessions, most first; those with equally many by name, as the list comes.
    let ordered = members.enumerated().filter { $0.element.sessions > 0 }.sorted {
      ($1.element.sessions, $0.offset) < ($0.element.sessions, $1.offset)
    }.map { $0.element }
    var chosen: [Candidate] = []
    var rest: [Candidate] = []
    for candidate in ordered {
      if difference > Self.exactDifference, 2 * candidate.sessions <= difference {
        difference -= 2 * candidate.sessions
        chosen.append(candidate)
      } else {
        rest.append(candidate)
      }
    }
    var problem = FewestItems(bound: difference)
    var groups: [[Candidate]] = []
    for candidate in rest where candidate.sessions <= difference {
      if groups.last?.first?.sessions == candidate.sessions {
        groups[groups.count - 1].append(candidate)
      } else {
        groups.append([candidate])
      }
    }
    for group in groups { problem.add(weight: group[0].sessions, count: group.count) }
    let counts = problem.choice(difference: difference, tolerance: tolerance)
    for (group, count) in zip(groups, counts) { chosen += group.prefix(count) }
    return chosen
  }
}

/// The fewest items with a given sum, out of so many of each weight.
///
/// For every sum up to a bound it knows the fewest items that make it up, group of equal weights
/// after group. Within a group the sums of one remainder form a sequence in which the best
/// predecessor is the least of a sliding window, so a group costs one pass.
struct FewestItems {
  private static let unreachable = Int32.max / 2
  private let bound: Int
  private var fewest: [Int32]
  /// For each group, how many of it the fewest items of a sum contain.
  private var taken: [[Int32]] = []
  private var weights: [Int] = []

  /// No items yet; sums above `bound` are of no interest.
  init(bound: Int) {
    self.bound = bound
    self.fewest = Array(repeating: Self.unreachable, count: bound + 1)
    self.fewest[0] = 0
  }

  /// Adds a group of `count` items that weigh `weight` each, at least 1.
  mutating func add(weight: Int, count: Int) {
    var next = self.fewest
    var taken = [Int32](repeating: 0, count: self.bound + 1)
    // Steps whose value, corrected by the items that lead on from them, ascends.
    var window: [(step: Int, value: Int32)] = []
    for remainder in 0..<min(weight, self.bound + 1) {
      window.removeAll(keepingCapacity: true)
      var head = 0
      var step = 0
      for sum in stride(from: remainder, through: self.bound, by: weight) {
        let value = self.fewest[sum] - Int32(step)
        while window.count > head, window[window.count - 1].value > value { window.removeLast() }
        window.append((step, value))
        if window[head].step < step - count { head += 1 }
        next[sum] = min(window[head].value + Int32(step), Self.unreachable)
        taken[sum] = Int32(step - window[head].step)
        step += 1
      }
    }
    self.fewest = next
    self.taken.append(taken)
    self.weights.append(weight)
  }

  /// How many of each group to take so that the difference less twice the sum is within
  /// `tolerance`, with the fewest items; if that cannot be, as near to it as possible.
  func choice(difference: Int, tolerance: Int) -> [Int] {
    var best = 0
    for sum in 0...self.bound where self.fewest[sum] < Self.unreachable {
      if self.rank(sum, difference, tolerance) < self.rank(best, difference, tolerance) {
        best = sum
      }
    }
    var counts = [Int](repeating: 0, count: self.weights.count)
    for group in self.weights.indices.reversed() {
      counts[group] = Int(self.taken[group][best])
      best -= counts[group] * self.weights[group]
    }
    return counts
  }

  /// The smaller, the better: beyond the tolerance, then items, then what is left.
  private func rank(_ sum: Int, _ difference: Int, _ tolerance: Int) -> (Int, Int32, Int) {
    let left = abs(difference - 2 * sum)
    return (left <= tolerance ? 0 : left, self.fewest[sum], left)
  }
}
