import MDMElection
public import MDMStanza

/// What the devices of chosen accounts got in the last so many decisions, and why: for the person
/// who is asked why a telephone did not ring.
///
/// Nothing is kept of an account that is not watched. What is kept has limits, for each account and
/// for all; the oldest entries go first, and how many have gone is counted.
///
///     var log = DecisionLog()
///     try log.watch("alice@example.org")
///     var effects = Effects(explaining: true)
///     engine.receive(stanza, for: alice, at: now, into: &effects)
///     log.note(effects.explanations, of: engine, at: now)
///     for line in log.lines(of: "alice@example.org", unixSecondsAtOrigin: start) { print(line) }
public struct DecisionLog: Sendable {
  /// What may be kept.
  public let limits: Limits

  /// How much a log keeps.
  public struct Limits: Hashable, Sendable {
    /// Accounts that may be watched at once. Default: 16. Range: 1…1,000.
    public var accounts = 16
    /// Entries of one account. Default: 500. Range: 1…1,000,000.
    public var entriesPerAccount = 500
    /// Bytes of one account's entries. Default: 256 KiB. Range: 1…2³⁰.
    public var bytesPerAccount = 1 << 18
    /// Bytes of all entries. Default: 1 MiB. Range: 1…2³⁰.
    public var bytes = 1 << 20

    /// The defaults.
    public init() {}
  }

  /// Why an account cannot be watched.
  public enum WatchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As many accounts are watched as may.
    case tooManyAccounts(limit: Int)

    /// The reason in one sentence.
    public var description: String {
      switch self {
      case .tooManyAccounts(let limit): "\(limit) accounts are watched, which is as many as may be"
      }
    }
  }

  /// A watched account.
  private struct Watched: Sendable {
    let name: AccountName
    /// As of the last decisions noted.
    var handle: AccountHandle?
    /// Names of the devices that were signed in then, and of those that have come since.
    var devices: [(handle: DeviceHandle, name: DeviceName)] = []
    /// Entries from `first` on, oldest first; those before it have gone.
    var entries: [DecisionEntry] = []
    var first = 0
    var bytes = 0
    var forgotten: UInt64 = 0

    var count: Int { self.entries.count - self.first }
    var oldest: DecisionEntry? { self.count > 0 ? self.entries[self.first] : nil }
  }

  /// In the order in which watching began.
  private var watched: [Watched] = []
  /// Where each stands, ascending by name.
  private var places: [(name: AccountName, place: Int)] = []
  private var bytes = 0

  /// A log that watches nobody. Limits of less than one count as one.
  public init(limits: Limits = Limits()) {
    var limits = limits
    limits.accounts = max(1, limits.accounts)
    limits.entriesPerAccount = max(1, limits.entriesPerAccount)
    limits.bytesPerAccount = max(1, limits.bytesPerAccount)
    limits.bytes = max(1, limits.bytes)
    self.limits = limits
  }

  // MARK: - Watching

  /// Keeps the decisions of the account of this name from now on, whether it is open or not. Does
  /// nothing when it is watched already.
  ///
  /// - Throws: ``WatchError``.
  public mutating func watch(_ account: AccountName) throws(WatchError) {
    guard !self.isWatching(account) else { return }
    guard self.watched.count < self.limits.accounts else {
      throw .tooManyAccounts(limit: self.limits.accounts)
    }
    self.places.insert((account, self.watched.count), at: self.order(of: account))
    self.watched.append(Watched(name: account))
  }

  /// Stops watching an account and forgets its entries.
  public mutating func unwatch(_ account: AccountName) {
    guard let place = self.place(of: account) else { return }
    self.bytes -= self.watched[place].bytes
    self.watched.remove(at: place)
    self.places.remove(at: self.order(of: account))
    for index in self.places.indices where self.places[index].place > place {
      self.places[index].place -= 1
    }
  }

  /// Whether an account is watched.
  public func isWatching(_ account: AccountName) -> Bool { self.place(of: account) != nil }

  /// The accounts that are watched, in the order in which that began.
  public var accounts: [AccountName] { self.watched.map { $0.name } }

  private func place(of account: AccountName) -> Int? {
    let order = self.order(of: account)
    guard order < self.places.count, self.places[order].name == account else { return nil }
    return self.places[order].place
  }

  /// How many names come before this one.
  private func order(of account: AccountName) -> Int {
    var (low, high) = (0, self.places.count)
    while low < high {
      let middle = (low + high) / 2
      if self.places[middle].name < account { low = middle + 1 } else { high = middle }
    }
    return low
  }

  // MARK: - Reading

  /// The entries of an account, oldest first; empty when it is not watched.
  public func entries(of account: AccountName) -> [DecisionEntry] {
    self.place(of: account).map { Array(self.watched[$0].entries[self.watched[$0].first...]) } ?? []
  }

  /// The entries of an account as lines; see ``DecisionEntry/line(unixSecondsAtOrigin:)``.
  public func lines(of account: AccountName, unixSecondsAtOrigin: Int64) -> [String] {
    self.entries(of: account).map { $0.line(unixSecondsAtOrigin: unixSecondsAtOrigin) }
  }

  /// Entries of an account that have gone for want of room.
  public func forgottenCount(of account: AccountName) -> UInt64 {
    self.place(of: account).map { self.watched[$0].forgotten } ?? 0
  }

  /// Bytes that the entries count for.
  public var byteCount: Int { self.bytes }

  // MARK: - Writing

  /// Keeps what `engine` has explained about watched accounts. Without explanations it only learns
  /// which devices they have: call it so when watching begins, before one of them leaves.
  ///
  /// - Parameters:
  ///   - explanations: as the list of effects has them, after each command or after several.
  ///   - engine: the engine, as it is now. A log may serve several of different numbers.
  ///   - now: the instant of the command.
  /// - Complexity: O(explanations · log watched accounts); O(watched accounts) without explanations
  ///   and for those of devices that have left.
  public mutating func note(
    _ explanations: [Explanation], of engine: borrowing MessagingEngine, at now: MonotonicInstant
  ) {
    guard !explanations.isEmpty else {
      for place in self.watched.indices { self.learnDevices(of: place, engine) }
      return
    }
    var last: (account: AccountHandle?, place: Int?) = (nil, nil)
    var changed: [(place: Int, active: DecisionEntry.Active?)] = []
    for explanation in explanations {
      let account = engine.account(of: explanation.device)
      if account == nil || account != last.account {
        last = (account, self.place(of: account, explanation.device, engine))
      }
      guard let place = last.place else { continue }
      if !changed.contains(where: { $0.place == place }) {
        self.learnDevices(of: place, engine)
        let active = self.watched[place].handle.flatMap { Self.active(of: $0, engine, now) }
        changed.append((place, active))
      }
      let active = changed.first { $0.place == place }?.active
      self.add(explanation, to: place, active: active, at: now)
    }
    for (place, _) in changed { self.forgetDevices(of: place, engine) }
    while self.bytes > self.limits.bytes, self.forgetOldest() {}
  }

  /// Where the account of a device stands among those watched; a device that has left is known by
  /// its handle still.
  private func place(
    of account: AccountHandle?, _ device: DeviceHandle, _ engine: borrowing MessagingEngine
  ) -> Int? {
    if let account { return engine.name(of: account).flatMap { self.place(of: $0) } }
    return self.watched.firstIndex { $0.devices.contains { $0.handle == device } }
  }

  /// Learns who is signed in at a watched account, beside those who were.
  private mutating func learnDevices(of place: Int, _ engine: borrowing MessagingEngine) {
    let current = engine.account(named: self.watched[place].name)
    // The account is another engine's.
    guard current != nil || self.watched[place].handle?.engineNumber == engine.number else {
      return
    }
    self.watched[place].handle = current
    for device in current.map({ engine.devices(of: $0) }) ?? []
    where !self.watched[place].devices.contains(where: { $0.handle == device }) {
      guard let name = engine.report(on: device)?.name else { continue }
      self.watched[place].devices.append((device, name))
    }
  }

  /// Forgets the devices that have left, once what they got has been kept.
  private mutating func forgetDevices(of place: Int, _ engine: borrowing MessagingEngine) {
    let devices = self.watched[place].handle.map { engine.devices(of: $0) } ?? []
    self.watched[place].devices.removeAll { !devices.contains($0.handle) }
  }

  private static func active(
    of account: AccountHandle, _ engine: borrowing MessagingEngine, _ now: MonotonicInstant
  ) -> DecisionEntry.Active? {
    guard let active = engine.activeClient(of: account, at: now),
      let name = engine.report(on: active.device)?.name
    else { return nil }
    return DecisionEntry.Active(device: name, until: active.until)
  }

  private mutating func add(
    _ explanation: Explanation, to place: Int, active: DecisionEntry.Active?,
    at now: MonotonicInstant
  ) {
    let device = self.watched[place].devices.first { $0.handle == explanation.device }
    guard let device else { return }
    let entry = DecisionEntry(explanation, device: device.name, active: active, at: now)
    self.watched[place].entries.append(entry)
    self.watched[place].bytes += entry.byteCount
    self.bytes += entry.byteCount
    while self.watched[place].count > self.limits.entriesPerAccount
      || self.watched[place].bytes > self.limits.bytesPerAccount
    {
      self.forgetOldest(at: place)
    }
  }

  private mutating func forgetOldest(at place: Int) {
    guard let oldest = self.watched[place].oldest else { return }
    self.watched[place].bytes -= oldest.byteCount
    self.bytes -= oldest.byteCount
    self.watched[place].forgotten &+= 1
    self.watched[place].first += 1
    // Moving the rest up costs no more than what was appended since the last time.
    if self.watched[place].first >= max(16, self.watched[place].count) {
      self.watched[place].entries.removeFirst(self.watched[place].first)
      self.watched[place].first = 0
    }
  }

  /// Forgets the oldest entry of all; false when there is none.
  private mutating func forgetOldest() -> Bool {
    let candidates = self.watched.indices.filter { self.watched[$0].oldest != nil }
    let place = candidates.min { left, right in
      let (a, b) = (self.watched[left].oldest, self.watched[right].oldest)
      return (a?.instant ?? .distantFuture) < (b?.instant ?? .distantFuture)
    }
    guard let place else { return false }
    self.forgetOldest(at: place)
    return true
  }
}
