import Glibc
import MDM
import MDMXMPP

/// Readings of the machine's clocks. The server reads them once a turn and hands the result on.
enum ServerTime {
  /// The clock that goes on while the machine sleeps, so that five minutes are five minutes.
  static func monotonic() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Self.read(CLOCK_BOOTTIME))
  }

  /// Unix time in nanoseconds.
  static func unixNanoseconds() -> Int64 { Self.read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// A Unix time in microseconds as XEP-0082 writes it.
  static func stamp(unixMicroseconds: Int64) -> String {
    WallClock(originNanoseconds: 0).stamp(
      of: MonotonicInstant(nanoseconds: unixMicroseconds &* 1_000))
  }
}
