extension NodePairTable {
  private typealias Row = NodePairRow
  private typealias Side = NodePairRow.Side

  private static func side(_ state: NodeState, _ reasons: NodeReason...) -> Side {
    Side([state], reasons)
  }

  private static func both(
    _ name: String, _ source: String, _ state: NodeState, _ reason: NodeReason, _ cause: String,
    _ actions: [String] = []
  ) -> Row {
    Row(name, source, Side([state], [reason]), Side([state], [reason]), cause, actions)
  }

  /// A node that is not heard.
  private static let silent = Side([], [])
  private static let away: [NodeState] = [.failedOver, .failedOverCriticalServicesNotRunning]
  private static let onTheWay: [NodeState] = [
    .failingOver, .takingOver, .fallingBack, .takingBack,
  ]

  private static let fallBack = "When all critical services run, fall back by hand."
  private static let recover = "Recover the group."
  private static let rebootBoth = "If that does not last, reboot both nodes."

  /// The rows that are published: P01…P24.
  public static let published: [NodePairRow] = Self.byHand + Self.byThemselves + Self.failures

  private static let byHand: [NodePairRow] = [
    both("P01", "R-162", .normal, .normal, "Each node serves its own users."),
    Row(
      "P02", "R-163", side(.failingOver, .onAdminRequest), side(.takingOver, .onAdminRequest),
      "An administrator moves the users of the first node; they are on their way."),
    Row(
      "P03", "R-164", side(.idle, .onAdminRequest), side(.runningInBackupMode, .onAdminRequest),
      "The users that an administrator moved are on the second node.",
      ["Fall back by hand when the first node is wanted again."]),
    Row(
      "P04", "R-165", side(.takingBack, .onAdminRequest), side(.fallingBack, .onAdminRequest),
      "An administrator brings the users home; they are on their way."),
    Row(
      "P05", "R-166", side(.idle, .initialization), side(.runningInBackupMode, .onAdminRequest),
      "The first node's service manager was started anew while the node was idle.",
      ["Fall back by hand when the first node is wanted again."]),
    Row(
      "P06", "R-167", side(.idle, .initialization), side(.runningInBackupMode, .initialization),
      "Both service managers were started anew while the users were away by hand.",
      ["Fall back by hand when the first node is wanted again."]),
    Row(
      "P07", "R-168", side(.idle, .onAdminRequest), side(.runningInBackupMode, .initialization),
      "The backup's service manager was started anew before its peer missed it.",
      ["Fall back by hand when the first node is wanted again."]),
    Row(
      "P08", "R-169", side(.failingOver, .onAdminRequest), side(.takingOver, .initialization),
      "The second node's service manager was started anew while it took over."),
    Row(
      "P09", "R-170", side(.takingBack, .initialization), side(.fallingBack, .onAdminRequest),
      "The first node's service manager was started anew while it took back."),
    Row(
      "P10", "R-171", side(.takingBack, .automaticFallback),
      side(.fallingBack, .automaticFallback),
      "The first node was healthy for long enough; its users are on their way home."),
  ]

  private static let byThemselves: [NodePairRow] = [
    Row(
      "P11", "R-172", side(.failedOver, .initialization, .criticalServiceDown),
      side(.runningInBackupMode, .criticalServiceDown),
      "The services of the first node run again, after a reboot or a start by hand.",
      [Self.fallBack]),
    Row(
      "P12", "R-173", side(.failedOverCriticalServicesNotRunning, .criticalServiceDown),
      side(.runningInBackupMode, .criticalServiceDown),
      "A critical service of the first node was down for too long; its users were moved.",
      [
        "Look at the first node's services and start them.", "Else reboot the first node.",
        Self.fallBack,
      ]),
    Row(
      "P13", "R-174", side(.failedOverCriticalServicesNotRunning, .databaseFailure),
      side(.runningInBackupMode, .databaseFailure),
      "The database of the first node was down for too long; its users were moved.",
      ["Reboot the first node.", Self.fallBack]),
    Row(
      "P16", "R-177", silent, side(.runningInBackupMode, .peerDown),
      "The second node does not hear the first: a cut link, or no service manager there.",
      [
        "Repair the network; should the nodes fail when they hear each other, recover.",
        "Start the service manager on the first node.", "If the node is down, repair it.",
        Self.fallBack,
      ]),
    Row(
      "P17", "R-178", silent, side(.runningInBackupMode, .peerReboot),
      "The first node was switched off, shut down, started anew, or broke.",
      ["Repair or start the first node.", Self.fallBack]),
    Row(
      "P18", "R-179", Side(Self.away, [.initialization]),
      side(.runningInBackupMode, .peerDownDuringInitialization),
      "The second node did not hear the first when it started; now it does.", [Self.fallBack]),
    Row(
      "P22", "R-183", side(.backupActivated, .autoRecoverDatabaseFailure),
      side(.failoverAffectedServices, .autoRecoverDatabaseFailure),
      "The backup's database went down; the home, well again, serves everybody.",
      printed: ["Auto Recover Database Failure", "Auto Recovery Database Failure"]),
    Row(
      "P23", "R-184", side(.backupActivated, .autoRecoverCriticalServiceDown),
      side(.failoverAffectedServices, .autoRecoverCriticalServiceDown),
      "A critical service of the backup went down; the home, well again, serves everybody.",
      printed: ["Auto Recover Database Failure", "Auto Recover Critical Service Down"]),
    both(
      "P24", "R-185", .unknown, .highAvailabilityNotEnabled,
      "High availability is off, or was never switched on properly.",
      ["Switch high availability on, or start both service managers anew."]),
  ]

  private static let failures: [NodePairRow] = [
    both(
      "P14", "R-175", .runningInFailedMode, .startOfCriticalServicesFailed,
      "The services of a node did not start while its users came home.",
      [Self.recover, "Else reboot the node that took back.", Self.fallBack]),
    both(
      "P15", "R-176", .runningInFailedMode, .criticalServiceDown,
      "A critical service of the backup went down and nobody could take over.",
      [Self.recover, "Else reboot the node."]),
    both(
      "P19", "R-180", .runningInFailedMode, .takeOverUsersFailed,
      "The users could not be moved to the backup; perhaps the database is at fault.",
      [Self.recover, Self.rebootBoth]),
    both(
      "P20", "R-181", .runningInFailedMode, .takeBackUsersFailed,
      "The users could not be moved home; perhaps the database is at fault.",
      [Self.recover, Self.rebootBoth]),
    both(
      "P21", "R-182", .runningInFailedMode, .unknown,
      "A service manager was started anew beside a failed one, or something inside broke.",
      [Self.recover, Self.rebootBoth]),
  ]

  /// What happens between the published rows and has none there: H01…H14.
  public static let holes: [NodePairRow] = Self.holesOfTakingOver + Self.holesOfReturning

  private static let holesOfTakingOver: [NodePairRow] = [
    Row(
      "H01", "D4", side(.failingOver, .criticalServiceDown),
      side(.takingOver, .criticalServiceDown), "On the way to P12."),
    Row(
      "H02", "D4", side(.failingOver, .databaseFailure), side(.takingOver, .databaseFailure),
      "On the way to P13."),
    Row("H03", "D4", silent, side(.takingOver, .peerDown), "On the way to P16."),
    Row("H04", "D4", silent, side(.takingOver, .peerReboot), "On the way to P17."),
    Row(
      "H05", "D4", silent, side(.runningInBackupMode, .peerDownDuringInitialization),
      "The second node started and did not hear the first, which is still away.",
      ["Start the first node.", Self.fallBack]),
    both(
      "H11", "D4", .runningInBackupMode, .peerDown,
      "The link is cut and, without an arbiter, each node took the other for dead.",
      ["Repair the network."]),
    Row(
      "H12", "D4", side(.failingOver, .initialization), side(.takingOver, .onAdminRequest),
      "The first node's service manager was started anew while its users moved."),
    Row(
      "H13", "D4", side(.takingBack, .onAdminRequest), side(.fallingBack, .initialization),
      "The second node's service manager was started anew while it gave the users back."),
  ]

  private static let holesOfReturning: [NodePairRow] = [
    Row(
      "H06", "D4", side(.failedOver, .initialization), side(.runningInBackupMode, .peerDown),
      "The first node is heard again after P16 and its services run.", [Self.fallBack]),
    Row(
      "H07", "D4", side(.failedOver, .initialization), side(.runningInBackupMode, .peerReboot),
      "The first node is heard again after P17 and its services run.", [Self.fallBack]),
    Row(
      "H08", "D4", side(.failedOverCriticalServicesNotRunning, .initialization),
      side(.runningInBackupMode, .peerDown),
      "The first node is heard again after P16 without its services.",
      ["Start the first node's services.", Self.fallBack]),
    Row(
      "H09", "D4", side(.failedOverCriticalServicesNotRunning, .initialization),
      side(.runningInBackupMode, .peerReboot),
      "The first node is heard again after P17 without its services.",
      ["Start the first node's services.", Self.fallBack]),
    Row(
      "H10", "D4", side(.failedOver, .initialization, .criticalServiceDown),
      side(.runningInBackupMode, .databaseFailure), "The database of P13 answers again.",
      [Self.fallBack]),
    Row(
      "H14", "D4", side(.failedOver, .initialization, .criticalServiceDown),
      side(
        .runningInBackupMode, .autoRecoverDatabaseFailure, .autoRecoverCriticalServiceDown),
      "After P22 or P23 the former backup is well again; the nodes have changed roles.",
      [Self.fallBack]),
  ]

  /// What neither the published table nor its holes name.
  public static let own: [NodePairRow] = [
    both(
      "BOOT", "R-150", .initializing, .initialization, "Both nodes start and look for each other."),
    Row(
      "E01", "R-150", side(.initializing, .initialization), Side(NodeState.allCases, []),
      "One node starts and has not yet learned what the other does."),
    Row(
      "E02", "D4, split brain", silent, side(.idle, .peerDown),
      "The node is cut off from peer and arbiter and serves nobody, lest two do.",
      ["Repair the network."]),
    Row(
      "E03", "D4", side(.failedOverCriticalServicesNotRunning, .criticalServiceDown),
      side(
        .runningInBackupMode, .autoRecoverDatabaseFailure, .autoRecoverCriticalServiceDown),
      "After H14 a service of the former backup is down again.",
      ["Start the node's services.", Self.fallBack]),
    Row(
      "E04", "D4, split brain", silent, side(.normal, .normal),
      "The first node is not heard but prolongs its lease: it lives, the link does not.",
      ["Repair the network."]),
    Row(
      "E05", "D3", silent, Side([.runningInBackupMode, .backupActivated], []),
      "The node whose users are away is not heard any more.", ["Repair or start the node."]),
    Row(
      "E06", "D3", Side(Self.away, []), side(.runningInBackupMode, .initialization),
      "The service manager of a backup was started anew.", [Self.fallBack]),
    Row(
      "E08", "D3", Side(Self.away + [.idle], []), Side([.runningInBackupMode], []),
      "The users of one node are with the other, and each node's reason tells of another event.",
      ["Start the node's services.", Self.fallBack]),
    Row(
      "E09", "D3", Side([.normal, .idle] + Self.away + Self.onTheWay, []),
      side(.takingOver, .peerDown, .peerReboot, .initialization),
      "The node is heard again while the other one is still taking over from it, or waits for the "
        + "store that says whether it may."),
    Row(
      "E11", "D3", Side([.takingBack], []), Side([.normal] + Self.away, []),
      "The home is getting its users back from a peer that has none of them any more."),
    Row(
      "E10", "D4, split brain", side(.idle, .peerDown, .peerReboot),
      Side([.normal, .takingOver, .takingBack, .fallingBack], []),
      "A node that was cut off hears its peer again, which waits for the arbiter to decide.",
      ["Repair the store or the witness."]),
    Row(
      "E12", "D3", Side([.normal], []), Side([.fallingBack], []),
      "The home is back, and its backup waits to hear that it has its users: the store has not "
        + "answered yet.",
      ["Repair the store."]),
    Row(
      "E13", "D3", Side([.idle], []),
      side(.failingOver, .criticalServiceDown, .databaseFailure),
      "The backup of an idle node is down after a recovery: it waits for its services, or for the "
        + "transition's time-out.",
      ["Start the node's services."]),
    Row(
      "E14", "D3", Side([.runningInBackupMode], []), Side([.failoverAffectedServices], []),
      "As P22 and P23, after the home had not heard the former backup for a while."),
    Row(
      "E07", "D3", silent, Side([.runningInFailedMode], []),
      "A node has failed and does not hear its peer.",
      ["Repair or start the other node.", Self.recover]),
  ]
}
