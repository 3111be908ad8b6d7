import Glibc
import Testing

@testable import ServerCore

/// A sink that keeps what it takes and has room for as much as it is told.
private final class Collector {
  var bytes: [UInt8] = []
  var room = Int.max
  var text: String { String(decoding: self.bytes, as: UTF8.self) }

  func log(_ level: LogLevel = .debug) -> ServerLog {
    // 2026-11-21T15:00:00.123Z
    let moment = timespec(tv_sec: 1_795_273_200, tv_nsec: 123_456_789)
    let sink: ServerLog.Sink = { bytes in
      let count = min(bytes.count, self.room)
      self.room -= count
      self.bytes += bytes[..<count]
      return count
    }
    return ServerLog(level: level, now: { moment }, sink: sink)
  }
}

struct SettingsLogTests {
  @Test("A line has the moment, the level, the event and its fields")
  func line() {
    let collector = Collector()
    let log = collector.log()
    log.info("session.bound", ["user": "alice@localhost", "resource": "phone", "count": 3])
    log.error("store.failed")
    #expect(
      collector.text == """
        2026-11-21T15:00:00.123Z info session.bound user=alice@localhost resource=phone count=3
        2026-11-21T15:00:00.123Z error store.failed

        """)
  }

  @Test("Years, leap days and fractions are those of the calendar")
  func stamps() {
    var stamp = LogStamp()
    var line: [UInt8] = []
    stamp.append(timespec(tv_sec: 0, tv_nsec: 999_999), to: &line)
    stamp.append(timespec(tv_sec: 1_709_164_799, tv_nsec: 1_000_000), to: &line)
    stamp.append(timespec(tv_sec: 1_709_164_799, tv_nsec: 999_999_999), to: &line)
    #expect(
      String(decoding: line, as: UTF8.self)
        == "1970-01-01T00:00:00.000Z2024-02-28T23:59:59.001Z2024-02-28T23:59:59.999Z")
  }

  @Test("A level writes itself and what is more severe", arguments: LogLevel.allCases)
  func levels(_ level: LogLevel) {
    let collector = Collector()
    let log = collector.log(level)
    log.error("e")
    log.warning("w")
    log.info("i")
    log.debug("d")
    let lines = collector.text.split(separator: "\n").count
    #expect(lines == Int(level.rawValue) + 1)
    #expect(LogLevel.allCases.allSatisfy { log.isOn($0) == ($0 <= level) })
  }

  @Test("Fields of a level that is off are never made")
  func laziness() {
    let log = Collector().log(.warning)
    var made = 0
    func value() -> Int {
      made += 1
      return made
    }
    log.debug("d", ["n": value()])
    log.info("i", ["n": value()])
    #expect(made == 0)
    log.warning("w", ["n": value()])
    #expect(made == 1)
  }

  @Test(
    "A value cannot look like anything else",
    arguments: [
      ("", "\"\""), ("a b", "\"a b\""), ("a=b", "\"a=b\""), ("é", "é"), ("😀", "😀"),
      ("a\"b\\", "\"a\\\"b\\\\\""), ("a\nb\r\tc", "\"a\\nb\\r\\tc\""),
      ("\u{1}\u{7F}\u{1B}[0m", "\"\\u{1}\\u{7F}\\u{1B}[0m\""), ("\u{202E}x", "\"\\u{202E}x\""),
      ("\u{2028}\u{85}", "\"\\u{2028}\\u{85}\""), ("a\u{A0}b", "\"a\\u{A0}b\""),
      ("\u{FFFE}", "\"\\u{FFFE}\""),
    ])
  func escaping(_ value: String, _ expected: String) {
    let collector = Collector()
    collector.log().info("x", ["v": value])
    #expect(collector.text == "2026-11-21T15:00:00.123Z info x v=\(expected)\n")
  }

  @Test("Values and lines are cut off at their limits, and remain whole characters")
  func limits() {
    let collector = Collector()
    let log = collector.log()
    log.info("x", ["v": String(repeating: "a", count: 256)])
    #expect(collector.text.hasSuffix("v=\(String(repeating: "a", count: 256))\n"))
    collector.bytes = []
    log.info("x", ["v": String(repeating: "ö", count: 129)])
    #expect(collector.text.hasSuffix("v=\"\(String(repeating: "ö", count: 128))…\"\n"))
    for character in ["a", "\u{1}", "\n", "\u{10FFFF}", "😀"] {
      collector.bytes = []
      let value = String(repeating: character, count: 5_000)
      log.info(
        "x",
        [
          "a": value, "b": value, "c": value, "d": value, "e": value, "f": value,
          "g": value, "h": value, "i": value,
        ])
      #expect(collector.bytes.count <= ServerLog.lineLimit)
      #expect(collector.bytes.count { $0 == 0x0A } == 1)
      #expect(collector.text.hasSuffix(" …\n"))
    }
  }

  @Test("A sink without room costs lines, which are counted, and no line is torn")
  func room() {
    let collector = Collector()
    let log = collector.log()
    collector.room = 10
    log.info("one")
    log.info("two")
    log.info("three")
    #expect(log.droppedLines == 2)
    collector.room = .max
    log.info("four")
    #expect(log.droppedLines == 0)
    let lines = collector.text.split(separator: "\n").map { $0.dropFirst(25) }
    #expect(lines == ["info one", "warning log.dropped lines=2", "info four"])
  }

  @Test("Lines reach a file descriptor whole, and one that is closed is no harm")
  func descriptor() {
    var ends: [CInt] = [0, 0]
    #expect(pipe(&ends) == 0)
    let log = ServerLog(level: .info, fileDescriptor: ends[1])
    log.info("hello", ["n": 1])
    var buffer = [UInt8](repeating: 0, count: 200)
    let count = read(ends[0], &buffer, buffer.count)
    #expect(String(decoding: buffer[..<count], as: UTF8.self).hasSuffix("Z info hello n=1\n"))
    close(ends[0])
    close(ends[1])
    let deaf = ServerLog(level: .info, fileDescriptor: -1)
    deaf.info("hello")
    #expect(deaf.droppedLines == 1)
  }
}
