import MDM
import MDMTestKit
import Testing

@testable import MDMEngine

/// An engine whose decisions about chosen accounts are kept.
private struct Desk: ~Copyable {
  var engine = MessagingEngine(number: 3)
  var effects = Effects(explaining: true)
  var log: DecisionLog

  init(_ edit: (inout DecisionLog.Limits) -> Void = { _ in }) {
    var limits = DecisionLog.Limits()
    edit(&limits)
    self.log = DecisionLog(limits: limits)
  }

  static func at(_ second: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(second) * 1_000_000_000)
  }

  mutating func open(_ name: AccountName, _ devices: DeviceName...) throws -> [DeviceHandle] {
    let account = try self.engine.open(name, at: .origin, into: &self.effects)
    let handles = try devices.map { device in
      try self.engine.signIn(
        SignIn(device: device), to: account, at: .origin, into: &self.effects
      ).device
    }
    self.keep(0)
    return handles
  }

  mutating func keep(_ second: Int) {
    self.log.note(self.effects.explanations, of: self.engine, at: Self.at(second))
    self.effects.removeAll()
  }

  mutating func receive(_ id: String, for name: AccountName, at second: Int) throws {
    let found = self.engine.account(named: name)
    let account = try #require(found)
    let stanza = Stanza(.chat, conversation: "bob@example.org", id: id, payload: [1, 2, 3])
    self.engine.receive(stanza, for: account, at: Self.at(second), into: &self.effects)
    self.keep(second)
  }
}

@Suite("DecisionLog")
struct DecisionLogTests {
  @Test("why the phone did not ring: instant, stanza, device, outcome, reason, who was active")
  func whyNot() throws {
    var desk = Desk()
    try desk.log.watch("alice")
    let devices = try desk.open("alice", "phone", "laptop")
    desk.engine.setMode(.quiet, of: devices[0], at: Desk.at(1), into: &desk.effects)
    desk.engine.setPresence(
      .available(), of: devices[1], at: Desk.at(2), into: &desk.effects)
    desk.keep(2)
    try desk.receive("m1", for: "alice", at: 37_867)
    desk.engine.setPresence(
      .available(), of: devices[1], at: Desk.at(37_900), into: &desk.effects)
    desk.keep(37_900)
    try desk.receive("m2", for: "alice", at: 37_952)
    desk.engine.setMode(.normal, of: devices[0], at: Desk.at(37_960), into: &desk.effects)
    desk.keep(37_960)
    #expect(
      desk.log.lines(of: "alice", unixSecondsAtOrigin: 86_400 * 3) == [
        "10:31:07 phone: delivered and rang, because no client is active, so every device rings; "
          + "no client was active (bob@example.org, 1)",
        "10:31:07 laptop: delivered and rang, because no client is active, so every device rings; "
          + "no client was active (bob@example.org, 1)",
        "10:32:32 laptop: delivered and rang, because it is the active client (bob@example.org, 2)",
        "10:32:32 phone: held, because quiet; laptop was active until 10:36:40 (bob@example.org, 2)",
        "10:32:40 phone: delivered late without ringing, because the client left quiet mode (bob@example.org, 2)",
      ])
    let entry = try #require(desk.log.entries(of: "alice").dropFirst(3).first)
    #expect(entry.outcome == .held && entry.stanzaID == "m2" && entry.device == "phone")
    #expect(entry.instant == Desk.at(37_952) && entry.position == ArchivePosition(2))
    #expect(entry.active == .init(device: "laptop", until: Desk.at(38_200)))
    #expect(entry.decision == .held(.otherClientActive))
  }

  @Test("nothing is kept of accounts that are not watched, or not any more")
  func onlyWatched() throws {
    var desk = Desk { $0.accounts = 2 }
    for name in ["alice", "bob", "carol"] as [AccountName] { _ = try desk.open(name, "phone") }
    try desk.receive("m", for: "alice", at: 1)
    #expect(desk.log.entries(of: "alice").isEmpty && desk.log.byteCount == 0)
    try desk.log.watch("alice")
    try desk.log.watch("alice")
    try desk.log.watch("bob")
    #expect(throws: DecisionLog.WatchError.tooManyAccounts(limit: 2)) {
      try desk.log.watch("carol")
    }
    for name in ["alice", "bob", "carol"] as [AccountName] {
      try desk.receive("n", for: name, at: 2)
    }
    #expect(desk.log.entries(of: "alice").map { $0.stanzaID } == ["n"])
    #expect(desk.log.accounts == ["alice", "bob"])
    desk.log.unwatch("alice")
    #expect(desk.log.entries(of: "alice").isEmpty && !desk.log.isWatching("alice"))
    #expect(desk.log.byteCount > 0)
    desk.log.unwatch("bob")
    #expect(desk.log.byteCount == 0)
  }

  @Test("an account that closes and opens again goes on in the same log; what was held is told")
  func reopening() throws {
    var desk = Desk()
    try desk.log.watch("alice")
    let devices = try desk.open("alice", "phone", "laptop")
    desk.engine.setPresence(.available(), of: devices[1], at: Desk.at(1), into: &desk.effects)
    desk.engine.setMode(.quiet, of: devices[0], at: Desk.at(1), into: &desk.effects)
    try desk.receive("m", for: "alice", at: 2)
    let found = desk.engine.account(named: "alice")
    let account = try #require(found)
    desk.engine.close(account, at: Desk.at(3), into: &desk.effects)
    desk.keep(3)
    _ = try desk.open("other", "phone")
    _ = try desk.open("alice", "tablet")
    try desk.receive("o", for: "other", at: 4)
    try desk.receive("n", for: "alice", at: 5)
    #expect(
      desk.log.entries(of: "alice").map { "\($0.device) \($0.stanzaID) \($0.outcome)" } == [
        "laptop m rang", "phone m held", "phone m undelivered", "tablet n rang",
      ])
  }

  @Test(
    "each limit holds at every step, the newest stay, and what went is counted", arguments: 1...8)
  func limits(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let names: [AccountName] = ["alice", "bob", "carol"]
    var desk = Desk { limits in
      limits.entriesPerAccount = 1 + random.below(40)
      limits.bytesPerAccount = 1 + random.below(6_000)
      limits.bytes = 1 + random.below(12_000)
    }
    for name in names {
      _ = try desk.open(name, "phone", "laptop")
      try desk.log.watch(name)
    }
    var told: [AccountName: [String]] = [:]
    for step in 0..<300 {
      let name = random.pick(names)
      let id = String(repeating: "x", count: random.below(40)) + "\(step)"
      try desk.receive(id, for: name, at: step)
      told[name, default: []] += [id, id]
      var bytes = 0
      for name in names {
        let kept = desk.log.entries(of: name)
        let all = told[name] ?? []
        #expect(kept.map { $0.stanzaID } == Array(all.suffix(kept.count)))
        #expect(Int(desk.log.forgottenCount(of: name)) == all.count - kept.count)
        #expect(kept.count <= desk.log.limits.entriesPerAccount)
        let size = kept.reduce(0) { $0 + Self.leastBytes($1) }
        #expect(size <= desk.log.limits.bytesPerAccount)
        bytes += size
      }
      #expect(bytes <= desk.log.byteCount && desk.log.byteCount <= desk.log.limits.bytes)
    }
  }

  private static func leastBytes(_ entry: DecisionEntry) -> Int {
    MemoryLayout<DecisionEntry>.stride + entry.stanzaID.utf8.count
  }

  @Test("B9, B14: a push is told, and so is a message that waited and rang when it came")
  func lateAndPushed() throws {
    var desk = Desk()
    try desk.log.watch("alice")
    let account = try desk.engine.open("alice", at: .origin, into: &desk.effects)
    let phone = try desk.engine.signIn(
      SignIn(device: "phone", pushEnabled: true), to: account, at: .origin, into: &desk.effects
    ).device
    desk.engine.connectionLost(phone, at: Desk.at(1), into: &desk.effects)
    desk.keep(1)
    try desk.log.watch("bob")
    let tablet = try desk.open("bob", "tablet")[0]
    desk.engine.connectionLost(tablet, at: Desk.at(1), into: &desk.effects)
    desk.keep(1)
    for name in ["alice", "bob"] as [AccountName] { try desk.receive("m", for: name, at: 2) }
    desk.engine.resume(phone, at: Desk.at(3), into: &desk.effects)
    desk.engine.resume(tablet, at: Desk.at(3), into: &desk.effects)
    desk.keep(3)
    // Whom the push has told is not rung again.
    let outcomes = desk.log.entries(of: "alice").map { $0.outcome }
    #expect(outcomes == [.held, .pushed, .flushed])
    #expect(desk.log.entries(of: "bob").map { $0.outcome } == [.held, .rangLate])
    let line = try #require(desk.log.lines(of: "bob", unixSecondsAtOrigin: 0).last)
    #expect(
      line.contains(
        "delivered late and rang, because the device resumed its connection, and its user had not "
          + "been told"))
  }

  @Test("names that would break the line, or write to the terminal, do not")
  func printable() throws {
    var desk = Desk()
    try desk.log.watch("alice")
    _ = try desk.open("alice", "ph\none\u{1B}[2J\u{202E}")
    try desk.receive("m", for: "alice", at: 1)
    let line = try #require(desk.log.lines(of: "alice", unixSecondsAtOrigin: .max).first)
    #expect(line.contains(" ph\u{FFFD}one\u{FFFD}[2J\u{FFFD}: delivered"))
  }

  @Test("every reason of the vocabulary has its words")
  func words() {
    let stanza = Stanza(.chat, conversation: "bob", id: "m")
    var decisions: [Explanation.Decision] = [.coalesced, .dropped, .undelivered]
    decisions += NotificationDecision.allCases.map { .delivered(.original, $0) }
    decisions += Explanation.HoldReason.allCases.map { .held($0) }
    decisions.append(.pushed)
    decisions += FlushReason.allCases.map { .flushed($0, .heldBack) }
    decisions += FlushReason.allCases.map { .flushed($0, .noActiveClient) }
    decisions += SkipReason.allCases.map { .skipped($0) }
    var texts: Set<String> = []
    for decision in decisions {
      let entry = DecisionEntry(
        Explanation(
          device: DeviceHandle(slot: 0, index: 0, generation: 0), stanza: stanza, position: nil,
          decision: decision), device: "phone", active: nil, at: .origin)
      #expect(!entry.reason.isEmpty)
      texts.insert("\(entry.outcome.rawValue): \(entry.reason)")
      if case .delivered(_, let notification) = decision {
        #expect((entry.outcome == .rang) == notification.rings)
      }
    }
    #expect(texts.count == decisions.count)
  }
}

@Suite("Explaining lists")
struct ExplainingEffectsTests {
  @Test("a list can begin and stop explaining, and keeps its effects")
  func switching() throws {
    var engine = MessagingEngine()
    var effects = Effects()
    let account = try engine.open("alice", at: .origin, into: &effects)
    try engine.signIn(SignIn(device: "phone"), to: account, at: .origin, into: &effects)
    func receive() {
      engine.receive(Stanza(.chat, conversation: "bob"), for: account, at: .origin, into: &effects)
    }
    receive()
    let before = effects
    effects.isExplaining = true
    #expect(effects == before && effects.explanations.isEmpty && !before.isExplaining)
    receive()
    #expect(effects.explanations.count == 1 && effects.count == 2 * before.count)
    let both = effects
    effects.removeExplanations()
    #expect(effects == both && effects.explanations.isEmpty && both.explanations.count == 1)
    receive()
    effects.isExplaining = false
    #expect(effects.explanations.isEmpty && effects.count == 3 * before.count)
    receive()
    #expect(effects.explanations.isEmpty)
  }
}
