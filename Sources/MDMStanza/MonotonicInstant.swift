/// A point on the host's monotonic clock, in whole nanoseconds since an origin the host chooses.
///
/// The engine reads no clock: every command carries the instant at which it happens. Instants of
/// different machines or of different runs are not comparable; snapshots therefore keep ages, not
/// instants (R-040, B3).
public struct MonotonicInstant: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// Nanoseconds since the origin; may be negative.
  public var nanoseconds: Int64

  /// An instant `nanoseconds` after the origin.
  @inlinable
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The origin itself.
  @inlinable public static var origin: MonotonicInstant { MonotonicInstant(nanoseconds: 0) }

  /// The earliest instant there is.
  @inlinable public static var distantPast: MonotonicInstant { MonotonicInstant(nanoseconds: .min) }

  /// The latest instant there is; as a deadline it means never.
  @inlinable public static var distantFuture: MonotonicInstant {
    MonotonicInstant(nanoseconds: .max)
  }

  /// Whether the left instant is the earlier one.
  @inlinable
  public static func < (left: Self, right: Self) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The instant `nanoseconds` later, held at the ends of the range instead of overflowing.
  @inlinable
  public func advanced(byNanoseconds nanoseconds: Int64) -> Self {
    let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
    if overflow { return nanoseconds < 0 ? Self(nanoseconds: .min) : Self(nanoseconds: .max) }
    return Self(nanoseconds: sum)
  }

  /// The instant `duration` later, held at the ends of the range instead of overflowing.
  @inlinable
  public func advanced(by duration: Duration) -> Self {
    self.advanced(byNanoseconds: duration.wholeNanoseconds)
  }

  /// Nanoseconds from `earlier` to this instant, held at the ends of the range; negative when
  /// `earlier` is in fact later.
  @inlinable
  public func nanoseconds(since earlier: Self) -> Int64 {
    let (difference, overflow) = self.nanoseconds.subtractingReportingOverflow(
      earlier.nanoseconds)
    if overflow { return self.nanoseconds < earlier.nanoseconds ? .min : .max }
    return difference
  }
}

extension Duration {
  /// The duration in whole nanoseconds, rounded towards zero and held at the ends of `Int64`.
  @inlinable
  public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = self.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    if carried { return seconds < 0 ? .min : .max }
    return sum
  }
}
