import MDM
import MDMTestKit
import Testing

@Suite("The timeline notation itself")
struct TimelineTests {
  @Test("An expectation that is wrong is told from what happened")
  func mismatch() throws {
    let story = try Timeline(
      """
      time | event           | phone
      0:00 | phone available |
      0:01 | bob: m1         | mute m1
      """
    ).run()
    #expect(!story.matches)
    #expect(story.actual.contains("ring m1"))
    #expect(story.description.contains("mute m1") && story.description.contains("ring m1"))
  }

  @Test("An event nobody expected is told as well")
  func unexpectedEvent() throws {
    let story = try Timeline("time | event | phone\n0:00 | phone available |\n | bob: m1 |").run()
    #expect(!story.matches)
  }

  @Test("Layout does not matter: widths, ASCII signs, rules and remarks")
  func layout() throws {
    let story = try Timeline(
      """
      # A remark.
      time|event|laptop|phone
      ----|-----|------|-----
      0:00|phone available

      0:01|laptop   available
      0:02|bob:  m1|ring m1|mute   m1
          |laptop reads bob <= 1||read bob <= 1
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("A flush may be expected with or without its reason")
  func flushReason() throws {
    func story(_ cell: String) throws -> TimelineResult {
      try Timeline(
        """
        time | event            | laptop  | phone
        0:00 | phone available  |         |
        0:01 | laptop available |         |
        0:02 | phone quiet      |         |
        0:03 | bob: m1          | ring m1 | (m1)
        0:04 | phone active     |         | \(cell)
        """
      ).run()
    }
    #expect(try story("flush m1").matches)
    #expect(try story("flush active: m1").matches)
    #expect(try !story("flush request: m1").matches)
    #expect(try !story("flush m2").matches)
  }

  @Test("The host column shows what concerns the account as a whole")
  func hostColumn() throws {
    let story = try Timeline(
      """
      time | event                  | host                | phone
      0:00 | bob: m0                | archive m0; store m0 |
      0:01 | phone available        |                     |
      0:02 | bob: m1                | archive m1          | ring m1
      0:03 | phone sends bob: s1    | archive s1; route s1 |
      0:04 | bob: i1 iq             | bounce i1           |
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("What a deadline causes shows in the row that passes it")
  func deadlines() throws {
    let story = try Timeline(
      """
      set resumeWindow=30
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:01 | laptop available |         |
      0:02 | phone lost       |         |
      0:03 | bob: m1          | ring m1 | (m1)
      1:00 | wait             |         | lost m1; ended resumeWindowExpired
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test(
    "Bad notation is an error with its line",
    arguments: [
      ("", TimelineError.Problem.missingHeader, 1),
      ("nonsense", .missingHeader, 1),
      ("when | event | phone", .missingHeader, 1),
      ("time | event | phone | phone", .repeatedColumn("phone"), 1),
      ("time | event | phone\n0:00 | phone available | | x", .tooManyCells, 2),
      ("time | event | phone\n0:0 | phone available |", .malformedTime("0:0"), 2),
      ("time | event | phone\n0:61 | phone available |", .malformedTime("0:61"), 2),
      ("time | event | phone\n0:05 | wait |\n0:04 | wait |", .timeGoesBack("0:04"), 3),
      ("time | event | phone\n0:00 | phone dances |", .unknownEvent("phone dances"), 2),
      ("time | event | phone\n0:00 | tablet quiet |", .unknownDevice("tablet"), 2),
      ("time | event | phone\n0:00 | bob: m1 loudly |", .unknownWord("loudly"), 2),
      ("time | event | phone\n0:00 | bob: m1 bytes=many |", .malformedValue("many"), 2),
      ("time | event | phone\n0:00 | phone away priority=900 |", .malformedValue("900"), 2),
      ("set colour=red\ntime | event | phone", .unknownSetting("colour"), 1),
      ("set silentSemantics=loud\ntime | event | phone", .malformedValue("loud"), 1),
      ("device tablet push\ntime | event | phone", .unknownDevice("tablet"), 1),
      ("device phone fast\ntime | event | phone", .unknownWord("fast"), 1),
    ])
  func errors(text: String, problem: TimelineError.Problem, line: Int) {
    let error = #expect(throws: TimelineError.self) { try Timeline(text) }
    #expect(error?.problem == problem)
    #expect(error?.line == line)
    #expect(error?.description.hasPrefix("Line \(line): ") == true)
  }

  @Test("Settings that do not go together are an error with their line")
  func invalidSettings() {
    let error = #expect(throws: TimelineError.self) {
      try Timeline("\nset activeWindow=0 perSessionLimit=0\ntime | event | phone")
    }
    guard case .configuration(let configuration) = error?.problem else {
      Issue.record("\(String(describing: error)) is not about the configuration.")
      return
    }
    #expect(configuration.violations.map { $0.setting } == ["activeWindow", "perSessionLimit"])
    #expect(error?.line == 2)
  }

  @Test("A row that names a message nobody archived is an error when the story runs")
  func unknownStanza() throws {
    let timeline = try Timeline("time | event | phone\n0:00 | phone reads bob m7 |")
    let error = #expect(throws: TimelineError.self) { try timeline.run() }
    #expect(error?.problem == .unknownStanza("m7"))
    #expect(error?.line == 2)
  }

  @Test(
    "Clock readings are exact to the nanosecond",
    arguments: [
      ("0:00", 0), ("0:01", 1_000_000_000), ("4:59.999999999", 299_999_999_999),
      ("5:00", 300_000_000_000), ("61:00.5", 3_660_500_000_000),
    ] as [(String, Int64)])
  func clock(text: String, nanoseconds: Int64) {
    #expect(ClockReading(text)?.nanoseconds == nanoseconds)
    #expect(ClockReading(nanoseconds: nanoseconds).description == text)
  }

  @Test(
    "Anything else is no clock reading",
    arguments: ["", "5", "5:0", "5:60", "-1:00", "1:00.", "1:00.1234567890", "1:00.x", "1:2:3"])
  func malformedClock(text: String) {
    #expect(ClockReading(text) == nil)
  }
}
