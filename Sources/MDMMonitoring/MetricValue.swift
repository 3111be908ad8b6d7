internal import MDMStanza

/// A number with decimals that are exact: so many units, the decimal point moved to the left.
public struct MetricValue: Hashable, Sendable {
  /// The number without its point.
  public let units: Int128
  /// How many of the digits stand behind the point.
  public let decimals: Int

  /// The number of these units with the point moved; `decimals` of less than zero count as none.
  public init(units: Int128, decimals: Int = 0) {
    self.units = units
    self.decimals = max(0, decimals)
  }

  /// A whole number.
  public static func count(_ number: some BinaryInteger) -> MetricValue {
    MetricValue(units: Int128(clamping: number))
  }

  /// A length of time in seconds, exact to the nanosecond.
  public static func seconds(_ duration: Duration) -> MetricValue {
    MetricValue(units: Int128(duration.wholeNanoseconds), decimals: 9)
  }

  /// 1 for yes and 0 for no.
  public static func flag(_ isSet: Bool) -> MetricValue { .count(isSet ? 1 : 0) }

  /// The number in decimal, without zeros that mean nothing.
  ///
  /// - Complexity: O(digits).
  public var text: String {
    guard self.decimals > 0 else { return "\(self.units)" }
    var digits = Array("\(self.units.magnitude)")
    while digits.count <= self.decimals { digits.insert("0", at: 0) }
    let whole = String(digits.dropLast(self.decimals))
    var fraction = digits.suffix(self.decimals)
    while fraction.last == "0" { fraction.removeLast() }
    let sign = self.units < 0 ? "-" : ""
    return fraction.isEmpty ? sign + whole : "\(sign)\(whole).\(String(fraction))"
  }

  /// The number of seconds in whole nanoseconds, held at the ends of the range.
  var nanoseconds: Int64 {
    var units = self.units
    for _ in self.decimals..<max(9, self.decimals) { units = units &* 10 }
    for _ in 9..<max(9, self.decimals) { units /= 10 }
    return Int64(clamping: units)
  }

  /// The number as nearly as floating point has it, for tools that want it so.
  public var approximate: Double {
    var divisor = 1.0
    for _ in 0..<self.decimals { divisor *= 10 }
    return Double(self.units) / divisor
  }
}
