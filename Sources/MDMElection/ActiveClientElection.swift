public import MDMStanza

/// When a session last did something that makes it the active client, if ever (B1, B2).
@usableFromInline
package struct ActivityStamp: BitwiseCopyable, Sendable, Equatable {
  /// The instant, `.distantPast` for never.
  @usableFromInline package var instant: MonotonicInstant
  /// Upper 29 bits: the act's number within its account, so that of two acts at the same instant
  /// the one processed later wins (B1). Lower 3 bits: the kind of act.
  @usableFromInline package var packed: UInt32

  /// No act yet, or the act was erased (B4).
  package static var never: ActivityStamp { ActivityStamp(instant: .distantPast, packed: 0) }

  @inlinable
  package init(instant: MonotonicInstant, packed: UInt32) {
    self.instant = instant
    self.packed = packed
  }

  /// Whether there is an act.
  @inlinable package var exists: Bool { self.packed != 0 }

  /// What the act was; meaningless when there is none.
  package var act: QualifyingAct {
    QualifyingAct(rawValue: UInt8(self.packed & 7)) ?? .availablePresence
  }
}

/// The active-client election of one account (R-040, B1–B5).
///
/// Law: of the sessions with an act, the one with the latest (instant, number) is the holder; it
/// is active while `0 <= now - instant < window`. Instants never go back, so whoever acts last is
/// the holder, and when the holder's window has closed so has everyone's. The register therefore
/// remembers one index and a query costs one subtraction; only when the holder leaves are the
/// others looked at again.
@usableFromInline
package struct ActiveClientElection: BitwiseCopyable, Sendable {
  /// Since when the holder has been active without a break.
  @usableFromInline package internal(set) var heldSince: MonotonicInstant = .distantPast
  /// Acts counted in this account so far.
  @usableFromInline package internal(set) var acts: UInt32 = 0
  /// Index of the session with the latest act, -1 for none.
  @usableFromInline package internal(set) var holder: Int8 = -1

  package init() {}

  /// The session at `index` did `act` at `now`; returns its new stamp.
  ///
  /// - Complexity: O(1).
  @inlinable @inline(always)
  package mutating func noteAct(
    _ act: QualifyingAct, by index: Int, previous: ActivityStamp, at now: MonotonicInstant,
    window: Int64
  ) -> ActivityStamp {
    let wasActive =
      Int(self.holder) == index && Self.isWithin(window, previous.instant, at: now)
    if !wasActive { self.heldSince = now }
    self.holder = Int8(truncatingIfNeeded: index)
    // Numbers wrap after half a thousand million acts; they only break ties at one instant.
    self.acts = (self.acts &+ 1) & 0x1FFF_FFFF
    if self.acts == 0 { self.acts = 1 }
    return ActivityStamp(instant: now, packed: self.acts &<< 3 | UInt32(act.rawValue))
  }

  /// The session at `index` is no candidate any more. The caller erases its stamp first; `stamp`
  /// gives those of `candidates`.
  ///
  /// - Complexity: O(candidates), only when the holder leaves.
  package mutating func withdraw(
    _ index: Int, candidates: DeviceSet, at now: MonotonicInstant,
    stamp: (Int) -> ActivityStamp
  ) {
    guard Int(self.holder) == index else { return }
    self.holder = -1
    var best = ActivityStamp.never
    var rest = candidates
    while let candidate = rest.popFirst() {
      let other = stamp(candidate)
      guard other.exists else { continue }
      if !best.exists || other.instant > best.instant
        || (other.instant == best.instant && other.packed > best.packed)
      {
        best = other
        self.holder = Int8(truncatingIfNeeded: candidate)
      }
    }
    self.heldSince = now
  }

  /// The index of the active client at `now`, -1 for none.
  @inlinable @inline(always)
  package func active(
    holderStamp: ActivityStamp, at now: MonotonicInstant, window: Int64
  ) -> Int {
    Self.isWithin(window, holderStamp.instant, at: now) ? Int(self.holder) : -1
  }

  /// Whether `now` lies in the half-open window that opens at `instant` (B3).
  @inlinable @inline(always)
  package static func isWithin(
    _ window: Int64, _ instant: MonotonicInstant, at now: MonotonicInstant
  ) -> Bool {
    // Reported overflow means that the two lie further apart than any window.
    let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(instant.nanoseconds)
    return !overflow && age >= 0 && age < window
  }

  /// The register of a snapshot.
  package init(holder: Int8, acts: UInt32, heldSince: MonotonicInstant) {
    self.holder = holder
    self.acts = acts
    self.heldSince = heldSince
  }
}
