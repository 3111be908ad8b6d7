import MDMRedundancy
import MDMStanza
import Testing

@Suite("Every row and every transition of a redundancy group")
struct TransitionTableTests {
  @Test("R-162…R-185, H01…H14: each row is reached", arguments: Self.rows)
  func rowIsReached(name: String) throws {
    var pair = try RowRecipe.reach(name)
    if name == "H11" {
      pair.cutLink()
      pair.run(for: 61)
    }
    #expect(pair.row.prefix(4).filter { $0 != "'" } == name, "\(pair.row)\n\(pair.told)")
  }

  private static let rows =
    (NodePairTable.published + NodePairTable.holes).map { $0.name } + ["BOOT"]

  @Test("mirrored, every row is the same row with the nodes exchanged")
  func mirrored() {
    for row in NodePairTable.all {
      for first in Self.statuses(of: row.first) {
        for second in Self.statuses(of: row.second) {
          let found = NodePairTable.row(first: first, second: second)
          let other = NodePairTable.row(first: second, second: first)
          #expect(found?.row == other?.row, "\(row.name)")
          #expect(found != nil, "\(row.name)")
        }
      }
      #expect(!row.cause.isEmpty && !row.source.isEmpty)
      // Whatever waits for a recovery offers it, unless the other node is not heard.
      if row.first.states == [.runningInFailedMode] {
        #expect(row.commands == [.recover], "\(row.name)")
      }
    }
    #expect(NodePairTable.row(named: "P03")?.commands == [.fallback(.first)])
    #expect(NodePairTable.row(named: "P12")?.commands == [])
    #expect(NodePairTable.row(named: "P18")?.commands == [.fallback(.first)])
    #expect(NodePairTable.row(named: "P24")?.commands == [.enableHighAvailability])
    #expect(NodePairTable.row(named: "P01")?.commands.count == 3)
  }

  private static func statuses(of side: NodePairRow.Side) -> [NodeStatus?] {
    if side.states.isEmpty { return [nil] }
    let reasons = side.reasons.isEmpty ? NodeReason.allCases : side.reasons
    return side.states.flatMap { state in reasons.map { NodeStatus(state, $0) } }
  }

  @Test("the table is as long as the published one and names only rows there are")
  func size() {
    #expect(GroupTransitionTable.all.count == 114)
    #expect(NodePairTable.published.count == 24 && NodePairTable.holes.count == 14)
    for transition in GroupTransitionTable.all {
      #expect(NodePairTable.row(named: transition.from) != nil, "\(transition)")
      #expect(NodePairTable.row(named: transition.to) != nil, "\(transition)")
    }
    #expect(Set(GroupTransitionTable.all).count == 114)
    #expect(Set(GroupTransitionTable.all.map { $0.event }).count == GroupEvent.allCases.count)
  }

  @Test("each transition leads where the table says", arguments: GroupTransitionTable.all)
  func transition(_ transition: GroupTransition) throws {
    var pair = try RowRecipe.reach(transition.from, transition.event)
    if transition.from == "H11" {
      pair.cutLink()
      pair.run(for: 61)
    }
    #expect(pair.row.filter { $0 != "'" } == transition.from, "\(pair.row)\n\(pair.told)")
    if transition.from == "P18", transition.event == .backupDownForGood {
      // The row has two states; only with services down the first node cannot take over.
      pair.report(RowRecipe.servicesDown, of: .first)
    }
    try EventScript.play(transition.event, &pair)
    guard let row = NodePairTable.row(named: transition.to) else { return }
    if pair.status(.first) == nil, row.first.states == [.runningInFailedMode] {
      // A node that is down cannot show that it has failed; its peer does.
      #expect(row.second.fits(pair.status(.second)), "\(transition)\n\(pair.told)")
    } else if transition.event == .highAvailabilityEnabled {
      #expect(pair.visited.contains(transition.to), "\(transition)\n\(pair.told)")
    } else {
      #expect(pair.row.filter { $0 != "'" } == transition.to, "\(transition)\n\(pair.told)")
    }
  }
}

/// What a test does to a pair for each event of the transition table.
enum EventScript {
  static func play(_ event: GroupEvent, _ pair: inout PairHarness) throws {
    let holding: Set<GroupEvent> = [
      .failoverCommanded, .fallbackCommanded, .automaticFallbackDue, .serviceDownOnFirst,
      .databaseDownOnFirst, .heartbeatLost, .goodbye, .servicesDownAtStart,
    ]
    if holding.contains(event) { pair.moves = [.none, .none] }
    if try Self.playCommand(event, &pair) || Self.playFault(event, &pair) {
      pair.run(for: 1)
      return
    }
    switch event {
    case .bothHealthy, .linkRestored:
      pair.restoreLink()
      pair.run(for: 15)
    case .servicesDownAtStart, .bothDownAtStart:
      pair.report(RowRecipe.servicesDown, of: .first)
      if event == .bothDownAtStart { pair.report(RowRecipe.servicesDown, of: .second) }
      pair.restoreLink()
      pair.run(for: 90)
    case .firstNotSeen:
      pair.crash(.first)
      pair.run(for: 120)
    case .firstAppears, .firstReturnedHealthy: pair.start(.first)
    case .firstReturnedUnhealthy:
      pair.health[0] = RowRecipe.servicesDown
      pair.starts = [.none, .none]
      pair.start(.first)
    case .usersMoved, .usersMovedBack: pair.answerMoves(.done)
    case .moveFailed: pair.answerMoves(.failed)
    case .firstRestarted, .oneRestarted: pair.restart(.first)
    case .secondRestarted: pair.restart(.second)
    case .bothRestarted:
      if pair.status(.first) == .notEnabled {
        for node in 0...1 {
          pair.memories[node].highAvailability = HighAvailabilitySwitch(version: 1, isOn: true)
        }
        pair.cutLink()
      }
      pair.crash(.second)
      pair.restart(.first)
      pair.start(.second)
    case .automaticFallbackDue: pair.run(for: 1_800)
    case .transitionTimedOut: pair.run(for: 600)
    case .linkCut:
      pair.cutLink()
      pair.run(for: 60)
    default: Issue.record("no script for \(event)")
    }
    pair.run(for: 1)
  }

  private static func playCommand(
    _ event: GroupEvent, _ pair: inout PairHarness
  ) throws -> Bool {
    switch event {
    case .highAvailabilityEnabled:
      pair.report(RowRecipe.servicesDown, of: .first)
      pair.starts = [.none, .none]
      try pair.command(.enableHighAvailability, at: .first)
    case .highAvailabilityDisabled: try pair.command(.disableHighAvailability, at: .second)
    case .failoverCommanded: try pair.command(.failover(.first), at: .second)
    case .fallbackCommanded:
      let home: NodeID = pair.status(.first)?.state.isAway == true ? .first : .second
      try pair.command(.fallback(home), at: .first)
    case .recoveryCommanded:
      pair.starts = [.none, .none]
      pair.report(RowRecipe.servicesDown, of: .first)
      pair.report(RowRecipe.servicesDown, of: .second)
      try pair.command(.recover, at: .second)
    default: return false
    }
    return true
  }

  private static func playFault(_ event: GroupEvent, _ pair: inout PairHarness) -> Bool {
    switch event {
    case .servicesFailedToStart:
      pair.failHeldStarts()
    case .serviceDownOnFirst: RowRecipe.fail(.first, RowRecipe.servicesDown, &pair)
    case .databaseDownOnFirst: RowRecipe.fail(.first, RowRecipe.databaseDown, &pair)
    case .servicesBackOnFirst: pair.report(.healthy, of: .first)
    case .serviceDownWhileAway: pair.report(RowRecipe.servicesDown, of: .first)
    case .heartbeatLost:
      pair.crash(.first)
      pair.run(for: 80)
    case .goodbye: pair.shutDown(.first)
    case .backupDatabaseDown: RowRecipe.fail(.second, RowRecipe.databaseDown, &pair)
    case .backupServiceDown, .backupDownForGood:
      RowRecipe.fail(.second, RowRecipe.servicesDown, &pair)
    case .servicesBackOnSecond: pair.report(.healthy, of: .second)
    case .internalError: pair.apply(.internalError, to: .first)
    default: return false
    }
    return true
  }
}
