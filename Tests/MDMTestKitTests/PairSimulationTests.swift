import MDMRedundancy
import MDMTestKit
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Two nodes against everything that can go wrong, many times. `MDM_SIMULATION_SEEDS=1000000` plays
/// more seeds (`swift test -c release -Xswiftc -enable-testing --filter PairSimulation`),
/// `MDM_SIMULATION_FIRST=7` begins elsewhere; a failing seed is told as a story.
@Suite("Two nodes in one virtual time")
struct PairSimulationTests {
  #if DEBUG
    private static let usual = 60
  #else
    private static let usual = 2_000
  #endif

  private static func environment(_ name: String) -> Int? {
    guard let text = getenv(name) else { return nil }
    return Int(String(cString: text))
  }

  private static let seeds = Self.environment("MDM_SIMULATION_SEEDS") ?? Self.usual
  private static let first = Self.environment("MDM_SIMULATION_FIRST") ?? 1

  @Test(
    "goals 1–3, 12, 14: one owner, nothing lost or doubled, names for all pairs, back to Normal")
  func manySeeds() {
    let clock = ContinuousClock()
    let begin = clock.now
    var events = 0
    var takeovers = 0
    var messages = 0
    var slowest = 0
    for seed in Self.first..<(Self.first + Self.seeds) {
      let verdict = PairSimulation.run(seed: UInt64(seed))
      events += verdict.events
      messages += verdict.acknowledged
      takeovers += verdict.takeovers
      slowest = max(slowest, verdict.convergence ?? 0)
      if verdict.violation != nil {
        Issue.record("\(PairSimulation.story(of: UInt64(seed)))")
        return
      }
    }
    #expect(takeovers > Self.seeds, "the faults do not move anybody")
    let seconds = (clock.now - begin) / .seconds(1)
    func rate(_ count: Int) -> Int { Int(Double(count) / max(seconds, 0.001)) }
    print(
      """
      \(Self.seeds) seeds in \(Int(seconds)) s: \(rate(Self.seeds)) seeds/s, \
      \(rate(events)) events/s, \(messages) messages acknowledged, \(takeovers) takeovers, \(rate(takeovers)) takeovers/s, \
      Normal at most \(slowest / 1_000) s after the last fault
      """)
  }

  @Test("the same with other heartbeats, leases, margins and delays")
  func otherTimers() {
    let first = PairSimulation.firstSeedWithTimers
    for seed in first..<first + UInt64(max(1, Self.seeds / 4)) {
      guard PairSimulation.run(seed: seed).violation != nil else { continue }
      Issue.record("\(PairSimulation.story(of: seed))")
      return
    }
  }

  @Test(
    "seeds that found something once",
    arguments: [
      // A release on its way ended a lease that had been prolonged meanwhile.
      1_777, 1_863,
      // High availability switched behind the peer's back let both serve.
      3_153, 9_165, 19_112,
      // Services that were being stopped for a failover that became a takeover stayed stopped.
      7_417,
      // An error inside a node with high availability off led to a state without a way out.
      345, 688,
      // Two nodes that each waited for the other for ever.
      4, 28, 75, 281, 305, 456, 564, 691, 936, 1_907, 2_532, 3_055, 4_499, 5_975, 15_770, 16_033,
      19_091, 21_192, 23_631, 28_811, 39_540, 51_981,
      // Two nodes that had both given up claimed the same users with the witness at once.
      41_291,
      // A restarted node took users for moved that it only held the lease of.
      62, 74, 148,
      // A stream begun again in the same epoch used the numbers of the one before.
      5, 117, 150,
      // Nodes that hear each other, and wait in states without a name for the store.
      81_120, 126_490, 171_833, 345_957, 699_182, 878_275, 932_311, 979_603,
      // A backup that had lost the users again waited for a home that waited for it.
      257_028, 263_644,
      // A copy that was made for a right already lost was taken for the last word.
      284_864,
      // Services that were not started again because their node's manager was, while it did so:
      // P23, and a person's business.
      682_925, 711_956,
    ] as [UInt64])
  func onceFailed(seed: UInt64) {
    let verdict = PairSimulation.run(seed: seed)
    #expect(verdict.violation == nil, "\(PairSimulation.story(of: seed))")
  }

  @Test(
    "the checks are alive: without a safeguard something breaks within 50 seeds",
    arguments: PairSimulation.Safeguard.allCases)
  func controls(missing: PairSimulation.Safeguard) throws {
    let found = (1...50).first {
      PairSimulation.run(seed: UInt64($0), without: missing).violation != nil
    }
    let seed = UInt64(try #require(found))
    let fewest = PairSimulation.minimised(seed: seed, without: missing)
    #expect(fewest.count <= PairSimulation.faults(of: seed).count)
    let story = PairSimulation.story(of: seed, without: missing)
    #expect(story.hasPrefix("seed \(seed): "))
    #expect(story.contains("VIOLATION"))
    #expect(story.contains("serves"))
  }

  @Test("the same seed is the same run, and another seed another")
  func determinism() {
    var hashes: Set<UInt64> = []
    for seed in UInt64(1)...20 {
      let one = PairSimulation.run(seed: seed)
      let other = PairSimulation.run(seed: seed, isTelling: true)
      #expect(one.hash == other.hash)
      #expect(one.events == other.events)
      #expect(one.story.isEmpty && !other.story.isEmpty)
      hashes.insert(one.hash)
    }
    #expect(hashes.count == 20)
  }

  @Test("every process sees the same events", arguments: Self.recorded)
  func recordedHashes(seed: UInt64, hash: UInt64) {
    #expect(PairSimulation.run(seed: seed).hash == hash)
  }

  private static let recorded: [(UInt64, UInt64)] = [
    (1, 0xA048_AB1F_A822_5D22),
    (2, 0x6B96_C1E3_51DC_4753),
    (3, 0xF4B7_DB91_5612_C790),
    (62, 0xAD0C_30DD_F2B8_7E8F),
    (41_291, 0x7257_EBB7_BF47_08A6),
  ]

  @Test("a run without faults is over at once")
  func calm() {
    let verdict = PairSimulation.run(seed: 1, faults: [])
    #expect(verdict.violation == nil)
    #expect(verdict.takeovers == 0)
    #expect((verdict.convergence ?? .max) < 1_000)
  }
}
