public import MDMStanza

/// A stretch of every day in which an alarm may speak.
///
/// The engine knows no calendar, so the host says at which instant some day begins where the
/// operators are; every 24 hours from there are a day. Where the clocks are changed it says so
/// anew.
public struct DailyWindow: Hashable, Sendable {
  /// When it opens, counted from midnight.
  public var start: Duration
  /// When it closes, counted from midnight; earlier than ``start`` for one that lasts over
  /// midnight.
  public var end: Duration
  /// The instant of any midnight, past or to come.
  public var midnight: MonotonicInstant

  /// The window from `start` to `end`, without its end.
  public init(from start: Duration, to end: Duration, midnight: MonotonicInstant) {
    self.start = start
    self.end = end
    self.midnight = midnight
  }

  static let day = Duration.seconds(86_400)
  private static let dayLength: Int64 = 86_400_000_000_000

  var violations: [CapacityError.Violation] {
    var found: [CapacityError.Violation] = []
    if self.start < .zero || self.start >= Self.day { found.append(.windowStart(self.start)) }
    if self.end < .zero || self.end > Self.day { found.append(.windowEnd(self.end)) }
    if self.start == self.end { found.append(.windowEmpty(self.start)) }
    return found
  }

  /// The time of day at an instant, in nanoseconds.
  private func timeOfDay(at instant: MonotonicInstant) -> Int64 {
    let (day, midnight) = (Self.dayLength, self.midnight.nanoseconds)
    // Each reduced to a day first: their difference may be too large.
    let time = (instant.nanoseconds % day - midnight % day) % day
    return time < 0 ? time + day : time
  }

  /// Whether the window is open at an instant.
  public func isOpen(at instant: MonotonicInstant) -> Bool {
    let time = self.timeOfDay(at: instant)
    let (start, end) = (self.start.wholeNanoseconds, self.end.wholeNanoseconds)
    return start < end ? time >= start && time < end : time >= start || time < end
  }

  /// The first instant, not before `instant`, at which the window is open.
  public func opening(from instant: MonotonicInstant) -> MonotonicInstant {
    if self.isOpen(at: instant) { return instant }
    let wait = self.start.wholeNanoseconds - self.timeOfDay(at: instant)
    return instant.advanced(byNanoseconds: wait < 0 ? wait + Self.dayLength : wait)
  }
}
