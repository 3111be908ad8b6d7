import MDMRedundancy
import MDMStanza
import Testing

@Suite("Timers of a node")
struct TimerTests {
  private static func normal(
    _ edit: (inout RedundancyConfiguration.Values) -> Void = { _ in }
  ) throws -> PairHarness {
    var pair = PairHarness(try RedundancyConfiguration(edit))
    pair.startBoth()
    pair.run(for: 1)
    return pair
  }

  @Test("R-128: a service down for one nanosecond less than 90 s moves nobody; 90 s do")
  func criticalServiceDelay() throws {
    var pair = try Self.normal()
    pair.moves = [.none, .none]
    let began = pair.now
    pair.report(RowRecipe.servicesDown, of: .first)
    pair.run(until: began.advanced(by: .seconds(90)).advanced(byNanoseconds: -1))
    #expect(pair.status(.first) == .normal)
    pair.run(until: began.advanced(by: .seconds(90)))
    #expect(pair.status(.first) == NodeStatus(.failingOver, .criticalServiceDown))
  }

  @Test("R-128: a service that comes back in time starts the wait anew")
  func serviceComesBack() throws {
    var pair = try Self.normal()
    pair.report(RowRecipe.servicesDown, of: .first)
    pair.run(for: 89)
    pair.report(.healthy, of: .first)
    pair.report(RowRecipe.servicesDown, of: .first)
    pair.run(for: 89)
    #expect(pair.row == "P01")
    pair.run(for: 2)
    #expect(pair.row == "P12", "\(pair.told)")
  }

  @Test("a service that dies with the users it got back keeps them for the pause after a fallback")
  func failoverPause() throws {
    var pair = try Self.normal { $0.criticalServiceDelay = .seconds(5) }
    try pair.command(.failover(.first), at: .first)
    pair.run(for: 30)
    try pair.command(.fallback(.first), at: .first)
    var back: MonotonicInstant?
    for _ in 0..<300 where back == nil {
      if pair.status(.first) == .normal { back = pair.now }
      pair.run(for: 0.1)
    }
    pair.run(for: 20)
    #expect(pair.row == "P01", "\(pair.told)")
    // Seen a tenth of a second after it happened at most.
    let seen = try #require(back)
    pair.report(RowRecipe.servicesDown, of: .first)
    pair.run(until: seen.advanced(by: .milliseconds(59_899)))
    #expect(pair.status(.first) == .normal)
    pair.run(until: seen.advanced(by: .seconds(60)))
    #expect(pair.row == "P12", "\(pair.told)")
  }

  @Test("R-132: the peer is lost 60 s after its last heartbeat, to the nanosecond")
  func heartbeatTimeout() throws {
    var pair = try Self.normal()
    pair.moves = [.none, .none]
    pair.crash(.first)
    pair.run(for: 16)
    let loss = pair.lastArrival[1].advanced(by: .seconds(60))
    pair.run(until: loss.advanced(byNanoseconds: -1))
    #expect(pair.status(.second) == .normal)
    pair.run(until: loss)
    #expect(pair.status(.second) == NodeStatus(.takingOver, .peerDown))
  }

  @Test("R-131: a node that starts waits 120 s for its peer")
  func initializationTimeout() {
    var pair = PairHarness()
    let began = pair.now
    pair.start(.second)
    pair.run(until: began.advanced(by: .seconds(120)).advanced(byNanoseconds: -1))
    #expect(pair.status(.second)?.state == .initializing)
    pair.run(until: began.advanced(by: .seconds(120)))
    #expect(pair.row == "H05", "\(pair.told)")
  }

  @Test("R-129, R-130: the way home by itself: off, 1,800 s, and anew after every trouble")
  func automaticFallback() throws {
    var off = try RowRecipe.reach("P11")
    off.run(for: 4_000)
    #expect(off.row == "P11")
    var pair = try RowRecipe.reach("P11", .automaticFallbackDue)
    pair.run(for: 1_700)
    pair.report(RowRecipe.servicesDown, of: .first)
    #expect(pair.row == "P12")
    pair.report(.healthy, of: .first)
    let began = pair.now
    pair.run(until: began.advanced(by: .seconds(1_800)).advanced(byNanoseconds: -1))
    #expect(pair.row == "P11", "\(pair.told)")
    pair.run(for: 1)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.visited.contains("P10"))
  }

  @Test("R-143: Idle is never left by itself")
  func idleStays() throws {
    var pair = try RowRecipe.reach("P03", .automaticFallbackDue)
    pair.report(.healthy, of: .first)
    pair.run(for: 10_000)
    #expect(pair.row == "P03")
  }

  @Test("a transition is left after 600 s, to the nanosecond")
  func transitionTimeout() throws {
    var pair = try Self.normal()
    pair.moves = [.none, .none]
    let began = pair.now
    try pair.command(.failover(.first), at: .first)
    pair.run(until: began.advanced(by: .seconds(600)).advanced(byNanoseconds: -1))
    #expect(pair.row == "P02")
    pair.run(for: 1)
    #expect(pair.row == "P19", "\(pair.told)")
  }

  @Test("R-133: a heartbeat every 15 s when nothing happens, and early calls do nothing")
  func heartbeats() throws {
    let pair = try Self.normal { $0.arbitration = .nobody }
    var node = try #require(pair.nodes[0])
    var effects: [RedundancyEffect] = []
    node.expire(at: pair.now, into: &effects)
    #expect(effects == [])
    let due = try #require(node.nextDeadline)
    node.expire(at: due.advanced(byNanoseconds: -1), into: &effects)
    #expect(effects == [])
    node.expire(at: due, into: &effects)
    #expect(effects.count == 1)
    node.expire(at: due, into: &effects)
    #expect(effects.count == 1)
    #expect(node.nextDeadline == due.advanced(by: .seconds(15)))
  }

  @Test("goal 14: automatic recovery waits twice as long each time, up to its limit")
  func recoveryBackOff() throws {
    var pair = try Self.normal {
      $0.automaticRecovery = true
      $0.recoveryDelayLimit = .seconds(200)
    }
    pair.starts = [.bad, .bad]
    pair.report(RowRecipe.servicesDown, of: .first)
    pair.report(RowRecipe.servicesDown, of: .second)
    pair.run(for: 91)
    #expect(pair.row == "P15", "\(pair.told)")
    // 60, 120, 200 and 200 s of waiting, with 90 s for the services in between.
    var recoveries: [Int64] = []
    for _ in 0..<900 {
      let before = pair.recoveries[0]
      pair.run(for: 1)
      if pair.recoveries[0] != before { recoveries.append(pair.seconds) }
    }
    let waits = zip(recoveries, recoveries.dropFirst()).map { $1 - $0 }
    #expect(waits == [210, 290, 290], "restarted at \(recoveries)")
    #expect(pair.recoveries[0] == pair.recoveries[1])
    pair.starts = [.good, .good]
    pair.run(for: 400)
    #expect(pair.row == "P01", "\(pair.told)")
  }
}
