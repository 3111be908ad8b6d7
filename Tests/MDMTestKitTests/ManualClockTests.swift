import MDM
import MDMTestKit
import Testing

@Suite("ManualClock")
struct ManualClockTests {
  private static func at(_ seconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
  }

  @Test("the clock shows what it was set to and never goes back")
  func showing() {
    let clock = ManualClock(at: Self.at(5))
    #expect(clock.now == Self.at(5))
    clock.advance(by: .seconds(2))
    #expect(clock.now == Self.at(7))
    clock.advance(to: Self.at(6))
    #expect(clock.now == Self.at(7))
    #expect(clock.serviceClock.now() == Self.at(7))
  }

  @Test("a sleeper wakes when the clock reaches its instant, not before")
  func sleeping() async throws {
    let clock = ManualClock()
    let sleeper = Task {
      try await clock.sleep(until: Self.at(10))
      return clock.now
    }
    await clock.waitForSleeper(until: Self.at(10))
    clock.advance(to: Self.at(9))
    // Still asleep, or this would wait for ever: nobody else begins to sleep.
    await clock.waitForSleeper(until: Self.at(10))
    clock.advance(to: Self.at(11))
    #expect(try await sleeper.value == Self.at(11))
    #expect(clock.sleepCount == 1)
  }

  @Test("sleeping until an instant that has come is over at once")
  func sleepingInThePast() async throws {
    let clock = ManualClock(at: Self.at(10))
    try await clock.sleep(until: Self.at(10))
    try await clock.serviceClock.sleep(Self.at(3))
    #expect(clock.sleepCount == 2)
  }

  @Test("a cancelled sleeper throws, whether it slept already or not")
  func cancelling() async {
    let clock = ManualClock()
    let asleep = Task { try await clock.sleep(until: Self.at(10)) }
    await clock.waitForSleeper(until: Self.at(10))
    asleep.cancel()
    await #expect(throws: CancellationError.self) { try await asleep.value }
    let early = Task {
      while !Task.isCancelled { await Task.yield() }
      try await clock.sleep(until: Self.at(10))
    }
    early.cancel()
    await #expect(throws: CancellationError.self) { try await early.value }
  }
}
