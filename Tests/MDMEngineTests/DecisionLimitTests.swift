import MDM
import MDMTestKit
import Testing

@Suite("B11: limits of one buffer and of all of them")
struct DecisionLimitTests {
  /// Accounts with an active laptop and a quiet phone each.
  private func makeQuietAccounts(
    _ accounts: String..., edit: (inout Configuration.Values) -> Void
  ) throws -> Scenario {
    let story = try Scenario(edit)
    for account in accounts {
      story.signInAvailable("\(account)/phone", "\(account)/laptop")
      story.quiet("\(account)/phone")
    }
    return story
  }

  // MARK: - One device

  @Test("B11: one less than the limit waits, the limit flushes everything")
  func perSession() throws {
    let story = try makeQuietStory { $0.perSessionLimit = 3 }
    story.at("0:10").receive("m1")
    story.receive("m2")
    #expect(story.heldCount(for: "phone") == 2)
    #expect(story.flushes(of: "phone").isEmpty)
    story.receive("m3")
    #expect(story.saw("phone") == "(m3); flush limit: m1, m2, m3")
    #expect(story.heldCount(for: "phone") == 0)
    #expect(story.rings(on: "phone").isEmpty, "Whoever was to know has been told.")
  }

  @Test("B11: the default is a hundred")
  func defaultLimit() throws {
    let story = try makeQuietStory()
    for number in 1...99 { story.receive("m\(number)") }
    #expect(story.heldCount(for: "phone") == 99)
    story.receive("m100")
    #expect(story.flushes(of: "phone") == [.sessionLimit])
    #expect(story.delivered(to: "phone") == (1...100).map { "m\($0)" })
  }

  @Test("B11: limit 1 means no effective holding")
  func limitOne() throws {
    let story = try makeQuietStory { $0.perSessionLimit = 1 }
    story.at("0:10").receive("m1")
    #expect(story.saw("phone") == "(m1); flush limit: m1")
    #expect(story.deliveries(to: "phone").first?.heldSince == instant("0:10"))
    story.read("bob", on: "laptop")
    #expect(story.saw("phone") == "flush limit: read bob ≤ 1")
  }

  @Test("B11: packets are stanzas after coalescing; markers count")
  func coalescedCount() throws {
    let story = try makeQuietStory { $0.perSessionLimit = 3 }
    story.at("0:10").receive("m1")
    for number in 1...10 { story.receive("p\(number)", .presence) }
    #expect(story.heldCount(for: "phone") == 2)
    story.read("bob", on: "laptop")
    #expect(story.saw("phone") == "flush limit: m1✓, p10, read bob ≤ 1")
  }

  @Test("B11: the byte limit of one device: one byte less waits")
  func perSessionBytes() throws {
    let story = try makeQuietStory { $0.perSessionByteLimit = 100 }
    story.at("0:10").receive("m1", bytes: 60)
    story.receive("m2", bytes: 39)
    #expect(story.report(on: "phone")?.heldBytes == 99)
    #expect(story.flushes(of: "phone").isEmpty)
    story.receive("m3", bytes: 1)
    #expect(story.saw("phone") == "(m3); flush limit: m1, m2, m3")
    #expect(story.report(on: "phone")?.heldBytes == 0)
  }

  @Test("B11: a coalesced stanza gives its bytes back")
  func coalescedBytes() throws {
    let story = try makeQuietStory { $0.perSessionByteLimit = 100 }
    for number in 1...5 { story.receive("p\(number)", .presence, bytes: 99) }
    #expect(story.report(on: "phone")?.heldBytes == 99)
    #expect(story.counters.gauges.heldBytes == 99)
    #expect(story.flushes(of: "phone").isEmpty)
  }

  @Test("B11: each device has its own limit")
  func twoDevices() throws {
    let story = try makeStory("tablet", "phone", "laptop") { $0.perSessionLimit = 2 }
    story.quiet("phone")
    story.receive("m1")
    story.quiet("tablet")
    story.receive("m2")
    #expect(story.saw("phone") == "(m2); flush limit: m1, m2")
    #expect(story.saw("tablet") == "(m2)")
  }

  // MARK: - All together

  @Test("B11, R-054: overall, the largest buffer goes first; one less than the limit waits")
  func overallLargest() throws {
    let story = try makeQuietAccounts("alice", "carol", "dave") { $0.overallLimit = 6 }
    story.at("0:10").receive("a1", for: "alice")
    story.at("0:11").receive("c1", for: "carol")
    story.receive("c2", for: "carol")
    story.at("0:12").receive("d1", for: "dave")
    story.receive("c3", for: "carol")
    #expect(story.counters.gauges.heldStanzas == 5)
    story.at("0:13").receive("d2", for: "dave")
    #expect(story.saw("carol/phone") == "flush overall-limit: c1, c2, c3")
    #expect(story.heldCount(for: "alice/phone") == 1)
    #expect(story.heldCount(for: "dave/phone") == 2)
    #expect(story.counter(.mdmBufferFlushesLimitReached) == "1")
  }

  @Test("B11: of equally large buffers the one with the oldest head goes first")
  func overallOldest() throws {
    let story = try makeQuietAccounts("alice", "carol") { $0.overallLimit = 4 }
    story.at("0:10").receive("c1", for: "carol")
    story.at("0:11").receive("a1", for: "alice")
    story.receive("a2", for: "alice")
    story.receive("c2", for: "carol")
    #expect(story.flushes(of: "carol/phone") == [.overallLimit])
    #expect(story.heldCount(for: "alice/phone") == 2)
  }

  @Test("B11: of equally old heads the lowest session key goes first")
  func overallLowestKey() throws {
    let story = try makeQuietAccounts("alice", "carol") { $0.overallLimit = 2 }
    story.at("0:10").receive("c1", for: "carol")
    story.receive("a1", for: "alice")
    #expect(story.flushes(of: "alice/phone") == [.overallLimit])
    #expect(story.heldCount(for: "carol/phone") == 1)
    let one = try makeStory("tablet", "phone", "laptop") { $0.overallLimit = 2 }
    one.quiet("phone")
    one.quiet("tablet")
    one.at("0:10").receive("m1")
    #expect(one.flushes(of: "tablet") == [.overallLimit])
    #expect(one.heldCount(for: "phone") == 1)
  }

  @Test("B11: flushing goes on until the total is below the limit")
  func overallSeveral() throws {
    let story = try makeStory("tablet", "watch", "phone", "laptop") {
      $0.overallLimit = 3
    }
    for device in ["tablet", "watch", "phone"] { story.quiet(device) }
    story.at("0:10").receive("m1")
    #expect(story.counters.gauges.heldStanzas == 2)
    try story.configure { $0.overallLimit = 1 }
    #expect(story.counters.gauges.heldStanzas == 0)
    #expect(story.counters.flushes(because: .overallLimit) == 3)
  }

  @Test("B11: overall counts once for each device that waits, bytes once for each payload")
  func overallAccounting() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    story.quiet("phone")
    story.quiet("tablet")
    story.receive("m1", bytes: 10)
    #expect(story.counters.gauges.heldStanzas == 2)
    #expect(story.counters.gauges.heldBytes == 10)
    story.request(by: "phone")
    #expect(story.counters.gauges.heldStanzas == 1)
    #expect(story.counters.gauges.heldBytes == 10)
    story.request(by: "tablet")
    #expect(story.counters.gauges.heldStanzas == 0)
    #expect(story.counters.gauges.heldBytes == 0)
  }

  @Test("B11: the overall byte limit: one byte less waits")
  func overallBytes() throws {
    let story = try makeQuietAccounts("alice", "carol") { $0.overallByteLimit = 100 }
    story.at("0:10").receive("a1", for: "alice", bytes: 50)
    story.receive("a2", for: "alice", bytes: 1)
    story.receive("c1", for: "carol", bytes: 48)
    #expect(story.counters.gauges.heldBytes == 99)
    #expect(story.counters.totals.flushes == 0)
    story.receive("c2", for: "carol", bytes: 1)
    #expect(story.counters.flushes(because: .overallLimit) == 1)
    #expect(story.counters.gauges.heldBytes < 100)
  }

  @Test("B11: without an overall limit it is twenty for each unit of the session capacity")
  func capacityLimit() throws {
    let story = try makeQuietStory { $0.sessionCapacity = 2 }
    for number in 1...39 { story.receive("m\(number)") }
    #expect(story.counters.totals.flushes == 0)
    story.receive("m40")
    #expect(story.flushes(of: "phone") == [.overallLimit])
  }

  @Test("B11: a buffer without a connection goes to the host instead of being flushed")
  func overallDetached() throws {
    let story = try makeQuietStory { $0.overallLimit = 3 }
    story.at("0:10").loseConnection(of: "phone")
    story.receive("m1")
    story.receive("m2")
    story.receive("m3")
    #expect(story.flushes(of: "phone").isEmpty)
    #expect(story.undelivered(to: "phone") == ["m1", "m2", "m3"])
    #expect(story.effects.contains { $0.givesUp("m1", .drop) })
    #expect(story.counters.totals.overflowed == 3)
  }

  @Test("B11: under pressure a detached buffer that was trimmed is still found in its order")
  func overallAfterTrimming() throws {
    let story = try makeQuietAccounts("w", "x", "y", "z") {
      $0.perSessionLimit = 2
      $0.overallLimit = 8
    }
    for account in ["w", "x", "y", "z"] { story.loseConnection(of: "\(account)/phone") }
    for (second, id) in ["w1", "x1", "x2", "y1", "y2", "z1", "z2", "w2"].enumerated() {
      story.at(ClockReading(nanoseconds: Int64(second + 1) * 1_000_000_000))
      story.receive(id, for: String(id.prefix(1)))
    }
    #expect(story.undelivered(to: "w/phone") == ["w1", "w2"], "The oldest head of four.")
    story.at("0:10").receive("x3", for: "x")
    #expect(story.undelivered(to: "x/phone") == ["x1"], "Its own limit.")
    story.at("0:11").receive("w3", for: "w")
    story.at("0:12").receive("w4", for: "w")
    #expect(story.undelivered(to: "x/phone") == ["x1", "x2", "x3"], "Now x2 is the oldest head.")
    #expect(story.undelivered(to: "y/phone").isEmpty)
  }

  @Test("B11: both kinds of limit count in the documented counter, under different reasons")
  func counters() throws {
    let story = try makeQuietStory {
      $0.perSessionLimit = 2
      $0.overallLimit = 3
    }
    story.receive("m1")
    story.receive("m2")
    story.signInAvailable("carol/phone", "carol/tablet", "carol/watch", "carol/laptop")
    for device in ["phone", "tablet", "watch"] { story.quiet("carol/\(device)") }
    story.receive("c1", for: "carol")
    #expect(story.counters.flushes(because: .sessionLimit) == 1)
    #expect(story.counters.flushes(because: .overallLimit) == 1)
    #expect(story.counter(.mdmBufferFlushesLimitReached) == "2")
  }

  // MARK: - While the engine runs

  @Test("B11: limits lowered while the engine runs flush what is at or over them at once")
  func loweredLimits() throws {
    let story = try makeQuietStory()
    for number in 1...5 { story.receive("m\(number)", bytes: 10) }
    try story.configure { $0.perSessionLimit = 6 }
    #expect(story.heldCount(for: "phone") == 5)
    try story.configure { $0.perSessionLimit = 5 }
    #expect(story.saw("phone") == "flush limit: m1, m2, m3, m4, m5")
    story.receive("m6", bytes: 10)
    try story.configure { $0.perSessionByteLimit = 10 }
    #expect(story.saw("phone") == "flush limit: m6")
    #expect(story.mode(of: "phone") == .quiet)
  }

  @Test("B11, B14: a lowered limit trims a detached buffer from the oldest end")
  func loweredLimitDetached() throws {
    let story = try makeQuietStory()
    story.loseConnection(of: "phone")
    for number in 1...5 { story.receive("m\(number)") }
    try story.configure { $0.perSessionLimit = 3 }
    #expect(story.undelivered(to: "phone") == ["m1", "m2"])
    #expect(story.heldCount(for: "phone") == 3)
  }

  @Test("The same configuration again changes nothing")
  func sameConfiguration() throws {
    let story = try makeQuietStory()
    let outcome = try story.configure { _ in }
    #expect(outcome == .ignored(.alreadySo))
  }

  @Test("A larger payload than allowed is refused and counted, and nothing happens")
  func stanzaByteLimit() throws {
    let story = try makeQuietStory { $0.stanzaByteLimit = 10 }
    #expect(
      story.receive("m1", bytes: 11) == .refused(.stanzaTooLarge(bytes: 11, limit: 10)))
    #expect(story.effects.isEmpty)
    #expect(
      story.send("s1", by: "phone", bytes: 11)
        == .refused(.stanzaTooLarge(bytes: 11, limit: 10)))
    #expect(story.receive("m2", bytes: 10) == .done)
    #expect(story.counters.totals.refusals == 2)
  }
}
