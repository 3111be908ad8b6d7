/// The decimal digits of a number as text, worked out without a loop over the digits.
///
/// A group of eight digits is one word: its halves, quarters and eighths are divided side by side.
/// Most positions have one group.
struct DecimalDigits {
  /// How many digits there are.
  let count: Int
  /// The leading digits, up to eight of them, the first one in the lowest byte.
  private let head: UInt64
  private let headCount: Int
  /// What follows the head as one or two groups of eight; at most 10¹⁶ - 1.
  private let rest: UInt64

  /// The digits of `number`, without leading zeros.
  @inline(always)
  init(_ number: UInt64) {
    var (leading, rest, groups): (UInt64, UInt64, Int) = (number, 0, 0)
    if number >= Self.limit {
      groups = number >= Self.limit * Self.limit ? 2 : 1
      let divisor = groups == 2 ? Self.limit * Self.limit : Self.limit
      (leading, rest) = number.quotientAndRemainder(dividingBy: divisor)
    }
    let spread = Self.spread(leading)
    // A leading zero is a byte of zeros at the low end; the number 0 still has one digit.
    let zeros = min(spread.trailingZeroBitCount >> 3, 7)
    self.head = (spread | Self.zeros) &>> UInt64(truncatingIfNeeded: zeros &* 8)
    self.headCount = 8 &- zeros
    self.rest = rest
    self.count = self.headCount &+ groups &* 8
  }

  /// Puts the digits; there has to be room for eight bytes more than that.
  @inline(always)
  func write(to sink: inout ByteSink) {
    sink.put(self.head, count: self.headCount)
    if self.count > self.headCount { sink = self.writingRest(to: sink) }
  }

  @inline(never)
  private func writingRest(to sink: ByteSink) -> ByteSink {
    var sink = sink
    if self.count - self.headCount > 8 {
      sink.put(Self.spread(self.rest / Self.limit) | Self.zeros)
    }
    sink.put(Self.spread(self.rest % Self.limit) | Self.zeros)
    return sink
  }

  private static var limit: UInt64 { 100_000_000 }
  /// Eight times the character 0.
  private static var zeros: UInt64 { 0x3030_3030_3030_3030 }

  /// The eight digits of a number below 10⁸, the first one in the lowest byte, as numbers.
  ///
  /// Each division by multiplication is exact for what its lane can hold: 5,243 / 2¹⁹ for numbers
  /// below 10⁴ and 103 / 2¹⁰ for numbers below 100.
  @inline(always)
  private static func spread(_ number: UInt64) -> UInt64 {
    let halves = number / 10_000 | (number % 10_000) << 32
    let hundreds = ((halves &* 5_243) >> 19) & 0x0000_007F_0000_007F
    let quarters = hundreds | (halves &- hundreds &* 100) << 16
    let tens = ((quarters &* 103) >> 10) & 0x000F_000F_000F_000F
    return tens | (quarters &- tens &* 10) << 8
  }

  /// The two digits of a number below 100 as characters, the first one in the lowest byte.
  @inline(always)
  static func pair(_ number: UInt32) -> UInt64 {
    let tens = (number &* 103) >> 10
    return UInt64(tens | (number &- tens &* 10) << 8 | 0x3030)
  }
}
