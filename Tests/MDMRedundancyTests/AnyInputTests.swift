import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

/// Inputs without sense, from a seed: heartbeats with any numbers and instants, answers to anything.
private struct AnyInput {
  private static let numbers: [UInt64] = [0, 1, 2, 3, 1 << 40, .max / 2, .max - 1, .max]
  static let instants: [MonotonicInstant] = [
    .distantPast, .origin, MonotonicInstant(nanoseconds: 1_000_000_000), .distantFuture,
  ]

  var random: SeededGenerator
  /// What the node has asked for lately.
  private var asked = [OperationID(boot: BootID(1), number: 1)]

  init(seed: UInt64) { self.random = SeededGenerator(seed: seed) }

  mutating func note(_ effects: [RedundancyEffect]) {
    for effect in effects {
      switch effect {
      case .startCriticalServices(let operation), .stopCriticalServices(let operation),
        .moveUsers(_, _, _, let operation), .acquireLease(_, _, let operation),
        .renewLease(_, _, _, let operation), .releaseLease(_, _, let operation),
        .askWitness(_, let operation):
        self.asked.append(operation)
      case .sendHeartbeat, .serveUsers, .disconnectUsers, .restartRecoveryManager, .raiseAlarm,
        .clearAlarm, .statusChanged, .remember:
        break
      }
    }
    self.asked.removeFirst(max(0, self.asked.count - 8))
  }

  mutating func status() -> NodeStatus {
    NodeStatus(self.random.pick(NodeState.allCases), self.random.pick(NodeReason.allCases))
  }

  mutating func view() -> OwnershipView {
    OwnershipView(
      epoch: OwnershipEpoch(self.random.pick(Self.numbers)), isHeld: self.random.chance(1, in: 2))
  }

  mutating func next(for node: NodeID, sequence: UInt64) -> RedundancyInput {
    let operation = self.random.pick(self.asked)
    switch self.random.below(10) {
    case 0: return .health(ServiceHealth(criticalServicesRun: self.random.chance(1, in: 2)))
    case 1: return .command(self.random.pick(AdminCommand.all))
    case 2: return .services(operation, self.random.pick([.started, .stopped, .failed]))
    case 3: return .move(operation, self.random.pick([.done, .failed, .unknown]))
    case 4:
      let epoch = OwnershipEpoch(self.random.pick(Self.numbers))
      return .lease(
        operation,
        self.random.pick([
          .held(epoch), .released, .unknown, .refused(owner: nil, epoch: epoch),
          .refused(owner: node, epoch: epoch), .refused(owner: node.peer, epoch: epoch),
        ]))
    case 5: return .witness(operation, self.random.pick([.granted, .refused, .unknown]))
    case 6: return self.random.pick([.peerPoweredOff, .peerPoweredOff, .time, .internalError])
    default: return .heartbeat(self.heartbeat(from: node.peer, sequence: sequence))
    }
  }

  private mutating func heartbeat(from node: NodeID, sequence: UInt64) -> Heartbeat {
    let number = self.random.chance(1, in: 8) ? self.random.pick(Self.numbers) : sequence
    return Heartbeat(
      node: node, boot: BootID(1), sequence: number, sent: self.random.pick(Self.instants),
      status: self.status(), health: ServiceHealth(databaseAnswers: self.random.chance(3, in: 4)),
      isGoodbye: self.random.chance(1, in: 8),
      ownership: PerNode(first: self.view(), second: self.view()),
      highAvailability: HighAvailabilitySwitch(
        version: self.random.pick(Self.numbers), isOn: self.random.chance(3, in: 4)),
      recoveryRound: self.random.pick(Self.numbers),
      heard: Heartbeat.Receipt(
        boot: BootID(1), sequence: number, sent: self.random.pick(Self.instants)))
  }
}

@Suite("A node and input without sense")
struct AnyInputTests {
  @Test(
    "nothing traps, no deadline lies behind, no call asks for much",
    arguments: RedundancyConfiguration.Arbitration.allCases)
  func survives(arbitration: RedundancyConfiguration.Arbitration) throws {
    let configuration = try RedundancyConfiguration {
      $0.arbitration = arbitration
      $0.automaticRecovery = true
      $0.automaticFallback = true
    }
    for seed in UInt64(1)...200 {
      var input = AnyInput(seed: seed)
      var memory = NodeMemory(highAvailability: HighAvailabilitySwitch(version: 1, isOn: true))
      memory.status = input.status()
      memory.ownership.first = OwnershipView(epoch: OwnershipEpoch(3), isHeld: seed % 2 == 0)
      var now = AnyInput.instants[seed % 4 == 0 ? 0 : 2]
      var effects: [RedundancyEffect] = []
      var node = RedundancyNode(
        seed % 3 == 0 ? .second : .first, boot: BootID(1), memory: memory,
        configuration: configuration, isPaired: seed % 5 != 0, at: now, into: &effects)
      for sequence in UInt64(1)...200 {
        input.note(effects)
        effects = []
        node.apply(input.next(for: node.id, sequence: sequence), at: now, into: &effects)
        #expect(effects.count < 20)
        let deadline = node.nextDeadline
        #expect(deadline.map { $0 > now } ?? true, "seed \(seed)")
        if input.random.chance(1, in: 2) { now = deadline ?? now }
        if sequence == 190, seed % 7 == 0 { now = .distantFuture }
      }
    }
  }
}
