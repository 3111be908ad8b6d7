public import MDMStanza

// What the backup of a node's accounts knows (goals 1 to 3).
//
// Law: entries are applied once each, in order, in one epoch; a gap and an older epoch change
// nothing. What has been applied is acknowledged. The backup takes over without loss exactly when
// it has seen `complete` and the mark of its epoch says that the owner waits for it.
//
//   empty ──begin──▶ filling ──complete──▶ complete
//     ▲                │  ▲                   │
//     └── lose ────────┴──┴── begin ──────────┘

/// What became of an entry.
public enum StreamReceipt: Hashable, Sendable {
  /// Forget every account of this stream, then acknowledge.
  case reset
  /// Apply this as of the instant, then acknowledge.
  case apply(StreamContent, at: MonotonicInstant)
  /// It has been applied before: acknowledge again, the owner did not hear it.
  case alreadyApplied
  /// Entries are missing: ask for those from this position on.
  case gap(expected: StreamPosition)
  /// The sender owned the accounts in an earlier epoch than this one: tell it.
  case stale(current: OwnershipEpoch)
}

/// With what a backup takes over.
public enum ReplicaStanding: Hashable, Sendable {
  /// Everything that was acknowledged to anybody, up to this position.
  case complete(upTo: StreamPosition)
  /// The owner went on without it: what was acknowledged after this position may be missing.
  case behind(StreamPosition)
  /// It has not all accounts.
  case partial
}

/// The backup's end of the stream of one node's accounts.
public struct AccountReplica: Hashable, Sendable {
  /// The epoch of the stream.
  public private(set) var epoch = OwnershipEpoch.none
  /// The last entry applied.
  public private(set) var position = StreamPosition.start
  /// Whether it has had a snapshot of every account, and every command since.
  public private(set) var isComplete = false
  /// The instant of the last entry on this machine.
  public private(set) var lastInstant = MonotonicInstant.distantPast

  /// The backup's own start: it takes no stream that was begun for an earlier one.
  public private(set) var boot: BootID

  /// Whether a stream has begun.
  private var hasBegun = false

  /// A backup that has nothing.
  public init(boot: BootID) { self.boot = boot }

  /// Takes an entry in.
  ///
  /// The instant at which an entry counts is the previous one's plus the time that lay between
  /// them at the owner, but never later than `now`: the order and the ages of what happened stay
  /// what they were, later by the line's delay.
  ///
  /// - Parameters:
  ///   - entry: what arrived.
  ///   - now: the instant of its arrival.
  public mutating func receive(
    _ entry: StreamEntry, at now: MonotonicInstant
  ) -> StreamReceipt {
    guard entry.epoch >= self.epoch else { return .stale(current: self.epoch) }
    // Nothing could follow the last position there is; no stream gets to half of the range.
    guard entry.position.ordinal <= .max / 2 else { return .gap(expected: self.position.next) }
    var isBeginning = false
    if case .begin(let boot) = entry.content {
      guard boot == self.boot else { return .gap(expected: self.position.next) }
      isBeginning = true
    }
    if entry.epoch > self.epoch {
      // An epoch's stream has a beginning of its own.
      guard isBeginning else { return .gap(expected: StreamPosition.start.next) }
    } else {
      guard entry.position > self.position else { return .alreadyApplied }
      let isNext = self.hasBegun && entry.position == self.position.next
      guard isBeginning || isNext else { return .gap(expected: self.position.next) }
    }
    self.epoch = entry.epoch
    self.position = entry.position
    switch entry.content {
    case .begin:
      self.hasBegun = true
      self.isComplete = false
      self.lastInstant = now
      return .reset
    case .complete: self.isComplete = true
    // What they mean is the engine's business.
    case .snapshot, .command, .removed: break
    }
    self.lastInstant = min(now, self.lastInstant.advanced(byNanoseconds: max(0, entry.elapsed)))
    return .apply(entry.content, at: self.lastInstant)
  }

  /// The backup has lost what it had, by a restart for example. Entries of the stream that goes on
  /// are then a gap, which the owner fills with everything.
  public mutating func lose(boot: BootID) {
    self.boot = boot
    self.hasBegun = false
    self.isComplete = false
    self.position = .start
  }

  /// With what the backup would take over.
  ///
  /// - Parameters:
  ///   - mark: the mark beside the lease, nil when there is none.
  ///   - current: the lease's epoch before the takeover.
  public func standing(
    mark: StandbyMark?, leaseEpoch current: OwnershipEpoch
  ) -> ReplicaStanding {
    guard self.isComplete, self.epoch == current else {
      return self.isComplete ? .behind(self.position) : .partial
    }
    let isMarked = mark.map { $0.epoch == current && $0.isPaired } ?? false
    return isMarked ? .complete(upTo: self.position) : .behind(self.position)
  }

  /// Nobody else may feed the backup from now on: the node has taken over in `epoch`, and what the
  /// old owner still sends is stale.
  public mutating func takeOver(epoch: OwnershipEpoch) {
    self.epoch = max(self.epoch, epoch)
    self.position = .start
    self.hasBegun = false
    self.isComplete = false
  }
}
