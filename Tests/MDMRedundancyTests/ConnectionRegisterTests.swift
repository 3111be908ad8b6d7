import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

/// Two nodes with their clients.
private struct Pair {
  var first = ConnectionRegister(node: .first)
  var second = ConnectionRegister(node: .second)

  var invariant: ConnectionInvariant {
    ConnectionInvariant(first: self.first, second: self.second)
  }

  /// A healthy pair: `x` clients at home on the first node, `y` on the second, two a user, all
  /// with both connections.
  init(x: Int, y: Int) throws {
    var effects: [ConnectionEffect] = []
    self.first.serve(.first, into: &effects)
    self.second.serve(.second, into: &effects)
    for number in 0..<x {
      let client = Pair.client("x", number)
      try self.first.open(client, home: .first, as: .active, isDual: true)
      try self.second.open(client, home: .first, as: .inactive, isDual: true)
    }
    for number in 0..<y {
      let client = Pair.client("y", number)
      try self.second.open(client, home: .second, as: .active, isDual: true)
      try self.first.open(client, home: .second, as: .inactive, isDual: true)
    }
  }

  static func client(_ home: String, _ number: Int) -> ClientID {
    ClientID(AccountName("\(home)\(number / 2)@x.org"), DeviceName("device\(number % 2)"))
  }
}

@Suite("ConnectionRegister")
struct ConnectionRegisterTests {
  private func names(_ effects: [ConnectionEffect]) -> [String] {
    effects.map { effect in
      switch effect {
      case .announceTakeover(let client): "takeover \(client.account)/\(client.device)"
      case .demote(let client): "demote \(client.account)/\(client.device)"
      case .disconnect(let client): "disconnect \(client.account)/\(client.device)"
      }
    }
  }

  @Test("R-193, B29: active here is inactive there, X and Y")
  func healthyPair() throws {
    let pair = try Pair(x: 6, y: 4)
    let first = pair.first.counters(publisher: .first)
    #expect(first.jsmSessionsClient == 6 && first.jsmSessionsClientInactive == 4)
    let second = pair.second.counters(publisher: .first)
    #expect(second.jsmSessionsClient == 4 && second.jsmSessionsClientInactive == 6)
    #expect(pair.invariant.violationsWhenHealthy == [])
  }

  @Test("R-196…R-198: users, not clients, in the other family; publisher and subscriber apart")
  func userCounters() throws {
    let pair = try Pair(x: 6, y: 5)
    let first = pair.first.counters(publisher: .first)
    #expect(first.activeJsmSessions == 3 && first.inactiveJsmSessions == 0)
    let second = pair.second.counters(publisher: .first)
    #expect(second.activeJsmSessions == 0 && second.inactiveJsmSessions == 3)
    #expect(second.jsmSessionsComposed == 3)
    #expect(
      second.named.map { $0.name } == [
        "ActiveJsmSessions", "InactiveJsmSessions", "JsmSessionsComposed", "JsmSessionsClient",
        "JsmSessionsClientInactive",
      ])
    #expect(second.named.map { $0.value } == [0, 3, 3, 5, 6])
  }

  @Test("B29: failover moves X: 0 and 0 on the lost node, X + Y and 0 on the survivor")
  func failover() throws {
    var pair = try Pair(x: 4, y: 2)
    pair.first.loseEverything()
    var effects: [ConnectionEffect] = []
    pair.second.serve(.first, into: &effects)
    #expect(
      self.names(effects) == [
        "takeover x0@x.org/device0", "takeover x0@x.org/device1", "takeover x1@x.org/device0",
        "takeover x1@x.org/device1",
      ])
    #expect(pair.invariant.violationsAfterFailover(of: .first, clients: 6).count == 1)
    for client in pair.second.clients(.inactive) { try pair.second.activate(client) }
    #expect(pair.invariant.violationsAfterFailover(of: .first, clients: 6) == [])
    let survivor = pair.second.counters(publisher: .first)
    #expect(survivor.jsmSessionsClient == 6 && survivor.jsmSessionsComposed == 3)
  }

  @Test("R-196, R-197: a lost publisher counts nobody, and its users are added on the backup")
  func usersAddUp() throws {
    for publisher in NodeID.allCases {
      var pair = try Pair(x: 6, y: 4)
      pair.first.loseEverything()
      var effects: [ConnectionEffect] = []
      pair.second.serve(.first, into: &effects)
      for client in pair.second.clients(.inactive) { try pair.second.activate(client) }
      let lost = pair.first.counters(publisher: publisher)
      #expect(lost.activeJsmSessions == 0 && lost.inactiveJsmSessions == 0)
      let survivor = pair.second.counters(publisher: publisher)
      // Three users at home on the node that is lost, two on the one that stands in.
      let (active, inactive) = publisher == .first ? (3, 2) : (2, 3)
      #expect(survivor.activeJsmSessions == active && survivor.inactiveJsmSessions == inactive)
    }
  }

  @Test("goal 17: a fallback signs nobody out who has both connections")
  func fallback() throws {
    var pair = try Pair(x: 2, y: 2)
    pair.first.loseEverything()
    var effects: [ConnectionEffect] = []
    pair.second.serve(.first, into: &effects)
    for client in pair.second.clients(.inactive) { try pair.second.activate(client) }
    // The first node is back; its clients stand by there. Of one more client there is no standby.
    let single = ClientID("z@x.org", "old")
    try pair.second.open(single, home: .first, as: .active, isDual: false)
    pair.first.serve(.second, into: &effects)
    effects = []
    pair.first.stopServing(.second, into: &effects)
    for client in pair.second.clients(.active) where client != single {
      let home: NodeID = client.account.text.hasPrefix("x") ? .first : .second
      try pair.first.open(client, home: home, as: .inactive, isDual: true)
    }
    pair.second.stopServing(.first, into: &effects)
    pair.first.serve(.first, into: &effects)
    #expect(
      self.names(effects) == [
        "demote x0@x.org/device0", "demote x0@x.org/device1", "disconnect z@x.org/old",
        "takeover x0@x.org/device0", "takeover x0@x.org/device1",
      ])
    #expect(pair.invariant.violationsEver == [])
    for number in 0..<2 { try pair.first.activate(Pair.client("x", number)) }
    #expect(pair.invariant.violationsWhenHealthy == [])
    #expect(pair.second.role(of: single) == nil)
  }

  @Test("R-191, R-194: what a node refuses, and that nothing has changed then")
  func refusals() throws {
    var register = ConnectionRegister(node: .first, connectionLimit: 1)
    let client = ClientID("a@x.org", "phone")
    #expect(throws: ConnectionRefusal.notServing) {
      try register.open(client, home: .first, as: .active, isDual: true)
    }
    #expect(throws: ConnectionRefusal.notOffered) {
      try register.open(client, home: .second, as: .inactive, isDual: false)
    }
    #expect(throws: ConnectionRefusal.notConnected) { try register.activate(client) }
    try register.open(client, home: .second, as: .inactive, isDual: true)
    #expect(throws: ConnectionRefusal.notServing) { try register.activate(client) }
    #expect(throws: ConnectionRefusal.tooManyConnections(limit: 1)) {
      try register.open(ClientID("b@x.org", "phone"), home: .second, as: .inactive, isDual: true)
    }
    var effects: [ConnectionEffect] = []
    register.serve(.second, into: &effects)
    #expect(throws: ConnectionRefusal.servesItself) {
      try register.open(client, home: .second, as: .inactive, isDual: true)
    }
    try register.activate(client)
    try register.activate(client)
    #expect(register.role(of: client) == .active)
    register.close(client)
    register.close(client)
    #expect(register.role(of: client) == nil)
  }

  @Test("B29: what is broken is named")
  func violations() throws {
    var pair = try Pair(x: 2, y: 0)
    pair.second.close(Pair.client("x", 1))
    #expect(
      pair.invariant.violationsWhenHealthy == [
        .countersDiffer(node: .first, active: 2, inactiveAtPeer: 1),
        .incomplete(Pair.client("x", 1), .active),
      ])
    var effects: [ConnectionEffect] = []
    pair.second.serve(.first, into: &effects)
    try pair.second.activate(Pair.client("x", 0))
    #expect(
      pair.invariant.violationsEver == [.twoServe(.first), .twoActive(Pair.client("x", 0))])
    #expect(
      pair.invariant.violationsAfterFailover(of: .first, clients: 2).contains(
        .lostNodeCounts(.first, active: 2, inactive: 0)))
  }

  @Test("whatever happens, nothing is active that is not served", arguments: 1...20)
  func random(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var register = ConnectionRegister(node: .second)
    var effects: [ConnectionEffect] = []
    for _ in 0..<500 {
      let client = Pair.client("c", random.below(8))
      let home: NodeID = client.account < "c2@x.org" ? .first : .second
      switch random.below(6) {
      case 0: register.serve(home, into: &effects)
      case 1: register.stopServing(home, into: &effects)
      case 2: register.close(client)
      case 3: try? register.activate(client)
      default:
        try? register.open(
          client, home: home, as: random.pick(ConnectionRole.allCases),
          isDual: random.chance(3, in: 4))
      }
      let counters = register.counters(publisher: .first)
      let invariant = ConnectionInvariant(
        first: ConnectionRegister(node: .first), second: register)
      #expect(invariant.violationsEver == [])
      #expect(counters.jsmSessionsClient == register.clients(.active).count)
      #expect(counters.jsmSessionsClientInactive == register.clients(.inactive).count)
      #expect(
        counters.activeJsmSessions + counters.inactiveJsmSessions
          == Set(register.clients(.active).map { $0.account }).count)
    }
  }
}
