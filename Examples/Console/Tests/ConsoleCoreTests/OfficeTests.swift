import MDM
import MDMRedundancy
import MDMTestKit
import Testing

@testable import ConsoleCore

/// An office at a time of its first day.
func makeOffice(
  people: Int = 12, seed: UInt64 = 1, at text: String = "11:00", users: Int? = nil,
  guest: String? = nil
) throws -> Office {
  var settings = OfficeSettings()
  settings.people = people
  settings.seed = seed
  settings.guest = guest
  settings.startMinute = try #require(OfficeTime.minute(text))
  settings.size =
    try users.map { try OVASize(users: $0) } ?? OfficeSettings.fittingSize(people: people)
  return Office(settings)
}

@Suite("The office")
struct OfficeTests {
  @Test("the same seed gives the same day however time is cut, another seed another day")
  func isDeterministic() throws {
    let whole = try makeOffice(at: "12:00")
    let cut = try makeOffice(at: "06:30")
    var random = SeededGenerator(seed: 5)
    while cut.now < whole.now {
      let step = Int64(random.number(in: 1...400)) * 1_000_000_007
      cut.advance(to: min(whole.now, cut.now.advanced(byNanoseconds: step)))
    }
    #expect(cut.fingerprint == whole.fingerprint)
    #expect(cut.counters == whole.counters)
    #expect(cut.messageCount > 100)
    #expect(try makeOffice(seed: 2, at: "12:00").fingerprint != whole.fingerprint)
  }

  @Test("looking changes nothing")
  func lookingIsHarmless() throws {
    let (looked, left) = (try makeOffice(), try makeOffice())
    for _ in 0..<15 {
      for office in [looked, left] { office.advance(byNanoseconds: 90 * OfficeTime.second) }
      _ = looked.peopleJSON
      _ = looked.report
      _ = looked.metrics
      _ = looked.people.map { looked.personJSON($0.account.text) }
    }
    #expect(looked.fingerprint == left.fingerprint)
  }

  @Test("after the evening comes the next morning")
  func nextDay() throws {
    let office = try makeOffice(at: "20:29")
    let before = office.messageCount
    office.advance(byNanoseconds: OfficeTime.minute)
    #expect(office.now == OfficeTime.instant(day: 1, minute: OfficeTime.morning))
    #expect(office.history.samples.count == 1)
    office.advance(byNanoseconds: 4 * OfficeTime.hour)
    #expect(office.messageCount > before)
  }

  @Test("a day has every mode, rings, pushes, reads, and flushes for the everyday reasons")
  func dayIsFull() throws {
    let office = try makeOffice(people: 16, at: "18:00")
    let totals = office.counters.totals
    for count in [totals.notified, totals.pushed, totals.markers, totals.held, totals.coalesced] {
      #expect(count > 20)
    }
    for reason in [FlushReason.request, .noOtherActiveClient, .clientActive, .resumed] {
      #expect(office.counters.flushes(because: reason) > 5, "\(reason)")
    }
    let states = office.history.samples.map { $0.sessions }
    #expect(states.contains { $0.normal > 0 && $0.quiet > 0 && $0.phantom > 0 })
    #expect(states.contains { $0.lost > 0 })
  }

  @Test("every session is counted once, by mode, by node and in the report (R-086)")
  func sessionsAddUp() throws {
    let office = try makeOffice()
    for _ in 0..<40 {
      office.advance(byNanoseconds: 7 * OfficeTime.minute)
      let all = office.sessionStates.all
      #expect(office.report.cluster.sessions == all)
      #expect(office.counters.gauges.sessions == all)
      let loads = NodeID.allCases.map { office.sessionCounts(of: $0).0.load }
      #expect(loads.reduce(0, +) == all)
    }
  }

  @Test("messages cross from node to node")
  func crossing() throws {
    let office = try makeOffice(people: 4)
    let crossed = NodeID.allCases.map { office.nodes[$0].service.serviceCounters.totals }
    #expect(crossed.allSatisfy { $0.routedForeign > 10 && $0.routed > 10 })
  }
}
