/// The state of a node in its redundancy group (R-150…R-161, and the two of R-183).
///
/// Direction: whoever is *failing over* or *taking back* is the node whose users move away or
/// come home; whoever is *taking over* or *falling back* is its peer.
public enum NodeState: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The service manager has started and looks for its peer.
  case initializing
  /// The users were moved away on an administrator's request; services are stopped.
  case idle
  /// The node serves its own users.
  case normal
  /// The node serves its own users and those of its peer.
  case runningInBackupMode
  /// The node is about to serve its peer's users.
  case takingOver
  /// The node gives its users to its peer.
  case failingOver
  /// The peer serves the node's users although all services here run.
  case failedOver
  /// The peer serves the node's users; a critical service here does not run.
  case failedOverCriticalServicesNotRunning
  /// The backup gives the users back to their home.
  case fallingBack
  /// The home gets its users back.
  case takingBack
  /// Something went wrong on the way; the pair needs a recovery.
  case runningInFailedMode
  /// High availability is off, or was never switched on properly.
  case unknown
  /// The former home serves all users, because its backup failed.
  case backupActivated
  /// The former backup lost a service and gave all users to its peer.
  case failoverAffectedServices
}

extension NodeState {
  /// The state as the documents print it.
  public var displayName: String {
    switch self {
    case .initializing: "Initializing"
    case .idle: "Idle"
    case .normal: "Normal"
    case .runningInBackupMode: "Running in Backup Mode"
    case .takingOver: "Taking Over"
    case .failingOver: "Failing Over"
    case .failedOver: "Failed Over"
    case .failedOverCriticalServicesNotRunning: "Failed Over with Critical Services Not Running"
    case .fallingBack: "Falling Back"
    case .takingBack: "Taking Back"
    case .runningInFailedMode: "Running in Failed Mode"
    case .unknown: "Unknown"
    case .backupActivated: "Backup Activated"
    case .failoverAffectedServices: "Failover Affected Services"
    }
  }

  /// Other texts the documents print for the same state.
  public var aliases: [String] {
    switch self {
    case .runningInBackupMode: ["Backup Mode"]
    case .failedOverCriticalServicesNotRunning:
      ["Failed Over with Critical Services not Running"]
    case .initializing, .idle, .normal, .takingOver, .failingOver, .failedOver, .fallingBack,
      .takingBack, .runningInFailedMode, .unknown, .backupActivated, .failoverAffectedServices:
      []
    }
  }

  /// The state with this display name or alias, without regard to case; nil when there is none.
  public init?(displayName text: String) {
    guard
      let state = Self.allCases.first(where: {
        DisplayText.matches(text, $0.displayName, $0.aliases)
      })
    else { return nil }
    self = state
  }

  /// Whether the node passes through this state and must leave it by itself within
  /// ``RedundancyConfiguration/Values/transitionTimeout``.
  public var isTransition: Bool {
    switch self {
    case .initializing, .takingOver, .failingOver, .fallingBack, .takingBack: true
    case .idle, .normal, .runningInBackupMode, .failedOver,
      .failedOverCriticalServicesNotRunning, .runningInFailedMode, .unknown, .backupActivated,
      .failoverAffectedServices:
      false
    }
  }

  /// Whether the node's users have been given to its peer.
  public var isAway: Bool {
    switch self {
    case .idle, .failedOver, .failedOverCriticalServicesNotRunning, .failoverAffectedServices: true
    case .initializing, .normal, .runningInBackupMode, .takingOver, .failingOver, .fallingBack,
      .takingBack, .runningInFailedMode, .unknown, .backupActivated:
      false
    }
  }

  /// Whether the node serves the users of both.
  public var isBackup: Bool { self == .runningInBackupMode || self == .backupActivated }
}

/// Comparing texts as the documents spell them.
enum DisplayText {
  /// Whether `text` is the name or one of its aliases, without regard to case.
  static func matches(_ text: String, _ name: String, _ aliases: [String]) -> Bool {
    let wanted = text.lowercased()
    return name.lowercased() == wanted || aliases.contains { $0.lowercased() == wanted }
  }
}
