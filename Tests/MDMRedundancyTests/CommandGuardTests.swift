import MDMRedundancy
import MDMStanza
import Testing

@Suite("Commands and their guards")
struct CommandGuardTests {
  private static let states: [NodeState?] = NodeState.allCases.map { $0 } + [nil]

  @Test("R-142…R-147: every command in every pair of states", arguments: AdminCommand.all)
  func guards(command: AdminCommand) {
    for first in Self.states {
      for second in Self.states {
        for isOn in [true, false] {
          let cause = CommandGuard.cause(
            against: command, first: first.map { NodeStatus($0, .unknown) },
            second: second.map { NodeStatus($0, .unknown) }, isOn: isOn)
          let wanted = Self.expected(command, first, second, isOn)
          #expect(cause == wanted, "\(command) \(String(describing: (first, second))) \(isOn)")
        }
      }
    }
  }

  /// The guards once more, as a list of the pairs that are allowed.
  private static func expected(
    _ command: AdminCommand, _ first: NodeState?, _ second: NodeState?, _ isOn: Bool
  ) -> CommandRefusal.Cause? {
    if command == .enableHighAvailability, isOn { return .highAvailabilityOn }
    if command != .enableHighAvailability, !isOn { return .highAvailabilityOff }
    guard let first, let second else {
      let isLone = first == .runningInFailedMode || second == .runningInFailedMode
      return command == .recover && isLone ? nil : .peerNotHeard
    }
    let allowed: [(NodeState, NodeState)]
    switch command {
    case .failover, .disableHighAvailability: allowed = [(.normal, .normal)]
    case .fallback(.first):
      allowed = [(.idle, .runningInBackupMode), (.failedOver, .runningInBackupMode)]
    case .fallback(.second):
      allowed = [(.runningInBackupMode, .idle), (.runningInBackupMode, .failedOver)]
    case .recover: allowed = [(.runningInFailedMode, .runningInFailedMode)]
    case .enableHighAvailability: allowed = [(.unknown, .unknown)]
    }
    return allowed.contains { $0 == (first, second) } ? nil : .state
  }

  @Test("R-146: in every row a node accepts exactly what the row offers", arguments: rows)
  func rowsOffer(name: String) throws {
    var pair = try RowRecipe.reach(name)
    if name == "H11" {
      pair.cutLink()
      pair.run(for: 61)
    }
    for node in NodeID.allCases {
      guard let value = pair.nodes[node.index] else { continue }
      for command in AdminCommand.all {
        let isOffered =
          name != "BOOT" && name != "H11"
          && NodePairTable.offers(
            command, first: pair.status(.first), second: pair.status(.second))
        let refusal = value.refusal(of: command)
        #expect((refusal == nil) == isOffered, "\(name): \(command) at \(node)")
        guard let refusal else { continue }
        // Both states are in the error, as far as they are known.
        #expect(refusal.command == command)
        let own = node == .first ? refusal.first : refusal.second
        #expect(own == value.status && refusal.description.contains(value.status.description))
      }
    }
  }

  private static let rows =
    (NodePairTable.published + NodePairTable.holes).map { $0.name } + ["BOOT"]

  @Test("E07: a node that has failed beside a dead one is recovered by hand, and serves everybody")
  func recoversAlone() throws {
    var pair = try RowRecipe.reach("P19")
    pair.crash(.first)
    pair.run(for: 61)
    #expect(pair.status(.second)?.state == .runningInFailedMode)
    #expect(!pair.serves(.second, .first))
    try pair.command(.recover, at: .second)
    pair.moves = [.good, .good]
    pair.run(for: 300)
    #expect(pair.serves(.second, .first) && pair.serves(.second, .second), "\(pair.told)")
    // The other one comes back and gets its users.
    pair.restart(.first)
    pair.run(for: 120)
    try pair.command(.fallback(.first), at: .first)
    pair.run(for: 60)
    #expect(pair.row == "P01", "\(pair.told)")
  }

  @Test("R-145: a recovery starts both service managers anew, once each, and nothing else does")
  func recoveryRestarts() throws {
    var pair = try RowRecipe.reach("P19")
    #expect(pair.recoveries == [0, 0])
    try pair.command(.recover, at: .first)
    pair.moves = [.good, .good]
    pair.run(for: 120)
    #expect(pair.recoveries == [1, 1], "hosts told to start anew")
    #expect(pair.row == "P01", "\(pair.told)")
  }

  @Test("R-142, R-144: who is moved is disconnected where she was, and served where she goes")
  func disconnectsAndServes() throws {
    var pair = PairHarness()
    pair.startBoth()
    pair.run(for: 1)
    #expect(pair.served[0].first != nil && pair.served[1].second != nil)
    try pair.command(.failover(.first), at: .first)
    pair.run(for: 10)
    #expect(pair.disconnects == [1, 0], "the first node's users, by its host")
    #expect(pair.served[0].first == nil && pair.served[1].first != nil)
    try pair.command(.fallback(.first), at: .first)
    pair.run(for: 10)
    #expect(pair.disconnects == [1, 1], "the same users, by the backup's host")
    #expect(pair.served[0].first != nil && pair.served[1].first == nil)
    #expect(pair.served[1].second != nil)
  }

  @Test("a refused command changes nothing, even past its check")
  func refusedDoesNothing() throws {
    var pair = PairHarness()
    pair.startBoth()
    pair.run(for: 1)
    #expect(throws: CommandRefusal.self) { try pair.command(.recover, at: .first) }
    pair.apply(.command(.recover), to: .first)
    pair.apply(.command(.fallback(.second)), to: .second)
    pair.run(for: 1)
    #expect(pair.row == "P01")
  }

  @Test("R-094, R-102: a node alone is Normal and refuses every command")
  func alone() {
    var effects: [RedundancyEffect] = []
    let memory = NodeMemory(highAvailability: HighAvailabilitySwitch(isOn: false))
    let configuration = try? RedundancyConfiguration { $0.arbitration = .nobody }
    let node = RedundancyNode(
      .first, boot: BootID(1), memory: memory, configuration: configuration ?? .standard,
      isPaired: false, at: .origin, into: &effects)
    #expect(node.status == .normal)
    #expect(node.servingEpoch(of: .first, at: .origin) != nil)
    for command in AdminCommand.all {
      #expect(node.refusal(of: command)?.cause == .singleNode)
    }
    #expect(!effects.contains { if case .sendHeartbeat = $0 { true } else { false } })
  }

  @Test("both nodes are told to fail over at once: the first node's users move", arguments: [0, 1])
  func bothAtOnce(way: Int) throws {
    var pair = PairHarness()
    pair.startBoth()
    pair.run(for: 1)
    // At each node its own users, or those of the other.
    try pair.command(.failover(way == 0 ? .first : .second), at: .first)
    try pair.command(.failover(way == 0 ? .second : .first), at: .second)
    pair.run(for: 30)
    #expect(pair.row == "P03", "\(pair.told)")
  }
}
