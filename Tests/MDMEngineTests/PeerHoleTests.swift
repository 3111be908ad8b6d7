import MDMElection
import MDMEngine
import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza
import Testing

@Suite("What no peer tests: time, budgets, order")
struct PeerHoleTests {
  // MARK: - (a) a time bound with no further traffic

  @Test("hole a, B26: with no more traffic a quiet phone rings once when the laptop's time is up")
  func timeBound() throws {
    var scene = try PeerScene.pair { $0.flushOnActivityExpiry = true }
    scene.chat("1")
    scene.chat("2")
    _ = scene.lines()
    #expect(scene.engine.nextDeadline == scene.now.advanced(by: .seconds(300)))
    scene.expire()
    #expect(
      scene.lines() == [
        "phone: flush of 2, activityExpired", "phone: 1 delayed", "phone: 2 delayed rings",
      ])
    #expect(scene.engine.nextDeadline == nil)
    scene.expire()
    #expect(scene.lines() == [])
  }

  @Test("hole a, B26: by default the three documented triggers are all there are")
  func noTimeBound() throws {
    var scene = try PeerScene.pair()
    scene.chat("1")
    _ = scene.lines()
    #expect(scene.engine.nextDeadline == nil)
    scene.pass(.seconds(3_600))
    scene.engine.expire(at: scene.now, into: &scene.otherEffects)
    #expect(scene.otherEffects.isEmpty)
    #expect(scene.held("phone") == 1)
  }

  // MARK: - (b) a byte budget, a node-wide budget

  @Test("hole b, B11: the bytes that reach a device's limit flush it, themselves included")
  func sessionBytes() throws {
    var scene = try PeerScene.pair { $0.perSessionByteLimit = 100 }
    scene.chat("1", bytes: 60)
    scene.chat("2", bytes: 39)
    #expect(scene.held("phone") == 2)
    scene.chat("3", bytes: 1)
    #expect(scene.lines().contains("phone: flush of 3, sessionLimit"))
    scene.chat("4", bytes: 500)
    #expect(scene.lines().contains("phone: flush of 1, sessionLimit"))
    #expect(scene.counters().gauges.heldBytes == 0)
  }

  @Test("hole b, R-054, B11: the overall limit flushes the largest buffer, of equal ones the first")
  func overallStanzas() throws {
    var scene = try PeerScene.make { $0.overallLimit = 6 }
    try scene.signIn("laptop")
    for name: DeviceName in ["a", "b", "c"] {
      try scene.signIn(name, show: .away)
      scene.quiet(name)
    }
    scene.receive(Stanza(.receipt, id: "b1"), to: .device("b"))
    _ = scene.lines()
    // What is addressed to one device and forbids copies waits for that device alone.
    func receipts(_ names: [String], _ scene: inout PeerScene) -> [String] {
      for name in names {
        scene.pass(.seconds(1))
        scene.receive(
          Stanza(.receipt, flags: .noCopy, id: "x"), to: .device(DeviceName(name)))
      }
      return scene.lines().filter { $0.contains("flush") }
    }
    // The first receipt waits for all three, so a has three when there are six in all.
    #expect(receipts(["a", "c", "a"], &scene) == ["a: flush of 3, overallLimit"])
    #expect(scene.counters().gauges.heldStanzas == 3)
    // Now b and c have three each and the same head, so the lower session goes.
    #expect(receipts(["b", "b", "c"], &scene) == ["b: flush of 3, overallLimit"])
    #expect(receipts(["a", "b", "a"], &scene) == ["c: flush of 3, overallLimit"])
    #expect(scene.counters().limitFlushes == 3)
  }

  @Test("hole b, B11: an overall byte limit counts a payload once, however many wait for it")
  func overallBytes() throws {
    var scene = try PeerScene.make { $0.overallByteLimit = 1_000 }
    try scene.signIn("laptop")
    for name: DeviceName in ["a", "b", "c"] {
      try scene.signIn(name, show: .away)
      scene.quiet(name)
    }
    scene.chat("1", bytes: 999)
    #expect(scene.counters().gauges.heldBytes == 999)
    #expect(scene.counters().gauges.heldStanzas == 3)
    #expect(scene.counters().totals.flushes == 0)
    scene.chat("2", bytes: 1)
    #expect(scene.counters().gauges.heldBytes < 1_000)
    #expect(scene.counters().flushes(because: .overallLimit) == 3)
  }

  // MARK: - (c) enqueueing against activating

  @Test("hole c, B27: at one instant, in either order, each stanza arrives once and in order")
  func enqueueAgainstActivate() throws {
    for place in 0...4 {
      var scene = try PeerScene.pair()
      for number in 0..<4 {
        if number == place { scene.wake("phone") }
        scene.chat("\(number)")
      }
      if place == 4 { scene.wake("phone") }
      let phone = scene.lines().filter { $0.hasPrefix("phone: ") && !$0.contains("flush") }
      #expect(
        phone.map { String($0.dropFirst(7).prefix(1)) } == ["0", "1", "2", "3"], "\(place)")
    }
  }

  // MARK: - (d) quiet mode and carbons together

  @Test("hole d, B7, B8: a quiet device's copies wait, received and sent, and keep their form")
  func quietCarbons() throws {
    var scene = try PeerScene.pair()
    scene.chat("in", to: .device("laptop"))
    scene.send(.chat, "out", by: "laptop")
    #expect(scene.lines() == ["laptop: in rings", "route out"])
    #expect(scene.held("phone") == 2)
    scene.wake("phone")
    #expect(
      scene.lines() == [
        "phone: flush of 2, clientActive", "phone: in copy delayed",
        "phone: out sent copy delayed",
      ])
  }

  // MARK: - (e) read elsewhere while held

  @Test("hole e, B8: what was read on the laptop says so when it is flushed, the rest does not")
  func readWhileHeld() throws {
    var scene = try PeerScene.pair()
    for id in ["1", "2", "3"] { scene.chat(id) }
    scene.read(upTo: 2, on: "laptop")
    _ = scene.lines()
    scene.wake("phone")
    #expect(
      scene.lines() == [
        "phone: flush of 4, clientActive", "phone: 1 delayed read", "phone: 2 delayed read",
        "phone: 3 delayed", "phone: bob read to 2, 1 unread",
      ])
  }

  @Test("hole e, B8: of many markers of a conversation a quiet device gets the furthest, once")
  func markersCoalesce() throws {
    var scene = try PeerScene.pair()
    try scene.signIn("tablet", .iPad, show: .away)
    scene.quiet("tablet")
    for id in ["1", "2", "3", "4"] { scene.chat(id) }
    scene.read(upTo: 1, on: "laptop")
    scene.read(upTo: 2, on: "phone")
    scene.read(upTo: 3, on: "laptop")
    _ = scene.lines()
    for name: DeviceName in ["phone", "tablet"] {
      scene.wake(name)
      let markers = scene.lines().filter { $0.contains("read to") }
      #expect(markers == ["\(name): bob read to 3, 1 unread"])
    }
  }

  // MARK: - (f) order around a request

  @Test("hole f, B6, B27: what waits comes before a request, to the device and from it")
  func requestOrder() throws {
    var scene = try PeerScene.pair()
    scene.chat("1")
    _ = scene.lines()
    scene.receive(Stanza(.request, flags: .answer, id: "result"), to: .device("phone"))
    #expect(
      scene.lines() == ["phone: flush of 1, request", "phone: 1 delayed", "phone: result"])
    scene.chat("2")
    _ = scene.lines()
    scene.send(.request, "get", by: "phone")
    #expect(scene.lines() == ["phone: flush of 1, request", "phone: 2 delayed", "route get"])
    scene.chat("3")
    _ = scene.lines()
    scene.apply("phone") { .requested($0) }
    #expect(scene.lines() == ["phone: flush of 1, request", "phone: 3 delayed"])
    #expect(scene.mode("phone") == .quiet)
    // What the server answers for the account never reaches the device (B6).
    scene.chat("4")
    scene.receive(Stanza(.request, id: "to the account"))
    #expect(scene.held("phone") == 1)
  }

  // MARK: - (g) ties, clock steps, the edge of the window

  @Test("hole g, B1: of two acts at one instant the later processed one rings")
  func ties() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    scene.chat("1")
    #expect(scene.lines() == ["one: 1", "two: 1 rings"])
    scene.send(.chat, "out", by: "one")
    scene.chat("2")
    #expect(scene.lines().suffix(2) == ["one: 2 rings", "two: 2"])
  }

  @Test("hole g, B3: to the nanosecond, a message at 4:59.999… rings on one, at 5:00 on both")
  func edgeOfTheWindow() throws {
    for late in [false, true] {
      var scene = try PeerScene.make()
      try scene.signIn("one", show: .away)
      try scene.signIn("two")
      scene.pass(late ? .seconds(300) : .seconds(300) - .nanoseconds(1))
      scene.chat("1")
      #expect(scene.lines() == ["one: 1\(late ? " rings" : "")", "two: 1 rings"])
    }
  }

  @Test("hole g, B3: a clock that goes back counts as the latest instant seen")
  func clockStepsBack() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one", show: .away)
    try scene.signIn("two")
    scene.pass(.seconds(299))
    scene.presence("x")
    scene.pass(.seconds(-3_600))
    scene.chat("1")
    #expect(scene.lines().suffix(2) == ["one: 1", "two: 1 rings"])
    // An act is stamped with the latest instant too, so that nobody is active for an hour more.
    scene.send(.chat, "out", by: "one")
    let until = scene.engine.activeClient(of: scene.account, at: scene.now)?.until
    #expect(until == MonotonicInstant.origin.advanced(by: .seconds(599)))
  }

  // MARK: - (h) settings at 0, 1 and without end

  @Test("hole h, B11: limit 1 is no effective holding")
  func limitOne() throws {
    var scene = try PeerScene.pair { $0.perSessionLimit = 1 }
    scene.chat("1")
    #expect(
      scene.lines() == ["laptop: 1 rings", "phone: flush of 1, sessionLimit", "phone: 1 delayed"])
    #expect(scene.held("phone") == 0)
  }

  @Test("hole h: an overall limit of one holds nothing and ends")
  func overallLimitOne() throws {
    var scene = try PeerScene.pair { $0.overallLimit = 1 }
    for number in 0..<100 { scene.chat("\(number)") }
    #expect(scene.held("phone") == 0)
    #expect(scene.counters().flushes(because: .overallLimit) == 100)
  }

  @Test("hole h: the smallest durations are refused, or work; none of them traps")
  func smallestDurations() throws {
    let least = Duration(secondsComponent: 0, attosecondsComponent: 1)
    let edits: [@Sendable (inout Configuration.Values) -> Void] = [
      { $0.timeslice = least }, { $0.timeslice = .nanoseconds(1) }, { $0.activeWindow = least },
      { $0.resumeWindow = least }, { $0.suspensionWindow = least }, { $0.regroupDelay = least },
      { $0.conversationHold = least }, { $0.activeWindow = .nanoseconds(1) },
    ]
    for edit in edits {
      guard let configuration = try? Configuration(edit) else { continue }
      // A setting below a nanosecond would be a window of nothing; a slice of nothing divides by
      // zero. Whatever is accepted has to survive traffic.
      try #require(configuration.values.timeslice.wholeNanoseconds > 0)
      #expect(configuration.values.activeWindow.wholeNanoseconds > 0)
      #expect(configuration.values.resumeWindow.wholeNanoseconds > 0)
      #expect(configuration.values.suspensionWindow.wholeNanoseconds > 0)
      var scene = try PeerScene.pair(edit)
      scene.chat("1")
      scene.lose("phone")
      scene.pass(.seconds(1))
      scene.chat("2")
      scene.expire()
      #expect(scene.counters().slices.current <= 1)
    }
  }

  @Test("hole h: the longest windows and the last instants neither trap nor end anything")
  func longest() throws {
    var scene = try PeerScene.pair {
      $0.activeWindow = .seconds(7 * 86_400)
      $0.resumeWindow = .seconds(7 * 86_400)
    }
    scene.pass(.nanoseconds(Int64.max - 1))
    scene.send(.chat, "out", by: "laptop")
    scene.lose("phone")
    scene.chat("1")
    #expect(scene.engine.nextDeadline == nil)
    scene.pass(.seconds(1))
    scene.engine.expire(at: scene.now, into: &scene.otherEffects)
    scene.chat("2")
    #expect(scene.held("phone") == 3)
  }
}
