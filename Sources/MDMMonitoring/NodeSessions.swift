public import MDMSession
public import MDMStanza

/// How many sessions a user has on each sort of device.
public struct DeviceTally: Hashable, Sendable {
  private var counts = SIMD8<UInt16>(repeating: 0)

  /// None.
  public init() {}

  /// Sessions on devices of a kind.
  public subscript(kind: DeviceKind) -> Int {
    get { Int(self.counts[Int(kind.rawValue)]) }
    set { self.counts[Int(kind.rawValue)] = UInt16(clamping: newValue) }
  }

  /// Sessions on devices of any kind.
  public var sessions: Int { Int(SIMD8<UInt32>(truncatingIfNeeded: self.counts).wrappedSum()) }

  /// Counts another session.
  public mutating func add(_ kind: DeviceKind) { self[kind] += 1 }
}

/// One user's sessions on one node.
public struct UserSessions: Hashable, Sendable {
  /// The user.
  public let user: AccountName
  /// Her sessions, by the sort of device.
  public var devices: DeviceTally

  /// The sessions of a user.
  public init(_ user: AccountName, _ devices: DeviceTally) {
    self.user = user
    self.devices = devices
  }
}

/// One node's part of the sessions report (R-086, B25).
public struct NodeSessions: Hashable, Sendable {
  /// The node's name.
  public let name: String
  /// Its presence redundancy group, the sub-cluster; empty for a node that has none.
  public let group: String
  /// Users with at least one session, ascending by name.
  public let users: [UserSessions]
  /// Connections that stand by: not counted as sessions (B25, B29).
  public let inactiveConnections: Int

  /// The part of a node.
  ///
  /// - Parameters:
  ///   - name: the node's name.
  ///   - group: its group's name.
  ///   - users: in any order, each once; users without sessions are left out.
  ///   - inactiveConnections: its connections that stand by.
  /// - Complexity: O(users · log users).
  public init(
    name: String, group: String = "", users: [UserSessions], inactiveConnections: Int = 0
  ) {
    self.name = name
    self.group = group
    self.users = users.filter { $0.devices.sessions > 0 }.sorted { $0.user < $1.user }
    self.inactiveConnections = inactiveConnections
  }

  /// Sessions of all users.
  public var sessions: Int { self.users.reduce(0) { $0 + $1.devices.sessions } }
}

/// What the report calls the sorts of devices (R-090…R-092); every name can be replaced.
public struct DeviceTypeNames: Hashable, Sendable {
  private var names: [String]

  /// The documented names: an Android tablet is a Desktop.
  public static let documented = DeviceTypeNames()

  /// The documented names.
  public init() { self.names = DeviceKind.allCases.map { $0.reportName } }

  /// The name of a sort of device.
  public subscript(kind: DeviceKind) -> String {
    get { self.names[Int(kind.rawValue)] }
    set { self.names[Int(kind.rawValue)] = newValue }
  }

  /// The names of the devices of a user, each once, in the order of ``DeviceKind``.
  public func names(of devices: DeviceTally) -> [String] {
    var found: [String] = []
    for kind in DeviceKind.allCases where devices[kind] > 0 && !found.contains(self[kind]) {
      found.append(self[kind])
    }
    return found
  }
}
