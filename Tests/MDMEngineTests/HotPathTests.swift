import MDMTestKit
import Testing

@testable import MDM
@testable import MDMEngine

/// What the hot path does in its own way must come out as the general rules have it. The random
/// scripts say so for whole engines; these say it for each way.
@Suite("The hot path")
struct HotPathTests {
  private static func makeEngine(
    _ edit: (inout Configuration.Values) -> Void = { _ in }
  ) throws -> MessagingEngine {
    MessagingEngine(configuration: try Configuration(edit), startingAt: .origin)
  }

  private static func message(_ number: Int, from contact: String = "bob") -> Stanza {
    Stanza(.chat, conversation: ConversationID(contact), id: "\(number)")
  }

  @Test("devices that reach their limit together are flushed as one after the other would be")
  func flushedTogether() throws {
    // The same buffers, flushed at once by the limit, and one by one by each device's request.
    var together = try Self.makeEngine { $0.perSessionLimit = 8 }
    var apart = try Self.makeEngine { $0.perSessionLimit = 100 }
    var effects = Effects()
    var phones: [DeviceHandle] = []
    var accounts: [AccountHandle] = []
    func prepare(_ engine: inout MessagingEngine) throws -> AccountHandle {
      let account = try engine.open("alice", at: .origin, into: &effects)
      for number in 0..<5 {
        let device = try engine.signIn(
          SignIn(
            device: DeviceName("phone\(number)"),
            presence: .available(priority: number == 3 ? -1 : 0)),
          to: account, at: .origin, into: &effects
        ).device
        engine.setMode(.quiet, of: device, at: .origin, into: &effects)
        phones.append(device)
      }
      try engine.signIn(SignIn(device: "laptop"), to: account, at: .origin, into: &effects)
      effects.removeAll()
      return account
    }
    accounts = [try prepare(&together), try prepare(&apart)]
    phones.removeLast(5)
    for number in 0..<8 {
      effects.removeAll()
      together.receive(Self.message(number), for: accounts[0], at: .origin, into: &effects)
    }
    var expected = Effects()
    for number in 0..<8 {
      expected.removeAll()
      apart.receive(Self.message(number), for: accounts[1], at: .origin, into: &expected)
    }
    for phone in phones { apart.noteRequest(from: phone, at: .origin, into: &expected) }

    #expect(effects.count == expected.count)
    for (effect, other) in zip(effects, expected) {
      guard case .flush(let flush) = effect, case .flush(let header) = other else {
        #expect(effect == other)
        continue
      }
      #expect((flush.device, flush.count) == (header.device, header.count))
      #expect(flush.reason == .sessionLimit)
    }
    let copies = effects.filter {
      if case .deliver(let delivery) = $0 { delivery.form == .receivedCopy } else { false }
    }
    #expect(copies.count == 8)
    let (one, other) = (together.counters(at: .origin), apart.counters(at: .origin))
    #expect(one.totals.flushedPackets == 40)
    #expect(one.totals.flushSize == other.totals.flushSize)
    #expect(one.totals.holdMilliseconds == other.totals.holdMilliseconds)
    #expect(one.gauges.heldStanzas == 0)
    #expect(one.gauges.heldBytes == 0)
  }

  @Test("a plan is forgotten with the rules it was made under")
  func plansFollowTheRules() throws {
    var engine = try Self.makeEngine()
    var effects = Effects()
    let account = try engine.open("alice", at: .origin, into: &effects)
    let phone = try engine.signIn(
      SignIn(device: "phone"), to: account, at: .origin, into: &effects
    ).device
    engine.setMode(.silent, of: phone, at: .origin, into: &effects)
    try engine.signIn(SignIn(device: "laptop"), to: account, at: .origin, into: &effects)
    func rings() -> [Bool] {
      effects.compactMap {
        if case .deliver(let delivery) = $0 { delivery.notification.rings } else { nil }
      }
    }
    for number in 0..<3 {
      effects.removeAll()
      engine.receive(Self.message(number), for: account, at: .origin, into: &effects)
      #expect(rings() == [false, true])
    }
    // Silent means suspended now (B12): the phone's messages wait.
    let suspended = try Configuration { $0.silentSemantics = .suspended }
    engine.configure(suspended, at: .origin, into: &effects)
    effects.removeAll()
    engine.receive(Self.message(4), for: account, at: .origin, into: &effects)
    #expect(rings() == [true])
    #expect(engine.counters(at: .origin).gauges.heldStanzas == 1)
  }

  @Test("many names looked up at once are what each looked up alone is")
  func manyNames() throws {
    var engine = try Self.makeEngine()
    var effects = Effects()
    for number in 0..<300 {
      let account = try engine.open(
        AccountName("user\(number)"), at: .origin, into: &effects)
      if number % 3 == 0 {
        try engine.signIn(SignIn(device: "phone"), to: account, at: .origin, into: &effects)
        engine.receive(Self.message(number), for: account, at: .origin, into: &effects)
      }
      if number % 7 == 0 { engine.close(account, at: .origin, into: &effects) }
    }
    let before = engine.snapshot()
    var random = SeededGenerator(seed: 11)
    var handles: [AccountHandle?] = [nil, nil]
    for count in [0, 1, 32, 100] {
      let names = (0..<count).map { _ in AccountName("user\(random.below(330))") }
      engine.accounts(named: names, into: &handles)
      #expect(handles == names.map { engine.account(named: $0) })
    }
    #expect(handles.contains(nil) && handles.contains { $0 != nil })
    #expect(engine.snapshot() == before)
  }

  @Test("an account keeps its devices when they outgrow their home and when its slot changes hands")
  func devicesOutgrowTheirHome() throws {
    var engine = try Self.makeEngine { $0.deviceLimit = 32 }
    var effects = Effects()
    for _ in 0..<3 {
      let account = try engine.open("alice", at: .origin, into: &effects)
      let neighbour = try engine.open("bob", at: .origin, into: &effects)
      let other = try engine.signIn(
        SignIn(device: "other"), to: neighbour, at: .origin, into: &effects
      ).device
      var devices: [DeviceHandle] = []
      for number in 0..<32 {
        devices.append(
          try engine.signIn(
            SignIn(device: DeviceName("device\(number)")), to: account, at: .origin,
            into: &effects
          ).device)
        #expect(engine.devices(of: account) == devices)
        #expect(
          engine.report(on: devices[0])?.name == "device0"
            && engine.report(on: devices[number])?.name == DeviceName("device\(number)"))
      }
      #expect(engine.report(on: other)?.name == "other")
      engine.close(account, at: .origin, into: &effects)
      engine.close(neighbour, at: .origin, into: &effects)
      effects.removeAll()
    }
  }

  @Test("a buffer that is restored under pressure counts among the largest (R-054, B11)")
  func restoredUnderPressure() throws {
    var effects = Effects()
    func fill(
      _ engine: inout MessagingEngine, _ name: AccountName, _ count: Int
    ) throws -> AccountHandle {
      let account = try engine.open(name, at: .origin, into: &effects)
      let phone = try engine.signIn(
        SignIn(device: "phone"), to: account, at: .origin, into: &effects
      ).device
      engine.setMode(.quiet, of: phone, at: .origin, into: &effects)
      try engine.signIn(SignIn(device: "laptop"), to: account, at: .origin, into: &effects)
      for number in 0..<count {
        engine.receive(Self.message(number), for: account, at: .origin, into: &effects)
      }
      return account
    }
    var source = try Self.makeEngine()
    let big = try fill(&source, "big", 6)
    let snapshot = source.snapshot(of: big)
    let bytes = try #require(snapshot)

    var engine = try Self.makeEngine { $0.overallLimit = 16 }
    for number in 0..<5 { _ = try fill(&engine, AccountName("account\(number)"), 3) }
    // The sixteenth stanza flushes one buffer of three; from now on buffers are followed.
    _ = try fill(&engine, "last", 1)
    let held = engine.counters(at: .origin).gauges.heldStanzas
    #expect(held == 13)
    effects.removeAll()
    let restored = try engine.restoreAccount(from: bytes, at: .origin, into: &effects)
    let flushed = effects.compactMap { if case .flush(let flush) = $0 { flush } else { nil } }
    #expect(flushed.map(\.device.slot) == [restored.slot])
    #expect(flushed.map(\.count) == [6])
  }

  @Test("a device's handle with an index that no account has is stale")
  func forgedIndex() throws {
    var engine = try Self.makeEngine()
    var effects = Effects()
    let account = try engine.open("alice", at: .origin, into: &effects)
    try engine.signIn(SignIn(device: "phone"), to: account, at: .origin, into: &effects)
    for index in DeviceSet.capacity..<64 {
      let forged = DeviceHandle(slot: 0, index: index, generation: 0)
      let report = engine.report(on: forged)
      let outcome = engine.signOut(forged, at: .origin, into: &effects)
      #expect(report == nil)
      #expect(outcome == .ignored(.staleHandle))
    }
  }

  @Test("just these decisions ring (B9)")
  func ringing() {
    let rings = NotificationDecision.allCases.filter(\.rings)
    #expect(rings == [.activeClient, .noActiveClient, .activityExpired, .urgent])
  }

  @Test("with and without explanations a script has the same effects, counters and snapshots")
  func plainAndExplaining() throws {
    for seed in 0..<120 as Range<UInt64> {
      var options = ScriptGenerator.Options()
      options.devicesPerAccount = seed % 3 == 0 ? 14 : 5
      options.accounts = 1 + Int(seed % 3)
      let script = ScriptGenerator(seed: seed &+ 1_000_000, options: options).script(steps: 300)
      var plain = MessagingEngine(configuration: script.configuration)
      var explaining = MessagingEngine(configuration: script.configuration)
      var player = ScriptPlayer()
      var effects = Effects()
      var explained = Effects(explaining: true)
      for step in script.steps {
        effects.removeAll()
        explained.removeAll()
        guard let input = player.input(for: step, on: plain) else { continue }
        let outcome = input.apply(to: &plain, into: &effects)
        let same = input.apply(to: &explaining, into: &explained) == outcome
        player.note(outcome, of: step, effects)
        try #require(same && effects == explained, "seed \(seed), \(step)")
      }
      let (one, other) = (plain.counters(at: player.now), explaining.counters(at: player.now))
      #expect(one == other, "seed \(seed)")
      let snapshots = (plain.snapshot(), explaining.snapshot())
      #expect(snapshots.0 == snapshots.1, "seed \(seed)")
    }
  }

  @Test("a performer is handed every effect as its value has it, in order")
  func performer() {
    for seed in 0..<40 as Range<UInt64> {
      let script = ScriptGenerator(seed: seed).script(steps: 200)
      var engine = MessagingEngine(configuration: script.configuration)
      var player = ScriptPlayer()
      var effects = Effects()
      for step in script.steps {
        guard let input = player.input(for: step, on: engine) else { continue }
        let outcome = input.apply(to: &engine, into: &effects)
        player.note(outcome, of: step, effects)
        var collector = Collector()
        effects.perform(by: &collector)
        #expect(effects == collector.effects)
        effects.removeAll()
      }
    }
  }

  private struct Collector: EffectPerformer {
    var effects: [Effect] = []
    mutating func archive(_ request: ArchiveRequest) { self.effects.append(.archive(request)) }
    mutating func deliver(_ delivery: Delivery) { self.effects.append(.deliver(delivery)) }
    mutating func deliver(_ marker: MarkerDelivery) {
      self.effects.append(.deliverMarker(marker))
    }
    mutating func flush(_ flush: Flush) { self.effects.append(.flush(flush)) }
    mutating func route(_ routing: Routing) { self.effects.append(.route(routing)) }
    mutating func push(_ push: Push) { self.effects.append(.push(push)) }
    mutating func retract(_ retraction: Retraction) {
      self.effects.append(.retractNotification(retraction))
    }
    mutating func undelivered(_ item: Undelivered) { self.effects.append(.undelivered(item)) }
    mutating func unroutable(_ item: Unroutable) { self.effects.append(.unroutable(item)) }
    mutating func ended(_ end: Ended) { self.effects.append(.ended(end)) }
    mutating func mdmChanged(_ change: MDMChange) { self.effects.append(.mdmChanged(change)) }
  }
}
