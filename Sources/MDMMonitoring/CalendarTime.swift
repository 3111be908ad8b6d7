/// A point in time as people read it: the Gregorian calendar, UTC, to the second.
public struct CalendarTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Seconds since 1970-01-01T00:00:00Z without leap seconds; may be negative.
  public let seconds: Int64

  /// The first second of the year 0 and the last one of the year 9999, which have four digits.
  private static let readable: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

  /// The point so many seconds after 1970-01-01T00:00:00Z, held between the years 0 and 9999.
  public init(seconds: Int64) {
    self.seconds = min(max(seconds, Self.readable.lowerBound), Self.readable.upperBound)
  }

  /// Whether the left point is the earlier one.
  public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

  /// As ISO 8601 has it: `2026-11-21T18:59:07Z`.
  public var description: String {
    let (year, month, day) = self.date
    let thousands = String(year + 10_000).dropFirst()
    return "\(thousands)-\(Self.pair(month))-\(Self.pair(day))T\(self.timeOfDay)Z"
  }

  /// Hours, minutes and seconds: `18:59:07`.
  public var timeOfDay: String {
    let second = self.seconds - 86_400 * self.days
    return [second / 3_600, second / 60 % 60, second % 60].map { Self.pair($0) }
      .joined(separator: ":")
  }

  private static func pair(_ number: Int64) -> String { String(String(number + 100).dropFirst()) }

  /// Days since 1970-01-01, rounded down.
  private var days: Int64 {
    (self.seconds - (self.seconds < 0 ? 86_399 : 0)) / 86_400
  }

  /// Year, month and day. Years are counted from the first of March of the year 0 in cycles of 400,
  /// so that the day that comes and goes is the last of its year.
  private var date: (year: Int64, month: Int64, day: Int64) {
    let shifted = self.days + 719_468
    let cycle = (shifted - (shifted < 0 ? 146_096 : 0)) / 146_097
    let inCycle = shifted - cycle * 146_097
    let year = (inCycle - inCycle / 1_460 + inCycle / 36_524 - inCycle / 146_096) / 365
    let inYear = inCycle - (365 * year + year / 4 - year / 100)
    let month = (5 * inYear + 2) / 153
    let day = inYear - (153 * month + 2) / 5 + 1
    let isNextYear = month >= 10
    return (
      cycle * 400 + year + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3, day
    )
  }
}
