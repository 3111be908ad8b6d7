import MDM
import MDMTestKit
import Testing

@Suite("B20: the archive")
struct DecisionArchiveTests {
  // MARK: - Once, first, with a stable id

  @Test("B20: one archive call for each message, before anything else of it")
  func onceAndFirst() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    story.quiet("phone")
    story.receive("m1")
    #expect(story.effects.first?.archives("m1") == true)
    #expect(story.effects.filter { $0.archives("m1") }.count == 1)
    story.send("s1", by: "laptop")
    #expect(story.effects.first?.archives("s1") == true)
    #expect(story.effects.filter { $0.archives("s1") }.count == 1)
    #expect(story.counters.totals.archived == 2)
  }

  @Test("B20: flush, resumption, hand-over and reading never archive")
  func nothingElseArchives() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    let steps = story.steps
    story.active("phone")
    story.quiet("phone")
    story.available("laptop")
    story.loseConnection(of: "phone")
    story.resume("phone")
    story.read("bob", on: "laptop")
    story.signOut("phone")
    let later = story.story.filter { $0.step > steps }
    let archives = later.contains {
      if case .archived = $0.event { true } else { false }
    }
    #expect(!archives)
  }

  @Test("B20: what is archived is content that is not a room's", arguments: StanzaKind.allCases)
  func kinds(kind: StanzaKind) throws {
    let archived: Set<StanzaKind> = [.chat, .normal, .invitation, .fileTransfer]
    let story = try makeStory("phone", "laptop")
    story.receive("x", kind)
    #expect(story.effects.contains { $0.archives("x") } == archived.contains(kind))
    story.send("y", by: "laptop", kind)
    #expect(story.effects.contains { $0.archives("y") } == archived.contains(kind))
  }

  @Test("B20: the stable id is on every copy, live, held, pushed and routed")
  func stableID() throws {
    let story = try makeStory("tablet", "phone", "laptop")
    story.signInAvailable("watch") { $0.pushEnabled = true }
    story.available("laptop")
    story.quiet("phone")
    story.loseConnection(of: "watch")
    story.receive("m1")
    story.at("0:30").send("s1", by: "laptop")
    let routed = story.effects.compactMap {
      if case .route(let routing) = $0 { routing.position } else { nil }
    }
    #expect(routed == [2])
    story.active("phone")
    story.at("9:00").receive("m2")
    let pushed = story.effects.compactMap {
      if case .push(let push) = $0 { push.position } else { nil }
    }
    #expect(pushed == [3])
    story.resume("watch")
    #expect(story.deliveries(to: "phone").map { $0.position } == [1, 2, 3])
    #expect(story.deliveries(to: "watch").map { $0.position } == [1, 2, 3])
    #expect(story.deliveries(to: "tablet").map { $0.position } == [1, 2, 3])
  }

  @Test("B20: positions go on from where the account's archive ended")
  func positionsGoOn() {
    let story = Scenario()
    guard case .opened(let account) = story.apply(.open("carol", archived: 41)) else {
      Issue.record("The account is not open: \(story.outcome).")
      return
    }
    story.apply(.receive(account, Scenario.stanza("m1"), to: .account))
    guard case .archive(let request)? = story.effects.first else {
      Issue.record("Nothing is archived.")
      return
    }
    #expect(request.account == account)
    #expect(request.position == 42)
    #expect(request.direction == .received)
  }

  @Test("B20, XEP-0334: no-store and no-permanent-store are respected, unless ignored by policy")
  func hints() throws {
    for flags in [StanzaFlags.noStore, .noPermanentStore] {
      let story = try makeStory("phone")
      story.receive("m1", flags: flags)
      #expect(story.saw("phone") == "ring m1")
      #expect(!story.effects.contains { $0.archives("m1") })
      #expect(story.deliveries(to: "phone").first?.position == nil)
      let compliance = try makeStory("phone") { $0.archiveIgnoresHints = true }
      compliance.receive("m1", flags: flags)
      #expect(compliance.effects.contains { $0.archives("m1") })
    }
  }

  @Test("B20: a message nobody can take is archived all the same")
  func unroutable() {
    let story = Scenario()
    story.receive("m1")
    #expect(story.host() == "archive m1; store m1")
  }

  // MARK: - Failure: deliver anyway

  @Test("B20: by default a failure is counted and changes nothing")
  func deliverAnyway() throws {
    let story = try makeStory("phone")
    story.receive("m1")
    #expect(story.saw("phone") == "ring m1")
    #expect(story.archiveFailed("m1") == .ignored(.notAwaited))
    #expect(story.archived("m1") == .ignored(.notAwaited))
    #expect(story.effects.isEmpty)
    #expect(story.counters.totals.archiveFailures == 1)
  }

  // MARK: - Failure: refuse

  @Test("B20: refuse delivers only what has been stored")
  func refuse() throws {
    let story = try Timeline(
      """
      set archiveFailure=refuse
      time | event               | host       | laptop  | phone
      0:00 | phone available     |            |         |
      0:01 | laptop available    |            |         |
      0:02 | bob: m1             | archive m1 |         |
      0:03 | archived m1         |            | ring m1 | mute m1
      0:04 | bob: m2             | archive m2 |         |
      0:05 | archive fails m2    | bounce m2  |         |
      0:06 | phone sends bob: s1 | archive s1 |         |
      0:07 | archived s1         | route s1   | s1'     |
      0:08 | phone sends bob: s2 | archive s2 |         |
      0:09 | archive fails s2    | bounce s2  |         |
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.unread(in: "bob") == 1)
    #expect(story.scenario.counters.totals.archiveFailures == 2)
  }

  @Test("B20: what is behind an awaited message keeps its place, whatever the archive says first")
  func orderBehindAwaited() throws {
    let story = try Timeline(
      """
      set archiveFailure=refuse
      time | event              | host       | phone
      0:00 | phone available    |            |
      0:01 | bob: m1            | archive m1 |
      0:02 | bob: r1 receipt    |            |
      0:03 | bob: m2            | archive m2 |
      0:04 | colin: p1 presence |            |
      0:05 | bob: m3            | archive m3 |
      0:06 | archived m3        |            |
      0:07 | archive fails m2   |            |
      0:08 | archived m1        | bounce m2  | ring m1; r1; p1; ring m3
      0:09 | bob: r2 receipt    |            | r2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B20: the archive's word counts once, and only for what is awaited")
  func wordCountsOnce() throws {
    let story = try makeStory("phone") { $0.archiveFailure = .refuse }
    story.receive("m1")
    #expect(story.archived("m1") == .done)
    #expect(story.archived("m1") == .ignored(.notAwaited))
    #expect(story.apply(.archived(story.account(), 99)) == .ignored(.unknownPosition))
    #expect(story.apply(.archived(story.account(), 0)) == .ignored(.unknownPosition))
    #expect(story.delivered(to: "phone") == ["m1"])
  }

  @Test("B20: the backlog has a limit; one more is refused and counted")
  func backlogLimit() throws {
    let story = try makeStory("phone") {
      $0.archiveFailure = .refuse
      $0.archiveBacklogLimit = 2
    }
    #expect(story.receive("m1") == .done)
    #expect(story.receive("r1", .receipt) == .done)
    #expect(story.receive("m2") == .refused(.archiveBacklog(2)))
    #expect(story.effects.isEmpty)
    #expect(story.counters.totals.refusals == 1)
    story.archived("m1")
    #expect(story.receive("m3") == .done)
    #expect(story.position(of: "m3") == 2, "A refused message takes no position.")
  }

  @Test("B20: going back to deliverAnyway lets everything go on in order")
  func policyChange() throws {
    let story = try makeStory("phone") { $0.archiveFailure = .refuse }
    story.receive("m1")
    story.receive("m2")
    story.archiveFailed("m2")
    try story.configure { $0.archiveFailure = .deliverAnyway }
    #expect(story.saw("phone") == "ring m1")
    #expect(story.host() == "bounce m2")
    #expect(story.archived("m1") == .ignored(.notAwaited))
  }

  @Test("B20: closing the account sends back what still waits")
  func closing() throws {
    let story = try makeStory("phone") { $0.archiveFailure = .refuse }
    story.receive("m1")
    story.close()
    #expect(story.host() == "bounce m1")
  }

  @Test("B20: devices are decided when the message goes on, not when it came")
  func decidedLate() throws {
    let story = try makeStory("phone", "laptop") { $0.archiveFailure = .refuse }
    story.receive("m1")
    story.quiet("phone")
    story.archived("m1")
    #expect(story.saw("laptop") == "ring m1")
    #expect(story.saw("phone") == "(m1)")
  }

  @Test("B20, B5: a quiet sender that was cut off meanwhile is not flushed into the void")
  func senderCutOff() throws {
    let story = try makeQuietStory { $0.archiveFailure = .refuse }
    story.receive("m1")
    story.archived("m1")
    #expect(story.saw("phone") == "(m1)")
    story.send("s1", by: "phone")
    story.receive("r1", .receipt)
    story.loseConnection(of: "phone")
    story.archived("s1")
    #expect(story.saw("phone") == "(r1)", "There is no connection to deliver to.")
    #expect(story.saw("laptop") == "s1'; r1")
    story.resume("phone")
    let got = story.delivered(to: "phone")
    #expect(got == ["m1", "r1"])
  }

  @Test("B1, B20: who sent is active from then on, not from when the archive has spoken")
  func actsWhenSending() throws {
    let story = try makeStory("laptop", "phone") { $0.archiveFailure = .refuse }
    story.at("0:10").send("s1", by: "phone")
    #expect(story.activity()?.act == .instantMessage)
    story.at("0:15").available("laptop")
    story.at("0:20").archived("s1")
    #expect(story.activeClient() == "laptop")
  }

  @Test("B5, B20: a quiet sender is flushed when it sends: its radio is up then")
  func flushedWhenSending() throws {
    let story = try makeQuietStory { $0.archiveFailure = .refuse }
    story.receive("m1")
    story.archived("m1")
    story.send("s1", by: "phone")
    #expect(story.saw("phone") == "flush traffic: m1")
  }

  @Test("B20: a message to oneself whose sender has signed out is not routed to anybody")
  func noteOfGoneSender() throws {
    let story = try makeStory("laptop", "phone") { $0.archiveFailure = .refuse }
    story.sendToSelf("n1", by: "phone")
    story.signOut("phone")
    story.archived("n1")
    #expect(story.host() == "")
    #expect(story.saw("laptop") == "n1'")
  }

  @Test("B20, R-003: the copies of a message go out though its sender has signed out meanwhile")
  func senderGone() throws {
    let story = try makeStory("laptop", "phone") { $0.archiveFailure = .refuse }
    story.send("s1", by: "phone")
    story.signOut("phone")
    story.archived("s1")
    #expect(story.effects.contains { $0.routes("s1") })
    #expect(story.saw("laptop") == "s1'")
  }

  @Test("B20, B21: sendMarksRead marks up to what was sent, not what came after and still waits")
  func sendMarksReadWhileWaiting() throws {
    let story = try makeStory("phone", "laptop") {
      $0.archiveFailure = .refuse
      $0.sendMarksRead = true
    }
    story.send("s1", by: "laptop")
    story.receive("m1")
    story.archived("s1")
    story.archived("m1")
    #expect(story.readState(of: "bob")?.readUpTo == 1)
    #expect(story.unread(in: "bob") == 1)
  }

  @Test("B20, B21: a message read before the archive has spoken is not unread afterwards")
  func readWhileWaiting() throws {
    let story = try makeStory("phone", "laptop") { $0.archiveFailure = .refuse }
    story.receive("m1")
    story.read("bob", upTo: 1, on: "laptop")
    story.archived("m1")
    #expect(story.unread(in: "bob") == 0)
    #expect(story.readState(of: "bob")?.readUpTo == 1)
  }
}
