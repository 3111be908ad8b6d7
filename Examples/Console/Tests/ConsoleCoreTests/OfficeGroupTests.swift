import MDM
import MDMRedundancy
import Testing

@testable import ConsoleCore

@Suite("The office's two nodes")
struct OfficeGroupTests {
  private func state(_ office: Office, _ node: NodeID) -> NodeState? {
    office.group.members[node].machine?.status.state
  }

  private func servers(_ office: Office) -> [NodeID?] {
    NodeID.allCases.map { office.group.serving[$0] }
  }

  /// Conversations whose read state each person's account has.
  private func conversations(_ office: Office) -> [Int] {
    office.people.map { person in
      person.seat.map { office.nodes[$0.node].service.readStates(of: $0.account).count } ?? -1
    }
  }

  @Test("both start Normal and serve their own")
  func normal() throws {
    let office = try makeOffice()
    #expect(self.state(office, .first) == .normal && self.state(office, .second) == .normal)
    #expect(self.servers(office) == [.first, .second])
  }

  @Test("an administrator's failover takes the accounts along, and the fallback brings them home")
  func planned() throws {
    let office = try makeOffice()
    let marks = office.people.map { person in
      person.seat.map { office.nodes[$0.node].service.lastPosition(of: $0.account) }
    }
    let conversations = self.conversations(office)
    try office.command(.failover(.first))
    office.advance(byNanoseconds: OfficeTime.minute)
    #expect(zip(self.conversations(office), conversations).allSatisfy { $0 >= $1 && $1 > 0 })
    office.advance(byNanoseconds: 14 * OfficeTime.minute)
    #expect(self.servers(office) == [.second, .second])
    #expect(self.state(office, .second) == .runningInBackupMode)
    #expect(office.people.allSatisfy { $0.seat?.node == .second })
    #expect(office.report.cluster.users == office.people.count)
    for (person, before) in zip(office.people, marks) {
      let seat = try #require(person.seat)
      let after = office.nodes[seat.node].service.lastPosition(of: seat.account)
      #expect(try #require(after) >= (before ?? .start) ?? .start)
    }
    try office.command(.fallback(.first))
    office.advance(byNanoseconds: 15 * OfficeTime.minute)
    #expect(self.servers(office) == [.first, .second])
    #expect(office.people.allSatisfy { $0.seat?.node == $0.home })
    #expect(office.report.cluster.users == office.people.count)
  }

  @Test("a node that is switched off is replaced after the heartbeat's time-out (R-132)")
  func powerLoss() throws {
    let office = try makeOffice()
    let laptops = office.people.count { $0.devices[0].isUp }
    office.setRunning(false, .second)
    #expect(office.people.filter { $0.home == .second }.allSatisfy { $0.seat == nil })
    office.advance(byNanoseconds: 30 * OfficeTime.second)
    #expect(self.servers(office) == [.first, nil])
    // Lease and heartbeat have ended; then a connection that stands by is enough.
    office.advance(byNanoseconds: 2 * OfficeTime.minute)
    #expect(laptops > 0)
    #expect(office.people.count { $0.devices[0].isUp } == laptops)
    #expect(office.report.cluster.sessions < laptops * 2)
    office.advance(byNanoseconds: 15 * OfficeTime.minute)
    #expect(self.servers(office) == [.first, .first])
    #expect(office.report.cluster.users == office.people.count)
    office.setRunning(true, .second)
    office.advance(byNanoseconds: 5 * OfficeTime.minute)
    try office.command(.fallback(.second))
    office.advance(byNanoseconds: 15 * OfficeTime.minute)
    #expect(self.servers(office) == [.first, .second])
  }

  @Test("a critical service that stays down moves the users after ninety seconds (R-128)")
  func serviceDown() throws {
    let office = try makeOffice()
    office.setBroken(true, .first)
    office.advance(byNanoseconds: 89 * OfficeTime.second)
    #expect(self.servers(office) == [.first, .second])
    office.advance(byNanoseconds: 15 * OfficeTime.minute)
    #expect(self.servers(office) == [.second, .second])
    #expect(self.state(office, .first) == .failedOverCriticalServicesNotRunning)
  }

  @Test("with the line cut, never are users served by both")
  func split() throws {
    let office = try makeOffice()
    office.setCut(true)
    for _ in 0..<60 {
      office.advance(byNanoseconds: 5 * OfficeTime.second)
      for home in NodeID.allCases {
        let nodes = Set(office.people.filter { $0.home == home }.compactMap { $0.seat?.node })
        #expect(nodes.count <= 1)
      }
    }
    office.setCut(false)
    office.advance(byNanoseconds: 5 * OfficeTime.minute)
    #expect(self.servers(office).allSatisfy { $0 != nil })
  }

  @Test("a command that the states do not allow is refused in words (R-146)")
  func refusal() throws {
    let office = try makeOffice()
    #expect(throws: CommandRefusal.self) { try office.command(.fallback(.first)) }
  }

  @Test("connections that stand by are one for each laptop, on the other node (R-199)")
  func standby() throws {
    let office = try makeOffice()
    let laptops = office.people.map { person in
      person.devices.count { $0.kind == .desktop && $0.isUp }
    }.reduce(0, +)
    let counters = NodeID.allCases.map { office.sessionCounts(of: $0).1 }
    #expect(laptops > 0)
    #expect(counters.reduce(0) { $0 + $1[.jsmSessionsClientInactive] } == laptops)
    for node in NodeID.allCases {
      let register = office.connections(of: node)
      let areElsewhere = register.clients(.inactive).allSatisfy { client in
        office.people.contains { $0.account == client.account && $0.seat?.node == node.peer }
      }
      #expect(areElsewhere)
    }
  }
}
