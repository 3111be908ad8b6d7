public import MDMRedundancy

/// Something that goes wrong, or that a person asks for, in a simulation of two nodes.
public struct PairFault: Hashable, Sendable, CustomStringConvertible {
  /// What happens.
  public enum Kind: Hashable, Sendable {
    /// Nothing that the node sends to its peer arrives.
    case cut(NodeID)
    /// Heartbeats in both directions are lost, so many in a thousand, doubled and late.
    case poorLine(lost: Int)
    /// The node does not reach the store: half of its requests are carried out all the same.
    case storeCut(NodeID)
    /// The store answers nobody.
    case storeOut
    /// The store carries out the node's requests long after it was told that nobody knows.
    case storeLate(NodeID)
    /// The node does not reach the witness.
    case witnessCut(NodeID)
    /// The node's process ends after so many more effects, and starts again at the fault's end.
    case crash(NodeID, after: Int)
    /// The same, and the peer's host knows that the machine is off.
    case powerLoss(NodeID)
    /// The node says goodbye, and starts again at the fault's end.
    case shutDown(NodeID)
    /// The service manager ends and starts again a moment later.
    case restart(NodeID)
    /// The node's process stands still and then goes on as if nothing had happened.
    case pause(NodeID)
    /// A critical service does not run.
    case servicesDown(NodeID)
    /// The database does not answer.
    case databaseDown(NodeID)
    /// Services do not start when they are asked to.
    case startsFail(NodeID)
    /// Moving users to the node fails, or nobody knows how it ended.
    case movesFail(NodeID, isUnknown: Bool)
    /// The node's clock jumps by so many milliseconds. One that jumps back stands still until it
    /// has caught up: an instant never comes again.
    case jump(NodeID, milliseconds: Int)
    /// The node's clock runs at so many thousandths of true time.
    case rate(NodeID, permille: Int)
    /// An administrator asks a node for something.
    case command(AdminCommand, at: NodeID)
    /// Something inside the node's host breaks.
    case internalError(NodeID)
  }

  /// When it begins, in milliseconds of true time.
  public var begin: Int
  /// How long it lasts, in milliseconds; of no meaning to what happens at once.
  public var length: Int
  /// What happens.
  public var kind: Kind

  /// A fault.
  public init(begin: Int, length: Int = 0, _ kind: Kind) {
    self.begin = begin
    self.length = length
    self.kind = kind
  }

  /// When it is over, in milliseconds of true time.
  public var end: Int { self.begin + self.length }

  /// The fault in one line.
  public var description: String { "\(self.begin) ms + \(self.length) ms: \(self.kind)" }
}

extension PairFault {
  /// The faults of a run, in the order in which they begin.
  static func plan(
    _ random: inout SeededGenerator, arbitration: RedundancyConfiguration.Arbitration
  ) -> [PairFault] {
    let span = 1_000 * random.number(in: 300...1_800)
    let count = random.number(in: 1...14)
    var faults: [PairFault] = []
    for node in NodeID.allCases where random.chance(1, in: 2) {
      let permille = Self.rate(&random, arbitration)
      faults.append(PairFault(begin: 0, .rate(node, permille: permille)))
    }
    for _ in 0..<count {
      let kind = Self.kind(&random, arbitration: arbitration)
      let begin = random.number(in: 0...span)
      faults.append(PairFault(begin: begin, length: Self.length(&random, of: kind), kind))
      // Worst moments: something else happens at the same time, or just after.
      if random.chance(1, in: 3) {
        let other = Self.kind(&random, arbitration: arbitration)
        let delay = random.pick([0, 1, 7, 50, 1_000, 15_000])
        faults.append(
          PairFault(begin: begin + delay, length: Self.length(&random, of: other), other))
      }
    }
    return faults.enumerated().sorted {
      ($0.element.begin, $0.offset) < ($1.element.begin, $1.offset)
    }
    .map { $0.element }
  }

  /// A witness trusts clocks more than a store does: both nodes' measure the same silence.
  private static func rate(
    _ random: inout SeededGenerator, _ arbitration: RedundancyConfiguration.Arbitration
  ) -> Int {
    arbitration == .witness ? random.number(in: 950...1_050) : random.number(in: 900...1_100)
  }

  private static func length(_ random: inout SeededGenerator, of kind: Kind) -> Int {
    switch kind {
    case .restart: random.number(in: 20...8_000)
    case .jump, .rate, .command, .internalError: 0
    case .cut, .poorLine, .storeCut, .storeOut, .storeLate, .witnessCut, .crash, .powerLoss,
      .shutDown, .pause, .servicesDown, .databaseDown, .startsFail, .movesFail:
      random.pick([
        random.number(in: 10...2_000), random.number(in: 2_000...50_000),
        random.number(in: 45_000...75_000), random.number(in: 60_000...300_000),
      ])
    }
  }

  private static func kind(
    _ random: inout SeededGenerator, arbitration: RedundancyConfiguration.Arbitration
  ) -> Kind {
    let node = random.pick(NodeID.allCases)
    switch random.below(30) {
    case 0..<5: return .cut(node)
    case 5..<7: return .poorLine(lost: random.number(in: 50...700))
    case 7..<9: return .storeCut(node)
    case 9: return .storeOut
    case 10..<12: return .storeLate(node)
    case 12: return .witnessCut(node)
    case 13..<16: return .crash(node, after: random.below(12))
    case 16: return .powerLoss(node)
    case 17: return .shutDown(node)
    case 18: return .restart(node)
    case 19: return .pause(node)
    case 20..<22: return .servicesDown(node)
    case 22: return .databaseDown(node)
    case 23: return .startsFail(node)
    case 24: return .movesFail(node, isUnknown: random.chance(1, in: 2))
    case 25: return .jump(node, milliseconds: Self.jump(&random, arbitration))
    case 26: return .rate(node, permille: Self.rate(&random, arbitration))
    case 27 where random.chance(1, in: 3): return .internalError(node)
    default: return .command(random.pick(AdminCommand.all), at: node)
    }
  }

  private static func jump(
    _ random: inout SeededGenerator, _ arbitration: RedundancyConfiguration.Arbitration
  ) -> Int {
    if arbitration == .witness {
      let length = random.number(in: 0...1_500)
      return length.isMultiple(of: 2) ? length : -length / 2
    }
    let short = random.number(in: 0...2_000)
    return random.pick([
      short.isMultiple(of: 2) ? short : -short, random.number(in: 10_000...90_000), 3_600_000,
    ])
  }
}
