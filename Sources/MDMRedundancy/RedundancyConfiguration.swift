/// How a redundancy group behaves: the documented parameters and the rules that they leave open,
/// one valid value (R-124…R-138, B31, B32).
///
///     let configuration = try RedundancyConfiguration { $0.automaticFallback = true }
public struct RedundancyConfiguration: Hashable, Sendable {
  /// The settings, each within its range.
  public let values: Values

  /// The documented defaults.
  public static let standard = RedundancyConfiguration(unchecked: Values())

  /// The defaults as changed by `edit`.
  ///
  /// - Throws: ``RedundancyConfigurationError`` with every violated range or rule.
  public init(_ edit: (inout Values) -> Void) throws(RedundancyConfigurationError) {
    var values = Values()
    edit(&values)
    try self.init(values)
  }

  /// These settings.
  ///
  /// - Throws: ``RedundancyConfigurationError`` with every violated range or rule.
  public init(_ values: Values) throws(RedundancyConfigurationError) {
    let violations = values.violations()
    guard violations.isEmpty else { throw RedundancyConfigurationError(violations: violations) }
    self.values = values
  }

  private init(unchecked values: Values) { self.values = values }

  /// The services that a node cannot do without.
  public var criticalServices: [CriticalService] {
    CriticalService.monitored(authentication: self.values.monitorsAuthenticationService)
  }

  /// What is allowed, and unwise.
  public var warnings: [String] { self.values.warnings() }

  /// The settings with their defaults.
  public struct Values: Hashable, Sendable {
    /// The defaults.
    public init() {}

    // MARK: - The cluster's parameters

    /// Time between two heartbeats. Default: 15 s. Range: more than 0, at most 1 hour.
    public var heartbeatInterval = Duration.seconds(15)
    /// Silence after which the peer is lost; half-open. Default: 60 s. Range: more than
    /// the interval, at most 1 hour.
    public var heartbeatTimeout = Duration.seconds(60)
    /// The same while the node starts; with a witness a node that starts waits for
    /// ``heartbeatTimeout`` at least, since its peer may serve for so long on what the start before
    /// acknowledged. Default: 120 s. Range: more than 0, at most 1 day; shorter than
    /// ``transitionTimeout``, or a node that hears nobody is cut off before it may go on alone.
    public var initializationTimeout = Duration.seconds(120)
    /// How long a critical service or the database may be down before the users are moved;
    /// half-open. Default: 90 s. Range: 0 to 1 day.
    public var criticalServiceDelay = Duration.seconds(90)
    /// Whether the users come home by themselves. Default: false.
    public var automaticFallback = false
    /// How long the home must have been healthy for that, without a break. Default:
    /// 1,800 s. Range: 0 to 7 days.
    public var automaticFallbackDelay = Duration.seconds(1_800)
    /// The port of the heartbeats; the machine opens none (R-126, B31). Default: 22001. Range:
    /// 1…65535.
    public var servicePort = 22_001
    /// The port of the administrators' commands (R-127, B31). Default: 20075. Range: 1…65535,
    /// another than ``servicePort``.
    public var adminRPCPort = 20_075
    /// Whether the authentication service is critical too, so that its failure moves the users
    /// see ``RedundancyConfiguration/criticalServices``. Default: false.
    public var monitorsAuthenticationService = false

    // MARK: - Each node's own

    /// When a client logs in again at the earliest and at the latest (R-135…R-138, B32).
    public var reloginLimits = PerNode(both: ReloginLimits())

    // MARK: - Beyond the documents

    /// How long a node may be on the way from one state to another (hole; 600 s recommended).
    /// Default: 600 s. Range: more than 0, at most 1 day.
    public var transitionTimeout = Duration.seconds(600)
    /// How long after a fallback users are not moved again because a service or the database of
    /// their node is down: a service that dies with the load it gets back would send everybody to
    /// and fro. A node that is lost is taken over from at once. Default: 60 s. Range: 0 to 1 day.
    public var failoverPause = Duration.seconds(60)
    /// Who decides which of two nodes that do not hear each other goes on. Default: a store of
    /// leases.
    public var arbitration = Arbitration.leaseStore
    /// How long a lease, or the witness's word, lasts. Default: 60 s. Range: more than the
    /// heartbeat interval and ``ownershipMargin`` together, at most 1 hour.
    public var leaseDuration = Duration.seconds(60)
    /// How long before its right to serve ends a node stops to: what clocks may disagree over one
    /// lease. Default: 12 s. Range: 0 up to, but not including, the shorter of
    /// ``leaseDuration`` and ``heartbeatTimeout``; with a witness, of ``leaseDuration`` and what
    /// the time-out exceeds two intervals by.
    public var ownershipMargin = Duration.seconds(12)
    /// What happens when two nodes that both served all users hear each other again; only without
    /// an arbiter can it come to that. Default: the higher epoch goes on.
    public var healing = Healing.higherEpoch
    /// Whether a failed pair starts anew by itself (goal 14). Default: false.
    public var automaticRecovery = false
    /// Wait before the first automatic recovery; it doubles with each. Default: 60 s. Range: more
    /// than 0, at most 1 day.
    public var recoveryDelay = Duration.seconds(60)
    /// The longest wait. Default: 3,600 s. Range: at least ``recoveryDelay``, at most 7 days.
    public var recoveryDelayLimit = Duration.seconds(3_600)
  }

  /// Who decides when two nodes do not hear each other.
  public enum Arbitration: Hashable, Sendable, CaseIterable {
    /// A store that both can reach: users are served by whoever holds their lease.
    case leaseStore
    /// A third machine that lets one of the two go on, and holds nothing.
    case witness
    /// Nobody: both go on, as the documents have it (hole H11).
    case nobody
  }

  /// What happens when two backups of each other hear each other again (hole H11).
  public enum Healing: Hashable, Sendable, CaseIterable {
    /// The one that took over last goes on, the other is failed over (goal 12).
    case higherEpoch
    /// Both fail and wait for a recovery, as the documents have it (P21).
    case recovery
  }
}

/// When a client logs in again after its node failed: a uniform draw (R-135…R-138, B32).
public struct ReloginLimits: Hashable, Sendable {
  /// At the earliest. Default: 120 s. Range: 0 to 1 day.
  public var lower: Duration
  /// At the latest. Default: 537 s. Range: ``lower`` to 1 day.
  public var upper: Duration

  /// Limits; the documented ones by default.
  public init(lower: Duration = .seconds(120), upper: Duration = .seconds(537)) {
    self.lower = lower
    self.upper = upper
  }
}
