import MDMStanza
import Synchronization

/// The one timer: what the service's run loop sleeps for, and what wakes it before.
final class ServiceTimer: Sendable {
  /// What the loop sleeps until; the least number there is while it does not sleep.
  private let armed = Atomic<Int64>(.min)
  private let signal = Signal()

  /// A shard is due at this instant: wakes the loop if it would sleep beyond.
  func noteDeadline(_ deadline: Int64) {
    if deadline < self.armed.load(ordering: .sequentiallyConsistent) { self.signal.fire() }
  }

  /// Wakes the loop, now or as soon as it sleeps.
  func wake() { self.signal.fire() }

  /// Sleeps until the earliest deadline, or until woken.
  ///
  /// - Parameter earliest: asked again once the timer is armed, so that no deadline which appears
  ///   in between is missed.
  /// - Throws: what the clock's sleep throws, save for being cancelled.
  func sleep(_ clock: ServiceClock, until earliest: () -> MonotonicInstant) async throws {
    let deadline = earliest()
    self.armed.store(deadline.nanoseconds, ordering: .sequentiallyConsistent)
    defer { self.armed.store(.min, ordering: .sequentiallyConsistent) }
    guard earliest() >= deadline else { return }
    try await self.sleep(clock, until: deadline)
  }

  private func sleep(_ clock: ServiceClock, until deadline: MonotonicInstant) async throws {
    if deadline == .distantFuture { return await self.signal.wait() }
    let signal = self.signal
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // The waiting side goes on whatever becomes of the sleep, unless it has already.
        defer { if !Task.isCancelled { signal.fire() } }
        do {
          try await clock.sleep(deadline)
        } catch {
          // Whatever a clock throws when it is cancelled: that was us.
          if !Task.isCancelled { throw error }
        }
      }
      await signal.wait()
      group.cancelAll()
      try await group.waitForAll()
    }
  }
}
