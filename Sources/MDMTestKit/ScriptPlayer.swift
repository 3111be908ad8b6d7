public import MDM

/// Plays the steps of a script against an engine: keeps the clock, and the handles that the
/// engine has given to the script's accounts and devices.
///
///     var player = ScriptPlayer()
///     for step in script.steps {
///       guard let input = player.input(for: step, on: engine) else { continue }
///       let outcome = input.apply(to: &engine, into: &effects)
///       player.note(outcome, of: step, effects)
///       …
///       effects.removeAll()
///     }
///
/// ``play(_:on:into:)`` does just this for one step.
public struct ScriptPlayer: Sendable {
  /// The instant of the step played last; goes back only when a step says so.
  public private(set) var now: MonotonicInstant
  private var accounts: [Int: AccountHandle] = [:]
  private var devices: [Place: (latest: DeviceHandle, earlier: DeviceHandle?)] = [:]
  private var outstanding: [AccountHandle: [ArchivePosition]] = [:]

  private struct Place: Hashable, Sendable {
    var account: Int
    var name: DeviceName
  }

  /// A player whose clock stands at `now`.
  public init(startingAt now: MonotonicInstant = .origin) { self.now = now }

  /// Sets the clock.
  mutating func moveClock(to now: MonotonicInstant) { self.now = now }

  /// What a step means for an engine: a command or a firing timer, and its instant.
  public struct Input: Hashable, Sendable {
    /// The command; nil for the engine's timer.
    public var command: Command?
    /// When it happens.
    public var now: MonotonicInstant

    /// The input with these parts.
    public init(command: Command?, now: MonotonicInstant) {
      self.command = command
      self.now = now
    }

    /// Carries the input out; the outcome of a firing timer is `done`.
    public func apply(
      to engine: inout MessagingEngine, into effects: inout Effects
    ) -> Outcome {
      if let command = self.command {
        return engine.apply(command, at: self.now, into: &effects)
      }
      engine.expire(at: self.now, into: &effects)
      return .done
    }
  }

  /// Turns a step into a command at an instant, and sets the clock to it. Nil when the step speaks
  /// of an account or a device that has never been there.
  public mutating func input(for step: ScriptStep, on engine: borrowing MessagingEngine) -> Input? {
    let instant = self.instant(of: step.moment, on: engine)
    if case .expire = step.action {
      self.now = instant
      return Input(command: nil, now: instant)
    }
    guard let command = self.command(for: step.action, on: engine) else { return nil }
    self.now = instant
    return Input(command: command, now: instant)
  }

  /// Learns handles and archive requests from what a step has brought about.
  public mutating func note(_ outcome: Outcome, of step: ScriptStep, _ effects: Effects) {
    switch (outcome, step.action) {
    case (.opened(let handle), .open(let number, _)):
      self.accounts[number] = handle
    case (.signedIn(let signedIn), .signIn(let number, let request)):
      let place = Place(account: number, name: request.device)
      self.devices[place] = (signedIn.device, self.devices[place]?.latest)
    default:
      break
    }
    for effect in effects {
      guard case .archive(let request) = effect else { continue }
      self.outstanding[request.account, default: []].append(request.position)
    }
  }

  /// Plays one step and returns what became of it; nil when it was passed over.
  @discardableResult
  public mutating func play(
    _ step: ScriptStep, on engine: inout MessagingEngine, into effects: inout Effects
  ) -> Outcome? {
    guard let input = self.input(for: step, on: engine) else { return nil }
    let outcome = input.apply(to: &engine, into: &effects)
    self.note(outcome, of: step, effects)
    return outcome
  }

  /// The handle last given to the account of this number.
  public func account(_ number: Int) -> AccountHandle? { self.accounts[number] }

  /// The handle that a step's device stands for.
  public func device(_ device: ScriptDevice) -> DeviceHandle? {
    let known = self.devices[Place(account: device.account, name: device.name)]
    return device.isStale ? known?.earlier ?? known?.latest : known?.latest
  }

  // MARK: - Resolving

  private func instant(
    of moment: ScriptMoment, on engine: borrowing MessagingEngine
  ) -> MonotonicInstant {
    let later = self.now.advanced(by: .seconds(1))
    switch moment {
    case .still:
      return self.now
    case .after(let nanoseconds):
      return self.now.advanced(byNanoseconds: nanoseconds)
    case .deadline(let offset):
      return engine.nextDeadline?.advanced(byNanoseconds: offset) ?? later
    case .activityEnd(let number, let offset):
      guard let account = self.accounts[number],
        let active = engine.activeClient(of: account, at: self.now)
      else { return later }
      return active.until.advanced(byNanoseconds: offset)
    }
  }

  private mutating func command(
    for action: ScriptAction, on engine: borrowing MessagingEngine
  ) -> Command? {
    switch action {
    case .open(let number, let archived):
      return .open(AccountName("a\(number)"), archived: archived)
    case .close(let number):
      return self.accounts[number].map { .close($0) }
    case .signIn(let number, let request):
      return self.accounts[number].map { .signIn($0, request) }
    case .receive(let number, let stanza, let address):
      return self.accounts[number].map { .receive($0, stanza, to: address) }
    case .archived(let number, let request):
      return self.takeOutstanding(number, request).map { .archived($0, $1) }
    case .archiveFailed(let number, let request):
      return self.takeOutstanding(number, request).map { .archiveFailed($0, $1) }
    case .expireAccount(let number):
      return self.accounts[number].map { .expire($0) }
    case .setEnabled(let isEnabled): return .setEnabled(isEnabled)
    case .restart: return .restart
    case .configure(let configuration): return .configure(configuration)
    case .expire: return nil
    case .signOut, .connectionLost, .resume, .presence, .requestMDM, .setMode, .requested, .send,
      .read:
      return self.deviceCommand(for: action, on: engine)
    }
  }

  private func deviceCommand(
    for action: ScriptAction, on engine: borrowing MessagingEngine
  ) -> Command? {
    switch action {
    case .signOut(let device): return self.device(device).map { .signOut($0) }
    case .connectionLost(let device): return self.device(device).map { .connectionLost($0) }
    case .resume(let device): return self.device(device).map { .resume($0) }
    case .presence(let device, let presence):
      return self.device(device).map { .presence($0, presence) }
    case .requestMDM(let device, let wanted):
      return self.device(device).map { .requestMDM($0, wanted) }
    case .setMode(let device, let mode): return self.device(device).map { .setMode($0, mode) }
    case .requested(let device): return self.device(device).map { .requested($0) }
    case .send(let device, let stanza, let address):
      return self.device(device).map { .send($0, stanza, toSelf: address) }
    case .read(let device, let conversation, let position):
      guard let handle = self.device(device), let account = self.accounts[device.account] else {
        return nil
      }
      let last = engine.lastPosition(of: account)?.ordinal ?? 0
      return .read(handle, conversation, upTo: Self.resolve(position, last: last))
    case .open, .close, .signIn, .receive, .archived, .archiveFailed, .expireAccount, .expire,
      .setEnabled, .restart, .configure:
      return nil
    }
  }

  private static func resolve(_ position: ScriptPosition, last: UInt64) -> ArchivePosition {
    switch position {
    case .last(let back): ArchivePosition(last - min(last, back))
    case .ahead(let distance): ArchivePosition(last &+ distance)
    }
  }

  private mutating func takeOutstanding(
    _ number: Int, _ request: Int
  ) -> (AccountHandle, ArchivePosition)? {
    guard let account = self.accounts[number], let waiting = self.outstanding[account],
      !waiting.isEmpty
    else { return nil }
    let place = request % waiting.count
    self.outstanding[account]?.remove(at: place)
    return (account, waiting[place])
  }
}
