import MDM
import MDMRedundancy
import Testing

@testable import ConsoleCore

@Suite("Why it did not ring")
struct StoryTests {
  /// The text of a member of an object.
  private func text(_ value: JSON, _ name: String) -> String? {
    guard case .object(let members) = value,
      case .string(let text)? = members.first(where: { $0.name == name })?.value
    else { return nil }
    return text
  }

  private func list(_ value: JSON?, _ name: String) -> [JSON] {
    guard case .object(let members)? = value,
      case .array(let list)? = members.first(where: { $0.name == name })?.value
    else { return [] }
    return list
  }

  @Test("each message has a sentence for each device that was there, with the reason")
  func sentences() throws {
    let office = try makeOffice(people: 10, at: "13:00")
    var titles: Set<String> = []
    var texts: [String] = []
    for person in office.people {
      for message in self.list(office.personJSON(person.account.text), "messages") {
        let devices = self.list(message, "devices")
        #expect(!devices.isEmpty)
        for device in devices {
          titles.insert(try #require(self.text(device, "title")))
          texts.append(try #require(self.text(device, "text")))
        }
      }
    }
    #expect(titles == ["Rang", "Did not ring", "Written here", "Woken by push"])
    #expect(texts.allSatisfy { $0.hasSuffix(".") })
    #expect(texts.allSatisfy { $0.contains("because") || $0.contains("sender") })
    #expect(texts.contains { $0.contains("was active until") })
    #expect(texts.contains { $0.contains("Read on it at") })
  }

  @Test("the marks agree with the counters: what rang or was woken is marked")
  func marksAgree() throws {
    let office = try makeOffice(people: 8, at: "08:30")
    var rang = 0
    for person in office.people {
      let marks = self.list(office.personJSON(person.account.text), "marks")
      rang += marks.count { ["rang", "pushed"].contains(self.text($0, "kind")) }
    }
    #expect(rang > 0)
    #expect(UInt64(rang) == office.counters.totals.notified)
  }

  @Test("a message that nobody had been told of rings when the phone is back, and the page says so")
  func lateRing() throws {
    let office = try makeOffice(at: "06:50")
    let place = try #require(
      office.people.indices.first { office.people[$0].devices[1].kind == .androidPhone })
    let person = office.people[place]
    let (seat, phone) = (try #require(person.seat), try #require(person.phone))
    try #require(person.devices[phone].isUp)
    office.lose(place, phone)
    let friend = ConversationID(office.people[person.contacts[0]].account.text)
    office.nodes[seat.node].service.receive(
      Stanza(.chat, conversation: friend), for: seat.account, at: office.now)
    office.advance(byNanoseconds: 20 * OfficeTime.second)
    office.resume(place, phone)
    let story = office.personJSON(person.account.text)
    let message = try #require(self.list(story, "messages").first)
    let device = try #require(self.list(message, "devices").last)
    #expect(self.text(device, "title") == "Rang")
    #expect(self.text(device, "text")?.contains("it rang then, because") == true)
    #expect(self.list(story, "marks").contains { self.text($0, "kind") == "rang" })
  }

  @Test("a user who has moved keeps the story of both nodes, in order")
  func moved() throws {
    let office = try makeOffice()
    try office.command(.failover(.first))
    office.advance(byNanoseconds: 30 * OfficeTime.minute)
    let person = try #require(office.people.first { $0.home == .first })
    let messages = self.list(office.personJSON(person.account.text), "messages")
    let clocks = messages.compactMap { self.text($0, "clock") }
    #expect(clocks == clocks.sorted(by: >))
    #expect(clocks.contains { $0 < "11:00" })
    #expect(clocks.contains { $0 > "11:10" })
  }

  @Test("what happened before the page's window shows only in how the devices stand")
  func window() throws {
    let office = try makeOffice(at: "18:00")
    let person = office.personJSON(office.people[0].account.text)
    let since = Double(15 * 3_600)
    for mark in self.list(person, "marks") {
      guard case .object(let members) = mark, case .number(let at)? = members.first?.value else {
        Issue.record("a mark without a time")
        continue
      }
      #expect(at >= since)
    }
    let first = try #require(self.list(person, "states").first)
    #expect(first.text.contains("\"at\":\(since)"))
  }
}

@Suite("The journal")
struct JournalTests {
  @Test("the oldest marks go first")
  func bounded() {
    var journal = Journal()
    for number in 0..<(Journal.limit + 7) {
      journal.note(.wrote("bob"), number, at: MonotonicInstant(nanoseconds: Int64(number)))
    }
    journal.note(.state(.quiet), 3, at: .origin)
    #expect(journal.actMarks.map { $0.device } == Array(7..<(Journal.limit + 7)))
    #expect(journal.stateMarks.map { $0.device } == [3])
  }
}

@Suite("Sessions of an XMPP server")
struct ServerSessionTests {
  @Test("a line is an address and fields, however the resource looks")
  func parses() throws {
    let line = "a@b/my phone mdm=x mdm=true mode=quiet active=true phase=up kind=iPad held=12"
    let session = try #require(ServerSession(line))
    #expect(session.account == "a@b")
    #expect(session.device == "my phone mdm=x")
    #expect(session.state == "quiet")
    #expect(session.held == 12)
    #expect(session.kind == .iPad)
    #expect(session.isActive)
    #expect(ServerSession("no session at all") == nil)
  }

  @Test(
    "phase comes before mode",
    arguments: [
      ("suspended", "quiet", "phantom"), ("detached", "normal", "lost"),
      ("connected", "silent", "silent"), ("connected", "normal", "normal"),
    ])
  func states(phase: String, mode: String, state: String) throws {
    let session = try #require(ServerSession("a@b/c mdm=true mode=\(mode) phase=\(phase)"))
    #expect(session.state == state)
    #expect(session.kind == nil)
  }
}
