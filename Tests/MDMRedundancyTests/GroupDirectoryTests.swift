import MDMRedundancy
import Testing

@Suite("GroupDirectory")
struct GroupDirectoryTests {
  private func makeDirectory() throws -> GroupDirectory {
    var directory = GroupDirectory()
    try directory.add(makeDefinition("alpha"))
    try directory.add(
      makeDefinition("beta", nodes: [makeNode("imp-3"), makeNode("imp-4")], highAvailability: true))
    return directory
  }

  @Test("R-109, R-118: a second group may not take the name or a node")
  func adding() throws {
    var directory = try self.makeDirectory()
    #expect(throws: GroupError.self) { try directory.add(makeDefinition("ALPHA", nodes: [])) }
    #expect(throws: GroupError.self) { try directory.add(makeDefinition("gamma")) }
    #expect(directory.groups.map { $0.name } == ["alpha", "beta"])
  }

  @Test("B30: a group is found by any spelling of its name")
  func finding() throws {
    let directory = try self.makeDirectory()
    #expect(directory.group(named: "ALPHA")?.name == "alpha")
    #expect(directory.group(named: "gamma") == nil)
  }

  @Test("a group may keep its own name and nodes when it is changed, not take another's")
  func changing() throws {
    var directory = try self.makeDirectory()
    try directory.change("alpha", to: makeDefinition("Alpha", nodes: [makeNode("imp-1")]))
    #expect(directory.group(named: "alpha")?.isPair == false)
    #expect(throws: GroupError.self) {
      try directory.change("alpha", to: makeDefinition("beta"))
    }
    try directory.change("gamma", to: makeDefinition("gamma"))
    #expect(directory.groups.map { $0.name } == ["Alpha", "beta"])
  }

  @Test("R-094: nodes without a group are listed")
  func unassignedNodes() throws {
    var directory = try self.makeDirectory()
    let all = ["IMP-1", "imp-2", "imp-5", "imp-3"]
    #expect(directory.nodesWithoutGroup(of: all) == ["imp-5"])
    directory.remove("BETA")
    #expect(directory.nodesWithoutGroup(of: all) == ["imp-5", "imp-3"])
  }

  @Test("R-106: groups with and without high availability may stand side by side, and are reported")
  func mixing() throws {
    var directory = try self.makeDirectory()
    #expect(directory.mixesHighAvailability)
    try directory.change("alpha", to: makeDefinition("alpha", highAvailability: true))
    #expect(!directory.mixesHighAvailability)
    #expect(!GroupDirectory().mixesHighAvailability)
  }
}
