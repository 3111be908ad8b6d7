public import MDM

/// An engine in a story: manual time, names instead of handles, and a record of who observed what.
///
/// The scenario is for tests of the engine and of its hosts. Devices go by name, `phone` for a
/// device of the main account and `carol/phone` for one of another account; accounts are opened
/// when first mentioned. Stanzas go by their ids, and what was archived under an id is remembered.
///
///     let story = Scenario()
///     story.signIn("laptop", "phone")
///     story.at("0:10").available("laptop")
///     story.at("0:11").receive("m1")
///     #expect(story.saw("laptop") == "ring m1")
///     #expect(story.saw("phone") == "mute m1")
///
/// Every call is one step. ``effects``, ``explanations``, ``outcome`` and ``saw(_:)`` tell of the
/// last one; ``story``, ``rings(on:)`` and ``delivered(to:)`` of all of them.
public final class Scenario {
  /// The engine itself, for questions that the scenario does not know.
  public private(set) var engine: MessagingEngine
  /// The instant of the next step.
  public private(set) var now: MonotonicInstant
  /// What became of the last step's command.
  public private(set) var outcome = Outcome.done
  /// What the host had to do after the last step.
  public private(set) var effects: [Effect] = []
  /// Why, in the last step, each device got each stanza or did not.
  public private(set) var explanations: [Explanation] = []
  /// Everything observed so far, in order.
  public private(set) var story: [Observation] = []
  /// How many steps there have been.
  public private(set) var steps = 0

  /// The account that is meant when none is named.
  public let mainAccount: String
  let start: MonotonicInstant
  private var buffer = Effects(explaining: true)
  private var accountHandles: [String: AccountHandle] = [:]
  private var accountNames: [AccountHandle: String] = [:]
  private var deviceHandles: [String: DeviceHandle] = [:]
  private var deviceNames: [DeviceHandle: String] = [:]
  private var positions: [String: ArchivePosition] = [:]

  /// A story that begins now.
  ///
  /// - Parameters:
  ///   - configuration: how the engine behaves.
  ///   - account: the main account.
  ///   - start: the instant that clock readings count from.
  public init(
    _ configuration: Configuration = .standard, account: String = "alice",
    startingAt start: MonotonicInstant = .origin
  ) {
    self.engine = MessagingEngine(configuration: configuration, startingAt: start)
    self.now = start
    self.start = start
    self.mainAccount = account
  }

  /// A story under the defaults as changed by `edit`.
  ///
  /// - Throws: ``ConfigurationError`` when a setting is out of its range.
  public convenience init(
    account: String = "alice", startingAt start: MonotonicInstant = .origin,
    _ edit: (inout Configuration.Values) -> Void
  ) throws(ConfigurationError) {
    self.init(try Configuration(edit), account: account, startingAt: start)
  }

  // MARK: - Time

  /// Turns the clock to a reading. Deadlines on the way are handled when they come, as a host's
  /// timer would; what they cause is a step of its own for each.
  @discardableResult
  public func at(_ reading: ClockReading) -> Self {
    let target = reading.instant(after: self.start)
    while let deadline = self.engine.nextDeadline, deadline <= target {
      self.now = max(self.now, deadline)
      self.beginStep()
      self.engine.expire(at: self.now, into: &self.buffer)
      self.endStep(.done)
    }
    self.now = target
    return self
  }

  /// Turns the clock to a reading without a timer: what is due waits for the next command.
  @discardableResult
  public func atWithoutTimer(_ reading: ClockReading) -> Self {
    self.now = reading.instant(after: self.start)
    return self
  }

  // MARK: - Steps

  /// Carries out any command as one step.
  @discardableResult
  public func apply(_ command: Command) -> Outcome {
    self.beginStep()
    let outcome = self.engine.apply(command, at: self.now, into: &self.buffer)
    self.endStep(outcome)
    return outcome
  }

  private func beginStep() {
    self.buffer.removeAll()
    self.steps += 1
  }

  private func endStep(_ outcome: Outcome) {
    self.outcome = outcome
    self.effects = Array(self.buffer)
    self.explanations = self.buffer.explanations
    for (subject, event) in Self.observations(of: self.effects, self.explanations) {
      let observation = self.observation(subject, event)
      self.story.append(observation)
      if case .archived(let id, let position, _) = event {
        self.positions["\(observation.account)/\(id)"] = position
      }
    }
  }

  private func observation(_ subject: Subject, _ event: Observation.Event) -> Observation {
    let account: String
    var device: String?
    switch subject {
    case .account(let handle): account = self.accountNames[handle] ?? "\(handle)"
    case .device(let handle), .accountOf(let handle):
      let name = self.deviceNames[handle] ?? "\(handle)"
      account = self.split(name).account
      if case .device = subject { device = name }
    }
    return Observation(
      step: self.steps, instant: self.now, account: account, device: device, event: event)
  }

  // MARK: - Names

  /// The handle of an account, which is opened if it is not known yet.
  public func account(_ name: String? = nil) -> AccountHandle {
    let name = name ?? self.mainAccount
    if let handle = self.accountHandles[name] { return handle }
    guard case .opened(let handle) = self.apply(.open(AccountName(name), archived: .start)) else {
      preconditionFailure("The account \(name) cannot be opened: \(self.outcome).")
    }
    self.accountHandles[name] = handle
    self.accountNames[handle] = name
    return handle
  }

  /// The handle that a device had when it last signed in, whether or not it is still current.
  public func device(_ name: String) -> DeviceHandle {
    guard let handle = self.deviceHandles[self.canonical(name)] else {
      preconditionFailure("No device \(name) has signed in.")
    }
    return handle
  }

  /// What the story calls a device.
  public func name(of device: DeviceHandle) -> String? { self.deviceNames[device] }

  /// The position under which a message was last archived.
  public func position(of id: String, in account: String? = nil) -> ArchivePosition? {
    self.positions["\(account ?? self.mainAccount)/\(id)"]
  }

  func split(_ name: String) -> (account: String, device: String) {
    guard let slash = name.firstIndex(of: "/") else { return (self.mainAccount, name) }
    return (String(name[..<slash]), String(name[name.index(after: slash)...]))
  }

  /// One name a device: those of the main account go without it.
  func canonical(_ name: String) -> String {
    let (account, device) = self.split(name)
    return account == self.mainAccount ? device : name
  }

  /// Signs one device in as a step of its own.
  @discardableResult
  public func signIn(_ name: String, _ request: SignIn) -> Outcome {
    let name = self.canonical(name)
    let account = self.account(self.split(name).account)
    // The old handle of the same name still has its name while its session ends.
    let outcome = self.apply(.signIn(account, request))
    if case .signedIn(let signedIn) = outcome {
      self.deviceHandles[name] = signedIn.device
      self.deviceNames[signedIn.device] = name
      // What the new session was told at once was recorded before it had a name.
      let unnamed = "\(signedIn.device)"
      self.story = self.story.map { observation in
        guard observation.device == unnamed else { return observation }
        return Observation(
          step: observation.step, instant: observation.instant,
          account: self.split(name).account, device: name, event: observation.event)
      }
    }
    return outcome
  }

  /// Closes an account and forgets its handle.
  @discardableResult
  public func close(_ name: String? = nil) -> Outcome {
    let name = name ?? self.mainAccount
    let outcome = self.apply(.close(self.account(name)))
    self.accountHandles[name] = nil
    return outcome
  }
}
