internal import MDMRedundancy
internal import MDMStanza

/// A node and its host in a simulated pair.
final class PairHost {
  /// What a node says about itself, kept from one of its inputs to the next: it is looked at after
  /// every event of the simulation, and a node is large.
  struct View {
    let status: NodeStatus
    let peerStatus: NodeStatus?
    let terms: PerNode<ServingTerm?>
    let deadline: MonotonicInstant?

    init(of node: RedundancyNode) {
      self.status = node.status
      self.peerStatus = node.peerStatus
      self.terms = PerNode(
        first: node.servingTerm(of: .first), second: node.servingTerm(of: .second))
      self.deadline = node.nextDeadline
    }
  }

  private var node: RedundancyNode?
  private(set) var view: View?
  var boot: UInt64 = 0
  var memory: NodeMemory
  var clock: PairClock
  var areServicesWanted = true
  var areServicesBroken = 0
  var isDatabaseBroken = 0
  var doStartsFail = 0
  var moveFailures = 0
  var unknownMoves = 0
  var isPaused = 0
  var isDown = 0
  /// How many more effects the process performs before it ends; nil when it does not.
  var lastEffects: Int?
  var waiting: [RedundancyInput] = []
  var wakes = 0
  /// The latest request about the services; it takes the place of the one before.
  var servicesRequest: OperationID?
  var isCut = 0
  var isStoreCut = 0
  var isStoreLate = 0
  var isWitnessCut = 0

  init(memory: NodeMemory, clock: PairClock) {
    self.memory = memory
    self.clock = clock
  }

  var isUp: Bool { self.view != nil }

  var health: ServiceHealth {
    ServiceHealth(
      criticalServicesRun: self.areServicesWanted && self.areServicesBroken == 0,
      databaseAnswers: self.isDatabaseBroken == 0)
  }

  /// The process begins.
  func start(_ node: RedundancyNode) {
    self.node = node
    self.view = View(of: node)
  }

  /// The process ends.
  func stop() {
    self.node = nil
    self.view = nil
  }

  /// Hands the node what happened at its own time.
  func apply(
    _ input: RedundancyInput, at now: MonotonicInstant, into effects: inout [RedundancyEffect]
  ) {
    self.node?.apply(input, at: now, into: &effects)
    self.view = self.node.map { View(of: $0) }
  }

  /// Why the node would not carry the command out; nil when it would.
  func refusal(of command: AdminCommand) -> CommandRefusal? { self.node?.refusal(of: command) }
}
