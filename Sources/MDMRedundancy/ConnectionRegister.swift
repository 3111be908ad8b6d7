public import MDMStanza

// The clients connected to one node, each by an active or an inactive connection (R-187…R-191).
//
// Law: a connection is active only while the node serves the users of the client's home; when it
// stops serving them, no active connection of theirs is left in the same step. A client has one
// connection here at most. The counters follow from the connections and from nothing else.
//
//            open(standby)                       open(active), served
//   absent ────────────────▶ inactive     absent ─────────────────────▶ active
//     ▲ close                  │   ▲                                     │  │ close
//     └────────────────────────┤   └── stopServing, dual ────────────────┤  ▼
//                              │                                         │ absent
//                              └── activate, served ────────────────────▶┘ ▲
//                                                     stopServing, single ─┘

/// One client of one account.
public struct ClientID: Hashable, Comparable, Sendable {
  /// The client's account.
  public let account: AccountName
  /// The client's name within the account.
  public let device: DeviceName

  /// The client of this name.
  public init(_ account: AccountName, _ device: DeviceName) {
    self.account = account
    self.device = device
  }

  /// Orders by account, then by device.
  public static func < (left: Self, right: Self) -> Bool {
    left.account == right.account ? left.device < right.device : left.account < right.account
  }
}

/// What a node's connections are used for.
public enum ConnectionRole: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The client is served over it.
  case active
  /// It stands by.
  case inactive
}

/// Why a node refuses a connection.
public enum ConnectionRefusal: Error, Hashable, Sendable {
  /// The node does not serve the client's users; the client should try the peer.
  case notServing
  /// The client holds no connection here.
  case notConnected
  /// The client may hold no inactive connection: it was offered none.
  case notOffered
  /// The node serves the client's users, so a connection to stand by belongs to the peer.
  case servesItself
  /// The node has as many connections as it may have.
  case tooManyConnections(limit: Int)
}

/// What a node must tell a client.
public enum ConnectionEffect: Hashable, Sendable {
  /// The node serves the client from now on: it may activate its inactive connection.
  case announceTakeover(ClientID)
  /// The connection stays, but is inactive from now on: the peer serves the client.
  case demote(ClientID)
  /// The connection is closed: the node does not serve the client any more.
  case disconnect(ClientID)
}

/// The connections of one node.
public struct ConnectionRegister: Hashable, Sendable {
  /// The node.
  public let node: NodeID
  /// The most connections, active and inactive together.
  public let connectionLimit: Int
  /// Whose users the node serves, by their home.
  public private(set) var serves = PerNode(both: false)

  struct Connection: Hashable {
    let client: ClientID
    let home: NodeID
    var role: ConnectionRole
    /// Whether the client was offered a second connection.
    var isDual: Bool
  }

  /// Ascending by client.
  private(set) var connections: [Connection] = []

  /// A node without connections that serves nobody.
  public init(node: NodeID, connectionLimit: Int = 100_000) {
    self.node = node
    self.connectionLimit = connectionLimit
  }

  /// What a client's connection is used for, nil when it has none.
  ///
  /// - Complexity: O(log connections).
  public func role(of client: ClientID) -> ConnectionRole? {
    let place = self.place(of: client)
    return self.holds(client, at: place) ? self.connections[place].role : nil
  }

  /// The clients with a connection of this kind, ascending.
  public func clients(_ role: ConnectionRole) -> [ClientID] {
    self.connections.filter { $0.role == role }.map { $0.client }
  }

  // MARK: - Connections

  /// A client connects; if it has a connection already, the new one replaces it.
  ///
  /// - Parameters:
  ///   - client: which.
  ///   - home: the node that is its user's home.
  ///   - role: what the connection is for.
  ///   - isDual: whether the client was offered a second connection.
  /// - Throws: ``ConnectionRefusal``; nothing has changed then.
  public mutating func open(
    _ client: ClientID, home: NodeID, as role: ConnectionRole, isDual: Bool
  ) throws(ConnectionRefusal) {
    switch role {
    case .active:
      guard self.serves[home] else { throw .notServing }
    case .inactive:
      guard isDual else { throw .notOffered }
      guard !self.serves[home] else { throw .servesItself }
    }
    let connection = Connection(client: client, home: home, role: role, isDual: isDual)
    let place = self.place(of: client)
    if self.holds(client, at: place) {
      self.connections[place] = connection
      return
    }
    guard self.connections.count < self.connectionLimit else {
      throw .tooManyConnections(limit: self.connectionLimit)
    }
    self.connections.insert(connection, at: place)
  }

  /// A client asks for its inactive connection to become the active one. An active one
  /// stays as it is: the client did not hear the answer.
  public mutating func activate(_ client: ClientID) throws(ConnectionRefusal) {
    let place = self.place(of: client)
    guard self.holds(client, at: place) else { throw .notConnected }
    guard self.serves[self.connections[place].home] else { throw .notServing }
    self.connections[place].role = .active
  }

  /// A client's connection is gone; does nothing when there is none.
  public mutating func close(_ client: ClientID) {
    let place = self.place(of: client)
    if self.holds(client, at: place) { self.connections.remove(at: place) }
  }

  // MARK: - Serving

  /// The node serves the users at home on `home` from now on.
  ///
  /// - Parameter effects: an announcement for each of their inactive connections, in order.
  public mutating func serve(_ home: NodeID, into effects: inout [ConnectionEffect]) {
    guard !self.serves[home] else { return }
    self.serves[home] = true
    for connection in self.connections where connection.home == home {
      effects.append(.announceTakeover(connection.client))
    }
  }

  /// The node serves the users at home on `home` no longer. Clients with two connections keep
  /// this one as the inactive one, so that a planned change signs nobody out (goal 17); the
  /// others are disconnected.
  public mutating func stopServing(_ home: NodeID, into effects: inout [ConnectionEffect]) {
    guard self.serves[home] else { return }
    self.serves[home] = false
    for place in self.connections.indices where self.connections[place].home == home {
      guard self.connections[place].isDual else {
        effects.append(.disconnect(self.connections[place].client))
        continue
      }
      // An inactive connection whose client had not asked yet is told nothing.
      guard self.connections[place].role == .active else { continue }
      self.connections[place].role = .inactive
      effects.append(.demote(self.connections[place].client))
    }
    self.connections.removeAll { $0.home == home && !$0.isDual }
  }

  /// The node has stopped without a word, or its service manager was started anew: every
  /// connection is gone and it serves nobody.
  public mutating func loseEverything() {
    self.connections.removeAll()
    self.serves = PerNode(both: false)
  }

  // MARK: - Places

  private func place(of client: ClientID) -> Int {
    var low = 0
    var high = self.connections.count
    while low < high {
      let middle = (low + high) / 2
      if self.connections[middle].client < client { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func holds(_ client: ClientID, at place: Int) -> Bool {
    place < self.connections.count && self.connections[place].client == client
  }
}
