public import MDMStanza

/// The answer to who the active client is: who, since when, by which act, until when (R-040, B1).
public struct ActiveClient: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// Since when it has been the active client without a break.
  public let since: MonotonicInstant
  /// When it last did something that counts.
  public let lastAct: MonotonicInstant
  /// What it did.
  public let act: QualifyingAct
  /// From when on it is no longer active unless it acts again: the end of the half-open window.
  public let until: MonotonicInstant

  package init(
    device: DeviceHandle, since: MonotonicInstant, lastAct: MonotonicInstant, act: QualifyingAct,
    until: MonotonicInstant
  ) {
    self.device = device
    self.since = since
    self.lastAct = lastAct
    self.act = act
    self.until = until
  }
}

/// How one session stands in the election, for the person who asks why it did not ring.
public struct ElectionStanding: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// How it stands.
  public let verdict: Verdict
  /// When it last did something that counts; nil for never.
  public let lastAct: MonotonicInstant?

  /// How a session stands in the election.
  @nonexhaustive
  public enum Verdict: UInt8, Sendable, CaseIterable {
    /// It is the active client.
    case active
    /// Another session acted later.
    case outdone
    /// Its window has closed.
    case windowClosed
    /// It has done nothing that counts since it became available.
    case neverActed
  }

  package init(device: DeviceHandle, verdict: Verdict, lastAct: MonotonicInstant?) {
    self.device = device
    self.verdict = verdict
    self.lastAct = lastAct
  }
}
