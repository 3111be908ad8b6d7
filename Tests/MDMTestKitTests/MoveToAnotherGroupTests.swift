import MDM
import MDMRedundancy
import Testing

@Suite("A user moves to another group")
struct MoveToAnotherGroupTests {
  private let alice: AccountName = "alice@example.org"

  private static func at(_ seconds: Int) -> MonotonicInstant {
    MonotonicInstant.origin.advanced(by: .seconds(seconds))
  }

  private func makeCluster() throws -> ClusterAssignment {
    var cluster = ClusterAssignment()
    for (group, nodes) in [("east", ["imp-1", "imp-2"]), ("west", ["imp-3", "imp-4"])] {
      try cluster.add(
        GroupDefinition(
          name: group,
          nodes: nodes.map {
            GroupNode(
              name: $0, cluster: "c", databasePublisher: "imp-1", softwareVersion: "15.0.1")
          }))
    }
    try cluster.add(self.alice, to: "east", while: .normal)
    return cluster
  }

  /// An engine with Alice: two messages from Bob, the first one read, the second held for the phone.
  private func makeSource() throws -> MessagingEngine {
    var engine = MessagingEngine(startingAt: .origin)
    var effects = Effects()
    let account = try engine.open(self.alice, at: Self.at(0), into: &effects)
    let laptop = try engine.signIn(
      SignIn(device: "laptop", kind: .desktop), to: account, at: Self.at(1), into: &effects)
    let phone = try engine.signIn(
      SignIn(device: "phone", kind: .iPhone, presence: .available(.away)), to: account,
      at: Self.at(1), into: &effects)
    for (number, second) in [(1, 2), (2, 5)] {
      if number == 2 {
        engine.setMode(.quiet, of: phone.device, at: Self.at(4), into: &effects)
      }
      let stanza = Stanza(
        .chat, conversation: "bob@example.org", id: "m\(number)", payload: Array("hi".utf8))
      engine.receive(stanza, for: account, at: Self.at(second), into: &effects)
      if number == 1 {
        engine.read(
          "bob@example.org", upTo: ArchivePosition(1), on: laptop.device, at: Self.at(3),
          into: &effects)
      }
    }
    return engine
  }

  @Test("R-211, goal 11: to another group with mode, held stanzas and read state, signed in still")
  func keepsEverything() throws {
    var cluster = try self.makeCluster()
    var source = try self.makeSource()
    // Its clock is another one: 1,000 seconds ahead.
    var target = MessagingEngine(startingAt: Self.at(1_000))
    var effects = Effects()
    let moves = try cluster.moves(of: [self.alice], to: "west") { _ in .normal }
    let plan = try #require(moves.first)
    var steps: [AccountMove<ClusterPlace>.Effect] = []
    var move = AccountMove(plan, epoch: OwnershipEpoch(4), at: Self.at(10), into: &steps)
    var snapshot: [UInt8] = []
    var redirects: [ClusterPlace] = []
    while !steps.isEmpty {
      switch steps.removeFirst() {
      case .freeze(let place):
        #expect(place == ClusterPlace(group: "east", node: .first))
        let found = source.account(named: self.alice)
        let account = try #require(found)
        let bytes = source.snapshot(of: account)
        snapshot = try #require(bytes)
        source.close(account, at: Self.at(10), into: &effects)
        effects.removeAll()
        move.apply(.frozen(snapshot), into: &steps)
      case .transfer(_, let bytes):
        #expect(bytes == snapshot)
        move.apply(.stored, into: &steps)
      case .own(let place, let epoch):
        #expect(place == plan.destination && epoch == OwnershipEpoch(4))
        move.apply(.granted(OwnershipEpoch(5)), into: &steps)
      case .thaw:
        _ = try target.restoreAccount(from: snapshot, at: Self.at(1_012), into: &effects)
        move.apply(.thawed, into: &steps)
      case .redirect(let place): redirects.append(place)
      case .forget(let place): #expect(place == plan.source)
      case .readOwner, .restore: Issue.record("nothing failed")
      }
    }
    #expect(move.step == .done && redirects == [plan.destination])
    try cluster.note(plan, while: .normal)
    #expect(cluster.group(of: self.alice) == "west")

    let (found, left) = (target.account(named: self.alice), source.account(named: self.alice))
    let account = try #require(found)
    #expect(left == nil)
    let named = target.device(named: "phone", of: account)
    let phone = try #require(named)
    let (report, devices) = (target.report(on: phone), target.devices(of: account).count)
    #expect(devices == 2 && report?.mode == .quiet && report?.heldStanzas == 1)
    let read = target.readStates(of: account).first
    #expect(read?.unread == 1 && read?.readUpTo == ArchivePosition(1))
    effects.removeAll()
    target.setMode(.normal, of: phone, at: Self.at(1_020), into: &effects)
    let deliveries = effects.compactMap { effect -> Delivery? in
      if case .deliver(let delivery) = effect { delivery } else { nil }
    }
    #expect(deliveries.map { $0.stanza.id } == ["m2"])
  }
}
