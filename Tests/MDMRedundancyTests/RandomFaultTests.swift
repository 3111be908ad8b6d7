import MDMRedundancy
import MDMStanza
import Testing

/// Small numbers from a seed.
private struct Dice {
  var state: UInt64

  mutating func roll(_ sides: Int) -> Int {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var value = self.state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((value ^ (value >> 31)) % UInt64(sides))
  }
}

/// Faults at random: the law is checked by the harness at every step, and when the faults are
/// over the pair comes back to Normal without a person, but for what a person had asked for.
@Suite("Random faults")
struct RandomFaultTests {
  static let seeds: [Int] = Array(1...40)

  @Test("the law holds, and the pair converges", arguments: seeds)
  func converges(seed: Int) throws {
    for arbitration in RedundancyConfiguration.Arbitration.allCases {
      var dice = Dice(state: UInt64(seed))
      var pair = PairHarness(
        try RedundancyConfiguration {
          $0.arbitration = arbitration
          $0.automaticFallback = true
          $0.automaticFallbackDelay = .seconds(60)
          $0.automaticRecovery = true
          $0.recoveryDelayLimit = .seconds(120)
        })
      pair.startBoth()
      for _ in 0..<40 {
        pair.run(for: Double(dice.roll(4) == 0 ? dice.roll(200) : dice.roll(8)) + 0.25)
        Self.disturb(&pair, &dice)
      }
      Self.heal(&pair)
      pair.run(for: 1_500)
      if let home = NodeID.allCases.first(where: { pair.status($0)?.state == .idle }) {
        try pair.command(.fallback(home), at: home)
        pair.run(for: 60)
      }
      #expect(pair.row == "P01", "seed \(seed), \(arbitration)\n\(pair.told)")
      for home in NodeID.allCases {
        let isServed = pair.serves(home, home)
        #expect(isServed, "seed \(seed), \(arbitration)\n\(pair.told)")
      }
    }
  }

  private static func disturb(_ pair: inout PairHarness, _ dice: inout Dice) {
    let node: NodeID = dice.roll(2) == 0 ? .first : .second
    let answers: [PairHarness.Answers] = [.good, .good, .unknownDone, .unknownLost, .none]
    switch dice.roll(14) {
    case 0: pair.crash(node)
    case 1, 2: if pair.nodes[node.index] == nil { pair.start(node) }
    case 3: pair.restart(node)
    case 4: pair.shutDown(node)
    case 5: pair.isLinkUp = [dice.roll(2) == 0, dice.roll(2) == 0]
    case 6, 7: pair.restoreLink()
    case 8: pair.reachesStore[node.index] = dice.roll(2) == 0
    case 9: pair.reachesWitness[node.index] = dice.roll(2) == 0
    case 10: pair.report(dice.roll(2) == 0 ? .healthy : RowRecipe.servicesDown, of: node)
    case 11: pair.leaseAnswers[node.index] = answers[dice.roll(answers.count)]
    case 12: pair.moves[node.index] = dice.roll(3) == 0 ? .bad : .good
    default:
      // Whether the states allow it is the node's business.
      try? pair.command(AdminCommand.all[dice.roll(5)], at: node)
    }
  }

  private static func heal(_ pair: inout PairHarness) {
    pair.restoreLink()
    pair.reachesStore = [true, true]
    pair.reachesWitness = [true, true]
    pair.leaseAnswers = [.good, .good]
    pair.moves = [.good, .good]
    for node in NodeID.allCases {
      pair.health[node.index] = .healthy
      if pair.nodes[node.index] == nil { pair.start(node) }
      pair.apply(.health(.healthy), to: node)
    }
  }
}
