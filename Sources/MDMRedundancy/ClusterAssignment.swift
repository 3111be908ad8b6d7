public import MDMStanza

/// A node of a cluster: which of the two nodes of which group.
public struct ClusterPlace: Hashable, Sendable, CustomStringConvertible {
  /// The group's name, as its definition spells it.
  public let group: String
  /// The node of the group.
  public let node: NodeID

  /// The node of this group.
  public init(group: String, node: NodeID) {
    self.group = group
    self.node = node
  }

  /// Group and node in words.
  public var description: String { "the \(self.node) node of \(self.group)" }
}

/// Which user of a cluster belongs to which group, and to which of its nodes.
///
/// Law: a user belongs to one group at most. She changes groups by a move that is planned, carried
/// out by an ``AccountMove`` over cluster places, and then noted as done: until then she belongs
/// where she was, and a move that is undone changes nothing. Nobody has to sign out for it, which
/// the documented product demands.
public struct ClusterAssignment: Hashable, Sendable {
  /// The groups.
  public private(set) var groups = GroupDirectory()
  /// The groups' users, in the order of the groups.
  private var users: [UserAssignment] = []
  /// Whether users are refused while a node stands in for its peer.
  public let strictUserAdd: Bool
  /// The most users of one group.
  public let userLimit: Int

  /// A cluster without groups.
  public init(strictUserAdd: Bool = false, userLimit: Int = 100_000) {
    self.strictUserAdd = strictUserAdd
    self.userLimit = userLimit
  }

  // MARK: - Groups

  /// Adds a group without users.
  ///
  /// - Throws: ``GroupError`` with every violation at once; nothing has changed then.
  public mutating func add(_ definition: GroupDefinition) throws(GroupError) {
    try self.groups.add(definition)
    self.users.append(self.makeUsers(of: definition))
  }

  /// Replaces the definition of the group of this name, which may take a new name by it. Does
  /// nothing when there is no such group.
  ///
  /// - Throws: ``GroupError``; a group with users keeps its number of nodes.
  public mutating func change(
    _ name: String, to definition: GroupDefinition
  ) throws(GroupError) {
    guard let index = self.index(of: name) else { return }
    let isOtherSize = self.users[index].isPair != (definition.nodes.count == 2)
    if isOtherSize { try self.requireEmpty(index) }
    try self.groups.change(name, to: definition)
    if isOtherSize { self.users[index] = self.makeUsers(of: definition) }
    self.users[index].mode = definition.assignment
  }

  /// Takes the group of this name out. Does nothing when there is none.
  ///
  /// - Throws: ``GroupError`` when users belong to it.
  public mutating func remove(group name: String) throws(GroupError) {
    guard let index = self.index(of: name) else { return }
    try self.requireEmpty(index)
    self.groups.remove(name)
    self.users.remove(at: index)
  }

  /// The users of the group of this name; nil when there is no such group.
  public func users(ofGroup name: String) -> UserAssignment? {
    self.index(of: name).map { self.users[$0] }
  }

  // MARK: - Users

  /// The name of the group that the user belongs to; nil when there is no such user.
  ///
  /// - Complexity: O(groups · log users).
  public func group(of user: AccountName) -> String? {
    self.groupIndex(of: user).map { self.groups.groups[$0].name }
  }

  /// Where in her group the user belongs; nil when there is no such user.
  public func home(of user: AccountName) -> UserHome? {
    self.groupIndex(of: user).flatMap { self.users[$0].home(of: user) }
  }

  /// Adds a user to a group.
  ///
  /// - Returns: where in the group she belongs from now on.
  /// - Throws: ``AssignmentError``; nothing has changed then.
  @discardableResult
  public mutating func add(
    _ user: AccountName, to group: String, while condition: GroupCondition
  ) throws(AssignmentError) -> UserHome {
    guard let index = self.index(of: group) else { throw .noSuchGroup(group) }
    guard self.groupIndex(of: user) == nil else { throw .alreadyAdded }
    return try self.users[index].add(user, while: condition)
  }

  /// Gives a user a home in her group by hand.
  public mutating func assign(_ user: AccountName, to node: NodeID) throws(AssignmentError) {
    guard let index = self.groupIndex(of: user) else { throw .unknownUser }
    try self.users[index].assign(user, to: node)
  }

  /// Takes a user out; does nothing when there is none of the name.
  public mutating func remove(_ user: AccountName) {
    if let index = self.groupIndex(of: user) { self.users[index].remove(user) }
  }

  /// Gives a home to everyone of the group who waits for one, as ``UserAssignment/settle()``.
  public mutating func settle(group name: String) -> [UserMove<ClusterPlace>] {
    guard let index = self.index(of: name) else { return [] }
    let group = self.groups.groups[index].name
    return self.users[index].settle().map { move in
      UserMove(
        move.account, from: ClusterPlace(group: group, node: move.source),
        to: ClusterPlace(group: group, node: move.destination))
    }
  }

  // MARK: - From group to group

  /// The moves that bring these users to another group, in the order given. Each is from
  /// the node that serves its user to the one that is to; in balanced mode the moves planned before
  /// it count as made. Nothing has changed yet: say ``note(_:while:)`` when a move is done.
  ///
  /// - Parameters:
  ///   - movers: whom to move.
  ///   - group: where to.
  ///   - condition: which node of a group takes users on at the moment; asked by name.
  /// - Throws: ``AssignmentError`` for the first user who cannot be moved.
  public func moves(
    of movers: [AccountName], to group: String, while condition: (String) -> GroupCondition
  ) throws(AssignmentError) -> [UserMove<ClusterPlace>] {
    guard let target = self.index(of: group) else { throw .noSuchGroup(group) }
    let name = self.groups.groups[target].name
    var draft = self
    var moves: [UserMove<ClusterPlace>] = []
    for user in movers {
      guard let source = draft.groupIndex(of: user) else { throw .unknownUser }
      if source == target { throw .sameGroup(name) }
      let from = try draft.servingPlace(of: user, in: source, while: condition)
      draft.users[source].remove(user)
      let home = try draft.users[target].add(user, while: condition(name))
      guard let node = home.node else { throw .noHome(group: name) }
      moves.append(UserMove(user, from: from, to: ClusterPlace(group: name, node: node)))
    }
    return moves
  }

  /// A move is done: its user belongs to the node that serves her now or, when that stands in for
  /// its peer, gets a home once the pair is normal.
  ///
  /// - Throws: ``AssignmentError`` when the user or the group is gone; nothing has changed then.
  public mutating func note(
    _ move: UserMove<ClusterPlace>, while condition: GroupCondition
  ) throws(AssignmentError) {
    let user = move.account
    guard let source = self.groupIndex(of: user) else { throw .unknownUser }
    guard let target = self.index(of: move.destination.group) else {
      throw .noSuchGroup(move.destination.group)
    }
    let node = move.destination.node
    guard self.users[target].isPair || node == .first else { throw .noSuchNode(node) }
    self.users[source].remove(user)
    // Whoever serves her has her, whatever the group's limit says by now.
    let isStandIn = condition == .standingIn(node)
    self.users[target].insert(user, at: isStandIn ? .awaiting(on: node) : .node(node))
  }

  // MARK: - Places

  private func servingPlace(
    of user: AccountName, in index: Int, while condition: (String) -> GroupCondition
  ) throws(AssignmentError) -> ClusterPlace {
    let name = self.groups.groups[index].name
    guard let home = self.users[index].home(of: user)?.node else { throw .noHome(group: name) }
    switch condition(name) {
    case .normal: return ClusterPlace(group: name, node: home)
    case .standingIn(let node): return ClusterPlace(group: name, node: node)
    case .noneServing: throw .noneServing
    }
  }

  private func makeUsers(of definition: GroupDefinition) -> UserAssignment {
    UserAssignment(
      mode: definition.assignment, isPair: definition.nodes.count == 2,
      strictUserAdd: self.strictUserAdd, userLimit: self.userLimit)
  }

  private func requireEmpty(_ index: Int) throws(GroupError) {
    let count = self.users[index].userCount
    if count > 0 { throw GroupError(violations: [.hasUsers(count)]) }
  }

  private func index(of group: String) -> Int? {
    self.groups.groups.firstIndex { $0.name.isSameIgnoringASCIICase(as: group) }
  }

  private func groupIndex(of user: AccountName) -> Int? {
    self.users.firstIndex { $0.home(of: user) != nil }
  }
}

extension UserHome {
  /// The node that the user is at home on, or that has taken her on meanwhile.
  var node: NodeID? {
    switch self {
    case .node(let node), .awaiting(let node): node
    case .unassigned: nil
    }
  }
}
