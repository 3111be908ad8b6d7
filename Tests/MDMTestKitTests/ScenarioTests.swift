import MDM
import MDMTestKit
import Testing

@Suite("The scenario and its matchers tell the truth")
struct TimelineScenarioTests {
  /// A laptop that is active, a quiet phone and a suspended watch.
  private func makeScenario() -> Scenario {
    let story = Scenario()
    story.signInAvailable("watch") { $0.pushEnabled = true }
    story.signInAvailable("phone", "laptop")
    story.quiet("phone")
    story.loseConnection(of: "watch")
    return story
  }

  @Test("Each matcher holds for its effect and for no other")
  func matchers() throws {
    let story = self.makeScenario()
    let (laptop, phone) = (story.device("laptop"), story.device("phone"))
    let watch = story.device("watch")
    story.receive("m1")
    #expect(story.effects.count == 2)
    #expect(story.effects[0].archives("m1") && !story.effects[0].archives("m2"))
    let delivery = story.effects[1]
    #expect(delivery.delivers("m1", to: laptop))
    #expect(delivery.delivers("m1", to: laptop, ringing: true, as: .original))
    #expect(!delivery.delivers("m1", to: laptop, ringing: false))
    #expect(!delivery.delivers("m1", to: laptop, as: .sentCopy))
    #expect(!delivery.delivers("m1", to: phone) && !delivery.delivers("m2", to: laptop))
    #expect(!delivery.archives("m1") && !delivery.routes("m1"))
    story.send("s1", by: "laptop")
    #expect(story.effects.contains { $0.routes("s1") })
    #expect(!story.effects.contains { $0.routes("m1") })
    story.at("9:00").receive("m2")
    #expect(story.effects.contains { $0.flushes(phone) })
    #expect(story.effects.contains { $0.flushes(phone, because: .noOtherActiveClient) })
    #expect(!story.effects.contains { $0.flushes(phone, because: .request) })
    #expect(!story.effects.contains { $0.flushes(laptop) })
    #expect(story.effects.contains { $0.pushes("m2", to: watch) })
    #expect(!story.effects.contains { $0.pushes("m2", to: phone) })
    story.read("bob", on: "laptop")
    #expect(story.effects.contains { $0.retracts("bob", upTo: 3, at: watch) })
    #expect(!story.effects.contains { $0.retracts("bob", upTo: 2, at: watch) })
    story.active("phone")
    #expect(story.effects.contains { $0.marks("bob", upTo: 3, at: phone) })
    #expect(!story.effects.contains { $0.marks("bob", upTo: 3, at: laptop) })
    #expect(!story.effects.contains { $0.marks("colin", upTo: 3, at: phone) })
    story.signOut("watch")
    #expect(story.effects.contains { $0.givesUp("m1", .drop) })
    #expect(!story.effects.contains { $0.givesUp("m1", .bounce) })
  }

  @Test("The story keeps every step, the questions to the last step only that one")
  func steps() {
    let story = self.makeScenario()
    story.receive("m1")
    let step = story.steps
    #expect(story.saw("laptop") == "ring m1")
    story.receive("m2")
    #expect(story.saw("laptop") == "ring m2")
    #expect(story.delivered(to: "laptop") == ["m1", "m2"])
    #expect(story.events(at: "laptop", since: step).count == 2)
    #expect(story.steps == step + 1)
  }

  @Test("Rings count pushes, and ids go by account")
  func rings() {
    let story = self.makeScenario()
    story.at("9:00").receive("m1")
    #expect(story.rings(on: "watch") == ["m1"])
    #expect(story.rings(on: "phone") == ["m1"])
    story.signInAvailable("carol/phone")
    story.receive("c1", for: "carol")
    #expect(story.position(of: "c1", in: "carol") == 1)
    #expect(story.position(of: "c1") == nil)
    #expect(story.delivered(to: "carol/phone") == ["c1"])
    #expect(!story.delivered(to: "phone").contains("c1"))
  }

  @Test("What a device is told while it signs in goes under its name")
  func signingIn() {
    let story = self.makeScenario()
    story.receive("m1")
    story.read("bob", on: "laptop")
    story.signIn("tablet")
    #expect(story.saw("tablet") == "read bob ≤ 1")
    story.signIn("tablet")
    #expect(story.saw("tablet") == "ended replaced; read bob ≤ 1")
  }

  @Test("The clock handles each deadline at its own instant; without a timer it does not")
  func deadlines() {
    let story = self.makeScenario()
    story.at("0:10").loseConnection(of: "phone")
    story.at("5:00")
    let ended = story.story.last {
      if case .ended = $0.event { true } else { false }
    }
    #expect(ended?.device == "phone")
    #expect(ended?.instant == ClockReading(stringLiteral: "1:10").instant(after: .origin))
    #expect(story.now == ClockReading(stringLiteral: "5:00").instant(after: .origin))
  }

  @Test("An effects list that was copied does not change with the engine")
  func copiedEffects() {
    var engine = MessagingEngine()
    var effects = Effects(explaining: true)
    guard
      case .opened(let account) = engine.apply(
        .open("alice", archived: .start), at: .origin, into: &effects)
    else {
      Issue.record("The account is not open.")
      return
    }
    engine.apply(.signIn(account, SignIn(device: "phone")), at: .origin, into: &effects)
    engine.receive(Scenario.stanza("m1"), for: account, at: .origin, into: &effects)
    let kept = effects
    let before = Array(kept)
    effects.removeAll()
    engine.receive(Scenario.stanza("m2"), for: account, at: .origin, into: &effects)
    #expect(Array(kept) == before)
    #expect(kept.explanations.map { $0.stanza.id } == ["m1"])
    #expect(effects.count == 2)
    #expect(effects.explanations.map { $0.stanza.id } == ["m2"])
  }

  @Test("Late timers of several accounts are handled in the order of their deadlines")
  func severalDeadlines() {
    let story = Scenario()
    story.signInAvailable("alice/phone", "carol/phone", "dave/phone")
    story.at("0:20").loseConnection(of: "dave/phone")
    story.at("0:30").loseConnection(of: "alice/phone")
    story.at("0:40").loseConnection(of: "carol/phone")
    story.at("2:00")
    let ended: [String] = story.story.compactMap {
      if case .ended = $0.event { $0.device } else { nil }
    }
    #expect(ended == ["dave/phone", "phone", "carol/phone"])
  }
}
