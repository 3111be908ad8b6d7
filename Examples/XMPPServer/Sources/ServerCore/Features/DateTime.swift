/// Times of day as XMPP writes them (XEP-0082 §3.2).
enum DateTime {
  /// A time such as `2026-11-21T15:04:05.678Z` or `…+01:00` as microseconds since 1970; nil for
  /// anything else.
  static func unixMicroseconds(_ text: String) -> Int64? {
    var scanner = Scanner(bytes: Array(text.utf8))
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2),
      scanner.take("-"), let day = scanner.number(2), scanner.take("T"),
      let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2),
      scanner.take(":"), let second = scanner.number(2)
    else { return nil }
    guard year > 0, (1...12).contains(month), (1...Self.lastDay(of: month, in: year)).contains(day),
      hour < 24, minute < 60, second < 61
    else { return nil }
    guard let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd else {
      return nil
    }
    let days = Self.days(year: year, month: month, day: day)
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    return seconds * 1_000_000 + fraction
  }

  private static func lastDay(of month: Int64, in year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 in the Gregorian calendar; years begin in March, so that the day that
  /// comes and goes is the last one.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let inYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let leaps = shifted / 4 - shifted / 100 + shifted / 400
    return shifted * 365 + leaps + inYear - 719_468
  }

  private struct Scanner {
    let bytes: [UInt8]
    var index = 0

    var isAtEnd: Bool { self.index == self.bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: character) else {
        return false
      }
      self.index += 1
      return true
    }

    private mutating func digit() -> Int64? {
      guard self.index < self.bytes.count, (0x30...0x39).contains(self.bytes[self.index]) else {
        return nil
      }
      self.index += 1
      return Int64(self.bytes[self.index - 1] - 0x30)
    }

    mutating func number(_ count: Int) -> Int64? {
      var number: Int64 = 0
      for _ in 0..<count {
        guard let digit = self.digit() else { return nil }
        number = number * 10 + digit
      }
      return number
    }

    /// Microseconds; 0 when there is no fraction, nil when there is no digit behind the point.
    mutating func fraction() -> Int64? {
      guard self.take(".") else { return 0 }
      guard var value = self.digit() else { return nil }
      var count = 1
      while let digit = self.digit() {
        if count < 6 { value = value * 10 + digit }
        count += 1
      }
      for _ in min(count, 6)..<6 { value *= 10 }
      return value
    }

    /// Minutes east of Greenwich.
    mutating func offset() -> Int64? {
      if self.take("Z") { return 0 }
      let sign: Int64 = self.take("+") ? 1 : self.take("-") ? -1 : 0
      guard sign != 0, let hours = self.number(2), hours < 24, self.take(":"),
        let minutes = self.number(2), minutes < 60
      else { return nil }
      return sign * (hours * 60 + minutes)
    }
  }
}
