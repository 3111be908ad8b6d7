/// What a deployment has to hold: clients, not users, decide how large it is.
///
///     let sizing = try DeploymentSizing(users: 25_000, clientsPerUser: 2)
///     sizing.capacity                                           // 50,000
///     sizing.plan(of: .users25K, mode: .activeActive).nodes     // 4
public struct DeploymentSizing: Hashable, Sendable {
  /// Users who have an account.
  public let users: Int
  /// Clients that are signed in at the same time, at the busiest time of the day.
  public let clients: Int

  /// A deployment of so many users, each signed in from so many clients.
  ///
  /// - Parameters:
  ///   - users: 1 to 10,000,000.
  ///   - clientsPerUser: at least 1; with the users, at most 10,000,000 clients.
  /// - Throws: ``CapacityError`` with every value out of range.
  public init(users: Int, clientsPerUser: Int) throws(CapacityError) {
    guard (1...Self.limit).contains(clientsPerUser) else {
      throw CapacityError(Self.violations(users: users) + [.clientsPerUser(clientsPerUser)])
    }
    let (clients, isTooMuch) = users.multipliedReportingOverflow(by: clientsPerUser)
    try self.init(users: users, clients: isTooMuch ? .max : clients)
  }

  /// A deployment of so many users with so many clients together, for averages that are no whole
  /// number.
  ///
  /// - Parameters:
  ///   - users: 1 to 10,000,000.
  ///   - clients: 0 to 10,000,000.
  /// - Throws: ``CapacityError`` with every value out of range.
  public init(users: Int, clients: Int) throws(CapacityError) {
    var violations = Self.violations(users: users)
    if !(0...Self.limit).contains(clients) { violations.append(.clients(clients)) }
    guard violations.isEmpty else { throw CapacityError(violations) }
    self.users = users
    self.clients = clients
  }

  private static let limit = 10_000_000

  private static func violations(users: Int) -> [CapacityError.Violation] {
    (1...Self.limit).contains(users) ? [] : [.users(users)]
  }

  /// The capacity that the deployment needs, in the users that machine images are made for: the
  /// clients, and one place for each user who has none, since an account takes room as well.
  public var capacity: Int { max(self.users, self.clients) }

  /// The fewest nodes of a size that hold the deployment, when nodes share their users like this.
  public func plan(of size: OVASize, mode: ServingMode) -> SizingPlan {
    // A pair holds what one of its nodes holds: the other one stands by, or both are half full.
    let units = (self.capacity + size.users - 1) / size.users
    let (groups, nodes) = mode == .alone ? (0, units) : (units, 2 * units)
    let serving = mode == .activeActive ? nodes : units
    return SizingPlan(
      size: size, mode: mode, nodes: nodes, groups: groups,
      clientsPerNode: (self.clients + serving - 1) / serving,
      clientsOfSurvivor: (self.clients + units - 1) / units)
  }

  /// The smallest of these sizes with which one node, or one group, is enough; nil when none is.
  public func smallestSize(
    among sizes: [OVASize] = OVASize.documented
  ) -> OVASize? {
    sizes.filter { $0.users >= self.capacity }.min()
  }
}

/// How many nodes a deployment takes, and how full they are (R-021, R-073…R-077).
public struct SizingPlan: Hashable, Sendable {
  /// The size of each node.
  public let size: OVASize
  /// How the nodes of a group share their users.
  public let mode: ServingMode
  /// All nodes, those that stand by included.
  public let nodes: Int
  /// Redundancy groups of two nodes; 0 without high availability.
  public let groups: Int
  /// Clients of the fullest node while all nodes are up, spread evenly.
  public let clientsPerNode: Int
  /// Clients of a node that serves alone because its peer is lost; without high availability, as
  /// ``clientsPerNode``.
  public let clientsOfSurvivor: Int

  /// How full the fullest node is while all nodes are up.
  public var level: LoadLevel {
    CapacityModel(self.size, mode: self.mode).level(of: self.clientsPerNode)
  }

  /// Whether a capacity alarm with this limit stays silent, also on a node that serves alone. With
  /// the default of 80 % it always does: a node has room for one and a half sessions a user.
  public func isWithin(limitPercent: Int) -> Bool {
    let alone: ServingMode = self.mode == .alone ? .alone : .activeStandby
    return !CapacityModel(self.size, mode: self.mode)
      .exceeds(limitPercent: limitPercent, load: self.clientsPerNode)
      && !CapacityModel(self.size, mode: alone)
        .exceeds(limitPercent: limitPercent, load: self.clientsOfSurvivor)
  }
}
