import MDMElection
import MDMSession
import MDMStanza
import MDMStorage

/// How an account's devices stand at one instant: what a decision about a stanza depends on beside
/// the stanza itself.
///
/// Read once a command and passed on by value; everything decided from it is set algebra.
struct Standing: BitwiseCopyable {
  let sets: SessionSets
  /// Index of the active client, -1 for none (B1).
  let active: Int
  /// The active clients: one at most, or all within the window (B1).
  let activeSet: DeviceSet
  /// Connected sessions that want their stanzas held: quiet ones that were not flushed a moment ago
  /// (B13), and silent ones where silent means suspended (B12).
  let holding: DeviceSet
  /// Silent sessions where silent means suspended (B12).
  let suspendedSilent: DeviceSet
  /// Whether chat states are held rather than dropped (B8).
  let coalescesChatStates: Bool

  /// The active clients among `reachable` that get a stanza now. An active client in the background
  /// gets it only if no active one in the foreground does, so that two of them never wait for each
  /// other (B10).
  @inline(always)
  func reachedActive(_ reachable: DeviceSet, _ waiting: DeviceSet) -> DeviceSet {
    guard self.active >= 0 else { return DeviceSet() }
    let reached = self.activeSet & reachable
    let foreground = reached - waiting
    if !foreground.isEmpty { return foreground }
    return (reached & DeviceSet(self.active)) - self.suspendedSilent
  }
}

// These take the account and the core as `inout` although they change neither: a borrowed
// noncopyable value is copied whole, eight hundred bytes of it, when the call is inlined.
extension Core {
  /// How the account's devices stand now.
  @inline(always)
  mutating func standing(of account: inout Account) -> Standing {
    self.standing(of: &account, active: self.activeIndex(in: &account, at: self.now))
  }

  /// Index of the active client, -1 for none (B1).
  @inline(always)
  mutating func activeIndex(in account: inout Account, at now: MonotonicInstant) -> Int {
    let holder = Int(account.election.holder)
    guard holder >= 0 else { return -1 }
    let isActive = ActiveClientElection.isWithin(
      self.rules.activeWindow, account.devices.pointer(to: holder).pointee.activity.instant,
      at: now)
    return isActive ? holder : -1
  }

  /// How the account's devices stand with this one active, or none.
  @inline(always)
  mutating func standing(of account: inout Account, active: Int) -> Standing {
    var activeSet = active < 0 ? DeviceSet() : DeviceSet(active)
    if self.rules.allWithinWindow, active >= 0 { activeSet = self.allActive(in: &account) }
    return Standing(
      sets: account.sets, active: active, activeSet: activeSet,
      holding: self.holding(in: &account),
      suspendedSilent: self.rules.silentIsSuspended ? account.sets.silent : DeviceSet(),
      coalescesChatStates: self.rules.coalescesChatStates)
  }

  @inline(never)
  private mutating func allActive(in account: inout Account) -> DeviceSet {
    var set = DeviceSet()
    var rest = account.sets.occupied
    while let index = rest.popFirst() {
      let stamp = account.devices[index].activity
      if stamp.exists,
        ActiveClientElection.isWithin(self.rules.activeWindow, stamp.instant, at: self.now)
      {
        set.insert(index)
      }
    }
    return set
  }

  /// Connected sessions that want their stanzas held; see ``Standing/holding``.
  @inline(always)
  mutating func holding(in account: inout Account) -> DeviceSet {
    var set = account.sets.quiet
    if self.rules.silentIsSuspended { set = set | account.sets.silent }
    set = set & account.sets.connected
    if self.rules.regroupDelay > 0, !set.isEmpty { self.leaveRegrouping(out: &set, account) }
    return set
  }

  @inline(never)
  private mutating func leaveRegrouping(out set: inout DeviceSet, _ account: borrowing Account) {
    var rest = set
    while let index = rest.popFirst() {
      let until = account.devices[index].session.deadline
      if until != .distantFuture, self.now < until { set.remove(index) }
    }
  }
}
