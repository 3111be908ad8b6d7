public import MDMStanza

/// Where a service gets its time from: two functions, so that a test can stand in for both.
public struct ServiceClock: Sendable {
  /// What time it is. Called by every verb that is given no instant, from any thread.
  public let now: @Sendable () -> MonotonicInstant
  /// Returns when the instant has come, or throws when the task is cancelled. Called by
  /// ``MessagingService/run()`` alone.
  public let sleep: @Sendable (_ deadline: MonotonicInstant) async throws -> Void

  /// A clock out of its two functions.
  ///
  /// - Parameters:
  ///   - now: what time it is; must never go back, and be quick.
  ///   - sleep: returns once `now` has reached the instant. Nothing is wrong with early returns.
  ///     It throws when its task is cancelled; thrown at any other time, an error ends the run.
  public init(
    now: @escaping @Sendable () -> MonotonicInstant,
    sleep: @escaping @Sendable (_ deadline: MonotonicInstant) async throws -> Void
  ) {
    self.now = now
    self.sleep = sleep
  }

  /// The machine's clock that goes on while it is suspended. Its origin is the first use.
  public static let continuous: ServiceClock = {
    let origin = continuousNanoseconds()
    let now: @Sendable () -> MonotonicInstant = {
      MonotonicInstant(nanoseconds: continuousNanoseconds() &- origin)
    }
    return ServiceClock(
      now: now,
      sleep: { deadline in
        try await Task.sleep(for: .nanoseconds(deadline.nanoseconds(since: now())))
      })
  }()
}
