/// A rule that a presence redundancy group breaks.
@nonexhaustive
public enum GroupViolation: Hashable, Sendable {
  /// The name is empty (R-119, B30).
  case nameEmpty
  /// The name has this many scalars (R-119).
  case nameTooLong(Int)
  /// The name holds these scalars, each once in order of appearance (R-119).
  case nameCharacters([Unicode.Scalar])
  /// Another group has the name, in this spelling (R-118, B30).
  case nameTaken(by: String)
  /// The description has this many scalars (R-120).
  case descriptionTooLong(Int)
  /// The description holds these scalars, each once in order of appearance (R-120, B30).
  case descriptionCharacters([Unicode.Scalar])
  /// There is no node (R-094).
  case noNode
  /// There are this many nodes (R-093, R-094).
  case tooManyNodes(Int)
  /// A node has no name.
  case nodeNameEmpty
  /// The same node is named twice (R-121).
  case sameNodeTwice(String)
  /// The nodes belong to these clusters (R-093, R-116).
  case clustersDiffer([String])
  /// The nodes have these database publishers (R-116).
  case publishersDiffer([String])
  /// The nodes run these software versions (R-117).
  case versionsDiffer([String])
  /// The node stands in another group already (R-109).
  case nodeTaken(node: String, by: String)
  /// High availability is asked for with fewer than two nodes (R-102).
  case highAvailabilityNeedsTwoNodes
  /// So many users belong to a group that is to go, or to get another number of nodes: they are
  /// moved to other groups first (R-211).
  case hasUsers(Int)

  /// The numbers of the requirements and decisions that the violation is measured against.
  public var rules: [String] {
    switch self {
    case .nameEmpty: ["R-119", "B30"]
    case .nameTooLong, .nameCharacters: ["R-119"]
    case .nameTaken: ["R-118", "B30"]
    case .descriptionTooLong: ["R-120"]
    case .descriptionCharacters: ["R-120", "B30"]
    case .noNode, .nodeNameEmpty: ["R-094"]
    case .tooManyNodes: ["R-093", "R-094"]
    case .sameNodeTwice: ["R-121"]
    case .clustersDiffer: ["R-093", "R-116"]
    case .publishersDiffer: ["R-116"]
    case .versionsDiffer: ["R-117"]
    case .nodeTaken: ["R-109"]
    case .highAvailabilityNeedsTwoNodes: ["R-102"]
    case .hasUsers: ["R-211"]
    }
  }
}

extension GroupViolation: CustomStringConvertible {
  /// What is wrong and what is allowed, in a sentence with the rules' numbers.
  public var description: String {
    "\(self.sentence) (\(self.rules.joined(separator: ", ")))"
  }

  private var sentence: String {
    let limit = GroupDefinition.textLimit
    return switch self {
    case .nameEmpty: "the name is empty"
    case .nameTooLong(let count): "the name has \(count) characters, at most \(limit) are allowed"
    case .nameCharacters(let scalars):
      "the name holds \(Self.list(scalars)), only letters, digits, _ and - are allowed"
    case .nameTaken(let other): "the name is that of the group \(other)"
    case .descriptionTooLong(let count):
      "the description has \(count) characters, at most \(limit) are allowed"
    case .descriptionCharacters(let scalars): "the description holds \(Self.list(scalars))"
    case .noNode: "the group has no node"
    case .tooManyNodes(let count): "the group has \(count) nodes, at most two are allowed"
    case .nodeNameEmpty: "a node has no name"
    case .sameNodeTwice(let node): "the node \(node) is named twice"
    case .clustersDiffer(let names): "the nodes are of different clusters: \(Self.list(names))"
    case .publishersDiffer(let names):
      "the nodes have different database publishers: \(Self.list(names))"
    case .versionsDiffer(let names): "the nodes run different versions: \(Self.list(names))"
    case .nodeTaken(let node, let group): "the node \(node) belongs to the group \(group)"
    case .highAvailabilityNeedsTwoNodes: "high availability needs two nodes"
    case .hasUsers(let count): "\(count) users belong to the group and have to be moved first"
    }
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

  /// Scalars by their code points: a control character would make a mess of a log.
  private static func list(_ scalars: [Unicode.Scalar]) -> String {
    scalars.map { scalar in
      let code = String(scalar.value, radix: 16, uppercase: true)
      let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
      return scalar.value > 0x20 && scalar.value < 0x7F ? "\(scalar)" : "U+\(padded)"
    }.joined(separator: " ")
  }
}

/// Everything that is wrong with a group.
public struct GroupError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One entry for each broken rule, in the order of ``GroupViolation``'s cases.
  public let violations: [GroupViolation]

  package init(violations: [GroupViolation]) { self.violations = violations }

  /// Every violation, separated by semicolons.
  public var description: String {
    self.violations.map { $0.description }.joined(separator: "; ")
  }
}
