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
    ByteSink.append(count: Self.stampCount, to: &bytes) { sink in
      self.writingStamp(of: instant, to: sink)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The length of every stamp: the years that 64 bits of nanoseconds reach all have four digits.
  static let stampCount = 24

  /// Puts the stamp's 24 bytes, three words, and returns the sink behind them.
  @inline(never)
  func writingStamp(of instant: MonotonicInstant, to sink: ByteSink) -> ByteSink {
    var sink = sink
    let nanoseconds = self.unixNanoseconds(at: instant)
    let whole = nanoseconds / 1_000_000
    let milliseconds = nanoseconds % 1_000_000 < 0 ? whole &- 1 : whole
    // Counted from the first of March of the year 0, nothing below is negative.
    let perDay: UInt64 = 86_400_000
    let shifted = UInt64(bitPattern: milliseconds) &+ 719_468 &* perDay
    let day = shifted / perDay
    let time = UInt32(truncatingIfNeeded: shifted &- day &* perDay)
    let date = Self.date(day: UInt32(truncatingIfNeeded: day))
    let century = date.year / 100
    let (hour, inHour) = (time / 3_600_000, time % 3_600_000)
    let (minute, inMinute) = (inHour / 60_000, inHour % 60_000)
    let (second, thousandth) = (inMinute / 1_000, inMinute % 1_000)
    let (dash, colon) = (UInt64(UInt8(ascii: "-")), UInt64(UInt8(ascii: ":")))
    sink.put(
      DecimalDigits.pair(century) | DecimalDigits.pair(date.year &- century &* 100) << 16
        | dash << 32 | DecimalDigits.pair(date.month) << 40 | dash << 56)
    sink.put(
      DecimalDigits.pair(date.day) | UInt64(UInt8(ascii: "T")) << 16
        | DecimalDigits.pair(hour) << 24 | colon << 40 | DecimalDigits.pair(minute) << 48)
    sink.put(
      colon | DecimalDigits.pair(second) << 8 | UInt64(UInt8(ascii: ".")) << 24
        | UInt64(UInt32(UInt8(ascii: "0")) &+ thousandth / 100) << 32
        | DecimalDigits.pair(thousandth % 100) << 40 | UInt64(UInt8(ascii: "Z")) << 56)
    return sink
  }

  /// The Gregorian date of a day counted from the first of March of the year 0; good for the first
  /// 2,900 millennia.
  ///
  /// Years are made to begin in March, so that the day that comes and goes is the last one. Where a
  /// year or a month begins is then a straight line rounded down, and inverting such a line is one
  /// multiplication whose high part is the quotient and whose low part holds the remainder (Neri
  /// and Schneider, Euclidean affine functions and their application to calendar algorithms, 2022).
  @inline(always)
  private static func date(day: UInt32) -> (year: UInt32, month: UInt32, day: UInt32) {
    // Centuries of 36,524¼ days.
    let century = (4 &* day &+ 3) / 146_097
    let inCentury = (4 &* day &+ 3) % 146_097 / 4
    // Years of 365¼ days: 2,939,745 / 2³² is just over 1 / 1,461.
    let years = 2_939_745 &* UInt64(4 &* inCentury &+ 3)
    let year = 100 &* century &+ UInt32(truncatingIfNeeded: years >> 32)
    let inYear = UInt32(truncatingIfNeeded: years) / 2_939_745 / 4
    // Months of 30.6 days: 2,141 / 2¹⁶ is just under 1 / 30.6; March is the third.
    let months = 2_141 &* inYear &+ 197_913
    let isNextYear = inYear >= 306
    return (
      isNextYear ? year &+ 1 : year, (months >> 16) &- (isNextYear ? 12 : 0),
      (months & 0xFFFF) / 2_141 &+ 1
    )
  }
}
