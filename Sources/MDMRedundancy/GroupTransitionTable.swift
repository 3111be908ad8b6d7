/// What can happen to a group, as its transition table names it. "First" is the node whose users
/// move, "second" its peer; every transition holds with the nodes exchanged.
public enum GroupEvent: String, Sendable, CaseIterable {
  /// An administrator switched high availability on.
  case highAvailabilityEnabled
  /// Both nodes hear each other and all critical services run.
  case bothHealthy
  /// The first node's services do not run although the group has started.
  case servicesDownAtStart
  /// On neither node do the services run although the group has started.
  case bothDownAtStart
  /// The second node started and did not hear the first.
  case firstNotSeen
  /// The first node came up after that.
  case firstAppears
  /// An administrator asked for the failover of the first node's users.
  case failoverCommanded
  /// The first node's users are on the second.
  case usersMoved
  /// Moving the users failed.
  case moveFailed
  /// The first node's service manager was started anew, quicker than the heartbeat time-out.
  case firstRestarted
  /// The second node's service manager was started anew, quicker than the heartbeat time-out.
  case secondRestarted
  /// Both service managers were started anew.
  case bothRestarted
  /// An administrator asked for the fallback of the first node's users.
  case fallbackCommanded
  /// Services run on the first node and its users are back.
  case usersMovedBack
  /// The services of the first node did not start while its users came home.
  case servicesFailedToStart
  /// The first node has been healthy for long enough.
  case automaticFallbackDue
  /// A critical service of the first node is down.
  case serviceDownOnFirst
  /// The database of the first node is down.
  case databaseDownOnFirst
  /// The services of the first node run again, by hand or by a reboot.
  case servicesBackOnFirst
  /// A critical service of the first node is down while its users are away.
  case serviceDownWhileAway
  /// The second node does not hear the first any more.
  case heartbeatLost
  /// The first node said goodbye, rebooted, or is known to be off.
  case goodbye
  /// The first node is heard again, with its services.
  case firstReturnedHealthy
  /// The first node is heard again, without its services.
  case firstReturnedUnhealthy
  /// Neither node hears the other, and both live.
  case linkCut
  /// Both nodes hear each other again.
  case linkRestored
  /// The database of the backup is down.
  case backupDatabaseDown
  /// A critical service of the backup is down.
  case backupServiceDown
  /// A critical service or the database of the backup is down and nobody can take over.
  case backupDownForGood
  /// The services of the former backup run again.
  case servicesBackOnSecond
  /// An administrator asked for a recovery.
  case recoveryCommanded
  /// One service manager was started anew while both nodes had failed.
  case oneRestarted
  /// Something inside a node broke.
  case internalError
  /// An administrator switched high availability off.
  case highAvailabilityDisabled
  /// The nodes were on the way for too long.
  case transitionTimedOut
}

/// Which duration of the configuration a transition waits for.
public enum GroupTimer: Sendable, Hashable, CaseIterable {
  /// ``RedundancyConfiguration/Values/criticalServiceDelay``.
  case criticalServiceDelay
  /// ``RedundancyConfiguration/Values/heartbeatTimeout``.
  case heartbeatTimeout
  /// ``RedundancyConfiguration/Values/initializationTimeout``.
  case initializationTimeout
  /// ``RedundancyConfiguration/Values/automaticFallbackDelay``.
  case automaticFallbackDelay
  /// ``RedundancyConfiguration/Values/transitionTimeout``.
  case transitionTimeout
}

/// One way from a pair of states to another.
public struct GroupTransition: Hashable, Sendable {
  /// The row it leaves, by its name in ``NodePairTable``.
  public let from: String
  /// What happens.
  public let event: GroupEvent
  /// The row it arrives at.
  public let to: String

  /// What must hold besides; nil for nothing.
  public var guardText: String? { self.event.guardText }

  /// How long it takes to begin; nil for at once.
  public var timer: GroupTimer? { self.event.timer }
}

/// Every transition of a redundancy group, as data: what the diagrams in the documentation are
/// drawn from and what the tests walk through (R-142…R-185, holes H01–H14).
public enum GroupTransitionTable {
  /// All transitions, those of a start first.
  public static let all: [GroupTransition] = Self.rows.map {
    GroupTransition(from: $0.0, event: $0.1, to: $0.2)
  }

  /// The transitions that leave a row.
  public static func leaving(_ row: String) -> [GroupTransition] {
    Self.all.filter { $0.from == row }
  }

  private static let rows: [(String, GroupEvent, String)] = [
    ("P24", .highAvailabilityEnabled, "BOOT"),
    ("BOOT", .bothHealthy, "P01"),
    ("BOOT", .servicesDownAtStart, "H01"),
    ("BOOT", .bothDownAtStart, "P15"),
    ("BOOT", .firstNotSeen, "H05"),
    ("H05", .firstAppears, "P18"),
    ("P01", .failoverCommanded, "P02"),
    ("P02", .usersMoved, "P03"),
    ("P02", .moveFailed, "P19"),
    ("P02", .secondRestarted, "P08"),
    ("P08", .usersMoved, "P07"),
    ("P08", .moveFailed, "P19"),
    ("P02", .firstRestarted, "H12"),
    ("H12", .usersMoved, "P05"),
    ("P03", .firstRestarted, "P05"),
    ("P03", .secondRestarted, "P07"),
    ("P03", .bothRestarted, "P06"),
    ("P05", .secondRestarted, "P06"),
    ("P07", .firstRestarted, "P06"),
    ("P03", .fallbackCommanded, "P04"),
    ("P05", .fallbackCommanded, "P04"),
    ("P06", .fallbackCommanded, "P04"),
    ("P07", .fallbackCommanded, "P04"),
    ("P11", .fallbackCommanded, "P04"),
    ("H06", .fallbackCommanded, "P04"),
    ("H07", .fallbackCommanded, "P04"),
    ("H10", .fallbackCommanded, "P04"),
    ("H14", .fallbackCommanded, "P04"),
    ("P18", .fallbackCommanded, "P04"),
    ("P04", .usersMovedBack, "P01"),
    ("P04", .servicesFailedToStart, "P14"),
    ("P04", .moveFailed, "P20"),
    ("P04", .firstRestarted, "P09"),
    ("P09", .usersMovedBack, "P01"),
    ("P09", .moveFailed, "P20"),
    ("P04", .secondRestarted, "H13"),
    ("H13", .usersMovedBack, "P01"),
    ("P11", .automaticFallbackDue, "P10"),
    ("H06", .automaticFallbackDue, "P10"),
    ("H07", .automaticFallbackDue, "P10"),
    ("H10", .automaticFallbackDue, "P10"),
    ("P18", .automaticFallbackDue, "P10"),
    ("P10", .usersMovedBack, "P01"),
    ("P10", .servicesFailedToStart, "P14"),
    ("P10", .moveFailed, "P20"),
    ("P01", .serviceDownOnFirst, "H01"),
    ("H01", .usersMoved, "P12"),
    ("H01", .moveFailed, "P19"),
    ("P01", .databaseDownOnFirst, "H02"),
    ("H02", .usersMoved, "P13"),
    ("H02", .moveFailed, "P19"),
    ("P12", .servicesBackOnFirst, "P11"),
    ("P11", .serviceDownWhileAway, "P12"),
    ("P13", .servicesBackOnFirst, "H10"),
    ("P01", .heartbeatLost, "H03"),
    ("H03", .usersMoved, "P16"),
    ("H03", .moveFailed, "P19"),
    ("P01", .goodbye, "H04"),
    ("H04", .usersMoved, "P17"),
    ("H04", .moveFailed, "P19"),
    ("P16", .firstReturnedHealthy, "H06"),
    ("P16", .firstReturnedUnhealthy, "H08"),
    ("P17", .firstReturnedHealthy, "H07"),
    ("P17", .firstReturnedUnhealthy, "H09"),
    ("H08", .servicesBackOnFirst, "H06"),
    ("H09", .servicesBackOnFirst, "H07"),
    ("P01", .linkCut, "H11"),
    ("H11", .linkRestored, "P21"),
    ("P11", .backupDatabaseDown, "P22"),
    ("P11", .backupServiceDown, "P23"),
    ("H06", .backupDatabaseDown, "P22"),
    ("H06", .backupServiceDown, "P23"),
    ("H07", .backupDatabaseDown, "P22"),
    ("H07", .backupServiceDown, "P23"),
    ("H10", .backupDatabaseDown, "P22"),
    ("H10", .backupServiceDown, "P23"),
    ("P18", .backupDatabaseDown, "P22"),
    ("P18", .backupServiceDown, "P23"),
    ("P03", .backupDownForGood, "P15"),
    ("P05", .backupDownForGood, "P15"),
    ("P06", .backupDownForGood, "P15"),
    ("P07", .backupDownForGood, "P15"),
    ("P12", .backupDownForGood, "P15"),
    ("P13", .backupDownForGood, "P15"),
    ("P16", .backupDownForGood, "P15"),
    ("P17", .backupDownForGood, "P15"),
    ("H08", .backupDownForGood, "P15"),
    ("H09", .backupDownForGood, "P15"),
    ("P22", .servicesBackOnSecond, "H14"),
    ("P23", .servicesBackOnSecond, "H14"),
    ("P18", .backupDownForGood, "P15"),
    ("P24", .bothRestarted, "BOOT"),
    ("P14", .recoveryCommanded, "BOOT"),
    ("P15", .recoveryCommanded, "BOOT"),
    ("P19", .recoveryCommanded, "BOOT"),
    ("P20", .recoveryCommanded, "BOOT"),
    ("P21", .recoveryCommanded, "BOOT"),
    ("P14", .oneRestarted, "P21"),
    ("P15", .oneRestarted, "P21"),
    ("P19", .oneRestarted, "P21"),
    ("P20", .oneRestarted, "P21"),
    ("P01", .internalError, "P21"),
    ("P01", .highAvailabilityDisabled, "P24"),
    ("P02", .transitionTimedOut, "P19"),
    ("P04", .transitionTimedOut, "P20"),
    ("P08", .transitionTimedOut, "P19"),
    ("P09", .transitionTimedOut, "P20"),
    ("P10", .transitionTimedOut, "P20"),
    ("H01", .transitionTimedOut, "P19"),
    ("H02", .transitionTimedOut, "P19"),
    ("H03", .transitionTimedOut, "P19"),
    ("H04", .transitionTimedOut, "P19"),
    ("H12", .transitionTimedOut, "P19"),
    ("H13", .transitionTimedOut, "P20"),
  ]
}

extension GroupEvent {
  /// What must hold for the event to move the group; nil for nothing.
  public var guardText: String? {
    switch self {
    case .highAvailabilityEnabled: "two different nodes of one cluster with the same version"
    case .firstRestarted: "shorter than the second node's heartbeat time-out"
    case .secondRestarted: "shorter than the first node's heartbeat time-out"
    case .bothRestarted: "high availability is on"
    case .fallbackCommanded: "the first node is Idle or Failed Over"
    case .automaticFallbackDue: "automatic fallback is on and the first node is healthy"
    case .linkCut: "there is no arbiter"
    case .linkRestored: "healing is by recovery"
    case .backupDatabaseDown: "the first node is Failed Over and healthy"
    case .backupServiceDown: "the first node is Failed Over and healthy"
    case .backupDownForGood: "the first node cannot take over"
    case .recoveryCommanded: "both nodes have failed"
    case .bothHealthy, .servicesDownAtStart, .bothDownAtStart, .firstNotSeen, .firstAppears,
      .failoverCommanded, .usersMoved, .moveFailed, .usersMovedBack, .servicesFailedToStart,
      .serviceDownOnFirst, .databaseDownOnFirst, .servicesBackOnFirst, .serviceDownWhileAway,
      .heartbeatLost, .goodbye, .firstReturnedHealthy, .firstReturnedUnhealthy,
      .servicesBackOnSecond, .oneRestarted, .internalError, .highAvailabilityDisabled,
      .transitionTimedOut:
      nil
    }
  }

  /// How long it lasts until the event moves the group; nil for at once.
  public var timer: GroupTimer? {
    switch self {
    case .servicesDownAtStart, .bothDownAtStart, .serviceDownOnFirst, .databaseDownOnFirst,
      .backupDatabaseDown, .backupServiceDown, .backupDownForGood:
      .criticalServiceDelay
    case .firstNotSeen:
      .initializationTimeout
    case .automaticFallbackDue:
      .automaticFallbackDelay
    case .heartbeatLost, .linkCut:
      .heartbeatTimeout
    case .transitionTimedOut:
      .transitionTimeout
    case .highAvailabilityEnabled, .bothHealthy, .firstAppears, .failoverCommanded, .usersMoved,
      .moveFailed, .firstRestarted, .secondRestarted, .bothRestarted, .fallbackCommanded,
      .usersMovedBack, .servicesFailedToStart, .servicesBackOnFirst, .serviceDownWhileAway,
      .goodbye, .firstReturnedHealthy, .firstReturnedUnhealthy, .linkRestored,
      .servicesBackOnSecond, .recoveryCommanded, .oneRestarted, .internalError,
      .highAvailabilityDisabled:
      nil
    }
  }
}
