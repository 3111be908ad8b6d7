import MDMRedundancy
import MDMStanza
import Testing

/// What simulations found, each as short as it can be told.
@Suite("What simulations found")
struct SimulatedFindingsTests {
  private static let now = MonotonicInstant(nanoseconds: 1_000_000_000)

  private static func memory(_ epoch: UInt64, isHeld: Bool = false) -> NodeMemory {
    var memory = NodeMemory(highAvailability: HighAvailabilitySwitch(version: 1, isOn: true))
    memory.ownership.first = OwnershipView(epoch: OwnershipEpoch(epoch), isHeld: isHeld)
    return memory
  }

  private static func heartbeat(
    _ status: NodeStatus, sequence: UInt64, switched version: UInt64 = 1, isOn: Bool = true
  ) -> Heartbeat {
    Heartbeat(
      node: .second, boot: BootID(1), sequence: sequence, sent: Self.now, status: status,
      health: .healthy, highAvailability: HighAvailabilitySwitch(version: version, isOn: isOn))
  }

  @Test("a lease that an earlier release may still end is given back before it is asked for anew")
  func releaseOnItsWay() throws {
    var effects: [RedundancyEffect] = []
    var node = RedundancyNode(
      .first, boot: BootID(2), memory: Self.memory(3), configuration: .standard, at: Self.now,
      into: &effects)
    node.apply(
      .heartbeat(Self.heartbeat(.normal, sequence: 1)), at: Self.now, into: &effects)
    let asked = effects.compactMap { effect -> OperationID? in
      if case .acquireLease(of: .first, _, let operation) = effect { operation } else { nil }
    }
    effects = []
    let refusal = LeaseOutcome.refused(owner: .first, epoch: OwnershipEpoch(3))
    node.apply(.lease(try #require(asked.first), refusal), at: Self.now, into: &effects)
    let released = effects.compactMap { effect -> OperationID? in
      guard case .releaseLease(of: .first, OwnershipEpoch(3), let operation) = effect else {
        return nil
      }
      return operation
    }
    #expect(!node.ownership(of: .first).isHeld)
    effects = []
    node.apply(.lease(try #require(released.first), .released), at: Self.now, into: &effects)
    #expect(
      effects.contains {
        if case .acquireLease(of: .first, _, _) = $0 { true } else { false }
      })
  }

  @Test("a node remembers that it gives a lease back before it asks the store to end it")
  func rememberedBeforeReleased() throws {
    var effects: [RedundancyEffect] = []
    var node = RedundancyNode(
      .first, boot: BootID(2), memory: Self.memory(3, isHeld: true), configuration: .standard,
      at: Self.now, into: &effects)
    effects = []
    node.shutDown(at: Self.now, into: &effects)
    let released = try #require(
      effects.firstIndex { if case .releaseLease = $0 { true } else { false } })
    let remembered = effects[..<released].contains {
      if case .remember(let memory) = $0 { !memory.ownership.first.isHeld } else { false }
    }
    #expect(remembered)
  }

  @Test("an error inside a node with high availability off fails no group")
  func errorWhileOff() {
    var effects: [RedundancyEffect] = []
    let memory = NodeMemory(highAvailability: HighAvailabilitySwitch(version: 2, isOn: false))
    var node = RedundancyNode(
      .first, boot: BootID(1), memory: memory, configuration: .standard, at: Self.now,
      into: &effects)
    node.apply(.internalError, at: Self.now, into: &effects)
    #expect(node.status == .notEnabled)
  }

  @Test("with a witness, a switch that the peer does not know lets nobody serve by itself")
  func unknownSwitch() throws {
    let configuration = try RedundancyConfiguration { $0.arbitration = .witness }
    for peerVersion in [UInt64(1), 2] {
      var memory = NodeMemory(highAvailability: HighAvailabilitySwitch(version: 2, isOn: false))
      memory.peerSwitchVersion = peerVersion
      var effects: [RedundancyEffect] = []
      var node = RedundancyNode(
        .first, boot: BootID(2), memory: memory, configuration: configuration, at: Self.now,
        into: &effects)
      let later = Self.now.advanced(by: .seconds(1))
      node.expire(at: later, into: &effects)
      for case .moveUsers(of: .first, _, _, let operation) in effects {
        node.apply(.move(operation, .done), at: later, into: &effects)
      }
      #expect((node.servingEpoch(of: .first, at: later) != nil) == (peerVersion == 2))
    }
  }

  @Test("services that are being stopped for a failover are started when it becomes a takeover")
  func stoppingBecomesStarting() throws {
    var effects: [RedundancyEffect] = []
    var node = RedundancyNode(
      .first, boot: BootID(1), memory: Self.memory(0), configuration: .standard, at: Self.now,
      into: &effects)
    node.apply(.heartbeat(Self.heartbeat(.normal, sequence: 1)), at: Self.now, into: &effects)
    try node.perform(.failover(.first), at: Self.now, into: &effects)
    effects = []
    node.expire(at: Self.now.advanced(by: .seconds(60)), into: &effects)
    #expect(
      effects.contains { if case .startCriticalServices = $0 { true } else { false } })
  }

  @Test("a restarted node that held users without having their state fetches it before it serves")
  func heldButNotMoved() {
    for isMoved in [false, true] {
      var memory = Self.memory(3, isHeld: true)
      memory.isMoved.first = isMoved
      var effects: [RedundancyEffect] = []
      var node = RedundancyNode(
        .first, boot: BootID(2), memory: memory, configuration: .standard, at: Self.now,
        into: &effects)
      for case .renewLease(of: .first, let epoch, _, let operation) in effects {
        node.apply(.lease(operation, .held(epoch)), at: Self.now, into: &effects)
      }
      #expect((node.servingEpoch(of: .first, at: Self.now) != nil) == isMoved)
      #expect(
        effects.contains { if case .moveUsers(of: .first, _, _, _) = $0 { true } else { false } }
          == !isMoved)
    }
  }

  @Test("a stream begun again in an epoch takes the mark back and numbers above the one before")
  func streamBegunAgain() throws {
    let epoch = OwnershipEpoch(4)
    var effects: [StreamEffect] = []
    var stream = AccountStream(epoch: epoch, beginning: 2, isResumed: true, into: &effects)
    #expect(stream.mode == .leaving)
    let mark = StandbyMark(epoch: epoch, number: 2 << 32 + 1, isPaired: false)
    #expect(effects == [.write(mark)])
    effects = []
    let account = AccountName("alice@example.org")
    let departure = try stream.append([1], to: account, at: Self.now, into: &effects)
    #expect(departure == .after(StreamPosition(2 << 32 + 1)))
    effects = []
    stream.marked(mark, .written, at: Self.now, into: &effects)
    #expect(stream.mode == .alone)
    #expect(effects.first == .release(upTo: StreamPosition(2 << 32 + 1)))
    // The first beginning in an epoch has nothing to take back.
    effects = []
    let fresh = AccountStream(epoch: epoch, beginning: 1, isResumed: false, into: &effects)
    #expect(fresh.mode == .alone && effects.isEmpty)
  }

  @Test("a late report of a gap that the backup has filled since does not begin everything anew")
  func lateGap() {
    let epoch = OwnershipEpoch(1)
    var effects: [StreamEffect] = []
    var stream = AccountStream(epoch: epoch)
    stream.pair(with: BootID(1), at: Self.now, into: &effects)
    stream.provide([1], of: "alice@example.org", at: Self.now, into: &effects)
    stream.acknowledge(StreamPosition(2), epoch: epoch, into: &effects)
    effects = []
    stream.resend(from: StreamPosition(2), to: BootID(1), at: Self.now, into: &effects)
    #expect(effects.isEmpty)
    #expect(stream.mode == .syncing)
  }
}
