public import MDMEngine
public import MDMStanza
import Synchronization

/// The decisions that a service keeps, of the watched accounts of all shards.
///
/// Its lock is the innermost: it is taken under a shard's lock, and nothing is taken under it.
final class DecisionKeeper: Sendable {
  let log: Mutex<DecisionLog>

  init(limits: DecisionLog.Limits) { self.log = Mutex(DecisionLog(limits: limits)) }
}

/// Whether a shard explains its decisions.
///
///     off ──an account is watched──▶ on ──none is watched──▶ ending ──both lists changed──▶ off
enum Explaining: UInt8, Sendable {
  /// No: nothing is checked but this.
  case off
  /// Yes: whichever list of effects the shard has asks for explanations.
  case on
  /// No more, but the list at the desk may still ask.
  case ending
}

extension ShardState {
  /// The lists have changed places: the one that is used from now on has not heard of it yet.
  @inline(never)
  mutating func explainAfterSwap() {
    self.outbox.effects.isExplaining = self.explaining == .on
    // The other list had been told before it went to the desk.
    if self.explaining == .ending { self.explaining = .off }
  }
}

extension Shard {
  /// Puts what has been explained since the last time into the log.
  @inline(never)
  func keepDecisions(_ state: inout ShardState) {
    guard !state.outbox.effects.explanations.isEmpty else { return }
    let (explanations, now) = (state.outbox.effects.explanations, state.outbox.now)
    self.decisions.log.withLock { $0.note(explanations, of: state.engine, at: now) }
    state.outbox.effects.removeExplanations()
  }
}

// Why did that telephone not ring? Asked about one account at a time, by name, at run time.
extension MessagingService {
  /// Keeps the decisions about an account from now on, and why they were made, whether the account
  /// is open or not. Does nothing when they are kept already.
  ///
  /// While an account is watched, the accounts of its shard are served by the general way through
  /// the engine instead of the shortest; while none is, nothing is different.
  ///
  /// - Throws: `DecisionLog.WatchError` when as many accounts are watched as may.
  public func explainDecisions(of name: AccountName) throws(DecisionLog.WatchError) {
    let shard = self.shards[self.shard(of: name)]
    try shard.state.withLock { state -> Result<Void, DecisionLog.WatchError> in
      let result = shard.decisions.log.withLock { log -> Result<Void, DecisionLog.WatchError> in
        do throws(DecisionLog.WatchError) { try log.watch(name) } catch { return .failure(error) }
        // Which devices there are must be known before one of them leaves.
        log.note([], of: state.engine, at: state.outbox.now)
        return .success(())
      }
      if case .success = result {
        state.explaining = .on
        state.outbox.effects.isExplaining = true
      }
      return result
    }.get()
  }

  /// Stops keeping the decisions about an account and forgets those that were kept.
  public func stopExplaining(_ name: AccountName) {
    let number = self.shard(of: name)
    let shard = self.shards[number]
    shard.state.withLock { state in
      let isWatching = shard.decisions.log.withLock { log in
        log.unwatch(name)
        return log.accounts.contains { self.shard(of: $0) == number }
      }
      guard !isWatching, state.explaining == .on else { return }
      state.explaining = .ending
      state.outbox.effects.isExplaining = false
    }
  }

  /// The accounts whose decisions are kept, in the order in which that began.
  public var explainedAccounts: [AccountName] { self.decisions.log.withLock { $0.accounts } }

  /// What each device of an account got lately and why, oldest first; empty when its decisions are
  /// not kept.
  public func decisions(of name: AccountName) -> [DecisionEntry] {
    self.decisions.log.withLock { $0.entries(of: name) }
  }

  /// The same as lines that a person reads.
  ///
  /// - Parameter unixSecondsAtOrigin: seconds from 1970 to the origin of the service's clock.
  public func decisionLines(of name: AccountName, unixSecondsAtOrigin: Int64) -> [String] {
    self.decisions.log.withLock {
      $0.lines(of: name, unixSecondsAtOrigin: unixSecondsAtOrigin)
    }
  }

  /// Decisions about an account that have been forgotten for want of room.
  public func forgottenDecisions(of name: AccountName) -> UInt64 {
    self.decisions.log.withLock { $0.forgottenCount(of: name) }
  }
}
