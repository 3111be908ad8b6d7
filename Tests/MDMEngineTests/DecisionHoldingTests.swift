import MDM
import MDMTestKit
import Testing

@Suite("B8: what a quiet device's buffer does with each class")
struct DecisionHoldingTests {
  /// What the laptop shows of a live stanza: content rings, noise does not.
  private func live(_ kind: StanzaKind) -> String { kind.isContent ? "ring x" : "x" }

  @Test(
    "B8: held in order of arrival",
    arguments: [
      StanzaKind.chat, .normal, .invitation, .fileTransfer, .groupChat, .receipt,
      .displayedMarker, .payload, .subscription,
    ])
  func inOrder(kind: StanzaKind) throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("x", kind)
    #expect(story.saw("laptop") == self.live(kind))
    #expect(story.saw("phone") == "(x)")
    story.receive("y", kind)
    story.receive("z", .chat)
    story.active("phone")
    #expect(story.saw("phone") == "flush active: x, y, z")
  }

  @Test("B8: presence keeps the latest of each sending device and moves it to the end")
  func presence() throws {
    let story = try Timeline(
      """
      time | event                        | laptop  | phone
      0:00 | phone available              |         |
      0:01 | laptop available             |         |
      0:02 | phone quiet                  |         |
      0:03 | bob/a: p1 presence           | p1      | (p1)
      0:04 | bob/b: q1 presence           | q1      | (q1)
      0:05 | bob: m1                      | ring m1 | (m1)
      0:06 | bob/a: p2 presence           | p2      | ~p1; (p2)
      0:07 | bob/a: p3 presence           | p3      | ~p2; (p3)
      0:08 | phone active                 |         | flush active: q1, m1, p3
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B8: after a flush an older presence is gone and supersedes nothing")
  func presenceAfterFlush() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("p1", .presence)
    story.request(by: "phone")
    story.receive("p2", .presence)
    #expect(story.saw("phone") == "(p2)")
    story.receive("p3", .presence)
    #expect(story.saw("phone") == "~p2; (p3)")
    #expect(story.counters.totals.coalesced == 1)
  }

  @Test("B8: two quiet devices that began to wait at different times each keep the latest")
  func presenceOfTwo() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    story.quiet("phone")
    story.at("0:10").receive("p1", .presence)
    story.quiet("tablet")
    story.receive("p2", .presence)
    #expect(story.saw("phone") == "~p1; (p2)")
    #expect(story.saw("tablet") == "(p2)")
    story.request(by: "tablet")
    story.receive("p3", .presence)
    #expect(story.saw("phone") == "~p2; (p3)")
    #expect(story.saw("tablet") == "(p3)")
    story.active("phone")
    #expect(story.saw("phone") == "flush active: p3")
  }

  @Test("B8: presence of one contact never replaces that of another, nor a headline's")
  func keysAreApart() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("p1", from: "bob", .presence)
    story.receive("p2", from: "colin", .presence)
    story.receive("h1", from: "bob", .headline)
    story.active("phone")
    #expect(story.saw("phone") == "flush active: p1, p2, h1")
  }

  @Test("B8: equal keys of two accounts do not meet")
  func keysOfTwoAccounts() throws {
    let story = try makeQuietStory()
    story.signInAvailable("carol/phone", "carol/laptop")
    story.quiet("carol/phone")
    story.at("0:10").receive("p1", .presence)
    story.receive("p2", .presence, for: "carol")
    #expect(story.saw("carol/phone") == "(p2)")
    #expect(story.heldCount(for: "phone") == 1)
  }

  @Test("B8: headlines coalesce by key, and not at all without one")
  func headlines() throws {
    let story = try Timeline(
      """
      time | event                        | laptop | phone
      0:00 | phone available              |        |
      0:01 | laptop available             |        |
      0:02 | phone quiet                  |        |
      0:03 | news: h1 headline key=mood   | h1     | (h1)
      0:04 | news: h2 headline key=tune   | h2     | (h2)
      0:05 | news: h3 headline key=mood   | h3     | ~h1; (h3)
      0:06 | phone active                 |        | flush active: h2, h3
      """
    ).run()
    #expect(story.actual == story.expected)
    let plain = try makeQuietStory()
    for id in ["h1", "h2"] {
      plain.apply(.receive(plain.account(), Stanza(.headline, id: id), to: .account))
    }
    plain.active("phone")
    #expect(plain.saw("phone") == "flush active: h1, h2")
  }

  @Test("B8: chat states are dropped by default, from others and from oneself")
  func chatStatesDropped() throws {
    let story = try Timeline(
      """
      time | event                       | laptop | phone
      0:00 | phone available             |        |
      0:01 | laptop available            |        |
      0:02 | phone quiet                 |        |
      0:03 | bob: t1 typing              | t1     | -t1
      0:04 | laptop sends bob: t2 typing |        | -t2
      0:05 | phone active                |        |
      0:06 | bob: t3 typing              | t3     | t3
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.counters.totals.dropped == 2)
  }

  @Test("B8: chat states coalesce by conversation when policy says so")
  func chatStatesCoalesced() throws {
    let story = try Timeline(
      """
      set chatStates=coalesce
      time | event                       | laptop | phone
      0:00 | phone available             |        |
      0:01 | laptop available            |        |
      0:02 | phone quiet                 |        |
      0:03 | bob: t1 typing              | t1     | (t1)
      0:04 | colin: t2 typing            | t2     | (t2)
      0:05 | bob: t3 typing              | t3     | ~t1; (t3)
      0:06 | phone active                |        | flush active: t2, t3
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B8: read markers coalesce to the furthest, and held messages are marked as read")
  func readMarkers() throws {
    let story = try Timeline(
      """
      time | event                | laptop  | phone
      0:00 | phone available      |         |
      0:01 | laptop available     |         |
      0:02 | phone quiet          |         |
      0:03 | bob: m1              | ring m1 | (m1)
      0:04 | laptop reads bob ≤ 1 |         |
      0:05 | bob: m2              | ring m2 | (m2)
      0:06 | laptop reads bob ≤ 2 |         |
      0:07 | bob: m3              | ring m3 | (m3)
      0:08 | colin: c1            | ring c1 | (c1)
      0:09 | phone active         |         | flush active: m1✓, m2✓, read bob ≤ 2, m3, c1
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.counters.totals.coalesced == 1)
  }

  @Test("B8: markers of different conversations do not replace each other")
  func markersOfTwoConversations() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1", from: "bob")
    story.receive("c1", from: "colin")
    story.read("bob", upTo: 1, on: "laptop")
    story.read("colin", upTo: 2, on: "laptop")
    story.active("phone")
    #expect(story.saw("phone") == "flush active: m1✓, c1✓, read bob ≤ 1, read colin ≤ 2")
  }

  @Test("B8: each entry keeps its own arrival, and a flush says when")
  func arrivals() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.at("0:11").receive("m2")
    story.at("0:20").receive("p1", .presence)
    story.at("0:25").receive("p2", .presence)
    story.at("0:30").active("phone")
    #expect(
      story.deliveries(to: "phone").map { $0.heldSince }
        == [instant("0:10"), instant("0:11"), instant("0:25")])
    #expect(story.deliveries(to: "laptop").allSatisfy { $0.heldSince == nil })
  }

  @Test("B8: messages with equal keys are not coalesced: only presence and headlines are")
  func keyedMessages() throws {
    let story = try makeQuietStory()
    story.at("0:10")
    for id in ["m1", "m2"] {
      let stanza = Stanza(.chat, conversation: "bob", coalescingKey: "same", id: id)
      story.apply(.receive(story.account(), stanza, to: .account))
    }
    for id in ["r1", "r2"] {
      let stanza = Stanza(.receipt, conversation: "bob", coalescingKey: "same", id: id)
      story.apply(.receive(story.account(), stanza, to: .account))
    }
    story.active("phone")
    #expect(story.saw("phone") == "flush active: m1, m2, r1, r2")
  }

  @Test("B8: the sent copy of a group message and of a receipt waits as well")
  func sentCopies() throws {
    let story = try makeQuietStory()
    story.at("0:10").send("g1", by: "laptop", .groupChat)
    #expect(story.saw("phone") == "(g1)")
    story.send("r1", by: "laptop", .receipt)
    #expect(story.saw("phone") == "(r1)")
    story.active("phone")
    #expect(story.saw("phone") == "flush active: g1', r1'")
  }

  @Test("R-035: a device that is not quiet never waits")
  func normalNeverWaits() throws {
    let story = try makeStory("phone", "laptop")
    for (number, kind) in StanzaKind.allCases.enumerated() {
      story.receive("x\(number)", kind)
    }
    #expect(story.heldCount(for: "phone") == 0)
    #expect(story.heldCount(for: "laptop") == 0)
  }

  @Test("B8, 4.6 (c): mode changes between two messages decide each by itself")
  func interleaving() throws {
    let story = try Timeline(
      """
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:01 | laptop available |         |
      0:02 | bob: m1          | ring m1 | mute m1
      0:02 | phone quiet      |         |
      0:02 | bob: m2          | ring m2 | (m2)
      0:02 | phone active     |         | flush active: m2
      0:02 | bob: m3          | mute m3 | ring m3
      0:02 | phone quiet      |         |
      0:02 | bob: m4          | mute m4 | ring m4
      """
    ).run()
    #expect(story.actual == story.expected)
  }
}
