/// Why a node is in its state (R-162…R-185).
public enum NodeReason: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// Nothing happened.
  case normal
  /// An administrator asked for it.
  case onAdminRequest
  /// The service manager was started.
  case initialization
  /// The home was healthy for long enough.
  case automaticFallback
  /// A critical service was down for too long.
  case criticalServiceDown
  /// The database was down for too long.
  case databaseFailure
  /// The services did not start while the users came home.
  case startOfCriticalServicesFailed
  /// The peer's heartbeat was lost.
  case peerDown
  /// The peer was switched off or started anew.
  case peerReboot
  /// The peer was not heard at the start.
  case peerDownDuringInitialization
  /// The users could not be moved to the backup.
  case takeOverUsersFailed
  /// The users could not be moved back.
  case takeBackUsersFailed
  /// Nobody knows.
  case unknown
  /// The backup's database went down and its peer took all users.
  case autoRecoverDatabaseFailure
  /// A critical service of the backup went down and its peer took all users.
  case autoRecoverCriticalServiceDown
  /// High availability is off.
  case highAvailabilityNotEnabled
}

extension NodeReason {
  /// The reason as the documents print it.
  public var displayName: String {
    switch self {
    case .normal: "Normal"
    case .onAdminRequest: "On Admin Request"
    case .initialization: "Initialization"
    case .automaticFallback: "Automatic Fallback"
    case .criticalServiceDown: "Critical Service Down"
    case .databaseFailure: "Database Failure"
    case .startOfCriticalServicesFailed: "Start of Critical Services Failed"
    case .peerDown: "Peer Down"
    case .peerReboot: "Peer Reboot"
    case .peerDownDuringInitialization: "Peer Down During Initialization"
    case .takeOverUsersFailed: "Cisco Server Recovery Manager Take Over Users Failed"
    case .takeBackUsersFailed: "Cisco Server Recovery Manager Take Back Users Failed"
    case .unknown: "Unknown"
    case .autoRecoverDatabaseFailure: "Auto Recover Database Failure"
    case .autoRecoverCriticalServiceDown: "Auto Recover Critical Service Down"
    case .highAvailabilityNotEnabled: "High Availability Not Enabled"
    }
  }

  /// Other texts for the same reason.
  public var aliases: [String] {
    switch self {
    case .criticalServiceDown: ["Critical Services Down"]
    case .takeOverUsersFailed: ["Take Over Users Failed"]
    case .takeBackUsersFailed: ["Take Back Users Failed"]
    case .autoRecoverDatabaseFailure: ["Auto Recovery Database Failure"]
    case .autoRecoverCriticalServiceDown: ["Auto Recovery Critical Service Down"]
    case .normal, .onAdminRequest, .initialization, .automaticFallback, .databaseFailure,
      .startOfCriticalServicesFailed, .peerDown, .peerReboot, .peerDownDuringInitialization,
      .unknown, .highAvailabilityNotEnabled:
      []
    }
  }

  /// The reason with this display name or alias, without regard to case; nil when there is none.
  public init?(displayName text: String) {
    guard
      let reason = Self.allCases.first(where: {
        DisplayText.matches(text, $0.displayName, $0.aliases)
      })
    else { return nil }
    self = reason
  }

  /// Whether the reason says that the peer was not heard.
  public var isPeerLoss: Bool {
    self == .peerDown || self == .peerReboot || self == .peerDownDuringInitialization
  }
}
