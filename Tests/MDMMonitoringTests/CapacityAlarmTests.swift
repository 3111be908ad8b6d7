import MDMMonitoring
import MDMStanza
import MDMTestKit
import Testing

/// An alarm on a virtual clock of seconds.
struct AlarmStory {
  var alarm: CapacityAlarm
  var effects: [CapacityAlarmEffect] = []

  init(
    _ size: OVASize = .users5K, mode: ServingMode = .alone,
    _ edit: (inout AlarmSettings.Values) -> Void = { _ in }
  ) throws {
    self.alarm = CapacityAlarm(
      .node("node-1"), model: CapacityModel(size, mode: mode), settings: try AlarmSettings(edit))
  }

  static func at(_ second: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(second) * 1_000_000_000)
  }

  /// Lets the host's timer fire as it should, up to but not including `second`.
  mutating func pass(until second: Int) {
    while let due = self.alarm.nextDeadline, due < Self.at(second) {
      self.alarm.expire(at: due, into: &self.effects)
    }
  }

  mutating func load(_ load: Int, at second: Int) {
    self.pass(until: second)
    self.alarm.note(load: load, at: Self.at(second), into: &self.effects)
  }

  /// What the alarm has said since the last time: what, when, and which alert.
  mutating func said() -> [String] {
    defer { self.effects = [] }
    return self.effects.map { effect in
      let second = effect.alert.instant.nanoseconds / 1_000_000_000
      return switch effect {
      case .raised: "raised \(second) #\(effect.alert.number)"
      case .repeated: "repeated \(second) #\(effect.alert.number)"
      case .cleared(_, let reason): "cleared \(second) #\(effect.alert.number) \(reason)"
      }
    }
  }
}

@Suite("CapacityAlarm")
struct CapacityAlarmTests {
  @Test("R-068, R-072: raised after ten minutes over the limit, repeated every ten, then cleared")
  func documentedAlert() throws {
    var story = try AlarmStory()
    story.load(6_001, at: 100)
    #expect(story.alarm.nextDeadline == AlarmStory.at(700))
    story.load(6_500, at: 400)
    story.load(6_000, at: 2_000)
    #expect(
      story.said() == [
        "raised 700 #1", "repeated 1300 #2", "repeated 1900 #3", "cleared 2000 #3 withinLimit",
      ])
    #expect(story.alarm.nextDeadline == nil)
    #expect(story.alarm.totalAlerts == 3)
  }

  @Test("B24: at the limit is not over it, and one dip begins the ten minutes anew")
  func strictAndDip() throws {
    var story = try AlarmStory()
    story.load(6_000, at: 0)
    #expect(story.alarm.nextDeadline == nil)
    story.load(6_001, at: 10)
    story.load(6_000, at: 609)
    story.load(6_001, at: 609)
    story.pass(until: 1_209)
    #expect(story.said() == [])
    story.pass(until: 1_210)
    #expect(story.said() == ["raised 1209 #1"])
  }

  @Test("R-069, R-080: the alert carries its name, percentage, since when, and what to do")
  func contents() throws {
    var story = try AlarmStory(.users15K)
    story.load(20_000, at: 5)
    story.pass(until: 10_000)
    let alert = try #require(story.effects.first).alert
    #expect(alert.subject == .node("node-1"))
    #expect(alert.level.percentText == "88.88")
    #expect(alert.limitPercent == 80 && alert.overSince == AlarmStory.at(5))
    #expect(CapacityAlert.name == "JSMSessionsExceedsThreshold")
    #expect(CapacityAlert.suggestedAction.contains("memory and CPU usage"))
    #expect(story.alarm.timeOver(at: AlarmStory.at(65)) != nil)
  }

  @Test("R-077, R-079: the capacity follows the mode by itself, in both directions")
  func modes() throws {
    var story = try AlarmStory()
    story.load(3_001, at: 0)
    story.alarm.setMode(.activeActive, at: AlarmStory.at(60), into: &story.effects)
    story.pass(until: 700)
    #expect(story.said() == ["raised 660 #1"])
    story.alarm.setMode(.activeStandby, at: AlarmStory.at(800), into: &story.effects)
    #expect(story.said() == ["cleared 800 #1 withinLimit"])
    story.alarm.setModel(
      CapacityModel(.users5K, mode: .activeActive), at: AlarmStory.at(900), into: &story.effects)
    story.pass(until: 1_501)
    #expect(story.said() == ["raised 1500 #1"])
  }

  @Test("R-070: switched off it is taken back and silent, switched on late it speaks at once")
  func switching() throws {
    var story = try AlarmStory()
    story.load(7_000, at: 0)
    story.pass(until: 1_000)
    _ = story.said()
    let off = try AlarmSettings { $0.isEnabled = false }
    story.alarm.configure(off, at: AlarmStory.at(1_000), into: &story.effects)
    #expect(story.said() == ["cleared 1000 #1 disabled"])
    #expect(story.alarm.nextDeadline == nil && !story.alarm.isRaised)
    #expect(story.alarm.timeOver(at: AlarmStory.at(2_000)) == .seconds(2_000))
    story.alarm.configure(.standard, at: AlarmStory.at(5_000), into: &story.effects)
    story.pass(until: 5_601)
    #expect(story.said() == ["raised 5000 #1", "repeated 5600 #2"])
  }

  @Test("R-071: another limit takes effect at once")
  func limits() throws {
    var story = try AlarmStory { $0.limitPercent = 100 }
    story.load(7_500, at: 0)
    #expect(story.alarm.overSince == nil)
    let lower = try AlarmSettings { $0.limitPercent = 99 }
    story.alarm.configure(lower, at: AlarmStory.at(50), into: &story.effects)
    story.pass(until: 651)
    #expect(story.said() == ["raised 650 #1"])
  }

  @Test("R-072: outside of its window it waits for the opening; within the limit it is cleared")
  func window() throws {
    let window = DailyWindow(from: .seconds(8 * 3_600), to: .seconds(9 * 3_600), midnight: .origin)
    var story = try AlarmStory {
      $0.window = window
      $0.repeatInterval = .seconds(1_800)
    }
    story.load(7_000, at: 100)
    story.pass(until: 2 * 86_400)
    #expect(
      story.said() == [
        "raised 28800 #1", "repeated 30600 #2", "repeated 115200 #3", "repeated 117000 #4",
      ])
    story.load(10, at: 2 * 86_400 + 5)
    #expect(story.said() == ["cleared 172805 #4 withinLimit"])
  }

  @Test("a late call tells the alert as of when it was due, and of the repeats the last one")
  func late() throws {
    var story = try AlarmStory()
    story.alarm.note(load: 7_000, at: .origin, into: &story.effects)
    story.alarm.note(load: 1, at: AlarmStory.at(3_000), into: &story.effects)
    #expect(
      story.said() == ["raised 600 #1", "repeated 3000 #5", "cleared 3000 #5 withinLimit"])
    story.alarm.note(load: 7_000, at: AlarmStory.at(3_000), into: &story.effects)
    story.alarm.expire(at: .distantFuture, into: &story.effects)
    #expect(story.effects.count == 2 && story.alarm.isRaised)
    // An instant that goes back counts as the latest seen (B3).
    story.alarm.note(load: 0, at: .origin, into: &story.effects)
    #expect(!story.alarm.isRaised)
  }

  @Test("without a hold time it is raised at once")
  func noHold() throws {
    var story = try AlarmStory { $0.holdTime = .zero }
    story.load(7_000, at: 30)
    #expect(story.said() == ["raised 30 #1"])
  }

  @Test("a snapshot goes on in another process, whose clock is another one")
  func snapshot() throws {
    for moment in [50, 700, 1_400] {
      var story = try AlarmStory()
      story.load(7_000, at: 0)
      story.pass(until: moment)
      let snapshot = story.alarm.snapshot(at: AlarmStory.at(moment))
      let copy = CapacityAlarm(
        story.alarm.subject, model: story.alarm.model, settings: .standard, resuming: snapshot,
        at: AlarmStory.at(moment + 90_000))
      #expect(copy.snapshot(at: AlarmStory.at(moment + 90_000)) == snapshot)
      #expect(
        copy.nextDeadline?.nanoseconds
          == story.alarm.nextDeadline.map { $0.nanoseconds + 90_000_000_000_000 })
      #expect(copy.alertCount == story.alarm.alertCount)
    }
  }

  @Test("scripts agree with a model that looks every second", arguments: 1...60)
  func agreesWithModel(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var story = try AlarmStory()
    var model = NaiveAlarm(settings: .standard)
    var second = 0
    for _ in 0..<80 {
      let next = second + random.pick([0, 1, 30, 59, 300, 599, 600, 601, 4_000, 30_000])
      while second < next {
        model.look(at: second)
        second += 1
      }
      story.pass(until: second)
      let now = AlarmStory.at(second)
      switch random.below(10) {
      case 0:
        let mode = random.pick(ServingMode.allCases)
        story.alarm.setMode(mode, at: now, into: &story.effects)
        model.change(at: second) { $0.isHalved = mode == .activeActive }
      case 1:
        let settings = try AlarmSettings { values in
          values.isEnabled = random.chance(3, in: 4)
          values.limitPercent = random.pick([50, 80, 100])
          values.holdTime = .seconds(random.pick([0, 60, 600]))
          values.repeatInterval = .seconds(random.pick([60, 600, 7_000]))
          if random.chance(1, in: 2) {
            let start = random.below(86_400)
            let end = (start + 1 + random.below(86_398)) % 86_400
            values.window = DailyWindow(
              from: .seconds(start), to: .seconds(end),
              midnight: AlarmStory.at(random.below(99_999)))
          }
        }
        story.alarm.configure(settings, at: now, into: &story.effects)
        model.change(at: second) { $0.settings = settings }
      default:
        let load = random.pick([0, 1_875, 1_876, 3_000, 3_001, 3_750, 3_751, 6_000, 6_001, 7_501])
        story.alarm.note(load: load, at: now, into: &story.effects)
        model.change(at: second) { $0.load = load }
      }
      guard story.said() == model.take() else {
        Issue.record("seed \(seed), second \(second)")
        return
      }
    }
    #expect(model.alerts > 0)
  }
}

/// The alarm's rules, looked at every second, without deadlines.
private struct NaiveAlarm {
  var settings: AlarmSettings
  var load = 0
  var isHalved = false
  private var over: Int?
  private var count = 0
  private var last = 0
  private var settled = Int.min
  private(set) var alerts = 0
  private var said: [String] = []

  init(settings: AlarmSettings) { self.settings = settings }

  mutating func take() -> [String] {
    defer { self.said = [] }
    return self.said
  }

  /// Something changes at a second; what was due by then comes first.
  mutating func change(at second: Int, _ body: (inout NaiveAlarm) -> Void) {
    self.look(at: second)
    let before = self.settings
    body(&self)
    if self.settings != before { self.settled = second }
    let isOver = self.load * 100 * (self.isHalved ? 2 : 1) > self.settings.limitPercent * 7_500
    if self.count > 0, !isOver || !self.settings.isEnabled {
      self.said.append("cleared \(second) #\(self.count) \(isOver ? "disabled" : "withinLimit")")
      self.count = 0
    }
    if !isOver { self.over = nil } else if self.over == nil { self.over = second }
    self.look(at: second)
  }

  mutating func look(at second: Int) {
    guard let over, self.settings.isEnabled, second >= self.settled else { return }
    if let window = self.settings.window, !Self.isOpen(window, at: second) { return }
    let wait = self.count == 0 ? self.settings.holdTime : self.settings.repeatInterval
    let since = self.count == 0 ? over : self.last
    guard second - since >= Int(wait.components.seconds) else { return }
    self.count += 1
    self.alerts += 1
    self.last = second
    self.said.append("\(self.count == 1 ? "raised" : "repeated") \(second) #\(self.count)")
  }
  /// Counts the day's seconds from the window's start.
  private static func isOpen(_ window: DailyWindow, at second: Int) -> Bool {
    let start = Int(window.midnight.nanoseconds / 1_000_000_000 + window.start.components.seconds)
    let length = Int((window.end - window.start).components.seconds)
    func remainder(_ number: Int) -> Int { (number % 86_400 + 86_400) % 86_400 }
    return remainder(second - start) < remainder(length)
  }
}
