internal import MDMRedundancy
internal import MDMStanza

/// A node's clock: it runs at its own rate, may jump, and never goes back.
struct PairClock {
  private var trueBase = 0
  private var localBase: Int
  private var permille = 1_000
  private var latest: Int

  init(startingAt local: Int) {
    self.localBase = local
    self.latest = local
  }

  private func raw(_ now: Int) -> Int {
    self.localBase + (now - self.trueBase) / 1_000 * self.permille
      + (now - self.trueBase) % 1_000 * self.permille / 1_000
  }

  /// What the clock shows at the true time `now`.
  func reading(at now: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(max(self.latest, self.raw(now))))
  }

  /// The true time at which the clock will show `instant`, or a little later.
  func trueTime(of instant: MonotonicInstant, from now: Int) -> Int {
    let wait = Int(instant.nanoseconds) - self.raw(now)
    guard wait > 0 else { return now }
    // Beyond a year there is nothing to wait for, and numbers stay small.
    return now + min(wait, 31_536_000_000_000_000) / self.permille * 1_000 + 2_000
  }

  mutating func setRate(_ permille: Int, at now: Int) {
    self.rebase(at: now)
    self.permille = permille
  }

  mutating func jump(_ milliseconds: Int, at now: Int) {
    self.rebase(at: now)
    self.localBase += milliseconds * 1_000_000
  }

  private mutating func rebase(at now: Int) {
    let local = self.raw(now)
    self.latest = max(self.latest, local)
    self.localBase = local
    self.trueBase = now
  }
}
