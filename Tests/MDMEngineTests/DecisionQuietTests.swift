import MDM
import MDMTestKit
import Testing

@Suite("B6, B7, B13: what flushes a quiet device, and what it does to the mode")
struct DecisionQuietTests {
  // MARK: - B6

  @Test("B6: a request to the quiet device flushes first; request and answer alike, never held")
  func requestToDevice() throws {
    let story = try Timeline(
      """
      time | event                           | laptop  | phone
      0:00 | phone available                 |         |
      0:01 | laptop available                |         |
      0:02 | phone quiet                     |         |
      0:10 | server: i1 iq to phone          |         | i1
      0:11 | bob: m1                         | ring m1 | (m1)
      0:12 | bob: m2                         | ring m2 | (m2)
      0:13 | server: i2 iq answer to phone   |         | flush request: m1, m2; i2
      0:14 | server: i3 iq to laptop         | i3      |
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
  }

  @Test("B6: a request from the quiet device flushes, whether the server answers or another does")
  func requestFromDevice() throws {
    let story = try Timeline(
      """
      time | event                      | host     | laptop  | phone
      0:00 | phone available            |          |         |
      0:01 | laptop available           |          |         |
      0:02 | phone quiet                |          |         |
      0:10 | phone request              |          |         |
      0:11 | bob: m1                    | archive m1 | ring m1 | (m1)
      0:12 | phone request              |          |         | flush request: m1
      0:13 | bob: m2                    | archive m2 | ring m2 | (m2)
      0:14 | phone sends bob: i1 iq     | route i1 |         | flush request: m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B6: a request to the bare address is answered by the server and is no trigger")
  func requestToAccount() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.receive("i1", .request)
    #expect(story.host() == "bounce i1")
    #expect(story.saw("phone") == "")
    #expect(story.heldCount(for: "phone") == 1)
  }

  @Test("B6: a request of the laptop does not flush the phone")
  func requestOfOther() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.request(by: "laptop")
    #expect(story.heldCount(for: "phone") == 1)
    #expect(story.effects.isEmpty)
  }

  // MARK: - B7

  @Test("B7: a message flushes the quiet phone when nobody else is active")
  func noOtherActive() throws {
    let story = try Timeline(
      """
      time | event               | laptop  | phone
      0:00 | phone available     |         |
      0:00 | laptop available    |         |
      0:01 | phone quiet         |         |
      0:02 | bob: m1             | ring m1 | (m1)
      0:03 | laptop unavailable  |         |
      0:04 | bob: m2             |         | flush alone: m1; ring m2
      0:05 | bob: m3             |         | ring m3
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
  }

  @Test("B7: a user with only quiet devices gets everything live, and all of them ring")
  func onlyQuietDevices() throws {
    let story = try Timeline(
      """
      time | event            | tablet  | phone
      0:00 | tablet available |         |
      0:00 | phone available  |         |
      0:01 | phone quiet      |         |
      0:01 | tablet quiet     |         |
      5:00 | bob: m1          | ring m1 | ring m1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B7: a quiet device that is itself the last active one gets its messages live")
  func quietAndActive() throws {
    let story = try Timeline(
      """
      time | event            | laptop  | phone
      0:00 | laptop available |         |
      0:01 | phone available  |         |
      0:02 | phone quiet      |         |
      0:03 | bob: m1          | mute m1 | ring m1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B7: of two quiet devices the active one gets messages live, the other waits for it")
  func twoQuietDevices() throws {
    let story = try Timeline(
      """
      time | event            | tablet  | phone
      0:00 | tablet available |         |
      0:01 | phone available  |         |
      0:02 | phone quiet      |         |
      0:02 | tablet quiet     |         |
      0:03 | bob: m1          | (m1)    | ring m1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B7, B10: under allWithinWindow two active quiet devices never wait for each other")
  func twoQuietActiveDevices() throws {
    let story = try Timeline(
      """
      set activeSelection=allWithinWindow
      time | event            | tablet  | phone
      0:00 | tablet available |         |
      0:01 | phone available  |         |
      0:02 | phone quiet      |         |
      0:02 | tablet quiet     |         |
      0:03 | bob: m1          | (m1)    | ring m1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test(
    "B7: noise never wakes the phone, though nobody is active",
    arguments: [
      StanzaKind.receipt, .displayedMarker, .payload, .chatState, .headline, .presence,
      .subscription,
    ])
  func noise(kind: StanzaKind) throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.at("6:00").receive("n1", kind)
    #expect(!story.effects.contains { $0.flushes(story.device("phone")) })
    #expect(story.heldCount(for: "phone") == (kind == .chatState ? 1 : 2))
    story.receive("m2")
    #expect(story.flushes(of: "phone") == [.noOtherActiveClient])
  }

  @Test("B7: an error to the phone is noise as well")
  func errorNoise() throws {
    let story = try makeQuietStory()
    story.at("6:00").receive("e1", .messageError, to: .device("phone"))
    #expect(story.saw("phone") == "(e1)")
    #expect(story.saw("laptop") == "e1'")
  }

  @Test(
    "B7: content wakes it",
    arguments: [StanzaKind.chat, .normal, .invitation, .fileTransfer, .groupChat])
  func content(kind: StanzaKind) throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("n1", .receipt)
    story.at("6:00").receive("m1", kind)
    #expect(story.saw("phone") == "flush alone: n1; ring m1")
  }

  @Test("B7: own-account traffic never wakes the phone: sent copies, read sync, own chat states")
  func ownTraffic() throws {
    let story = try Timeline(
      """
      time | event                       | laptop  | phone
      0:00 | phone available             |         |
      0:00 | laptop available            |         |
      0:01 | phone quiet                 |         |
      0:02 | bob: m1                     | ring m1 | (m1)
      # Replayed, so that nobody is active when it comes.
      6:00 | laptop sends bob: s1 replayed |       | (s1)
      6:01 | laptop reads bob            |         |
      6:02 | laptop sends bob: t1 typing |         | -t1
      6:03 | bob: m2 own                 | m2      | (m2)
      6:04 | phone request               |         | flush request: m1✓, s1'✓, read bob ≤ 2, m2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B7, B10: an active client that did not get the message justifies no waiting")
  func activeNotReached() throws {
    let story = try Timeline(
      """
      time | event                    | laptop  | phone
      0:00 | phone available          |         |
      0:01 | laptop available         |         |
      0:02 | phone quiet              |         |
      0:03 | bob: m1                  | ring m1 | (m1)
      0:04 | laptop lost              |         |
      0:05 | bob: m2                  | (m2)    | flush alone: m1; ring m2
      0:06 | laptop resumes           | flush resumed: m2 |
      0:07 | bob: m3 no-copy to phone |         | ring m3
      0:08 | bob: m4                  | ring m4 | (m4)
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B8: urgent flushes and rings everywhere, whoever is active")
  func urgent() throws {
    let story = try Timeline(
      """
      time | event               | laptop  | phone
      0:00 | phone available     |         |
      0:01 | laptop available    |         |
      0:02 | phone quiet         |         |
      0:03 | bob: m1             | ring m1 | (m1)
      0:04 | bob: c1 urgent      | ring c1 | flush urgent: m1; ring c1
      0:05 | bob: c2 payload urgent | ring c2 | ring c2
      0:06 | laptop sends bob: c3 urgent |   | (c3)
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
  }

  // MARK: - B13

  @Test("B13: a flush never changes the mode, whatever caused it")
  func flushKeepsMode() throws {
    let story = try makeQuietStory { $0.perSessionLimit = 2 }
    story.at("0:10").receive("m1")
    story.receive("i1", .request, to: .device("phone"))
    #expect(story.mode(of: "phone") == .quiet)
    story.receive("m2")
    story.receive("m3")
    #expect(story.mode(of: "phone") == .quiet)
    story.receive("m4")
    story.send("s1", by: "phone")
    #expect(story.mode(of: "phone") == .quiet)
    story.available("laptop")
    story.receive("m5")
    #expect(story.saw("phone") == "(m5)")
    story.at("6:00").receive("m6")
    #expect(story.mode(of: "phone") == .quiet)
    #expect(
      story.flushes(of: "phone")
        == [.request, .sessionLimit, .clientTraffic, .noOtherActiveClient])
  }

  @Test("B13: quiet twice and leaving when not quiet change nothing")
  func idempotent() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    #expect(story.quiet("phone") == .ignored(.alreadySo))
    #expect(story.heldCount(for: "phone") == 1)
    #expect(story.active("laptop") == .ignored(.alreadySo))
    story.at("0:11").active("phone")
    #expect(story.active("phone") == .ignored(.alreadySo))
    #expect(story.effects.isEmpty)
    #expect(story.flushes(of: "phone") == [.clientActive])
  }

  @Test("B13: leaving when not quiet does not make a client active")
  func idempotentLeaving() throws {
    let story = try makeStory("phone", "laptop")
    story.at("0:10").active("phone")
    #expect(story.activeClient() == "laptop")
  }

  @Test("B13: after regroupDelay the device is quiet again; until then it counts as not quiet")
  func regroupDelay() throws {
    let story = try Timeline(
      """
      set regroupDelay=5
      time           | event            | laptop  | phone
      0:00           | phone available  |         |
      0:01           | laptop available |         |
      0:02           | phone quiet      |         |
      0:03           | bob: m1          | ring m1 | (m1)
      0:10           | phone request    |         | flush request: m1
      0:11           | bob: m2          | ring m2 | mute m2
      0:12           | bob: t1 typing   | t1      | t1
      0:14.999999999 | bob: m3          | ring m3 | mute m3
      0:15           | bob: m4          | ring m4 | (m4)
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
  }

  @Test("B13: an empty buffer is not flushed, so it starts no regroupDelay")
  func noRegroupAfterNothing() throws {
    let story = try makeQuietStory { $0.regroupDelay = .seconds(5) }
    story.at("0:10").request(by: "phone")
    story.receive("m1")
    #expect(story.saw("phone") == "(m1)")
  }

  @Test("B13: going quiet anew ends the regrouping")
  func regroupEndsWithMode() throws {
    let story = try makeQuietStory { $0.regroupDelay = .seconds(5) }
    story.at("0:10").receive("m1")
    story.active("phone")
    story.quiet("phone")
    story.available("laptop")
    story.receive("m2")
    #expect(story.saw("phone") == "(m2)")
  }

  @Test("B17: the flush of an empty buffer is no flush")
  func emptyFlush() throws {
    let story = try makeQuietStory()
    story.at("0:10").request(by: "phone")
    story.active("phone")
    story.quiet("phone")
    story.at("6:00").receive("m1")
    #expect(story.flushes(of: "phone").isEmpty)
    #expect(story.counters.totals.flushes == 0)
  }
}
