public import MDM
import Synchronization

/// A clock that stands still until it is told to go on, for tests of a service's deadlines.
///
///     let clock = ManualClock()
///     let service = MessagingService(clock: clock.serviceClock, host: host)
///     async let running: Void = service.run()
///     …
///     await clock.waitForSleeper(until: deadline)
///     clock.advance(to: deadline)
public final class ManualClock: Sendable {
  private struct Sleeper {
    let number: Int
    let deadline: MonotonicInstant
    let continuation: UnsafeContinuation<Bool, Never>
  }

  private struct Watcher {
    let deadline: MonotonicInstant
    let continuation: UnsafeContinuation<Void, Never>
  }

  private struct State {
    var now: MonotonicInstant
    var sleepers: [Sleeper] = []
    var watchers: [Watcher] = []
    var count = 0
  }

  private let state: Mutex<State>

  /// A clock that shows this instant.
  public init(at now: MonotonicInstant = .origin) { self.state = Mutex(State(now: now)) }

  /// What the clock shows.
  public var now: MonotonicInstant { self.state.withLock { $0.now } }

  /// How often somebody has begun to sleep; what was over at once counts as well.
  public var sleepCount: Int { self.state.withLock { $0.count } }

  /// The clock as a service wants it.
  public var serviceClock: ServiceClock {
    ServiceClock(now: { self.now }, sleep: { try await self.sleep(until: $0) })
  }

  /// Sets the clock to an instant and wakes whoever sleeps until then or before, the earliest
  /// first. An instant that has passed changes nothing.
  public func advance(to instant: MonotonicInstant) {
    let woken = self.state.withLock { state in
      state.now = max(state.now, instant)
      let now = state.now
      let woken = state.sleepers.filter { $0.deadline <= now }
      state.sleepers.removeAll { $0.deadline <= now }
      return woken.sorted { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
    }
    for sleeper in woken { sleeper.continuation.resume(returning: true) }
  }

  /// Sets the clock forward.
  public func advance(by duration: Duration) { self.advance(to: self.now.advanced(by: duration)) }

  /// Returns when the clock shows the instant or a later one.
  ///
  /// - Throws: `CancellationError` when the task is cancelled.
  public func sleep(until deadline: MonotonicInstant) async throws {
    let number = self.state.withLock { state in
      state.count += 1
      return state.count
    }
    let isOver = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        self.begin(Sleeper(number: number, deadline: deadline, continuation: continuation))
      }
    } onCancel: {
      let cancelled = self.state.withLock { state -> Sleeper? in
        guard let place = state.sleepers.firstIndex(where: { $0.number == number }) else {
          return nil
        }
        return state.sleepers.remove(at: place)
      }
      cancelled?.continuation.resume(returning: false)
    }
    if !isOver { throw CancellationError() }
  }

  private func begin(_ sleeper: Sleeper) {
    let (answer, watchers) = self.state.withLock { state -> (Bool?, [Watcher]) in
      if state.now >= sleeper.deadline { return (true, []) }
      if Task.isCancelled { return (false, []) }
      state.sleepers.append(sleeper)
      let watchers = state.watchers.filter { $0.deadline == sleeper.deadline }
      state.watchers.removeAll { $0.deadline == sleeper.deadline }
      return (nil, watchers)
    }
    if let answer { sleeper.continuation.resume(returning: answer) }
    for watcher in watchers { watcher.continuation.resume() }
  }

  /// Returns when somebody sleeps until just this instant.
  public func waitForSleeper(until deadline: MonotonicInstant) async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let isThere = self.state.withLock { state in
        if state.sleepers.contains(where: { $0.deadline == deadline }) { return true }
        state.watchers.append(Watcher(deadline: deadline, continuation: continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}
