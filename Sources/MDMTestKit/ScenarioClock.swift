public import MDM

/// A reading of a story's clock, written `minutes:seconds` with up to nine decimals.
///
///     "4:59.999"     four minutes, fifty-nine seconds and 999 milliseconds after the start
public struct ClockReading: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// Nanoseconds since the start of the story.
  public let nanoseconds: Int64

  /// The reading this many nanoseconds after the start.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Reads `m:ss`, `m:ss.fraction`; nil for anything else.
  public init?(_ text: String) {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    guard halves.count == 2, let minutes = Int64(halves[0]), minutes >= 0, minutes < 1 << 24 else {
      return nil
    }
    let parts = halves[1].split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, whole.count == 2, let seconds = Int64(whole), seconds >= 0,
      seconds < 60, parts.count <= 2
    else { return nil }
    var fraction: Int64 = 0
    if parts.count == 2 {
      let digits = parts[1]
      guard (1...9).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
        let value = Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count))
      else { return nil }
      fraction = value
    }
    self.nanoseconds = (minutes * 60 + seconds) * 1_000_000_000 + fraction
  }

  /// A reading written out in code; a malformed one is a mistake of the program.
  public init(stringLiteral text: String) {
    guard let reading = ClockReading(text) else {
      preconditionFailure("\"\(text)\" is no clock reading such as 4:59.999.")
    }
    self = reading
  }

  /// The instant of this reading for an engine whose story begins at `start`.
  public func instant(after start: MonotonicInstant) -> MonotonicInstant {
    start.advanced(byNanoseconds: self.nanoseconds)
  }

  /// Minutes, seconds and what there is of a fraction.
  public var description: String {
    let seconds = self.nanoseconds / 1_000_000_000
    let fraction = self.nanoseconds % 1_000_000_000
    let rest = String(seconds % 60 + 100).dropFirst()
    var text = "\(seconds / 60):\(rest)"
    if fraction > 0 {
      var digits = String(fraction + 1_000_000_000).dropFirst()
      while digits.last == "0" { digits.removeLast() }
      text += ".\(digits)"
    }
    return text
  }

  /// Whether the left reading is the earlier one.
  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}
