import Glibc

/// A moment of the wall clock as the log writes it: UTC, to the millisecond (RFC 3339).
struct LogStamp {
  /// The second that ``text`` belongs to; lines of one second share their calendar work.
  private var second: time_t?
  /// `2026-11-21T15:00:00.`, without the fraction.
  private var text: [UInt8] = []

  /// Appends the moment to a line.
  mutating func append(_ moment: timespec, to line: inout [UInt8]) {
    if moment.tv_sec != self.second {
      self.second = moment.tv_sec
      self.text = Self.calendarText(of: moment.tv_sec)
    }
    line.append(contentsOf: self.text)
    Self.append(moment.tv_nsec / 1_000_000, digits: 3, to: &line)
    line.append(UInt8(ascii: "Z"))
  }

  private static func calendarText(of second: time_t) -> [UInt8] {
    var second = second
    var parts = tm()
    guard gmtime_r(&second, &parts) != nil else { return Array("0000-00-00T00:00:00.".utf8) }
    var text: [UInt8] = []
    Self.append(Int(parts.tm_year) + 1_900, digits: 4, to: &text)
    text.append(UInt8(ascii: "-"))
    Self.append(Int(parts.tm_mon) + 1, digits: 2, to: &text)
    text.append(UInt8(ascii: "-"))
    Self.append(Int(parts.tm_mday), digits: 2, to: &text)
    text.append(UInt8(ascii: "T"))
    Self.append(Int(parts.tm_hour), digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    Self.append(Int(parts.tm_min), digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    Self.append(Int(parts.tm_sec), digits: 2, to: &text)
    text.append(UInt8(ascii: "."))
    return text
  }

  private static func append(_ number: Int, digits: Int, to line: inout [UInt8]) {
    let text = "\(number)"
    for _ in 0..<max(0, digits - text.utf8.count) { line.append(UInt8(ascii: "0")) }
    line.append(contentsOf: text.utf8)
  }

  /// What the system's clock says.
  static func now() -> timespec {
    var moment = timespec()
    // It cannot fail: the clock exists and the pointer is valid.
    clock_gettime(CLOCK_REALTIME, &moment)
    return moment
  }
}
