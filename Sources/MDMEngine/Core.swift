import MDMElection
import MDMMonitoring
import MDMQuietMode
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

/// What all accounts share: the rules, the hold-back log, the counters and the clock's last word.
///
/// Every rule is a method here that takes the one account it concerns as `inout`. That is the
/// whole of the data flow: a command finds its account, the core changes the two, effects come out.
struct Core: ~Copyable, Sendable {
  var configuration: Configuration
  var rules: Rules
  /// Whether MDM is on; differs from the configuration while a change is staged (B18).
  var isEnabled: Bool
  /// The instant of the command being carried out; never goes back (B3).
  var now: MonotonicInstant
  var log = HoldBackLog()
  /// Everything that is counted but what ``flushTally`` counts.
  var totals = Counters.Totals(reasons: FlushReason.allCases.count)
  let flushTally = FlushTally(reasons: FlushReason.allCases.count)
  var slices: SliceCounter
  var gauges = Counters.Gauges()
  var pressure = PressureQueue()
  /// Decisions about plain messages, made once for each shape that accounts have.
  let plans = PlanCache()
  let flushCursors = FlushCursors()

  init(configuration: Configuration, startingAt now: MonotonicInstant) {
    self.configuration = configuration
    self.rules = Rules(configuration.values)
    self.isEnabled = configuration.values.enabled
    self.now = now
    self.slices = SliceCounter(
      start: now, length: configuration.values.timeslice.wholeNanoseconds)
  }

  /// Everything that has been counted.
  var allTotals: Counters.Totals {
    var totals = self.totals
    self.flushTally.fill(&totals)
    return totals
  }

  /// Goes on from the counts of a snapshot.
  mutating func takeTotals(_ totals: Counters.Totals) {
    self.totals = totals
    self.flushTally.take(totals)
  }

  // MARK: - Who is active

  /// Index of the one active client, -1 for none (B1).
  @inline(always)
  func active(in account: borrowing Account) -> Int {
    account.election.active(
      holderStamp: account.holderStamp, at: self.now, window: self.rules.activeWindow)
  }

  /// The session at `index` did something that makes it the active client.
  func noteAct(_ act: QualifyingAct, by index: Int, in account: inout Account) {
    account.devices[index].activity = account.election.noteAct(
      act, by: index, previous: account.devices[index].activity, at: self.now,
      window: self.rules.activeWindow)
  }

  /// The session at `index` is no candidate any more (B4).
  func eraseActivity(of index: Int, in account: inout Account) {
    account.devices[index].activity = .never
    var election = account.election
    election.withdraw(
      index, candidates: account.sets.occupied - index, at: self.now,
      stamp: { account.devices[$0].activity })
    account.election = election
  }

  /// Derives the sets' bits of the session at `index` afresh.
  func updateSets(_ index: Int, in account: inout Account) {
    account.sets.update(
      index, from: account.devices[index].session, mdmEnabled: self.isEnabled)
  }

  // MARK: - Deadlines

  /// When something happens to the account by itself: a window closes, or activity expires with
  /// messages waiting (B14, B26).
  func nextDeadline(of account: borrowing Account) -> MonotonicInstant {
    var deadline = MonotonicInstant.distantFuture
    var away = account.sets.occupied - account.sets.connected
    while let index = away.popFirst() {
      deadline = min(deadline, account.devices[index].session.deadline)
    }
    if self.rules.flushOnActivityExpiry {
      deadline = min(deadline, self.activityDeadline(of: account))
    }
    return deadline
  }

  private func activityDeadline(of account: borrowing Account) -> MonotonicInstant {
    guard self.active(in: account) >= 0, !account.held.isEmpty else { return .distantFuture }
    var waiting = account.sets.quiet & account.sets.connected
    while let index = waiting.popFirst() {
      if !account.devices[index].held.isEmpty {
        return account.holderStamp.instant.advanced(byNanoseconds: self.rules.activeWindow)
      }
    }
    return .distantFuture
  }
}
