import MDM
import MDMTestKit
import Testing

@Suite("B19, B22, B28: who gets what")
struct DecisionRoutingTests {
  // MARK: - B19

  @Test("B19: devices without MDM get what is addressed to them, no copies and no read sync")
  func plainDevices() throws {
    let story = try Timeline(
      """
      device desk plain
      time | event                | laptop  | phone   | desk
      0:00 | desk available       |         |         |
      0:01 | phone available      |         |         |
      0:02 | laptop available     |         |         |
      0:03 | bob: m1              | ring m1 | mute m1 | m1
      0:04 | bob: m2 to laptop    | ring m2 | mute m2' |
      0:05 | bob: m3 to desk      | ring m3' | mute m3' | m3
      0:06 | laptop sends bob: s1 |         | s1'     |
      0:07 | laptop reads bob     |         | read bob ≤ 4 |
      # XEP-0280 §8: what it sends itself is copied all the same.
      0:08 | desk sends bob: s2   | s2'     | s2'     |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B19: a client whose connection is lost holds no conversation")
  func lostHolder() throws {
    let story = Scenario()
    story.signInAvailable("pidgin") { $0.requestsMDM = false }
    story.signInAvailable("gajim") { $0.requestsMDM = false }
    story.send("s1", by: "pidgin")
    story.receive("m1")
    #expect(story.saw("pidgin") == "m1" && story.saw("gajim") == "")
    story.loseConnection(of: "pidgin")
    story.receive("m2")
    #expect(story.saw("pidgin") == "(m2)" && story.saw("gajim") == "m2")
  }

  @Test("B28: a request to oneself that no device can take is answered, other things are not")
  func toSelfWithoutTaker() throws {
    let story = try makeStory("phone")
    story.sendToSelf("q1", by: "phone", at: .device("tablet"), .request)
    #expect(story.host().contains("bounce q1"))
    story.sendToSelf("c1", by: "phone")
    #expect(!story.host().contains("bounce"))
  }

  @Test("B19: they have no modes")
  func plainModes() throws {
    let story = try makeStory("laptop")
    story.signInAvailable("desk") { $0.requestsMDM = false }
    #expect(story.quiet("desk") == .ignored(.notMultipleDevice))
    #expect(story.mode(of: "desk") == .normal)
    story.available("laptop")
    story.receive("m1")
    #expect(story.saw("desk") == "m1")
  }

  @Test("B19: the device without MDM that wrote last holds the conversation for 300 s")
  func conversationHold() throws {
    let story = try Timeline(
      """
      device desk plain
      device web plain
      time           | event              | phone   | desk | web
      0:00           | desk available     |         |      |
      0:00           | web available      |         |      |
      0:00           | phone available    |         |      |
      0:10           | bob: m1            | ring m1 | m1   | m1
      0:20           | desk sends bob: s1 | s1'     |      |
      0:21           | bob: m2            | mute m2 | m2   |
      0:22           | colin: c1          | mute c1 | c1   | c1
      0:30           | web sends colin: s2 | s2'    |      |
      0:31           | colin: c2          | mute c2 |      | c2
      # B10: the active client, which is web, does not get it.
      0:32           | bob: m3            | ring m3 | m3   |
      5:19.999999999 | bob: m4            | ring m4 | m4   |
      5:20           | bob: m5            | mute m5 | m5   | m5
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B19: the hold ends when its holder leaves, and moves when another writes")
  func holdMoves() throws {
    let story = try Timeline(
      """
      device desk plain
      device web plain
      time | event              | desk | web
      0:00 | desk available     |      |
      0:00 | web available      |      |
      0:01 | desk sends bob: s1 |      |
      0:02 | bob: m1            | m1   |
      0:03 | web sends bob: s2  |      |
      0:04 | bob: m2            |      | m2
      0:05 | web unavailable    |      |
      0:06 | bob: m3            | m3   |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B19: MDM devices hold no conversation, and a hold of 0 s never holds")
  func noHold() throws {
    let story = try makeStory("phone") { $0.conversationHold = .zero }
    story.signInAvailable("desk", "web") { $0.requestsMDM = false }
    story.send("s1", by: "phone")
    story.receive("m1")
    #expect(story.saw("desk") == "m1" && story.saw("web") == "m1")
    story.send("s2", by: "desk")
    story.receive("m2")
    #expect(story.saw("desk") == "m2" && story.saw("web") == "m2")
  }

  @Test("B19: negative priority gets no bare-address messages without MDM, a copy with it")
  func negativePriority() throws {
    let story = try Timeline(
      """
      device desk plain
      time | event                       | laptop  | phone    | desk
      0:00 | laptop available            |         |          |
      0:01 | phone available priority=-1 |         |          |
      0:02 | desk available priority=-1  |         |          |
      0:03 | laptop available            |         |          |
      0:04 | bob: m1                     | ring m1 | mute m1' |
      0:05 | bob: m2 to desk             | ring m2' | mute m2' | m2
      0:06 | news: h1 headline           | h1      |          |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("RFC 6121 §8.5.3: a full address that matches nobody goes on as if to the account")
  func absentDevice() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("m1", to: .device("tablet"))
    #expect(story.saw("laptop") == "ring m1")
    #expect(story.saw("phone") == "mute m1")
    story.receive("m2", .normal, to: .device("tablet"), flags: .exactDeviceOnly)
    // What is bounced was never accepted: the archive does not hear of it.
    #expect(story.host() == "bounce m2")
  }

  @Test("RFC 6121 §8.5.2.2, XEP-0160: without any device what is worth keeping is kept")
  func nobodyThere() throws {
    let story = Scenario()
    let expected: [(StanzaKind, String)] = [
      (.chat, "archive x; store x"), (.normal, "archive x; store x"), (.receipt, "store x"),
      (.chatState, "lost x"), (.headline, "lost x"), (.presence, "lost x"),
      (.subscription, "store x"), (.request, "bounce x"), (.messageError, "lost x"),
      (.groupChat, "bounce x"),
    ]
    for (kind, text) in expected {
      story.receive("x", kind)
      #expect(story.host() == text, "\(kind)")
    }
    story.receive("x", flags: .noStore)
    #expect(story.host() == "bounce x")
  }

  // MARK: - Copies

  @Test("XEP-0280 §6.1: no copies where they are not wanted", arguments: [true, false])
  func noCopies(isPrivate: Bool) throws {
    let flags: StanzaFlags = isPrivate ? .noCopy : .notCopyable
    let story = try makeStory("phone", "laptop")
    story.receive("m1", to: .device("phone"), flags: flags)
    #expect(story.saw("phone") == "ring m1")
    #expect(story.saw("laptop") == "")
    story.send("s1", by: "phone", flags: flags)
    #expect(story.saw("laptop") == "")
    #expect(story.effects.contains { $0.routes("s1") })
  }

  @Test("4.2: unavailable devices get no copies")
  func unavailableDevices() throws {
    let story = try makeStory("laptop")
    story.signIn("phone")
    story.send("s1", by: "laptop")
    story.receive("m1")
    #expect(story.delivered(to: "phone").isEmpty)
  }

  @Test("4.2: of a kind that is never copied the addressed device alone gets it")
  func uncopiedKinds() throws {
    for kind in [StanzaKind.headline, .presence, .request] {
      let story = try makeStory("phone", "laptop")
      story.receive("x", kind, to: .device("phone"))
      #expect(story.saw("phone") == "x")
      #expect(story.saw("laptop") == "")
      story.send("y", by: "phone", kind)
      #expect(story.saw("laptop") == "")
    }
  }

  // MARK: - B22

  @Test("B22, R-017: a room's messages go to every MDM device by default")
  func groupChatToAll() throws {
    let story = try Timeline(
      """
      device desk plain
      time | event                        | laptop  | phone    | desk
      0:00 | desk available               |         |          |
      0:00 | phone available              |         |          |
      0:01 | laptop available             |         |          |
      0:02 | room: g1 groupchat           | ring g1 | mute g1  |
      0:03 | room: g2 groupchat to laptop | ring g2 | mute g2' |
      0:04 | laptop sends room: g3 groupchat |      | g3'      |
      0:05 | room: i1 invitation          | ring i1 | mute i1  | i1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B22, R-016: under the classic profile only the device that joined gets them")
  func groupChatJoinedOnly() throws {
    let story = try Timeline(
      """
      set groupChat=joinedDeviceOnly
      time | event                        | host      | laptop  | phone
      0:00 | phone available              |           |         |
      0:01 | laptop available             |           |         |
      0:02 | room: g1 groupchat to phone  |           |         | ring g1
      0:03 | phone sends room: g2 groupchat | route g2 |        |
      0:04 | room: g3 groupchat           | bounce g3 |         |
      0:05 | room: i1 invitation          | archive i1 | mute i1 | ring i1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("B22, R-015: files go to every MDM device by default")
  func filesToAll() throws {
    let story = try makeStory("phone", "laptop")
    story.receive("f1", .fileTransfer)
    #expect(story.saw("phone") == "mute f1" && story.saw("laptop") == "ring f1")
    story.send("f2", by: "phone", .fileTransfer)
    #expect(story.saw("laptop") == "f2'")
  }

  @Test("B22, R-014: under the classic profile a file stays with one device")
  func filesToOne() throws {
    let story = try makeStory("phone", "laptop") { $0.fileTransfer = .originatingDeviceOnly }
    story.receive("f1", .fileTransfer)
    #expect(story.saw("laptop") == "ring f1")
    #expect(story.saw("phone") == "")
    story.receive("f2", .fileTransfer, to: .device("phone"))
    #expect(story.saw("phone") == "ring f2" && story.saw("laptop") == "")
    story.send("f3", by: "phone", .fileTransfer)
    #expect(story.saw("laptop") == "")
    story.receive("f4", .fileTransfer, to: .device("tablet"))
    #expect(story.host() == "bounce f4")
    story.at("6:00").receive("f5", .fileTransfer)
    #expect(story.saw("phone") == "ring f5" && story.saw("laptop") == "ring f5")
  }

  @Test("B22: an invitation goes to all, though a conversation is held")
  func invitationsToAll() throws {
    let story = try makeStory("phone")
    story.signInAvailable("desk", "web") { $0.requestsMDM = false }
    story.send("s1", by: "desk")
    story.receive("i1", .invitation)
    #expect(story.saw("desk") == "i1" && story.saw("web") == "i1")
    story.receive("m1")
    #expect(story.saw("desk") == "m1" && story.saw("web") == "")
  }

  // MARK: - To oneself

  @Test("A message to oneself reaches the other devices, rings nowhere and is archived once")
  func noteToSelf() throws {
    let story = try Timeline(
      """
      device desk plain
      time | event                         | host       | laptop | phone | desk
      0:00 | desk available                |            |        |       |
      0:00 | phone available               |            |        |       |
      0:01 | laptop available              |            |        |       |
      # Devices without MDM get what is addressed to the account (RFC 6121).
      0:02 | laptop sends self: n1         | archive n1 |        | n1'   | n1
      0:03 | laptop sends self: n2 to phone | archive n2 |       | n2    |
      0:04 | laptop sends self: n3 to desk | archive n3 |        | n3'   | n3
      0:05 | laptop sends self: n4 to tablet | archive n4 |      | n4'   | n4
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.readState(of: "alice") == nil, "Nothing to oneself is unread.")
  }

  @Test("A request to another own device flushes it")
  func requestToSelf() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.sendToSelf("i1", by: "laptop", at: .device("phone"), .request)
    #expect(story.saw("phone") == "flush request: m1; i1")
  }

  @Test("A note to a quiet device waits: it is own traffic")
  func noteToQuietSelf() throws {
    let story = try makeQuietStory()
    story.at("6:00").sendToSelf("n1", by: "laptop", at: .device("phone"))
    #expect(story.saw("phone") == "(n1)")
    story.active("phone")
    #expect(story.saw("phone") == "flush active: n1")
  }

  // MARK: - B28

  @Test("B28: what the sender can see does not depend on mode, activity or buffer")
  func privacy() throws {
    func visible(_ prepare: (Scenario) -> Void) throws -> [String] {
      let story = try makeStory("phone", "laptop")
      prepare(story)
      var seen: [String] = []
      for kind in StanzaKind.allCases {
        for address in [StanzaAddress.account, .device("phone"), .device("tablet")] {
          story.receive("x", kind, to: address)
          seen.append(story.host())
        }
      }
      return seen
    }
    let normal = try visible { _ in }
    #expect(try visible { $0.quiet("phone") } == normal)
    #expect(try visible { $0.silent("phone") } == normal)
    #expect(try visible { $0.at("9:00") } == normal)
    let full = try visible {
      $0.quiet("phone")
      for number in 1...99 { $0.receive("m\(number)") }
    }
    #expect(full == normal)
  }

  @Test("B28: two accounts never see each other's traffic")
  func apart() throws {
    let story = try makeQuietStory()
    story.signInAvailable("carol/phone", "carol/laptop")
    story.receive("m1")
    story.send("s1", by: "laptop", to: "carol")
    story.read("bob", on: "laptop")
    #expect(story.delivered(to: "carol/phone").isEmpty)
    #expect(story.delivered(to: "carol/laptop").isEmpty)
  }
}
