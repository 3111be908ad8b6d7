public import MDMStanza

/// The place of an entry in the stream of one epoch: 1 for the first, one more for each next.
public struct StreamPosition: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The ordinal; 0 comes before every entry.
  public var ordinal: UInt64

  /// The position with this ordinal.
  public init(_ ordinal: UInt64) { self.ordinal = ordinal }

  /// Before every entry.
  public static var start: StreamPosition { StreamPosition(0) }

  /// The position after this one.
  public var next: StreamPosition { StreamPosition(self.ordinal + 1) }

  /// Whether the left entry comes earlier.
  public static func < (left: Self, right: Self) -> Bool { left.ordinal < right.ordinal }
}

/// What a node hands to its backup: bytes that only the engine reads.
public enum StreamContent: Hashable, Sendable {
  /// Forget everything: snapshots of all accounts follow, for the backup that started like this.
  case begin(for: BootID)
  /// An account as it stands: `MessagingEngine.snapshot(of:)`.
  case snapshot(AccountName, [UInt8])
  /// What happened to an account since: one command, as the host encodes it.
  case command(AccountName, [UInt8])
  /// The account is gone: closed, or moved to another node.
  case removed(AccountName)
  /// Every account's snapshot has been sent.
  case complete

  /// The bytes it carries.
  var byteCount: Int {
    switch self {
    case .snapshot(_, let bytes), .command(_, let bytes): bytes.count
    case .begin, .removed, .complete: 0
    }
  }
}

/// One entry of the stream from a node to its backup.
public struct StreamEntry: Hashable, Sendable {
  /// The epoch in which the sender owns the accounts.
  public let epoch: OwnershipEpoch
  /// Its place in the epoch's stream.
  public let position: StreamPosition
  /// Nanoseconds since the entry before: instants of two machines cannot be compared, durations
  /// can.
  public let elapsed: Int64
  /// What it says.
  public let content: StreamContent

  /// The entry with these parts.
  public init(
    epoch: OwnershipEpoch, position: StreamPosition, elapsed: Int64, content: StreamContent
  ) {
    self.epoch = epoch
    self.position = position
    self.elapsed = elapsed
    self.content = content
  }
}

/// Whether the backup of an epoch has all that its owner has acknowledged.
///
/// It is kept where both nodes can read it when one of them is lost, beside the lease. The keeper
/// takes a mark only when its (epoch, number) is greater than that of the one it has, and only in
/// the lease's epoch; a lease with a new epoch comes without a mark.
public struct StandbyMark: Hashable, Sendable {
  /// The epoch that it speaks of.
  public let epoch: OwnershipEpoch
  /// Grows with each mark of the epoch.
  public let number: UInt64
  /// Whether the backup is complete.
  public let isPaired: Bool

  /// The mark with these parts.
  public init(epoch: OwnershipEpoch, number: UInt64, isPaired: Bool) {
    self.epoch = epoch
    self.number = number
    self.isPaired = isPaired
  }
}

/// What came of writing a mark.
public enum MarkOutcome: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The keeper has it.
  case written
  /// The keeper has a later epoch: the node owns nothing any more.
  case refused
  /// Nobody can tell.
  case unknown
}
