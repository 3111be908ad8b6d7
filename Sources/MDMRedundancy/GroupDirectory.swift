/// The presence redundancy groups of one cluster.
///
/// Law: names differ, compared without case (R-118, B30), and no node stands in two groups.
/// That every node of the cluster stands in one is a matter of time while groups are being
/// set up, so ``nodesWithoutGroup(of:)`` reports it and nothing refuses it.
public struct GroupDirectory: Hashable, Sendable {
  /// The groups, in the order in which they were added.
  public private(set) var groups: [RedundancyGroup] = []

  /// A cluster without groups.
  public init() {}

  /// Adds a group.
  ///
  /// - Throws: ``GroupError`` with every violation at once; the directory is then unchanged.
  public mutating func add(_ definition: GroupDefinition) throws(GroupError) {
    self.groups.append(try RedundancyGroup(definition, among: self.groups))
  }

  /// Replaces the definition of the group of this name, which may take a new name by it. Does
  /// nothing when there is no such group.
  ///
  /// - Throws: ``GroupError`` with every violation at once; the directory is then unchanged.
  public mutating func change(
    _ name: String, to definition: GroupDefinition
  ) throws(GroupError) {
    guard let index = self.index(of: name) else { return }
    var others = self.groups
    others.remove(at: index)
    self.groups[index] = try RedundancyGroup(definition, among: others)
  }

  /// Takes the group of this name out; its nodes are then without one.
  public mutating func remove(_ name: String) {
    if let index = self.index(of: name) { self.groups.remove(at: index) }
  }

  /// The group of this name, whatever the case of its letters.
  public func group(named name: String) -> RedundancyGroup? {
    self.index(of: name).map { self.groups[$0] }
  }

  /// Those of the cluster's nodes that stand in no group, in the order given.
  public func nodesWithoutGroup(of nodes: [String]) -> [String] {
    nodes.filter { node in !self.groups.contains { $0.place(of: node) != nil } }
  }

  /// Whether some groups are highly available and others are not: allowed, but not recommended
  ///
  public var mixesHighAvailability: Bool {
    self.groups.contains { $0.definition.highAvailability }
      && self.groups.contains { !$0.definition.highAvailability }
  }

  private func index(of name: String) -> Int? {
    self.groups.firstIndex { $0.name.isSameIgnoringASCIICase(as: name) }
  }
}
