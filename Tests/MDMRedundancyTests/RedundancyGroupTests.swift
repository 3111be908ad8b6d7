import MDMRedundancy
import Testing

@Suite("RedundancyGroup")
struct RedundancyGroupTests {
  private func violations(
    _ edit: (inout GroupDefinition) -> Void
  ) -> [GroupViolation] {
    var definition = makeDefinition()
    edit(&definition)
    return definition.violations()
  }

  @Test("R-093, R-094: a pair and a single node are groups")
  func validGroups() throws {
    let pair = try RedundancyGroup(makeDefinition(highAvailability: true))
    #expect(pair.isPair)
    #expect(pair.node(.second)?.name == "imp-2")
    #expect(pair.place(of: "IMP-2") == .second)
    #expect(pair.place(of: "imp-3") == nil)
    let single = try RedundancyGroup(makeDefinition(nodes: [makeNode("imp-1")]))
    #expect(!single.isPair)
    #expect(single.node(.first)?.name == "imp-1")
    #expect(single.node(.second) == nil)
    #expect(single.place(of: "imp-1") == .first)
  }

  @Test("R-119, B30: a name has 1 to 128 letters, digits, underscores and dashes")
  func names() {
    #expect(self.violations { $0.name = "Az09_-" } == [])
    #expect(self.violations { $0.name = String(repeating: "a", count: 128) } == [])
    #expect(self.violations { $0.name = "" } == [.nameEmpty])
    #expect(
      self.violations { $0.name = String(repeating: "a", count: 129) } == [.nameTooLong(129)])
    #expect(self.violations { $0.name = "a b.b é" } == [.nameCharacters([" ", ".", "é"])])
    // Letters of other alphabets are not alphanumeric here.
    #expect(self.violations { $0.name = "группа" } == [.nameCharacters(["г", "р", "у", "п", "а"])])
  }

  @Test("R-120, B30: a description has at most 128 scalars and none of the forbidden ones")
  func descriptions() {
    #expect(self.violations { $0.description = "Straße 7 – plain, with: (marks) and \\" } == [])
    #expect(self.violations { $0.description = String(repeating: "é", count: 128) } == [])
    #expect(
      self.violations { $0.description = String(repeating: "é", count: 129) }
        == [.descriptionTooLong(129)])
    #expect(
      self.violations { $0.description = "\"50%\" & </>" }
        == [.descriptionCharacters(["\"", "%", "&", "<", "/", ">"])])
    #expect(
      self.violations { $0.description = "a\nb\u{7F}" }
        == [.descriptionCharacters(["\n", "\u{7F}"])])
  }

  @Test("B30: a strict description refuses the backslash that the document allows")
  func strictDescription() {
    let strict = self.violations {
      $0.description = "\\"
      $0.strictDescription = true
    }
    #expect(strict == [.descriptionCharacters(["\\"])])
  }

  @Test("R-093, R-094, R-121: one or two different nodes")
  func nodes() {
    #expect(self.violations { $0.nodes = [] } == [.noNode])
    #expect(
      self.violations { $0.nodes = ["a", "b", "c"].map { makeNode($0) } } == [.tooManyNodes(3)])
    #expect(
      self.violations { $0.nodes = [makeNode("imp-1"), makeNode("IMP-1")] }
        == [.sameNodeTwice("IMP-1")])
    #expect(self.violations { $0.nodes[1].name = "" } == [.nodeNameEmpty])
  }

  @Test("R-116, R-117: the nodes share cluster, publisher and version")
  func sameCluster() {
    #expect(
      self.violations { $0.nodes[1].cluster = "west" } == [.clustersDiffer(["east", "west"])])
    #expect(
      self.violations { $0.nodes[1].databasePublisher = "pub-2" }
        == [.publishersDiffer(["pub-1", "pub-2"])])
    #expect(
      self.violations { $0.nodes[1].softwareVersion = "15.0.2" }
        == [.versionsDiffer(["15.0.1", "15.0.2"])])
  }

  @Test("R-102: high availability needs two nodes")
  func highAvailability() {
    let single = self.violations {
      $0.nodes.removeLast()
      $0.highAvailability = true
    }
    #expect(single == [.highAvailabilityNeedsTwoNodes])
  }

  @Test("every violation is listed at once, with the rules' numbers")
  func allAtOnce() {
    let definition = GroupDefinition(
      name: "a b", description: "<>",
      nodes: [makeNode("x"), makeNode("X", cluster: "west", publisher: "p", version: "1")])
    let expected: [GroupViolation] = [
      .nameCharacters([" "]), .descriptionCharacters(["<", ">"]), .sameNodeTwice("X"),
      .clustersDiffer(["east", "west"]), .publishersDiffer(["pub-1", "p"]),
      .versionsDiffer(["15.0.1", "1"]),
    ]
    #expect(throws: GroupError(violations: expected)) { try RedundancyGroup(definition) }
    let text = GroupError(violations: expected).description
    for part in ["U+0020", "R-119", "R-120", "B30", "R-121", "R-093", "R-116", "R-117", "west"] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("R-109, R-118: names and nodes of other groups are taken")
  func takenNames() throws {
    let other = try RedundancyGroup(makeDefinition("Default-Group"))
    let definition = makeDefinition(
      "default-group", nodes: [makeNode("imp-3"), makeNode("IMP-2")])
    #expect(
      definition.violations(among: [other]) == [
        .nameTaken(by: "Default-Group"), .nodeTaken(node: "IMP-2", by: "Default-Group"),
      ])
  }

  @Test("every violation names a rule and says a sentence of its own")
  func descriptionsDiffer() {
    let all: [GroupViolation] = [
      .nameEmpty, .nameTooLong(200), .nameCharacters(["!"]), .nameTaken(by: "g"),
      .descriptionTooLong(200), .descriptionCharacters(["%"]), .noNode, .tooManyNodes(3),
      .nodeNameEmpty, .sameNodeTwice("n"), .clustersDiffer(["a", "b"]),
      .publishersDiffer(["a", "b"]), .versionsDiffer(["a", "b"]), .nodeTaken(node: "n", by: "g"),
      .highAvailabilityNeedsTwoNodes, .hasUsers(3),
    ]
    #expect(Set(all.map { $0.description }).count == all.count)
    #expect(all.allSatisfy { !$0.rules.isEmpty })
  }
}
