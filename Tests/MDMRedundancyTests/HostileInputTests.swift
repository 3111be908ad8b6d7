import MDMRedundancy
import MDMStanza
import Testing

/// Values that no healthy peer sends and starts that no healthy pair makes: a node neither traps on
/// them nor takes from them a right that it does not have.
@Suite("What a node makes of absurd and untimely input")
struct HostileInputTests {
  private static let now = MonotonicInstant(nanoseconds: 1_000_000_000)

  private static func node(
    _ edit: (inout RedundancyConfiguration.Values) -> Void
  ) throws -> RedundancyNode {
    let memory = NodeMemory(highAvailability: HighAvailabilitySwitch(version: 1, isOn: true))
    var effects: [RedundancyEffect] = []
    return RedundancyNode(
      .first, boot: BootID(1), memory: memory, configuration: try RedundancyConfiguration(edit),
      at: Self.now, into: &effects)
  }

  private static func heartbeat(
    _ sequence: UInt64 = 1, _ edit: (inout Heartbeat) -> Void = { _ in }
  ) -> Heartbeat {
    var heartbeat = Heartbeat(
      node: .second, boot: BootID(1), sequence: sequence, sent: Self.now, status: .normal,
      health: .healthy, highAvailability: HighAvailabilitySwitch(version: 1, isOn: true))
    edit(&heartbeat)
    return heartbeat
  }

  static let absurd: [@Sendable (inout Heartbeat) -> Void] = [
    { $0.boot = BootID(.max) },
    { $0.sequence = .max },
    { $0.ownership.first = OwnershipView(epoch: OwnershipEpoch(.max)) },
    { $0.ownership.second = OwnershipView(epoch: OwnershipEpoch(.max), isHeld: true) },
    { $0.highAvailability.version = .max },
    { $0.recoveryRound = .max },
  ]

  @Test("a heartbeat with a number that nothing can follow is not believed", arguments: 0..<6)
  func absurdNumber(index: Int) throws {
    var node = try Self.node { $0.arbitration = .nobody }
    var effects: [RedundancyEffect] = []
    node.heartbeatArrived(Self.heartbeat(1, Self.absurd[index]), at: Self.now, into: &effects)
    #expect(node.peerStatus == nil)
    // The next one is: the node counts on from what it knew, and claims its users.
    node.heartbeatArrived(Self.heartbeat(2), at: Self.now, into: &effects)
    #expect(node.peerStatus == .normal)
    #expect(node.status == .normal)
    #expect(node.servingEpoch(of: .first, at: Self.now) == OwnershipEpoch(1))
    try node.perform(.disableHighAvailability, at: Self.now, into: &effects)
    #expect(node.highAvailability.version == 2)
  }

  @Test("with a witness, a receipt for what was never sent gives no right to serve")
  func receiptFromTheFuture() throws {
    var node = try Self.node { $0.arbitration = .witness }
    var effects: [RedundancyEffect] = []
    for (number, sent) in [(1, Self.now), (2, .distantFuture)] as [(UInt64, MonotonicInstant)] {
      let heartbeat = Self.heartbeat(number) {
        $0.heard = Heartbeat.Receipt(boot: BootID(1), sequence: 1, sent: sent)
      }
      node.heartbeatArrived(heartbeat, at: Self.now, into: &effects)
    }
    // The heartbeat time-out less the margin, from the one that was sent.
    #expect(node.servingTerm(of: .first)?.end == Self.now.advanced(by: .seconds(48)))
  }

  @Test("with a witness, a start that waits for less than the time-out takes nobody's users early")
  func impatientStart() throws {
    var pair = PairHarness(
      try RedundancyConfiguration {
        $0.arbitration = .witness
        $0.initializationTimeout = .seconds(5)
      })
    pair.startBoth()
    pair.run(for: 20)
    #expect(pair.row == "P01", "\(pair.told)")
    pair.cutLink()
    pair.restart(.second)
    // The harness checks at every step that nobody serves beside another.
    pair.run(for: 200)
    #expect(pair.serves(.first, .second) != pair.serves(.second, .second), "\(pair.told)")
  }

  @Test(
    "a node that starts for the first time fetches what its peer may have served for it",
    arguments: RedundancyConfiguration.Arbitration.allCases)
  func lateFirstStart(arbitration: RedundancyConfiguration.Arbitration) throws {
    for late in NodeID.allCases {
      var pair = PairHarness(try RedundancyConfiguration { $0.arbitration = arbitration })
      pair.start(late.peer)
      pair.run(for: 200)
      #expect(pair.serves(late.peer, late), "\(pair.told)")
      pair.crash(late.peer)
      pair.moves = [.none, .none]
      pair.run(for: 100)
      pair.start(late)
      pair.run(for: 400)
      #expect(!pair.serves(late, late), "\(arbitration)\n\(pair.told)")
      pair.answerMoves(.done)
      #expect(pair.serves(late, late), "\(arbitration)\n\(pair.told)")
    }
  }

  @Test("an entry at the end of all positions is a gap, and the stream begins elsewhere")
  func lastPosition() {
    var replica = AccountReplica(boot: BootID(1))
    func entry(_ ordinal: UInt64, for boot: UInt64) -> StreamEntry {
      StreamEntry(
        epoch: OwnershipEpoch(1), position: StreamPosition(ordinal), elapsed: .max,
        content: .begin(for: BootID(boot)))
    }
    let gap = StreamReceipt.gap(expected: StreamPosition(1))
    #expect(replica.receive(entry(.max, for: 1), at: Self.now) == gap)
    #expect(replica.receive(entry(2, for: 9), at: Self.now) == gap)
    #expect(replica.receive(entry(3, for: 1), at: Self.now) == .reset)
  }

  @Test("a record with a number that nothing can follow is not taken in")
  func lastVersion() {
    let id = TemporarySubscriptionID(
      target: "bob@example.org", watcher: ClientID("alice@example.org", "laptop"))
    let version = TemporaryPresenceVersion(epoch: OwnershipEpoch(1), number: .max)
    let record = TemporaryPresenceRecord(id: id, version: version, remaining: .seconds(60))
    var presence = TemporaryPresence(isAlone: true)
    let isSafe = presence.take(record, at: Self.now)
    #expect(!isSafe && presence.count == 0)
    var effects: [TemporaryPresenceEffect] = []
    presence.subscribe(id, epoch: OwnershipEpoch(1), at: Self.now, into: &effects)
    #expect(presence.version(of: id)?.number == 1)
  }

  @Test("a copy that missed how subscriptions ended holds no more than its limit, the latest ones")
  func copyHoldsItsLimit() {
    var copy = TemporaryPresence(subscriptionLimit: 10)
    for number in 1...1_000 {
      let id = TemporarySubscriptionID(
        target: AccountName("bob\(number)@example.org"),
        watcher: ClientID("alice@example.org", "laptop"))
      let version = TemporaryPresenceVersion(epoch: OwnershipEpoch(1), number: UInt64(number))
      copy.take(
        TemporaryPresenceRecord(id: id, version: version, remaining: .seconds(60)),
        at: Self.now.advanced(by: .seconds(number)))
      #expect(copy.count == min(number, 10))
      #expect(copy.version(of: id) == version)
    }
  }
}
