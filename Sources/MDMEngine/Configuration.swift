public import MDMElection
public import MDMSession

/// How an engine behaves: every rule that the documents leave open, every limit, one valid value.
///
/// A configuration is valid from the moment it exists: ``init(_:)`` reports everything that is
/// wrong at once. Inside the engine nothing is checked again.
///
///     let configuration = try Configuration { $0.activeWindow = .seconds(120) }
public struct Configuration: Hashable, Sendable {
  /// The settings, each within its range.
  public let values: Values

  /// The documented defaults.
  public static let standard = Configuration(unchecked: Values())

  /// The defaults as changed by `edit`.
  ///
  /// - Throws: ``ConfigurationError`` with every violated range or rule.
  public init(_ edit: (inout Values) -> Void) throws(ConfigurationError) {
    var values = Values()
    edit(&values)
    try self.init(values)
  }

  /// These settings.
  ///
  /// - Throws: ``ConfigurationError`` with every violated range or rule.
  public init(_ values: Values) throws(ConfigurationError) {
    let violations = values.violations()
    guard violations.isEmpty else { throw ConfigurationError(violations: violations) }
    self.values = values
  }

  /// The same configuration with the feature on or off; every value stays in its range.
  func enabling(_ isEnabled: Bool) -> Configuration {
    var values = self.values
    values.enabled = isEnabled
    return Configuration(unchecked: values)
  }

  private init(unchecked values: Values) {
    self.values = values
  }

  /// The same configuration for one of `count` engines that share accounts out among them: the
  /// overall limits are divided, rounded up, and everything else stays.
  package func shared(among count: Int) -> Configuration {
    guard count > 1 else { return self }
    var values = self.values
    values.overallLimit = (values.effectiveOverallLimit + count - 1) / count
    values.overallByteLimit = (values.overallByteLimit + count - 1) / count
    return Configuration(unchecked: values)
  }

  /// The settings, with the defaults of the documents and of `Documentation/Decisions.md`.
  public struct Values: Hashable, Sendable {
    /// The defaults.
    public init() {}

    // MARK: - The feature

    /// Whether Multiple Device Messaging is on. Default: true.
    public var enabled = true
    /// When a change of ``enabled`` takes effect (B18). Default: at once.
    public var enablement = EnablementPolicy.live
    /// Who may use MDM (B23). Default: client 11.7, edge X8.8.
    public var eligibility = EligibilityRules()

    // MARK: - The active client

    /// How long a qualifying act keeps a session active; half-open (R-040, B3). Default: 300 s.
    /// Range: more than 0, at most 7 days.
    public var activeWindow = Duration.seconds(300)
    /// One active client, or every session within the window (B1). Default: one.
    public var activeSelection = ActiveSelection.single
    /// The presence that counts as Available (B2). Default: no `show`, and `chat`.
    public var qualifyingShows: Set<PresenceShow> = [.available, .chat]
    /// Whether going away ends the activity at once (B4). Default: false.
    public var awayEndsActivity = false
    /// Whether presence sent while quiet counts (B5). Default: false.
    public var quietPresenceQualifies = false
    /// Whether leaving quiet mode counts (R-041, B5). Default: true.
    public var leavingQuietQualifies = true

    // MARK: - Quiet mode

    /// Stanzas a device may have waiting before it is flushed (R-039, B11). Default: 100.
    /// Range: 1…1,000,000; 1 means no effective holding.
    public var perSessionLimit = 100
    /// Payload bytes a device may have waiting before it is flushed (B11). Default: 4 MiB.
    /// Range: 1…1 GiB.
    public var perSessionByteLimit = 4 << 20
    /// Stanzas all devices together may have waiting, each counted once for each device that waits
    /// for it (R-054, B11). Default: 100,000, or twenty for each unit of
    /// ``sessionCapacity`` when that is set. Range: 1…100,000,000; nil takes the default.
    public var overallLimit: Int?
    /// Payload bytes held in memory, each payload counted once for its account (B11).
    /// Default: 64 MiB. Range: 1…1 TiB.
    public var overallByteLimit = 64 << 20
    /// Sessions the host is sized for (R-073, B11); nil when it has not said.
    /// Range: 1…5,000,000.
    public var sessionCapacity: Int?
    /// What becomes of a chat state on its own while its device is quiet (B8). Default: dropped.
    public var chatStates = ChatStatePolicy.drop
    /// How long a flushed device counts as not quiet, so that what follows shares the radio (B13).
    /// Default: 0. Range: 0…5 minutes.
    public var regroupDelay = Duration.zero
    /// Whether a quiet device with unread messages is flushed and rings once when the other
    /// client's window lapses (B26). Default: false.
    public var flushOnActivityExpiry = false
    /// What silent mode means (B12). Default: muted.
    public var silentSemantics = SilentSemantics.muted

    // MARK: - Sessions

    /// Devices an account may have signed in. Default: 16. Range: 1…32.
    public var deviceLimit = 16
    /// What happens to one more. Default: it is refused.
    public var deviceLimitPolicy = DeviceLimitPolicy.refuse
    /// Accounts an engine may have open. Default: 16,777,216. Range: 1…16,777,216, which is what a
    /// handle has room for.
    public var accountLimit = 16_777_216
    /// How long a lost connection may be resumed (B14). Default: 60 s. Range: more than 0, at most
    /// 7 days; with ``strictProfile`` 30…90 s.
    public var resumeWindow = Duration.seconds(60)
    /// How long a push-enabled device may stay away (B14). Default: 72 hours. Range: more than 0,
    /// at most 400 days.
    public var suspensionWindow = Duration.seconds(72 * 3_600)
    /// Whether the ranges of the source documents are enforced, not only ours. Default: false.
    public var strictProfile = false
    /// How long the last device without MDM that wrote to a contact holds that conversation (B19).
    /// Default: 300 s. Range: 0…7 days.
    public var conversationHold = Duration.seconds(300)

    // MARK: - Group chat, files, reading, archive

    /// Who gets a room's messages (R-016, R-017, B22). Default: all signed-in devices.
    public var groupChat = GroupChatPolicy.allSignedInDevices
    /// Who gets a file (R-014, R-015, B22). Default: all signed-in devices.
    public var fileTransfer = FileTransferPolicy.allSignedInDevices
    /// Whether sending in a conversation marks it as read (B21). Default: false.
    public var sendMarksRead = false
    /// Conversations whose read state an account keeps; beyond, the longest untouched one that is
    /// read is forgotten. Default: 10,000. Range: 1…1,000,000.
    public var conversationLimit = 10_000
    /// What happens when the archive cannot store a message (B20). Default: deliver anyway.
    public var archiveFailure = ArchivePolicy.deliverAnyway
    /// Messages an account may have waiting for its archive under ``ArchivePolicy/refuse``.
    /// Default: 256. Range: 1…65,536.
    public var archiveBacklogLimit = 256
    /// Whether the archive ignores storage hints, as a compliance archive may (B20).
    /// Default: false.
    public var archiveIgnoresHints = false
    /// Bytes a stanza's payload may have. Default: 1 MiB. Range: 1…256 MiB.
    public var stanzaByteLimit = 1 << 20

    // MARK: - Monitoring

    /// The length of the slice behind `MDMBufferFlushPacketCount` (B15). Default: 60 s.
    /// Range: more than 0, at most 1 day.
    public var timeslice = Duration.seconds(60)
  }
}

/// When switching Multiple Device Messaging takes effect (B18).
public enum EnablementPolicy: UInt8, Sendable, CaseIterable {
  /// At once.
  case live
  /// Staged until the restart command, as the documents have it.
  case onRestart
}

/// What becomes of a chat state on its own while its device is quiet (B8).
public enum ChatStatePolicy: UInt8, Sendable, CaseIterable {
  /// It is dropped.
  case drop
  /// It is held, the latest by conversation.
  case coalesce
}

/// What happens when an account has as many devices as it may.
public enum DeviceLimitPolicy: UInt8, Sendable, CaseIterable {
  /// The new one is refused.
  case refuse
  /// The one that has not acted for longest is ended; one without a connection before one with.
  case endLeastRecentlyActive
}

/// Who gets a room's messages (B22).
public enum GroupChatPolicy: UInt8, Sendable, CaseIterable {
  /// Only the device that joined.
  case joinedDeviceOnly
  /// Every signed-in MDM device.
  case allSignedInDevices
}

/// Who gets a file (B22).
public enum FileTransferPolicy: UInt8, Sendable, CaseIterable {
  /// Only the device that sent or received it.
  case originatingDeviceOnly
  /// Every signed-in MDM device.
  case allSignedInDevices
}

/// What happens when the archive cannot store a message (B20).
public enum ArchivePolicy: UInt8, Sendable, CaseIterable {
  /// It is delivered all the same; the archive effect comes first and nothing waits for it.
  case deliverAnyway
  /// It waits for the archive's word and is refused when that fails.
  case refuse
}
