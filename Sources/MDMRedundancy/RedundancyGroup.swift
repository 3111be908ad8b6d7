/// A presence redundancy group whose definition keeps every rule (R-093, R-094, R-116…R-122, B30).
public struct RedundancyGroup: Hashable, Sendable {
  /// The definition, without violations.
  public let definition: GroupDefinition

  /// Checks a definition, by itself and against the groups that exist already.
  ///
  /// - Parameters:
  ///   - definition: what the administrator wrote.
  ///   - others: the cluster's other groups; names and nodes must not be theirs.
  /// - Throws: ``GroupError`` with every violation at once.
  public init(
    _ definition: GroupDefinition, among others: [RedundancyGroup] = []
  ) throws(GroupError) {
    let violations = definition.violations(among: others)
    guard violations.isEmpty else { throw GroupError(violations: violations) }
    self.definition = definition
  }

  /// The group's name, in the administrator's spelling.
  public var name: String { self.definition.name }

  /// Whether the group has two nodes.
  public var isPair: Bool { self.definition.nodes.count == 2 }

  /// The node at this place, or nil for the second of a group of one.
  public func node(_ place: NodeID) -> GroupNode? {
    switch place {
    case .first: self.definition.nodes.first
    case .second: self.isPair ? self.definition.nodes[1] : nil
    }
  }

  /// The place of the node of this name, or nil when it belongs to another group.
  public func place(of name: String) -> NodeID? {
    let places: [NodeID] = [.first, .second]
    return places.first { place in
      self.node(place).map { $0.name.isSameIgnoringASCIICase(as: name) } ?? false
    }
  }
}

extension GroupDefinition {
  /// Every rule that the definition breaks, in the order of ``GroupViolation``'s cases.
  public func violations(among others: [RedundancyGroup] = []) -> [GroupViolation] {
    self.nameViolations(among: others) + self.descriptionViolations
      + self.nodeViolations(among: others)
  }

  private func nameViolations(among others: [RedundancyGroup]) -> [GroupViolation] {
    var found: [GroupViolation] = []
    let scalars = self.name.unicodeScalars
    if scalars.isEmpty { found.append(.nameEmpty) }
    if scalars.count > Self.textLimit { found.append(.nameTooLong(scalars.count)) }
    let strange = Self.distinct(scalars) { !Self.isAllowedInNames($0) }
    if !strange.isEmpty { found.append(.nameCharacters(strange)) }
    if let other = others.first(where: { $0.name.isSameIgnoringASCIICase(as: self.name) }) {
      found.append(.nameTaken(by: other.name))
    }
    return found
  }

  private var descriptionViolations: [GroupViolation] {
    var found: [GroupViolation] = []
    let scalars = self.description.unicodeScalars
    if scalars.count > Self.textLimit { found.append(.descriptionTooLong(scalars.count)) }
    let strange = Self.distinct(scalars) { scalar in
      Self.forbiddenInDescriptions.contains(scalar)
        || scalar.properties.generalCategory == .control
        || (self.strictDescription && scalar == "\\")
    }
    if !strange.isEmpty { found.append(.descriptionCharacters(strange)) }
    return found
  }

  private func nodeViolations(among others: [RedundancyGroup]) -> [GroupViolation] {
    var found: [GroupViolation] = []
    if self.nodes.isEmpty { found.append(.noNode) }
    if self.nodes.count > 2 { found.append(.tooManyNodes(self.nodes.count)) }
    if self.nodes.contains(where: { $0.name.isEmpty }) { found.append(.nodeNameEmpty) }
    for (number, node) in self.nodes.enumerated()
    where self.nodes[..<number].contains(where: { $0.isSameNode(as: node) }) {
      found.append(.sameNodeTwice(node.name))
    }
    if Self.differ(self.nodes.map { $0.cluster }) {
      found.append(.clustersDiffer(self.nodes.map { $0.cluster }))
    }
    if Self.differ(self.nodes.map { $0.databasePublisher }) {
      found.append(.publishersDiffer(self.nodes.map { $0.databasePublisher }))
    }
    if Self.differ(self.nodes.map { $0.softwareVersion }) {
      found.append(.versionsDiffer(self.nodes.map { $0.softwareVersion }))
    }
    for node in self.nodes {
      if let group = others.first(where: { $0.place(of: node.name) != nil }) {
        found.append(.nodeTaken(node: node.name, by: group.name))
      }
    }
    if self.highAvailability && self.nodes.count < 2 {
      found.append(.highAvailabilityNeedsTwoNodes)
    }
    return found
  }

  private static let forbiddenInDescriptions: [Unicode.Scalar] = ["\"", "%", "&", "/", "<", ">"]

  private static func isAllowedInNames(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "A"..."Z", "a"..."z", "0"..."9", "_", "-": true
    default: false
    }
  }

  /// The scalars that `isWanted` picks, each once, in order of appearance.
  private static func distinct(
    _ scalars: String.UnicodeScalarView, where isWanted: (Unicode.Scalar) -> Bool
  ) -> [Unicode.Scalar] {
    var found: [Unicode.Scalar] = []
    for scalar in scalars where isWanted(scalar) && !found.contains(scalar) {
      found.append(scalar)
    }
    return found
  }

  private static func differ(_ texts: [String]) -> Bool {
    texts.contains { !$0.utf8.elementsEqual(texts[0].utf8) }
  }
}
