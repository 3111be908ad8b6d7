public import MDM

/// A configuration and steps, all that a run depends on.
public struct Script: Hashable, Sendable {
  /// How the engine behaves at first.
  public var configuration: Configuration
  /// What happens.
  public var steps: [ScriptStep]

  /// The script with these parts.
  public init(configuration: Configuration = .standard, steps: [ScriptStep] = []) {
    self.configuration = configuration
    self.steps = steps
  }
}

/// Makes random scripts: one to three accounts of one to eight devices that do everything a
/// ``Command`` can say, in any order, at inconvenient instants.
///
/// Most steps are legal; some come too late, repeat what is so already, name absent devices or
/// positions never handed out, or break a limit. The weights see to it that quiet devices and
/// active ones live side by side, that buffers fill and that small limits are hit. Each stanza
/// bears its own number in order of appearance as its id, which tells any two apart.
///
/// A host can play such scripts against its own adapter to the engine:
///
///     let script = ScriptGenerator(seed: 7).script(steps: 300)
///     var engine = MessagingEngine(configuration: script.configuration)
///     var player = ScriptPlayer()
///     for step in script.steps { player.play(step, on: &engine, into: &effects) … }
///
/// The same seed and ``Options`` give the same script everywhere.
public struct ScriptGenerator: Sendable {
  var random: SeededGenerator
  let options: Options
  var accounts = 1
  var devices: [Int] = []
  var configuration = Configuration.standard
  var stanzas = 0
  /// Whether this script's people come and go more than they write.
  var isRestless = false
  /// Where each device is believed to stand, by account and number; the engine may know better.
  var guesses: [[Guess]] = []
  /// Accounts that have been closed and not opened again.
  var closed: [Int] = []
  /// Whether time passes quickly.
  var isHasty = false
  /// The mode that this script's devices prefer.
  var favouriteMode = SessionMode.quiet

  /// Where a device is believed to stand.
  enum Guess: Sendable {
    case signedOut
    case connected
    case away
  }

  /// What scripts are made of.
  public struct Options: Hashable, Sendable {
    /// The most accounts. Default: 3.
    public var accounts = 3
    /// The most devices that an account has. Default: 8.
    public var devicesPerAccount = 8
    /// Whether the configuration varies; otherwise it is ``configuration``. Default: true.
    public var variesConfiguration = true
    /// The configuration when it does not vary, and the one that variations start from.
    public var configuration = Configuration.standard
    /// Whether steps replace the configuration, switch MDM or restart. Default: true.
    public var reconfigures = true
    /// Whether the clock ever goes back. Default: true.
    public var clockGoesBack = true

    /// Everything at its default.
    public init() {}
  }

  /// A generator for the scripts of one seed.
  public init(seed: UInt64, options: Options = Options()) {
    self.random = SeededGenerator(seed: seed)
    self.options = options
  }

  /// A script of so many steps, the opening of accounts and the first sign-ins included.
  public consuming func script(steps count: Int) -> Script {
    self.accounts = self.random.number(in: 1...max(1, self.options.accounts))
    self.devices = (0..<self.accounts).map { _ in
      self.random.number(in: 1...max(1, self.options.devicesPerAccount))
    }
    self.guesses = self.devices.map { Array(repeating: .signedOut, count: $0) }
    self.configuration = self.firstConfiguration()
    self.isRestless = self.random.chance(1, in: 4)
    self.isHasty = self.random.chance(1, in: 3)
    self.favouriteMode = self.random.chance(4, in: 5) ? .quiet : .silent
    let first = self.configuration
    var steps = self.beginning()
    while steps.count < count {
      let action = self.action()
      steps.append(ScriptStep(self.moment(), action))
      if case .configure(let configuration) = action { self.configuration = configuration }
    }
    return Script(configuration: first, steps: Array(steps.prefix(count)))
  }

  private mutating func beginning() -> [ScriptStep] {
    var steps: [ScriptStep] = []
    for account in 0..<self.accounts {
      let archived = self.random.chance(1, in: 4) ? self.random.below(1_000) : 0
      steps.append(
        ScriptStep(.still, .open(account: account, archived: ArchivePosition(UInt64(archived)))))
      for number in 0..<self.devices[account] where !self.random.chance(1, in: 5) {
        let request = self.signIn(number)
        steps.append(ScriptStep(self.moment(), .signIn(account: account, request)))
        self.guesses[account][number] = .connected
      }
    }
    return steps
  }

  // MARK: - When

  private mutating func moment() -> ScriptMoment {
    let window = self.configuration.values.activeWindow.wholeNanoseconds
    let milli: Int64 = 1_000_000
    // Where time passes quickly windows close before buffers can fill, so most scripts are slow.
    let weights = self.isHasty ? [20, 35, 15, 6, 3, 8, 10, 2, 1] : [28, 50, 7, 2, 3, 5, 4, 1, 0]
    switch self.random.pick(weighted: weights.enumerated().map { ($0.element, $0.offset) }) {
    case 0: return .still
    case 1: return .after(Int64(self.random.below(4_000)) * milli)
    case 2: return .after(Int64(self.random.below(40_000)) * milli)
    case 3: return .after(window / Int64(self.random.number(in: 1...4)))
    case 4: return self.clockBack(Int64(self.random.below(20_000)) * milli)
    case 5: return .deadline(Int64(self.random.number(in: -1...1)))
    case 6:
      return .activityEnd(
        account: self.random.below(self.accounts), Int64(self.random.number(in: -1...1)))
    case 7: return .after(window + Int64(self.random.below(100_000)) * milli)
    default: return .after(Int64(self.random.below(80 * 3_600)) * 1_000 * milli)
    }
  }

  private mutating func clockBack(_ nanoseconds: Int64) -> ScriptMoment {
    self.options.clockGoesBack ? .after(-nanoseconds) : .still
  }

  // MARK: - What

  /// The sorts of steps, so that weights stand in one table.
  private enum Sort {
    case receive, send, read, mode, presence, lost, resume, signIn, signOut, request, requestMDM
    case archived, archiveFailed, expire, expireAccount, open, close, setEnabled, restart
    case configure
  }

  private mutating func action() -> ScriptAction {
    if !self.closed.isEmpty, self.random.chance(1, in: 4) {
      return .open(account: self.closed.removeFirst(), archived: .start)
    }
    let waits = self.configuration.values.archiveFailure == .refuse
    let restless = self.isRestless ? 3 : 1
    let reconfigures = self.options.reconfigures ? 1 : 0
    let sort = self.random.pick(weighted: [
      (180, Sort.receive), (40, .send), (45, .read), (45 * restless, .mode),
      (35 * restless, .presence), (18 * restless, .lost), (18 * restless, .resume),
      (28 * restless, .signIn), (7 * restless, .signOut), (8, .request), (8, .requestMDM),
      (waits ? 120 : 1, .archived), (waits ? 20 : 1, .archiveFailed), (18, .expire),
      (5, .expireAccount), (2, .open), (1, .close), (3 * reconfigures, .setEnabled),
      (3 * reconfigures, .restart), (7 * reconfigures, .configure),
    ])
    switch sort {
    case .receive, .send, .read: return self.stanzaAction(sort)
    case .mode, .presence, .lost, .resume, .signIn, .signOut, .request, .requestMDM:
      return self.sessionAction(sort)
    case .archived: return .archived(account: self.account(), request: self.request())
    case .archiveFailed: return .archiveFailed(account: self.account(), request: self.request())
    case .expire: return .expire
    case .expireAccount: return .expireAccount(self.account())
    case .open: return .open(account: self.account(), archived: .start)
    case .close:
      let account = self.account()
      if !self.closed.contains(account) { self.closed.append(account) }
      self.guesses[account] = Array(repeating: .signedOut, count: self.devices[account])
      return .close(account: account)
    case .setEnabled: return .setEnabled(self.random.chance(3, in: 5))
    case .restart: return .restart
    case .configure: return .configure(self.variation(of: self.configuration))
    }
  }

  private mutating func stanzaAction(_ sort: Sort) -> ScriptAction {
    let account = self.account()
    switch sort {
    case .send:
      let toSelf = self.random.chance(1, in: 10) ? self.address(in: account) : nil
      return .send(self.device(account), self.stanza(isSent: true), toSelf: toSelf)
    case .read:
      let position: ScriptPosition =
        self.random.chance(1, in: 12)
        ? .ahead(UInt64(self.random.number(in: 1...3)))
        : .last(back: UInt64(self.random.below(self.random.chance(1, in: 3) ? 1 : 12)))
      return .read(self.device(account), self.conversation() ?? "c0", upTo: position)
    default:
      return .receive(
        account: account, self.stanza(isSent: false), to: self.address(in: account))
    }
  }

  private mutating func sessionAction(_ sort: Sort) -> ScriptAction {
    let account = self.account()
    switch sort {
    case .mode:
      return .setMode(
        self.device(account),
        self.random.pick(weighted: [
          (10, self.favouriteMode), (5, .normal), (1, .quiet), (1, .silent),
        ]))
    case .presence: return .presence(self.device(account), self.presence())
    case .lost:
      let device = self.device(account)
      self.guess(.away, of: device)
      return .connectionLost(device)
    case .resume:
      let device = self.device(account, .away)
      self.guess(.connected, of: device)
      return .resume(device)
    case .signIn:
      let device = self.device(account, self.random.chance(1, in: 4) ? .away : .signedOut)
      self.guess(.connected, of: device)
      return .signIn(account: account, self.signIn(device.number))
    case .signOut:
      let device = self.device(account)
      self.guess(.signedOut, of: device)
      return .signOut(device)
    case .request: return .requested(self.device(account))
    default: return .requestMDM(self.device(account), self.random.chance(3, in: 5))
    }
  }

  private mutating func guess(_ guess: Guess, of device: ScriptDevice) {
    if !device.isStale { self.guesses[device.account][device.number] = guess }
  }
}
