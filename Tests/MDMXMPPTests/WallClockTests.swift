import Foundation
import MDMStanza
import MDMXMPP
import Testing

struct WallClockTests {
  @Test(
    "writes UTC with milliseconds (XEP-0082 §3.2)",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"),
      (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
      (1_795_189_978_123_456_789, "2026-11-20T15:52:58.123Z"),
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
      (.max, "2262-04-11T23:47:16.854Z"),
      (.min, "1677-09-21T00:12:43.145Z"),
    ] as [(Int64, String)])
  func stamps(_ nanoseconds: Int64, _ expected: String) {
    #expect(WallClock(originNanoseconds: nanoseconds).stamp(of: .origin) == expected)
  }

  @Test("agrees with Foundation on every ninth day of five centuries")
  func calendar() throws {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let clock = WallClock(originNanoseconds: 0)
    for day in stride(from: Int64(-106_000), to: 106_000, by: 9) {
      let nanoseconds = (day * 86_400 + day & 0xFFFF) * 1_000_000_000
      let date = Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000_000))
      let stamp = clock.stamp(of: MonotonicInstant(nanoseconds: nanoseconds))
      #expect(stamp == date.formatted(style))
    }
  }

  @Test("agrees with a calendar kept by hand on every day that 64 bits reach")
  func everyDay() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var (year, month, day) = (1678, 1, 1)
    let clock = WallClock(originNanoseconds: 0)
    // 1678-01-01 is 106,650 days before 1970-01-01; the last whole year is 2261.
    for number in -106_650..<106_650 {
      let nanoseconds = Int64(number) * 86_400_000_000_000
      let stamp = clock.stamp(of: MonotonicInstant(nanoseconds: nanoseconds))
      let date = [(year, 4), (month, 2), (day, 2)].map { value, width in
        String(repeating: "0", count: width - "\(value)".count) + "\(value)"
      }
      #expect(stamp == date.joined(separator: "-") + "T00:00:00.000Z")
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      day += 1
      if day > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
  }

  @Test("counts from one reading of both clocks and holds at the ends")
  func readings() {
    let clock = WallClock(unixNanoseconds: 1_000, at: MonotonicInstant(nanoseconds: 400))
    #expect(clock.unixNanoseconds(at: MonotonicInstant(nanoseconds: 401)) == 1_001)
    #expect(clock.unixNanoseconds(at: .distantFuture) == .max)
    #expect(WallClock(unixNanoseconds: .min, at: .distantFuture).originNanoseconds == .min)
  }
}
