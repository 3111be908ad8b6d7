import MDM
import MDMTestKit
import Testing

@Suite("The two documented flows, step by step")
struct TimelineFlowTests {
  @Test("R-022…R-026, R-028: the active laptop rings, the mobile gets the message in silence")
  func incomingMessage() throws {
    let story = try Timeline(
      """
      time | event            | laptop  | phone
      0:00 | laptop available |         |
      0:01 | phone available  |         |
      0:02 | laptop available |         |
      0:10 | bob: b1          | ring b1 | mute b1
      0:11 | bob: b2          | ring b2 | mute b2
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("R-022…R-032: the MDM flow with Bob's twenty minutes, Colin's three messages and the lid")
  func multipleDeviceFlow() throws {
    let story = try Timeline(
      """
      time  | event                | laptop                            | phone
      # R-022: both devices are signed in, Alice works at her laptop.
      0:00  | laptop available     |                                   |
      0:01  | phone available      |                                   |
      0:02  | laptop available     |                                   |
      # R-023…R-025, R-027, R-028: the chat with Bob.
      0:10  | bob: b1              | ring b1                           | mute b1
      0:15  | laptop reads bob     |                                   | read bob ≤ 1
      1:00  | laptop sends bob: a1 |                                   | a1'
      4:30  | bob: b2              | ring b2                           | mute b2
      4:31  | laptop reads bob     |                                   | read bob ≤ 3
      5:50  | laptop sends bob: a2 |                                   | a2'
      10:40 | bob: b3              | ring b3                           | mute b3
      10:41 | laptop reads bob     |                                   | read bob ≤ 5
      10:49 | laptop sends bob: a3 |                                   | a3'
      15:00 | bob: b4              | ring b4                           | mute b4
      15:01 | laptop reads bob     |                                   | read bob ≤ 7
      15:48 | laptop sends bob: a4 |                                   | a4'
      20:10 | bob: b5              | ring b5                           | mute b5
      20:11 | laptop reads bob     |                                   | read bob ≤ 9
      # R-029: a third person makes no difference.
      20:20 | colin: c1            | ring c1                           | mute c1
      20:21 | colin: c2            | ring c2                           | mute c2
      20:22 | colin: c3            | ring c3                           | mute c3
      # R-030: the lid is closed; five minutes after a4 both ring.
      20:48 | colin: c4            | ring c4                           | ring c4
      # R-031, R-032: read on the mobile, read on the laptop, whose notifications go.
      22:00 | phone reads colin    | retract colin ≤ 13; read colin ≤ 13 |
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.unread(in: "bob") == 0)
    #expect(story.scenario.unread(in: "colin") == 0)
  }

  @Test("R-005, R-031: the backlog is complete and in one order on every device")
  func completeBacklog() throws {
    let story = try Timeline(
      """
      time | event                | laptop  | phone
      0:00 | phone available      |         |
      0:01 | laptop available     |         |
      0:10 | bob: b1              | ring b1 | mute b1
      0:20 | laptop sends bob: a1 |         | a1'
      0:30 | colin: c1            | ring c1 | mute c1
      0:40 | phone sends colin: a2 | a2'    |
      0:50 | bob: b2              | mute b2 | ring b2
      """
    ).run()
    #expect(story.actual == story.expected)
    let own: Set = ["a1", "a2"]
    let laptop = story.scenario.delivered(to: "laptop").filter { !own.contains($0) }
    let phone = story.scenario.delivered(to: "phone").filter { !own.contains($0) }
    #expect(laptop == ["b1", "c1", "b2"])
    #expect(phone == laptop)
  }

  @Test("R-033…R-036, R-041: buffered in the background, delivered when Alice comes back")
  func quietFlow() throws {
    let story = try Timeline(
      """
      time | event                | laptop  | phone
      0:00 | laptop available     |         |
      0:01 | phone available      |         |
      0:10 | bob: b1              | mute b1 | ring b1
      # R-033: she reads and answers on the laptop, which makes it the active client.
      0:20 | laptop reads bob     |         | retract bob ≤ 1; read bob ≤ 1
      0:25 | laptop sends bob: a1 |         | a1'
      # R-034, R-035: the mobile goes into the background.
      0:30 | phone quiet          |         |
      0:40 | bob: b2              | ring b2 | (b2)
      0:50 | bob: b3              | ring b3 | (b3)
      # R-041: she returns to it.
      2:00 | phone active         |         | flush active: b2, b3
      2:10 | bob: b4              | mute b4 | ring b4
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("R-037: a request flushes the buffer first and is delivered after it")
  func requestTrigger() throws {
    let story = try Timeline(
      """
      time | event                | laptop  | phone
      0:00 | phone available      |         |
      0:01 | laptop available     |         |
      0:30 | phone quiet          |         |
      0:40 | bob: b1              | ring b1 | (b1)
      0:50 | server: i1 iq to phone |       | flush request: b1; i1
      1:00 | bob: b2              | ring b2 | (b2)
      1:10 | phone request        |         | flush request: b2
      1:20 | bob: b3              | ring b3 | (b3)
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("R-038, R-040: a message flushes when the laptop's five minutes are over, not before")
  func noOtherActiveClientTrigger() throws {
    let story = try Timeline(
      """
      time           | event            | laptop  | phone
      0:00           | phone available  |         |
      0:01           | laptop available |         |
      0:30           | phone quiet      |         |
      1:00           | bob: b1          | ring b1 | (b1)
      5:00.999999999 | bob: b2          | ring b2 | (b2)
      5:01           | bob: b3          | ring b3 | flush alone: b1, b2; ring b3
      5:02           | bob: b4          | ring b4 | ring b4
      """
    ).run()
    #expect(story.actual == story.expected)
  }

  @Test("R-039: reaching the limit flushes everything, the last one included, and stays quiet")
  func limitTrigger() throws {
    let story = try Timeline(
      """
      set perSessionLimit=3
      time | event            | laptop  | phone
      0:00 | phone available  |         |
      0:01 | laptop available |         |
      0:30 | phone quiet      |         |
      1:00 | bob: b1          | ring b1 | (b1)
      1:01 | bob: b2          | ring b2 | (b2)
      1:02 | bob: b3          | ring b3 | (b3); flush limit: b1, b2, b3
      1:03 | bob: b4          | ring b4 | (b4)
      """
    ).run()
    #expect(story.actual == story.expected)
    #expect(story.scenario.mode(of: "phone") == .quiet)
  }

  @Test("R-012, R-013: a device that signed out gets nothing, and nothing rings on it")
  func signedOut() throws {
    let story = try Timeline(
      """
      time | event                | laptop  | phone
      0:00 | laptop available     |         |
      0:01 | phone available      |         |
      0:10 | phone signs out      |         |
      0:20 | bob: b1              | ring b1 |
      0:30 | laptop sends bob: a1 |         |
      0:40 | laptop reads bob     |         |
      """
    ).run()
    #expect(story.actual == story.expected)
  }
}
