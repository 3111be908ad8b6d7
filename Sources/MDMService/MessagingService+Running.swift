public import MDMStanza
import Synchronization

// The service's life: running, draining, stopped.
//
//     idle ─run─▶ running ─shutDown, or run's task is cancelled─▶ draining ─scopes left─▶ stopped
//       └────────────────────────shutDown────────────────────────────┘
extension MessagingService {
  /// Handles deadlines as they come, on one timer for all shards, until the service has been shut
  /// down and drained. Starts no task that outlives it.
  ///
  /// After ``shutDown(at:)`` it goes on until every scope has been left, at most for
  /// ``ServiceConfiguration/Values/drainTimeout``; then ``finish(at:)`` hands what is left to the
  /// host, and it returns once all of it has been performed, by whichever thread. When its task is
  /// cancelled it shuts down by itself and does the same without waiting, since a cancelled task
  /// cannot wait for time to pass.
  ///
  /// - Throws: ``ServiceError/alreadyRun`` the second time; whatever the clock's `sleep` throws for
  ///   another reason than being cancelled, after having drained.
  public func run() async throws {
    let isFirst = self.lifecycle.withLock { state in
      defer { state.hasRun = true }
      return !state.hasRun
    }
    if !isFirst { throw ServiceError.alreadyRun }
    let failure = await withTaskCancellationHandler {
      await self.serve()
    } onCancel: {
      self.timer.wake()
    }
    if let failure { throw failure }
  }

  /// The whole run; returns what the clock threw.
  private func serve() async -> (any Error)? {
    var failure: (any Error)?
    do {
      while !self.isShuttingDown, !Task.isCancelled {
        self.expire()
        try await self.timer.sleep(self.clock) { self.earliestDeadline }
      }
      self.shutDown()
      let limit = self.clock.now().advanced(by: self.settings.drainTimeout)
      while self.hasScopes, !Task.isCancelled, self.clock.now() < limit {
        self.expire()
        try await self.timer.sleep(self.clock) { min(limit, self.earliestDeadline) }
      }
    } catch {
      failure = error
    }
    self.finish()
    // Another thread may be performing some of it. Nothing that is decided from now on has effects
    // on another shard, since no account is open: it does for one shard to be asked at a time.
    for shard in self.shards {
      await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
        shard.run(for: self, at: .origin) { $0.outbox.add(.reached(waiter)) }
      }
    }
    return failure
  }

  /// Whether ``shutDown(at:)`` has been called.
  public var isShuttingDown: Bool { self.lifecycle.withLock { $0.isShuttingDown } }

  private var hasScopes: Bool {
    self.shards.contains { $0.state.withLock { !$0.scopes.isEmpty } }
  }

  /// Lets nobody in any more and ends every stream after what is queued: its last event says that
  /// the service shuts down. What was held for those devices goes to the host. Accounts stay open,
  /// and devices that are not in scopes signed in, until ``finish(at:)``.
  ///
  /// The second call does nothing.
  public func shutDown(at now: MonotonicInstant? = nil) {
    let isFirst = self.lifecycle.withLock { state in
      defer { state.isShuttingDown = true }
      return !state.isShuttingDown
    }
    guard isFirst else { return }
    let now = now ?? self.clock.now()
    // Every door is shut before the first effect is performed, which may call anything.
    for shard in self.shards { shard.state.withLock { $0.isDraining = true } }
    for shard in self.shards {
      shard.run(for: self, at: now) { $0.drain(at: now) }
    }
    self.timer.wake()
  }

  /// Hands everything that is left to the host: events that no scope has read, and what the
  /// accounts hold, which are closed. ``run()`` does it by itself; a host that does not run it
  /// calls this after ``shutDown(at:)``, when it has waited long enough. Shuts down first if that
  /// has not been done.
  ///
  /// As with every verb, a thread that performs for a shard just now performs this as well: it may
  /// still be at it when this returns. ``run()`` waits for it.
  public func finish(at now: MonotonicInstant? = nil) {
    let now = now ?? self.clock.now()
    self.shutDown(at: now)
    for shard in self.shards {
      shard.run(for: self, at: now) { $0.finish(at: now) }
    }
  }
}
