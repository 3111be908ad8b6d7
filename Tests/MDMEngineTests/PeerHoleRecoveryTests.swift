import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza
import Testing

@testable import MDMEngine

@Suite("What no peer tests: failure, counters, switching off, duplicates")
struct PeerHoleRecoveryTests {
  // MARK: - (i) the node goes with buffers that are not empty

  @Test("hole i: a restored engine delivers what waited, once, in order, with its age")
  func restoredBuffers() throws {
    var scene = try PeerScene.pair()
    scene.chat("1")
    scene.pass(.seconds(10))
    scene.send(.chat, "out", by: "laptop")
    scene.presence("here")
    let bytes = scene.engine.snapshot()
    let later = MonotonicInstant(nanoseconds: 5_000_000_000_000)
    var effects = Effects()
    var engine = try MessagingEngine.restored(
      from: bytes, configuration: scene.engine.configuration, at: later, into: &effects)
    engine.setMode(.normal, of: scene.handle("phone"), at: later, into: &effects)
    let deliveries = effects.compactMap { effect -> Delivery? in
      guard case .deliver(let delivery) = effect else { return nil }
      return delivery
    }
    #expect(deliveries.map { $0.stanza.id } == ["1", "out", "here"])
    #expect(deliveries.map { $0.form } == [.original, .sentCopy, .original])
    #expect(
      deliveries.map { $0.heldSince.map { later.nanoseconds(since: $0) } } == [
        10_000_000_000, 0, 0,
      ])
    #expect(engine.counters(at: later).gauges.heldStanzas == 0)
  }

  @Test("hole i, B14: an account that is closed hands over every stanza that waited, once")
  func closedAccount() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one", show: .away)
    try scene.signIn("two", show: .away)
    scene.lose("one")
    scene.lose("two")
    scene.chat("1")
    scene.engine.close(scene.account, at: scene.now, into: &scene.otherEffects)
    var dispositions: [Disposition] = []
    for effect in scene.otherEffects {
      if case .undelivered(let undelivered) = effect {
        dispositions.append(undelivered.disposition)
      }
    }
    // Two devices waited for one message: one store, not two and not none.
    #expect(dispositions.filter { $0 == .storeOffline }.count == 1)
    #expect(dispositions.count == 2)
    #expect(scene.counters().gauges.heldStanzas == 0)
    #expect(scene.counters().gauges.heldBytes == 0)
  }

  // MARK: - (j) counters after every path

  @Test("hole j, B17: every way to flush counts once, under its own reason")
  func countersByReason() throws {
    let paths: [(FlushReason, (inout PeerScene) -> Void)] = [
      (.request, { $0.receive(Stanza(.request), to: .device("phone")) }),
      (
        .noOtherActiveClient,
        {
          $0.pass(.seconds(300))
          $0.chat("2")
        }
      ),
      (.sessionLimit, { scene in for _ in 0..<9 { scene.chat("x") } }),
      (.clientActive, { $0.wake("phone") }),
      (.clientTraffic, { $0.send(.chat, "out", by: "phone") }),
      (
        .resumed,
        {
          $0.lose("phone")
          $0.resume("phone")
        }
      ),
      (.featureDisabled, { $0.apply("phone") { .requestMDM($0, false) } }),
      (.urgent, { $0.chat("call", .urgent) }),
    ]
    for (reason, path) in paths {
      var scene = try PeerScene.pair { $0.perSessionLimit = 10 }
      scene.chat("1")
      path(&scene)
      let counters = scene.counters()
      #expect(counters.totals.flushes == 1, "\(reason)")
      #expect(counters.flushes(because: reason) == 1, "\(reason)")
      let packets: UInt64 = reason == .sessionLimit ? 10 : 1
      #expect(counters.totals.flushedPackets == packets, "\(reason)")
      #expect(counters.limitFlushes == (reason.isLimit ? 1 : 0), "\(reason)")
      #expect(counters.gauges.heldStanzas == 0, "\(reason)")
      #expect(counters.gauges.heldBytes == 0, "\(reason)")
      #expect(counters.totals.holdMilliseconds.count == packets, "\(reason)")
    }
  }

  @Test("hole j, B17: an empty trigger is no flush; what the host takes over is none either")
  func notAFlush() throws {
    var scene = try PeerScene.pair()
    scene.receive(Stanza(.request), to: .device("phone"))
    scene.wake("phone")
    scene.quiet("phone")
    scene.apply("laptop") { .presence($0, .available()) }
    scene.chat("1")
    scene.apply("phone") { .signOut($0) }
    let counters = scene.counters()
    #expect(counters.totals.flushes == 0)
    #expect(counters.totals.undelivered == 1)
    #expect(counters.gauges.heldStanzas == 0)
    #expect(counters.gauges.quietSessions == 0)
    #expect(counters.gauges.mdmSessions == 1)
  }

  // MARK: - (k) switched off with buffers full

  @Test("hole k, B18: switching off flushes every buffer, ends every mode and zeroes the gauges")
  func switchedOff() throws {
    var scene = try PeerScene.pair()
    try scene.signIn("tablet", .iPad, show: .away)
    scene.quiet("tablet")
    for id in ["1", "2"] { scene.chat(id) }
    _ = scene.lines()
    scene.engine.setEnabled(false, at: scene.now, into: &scene.otherEffects)
    let flushes = scene.otherEffects.compactMap { effect -> Flush? in
      guard case .flush(let flush) = effect else { return nil }
      return flush
    }
    #expect(flushes.map { $0.reason } == [.featureDisabled, .featureDisabled])
    #expect(flushes.map { $0.count } == [2, 2])
    let gauges = scene.counters().gauges
    #expect(gauges.mdmSessions == 0)
    #expect(gauges.quietSessions == 0)
    #expect(gauges.heldStanzas == 0)
    #expect(gauges.sessions == 3)
    scene.chat("3")
    #expect(scene.lines() == ["phone: 3", "laptop: 3", "tablet: 3"])
    scene.otherEffects.removeAll()
    scene.engine.setEnabled(true, at: scene.now, into: &scene.otherEffects)
    #expect(scene.mode("phone") == .normal)
    #expect(scene.counters().gauges.mdmSessions == 3)
  }

  // MARK: - (l) no duplicates over flush and resume

  @Test("hole l, B27: over flushes, losses and resumptions a device gets each position once")
  func noDuplicates() throws {
    var scene = try PeerScene.pair()
    var got: [ArchivePosition] = []
    func collect(_ effects: Effects) {
      for effect in effects {
        guard case .deliver(let delivery) = effect, delivery.device == scene.handle("phone"),
          let position = delivery.position
        else { continue }
        got.append(position)
      }
    }
    for round in 0..<40 {
      scene.pass(.seconds(1))
      scene.chat("\(round)", to: round % 3 == 0 ? .device("phone") : .account)
      switch round % 8 {
      case 2: scene.lose("phone")
      case 4: scene.resume("phone")
      case 5: scene.quiet("phone")
      case 7: scene.apply("phone") { .requested($0) }
      default: scene.send(.chat, "out \(round)", by: "laptop")
      }
      collect(scene.effects)
      _ = scene.lines()
    }
    scene.wake("phone")
    collect(scene.effects)
    let last = scene.engine.lastPosition(of: scene.account)?.ordinal ?? 0
    #expect(got.count == 40 + 20)
    #expect(got == (1...last).map { ArchivePosition($0) })
  }

  // MARK: - (m) a person with quiet devices only

  @Test("hole m, B7, B9: with quiet devices only, every message is live and rings everywhere")
  func quietDevicesOnly() throws {
    var scene = try PeerScene.make()
    for name: DeviceName in ["phone", "tablet"] {
      try scene.signIn(name, show: .away)
      scene.quiet(name)
    }
    scene.presence("here")
    scene.chat("1")
    #expect(
      scene.lines() == [
        "phone: flush of 1, noOtherActiveClient", "phone: here delayed", "phone: 1 rings",
        "tablet: flush of 1, noOtherActiveClient", "tablet: here delayed", "tablet: 1 rings",
      ])
    #expect(scene.mode("phone") == .quiet)
    // A reply from the background makes the phone the active client (B5): the tablet waits.
    scene.send(.chat, "out", by: "phone")
    scene.chat("2")
    #expect(scene.lines() == ["route out", "phone: 2 rings"])
    #expect(scene.held("tablet") == 2)
  }

  @Test("B9, B12: a phone behind its push service is pushed when it would ring, never in silent")
  func pushes() throws {
    for mode in SessionMode.allCases {
      var scene = try PeerScene.make()
      try scene.signIn("phone", .iPhone, push: true, show: .away)
      scene.apply("phone") { .setMode($0, mode) }
      scene.lose("phone")
      scene.chat("1")
      scene.chat("call", .urgent)
      scene.presence("here")
      scene.chat("own", .ownAccount)
      let pushes = mode == .silent ? [] : ["phone: push 1", "phone: push call"]
      #expect(scene.lines() == pushes, "\(mode)")
      try scene.signIn("laptop")
      scene.chat("2")
      #expect(scene.lines().filter { $0.contains("push") } == [], "\(mode)")
    }
  }

  // MARK: - Memory under pressure

  @Test("B11, goal: lasting pressure does not make the list of candidates grow without end")
  func pressureIsBounded() throws {
    var scene = try PeerScene.make { $0.overallLimit = 40 }
    try scene.signIn("laptop")
    // Nine buffers of four or five: whichever is flushed, more than three quarters stay.
    for number in 0..<9 {
      try scene.signIn(DeviceName("\(number)"), show: .away)
      scene.quiet(DeviceName("\(number)"))
    }
    var largest = 0
    for number in 0..<10_000 {
      scene.receive(
        Stanza(.receipt, flags: .noCopy, id: "x"), to: .device(DeviceName("\(number % 9)")))
      _ = scene.lines()
      largest = max(largest, scene.engine.core.pressure.count)
    }
    #expect(largest <= 1_000, "candidates for nine buffers and a limit of forty stanzas")
  }

  @Test("B11: buffers are no longer followed once the pressure is gone, whatever made it go")
  func pressureEnds() throws {
    var scene = try PeerScene.make { $0.overallLimit = 40 }
    try scene.signIn("laptop")
    let names = (0..<9).map { DeviceName("\($0)") }
    for name in names {
      try scene.signIn(name, show: .away)
      scene.quiet(name)
    }
    for number in 0..<40 {
      scene.receive(Stanza(.receipt, flags: .noCopy, id: "x"), to: .device(names[number % 9]))
    }
    #expect(scene.counters().flushes(because: .overallLimit) == 1)
    #expect(scene.engine.core.pressure.isWatching)
    // Requests empty every buffer; after that there is next to nothing to hold.
    for name in names { scene.apply(name) { .requested($0) } }
    for number in 0..<2_000 {
      scene.receive(Stanza(.receipt, flags: .noCopy, id: "x"), to: .device(names[number % 9]))
      scene.apply(names[number % 9]) { .requested($0) }
      _ = scene.lines()
    }
    #expect(scene.counters().gauges.heldStanzas == 0)
    #expect(!scene.engine.core.pressure.isWatching)
    #expect(scene.engine.core.pressure.count <= 1_000)
  }

  @Test("B11: a buffer that lost its oldest stanza is still the largest")
  func largestAfterTrimming() throws {
    var scene = try PeerScene.make {
      $0.perSessionLimit = 5
      $0.overallLimit = 40
    }
    try scene.signIn("laptop")
    try scene.signIn("away", show: .away)
    scene.lose("away")
    func receipts(_ count: Int, _ name: DeviceName, _ scene: inout PeerScene) {
      for _ in 0..<count {
        scene.receive(Stanza(.receipt, flags: .noCopy, id: "x"), to: .device(name))
      }
    }
    for number in 0..<9 {
      let name = DeviceName("small \(number)")
      try scene.signIn(name, show: .away)
      scene.quiet(name)
      receipts(number < 8 ? 4 : 2, name, &scene)
    }
    receipts(5, "away", &scene)
    #expect(scene.held("away") == 5)
    receipts(1, "small 8", &scene)
    // Forty: the largest buffer is gone, and what is left still counts as pressure.
    #expect(scene.held("away") == 0)
    #expect(scene.counters().gauges.heldStanzas == 35)
    scene.apply("small 0") { .requested($0) }
    receipts(6, "away", &scene)
    #expect(scene.held("away") == 5)
    _ = scene.lines()
    receipts(4, "small 0", &scene)
    #expect(scene.held("away") == 0)
    #expect(scene.lines().allSatisfy { $0.hasPrefix("away: undelivered") })
  }
}
