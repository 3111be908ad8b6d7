import MDMRedundancy
import MDMStanza
import Testing

@Suite("Who owns the users")
struct OwnershipTests {
  private static func normal(
    _ arbitration: RedundancyConfiguration.Arbitration,
    _ edit: (inout RedundancyConfiguration.Values) -> Void = { _ in }
  ) throws -> PairHarness {
    var pair = PairHarness(
      try RedundancyConfiguration {
        $0.arbitration = arbitration
        edit(&$0)
      })
    pair.startBoth()
    pair.run(for: 1)
    #expect(pair.row == "P01", "\(pair.told)")
    return pair
  }

  // MARK: - With a store

  @Test("link cut, both reach the store: nobody is taken over, and the heal needs nobody")
  func linkCutWithStore() throws {
    var pair = try Self.normal(.leaseStore)
    pair.cutLink()
    pair.run(for: 2_000)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second))
    #expect(pair.alarms[0].contains(.peerLost))
    pair.restoreLink()
    pair.run(for: 20)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.alarms == [[], []])
  }

  @Test("one node cut off from link and store: it stops before the other starts, then returns")
  func isolatedNode() throws {
    var pair = try Self.normal(.leaseStore)
    pair.cutLink()
    pair.reachesStore[0] = false
    // Half-open: the lease of 60 s less 12 s of margin, from the latest renewal.
    pair.run(for: 48)
    #expect(!pair.serves(.first, .first))
    #expect(!pair.serves(.second, .first))
    pair.run(for: 30)
    #expect(pair.status(.first) == NodeStatus(.idle, .peerDown), "\(pair.told)")
    #expect(pair.serves(.second, .first) && pair.serves(.second, .second))
    pair.reachesStore[0] = true
    pair.restoreLink()
    pair.run(for: 20)
    #expect(pair.row == "H06", "\(pair.told)")
    try pair.command(.fallback(.first), at: .second)
    pair.run(for: 20)
    #expect(pair.row == "P01", "\(pair.told)")
  }

  @Test("no node reaches the store: nobody serves, and both go on when it is back")
  func storeDown() throws {
    var pair = try Self.normal(.leaseStore)
    pair.reachesStore = [false, false]
    pair.run(for: 60)
    #expect(!pair.serves(.first, .first) && !pair.serves(.second, .second))
    #expect(pair.alarms[0].contains(.ownershipLost))
    pair.reachesStore = [true, true]
    pair.run(for: 20)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second))
    // Nobody else owned the users in between: the epoch is the old one.
    #expect(pair.leases.map { $0.epoch } == [1, 1])
  }

  @Test(
    "R-142: while services are stopping, what they still write is theirs: no lease is given back")
  func noReleaseWhileStopping() throws {
    for arbitration in Arbitration.allCases {
      var pair = try Self.normal(arbitration)
      pair.stops = [.none, .none]
      try pair.command(.failover(.first), at: .first)
      pair.run(for: 30)
      let node = try #require(pair.nodes[0])
      #expect(
        node.ownership(of: .first).isHeld,
        "\(arbitration): given up with services that may still write\n\(pair.told)")
      #expect(!pair.serves(.first, .first) && pair.disconnects == [1, 0])
      #expect(
        !pair.serves(.second, .first),
        "\(arbitration): the peer serves beside services that still run\n\(pair.told)")
      if arbitration == .leaseStore { #expect(pair.leases[0].owner == .first) }
      pair.answerHeldStops()
      pair.run(for: 5)
      #expect(pair.serves(.second, .first), "\(arbitration)\n\(pair.told)")
      #expect(pair.row == "P03", "\(pair.told)")
    }
  }

  @Test("a node that is cut off serves nobody while its services are down, lease or not")
  func fencedDoesNotServe() throws {
    var pair = try Self.normal(.leaseStore)
    pair.cutLink()
    pair.reachesStore = [false, false]
    pair.run(for: 80)
    #expect(pair.status(.first) == NodeStatus(.idle, .peerDown), "\(pair.told)")
    pair.report(RowRecipe.servicesDown, of: .first)
    pair.reachesStore[0] = true
    pair.run(for: 30)
    #expect(pair.status(.first) == NodeStatus(.idle, .peerDown), "\(pair.told)")
    #expect(pair.leases[0].owner == .first && pair.now < pair.leases[0].end, "it may try")
    for home in NodeID.allCases {
      #expect(!pair.serves(.first, home), "a fenced node serves \(home)\n\(pair.told)")
    }
    pair.report(.healthy, of: .first)
    pair.run(for: 120)
    #expect(pair.serves(.first, .first) && pair.serves(.first, .second), "\(pair.told)")
  }

  @Test(
    "unknown outcomes of the store delay, and break nothing",
    arguments: [PairHarness.Answers.unknownDone, .unknownLost, .none])
  func unknownOutcomes(answers: PairHarness.Answers) throws {
    var pair = PairHarness()
    pair.leaseAnswers = [answers, answers]
    pair.startBoth()
    pair.run(for: 30)
    #expect(pair.row == "P01" && !pair.serves(.first, .first))
    pair.leaseAnswers = [.good, .good]
    pair.run(for: 20)
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second), "\(pair.told)")
    // A release that may or may not have happened.
    pair.leaseAnswers = [answers, .good]
    try pair.command(.failover(.first), at: .first)
    pair.run(for: 100)
    #expect(pair.row == "P03", "\(pair.told)")
    pair.leaseAnswers = [.good, .good]
    pair.leaseAnswers[1] = answers
    try pair.command(.fallback(.first), at: .first)
    pair.run(for: 45)
    pair.leaseAnswers[1] = .good
    pair.run(for: 60)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second))
  }

  @Test("a move with an unknown outcome is asked for again")
  func unknownMove() throws {
    var pair = try Self.normal(.leaseStore)
    pair.moves = [.good, .unknownLost]
    try pair.command(.failover(.first), at: .first)
    pair.run(for: 30)
    #expect(pair.row == "P02", "\(pair.told)")
    pair.moves = [.good, .good]
    pair.run(for: 10)
    #expect(pair.row == "P03", "\(pair.told)")
  }

  @Test("one-way links: the node that is not heard keeps its users")
  func oneWay() throws {
    for silent in NodeID.allCases {
      var pair = try Self.normal(.leaseStore)
      pair.isLinkUp[silent.index] = false
      pair.run(for: 1_000)
      #expect(pair.row == "P01", "\(pair.told)")
      pair.restoreLink()
      pair.run(for: 20)
      #expect(pair.row == "P01", "\(pair.told)")
    }
  }

  @Test("the stated bounds hold: when a lonely node stops, and when its users are claimed")
  func bounds() throws {
    for arbitration in Arbitration.allCases {
      var pair = try Self.normal(arbitration)
      pair.crash(.first)
      let last = pair.lastArrival[1]
      let bound = pair.configuration.longestUntilTakeover
      pair.run(until: last.advanced(by: bound))
      #expect(pair.serves(.second, .first), "\(arbitration)\n\(pair.told)")
      var alone = try Self.normal(arbitration)
      alone.cutLink()
      alone.reachesStore[0] = false
      alone.reachesWitness[0] = false
      let limit = alone.configuration.longestServiceAlone
      alone.run(until: alone.now.advanced(by: limit ?? .seconds(1_000)))
      #expect(alone.serves(.first, .first) == (limit == nil), "\(arbitration)\n\(alone.told)")
    }
  }

  // MARK: - With a witness

  @Test("link cut, a witness: one goes on, the other has stopped before, the heal needs nobody")
  func linkCutWithWitness() throws {
    var pair = try Self.normal(.witness)
    pair.cutLink()
    // Whoever the witness did not choose stops 12 s before its peer may begin.
    pair.run(for: 48)
    #expect(pair.serves(.first, .first) != pair.serves(.second, .second))
    pair.run(for: 60)
    let winner: NodeID = pair.serves(.first, .first) ? .first : .second
    #expect(pair.serves(winner, .first) && pair.serves(winner, .second), "\(pair.told)")
    #expect(pair.status(winner.peer) == NodeStatus(.idle, .peerDown), "\(pair.told)")
    pair.run(for: 500)
    #expect(pair.serves(winner, .first) && pair.serves(winner, .second), "\(pair.told)")
    pair.restoreLink()
    pair.run(for: 20)
    #expect(["H06", "H06'"].contains(pair.row), "\(pair.told)")
    try pair.command(.fallback(winner.peer), at: winner)
    pair.run(for: 20)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second), "\(pair.told)")
  }

  @Test("a dead peer and a witness: the users are taken over at 60 s")
  func deadPeerWithWitness() throws {
    var pair = try Self.normal(.witness)
    pair.crash(.first)
    pair.run(for: 76)
    #expect(pair.row == "P16", "\(pair.told)")
    #expect(pair.serves(.second, .first) && pair.serves(.second, .second))
  }

  @Test("neither link nor witness: nobody serves; both begin again")
  func neitherLinkNorWitness() throws {
    var pair = try Self.normal(.witness)
    pair.cutLink()
    pair.reachesWitness = [false, false]
    pair.run(for: 200)
    for node in NodeID.allCases {
      #expect(pair.status(node) == NodeStatus(.idle, .peerDown), "\(pair.told)")
      #expect(!pair.serves(node, node))
    }
    pair.restoreLink()
    pair.run(for: 40)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second))
  }

  // MARK: - With nobody

  @Test("H11 with nobody to decide: both serve all, never in one epoch; the higher epoch goes on")
  func linkCutWithNobody() throws {
    var pair = try Self.normal(.nobody)
    pair.cutLink()
    pair.run(for: 61)
    #expect(pair.row == "H11", "\(pair.told)")
    for node in NodeID.allCases {
      #expect(pair.serves(node, .first) && pair.serves(node, .second))
    }
    pair.restoreLink()
    pair.run(for: 35)
    #expect(["H06", "H06'"].contains(pair.row), "\(pair.told)")
    let winner: NodeID = pair.row == "H06" ? .second : .first
    for home in NodeID.allCases {
      #expect(pair.serves(winner, home) && !pair.serves(winner.peer, home), "\(pair.told)")
    }
  }

  @Test("by hand, there and back, whoever decides", arguments: Arbitration.allCases)
  func byHand(arbitration: Arbitration) throws {
    for home in NodeID.allCases {
      var pair = try Self.normal(arbitration)
      try pair.command(.failover(home), at: .first)
      pair.run(for: 20)
      #expect(["P03", "P03'"].contains(pair.row), "\(pair.told)")
      #expect(pair.serves(home.peer, home))
      try pair.command(.fallback(home), at: .first)
      pair.run(for: 20)
      #expect(pair.row == "P01", "\(pair.told)")
      #expect(pair.serves(.first, .first) && pair.serves(.second, .second))
    }
  }

  typealias Arbitration = RedundancyConfiguration.Arbitration
}
