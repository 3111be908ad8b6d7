/// One node's session counters by their documented names (R-193, R-196…R-200, B29).
///
/// Two families count different things. `JsmSessionsClient` and `JsmSessionsClientInactive` count
/// clients' connections. `ActiveJsmSessions` and `InactiveJsmSessions` count users, on whichever
/// node serves them: those at home on the publisher and those at home on the subscriber. So when
/// the publisher is lost its count falls to 0 and is added to the backup's, where both together are
/// all users that it serves. In older releases of the product `ActiveJsmSessions` meant the users
/// licensed on the machine (DIFF-12); here it does not.
public struct ConnectionCounters: Hashable, Sendable {
  /// Active connections of clients.
  public var jsmSessionsClient: Int
  /// Inactive connections of clients.
  public var jsmSessionsClientInactive: Int
  /// Users with an active connection here; each has one session composed of all of theirs, which is
  /// how this reads the document's "composed".
  public var jsmSessionsComposed: Int
  /// Users at home on the publisher that this node serves.
  public var activeJsmSessions: Int
  /// Users at home on the subscriber that this node serves.
  public var inactiveJsmSessions: Int

  /// The counters with these values.
  public init(
    jsmSessionsClient: Int = 0, jsmSessionsClientInactive: Int = 0, jsmSessionsComposed: Int = 0,
    activeJsmSessions: Int = 0, inactiveJsmSessions: Int = 0
  ) {
    self.jsmSessionsClient = jsmSessionsClient
    self.jsmSessionsClientInactive = jsmSessionsClientInactive
    self.jsmSessionsComposed = jsmSessionsComposed
    self.activeJsmSessions = activeJsmSessions
    self.inactiveJsmSessions = inactiveJsmSessions
  }

  /// Name and value of each, as a monitoring tool shows them.
  public var named: [(name: String, value: Int)] {
    [
      ("ActiveJsmSessions", self.activeJsmSessions),
      ("InactiveJsmSessions", self.inactiveJsmSessions),
      ("JsmSessionsComposed", self.jsmSessionsComposed),
      ("JsmSessionsClient", self.jsmSessionsClient),
      ("JsmSessionsClientInactive", self.jsmSessionsClientInactive),
    ]
  }
}

extension ConnectionRegister {
  /// The node's counters, counted from its connections.
  ///
  /// - Parameter publisher: which node publishes the database: who is at home there counts as
  ///   active, who is at home on the other as inactive.
  /// - Complexity: O(connections).
  public func counters(publisher: NodeID) -> ConnectionCounters {
    var counters = ConnectionCounters()
    var previous: ClientID?
    for connection in self.connections {
      switch connection.role {
      case .inactive: counters.jsmSessionsClientInactive += 1
      case .active:
        counters.jsmSessionsClient += 1
        // Connections are in order, so a user's stand side by side.
        guard previous?.account != connection.client.account else { continue }
        previous = connection.client
        counters.jsmSessionsComposed += 1
        if connection.home == publisher {
          counters.activeJsmSessions += 1
        } else {
          counters.inactiveJsmSessions += 1
        }
      }
    }
    return counters
  }
}

/// A client or a number that is not as a group's connections should be (B29).
public enum ConnectionViolation: Hashable, Sendable {
  /// The client has an active connection to both nodes: true of no group at any time.
  case twoActive(ClientID)
  /// The connection is active although the node does not serve the user: true of no group at any
  /// time.
  case activeUnserved(NodeID, ClientID)
  /// Both nodes serve the users of this home: true of no group at any time.
  case twoServe(NodeID)
  /// The client has only this one of its two connections.
  case incomplete(ClientID, ConnectionRole)
  /// The active connections of a node differ in number from the inactive ones of its peer.
  case countersDiffer(node: NodeID, active: Int, inactiveAtPeer: Int)
  /// The lost node of a group still counts connections.
  case lostNodeCounts(NodeID, active: Int, inactive: Int)
  /// The node that stands in has inactive connections left, or not all active ones.
  case survivorCounts(NodeID, active: Int, inactive: Int)
}

/// What must hold between the connections of two nodes (B29).
public struct ConnectionInvariant: Hashable, Sendable {
  /// The first node's connections.
  public let first: ConnectionRegister
  /// The second node's.
  public let second: ConnectionRegister

  /// The invariant over these two.
  public init(first: ConnectionRegister, second: ConnectionRegister) {
    self.first = first
    self.second = second
  }

  /// What holds at every moment: nobody is served twice, or by a node that has no right to.
  ///
  /// - Complexity: O(connections · log connections).
  public var violationsEver: [ConnectionViolation] {
    var found: [ConnectionViolation] = []
    for home in NodeID.allCases where self.first.serves[home] && self.second.serves[home] {
      found.append(.twoServe(home))
    }
    for register in [self.first, self.second] {
      for connection in register.connections
      where connection.role == .active && !register.serves[connection.home] {
        found.append(.activeUnserved(register.node, connection.client))
      }
    }
    for client in self.first.clients(.active) where self.second.role(of: client) == .active {
      found.append(.twoActive(client))
    }
    return found
  }

  /// What holds of a healthy pair all of whose clients have two connections, once every wait is
  /// over: active here = inactive there, X and Y (R-193, B29).
  public var violationsWhenHealthy: [ConnectionViolation] {
    var found = self.violationsEver
    let pairs = [(self.first, self.second), (self.second, self.first)]
    for (register, other) in pairs {
      let active = register.clients(.active).count
      let inactive = other.clients(.inactive).count
      if active != inactive {
        found.append(
          .countersDiffer(node: register.node, active: active, inactiveAtPeer: inactive))
      }
      for connection in register.connections where connection.isDual {
        let needed: ConnectionRole = connection.role == .active ? .inactive : .active
        if other.role(of: connection.client) != needed {
          found.append(.incomplete(connection.client, connection.role))
        }
      }
    }
    return found
  }

  /// What holds once the clients of `lost` have activated at its peer: 0 and 0 on the node that
  /// was lost, X + Y and 0 on the one that stands in (B29).
  ///
  /// - Parameter clients: X + Y, all clients of the group.
  public func violationsAfterFailover(of lost: NodeID, clients: Int) -> [ConnectionViolation] {
    var found = self.violationsEver
    let (gone, survivor) =
      lost == .first ? (self.first, self.second) : (self.second, self.first)
    let left = gone.counters(publisher: .first)
    if left.jsmSessionsClient != 0 || left.jsmSessionsClientInactive != 0 {
      found.append(
        .lostNodeCounts(
          lost, active: left.jsmSessionsClient, inactive: left.jsmSessionsClientInactive))
    }
    let all = survivor.counters(publisher: .first)
    if all.jsmSessionsClient != clients || all.jsmSessionsClientInactive != 0 {
      found.append(
        .survivorCounts(
          lost.peer, active: all.jsmSessionsClient, inactive: all.jsmSessionsClientInactive))
    }
    return found
  }
}
