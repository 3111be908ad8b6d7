/// The kinds of session that a node has (R-060…, B24).
public enum SessionKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// One for each user assigned to the node, signed in or not.
  case composed
  /// A client that reached the node directly.
  case clientOnPremise
  /// A client that came through an edge server.
  case clientOffPremise
  /// A client behind a push service, whose connection is gone (R-062, B14).
  case phantom
  /// A user's session in another messaging system that is joined to this one.
  case hybrid
  /// A second connection that stands by, to take over when the user's node is lost (R-199, B29).
  case inactive

  /// The kind in words, as the console and the metrics write it.
  public var label: String {
    switch self {
    case .composed: "composed"
    case .clientOnPremise: "client_on_premise"
    case .clientOffPremise: "client_off_premise"
    case .phantom: "phantom"
    case .hybrid: "hybrid"
    case .inactive: "inactive"
    }
  }

  /// Whether a session of this kind is part of a node's load: clients, phantoms and hybrids are;
  /// composed ones are not, since a full node has them all before anyone signs in (B24).
  public var isLoad: Bool {
    switch self {
    case .clientOnPremise, .clientOffPremise, .phantom, .hybrid: true
    case .composed, .inactive: false
    }
  }
}

/// How many sessions of each kind a node has.
public struct SessionCounts: Hashable, Sendable {
  private var counts = SIMD8<Int>(repeating: 0)

  /// None at all.
  public init() {}

  /// Sessions of a kind.
  public subscript(kind: SessionKind) -> Int {
    get { self.counts[Int(kind.rawValue)] }
    set { self.counts[Int(kind.rawValue)] = newValue }
  }

  /// Clients, on-premise and off-premise together: `JsmClientSessionsActive`.
  public var clients: Int { self[.clientOnPremise] + self[.clientOffPremise] }

  /// What the node carries: clients, phantoms and hybrids (B24).
  public var load: Int { self.clients + self[.phantom] + self[.hybrid] }

  /// Adds the sessions of another part of the node.
  public mutating func add(_ other: SessionCounts) { self.counts &+= other.counts }
}

/// The JSM session counters by their documented names (R-064… …R-200).
public enum JSMCounterName: String, Sendable, CaseIterable {
  /// Client sessions.
  case jsmClientSessionsActive = "JsmClientSessionsActive"
  /// Phantom sessions.
  case jsmPhantomSessionsActive = "JsmPhantomSessionsActive"
  /// Hybrid sessions.
  case jsmHybridSessionsActive = "JsmHybridSessionsActive"
  /// Composed sessions.
  case jsmSessionsComposed = "JsmSessionsComposed"
  /// Active connections of clients.
  case jsmSessionsClient = "JsmSessionsClient"
  /// Inactive connections of clients.
  case jsmSessionsClientInactive = "JsmSessionsClientInactive"
  /// Users of this node who are at home on the publisher of the database.
  case activeJsmSessions = "ActiveJsmSessions"
  /// Users of this node who are at home on a subscriber.
  case inactiveJsmSessions = "InactiveJsmSessions"
}

/// A node's session counters, both documented families (R-064… …R-200, B29).
///
/// The first family tells kinds of session apart: clients, phantoms, hybrids. The second comes from
/// redundancy: connections of clients that are active or stand by, and users by the node they
/// belong to. `ActiveJsmSessions` has an older meaning as well, which this is not (DIFF-12).
public struct JSMCounters: Hashable, Sendable {
  private var values = SIMD8<Int>(repeating: 0)

  /// All zero.
  public init() {}

  /// The counters of a node without redundancy: all of its users are its own, and the connections
  /// that stand by are those that `counts` has.
  ///
  /// - Parameters:
  ///   - counts: its sessions by kind.
  ///   - users: its users with at least one session.
  public init(_ counts: SessionCounts, users: Int) {
    self[.jsmClientSessionsActive] = counts.clients
    self[.jsmPhantomSessionsActive] = counts[.phantom]
    self[.jsmHybridSessionsActive] = counts[.hybrid]
    self[.jsmSessionsComposed] = counts[.composed]
    self[.jsmSessionsClient] = counts.clients
    self[.jsmSessionsClientInactive] = counts[.inactive]
    self[.activeJsmSessions] = users
  }

  /// The value of a counter.
  public subscript(name: JSMCounterName) -> Int {
    get { self.values[Self.place(of: name)] }
    set { self.values[Self.place(of: name)] = newValue }
  }

  /// Name and value of each, in the order of ``JSMCounterName``.
  public var named: [(name: JSMCounterName, value: Int)] {
    JSMCounterName.allCases.map { ($0, self[$0]) }
  }

  private static func place(of name: JSMCounterName) -> Int {
    switch name {
    case .jsmClientSessionsActive: 0
    case .jsmPhantomSessionsActive: 1
    case .jsmHybridSessionsActive: 2
    case .jsmSessionsComposed: 3
    case .jsmSessionsClient: 4
    case .jsmSessionsClientInactive: 5
    case .activeJsmSessions: 6
    case .inactiveJsmSessions: 7
    }
  }
}
