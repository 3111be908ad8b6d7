import MDM
import MDMRedundancy

// One user's devices, and what became of each message on each of them: the page that says why a
// telephone did not ring.
extension Office {
  /// Everybody, as a list.
  var peopleJSON: JSON {
    .array(
      self.people.filter { !$0.isLoad }.map { person in
        .members([
          "name": .string(person.name), "account": .string(person.account.text),
          "node": .text(person.seat?.node.name), "place": .string(Self.words(person)),
          "devices": .array(person.devices.map { self.json($0, of: person) }),
        ])
      })
  }

  private static func words(_ person: Person) -> String {
    if person.seat == nil { return "not served by any node" }
    if let device = person.inUse { return "looks at the \(person.devices[device].name.text)" }
    switch person.place {
    case .home: return "not at work"
    case .desk: return "at the desk"
    case .out: return "away from the desk"
    }
  }

  private func json(_ device: OfficeDevice, of person: Person) -> JSON {
    let report = self.report(on: device, of: person)
    let verdict = self.standings(of: person).first { $0.device == device.handle }?.verdict
    return .members([
      "name": .string(device.name.text), "kind": .string(device.kind.reportName),
      "state": .string(Self.state(report).rawValue), "held": .int(report?.heldStanzas ?? 0),
      "isActive": .bool(verdict == .active),
      "standing": .string(verdict.map { Self.words($0) } ?? ""),
    ])
  }

  private func standings(of person: Person) -> [ElectionStanding] {
    guard let seat = person.seat else { return [] }
    return self.nodes[seat.node].service.election(of: seat.account, at: self.now)
  }

  private func report(on device: OfficeDevice, of person: Person) -> DeviceReport? {
    guard let seat = person.seat, let handle = device.handle else { return nil }
    return self.nodes[seat.node].service.report(on: handle)
  }

  private static func state(_ report: DeviceReport?) -> Journal.DeviceState {
    guard let report else { return .out }
    switch (report.phase, report.mode) {
    case (.suspended, _): return .phantom
    case (.detached, _): return .lost
    case (.connected, .normal): return .normal
    case (.connected, .quiet): return .quiet
    case (.connected, .silent): return .silent
    }
  }

  private static func words(_ verdict: ElectionStanding.Verdict) -> String {
    switch verdict {
    case .active: "the active client"
    case .outdone: "another device was used later"
    case .windowClosed: "not used for five minutes"
    case .neverActed: "not used since it signed in"
    @unknown default: "not active"
    }
  }

  // MARK: - One person

  /// How far the page looks back.
  static let lookBack = Duration.seconds(3 * 3_600)
  /// Messages that the page lists.
  static let messageLimit = 60

  func personJSON(_ account: String) -> JSON? {
    guard let place = self.places[AccountName(account)] else { return nil }
    let person = self.people[place]
    let since = self.now.advanced(by: .zero - Self.lookBack)
    let story = Story(
      entries: self.decisions(of: person.account), journal: person.journal,
      devices: person.devices.map { $0.name }, since: since,
      name: { [places = self.places, people = self.people] conversation in
        places[AccountName(conversation.text)].map { people[$0].name } ?? conversation.text
      })
    return .members([
      "name": .string(person.name), "account": .string(person.account.text),
      "node": .text(person.seat?.node.name), "home": .string(person.home.name),
      "place": .string(Self.words(person)),
      "devices": .array(person.devices.map { self.json($0, of: person) }),
      "now": OfficeTime.seconds(self.now),
      "since": OfficeTime.seconds(max(since, OfficeTime.instant(day: 0, minute: 0))),
      "states": story.states, "marks": story.marks,
      "messages": story.messages(Self.messageLimit),
      "forgotten": .int(Int(clamping: self.forgottenDecisions(of: person.account))),
    ])
  }

  /// What both nodes have decided about an account, oldest first: it may have moved.
  private func decisions(of account: AccountName) -> [DecisionEntry] {
    let (first, second) = (
      self.nodes.first.service.decisions(of: account),
      self.nodes.second.service.decisions(of: account)
    )
    if first.isEmpty || second.isEmpty { return first + second }
    // Each list is in order already; where both have an instant, the first node's come first.
    return (first + second).enumerated().sorted {
      ($0.element.instant, $0.offset) < ($1.element.instant, $1.offset)
    }.map { $0.element }
  }

  private func forgottenDecisions(of account: AccountName) -> UInt64 {
    NodeID.allCases.reduce(0) { $0 + self.nodes[$1].service.forgottenDecisions(of: account) }
  }
}
