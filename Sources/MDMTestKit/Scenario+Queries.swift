public import MDM

// What a test asks of a story.
extension Scenario {
  // MARK: - The last step

  /// What a device observed in the last step.
  public func events(at device: String) -> [Observation.Event] {
    self.events(at: device, since: self.steps)
  }

  /// What a device observed in the last step, in the notation of ``Timeline``'s cells.
  public func saw(_ device: String) -> String { self.events(at: device).cellText() }

  /// What the host had to do for the account as a whole in the last step, in the same notation.
  public func host(of account: String? = nil) -> String {
    let account = account ?? self.mainAccount
    return self.story.filter {
      $0.step == self.steps && $0.account == account && $0.device == nil
    }.map { $0.event }.cellText()
  }

  /// What a device observed from a step on.
  public func events(at device: String, since step: Int) -> [Observation.Event] {
    let device = self.canonical(device)
    return self.story.filter { $0.step >= step && $0.device == device }.map { $0.event }
  }

  // MARK: - The whole story

  /// Every delivery to a device, live or flushed, in order.
  public func deliveries(to device: String) -> [DeliveredStanza] {
    self.events(at: device, since: 0).compactMap {
      if case .delivered(let delivery) = $0 { delivery } else { nil }
    }
  }

  /// Ids of everything delivered to a device, in order.
  public func delivered(to device: String) -> [String] {
    self.deliveries(to: device).map { $0.id }
  }

  /// Ids of everything that rang on a device or reached its push service, in order.
  public func rings(on device: String) -> [String] {
    self.events(at: device, since: 0).compactMap {
      switch $0 {
      case .delivered(let delivery) where delivery.notification.rings: delivery.id
      case .pushed(let id): id
      default: nil
      }
    }
  }

  /// Why a device's buffer was flushed, each time.
  public func flushes(of device: String) -> [FlushReason] {
    self.events(at: device, since: 0).compactMap {
      if case .flushed(let reason, _) = $0 { reason } else { nil }
    }
  }

  /// Ids of what was handed to the host instead of being delivered to a device, in order.
  public func undelivered(to device: String) -> [String] {
    self.events(at: device, since: 0).compactMap {
      if case .undelivered(let id, _, _) = $0 { id } else { nil }
    }
  }

  // MARK: - Now

  /// The active client of an account, by name.
  public func activeClient(of account: String? = nil) -> String? {
    self.activity(of: account).flatMap { self.name(of: $0.device) }
  }

  /// All about the active client of an account.
  public func activity(of account: String? = nil) -> ActiveClient? {
    let handle = self.account(account)
    return self.engine.activeClient(of: handle, at: self.now)
  }

  /// Whether a device is an active client.
  public func isActive(_ device: String) -> Bool {
    self.engine.isActive(self.device(device), at: self.now)
  }

  /// How each signed-in device of an account stands in the election.
  public func verdicts(of account: String? = nil) -> [ElectionStanding.Verdict] {
    let handle = self.account(account)
    return self.engine.election(of: handle, at: self.now).map { $0.verdict }
  }

  /// What the engine knows of a device; nil once it has signed out.
  public func report(on device: String) -> DeviceReport? {
    self.engine.report(on: self.device(device))
  }

  /// How many stanzas wait for a device.
  public func heldCount(for device: String) -> Int { self.report(on: device)?.heldStanzas ?? 0 }

  /// The mode in force at a device.
  public func mode(of device: String) -> SessionMode? { self.report(on: device)?.mode }

  /// What the engine knows of what was read in a conversation.
  public func readState(
    of conversation: String, in account: String? = nil
  ) -> ConversationReport? {
    let handle = self.account(account)
    return self.engine.readState(of: ConversationID(conversation), in: handle)
  }

  /// How many messages of a conversation are unread.
  public func unread(in conversation: String, of account: String? = nil) -> Int? {
    self.readState(of: conversation, in: account)?.unread
  }

  /// Sessions that would not ring now because another client of their user is active.
  public var suppressedSessions: Int { self.engine.suppressedSessions(at: self.now) }

  /// Whether Multiple Device Messaging is on; a staged change does not show yet.
  public var isEnabled: Bool { self.engine.isEnabled }

  /// When something will happen by itself, nil for never.
  public var nextDeadline: MonotonicInstant? { self.engine.nextDeadline }

  /// The counters as they stand.
  public var counters: Counters { self.engine.counters(at: self.now) }

  /// A documented counter's text as it stands.
  public func counter(_ name: CounterName) -> String { self.counters.text(of: name) }
}
