/// What is known of a node that is to stand in a presence redundancy group.
public struct GroupNode: Hashable, Sendable {
  /// The node's host name or address; two spellings that differ only in the case of ASCII letters
  /// name the same node, as in the domain name system.
  public var name: String
  /// The cluster that the node belongs to.
  public var cluster: String
  /// The node that publishes the cluster's database.
  public var databasePublisher: String
  /// The software version as the node reports it, compared letter by letter.
  public var softwareVersion: String

  /// The node with these facts.
  public init(name: String, cluster: String, databasePublisher: String, softwareVersion: String) {
    self.name = name
    self.cluster = cluster
    self.databasePublisher = databasePublisher
    self.softwareVersion = softwareVersion
  }

  /// Whether both name the same node.
  func isSameNode(as other: GroupNode) -> Bool {
    self.name.isSameIgnoringASCIICase(as: other.name)
  }
}

/// A presence redundancy group as an administrator writes it down, not yet checked.
///
/// ``violations`` lists everything that is wrong with it at once; ``RedundancyGroup`` is the
/// checked value.
public struct GroupDefinition: Hashable, Sendable {
  /// The group's name: 1–128 ASCII letters, digits, underscores and dashes (R-119, B30).
  public var name: String
  /// What the group is for: at most 128 Unicode scalars (R-120, B30).
  public var description: String
  /// One or two different nodes. The first is `NodeID.first`.
  public var nodes: [GroupNode]
  /// Whether the nodes stand in for each other; needs two of them.
  public var highAvailability: Bool
  /// How users are given a home (R-139…R-141).
  public var assignment: AssignmentMode
  /// Whether a backslash in the description is refused, which the document allows (B30).
  public var strictDescription: Bool

  /// A definition; high availability is off and the assignment balanced unless said otherwise.
  public init(
    name: String, description: String = "", nodes: [GroupNode], highAvailability: Bool = false,
    assignment: AssignmentMode = .balanced, strictDescription: Bool = false
  ) {
    self.name = name
    self.description = description
    self.nodes = nodes
    self.highAvailability = highAvailability
    self.assignment = assignment
    self.strictDescription = strictDescription
  }

  /// The longest name and the longest description, in Unicode scalars.
  public static let textLimit = 128
}

extension String {
  /// Whether both texts are the same but for the case of ASCII letters.
  func isSameIgnoringASCIICase(as other: String) -> Bool {
    self.utf8.elementsEqual(other.utf8) { Self.lowercase($0) == Self.lowercase($1) }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
