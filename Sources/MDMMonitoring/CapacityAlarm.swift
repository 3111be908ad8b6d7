public import MDMStanza

// The law: the alarm speaks when the load has been over the limit without a break for the hold
// time, again after every interval, and only inside the window; once within the limit, everything
// begins anew. What is due before a call is told before the call changes anything, so that it does
// not matter how promptly a host's timer fires.
//
//            load over the limit              hold time over, window open
//   within ──────────────────────▶ exceeding ─────────────────────────────▶ raised ─┐
//     ▲                             │      ▲                                │  ▲    │ interval
//     └──────── load at the limit or below ┼────────────────── cleared ─────┘  └────┘ repeated
//                                          └── cleared, switched off ── raised

/// The alarm `JSMSessionsExceedsThreshold` of one node or one group (R-067…, B24).
///
/// A pure machine like the engine: instants come in, what there is to say comes out, and a host
/// calls ``expire(at:into:)`` when ``nextDeadline`` has come. It samples whenever the load changes,
/// so no peak between two polls is missed and no dip either.
public struct CapacityAlarm: Hashable, Sendable {
  /// What the alarm is about.
  public let subject: AlarmSubject
  /// The capacity that the load is compared with.
  public private(set) var model: CapacityModel
  /// When it speaks.
  public private(set) var settings: AlarmSettings
  /// Sessions as last noted.
  public private(set) var load = 0
  /// How busy the node's machine is, for the alerts; changes nothing about when they come.
  public private(set) var usage: NodeUsage?
  /// Since when the load is over the limit; nil while it is not.
  public private(set) var overSince: MonotonicInstant?
  /// Alerts since then; 0 while the alarm is not raised.
  public private(set) var alertCount = 0
  /// Alerts ever.
  public private(set) var totalAlerts: UInt64 = 0
  private var lastAlert = MonotonicInstant.distantPast
  /// Nothing is due before this: the settings were others.
  private var settledAt = MonotonicInstant.distantPast
  private var now = MonotonicInstant.distantPast

  /// An alarm over nothing yet.
  public init(
    _ subject: AlarmSubject, model: CapacityModel, settings: AlarmSettings = .standard
  ) {
    self.subject = subject
    self.model = model
    self.settings = settings
  }

  /// Whether the alarm has been raised and not been taken back.
  public var isRaised: Bool { self.alertCount > 0 }

  /// How full the subject is: the counter `JSMSessionsExceedsThreshold`.
  public var level: LoadLevel { self.model.level(of: self.load) }

  /// How long the load has been over the limit at `now`; nil while it is not.
  public func timeOver(at now: MonotonicInstant) -> Duration? {
    self.overSince.map { .nanoseconds(max(now, self.now).nanoseconds(since: $0)) }
  }

  /// When ``expire(at:into:)`` is next due, or nil when nothing will happen by itself.
  ///
  /// - Complexity: O(1).
  public var nextDeadline: MonotonicInstant? {
    guard self.settings.isEnabled, let overSince else { return nil }
    let due =
      self.isRaised
      ? self.lastAlert.advanced(by: self.settings.repeatInterval)
      : overSince.advanced(by: self.settings.holdTime)
    let settled = max(due, self.settledAt)
    return self.settings.window?.opening(from: settled) ?? settled
  }

  // MARK: - What happens

  /// The load is so many sessions from now on.
  public mutating func note(
    load: Int, at now: MonotonicInstant, into effects: inout [CapacityAlarmEffect]
  ) {
    self.change(at: now, into: &effects) { $0.load = max(0, load) }
  }

  /// The node's machine is so busy, or nobody knows any more: for the next alert.
  public mutating func note(usage: NodeUsage?) { self.usage = usage }

  /// The pair shares its users in another way from now on, and the capacity follows.
  public mutating func setMode(
    _ mode: ServingMode, at now: MonotonicInstant, into effects: inout [CapacityAlarmEffect]
  ) {
    self.change(at: now, into: &effects) { $0.model.mode = mode }
  }

  /// The capacity is another one from now on, as after a change of the node's size.
  public mutating func setModel(
    _ model: CapacityModel, at now: MonotonicInstant,
    into effects: inout [CapacityAlarmEffect]
  ) {
    self.change(at: now, into: &effects) { $0.model = model }
  }

  /// The alarm speaks by other rules from now on (R-070…R-072). How long the limit has been
  /// exceeded is known all the same: an alarm that is switched on late speaks at once.
  public mutating func configure(
    _ settings: AlarmSettings, at now: MonotonicInstant,
    into effects: inout [CapacityAlarmEffect]
  ) {
    self.change(at: now, into: &effects) { alarm in
      alarm.settings = settings
      alarm.settledAt = alarm.now
    }
  }

  private mutating func change(
    at now: MonotonicInstant, into effects: inout [CapacityAlarmEffect],
    _ body: (inout CapacityAlarm) -> Void
  ) {
    self.expire(at: now, into: &effects)
    body(&self)
    self.judge(into: &effects)
    self.tellDue(into: &effects)
  }

  /// Tells what is due. Early or repeated calls do nothing; a late one tells what it would have
  /// told in time, save that of several repeats only the last one is told.
  ///
  /// - Complexity: O(repeats missed), at most ``missedLimit``; O(1) in time.
  public mutating func expire(
    at now: MonotonicInstant, into effects: inout [CapacityAlarmEffect]
  ) {
    // The last instant there is stands for never, which nothing may become due at.
    self.now = max(self.now, min(now, MonotonicInstant(nanoseconds: .max - 1)))
    self.tellDue(into: &effects)
  }

  /// Repeats that a late call counts one by one; beyond, it goes on from the call's own instant.
  public static let missedLimit = 10_000

  // MARK: - What follows

  /// Compares the load with the limit.
  private mutating func judge(into effects: inout [CapacityAlarmEffect]) {
    let isOver = self.model.exceeds(limitPercent: self.settings.limitPercent, load: self.load)
    guard let overSince else {
      if isOver { self.overSince = self.now }
      return
    }
    if self.isRaised, !isOver || !self.settings.isEnabled {
      let alert = self.alert(since: overSince, at: self.now)
      effects.append(.cleared(alert, isOver ? .disabled : .withinLimit))
      self.alertCount = 0
    }
    if !isOver { self.overSince = nil }
  }

  private mutating func tellDue(into effects: inout [CapacityAlarmEffect]) {
    guard let overSince else { return }
    if !self.isRaised, let due = self.nextDeadline, due <= self.now {
      self.countAlert(at: due)
      effects.append(.raised(self.alert(since: overSince, at: due)))
    }
    let before = self.alertCount
    while let due = self.nextDeadline, due <= self.now {
      self.countAlert(at: self.alertCount - before < Self.missedLimit ? due : self.now)
    }
    if self.alertCount > before {
      effects.append(.repeated(self.alert(since: overSince, at: self.lastAlert)))
    }
  }

  private mutating func countAlert(at instant: MonotonicInstant) {
    self.lastAlert = instant
    self.alertCount += 1
    self.totalAlerts &+= 1
  }

  private func alert(
    since overSince: MonotonicInstant, at instant: MonotonicInstant
  ) -> CapacityAlert {
    CapacityAlert(
      subject: self.subject, level: self.level, limitPercent: self.settings.limitPercent,
      overSince: overSince, instant: instant, number: self.alertCount, usage: self.usage)
  }

  // MARK: - Snapshot

  /// What another process needs to go on with the alarm, as ages: its clock is another one.
  public struct Snapshot: Hashable, Sendable {
    /// Sessions as last noted.
    public var load = 0
    /// How long the limit has been exceeded; nil when it is not.
    public var timeOver: Duration?
    /// Alerts since then.
    public var alertCount = 0
    /// How long ago the last of them was.
    public var sinceLastAlert = Duration.zero
    /// Alerts ever.
    public var totalAlerts: UInt64 = 0

    /// Nothing noted yet.
    public init() {}
  }

  /// The alarm's state at `now`.
  public func snapshot(at now: MonotonicInstant) -> Snapshot {
    var snapshot = Snapshot()
    snapshot.load = self.load
    snapshot.timeOver = self.timeOver(at: now)
    snapshot.alertCount = self.alertCount
    if self.isRaised {
      snapshot.sinceLastAlert = .nanoseconds(
        max(now, self.now).nanoseconds(since: self.lastAlert))
    }
    snapshot.totalAlerts = self.totalAlerts
    return snapshot
  }

  /// The alarm that goes on from a snapshot at `now`. What became due meanwhile is told by the next
  /// call.
  public init(
    _ subject: AlarmSubject, model: CapacityModel, settings: AlarmSettings,
    resuming snapshot: Snapshot, at now: MonotonicInstant
  ) {
    self.init(subject, model: model, settings: settings)
    self.now = now
    self.load = max(0, snapshot.load)
    self.totalAlerts = snapshot.totalAlerts
    if let over = snapshot.timeOver {
      self.overSince = now.advanced(by: .zero - over)
      self.alertCount = max(0, snapshot.alertCount)
      self.lastAlert = now.advanced(by: .zero - snapshot.sinceLastAlert)
    }
  }
}
