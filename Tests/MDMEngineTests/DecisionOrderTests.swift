import MDM
import MDMTestKit
import Testing

@Suite("B27: order, original times, duplicates; an explanation for everything")
struct DecisionOrderTests {
  @Test("B27: each device gets everything once and in order of arrival")
  func arrivalOrder() throws {
    let story = try makeStory("tablet", "phone", "laptop") { $0.perSessionLimit = 7 }
    var sent: [String] = []
    for round in 0..<40 {
      let id = "m\(round)"
      sent.append(id)
      story.at(ClockReading(nanoseconds: Int64(10 + round * 20) * 1_000_000_000))
      story.receive(id, from: round % 3 == 0 ? "bob" : "colin")
      switch round % 10 {
      case 1: story.quiet("phone")
      case 3: story.quiet("tablet")
      case 4: story.request(by: "phone")
      case 5: story.loseConnection(of: "tablet")
      case 6: story.resume("tablet")
      case 8: story.active("phone")
      case 9: story.available("laptop")
      default: break
      }
    }
    story.active("phone")
    story.active("tablet")
    for device in ["tablet", "phone", "laptop"] {
      #expect(story.delivered(to: device) == sent, "\(device)")
      let positions = story.deliveries(to: device).compactMap { $0.position }
      #expect(Set(positions).count == positions.count)
    }
  }

  @Test("B27: flush output precedes what triggered it")
  func flushFirst() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.at("6:00").receive("m2")
    let phone = story.device("phone")
    let own = story.effects.filter {
      $0.flushes(phone) || $0.delivers("m1", to: phone) || $0.delivers("m2", to: phone)
    }
    #expect(own.count == 3)
    #expect(own[0].flushes(phone))
    #expect(own[1].delivers("m1", to: phone, ringing: false))
    #expect(own[2].delivers("m2", to: phone, ringing: true))
  }

  @Test("B27: what was held carries its original instant, what is live none")
  func originalInstant() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.at("6:00").receive("m2")
    #expect(story.deliveries(to: "phone").map { $0.heldSince } == [instant("0:10"), nil])
  }

  @Test("B27: the original instant survives a lost connection")
  func originalInstantAcrossResumption() throws {
    let story = try makeQuietStory()
    story.at("0:10").receive("m1")
    story.at("0:20").loseConnection(of: "phone")
    story.at("0:30").receive("m2")
    story.at("0:40").resume("phone")
    #expect(
      story.deliveries(to: "phone").map { $0.heldSince } == [instant("0:10"), instant("0:30")])
  }

  @Test("B27, 4.6 (l): nothing comes twice across flush, resumption and a direct copy")
  func noDuplicates() throws {
    let story = try makeQuietStory()
    story.receive("m1", to: .device("phone"))
    story.receive("m2")
    story.loseConnection(of: "phone")
    story.resume("phone")
    story.loseConnection(of: "phone")
    story.resume("phone")
    story.request(by: "phone")
    #expect(story.delivered(to: "phone") == ["m1", "m2"])
    #expect(story.delivered(to: "laptop") == ["m1", "m2"])
  }

  @Test("B27: the form of a held stanza is the one it would have had live")
  func heldForms() throws {
    let story = try makeQuietStory()
    story.receive("m1")
    story.receive("m2", to: .device("laptop"))
    story.receive("m3", to: .device("phone"))
    story.send("s1", by: "laptop")
    story.active("phone")
    #expect(story.saw("phone") == "flush active: m1, m2', m3, s1'")
    #expect(
      story.deliveries(to: "phone").map { $0.form }
        == [.original, .receivedCopy, .original, .sentCopy])
  }

  @Test("The same commands at the same instants give the same effects")
  func deterministic() throws {
    func tell() throws -> [Observation] {
      let story = try makeQuietStory { $0.perSessionLimit = 3 }
      story.at("0:10").receive("m1")
      story.receive("p1", .presence)
      story.read("bob", on: "laptop")
      story.at("6:00").receive("m2")
      story.signOut("phone")
      return story.story
    }
    #expect(try tell() == tell())
  }

  @Test("Asking for explanations changes no effect")
  func explanationsChangeNothing() {
    func effects(explaining: Bool) -> [Effect] {
      var engine = MessagingEngine()
      var effects = Effects(explaining: explaining)
      let commands: (AccountHandle) -> [Command] = { account in
        [
          .signIn(account, SignIn(device: "phone")),
          .signIn(account, SignIn(device: "laptop")),
          .setMode(DeviceHandle(slot: account.slot, index: 0, generation: 0), .quiet),
          .receive(account, Scenario.stanza("m1"), to: .account),
          .receive(account, Scenario.stanza("p1", .presence), to: .account),
          .receive(account, Scenario.stanza("p2", .presence), to: .account),
          .requested(DeviceHandle(slot: account.slot, index: 0, generation: 0)),
        ]
      }
      let opening = engine.apply(.open("alice", archived: .start), at: .origin, into: &effects)
      guard case .opened(let account) = opening else { return [] }
      for command in commands(account) {
        engine.apply(command, at: .origin, into: &effects)
      }
      #expect(effects.explanations.isEmpty != explaining)
      return Array(effects)
    }
    let plain = effects(explaining: false)
    #expect(plain.count == 7)
    #expect(plain == effects(explaining: true))
  }

  // MARK: - Explanations

  /// What became of the last step's stanza at each device when it arrived: what is not a later
  /// fate of an earlier stanza.
  private func fates(_ story: Scenario, of id: String) -> [String: [Explanation.Decision]] {
    var fates: [String: [Explanation.Decision]] = [:]
    for explanation in story.explanations where explanation.stanza.id == id {
      switch explanation.decision {
      case .flushed, .coalesced, .pushed, .undelivered: continue
      default:
        fates[story.name(of: explanation.device) ?? "?", default: []].append(
          explanation.decision)
      }
    }
    return fates
  }

  /// An account with every sort of device.
  private func makeMotleyStory(_ limits: Bool) throws -> Scenario {
    let story = try Scenario {
      $0.groupChat = limits ? .joinedDeviceOnly : .allSignedInDevices
      $0.fileTransfer = limits ? .originatingDeviceOnly : .allSignedInDevices
      $0.chatStates = limits ? .drop : .coalesce
    }
    story.signInAvailable("quiet", "silent", "detached", "laptop")
    story.signInAvailable("suspended") { $0.pushEnabled = true }
    story.signInAvailable("desk", "web") { $0.requestsMDM = false }
    story.signIn("unavailable")
    story.signIn("low") { $0.presence = .available(priority: -1) }
    story.signIn("plainLow") {
      $0.presence = .available(priority: -1)
      $0.requestsMDM = false
    }
    story.quiet("quiet")
    story.silent("silent")
    story.send("s0", by: "desk")
    story.loseConnection(of: "detached")
    story.loseConnection(of: "suspended")
    story.available("laptop")
    return story
  }

  @Test(
    "Every signed-in device has exactly one explanation of each stanza's fate at arrival",
    arguments: StanzaKind.allCases, [false, true])
  func oneFateEach(kind: StanzaKind, limits: Bool) throws {
    let devices = [
      "quiet", "silent", "detached", "laptop", "suspended", "desk", "web", "unavailable", "low",
      "plainLow",
    ]
    let flags: [StanzaFlags] = [
      [], .urgent, .noCopy, .notCopyable, .ownAccount, .exactDeviceOnly, .noStore,
    ]
    let addresses: [StanzaAddress] =
      [.account, .device("tablet")] + devices.map { .device(DeviceName($0)) }
    for flag in flags {
      for address in addresses {
        let story = try self.makeMotleyStory(limits)
        story.receive("x", kind, to: address, flags: flag)
        let fates = self.fates(story, of: "x")
        #expect(
          fates.count == devices.count && fates.values.allSatisfy { $0.count == 1 },
          "\(kind) \(flag) to \(address): \(fates)")
      }
      let story = try self.makeMotleyStory(limits)
      story.send("x", by: "laptop", kind, flags: flag)
      let fates = self.fates(story, of: "x")
      #expect(
        fates.count == devices.count && fates.values.allSatisfy { $0.count == 1 },
        "\(kind) \(flag) sent: \(fates)")
      #expect(fates["laptop"] == [.skipped(.sender)])
    }
  }

  @Test("Explanations agree with the effects")
  func explanationsAgree() throws {
    let story = try self.makeMotleyStory(false)
    story.receive("x")
    let fates = self.fates(story, of: "x")
    #expect(fates["laptop"] == [.delivered(.original, .activeClient)])
    #expect(fates["silent"] == [.delivered(.original, .silentMode)])
    #expect(fates["low"] == [.delivered(.receivedCopy, .otherClientActive)])
    #expect(fates["quiet"] == [.held(.otherClientActive)])
    #expect(fates["detached"] == [.held(.detached)])
    #expect(fates["suspended"] == [.held(.suspended)])
    #expect(fates["desk"] == [.delivered(.original, .clientDecides)])
    #expect(fates["web"] == [.skipped(.conversationHeldElsewhere)])
    #expect(fates["plainLow"] == [.skipped(.negativePriority)])
    #expect(fates["unavailable"] == [.skipped(.unavailable)])
    for explanation in story.explanations {
      let isDelivered = story.effects.contains { $0.delivers("x", to: explanation.device) }
      if case .delivered = explanation.decision {
        #expect(isDelivered)
      } else {
        #expect(!isDelivered)
      }
    }
  }

  @Test("B26: the last unread message of a flush that rings after all is explained so")
  func lateRing() throws {
    let story = try makeQuietStory { $0.flushOnActivityExpiry = true }
    story.receive("m1")
    story.receive("m2")
    story.at("5:01")
    let phone = story.device("phone")
    let told = story.explanations.filter { $0.device == phone }.map { $0.decision }
    #expect(
      told == [
        .flushed(.activityExpired, .heldBack), .flushed(.activityExpired, .activityExpired),
      ])
  }

  @Test("Flushed, coalesced and given-up stanzas are explained as well")
  func laterFates() throws {
    let story = try makeQuietStory()
    story.receive("p1", .presence)
    story.receive("p2", .presence)
    let phone = story.device("phone")
    #expect(
      story.explanations.filter { $0.device == phone }.map { $0.decision }
        == [.coalesced, .held(.notContent)])
    story.request(by: "phone")
    #expect(story.explanations.map { $0.decision } == [.flushed(.request, .notContent)])
    story.send("s1", by: "laptop")
    #expect(
      story.explanations.filter { $0.device == phone }.map { $0.decision }
        == [.held(.ownMessage)])
    story.signOut("phone")
    #expect(story.explanations.map { $0.decision } == [.undelivered])
  }
}
