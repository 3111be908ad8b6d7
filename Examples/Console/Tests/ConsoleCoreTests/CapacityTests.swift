import MDM
import MDMRedundancy
import Testing

@testable import ConsoleCore

@Suite("The office's capacity")
struct CapacityTests {
  @Test("the alarm is raised ten minutes after the sessions came, and taken back when they go")
  func alarm() throws {
    let office = try makeOffice()
    #expect(office.capacity.alarms.group.load > 0)
    office.setLoad(400, on: nil)
    let begin = office.now
    #expect(office.capacity.alarms.group.overSince == begin)
    office.advance(to: begin.advanced(by: .seconds(599)))
    #expect(!office.capacity.alarms.group.isRaised)
    office.advance(to: begin.advanced(by: .seconds(600)))
    #expect(office.capacity.alarms.group.isRaised)
    #expect(office.capacity.alarms.nodes.first.isRaised)
    office.setLoad(0, on: nil)
    #expect(!office.capacity.alarms.group.isRaised)
    #expect(office.capacity.entries.count { $0.effect.isCleared } == 3)
  }

  @Test("sessions on one node come with the moves that even it out (R-081)")
  func suggestion() throws {
    let office = try makeOffice()
    office.setLoad(60, on: .first)
    office.advance(byNanoseconds: 10 * OfficeTime.minute)
    #expect(office.capacity.alarms.nodes.first.isRaised)
    #expect(!office.capacity.alarms.nodes.second.isRaised)
    let plan = try #require(office.capacity.suggestion)
    #expect(plan.moves.allSatisfy { $0.source == .first })
    #expect(abs(plan.sessionsAfter.first - plan.sessionsAfter.second) <= 1)
  }

  @Test("sessions that were signed out are the ones that sign in again")
  func loadAgain() throws {
    let office = try makeOffice()
    let before = office.report.cluster
    office.setLoad(30, on: nil)
    #expect(office.report.cluster.sessions == before.sessions + 30)
    office.setLoad(10, on: nil)
    #expect(office.report.cluster.users == before.users + 10)
    office.setLoad(20, on: nil)
    #expect(office.report.cluster.users == before.users + 20)
    #expect(office.people.count { $0.isLoad } == 30)
  }

  @Test("a limit out of range is refused, one within is obeyed at once (R-071)")
  func limit() throws {
    let office = try makeOffice()
    #expect(throws: CapacityError.self) { try office.setAlarmLimit(101) }
    try office.setAlarmLimit(5)
    #expect(office.capacity.alarms.group.overSince != nil)
  }

  @Test("while one node stands in, its capacity is not halved any more (R-077)")
  func standingIn() throws {
    let office = try makeOffice(users: 400)
    let before = office.capacity.alarms.nodes.second.level.capacity
    office.setRunning(false, .first)
    office.advance(byNanoseconds: 5 * OfficeTime.minute)
    #expect(office.capacity.alarms.nodes.second.level.capacity == before * 2)
  }
}

extension CapacityAlarmEffect {
  fileprivate var isCleared: Bool {
    switch self {
    case .cleared: true
    case .raised, .repeated: false
    }
  }
}
