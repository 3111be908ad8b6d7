import MDM

/// What a replay shows: one step for each thing a client did or a window that closed.
public struct Story: Sendable {
  /// The devices of the hosted accounts, in order of their first sign-in: the columns.
  public internal(set) var devices: [String] = []
  /// The steps in order.
  public internal(set) var steps: [Step] = []
  /// What each device received in order.
  public internal(set) var received: [String: [Received]] = [:]
  /// How the radio of each device was used.
  public internal(set) var radio: [String: RadioLog] = [:]
  /// The engine's counters at the end.
  public internal(set) var counters = Counters()
  /// The sessions by kind at the end.
  public internal(set) var sessions = SessionCounts()
  /// The users who were signed in at the end.
  public internal(set) var users: [UserSessions] = []
  /// The instant of the last step.
  public internal(set) var end = MonotonicInstant.origin

  /// Something that happened, and what each device saw of it.
  public struct Step: Sendable {
    /// The line of the recording, 0 for a window that closed by itself.
    public var line: Int
    /// When.
    public var instant: MonotonicInstant
    /// Who did what.
    public var text: String
    /// What each device saw of it, in the order in which it happened.
    public var cells: [(device: String, cell: Cell)] = []
    /// Whether nothing of it concerns a person: presence, typing and the like.
    public var isNoise: Bool
    /// The active client of each account that has one, by the account's name, after the step.
    public var active: [String: String] = [:]
  }

  /// What one device saw.
  public enum Cell: Sendable, Hashable {
    /// It received a stanza now.
    case delivered(String, Delivery.Form, NotificationDecision, isRead: Bool, isLate: Bool)
    /// A stanza waits for it.
    case held(String, Explanation.HoldReason)
    /// A waiting stanza was replaced by a newer one.
    case coalesced(String)
    /// A stanza was not worth keeping for it.
    case dropped(String)
    /// A stanza was not for it.
    case skipped(String, SkipReason)
    /// Its buffer was flushed.
    case flushed(FlushReason, count: Int)
    /// It was told how far a conversation has been read.
    case marker(String, upTo: ArchivePosition, unread: Int)
    /// It was told to take a notification back.
    case retracted(String, upTo: ArchivePosition)
    /// Its push service was told.
    case pushed(String)
    /// Something that waited will not reach it.
    case undelivered(String, Disposition)
    /// Its session ended.
    case ended(Ended.Reason)
    /// MDM came into effect or went.
    case mdm(Bool)
  }

  /// Something a device received.
  public struct Received: Sendable, Hashable {
    /// When.
    public var instant: MonotonicInstant
    /// The stanza's label.
    public var label: String
    /// What it was.
    public var kind: StanzaKind
    /// Itself or a copy.
    public var form: Delivery.Form
    /// The stable id.
    public var position: ArchivePosition?
    /// Whether it rang.
    public var rang: Bool
  }
}

/// When a device was written to, and how often that woke it.
///
/// A wake-up is a write to a quiet device more than ten seconds after the last one: by then a
/// mobile radio has gone back to sleep.
public struct RadioLog: Sendable, Hashable {
  /// How long a radio stays on after a write.
  public static let tail: Int64 = 10_000_000_000

  /// Writes while quiet that found the radio asleep.
  public private(set) var wakeUps = 0
  /// Writes while quiet.
  public private(set) var quietWrites = 0
  /// Bytes written while quiet.
  public private(set) var quietBytes = 0
  /// All writes.
  public private(set) var writes = 0
  /// All bytes.
  public private(set) var bytes = 0
  /// Nanoseconds that the radio was on because of writes while quiet.
  public private(set) var radioOn: Int64 = 0
  /// Whether the device was ever quiet.
  public private(set) var hasBeenQuiet = false
  /// Nanoseconds spent in quiet mode.
  public private(set) var quietTime: Int64 = 0
  private var last: MonotonicInstant?
  private var quietSince: MonotonicInstant?

  /// One write; everything for the device that one command caused is one write.
  mutating func write(bytes: Int, at now: MonotonicInstant, isQuiet: Bool) {
    self.writes += 1
    self.bytes += bytes
    if isQuiet {
      let gap = self.last.map { now.nanoseconds(since: $0) } ?? .max
      self.quietWrites += 1
      self.quietBytes += bytes
      if gap > Self.tail { self.wakeUps += 1 }
      self.radioOn += min(gap, Self.tail)
    }
    self.last = now
  }

  /// The device's mode, whenever it may have changed.
  mutating func note(isQuiet: Bool, at now: MonotonicInstant) {
    if isQuiet {
      self.hasBeenQuiet = true
      if self.quietSince == nil { self.quietSince = now }
    } else if let since = self.quietSince {
      self.quietTime += now.nanoseconds(since: since)
      self.quietSince = nil
    }
  }
}
