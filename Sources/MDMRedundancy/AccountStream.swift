public import MDMStanza

// What the owner of accounts hands to its backup, and when it may acknowledge (goals 1 to 3).
//
// Law: while the mark says that the backup is complete, nothing that a command leads to leaves the
// node before the backup has acknowledged the command. So whoever takes over with the mark written
// has every acknowledged command. Without the mark the node is alone: it acknowledges by itself and
// its backup must not pass for complete. The mark is written after the backup has everything, and
// taken back before the first acknowledgement without it. What is not acknowledged is sent again
// every so often, so a line that loses entries delays and does no more.
//
// A backup catches up while the accounts go on: their snapshots are sent in ascending order of
// name, and of a command only what concerns an account already sent follows; the others' snapshots
// will contain theirs.
//
//             pair                all snapshots sent            complete acknowledged,
//   alone ───────────▶ syncing ────────────────────▶ joining ──────── mark written ─────▶ paired
//     ▲                   │                             │                                   │
//     ├─ peerLost, full ──┘            peerLost, too late, gap that cannot be filled        │
//     │                                                 ▼                                   │
//     └──────────────── mark taken back ──────────── leaving ◀──────────────────────────────┘
//
//   any ─ a mark refused, `fence` ─▶ fenced

/// The owner's end of the stream of one node's accounts.
public struct AccountStream: Hashable, Sendable {
  /// How the owner stands with its backup.
  public enum Mode: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// There is no backup.
    case alone
    /// The backup is being sent every account.
    case syncing
    /// Everything has been sent; the backup or the mark's keeper has not answered.
    case joining
    /// The backup is complete and the mark says so.
    case paired
    /// The backup is being given up; the mark's keeper has not answered.
    case leaving
    /// The node owns the accounts no longer.
    case fenced
  }

  /// The epoch in which the node owns the accounts.
  public let epoch: OwnershipEpoch
  /// When the backup is given up.
  public let policy: StandAlonePolicy
  /// The most entries that may wait for an acknowledgement.
  public let entryLimit: Int
  /// The most bytes that may wait for an acknowledgement.
  public let byteLimit: Int
  /// The most snapshots that may be on the way at once.
  public let snapshotsInFlight: Int
  /// After how long what has not been acknowledged is sent again.
  public let resendInterval: Duration

  /// How the owner stands with its backup.
  public private(set) var mode = Mode.alone
  /// The last entry's position.
  public private(set) var last = StreamPosition.start
  /// Up to where the backup has acknowledged.
  public private(set) var acknowledged = StreamPosition.start

  private struct Pending: Hashable {
    let entry: StreamEntry
    let sentAt: MonotonicInstant
  }

  /// Before the first entry.
  private var origin = StreamPosition.start
  private var pending: [Pending] = []
  private var pendingBytes = 0
  private var lastInstant = MonotonicInstant.origin
  private var lastResend = MonotonicInstant.distantPast
  /// The last account whose snapshot was sent.
  private var cursor: AccountName?
  /// Snapshots asked for or on the way.
  private var inFlight: [StreamPosition] = []
  private var isAsking = false
  /// The start of the backup that is sent everything.
  private var backup: BootID?
  /// Everything after it has to be acknowledged before it leaves.
  private var completeAt = StreamPosition.start
  private var marks: UInt64 = 0
  private var isMarkWritten = false
  /// The start of the backup that is to be sent everything once the one before is given up.
  private var pairsAgain: BootID?

  /// The owner of `epoch`, alone.
  public init(
    epoch: OwnershipEpoch, policy: StandAlonePolicy = .after(.seconds(5)),
    entryLimit: Int = 65_536, byteLimit: Int = 64 << 20, snapshotsInFlight: Int = 64,
    resendInterval: Duration = .seconds(1)
  ) {
    self.epoch = epoch
    self.policy = policy
    self.entryLimit = max(2, entryLimit)
    self.byteLimit = max(1, byteLimit)
    self.snapshotsInFlight = max(1, snapshotsInFlight)
    self.resendInterval = max(.nanoseconds(1), resendInterval)
  }

  /// The owner of `epoch`, which may have begun to serve the accounts in the same epoch before.
  ///
  /// Positions and marks begin above those of every earlier beginning, so nothing that is still on
  /// its way can be taken for this one's. A mark that an earlier stream of the epoch has written,
  /// or may yet write, is taken back before anything is acknowledged.
  ///
  /// - Parameters:
  ///   - beginning: grows each time that the node begins to serve the accounts, over all its
  ///     starts; below 2³².
  ///   - isResumed: whether the node has owned the accounts in this epoch before.
  ///   - effects: the mark to write.
  public init(
    epoch: OwnershipEpoch, policy: StandAlonePolicy = .after(.seconds(5)),
    beginning: UInt64, isResumed: Bool, into effects: inout [StreamEffect]
  ) {
    self.init(epoch: epoch, policy: policy)
    self.marks = beginning << 32
    self.origin = StreamPosition(beginning << 32)
    self.last = self.origin
    self.acknowledged = self.origin
    guard isResumed else { return }
    self.isMarkWritten = true
    self.mode = .leaving
    self.writeMark(isPaired: false, into: &effects)
  }

  /// Entries that wait for an acknowledgement.
  public var backlog: Int { self.pending.count }

  /// When ``expire(at:into:)`` has something to do, nil when nothing waits for the backup.
  public var nextDeadline: MonotonicInstant? {
    guard let resend = self.resendDeadline else { return nil }
    return min(resend, self.patienceDeadline ?? .distantFuture)
  }

  /// When the backup is given up if it does not acknowledge.
  private var patienceDeadline: MonotonicInstant? {
    guard self.holdsBack, case .after(let patience) = self.policy else { return nil }
    return self.pending.first.map { $0.sentAt.advanced(by: patience) }
  }

  private var resendDeadline: MonotonicInstant? {
    self.pending.first.map { max($0.sentAt, self.lastResend).advanced(by: self.resendInterval) }
  }

  /// Entries that are sent again at once: enough for a line to catch up, not to be flooded.
  private static let resendCount = 64

  /// Whether commands wait for the backup.
  private var holdsBack: Bool {
    switch self.mode {
    case .joining, .paired: true
    case .alone, .syncing, .leaving, .fenced: false
    }
  }

  // MARK: - Commands

  /// A command was applied to an account, or is about to be.
  ///
  /// - Parameters:
  ///   - command: the command, as the host encodes it.
  ///   - account: whose.
  ///   - now: the command's instant.
  ///   - effects: what to send.
  /// - Returns: when the command's effects may leave the node.
  /// - Throws: ``StreamRefusal``; the command must then not be applied.
  public mutating func append(
    _ command: [UInt8], to account: AccountName, at now: MonotonicInstant,
    into effects: inout [StreamEffect]
  ) throws(StreamRefusal) -> Departure {
    try self.append(.command(account, command), of: account, at: now, into: &effects)
  }

  /// An account was closed, or is another node's from now on.
  public mutating func remove(
    _ account: AccountName, at now: MonotonicInstant, into effects: inout [StreamEffect]
  ) throws(StreamRefusal) -> Departure {
    try self.append(.removed(account), of: account, at: now, into: &effects)
  }

  private mutating func append(
    _ content: StreamContent, of account: AccountName, at now: MonotonicInstant,
    into effects: inout [StreamEffect]
  ) throws(StreamRefusal) -> Departure {
    switch self.mode {
    case .fenced: throw .fenced
    case .alone: return .now
    case .syncing:
      // The snapshot that is still to come will contain it.
      guard let cursor = self.cursor, account <= cursor else { return .now }
      if self.isFull(with: content) {
        // The owner is faster than the line: better no backup than a node that stands still.
        self.giveUp(into: &effects)
      } else {
        self.send(content, at: now, into: &effects)
      }
      return .now
    case .joining, .paired, .leaving:
      guard !self.isFull(with: content) else { throw .backlogFull }
      self.send(content, at: now, into: &effects)
      return .after(self.last)
    }
  }

  // MARK: - The backup

  /// The backup is there: it is sent everything. Does nothing when there is one already.
  ///
  /// - Parameters:
  ///   - backup: the backup's start, so that one that has lost everything by a restart is never
  ///     taken for the one that had it.
  ///   - now: the instant.
  ///   - effects: what to send.
  public mutating func pair(
    with backup: BootID, at now: MonotonicInstant, into effects: inout [StreamEffect]
  ) {
    switch self.mode {
    case .alone:
      self.mode = .syncing
      self.backup = backup
      self.cursor = nil
      self.inFlight = []
      self.pairsAgain = nil
      self.send(.begin(for: backup), at: now, into: &effects)
      self.askForSnapshot(into: &effects)
    case .leaving: self.pairsAgain = backup
    // It is being sent everything, has it, or is of no use any more.
    case .syncing, .joining, .paired, .fenced: break
    }
  }

  /// The snapshot that was asked for.
  public mutating func provide(
    _ snapshot: [UInt8], of account: AccountName, at now: MonotonicInstant,
    into effects: inout [StreamEffect]
  ) {
    guard self.mode == .syncing, self.isAsking else { return }
    if let cursor = self.cursor, account <= cursor { return }
    self.isAsking = false
    self.cursor = account
    self.send(.snapshot(account, snapshot), at: now, into: &effects)
    self.inFlight.append(self.last)
    self.askForSnapshot(into: &effects)
  }

  /// Every account's snapshot has been provided: commands wait for the backup from now on.
  public mutating func noMoreAccounts(
    at now: MonotonicInstant, into effects: inout [StreamEffect]
  ) {
    guard self.mode == .syncing, self.isAsking else { return }
    self.isAsking = false
    self.mode = .joining
    self.send(.complete, at: now, into: &effects)
    self.completeAt = self.last
  }

  /// The backup has every entry up to `position`.
  public mutating func acknowledge(
    _ position: StreamPosition, epoch: OwnershipEpoch, into effects: inout [StreamEffect]
  ) {
    guard epoch == self.epoch, position > self.acknowledged, position <= self.last else { return }
    self.acknowledged = position
    let count = self.pending.prefix { $0.entry.position <= position }.count
    for pending in self.pending.prefix(count) {
      self.pendingBytes -= pending.entry.content.byteCount
    }
    self.pending.removeFirst(count)
    self.inFlight.removeAll { $0 <= position }
    switch self.mode {
    case .syncing: self.askForSnapshot(into: &effects)
    case .joining:
      if position >= self.completeAt, !self.isMarkWritten {
        self.isMarkWritten = true
        self.writeMark(isPaired: true, into: &effects)
      }
      effects.append(.release(upTo: position))
    case .paired, .leaving: effects.append(.release(upTo: position))
    // Nothing waits for the backup, or nothing may leave any more.
    case .alone, .fenced: break
    }
  }

  /// The backup misses entries from `expected` on. It is sent them again if they are still there;
  /// otherwise it has lost what it had and is sent everything anew.
  ///
  /// - Parameters:
  ///   - expected: the first position that is missing.
  ///   - backup: the start of the backup that misses it.
  ///   - now: the instant.
  ///   - effects: what to send.
  public mutating func resend(
    from expected: StreamPosition, to backup: BootID, at now: MonotonicInstant,
    into effects: inout [StreamEffect]
  ) {
    if backup == self.backup {
      // Nothing is missing: a late report of a gap that has been filled.
      if expected == self.last.next { return }
      // What the backup has acknowledged since, it had: the report was overtaken.
      if expected <= self.acknowledged, self.acknowledged > self.origin { return }
      if let first = self.pending.first,
        first.entry.position <= expected || first.entry.content == .begin(for: backup)
      {
        for pending in self.pending where pending.entry.position >= expected {
          effects.append(.send(pending.entry))
        }
        return
      }
    }
    switch self.mode {
    case .syncing:
      self.giveUp(into: &effects)
      self.pair(with: backup, at: now, into: &effects)
    case .joining, .paired:
      self.pairsAgain = backup
      self.leave(at: now, into: &effects)
    case .leaving: self.pairsAgain = backup
    // There is no backup to be sent anything.
    case .alone, .fenced: break
    }
  }

  /// The group says that the peer is lost.
  public mutating func peerLost(
    at now: MonotonicInstant, into effects: inout [StreamEffect]
  ) {
    self.pairsAgain = nil
    switch self.mode {
    case .syncing: self.giveUp(into: &effects)
    case .joining, .paired: self.leave(at: now, into: &effects)
    // There is none, it is being given up, or the node owns nothing.
    case .alone, .leaving, .fenced: break
    }
  }

  /// Gives the backup up when its time is over, or sends again what it has not acknowledged; before
  /// the deadline it does nothing.
  public mutating func expire(at now: MonotonicInstant, into effects: inout [StreamEffect]) {
    if let deadline = self.patienceDeadline, now >= deadline {
      self.leave(at: now, into: &effects)
    } else if let deadline = self.resendDeadline, now >= deadline {
      self.lastResend = now
      effects += self.pending.prefix(Self.resendCount).map { .send($0.entry) }
    }
  }

  /// What came of writing a mark; the answer to one that has been superseded is ignored.
  public mutating func marked(
    _ mark: StandbyMark, _ outcome: MarkOutcome, at now: MonotonicInstant,
    into effects: inout [StreamEffect]
  ) {
    guard mark.epoch == self.epoch, mark.number == self.marks else { return }
    switch (outcome, self.mode) {
    case (.refused, _): self.fence()
    case (.unknown, .joining), (.unknown, .leaving):
      // The same mark again: the keeper takes it once.
      effects.append(.write(mark))
    case (.written, .joining): self.mode = .paired
    case (.written, .leaving):
      self.isMarkWritten = false
      self.standAlone(at: now, into: &effects)
    // A second answer to a mark that has been dealt with.
    case (.written, _), (.unknown, _): break
    }
  }

  /// The node owns the accounts no longer: nothing leaves it from now on.
  public mutating func fence() {
    self.mode = .fenced
    self.pending = []
    self.pendingBytes = 0
    self.inFlight = []
  }

  // MARK: - Steps

  private func isFull(with content: StreamContent) -> Bool {
    self.pending.count >= self.entryLimit
      || self.pendingBytes + content.byteCount > self.byteLimit
  }

  private mutating func send(
    _ content: StreamContent, at now: MonotonicInstant, into effects: inout [StreamEffect]
  ) {
    // What comes first has nothing to be counted from.
    let isFirst = self.last == self.origin
    let elapsed = isFirst ? 0 : max(0, now.nanoseconds(since: self.lastInstant))
    self.lastInstant = isFirst ? now : max(now, self.lastInstant)
    self.last = self.last.next
    let entry = StreamEntry(
      epoch: self.epoch, position: self.last, elapsed: elapsed, content: content)
    self.pending.append(Pending(entry: entry, sentAt: now))
    self.pendingBytes += content.byteCount
    effects.append(.send(entry))
  }

  private mutating func askForSnapshot(into effects: inout [StreamEffect]) {
    // A snapshot that is too large by itself is sent all the same, once nothing else is on the way.
    guard self.mode == .syncing, !self.isAsking, self.inFlight.count < self.snapshotsInFlight,
      self.pending.count < self.entryLimit, self.pendingBytes < self.byteLimit
    else { return }
    self.isAsking = true
    effects.append(.takeSnapshot(after: self.cursor))
  }

  private mutating func writeMark(isPaired: Bool, into effects: inout [StreamEffect]) {
    self.marks += 1
    effects.append(
      .write(StandbyMark(epoch: self.epoch, number: self.marks, isPaired: isPaired)))
  }

  /// Takes the mark back before anything is acknowledged without the backup. A mark that may have
  /// been written counts as written.
  private mutating func leave(
    at now: MonotonicInstant, into effects: inout [StreamEffect]
  ) {
    guard self.isMarkWritten else { return self.standAlone(at: now, into: &effects) }
    self.mode = .leaving
    self.writeMark(isPaired: false, into: &effects)
  }

  /// There is no mark: goes on alone, or with the backup that has come meanwhile.
  private mutating func standAlone(
    at now: MonotonicInstant, into effects: inout [StreamEffect]
  ) {
    self.giveUp(into: &effects)
    if let backup = self.pairsAgain { self.pair(with: backup, at: now, into: &effects) }
  }

  private mutating func giveUp(into effects: inout [StreamEffect]) {
    self.mode = .alone
    self.pending = []
    self.pendingBytes = 0
    self.inFlight = []
    self.isAsking = false
    effects.append(.release(upTo: self.last))
    effects.append(.standsAlone)
  }
}
