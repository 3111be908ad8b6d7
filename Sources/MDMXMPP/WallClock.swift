public import MDMStanza

/// What turns the engine's monotonic instants into times of day, for stamps (XEP-0082).
///
/// The host makes one from a reading of both clocks, and a new one when the system's time is set.
public struct WallClock: Hashable, Sendable {
  /// Nanoseconds from 1970-01-01T00:00:00Z to the origin of the monotonic clock; may be negative.
  public let originNanoseconds: Int64

  /// The clock whose origin is at that Unix time, in nanoseconds.
  public init(originNanoseconds: Int64) {
    self.originNanoseconds = originNanoseconds
  }

  /// The clock on which it is `unixNanoseconds` at `instant`; held at the ends of the range.
  public init(unixNanoseconds: Int64, at instant: MonotonicInstant) {
    let origin = MonotonicInstant(nanoseconds: unixNanoseconds)
    self.originNanoseconds = origin.nanoseconds(since: instant)
  }

  /// The Unix time of an instant in nanoseconds, held at the ends of the range.
  public func unixNanoseconds(at instant: MonotonicInstant) -> Int64 {
    instant.advanced(byNanoseconds: self.originNanoseconds).nanoseconds
  }

  /// The instant as `2026-11-20T15:52:58.123Z`, rounded down to the millisecond (XEP-0082 §3.2).
  public func stamp(of instant: MonotonicInstant) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.stampCount)
    self.appendStamp(of: instant, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The length of every stamp: the years that 64 bits of nanoseconds reach all have four digits.
  static let stampCount = 24

  /// Appends the stamp's 24 bytes.
  func appendStamp(of instant: MonotonicInstant, to bytes: inout [UInt8]) {
    let perDay: Int64 = 86_400_000
    let milliseconds = Self.floorDivided(self.unixNanoseconds(at: instant), by: 1_000_000)
    let day = Self.floorDivided(milliseconds, by: perDay)
    let date = Self.date(day: day)
    let time = milliseconds - day * perDay
    bytes.append(digits: 4, of: date.year)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(digits: 2, of: date.month)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(digits: 2, of: date.day)
    bytes.append(UInt8(ascii: "T"))
    bytes.append(digits: 2, of: time / 3_600_000)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(digits: 2, of: time / 60_000 % 60)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(digits: 2, of: time / 1_000 % 60)
    bytes.append(UInt8(ascii: "."))
    bytes.append(digits: 3, of: time % 1_000)
    bytes.append(UInt8(ascii: "Z"))
  }

  private static func floorDivided(_ value: Int64, by divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }

  /// The Gregorian date of a day counted from 1970-01-01.
  ///
  /// Years are made to begin in March, so that the day that comes and goes is the last one, and
  /// four centuries always have 146,097 days.
  private static func date(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = Self.floorDivided(shifted, by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * marchMonth + 2) / 5 + 1
    )
  }
}

extension [UInt8] {
  /// Appends the last `count` decimal digits of a number that is not negative.
  fileprivate mutating func append(digits count: Int, of number: Int64) {
    var divisor: Int64 = 1
    for _ in 1..<count { divisor *= 10 }
    while divisor > 0 {
      self.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }
}
