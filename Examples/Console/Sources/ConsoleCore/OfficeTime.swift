import MDM

/// The office's calendar over the monotonic clock: instant 0 is the first midnight.
public enum OfficeTime {
  static let second: Int64 = 1_000_000_000
  static let minute: Int64 = 60 * Self.second
  static let hour: Int64 = 60 * Self.minute
  static let day: Int64 = 24 * Self.hour

  /// When a day begins, in minutes after midnight: before the first of the office gets up.
  public static let morning = 6 * 60 + 30
  /// When a day is over, in minutes after midnight. What is left of it is skipped.
  public static let evening = 20 * 60 + 30

  /// The first midnight in seconds since 1970: Monday, 2 March 2026.
  static let unixOrigin: Int64 = 1_772_409_600

  /// The day of an instant, from 0.
  public static func day(of instant: MonotonicInstant) -> Int {
    Int(instant.nanoseconds / Self.day)
  }

  /// An instant by day and minute.
  public static func instant(day: Int, minute: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(day) * Self.day + Int64(minute) * Self.minute)
  }

  /// Seconds since 1970.
  public static func unixSeconds(_ instant: MonotonicInstant) -> Int64 {
    Self.unixOrigin + instant.nanoseconds / Self.second
  }

  /// Seconds since the first midnight, with their fraction, as the page wants them.
  static func seconds(_ instant: MonotonicInstant) -> JSON {
    .number(Double(instant.nanoseconds / 1_000_000) / 1_000)
  }

  /// The time of day, such as `10:31:07`.
  public static func text(_ instant: MonotonicInstant) -> String {
    let seconds = Int(instant.nanoseconds % Self.day / Self.second)
    return [seconds / 3_600, seconds / 60 % 60, seconds % 60]
      .map { String($0 + 100).dropFirst() }.joined(separator: ":")
  }

  /// The minute of the day that `HH:MM` names; nil when it names none between morning and evening.
  public static func minute(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { digits.contains($0) } }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), (0..<60).contains(minute)
    else { return nil }
    let value = hour * 60 + minute
    return (Self.morning..<Self.evening).contains(value) ? value : nil
  }
}
