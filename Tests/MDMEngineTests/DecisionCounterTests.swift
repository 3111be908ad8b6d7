import MDM
import MDMTestKit
import Testing

@Suite("B15–B17: the counters of the group Cisco XCP MDM Counters")
struct DecisionCounterTests {
  private func texts(_ story: Scenario) -> [String: String] {
    var texts: [String: String] = [:]
    for name in CounterName.allCases { texts[name.rawValue] = story.counter(name) }
    return texts
  }

  @Test("R-049…R-056: group and names are the documented ones, and all begin at zero")
  func names() {
    #expect(CounterName.group == "Cisco XCP MDM Counters")
    #expect(
      self.texts(Scenario()) == [
        "MDMSessions": "0", "MDMSilentModeSessions": "0", "MDMQuietModeSessions": "0",
        "MDMBufferFlushes": "0", "MDMBufferFlushesLimitReached": "0",
        "MDMBufferFlushPacketCount": "0", "MDMBufferAvgQueuedTime": "0.000",
      ])
  }

  @Test("R-049…R-056: the seven counters after a story")
  func story() throws {
    let story = try makeStory("tablet", "phone", "laptop") { $0.perSessionLimit = 3 }
    story.signInAvailable("desk") { $0.requestsMDM = false }
    story.available("laptop")
    story.quiet("phone")
    story.silent("tablet")
    story.at("0:10").receive("m1")
    story.at("0:12").request(by: "phone")
    story.at("0:20").receive("m2")
    story.at("0:21").receive("m3")
    story.at("0:22").receive("m4")
    // Residence: 2 s; then 2 s, 1 s and 0 s: 5 s over 4 packets.
    #expect(
      self.texts(story) == [
        "MDMSessions": "3", "MDMSilentModeSessions": "1", "MDMQuietModeSessions": "1",
        "MDMBufferFlushes": "2", "MDMBufferFlushesLimitReached": "1",
        "MDMBufferFlushPacketCount": "0", "MDMBufferAvgQueuedTime": "1.250",
      ])
    #expect(story.counters.slices.current == 4)
    story.at("1:00")
    #expect(story.counter(.mdmBufferFlushPacketCount) == "4")
  }

  // MARK: - B15

  @Test("B15: the last complete slice, aligned to the start, tumbling, idle ones count zero")
  func slices() throws {
    let story = try makeQuietStory()
    story.at("0:59.999999999").receive("m1")
    story.request(by: "phone")
    #expect(story.counters.slices.last == 0)
    #expect(story.counters.slices.current == 1)
    story.at("1:00")
    #expect(story.counters.slices.last == 1)
    #expect(story.counters.slices.current == 0)
    story.receive("m2")
    story.receive("m3")
    story.request(by: "phone")
    story.at("1:59.999999999")
    #expect(story.counters.slices.last == 1)
    #expect(story.counters.slices.current == 2)
    story.at("2:00")
    #expect(story.counters.slices.last == 2)
    story.at("3:00")
    #expect(story.counters.slices.last == 0, "An idle slice, without any traffic or timer.")
    #expect(story.counters.slices.current == 0)
  }

  @Test("B15: slices are aligned to the engine's start, not to the origin")
  func sliceAlignment() {
    let story = Scenario(startingAt: MonotonicInstant(nanoseconds: 59_000_000_000))
    story.signInAvailable("phone", "laptop")
    story.quiet("phone")
    story.at("0:30").receive("m1")
    story.request(by: "phone")
    #expect(story.counters.slices.current == 1)
    story.at("0:59.999999999")
    #expect(story.counters.slices.last == 0)
    story.at("1:00")
    #expect(story.counters.slices.last == 1)
  }

  @Test("B15: a gap of several slices after traffic reads zero")
  func sliceGap() throws {
    let story = try makeQuietStory { $0.timeslice = .seconds(10) }
    story.at("0:05").receive("m1")
    story.request(by: "phone")
    story.at("0:35").receive("m2")
    story.request(by: "phone")
    #expect(story.counters.slices.last == 0)
    #expect(story.counters.slices.current == 1)
    story.at("0:40")
    #expect(story.counters.slices.last == 1)
  }

  // MARK: - B16

  @Test("B16: the mean residence of flushed packets over the engine's life")
  func averageQueuedTime() throws {
    let story = try makeQuietStory()
    #expect(story.counters.averageQueuedTime == .zero)
    story.at("0:10").receive("m1")
    story.at("0:11").receive("m2")
    story.at("0:14").request(by: "phone")
    #expect(story.counters.averageQueuedTime == .milliseconds(3_500))
    #expect(story.counter(.mdmBufferAvgQueuedTime) == "3.500")
    story.at("0:20").receive("m3")
    story.at("0:22").request(by: "phone")
    #expect(story.counters.averageQueuedTime == .seconds(3))
    story.at("10:00")
    #expect(story.counter(.mdmBufferAvgQueuedTime) == "3.000", "Waiting alone changes nothing.")
  }

  @Test("B16: what was coalesced away does not count, the survivor from its own arrival")
  func coalescedResidence() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("p1", .presence)
    story.at("0:18").receive("p2", .presence)
    story.at("0:20").request(by: "phone")
    #expect(story.counters.averageQueuedTime == .seconds(2))
    #expect(story.counters.totals.flushedPackets == 1)
  }

  @Test("B16: what is handed to the host was not flushed and does not count")
  func undeliveredResidence() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.at("0:50").signOut("phone")
    #expect(story.counters.averageQueuedTime == .zero)
    #expect(story.counters.totals.undelivered == 1)
  }

  @Test("B16: hold times and flush sizes are published as histograms")
  func histograms() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.receive("m2")
    story.receive("m3")
    story.at("0:11").request(by: "phone")
    #expect(story.counters.totals.flushSize.count == 1)
    #expect(story.counters.totals.flushSize.buckets[2] == 1, "Three lies in [2, 4).")
    #expect(story.counters.totals.holdMilliseconds.count == 3)
    #expect(story.counters.totals.holdMilliseconds.buckets[10] == 3, "1,000 in [512, 1,024).")
  }

  // MARK: - B17

  @Test("B17: each flush counts once under its reason; the total is their sum")
  func reasons() throws {
    let story = try makeQuietStory {
      $0.perSessionLimit = 2
      $0.flushOnActivityExpiry = true
    }
    var number = 0
    func hold() {
      number += 1
      story.receive("m\(number)")
    }
    hold()
    story.request(by: "phone")
    hold()
    hold()
    hold()
    story.receive("u1", flags: .urgent)
    hold()
    story.active("phone")
    story.available("laptop")
    story.quiet("phone")
    hold()
    story.send("s1", by: "phone")
    story.at("1:00").available("laptop")
    hold()
    story.at("6:00")
    story.available("laptop")
    hold()
    story.loseConnection(of: "phone")
    story.resume("phone")
    story.quiet("phone")
    story.available("laptop")
    story.receive("r1", .receipt)
    story.unavailable("laptop")
    hold()
    story.available("laptop")
    hold()
    story.setEnabled(false)
    let expected: [FlushReason] = [
      .request, .sessionLimit, .urgent, .clientActive, .clientTraffic, .activityExpired,
      .resumed, .noOtherActiveClient, .featureDisabled,
    ]
    #expect(story.flushes(of: "phone") == expected)
    for reason in expected { #expect(story.counters.flushes(because: reason) == 1) }
    #expect(story.counters.totals.flushes == UInt64(expected.count))
    #expect(story.counters.flushes(because: .overallLimit) == 0)
    #expect(story.counters.limitFlushes == 1)
  }

  @Test("B17: the flush effect says how many follow, retractions not counted")
  func flushCount() throws {
    let story = try makeStory("phone", "laptop")
    story.at("6:00").receive("m1")
    story.available("laptop")
    story.quiet("phone")
    story.receive("m2")
    story.read("bob", upTo: 1, on: "laptop")
    story.active("phone")
    #expect(
      story.saw("phone") == "flush active: m2, retract bob ≤ 1, read bob ≤ 1")
    guard case .flush(let flush)? = story.effects.first else {
      Issue.record("There is no flush.")
      return
    }
    #expect(flush.count == 2)
    #expect(story.counters.totals.flushedPackets == 2)
  }

  @Test("B17: gauges count sessions with MDM in effect, cut-off ones included")
  func gauges() throws {
    let story = try makeQuietStory()
    story.signIn("desk") { $0.requestsMDM = false }
    #expect(story.counters.gauges.sessions == 3)
    #expect(story.counters.gauges.mdmSessions == 2)
    story.loseConnection(of: "phone")
    #expect(story.counters.gauges.mdmSessions == 2)
    #expect(story.counters.gauges.quietSessions == 1)
    #expect(story.counters.gauges.detachedSessions == 1)
    story.resume("phone")
    #expect(story.counters.gauges.quietSessions == 0)
    #expect(story.counters.gauges.detachedSessions == 0)
    story.signOut("phone")
    #expect(story.counters.gauges.mdmSessions == 1)
    #expect(story.counters.gauges.accounts == 1)
  }

  @Test("4.6 (j): deliveries, rings, holds and drops are counted")
  func totals() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.receive("t1", .chatState)
    story.receive("e1", .messageError)
    story.send("s1", by: "laptop")
    let totals = story.counters.totals
    #expect(totals.delivered == 2)
    #expect(totals.notified == 1)
    #expect(totals.held == 2)
    #expect(totals.dropped == 1)
    #expect(totals.unroutable == 1)
    #expect(totals.archived == 2)
  }
}
