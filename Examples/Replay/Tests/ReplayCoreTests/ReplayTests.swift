import Foundation
import MDM
import Testing

@testable import ReplayCore

/// The main job on real input: recordings in, timelines that explain themselves out.
struct ReplayTests {
  static func lines(_ lines: String...) -> Data {
    Data(lines.joined(separator: "\n").utf8)
  }

  /// A stream element as the recordings hold it.
  static func line(_ time: Double, _ jid: String, _ xml: String) -> String {
    let escaped = xml.replacingOccurrences(of: "\"", with: "\\\"")
    return
      "{\"t\":\(time),\"conn\":\"\(jid)\",\"dir\":\"in\",\"jid\":\"\(jid)\",\"xml\":\"\(escaped)\"}"
  }

  static let carbons = "<iq type='set' id='1'><enable xmlns='urn:xmpp:carbons:2'/></iq>"

  static func chat(_ id: String, to address: String) -> String {
    "<message to='\(address)' type='chat' id='\(id)'><body>\(id)</body></message>"
  }

  /// Alice with laptop and phone, and Bob; the laptop is the active client.
  static let opening = [
    line(0, "alice@localhost/phone", Self.carbons),
    line(0, "alice@localhost/phone", "<presence/>"),
    line(1, "bob@localhost/desk", Self.carbons),
    line(1, "bob@localhost/desk", "<presence/>"),
    line(2, "alice@localhost/laptop", Self.carbons),
    line(2, "alice@localhost/laptop", "<presence/>"),
  ]

  static func replay(
    _ lines: [String], _ edit: (inout Configuration.Values) -> Void = { _ in }
  ) throws -> Replayer.Result {
    try Replayer.replay(
      Data((Self.opening + lines).joined(separator: "\n").utf8),
      configuration: Configuration(edit), verifying: true)
  }

  @Test("every recording that ships replays without a violation", arguments: Replayer.samples)
  func samples(url: URL) throws {
    let result = try Replayer.replay(
      try Data(contentsOf: url), configuration: .standard, verifying: true)
    #expect(result.violations == [])
    #expect(result.errors.isEmpty)
    #expect(result.checks > 20)
    #expect(result.story.steps.count > 10)
  }

  @Test("recordings of our server and of others ship, and one of them is the default")
  func shipped() throws {
    let names = Replayer.samples.map { $0.deletingPathExtension().lastPathComponent }
    #expect(
      names.sorted() == [
        "after-sigkill", "mcabber-gosendxmpp-tls", "profanity-poezio-mcabber",
        "profanity-two-devices", "slixmpp-mdm-flow", "slixmpp-quiet-flow", "slixmpp-three-devices",
      ])
    let sample = try #require(Replayer.sample)
    #expect(Replayer.samples.contains { $0.lastPathComponent == sample.lastPathComponent })
  }

  @Test("R-023…R-041: the timeline says why each device rang, waited or was flushed")
  func timeline() throws {
    let result = try Self.replay([
      Self.line(10, "bob@localhost/desk", Self.chat("a", to: "alice@localhost")),
      Self.line(11, "alice@localhost/phone", "<inactive xmlns='urn:xmpp:csi:0'/>"),
      Self.line(12, "bob@localhost/desk", Self.chat("b", to: "alice@localhost")),
      Self.line(400, "bob@localhost/desk", Self.chat("c", to: "alice@localhost")),
    ])
    #expect(result.violations == [])
    let text = TimelineText(result.story, width: 160).text
    #expect(text.contains("m1 mute: laptop active"))
    #expect(text.contains("m1 RINGS: active here"))
    #expect(text.contains("m2 waits: laptop active"))
    #expect(text.contains("FLUSH, no other client active: m2"))
    #expect(text.contains("m3 RINGS: nobody active"))
    let phone = try #require(result.story.received["alice@localhost/phone"])
    #expect(phone.filter { $0.kind == .chat }.map { $0.label } == ["m1", "m2", "m3"])
    #expect(result.story.radio["alice@localhost/phone"]?.wakeUps == 1)
  }

  @Test("R-027, XEP-0333: reading on one device shows on the other")
  func reading() throws {
    let marker =
      "<message to='bob@localhost' type='chat' id='r'>"
      + "<displayed xmlns='urn:xmpp:chat-markers:0' id='a'/></message>"
    let result = try Self.replay([
      Self.line(10, "bob@localhost/desk", Self.chat("a", to: "alice@localhost")),
      Self.line(20, "alice@localhost/laptop", marker),
    ])
    let phone = result.story.steps.flatMap { $0.cells }.filter {
      $0.device == "alice@localhost/phone"
    }
    #expect(phone.contains { $0.cell == .marker("bob@localhost", upTo: 1, unread: 0) })
  }

  @Test("what if: a shorter window lets every device ring sooner")
  func whatIf() throws {
    let later = [Self.line(100, "bob@localhost/desk", Self.chat("a", to: "alice@localhost"))]
    func rings(_ edit: (inout Configuration.Values) -> Void) throws -> Int {
      let received = try Self.replay(later, edit).story.received
      return ["laptop", "phone"].count {
        received["alice@localhost/\($0)"]?.contains { $0.rang } ?? false
      }
    }
    #expect(try rings { _ in } == 1)
    #expect(try rings { $0.activeWindow = .seconds(60) } == 2)
  }

  @Test("B14: a resumed stream gets what it missed")
  func resumption() throws {
    func out(_ time: Double, _ connection: String, _ xml: String) -> String {
      "{\"t\":\(time),\"conn\":\"\(connection)\",\"dir\":\"out\",\"xml\":\"\(xml)\"}"
    }
    let phone = "alice@localhost/phone"
    let result = try Self.replay([
      out(3, phone, "<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>"),
      out(30, "new", "<resumed xmlns='urn:xmpp:sm:3' previd='s1' h='0'/>"),
      Self.line(31, phone, Self.chat("z", to: "bob@localhost")),
    ])
    #expect(result.violations == [])
    #expect(result.story.steps.contains { $0.text.contains("resumes its connection") })
  }

  @Test("a malformed line is reported with its number and does not stop the rest")
  func malformedLines() throws {
    let data = Self.lines(
      Self.line(0, "alice@localhost/laptop", "<presence/>"), "not JSON", "{\"t\":1}",
      "{\"t\":\"x\",\"xml\":\"\"}",
      Self.line(1, "alice@localhost/laptop", "<a><b></a>"),
      "", Self.line(2, "alice@localhost/laptop", "<presence type='unavailable'/>"))
    let result = try Replayer.replay(data, configuration: .standard)
    #expect(result.errors.map { $0.line } == [2, 3, 4, 5])
    #expect(result.story.steps.last?.text == "alice/laptop is unavailable")
  }

  @Test("a recording says how much it holds, and none holds nothing")
  func eventsCounted() throws {
    let empty = try Replayer.replay(Data(), configuration: .standard)
    #expect(empty.events == 0 && empty.errors.isEmpty)
    let other = try Replayer.replay(Data("<html/>\n".utf8), configuration: .standard)
    #expect(other.events == 0 && other.errors.count == 1)
    let one = Self.lines(Self.line(0, "alice@localhost/laptop", "<presence/>"))
    #expect(try Replayer.replay(one, configuration: .standard).events > 0)
  }

  @Test("no input traps: random damage to a recording is reported or replayed")
  func damagedRecordings() throws {
    let original = Array(
      (Self.opening + [
        Self.line(10, "bob@localhost/desk", Self.chat("a", to: "alice@localhost"))
      ]).joined(separator: "\n").utf8)
    var state: UInt64 = 88_172_645_463_325_252
    for _ in 0..<400 {
      var bytes = original
      for _ in 0..<3 {
        state ^= state &<< 13
        state ^= state &>> 7
        state ^= state &<< 17
        bytes[Int(state % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: state >> 40)
      }
      let result = try? Replayer.replay(
        Data(bytes), configuration: .standard, verifying: true)
      #expect(result?.violations.isEmpty ?? true)
    }
  }

  @Test("the data form holds the same as the timeline")
  func json() throws {
    let result = try Self.replay([
      Self.line(10, "bob@localhost/desk", Self.chat("a", to: "alice@localhost"))
    ])
    let object = try JSONSerialization.jsonObject(with: StoryJSON(result.story).data())
    let fields = try #require(object as? [String: Any])
    #expect((fields["devices"] as? [String])?.count == 3)
    #expect((fields["steps"] as? [Any])?.count == result.story.steps.count)
    let counters = try #require(fields["counters"] as? [String: Any])
    for name in CounterName.allCases { #expect(counters[name.rawValue] != nil) }
  }

  @Test("a scripted day: roles become names and correspondents stay outside")
  func scriptedDay() throws {
    let data = Self.lines(
      #"{"t":0,"seq":0,"actor":"alice/laptop","kind":"presence","xml":"<presence/>"}"#,
      #"{"t":1,"seq":1,"actor":"alice/phone","kind":"presence","xml":"<presence/>"}"#,
      #"{"t":2,"actor":"alice/phone","kind":"csi","xml":"<inactive xmlns='urn:xmpp:csi:0'/>"}"#,
      #"{"t":3,"seq":3,"actor":"c07","kind":"presence","xml":"<presence to='ALICE@DOMAIN'/>"}"#,
      #"{"t":4,"actor":"c07","kind":"im","#
        + #""xml":"<message to='ALICE@DOMAIN' type='chat' id='x'><body>hi</body></message>"}"#
    )
    let result = try Replayer.replay(data, configuration: .standard, verifying: true)
    #expect(result.violations == [])
    #expect(result.story.devices == ["alice@example.net/laptop", "alice@example.net/phone"])
    #expect(result.story.received["alice@example.net/phone"]?.last?.rang == true)
  }
}
