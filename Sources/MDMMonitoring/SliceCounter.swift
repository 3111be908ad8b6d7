package import MDMStanza

/// A count over tumbling slices of time, aligned to the engine's start (R-055, B15).
///
/// A slice without traffic counts zero: the counter works from the instant of the question, not
/// from a timer, so an idle engine's last slice falls to zero by itself.
package struct SliceCounter: Sendable, Equatable {
  /// The start of slice 0.
  package let start: MonotonicInstant
  /// The length of a slice in nanoseconds.
  package let length: Int64
  /// The slice that ``current`` counts.
  package private(set) var slice: Int64 = 0
  /// The count of that slice.
  package private(set) var current: UInt64 = 0
  /// The count of the slice before it.
  package private(set) var previous: UInt64 = 0

  package init(start: MonotonicInstant, length: Int64) {
    self.start = start
    self.length = length
  }

  /// The counter of a snapshot.
  package init(
    start: MonotonicInstant, length: Int64, slice: Int64, current: UInt64, previous: UInt64
  ) {
    self.start = start
    self.length = length
    self.slice = slice
    self.current = current
    self.previous = previous
  }

  /// Counts `amount` at `now`.
  package mutating func add(_ amount: UInt64, at now: MonotonicInstant) {
    self.roll(to: now)
    self.current &+= amount
  }

  private mutating func roll(to now: MonotonicInstant) {
    let slice = max(self.slice, max(0, now.nanoseconds(since: self.start)) / self.length)
    guard slice != self.slice else { return }
    self.previous = slice == self.slice &+ 1 ? self.current : 0
    self.current = 0
    self.slice = slice
  }

  /// The counts as of `now`.
  package func report(at now: MonotonicInstant) -> Counters.SliceReport {
    var copy = self
    copy.roll(to: now)
    var report = Counters.SliceReport()
    report.last = copy.previous
    report.current = copy.current
    return report
  }
}
