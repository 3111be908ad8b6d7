import MDMStanza
import Testing

@Suite("MonotonicInstant and Duration")
struct MonotonicInstantTests {
  private static let extremes: [Int64] = [
    .min, .min + 1, -1_000_000_000, -1, 0, 1, 300_000_000_000, .max - 1, .max,
  ]

  /// The number held at the ends of `Int64`.
  private static func saturated(_ value: Int128) -> Int64 {
    value > Int128(Int64.max) ? .max : value < Int128(Int64.min) ? .min : Int64(value)
  }

  @Test("advancing is exact and held at the ends of the range")
  func advancing() {
    for start in Self.extremes {
      for step in Self.extremes {
        let expected = Self.saturated(Int128(start) + Int128(step))
        let instant = MonotonicInstant(nanoseconds: start).advanced(byNanoseconds: step)
        #expect(instant.nanoseconds == expected, "\(start) + \(step)")
      }
    }
  }

  @Test("the distance between two instants is exact and held at the ends of the range")
  func distance() {
    for later in Self.extremes {
      for earlier in Self.extremes {
        let expected = Self.saturated(Int128(later) - Int128(earlier))
        let distance = MonotonicInstant(nanoseconds: later).nanoseconds(
          since: MonotonicInstant(nanoseconds: earlier))
        #expect(distance == expected, "\(later) - \(earlier)")
      }
    }
  }

  @Test("advancing by a duration is advancing by its whole nanoseconds")
  func advancingByDuration() {
    let origin = MonotonicInstant.origin
    #expect(origin.advanced(by: .seconds(300)).nanoseconds == 300_000_000_000)
    #expect(origin.advanced(by: .nanoseconds(-1)).nanoseconds == -1)
    #expect(origin.advanced(by: .seconds(Int64.max)) == .distantFuture)
    #expect(MonotonicInstant.distantPast.advanced(by: .seconds(-1)) == .distantPast)
    #expect(MonotonicInstant.distantFuture.advanced(by: .seconds(1)) == .distantFuture)
  }

  @Test("instants are ordered by their nanoseconds")
  func order() {
    let sorted = Self.extremes.map { MonotonicInstant(nanoseconds: $0) }
    #expect(sorted == sorted.shuffled().sorted())
    #expect(sorted.first == .distantPast)
    #expect(sorted.last == .distantFuture)
  }

  @Test(
    "a duration's whole nanoseconds are rounded towards zero and held at the ends",
    arguments: [
      (Duration.zero, 0),
      (.nanoseconds(1), 1),
      (.nanoseconds(-1), -1),
      (.seconds(300), 300_000_000_000),
      (.milliseconds(-1), -1_000_000),
      (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
      (Duration(secondsComponent: 0, attosecondsComponent: -999_999_999), 0),
      (Duration(secondsComponent: 1, attosecondsComponent: 1_999_999_999), 1_000_000_001),
      (Duration(secondsComponent: -1, attosecondsComponent: -1_999_999_999), -1_000_000_001),
      (.nanoseconds(Int64.max), .max),
      (.nanoseconds(Int64.min), .min),
      (Duration.nanoseconds(Int64.max) + .nanoseconds(1), .max),
      (Duration.nanoseconds(Int64.min) - .nanoseconds(1), .min),
      (.seconds(Int64.max), .max),
      (.seconds(Int64.min), .min),
      (.seconds(9_223_372_036), 9_223_372_036_000_000_000),
      (.seconds(9_223_372_037), .max),
      (.seconds(-9_223_372_036), -9_223_372_036_000_000_000),
      (.seconds(-9_223_372_037), .min),
    ] as [(Duration, Int64)])
  func wholeNanoseconds(duration: Duration, expected: Int64) {
    #expect(duration.wholeNanoseconds == expected)
  }
}
