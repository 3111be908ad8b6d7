public import MDMStanza

/// The IM and Presence User Sessions Report: who is signed in, by cluster, sub-cluster and node, at
/// one point in time (R-082…R-092, B25).
public struct SessionReport: Hashable, Sendable {
  /// The documented name.
  public static let name = "IM and Presence User Sessions Report"

  /// When it was made.
  public let generatedAt: CalendarTime
  /// The nodes, in the order in which they were given.
  public let nodes: [NodeSessions]
  /// A line for each node, after those of a group the group's own, and last the cluster's.
  public let lines: [Line]

  /// What a line is about.
  public enum Level: String, Sendable, CaseIterable {
    /// One node.
    case node = "Node"
    /// A presence redundancy group.
    case subCluster = "Sub-cluster"
    /// All of it.
    case cluster = "Cluster"
  }

  /// One line of the report.
  public struct Line: Hashable, Sendable {
    /// What it is about.
    public let level: Level
    /// The presence redundancy group; empty for the cluster and for a node without one.
    public let group: String
    /// The node; empty for a total.
    public let node: String
    /// Users with at least one session, each counted once however many nodes she is on.
    public let users: Int
    /// Sessions.
    public let sessions: Int
    /// Connections that stand by, which are no sessions (B29).
    public let inactiveConnections: Int
  }

  /// The report on these nodes.
  ///
  /// - Parameters:
  ///   - generatedAt: what time it is now, by the host's clock.
  ///   - nodes: each node once; those of a group need not stand side by side.
  /// - Complexity: O(users on all nodes).
  public init(generatedAt: CalendarTime, nodes: [NodeSessions]) {
    self.generatedAt = generatedAt
    self.nodes = nodes
    var groups: [String] = []
    for node in nodes where !groups.contains(node.group) { groups.append(node.group) }
    var lines: [Line] = []
    for group in groups {
      let members = nodes.filter { $0.group == group }
      lines += members.map { Self.line(.node, group, $0.name, [$0]) }
      if !group.isEmpty { lines.append(Self.line(.subCluster, group, "", members)) }
    }
    lines.append(Self.line(.cluster, "", "", nodes))
    self.lines = lines
  }

  private static func line(
    _ level: Level, _ group: String, _ node: String, _ members: [NodeSessions]
  ) -> Line {
    Line(
      level: level, group: group, node: node, users: Self.distinctUsers(of: members),
      sessions: members.reduce(0) { $0 + $1.sessions },
      inactiveConnections: members.reduce(0) { $0 + $1.inactiveConnections })
  }

  private static func distinctUsers(of nodes: [NodeSessions]) -> Int {
    guard nodes.count > 1 else { return nodes.first?.users.count ?? 0 }
    var seen = Set<AccountName>(minimumCapacity: nodes.reduce(0) { $0 + $1.users.count })
    for node in nodes {
      for user in node.users { seen.insert(user.user) }
    }
    return seen.count
  }

  /// The line of the whole cluster.
  public var cluster: Line { self.lines[self.lines.count - 1] }

  // MARK: - By user

  /// One user on one node, as the drill-down shows her.
  public struct UserLine: Hashable, Sendable {
    /// The user.
    public let user: AccountName
    /// The node.
    public let node: String
    /// Her sessions there.
    public let sessions: Int
    /// The types of her devices, each once.
    public let deviceTypes: [String]
  }

  /// The users of a node, ascending by name; empty when there is no such node.
  ///
  /// - Complexity: O(users of the node).
  public func users(
    of node: String, names: DeviceTypeNames = .documented
  ) -> [UserLine] {
    self.nodes.filter { $0.name == node }.flatMap { node in
      node.users.map { user in
        UserLine(
          user: user.user, node: node.name, sessions: user.devices.sessions,
          deviceTypes: names.names(of: user.devices))
      }
    }
  }

  // MARK: - CSV

  /// The columns of ``csv(marksEncoding:)``.
  public static let columns = [
    "Level", "Presence Redundancy Group", "Node Name",
    "Count of users logged in from one or more devices", "Total number of sessions",
    "Inactive connections", "Generated at",
  ]

  /// The columns of ``usersCSV(of:names:marksEncoding:)``.
  public static let userColumns = [
    "User", "Node Name", "Number of sessions", "Device types", "Generated at",
  ]

  /// The report as a table of comma-separated values; see ``CSVWriter``.
  ///
  /// - Parameter marksEncoding: whether to begin with a byte order mark.
  /// - Returns: UTF-8.
  public func csv(marksEncoding: Bool = false) -> [UInt8] {
    var writer = CSVWriter(marksEncoding: marksEncoding)
    for column in Self.columns { writer.add(column) }
    writer.endRow()
    let time = self.generatedAt.description
    for line in self.lines {
      writer.add(line.level.rawValue)
      writer.add(line.group)
      writer.add(line.node)
      writer.add(line.users)
      writer.add(line.sessions)
      writer.add(line.inactiveConnections)
      writer.add(time)
      writer.endRow()
    }
    return writer.bytes
  }

  /// The users of a node as a table of comma-separated values.
  ///
  /// - Parameters:
  ///   - node: which; nil for all of them, one after the other.
  ///   - names: what the sorts of devices are called.
  ///   - marksEncoding: whether to begin with a byte order mark.
  /// - Returns: UTF-8.
  /// - Complexity: O(bytes).
  public func usersCSV(
    of node: String? = nil, names: DeviceTypeNames = .documented, marksEncoding: Bool = false
  ) -> [UInt8] {
    var writer = CSVWriter(marksEncoding: marksEncoding)
    for column in Self.userColumns { writer.add(column) }
    writer.endRow()
    let time = self.generatedAt.description
    // Few combinations of devices are usual, and neighbours often have the same.
    var last: (devices: DeviceTally, text: String)?
    for part in self.nodes where node == nil || part.name == node {
      writer.reserve(writer.bytes.count + part.users.count * 96)
      for user in part.users {
        user.user.name.bytes.withUnsafeBufferPointer { writer.add(utf8: $0) }
        writer.add(part.name)
        writer.add(user.devices.sessions)
        let text =
          last?.devices == user.devices
          ? last?.text ?? "" : names.names(of: user.devices).joined(separator: "; ")
        last = (user.devices, text)
        writer.add(text)
        writer.add(time)
        writer.endRow()
      }
    }
    return writer.bytes
  }
}
