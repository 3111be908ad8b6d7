public import MDMStanza

/// How the users of a group are given a home among its nodes.
public enum AssignmentMode: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// Each new user goes to the node that is home to fewer; the default.
  case balanced
  /// Every user goes to the first node, the second stands by.
  case activeStandby
  /// Nobody is given a home; an administrator assigns by hand.
  case none
}

/// Which node takes users on at the moment.
public enum GroupCondition: Hashable, Sendable {
  /// Every user is at home: both nodes are Normal, or the group is one node, or it has no high
  /// availability.
  case normal
  /// One node serves the users of both, or is about to, or has not yet given them back.
  case standingIn(NodeID)
  /// No node serves: both have failed or are starting. Or both claim to stand in for the other, so
  /// that neither may be believed (hole H11).
  case noneServing

  /// The condition that follows from what is known of the nodes.
  ///
  /// - Parameters:
  ///   - first: the first node's status, nil when it is not heard of.
  ///   - second: the second node's, nil when it is not heard of or there is none.
  ///   - isPair: whether the group has two nodes.
  public init(first: NodeStatus?, second: NodeStatus?, isPair: Bool = true) {
    let nodes: [(node: NodeID, state: NodeState?)] =
      isPair ? [(.first, first?.state), (.second, second?.state)] : [(.first, first?.state)]
    let standingIn = nodes.filter { $0.state.map { Self.standsIn($0) } ?? false }
    let home = nodes.filter { $0.state.map { Self.isAtHome($0) } ?? false }
    if let node = standingIn.first?.node {
      self = standingIn.count == 1 ? .standingIn(node) : .noneServing
    } else if home.count == nodes.count {
      self = .normal
    } else if let serving = home.first, nodes.contains(where: { $0.state == nil }) {
      // The peer is silent: it may be about to be replaced, so nobody is sent to it.
      self = .standingIn(serving.node)
    } else {
      self = .noneServing
    }
  }

  private static func isAtHome(_ state: NodeState) -> Bool {
    // Unknown means that high availability is off: each node serves its own.
    state == .normal || state == .unknown
  }

  /// Whether a node in this state serves its peer's users, or has not given them up yet.
  private static func standsIn(_ state: NodeState) -> Bool {
    switch state {
    case .runningInBackupMode, .takingOver, .fallingBack, .backupActivated: true
    case .initializing, .idle, .normal, .failingOver, .failedOver,
      .failedOverCriticalServicesNotRunning, .takingBack, .runningInFailedMode, .unknown,
      .failoverAffectedServices:
      false
    }
  }
}

/// Where a user of the group belongs.
public enum UserHome: Hashable, Sendable {
  /// The user's home is this node.
  case node(NodeID)
  /// The user was added while this node stood in for its peer, is served there, and gets a home
  /// when the pair is normal again (goal 6).
  case awaiting(on: NodeID)
  /// The user has no home.
  case unassigned
}

/// One user goes from one node to another, without signing out (goals 7 and 11).
///
/// Within a group a place is a ``NodeID``; from one group to another it is a ``ClusterPlace``,
/// which says whose node it is as well.
public struct UserMove<Place: Hashable & Sendable>: Hashable, Sendable {
  /// The user's account.
  public let account: AccountName
  /// The node that serves the account.
  public let source: Place
  /// The node that is to serve it.
  public let destination: Place

  /// A move from one node to another.
  public init(_ account: AccountName, from source: Place, to destination: Place) {
    self.account = account
    self.source = source
    self.destination = destination
  }

  /// A move to the peer of `source`.
  public init(_ account: AccountName, from source: NodeID) where Place == NodeID {
    self.init(account, from: source, to: source.peer)
  }
}

/// Why a user could not be added or assigned.
public enum AssignmentError: Error, Hashable, Sendable {
  /// The user has been added before.
  case alreadyAdded
  /// There is no such user.
  case unknownUser
  /// A node stands in for its peer, and the group keeps to the documented rule that nobody is
  /// added meanwhile.
  case refusedWhileStandingIn(NodeID)
  /// Neither node serves anybody.
  case noneServing
  /// The group has no such node.
  case noSuchNode(NodeID)
  /// The group has as many users as it may have.
  case tooManyUsers(limit: Int)
  /// There is no group of this name.
  case noSuchGroup(String)
  /// The user belongs to the group already.
  case sameGroup(String)
  /// Nobody serves the user, or would: no node of this group is given to her.
  case noHome(group: String)
}

/// Which user of a group belongs to which node (R-139… ).
///
/// Law: homes follow from the users in the order in which they were added and from nothing else,
/// so two nodes that hear the same additions agree. A user is in exactly one of the three states
/// of ``UserHome``.
public struct UserAssignment: Hashable, Sendable {
  /// How homes are given; a change concerns users added from then on.
  public var mode: AssignmentMode
  /// Whether users are refused while a node stands in for its peer, as the document has it
  /// . Off, they are taken on by the node that stands in (goal 6).
  public var strictUserAdd: Bool
  /// The most users that the group may have.
  public let userLimit: Int
  /// Whether the group has two nodes.
  public let isPair: Bool

  private struct User: Hashable {
    let name: AccountName
    var home: UserHome
  }

  /// Ascending by name.
  private var users: [User] = []
  /// Users without a home yet, in the order of their addition.
  private var awaiting: [AccountName] = []
  private var homed = PerNode(both: 0)

  /// A group without users.
  public init(
    mode: AssignmentMode = .balanced, isPair: Bool = true, strictUserAdd: Bool = false,
    userLimit: Int = 100_000
  ) {
    self.mode = mode
    self.isPair = isPair
    self.strictUserAdd = strictUserAdd
    self.userLimit = userLimit
  }

  /// How many users there are, with a home and without.
  public var userCount: Int { self.users.count }

  /// How many users are at home on a node.
  public func homedCount(on node: NodeID) -> Int { self.homed[node] }

  /// Users who wait for a home, in the order of their addition.
  public var awaitingUsers: [AccountName] { self.awaiting }

  /// Where the user belongs, or nil when there is no such user.
  ///
  /// - Complexity: O(log users).
  public func home(of user: AccountName) -> UserHome? {
    let place = self.place(of: user)
    return place < self.users.count && self.users[place].name == user
      ? self.users[place].home : nil
  }

  /// The users of a node, ascending by name.
  public func users(of node: NodeID) -> [AccountName] {
    self.users.filter { $0.home == .node(node) }.map { $0.name }
  }

  // MARK: - Adding and removing

  /// Adds a user and gives her a home if that can be done now.
  ///
  /// - Parameters:
  ///   - user: the account.
  ///   - condition: which node takes users on.
  /// - Returns: where she belongs from now on.
  /// - Throws: ``AssignmentError``; nothing has changed then.
  /// - Complexity: O(users), for making room in a sorted list.
  @discardableResult
  public mutating func add(
    _ user: AccountName, while condition: GroupCondition
  ) throws(AssignmentError) -> UserHome {
    guard self.home(of: user) == nil else { throw .alreadyAdded }
    guard self.users.count < self.userLimit else { throw .tooManyUsers(limit: self.userLimit) }
    let home = try self.newcomersHome(while: condition)
    self.insert(user, at: home)
    return home
  }

  /// Where somebody who is added now belongs.
  func newcomersHome(while condition: GroupCondition) throws(AssignmentError) -> UserHome {
    switch condition {
    case .normal: return self.nextHome
    case .standingIn(let node):
      if self.strictUserAdd { throw .refusedWhileStandingIn(node) }
      return self.mode == .none ? .unassigned : .awaiting(on: node)
    case .noneServing: throw .noneServing
    }
  }

  /// Takes in a user who is not there yet.
  mutating func insert(_ user: AccountName, at home: UserHome) {
    self.users.insert(User(name: user, home: home), at: self.place(of: user))
    self.count(home, by: 1)
    if case .awaiting = home { self.awaiting.append(user) }
  }

  /// Takes a user out; does nothing when there is none of the name.
  public mutating func remove(_ user: AccountName) {
    guard let home = self.home(of: user) else { return }
    self.users.remove(at: self.place(of: user))
    self.count(home, by: -1)
    self.awaiting.removeAll { $0 == user }
  }

  /// Gives a user a home by hand, or takes note that a move has ended.
  public mutating func assign(_ user: AccountName, to node: NodeID) throws(AssignmentError) {
    guard let home = self.home(of: user) else { throw .unknownUser }
    guard self.isPair || node == .first else { throw .noSuchNode(node) }
    self.count(home, by: -1)
    self.users[self.place(of: user)].home = .node(node)
    self.count(.node(node), by: 1)
    self.awaiting.removeAll { $0 == user }
  }

  /// Gives a home to everyone who waits for one; to be called when the pair is normal again.
  ///
  /// - Returns: the users whose home is not the node that took them on: they are to be moved.
  public mutating func settle() -> [UserMove<NodeID>] {
    var moves: [UserMove<NodeID>] = []
    let waiting = self.awaiting
    self.awaiting = []
    for user in waiting {
      let place = self.place(of: user)
      guard case .awaiting(let host) = self.users[place].home else { continue }
      let home = self.nextHome
      self.users[place].home = home
      self.count(home, by: 1)
      if home == .node(host.peer) { moves.append(UserMove(user, from: host)) }
    }
    return moves
  }

  /// The home that the next user gets while the pair is normal.
  private var nextHome: UserHome {
    switch self.mode {
    case .balanced:
      self.isPair && self.homed.second < self.homed.first ? .node(.second) : .node(.first)
    case .activeStandby: .node(.first)
    case .none: .unassigned
    }
  }

  /// The index of the user, or where she would be inserted.
  private func place(of user: AccountName) -> Int {
    var low = 0
    var high = self.users.count
    while low < high {
      let middle = (low + high) / 2
      if self.users[middle].name < user { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func count(_ home: UserHome, by change: Int) {
    switch home {
    case .node(let node): self.homed[node] += change
    // Only homes are balanced; who waits for one is counted when she gets it.
    case .awaiting, .unassigned: break
    }
  }
}
