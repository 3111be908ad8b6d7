import MDM
import MDMTestKit
import Testing

@Suite("B14: sign-out, lost connections, resumption, push")
struct DecisionSessionTests {
  @Test("B14: signing out hands what is held to the host: copies elsewhere are forgotten")
  func signOut() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.send("s1", by: "laptop")
    story.receive("p1", .presence)
    story.read("bob", on: "laptop")
    story.signOut("phone")
    #expect(story.saw("phone") == "lost m1; lost s1; lost p1")
    let elsewhere = story.effects.allSatisfy {
      if case .undelivered(let item) = $0 { item.copyDeliveredElsewhere } else { false }
    }
    #expect(elsewhere)
    #expect(story.flushes(of: "phone").isEmpty, "Handing over is not a flush (B17).")
    #expect(story.report(on: "phone") == nil)
    #expect(story.counters.gauges.heldStanzas == 0)
  }

  @Test("B14: a sole copy is stored with its original time and never answered with an error")
  func soleCopy() throws {
    let story = try makeStory("phone")
    story.at("0:10").loseConnection(of: "phone")
    story.at("0:20").receive("m1")
    story.receive("p1", .presence)
    story.receive("t1", .chatState)
    story.receive("m2", flags: .noStore)
    story.at("0:30").signOut("phone")
    #expect(story.saw("phone") == "store m1; lost p1; bounce m2")
    guard case .undelivered(let item) = story.effects[0] else {
      Issue.record("\(story.effects[0]) is not an undelivered stanza.")
      return
    }
    #expect(item.heldSince == instant("0:20"))
    #expect(!item.copyDeliveredElsewhere)
    #expect(item.position == 1)
  }

  @Test("B14: of two cut-off devices the last one to go keeps the sole copy")
  func soleCopyOfTwo() throws {
    let story = try makeStory("tablet", "phone")
    story.loseConnection(of: "tablet")
    story.loseConnection(of: "phone")
    story.at("0:10").receive("m1")
    story.signOut("tablet")
    #expect(story.saw("tablet") == "lost m1")
    story.signOut("phone")
    #expect(story.saw("phone") == "store m1")
  }

  @Test("B14, XEP-0280 §10.3: a copy never bounces")
  func copyNeverBounces() throws {
    let story = try makeStory("phone", "laptop")
    story.loseConnection(of: "phone")
    story.loseConnection(of: "laptop")
    story.at("0:10").receive("m1", to: .device("laptop"), flags: .noStore)
    story.signOut("laptop")
    #expect(story.saw("laptop") == "lost m1", "The phone still waits for a copy.")
    story.signOut("phone")
    #expect(story.saw("phone") == "lost m1")
  }

  @Test("B14: a cut-off device keeps its buffer and goes on filling it, requests included")
  func detached() throws {
    let story = try Timeline(
      """
      time | event                  | laptop  | phone
      0:00 | phone available        |         |
      0:01 | laptop available       |         |
      0:02 | phone quiet            |         |
      0:03 | bob: m1                | ring m1 | (m1)
      0:04 | phone lost             |         |
      0:05 | bob: m2                | ring m2 | (m2)
      0:06 | bob: t1 typing         | t1      | -t1
      0:07 | server: i1 iq to phone |         | (i1)
      0:08 | laptop sends bob: s1   |         | (s1)
      0:09 | bob: c1 urgent         | ring c1 | (c1)
      0:10 | phone resumes          |         | flush resumed: m1, m2, i1, s1', c1
      0:11 | bob: m3                | ring m3 | mute m3
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .normal, "XEP-0352 §5.2")
  }

  @Test("B14: resuming works inside the window; at its end the session is over")
  func resumeWindow() throws {
    let inside = try makeStory("laptop", "phone")
    inside.at("1:00").loseConnection(of: "phone")
    inside.receive("m1")
    inside.at("1:59.999999999")
    #expect(inside.resume("phone") == .done)
    #expect(inside.saw("phone") == "flush resumed: m1")
    let outside = try makeStory("laptop", "phone")
    outside.at("1:00").loseConnection(of: "phone")
    outside.receive("m1")
    outside.at("2:00")
    #expect(outside.saw("phone") == "lost m1; ended resumeWindowExpired")
    #expect(outside.resume("phone") == .ignored(.staleHandle))
  }

  @Test("B14: a resume that comes late is refused though the timer has not fired")
  func lateTimer() throws {
    let story = try makeStory("laptop", "phone")
    story.at("1:00").loseConnection(of: "phone")
    story.receive("m1")
    story.atWithoutTimer("2:00")
    #expect(story.resume("phone") == .ignored(.staleHandle))
    #expect(story.saw("phone") == "lost m1; ended resumeWindowExpired")
    #expect(story.nextDeadline == nil)
  }

  @Test("B14: an early or repeated timer does nothing")
  func earlyTimer() throws {
    let story = try makeStory("laptop", "phone")
    story.at("1:00").loseConnection(of: "phone")
    #expect(story.nextDeadline == instant("2:00"))
    #expect(story.apply(.expire(story.account())) == .ignored(.notDue))
    story.at("2:00")
    #expect(story.apply(.expire(story.account())) == .ignored(.notDue))
  }

  @Test("B14: over its limit a cut-off device gives up the oldest")
  func detachedLimit() throws {
    let story = try makeStory("laptop", "phone") { $0.perSessionLimit = 2 }
    story.loseConnection(of: "phone")
    for id in ["m1", "m2", "m3", "m4"] { story.receive(id) }
    #expect(story.undelivered(to: "phone") == ["m1", "m2"])
    story.resume("phone")
    #expect(story.saw("phone") == "flush resumed: m3, m4")
    #expect(story.counters.totals.overflowed == 2)
  }

  @Test("B14: the same device again ends the old session as a sign-out and starts afresh")
  func sameDeviceAgain() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    let old = story.device("phone")
    story.signIn("phone") { $0.requestsMDM = false }
    #expect(story.device("phone") != old)
    let ended = story.effects.contains {
      guard case .ended(let ended) = $0 else { return false }
      return ended.device == old && ended.reason == .replaced
    }
    #expect(ended)
    #expect(story.undelivered(to: "phone") == ["m1"])
    let report = try #require(story.report(on: "phone"))
    #expect(report.heldStanzas == 0)
    #expect(report.mode == .normal)
    #expect(!report.isMDM && !report.isAvailable)
    #expect(story.apply(.setMode(old, .quiet)) == .ignored(.staleHandle))
  }

  @Test("B14: a device without a connection cannot act")
  func detachedCannotAct() throws {
    let story = try makeStory("laptop", "phone")
    story.loseConnection(of: "phone")
    #expect(story.loseConnection(of: "phone") == .ignored(.notConnected))
    #expect(story.quiet("phone") == .ignored(.notConnected))
    #expect(story.available("phone") == .ignored(.notConnected))
    #expect(story.send("s1", by: "phone") == .ignored(.notConnected))
    #expect(story.request(by: "phone") == .ignored(.notConnected))
    #expect(story.resume("laptop") == .ignored(.notDetached))
    #expect(story.effects.isEmpty)
  }

  @Test("B14: what came while every device was cut off rings when the first one is back")
  func unseenRings() throws {
    let story = try makeStory("phone")
    story.at("0:10").loseConnection(of: "phone")
    story.receive("m1")
    story.receive("r1", .receipt)
    story.resume("phone")
    #expect(story.saw("phone") == "flush resumed: ring m1, r1")
  }

  @Test("B14: with two devices cut off, the first one back rings as well")
  func unseenRingsOfTwo() throws {
    let story = try makeStory("tablet", "phone")
    story.at("0:10").loseConnection(of: "phone")
    story.loseConnection(of: "tablet")
    story.receive("m1")
    story.resume("phone")
    #expect(story.saw("phone") == "flush resumed: ring m1")
    story.resume("tablet")
    #expect(story.saw("tablet") == "flush resumed: m1")
  }

  @Test("B9, B14: what a push service has rung for does not ring again on a cut-off device")
  func pushedElsewhere() throws {
    let story = try makeStory("phone")
    story.signInAvailable("watch") { $0.pushEnabled = true }
    story.at("0:10").loseConnection(of: "phone")
    story.loseConnection(of: "watch")
    story.receive("m1")
    #expect(story.saw("watch") == "(m1); push m1")
    story.resume("phone")
    #expect(story.saw("phone") == "flush resumed: m1")
  }

  @Test("B14: a push-enabled device is suspended instead, for as long as configured")
  func suspended() throws {
    let story = try makeStory("laptop") { $0.suspensionWindow = .seconds(600) }
    story.signIn("phone") {
      $0.pushEnabled = true
      $0.presence = .available(.away)
    }
    story.at("1:00").loseConnection(of: "phone")
    #expect(story.report(on: "phone")?.phase == .suspended)
    #expect(story.counters.gauges.suspendedSessions == 1)
    #expect(story.counters.gauges.detachedSessions == 0)
    story.at("10:59.999999999").receive("m1")
    #expect(story.saw("phone") == "(m1); push m1")
    story.at("11:00")
    #expect(story.saw("phone") == "lost m1; ended suspensionExpired")
  }

  @Test("B14: a suspended device takes no requests: its sender learns at once")
  func suspendedRequest() throws {
    let story = try makeStory("laptop")
    story.signInAvailable("phone") { $0.pushEnabled = true }
    story.loseConnection(of: "phone")
    story.receive("i1", .request, to: .device("phone"))
    #expect(story.host() == "bounce i1")
    story.receive("i2", .request, to: .device("phone"), flags: .answer)
    #expect(story.host() == "lost i2")
  }

  @Test("B14: a suspended device that comes back does not ring again for what was pushed")
  func pushedOnce() throws {
    let story = try makeStory("laptop")
    story.signIn("phone") {
      $0.pushEnabled = true
      $0.presence = .available(.away)
    }
    story.loseConnection(of: "phone")
    story.at("6:00").receive("m1")
    story.resume("phone")
    #expect(story.saw("phone") == "flush resumed: m1")
    #expect(story.rings(on: "phone") == ["m1"])
  }

  @Test("B14: closing an account ends every session and hands everything to the host")
  func closing() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    let account = story.account()
    story.close()
    #expect(story.saw("phone") == "lost m1; ended accountClosed")
    #expect(story.saw("laptop") == "ended accountClosed")
    #expect(story.counters.gauges == Counters.Gauges())
    let stanza = Scenario.stanza("m2")
    #expect(
      story.apply(.receive(account, stanza, to: .account)) == .ignored(.staleHandle))
    #expect(story.apply(.close(account)) == .ignored(.staleHandle))
  }

  @Test("Unavailable presence gives up what is held, and the device takes part no more")
  func unavailable() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.unavailable("phone")
    #expect(story.saw("phone") == "lost m1")
    story.receive("m2")
    #expect(story.saw("phone") == "")
    story.available("phone")
    story.receive("m3")
    #expect(story.saw("phone") == "(m3)", "It is still quiet.")
  }

  // MARK: - How many devices

  @Test("One device more than allowed is refused")
  func deviceLimitRefuses() throws {
    let story = try makeStory("a", "b") { $0.deviceLimit = 2 }
    #expect(story.signIn("c") == .refused(.deviceLimit(2)))
    #expect(story.signIn("b").isSignedIn, "The same device again needs no room.")
    #expect(story.counters.totals.refusals == 1)
  }

  @Test("…or takes the place of one without a connection, else of the least recently active")
  func deviceLimitEvicts() throws {
    let story = try makeStory("a", "b", "c") {
      $0.deviceLimit = 3
      $0.deviceLimitPolicy = .endLeastRecentlyActive
    }
    story.at("0:10").available("a")
    story.signIn("d")
    #expect(story.saw("b") == "ended evicted", "c acted after b, and a after both.")
    story.loseConnection(of: "a")
    story.signIn("e")
    #expect(story.saw("a") == "ended evicted", "It has no connection.")
    story.signIn("f")
    #expect(story.saw("d") == "ended evicted", "It has never acted.")
  }

  @Test("Thirty-two devices are possible")
  func mostDevices() throws {
    let story = try Scenario { $0.deviceLimit = 32 }
    for number in 0..<32 { story.signInAvailable("d\(number)") }
    #expect(story.signIn("d32") == .refused(.deviceLimit(32)))
    story.receive("m1")
    #expect(story.rings(on: "d31") == ["m1"])
    #expect(story.saw("d0") == "mute m1")
  }

  // MARK: - Names and handles

  @Test("Empty, long and taken names are refused")
  func names() throws {
    let story = try makeStory("phone")
    #expect(story.apply(.open("", archived: .start)) == .refused(.emptyName))
    #expect(
      story.apply(.open("alice", archived: .start))
        == .refused(.accountExists(story.account())))
    let request = SignIn(device: "")
    #expect(story.apply(.signIn(story.account(), request)) == .refused(.emptyName))
  }

  @Test("A handle of an earlier sign-in never means a later one")
  func staleHandles() throws {
    let story = try makeStory("phone", "laptop")
    let old = story.device("phone")
    story.signOut("phone")
    story.signInAvailable("phone")
    let commands: [Command] = [
      .signOut(old), .connectionLost(old), .resume(old), .presence(old, .unavailable),
      .requestMDM(old, false), .setMode(old, .quiet), .requested(old),
      .send(old, Scenario.stanza("s1"), toSelf: nil), .read(old, "bob", upTo: 1),
    ]
    for command in commands {
      #expect(story.apply(command) == .ignored(.staleHandle))
      #expect(story.effects.isEmpty)
    }
    #expect(story.report(on: "phone")?.mode == .normal)
  }

  @Test("A handle of an account that had the same slot before means nobody")
  func staleAccountHandles() throws {
    let story = try makeStory("phone")
    let (account, device) = (story.account(), story.device("phone"))
    story.close()
    story.signInAvailable("carol/phone")
    #expect(story.account("carol").slot == account.slot)
    #expect(story.apply(.close(account)) == .ignored(.staleHandle))
    #expect(story.apply(.signOut(device)) == .ignored(.staleHandle))
    #expect(story.report(on: "carol/phone") != nil)
  }
}

extension Outcome {
  fileprivate var isSignedIn: Bool {
    if case .signedIn = self { true } else { false }
  }
}
