public import MDMEngine

/// How a service is cut up and what it bounds, beside the engine's own configuration.
///
/// Like that one it is valid from the moment it exists.
///
///     let configuration = try ServiceConfiguration { $0.eventLimit = 256 }
public struct ServiceConfiguration: Hashable, Sendable {
  /// The settings, each within its range.
  public let values: Values

  /// The defaults.
  public static let standard = ServiceConfiguration(unchecked: Values())

  /// The defaults as changed by `edit`.
  ///
  /// - Throws: `ConfigurationError` with every violated range.
  public init(_ edit: (inout Values) -> Void) throws(ConfigurationError) {
    var values = Values()
    edit(&values)
    let violations = values.violations
    guard violations.isEmpty else { throw ConfigurationError(violations: violations) }
    self.values = values
  }

  private init(unchecked values: Values) { self.values = values }

  /// The settings.
  public struct Values: Hashable, Sendable {
    /// The defaults.
    public init() {}

    /// Engines that the accounts are shared out among, each with a lock of its own. Default: nil,
    /// as many as the machine has processors. Range: 1…256.
    public var shards: Int?
    /// Events that may wait for a device in a scope before its stream is paused: from then on
    /// stanzas wait in the engine, under its limits. Default: 1,024. Range: 1…1,000,000.
    public var eventLimit = 1_024
    /// Effects of one shard that may wait to be performed before it refuses stanzas. Default:
    /// 65,536. Range: 1…16,777,216.
    public var effectLimit = 65_536
    /// How long a service that shuts down waits for scopes to be left. Default: 30 s.
    /// Range: 0…1 day.
    public var drainTimeout = Duration.seconds(30)
    /// What becomes of an account that a scope has opened once nobody is there. Default: it is
    /// closed.
    public var idleAccounts = IdleAccountPolicy.close
    /// How much is kept of the decisions of accounts that
    /// ``MessagingService/explainDecisions(of:)`` was called for. Default: 16 accounts with 500
    /// entries each, 1 MiB in all. Ranges: as `DecisionLog.Limits` says.
    public var decisionLog = DecisionLog.Limits()

    var violations: [ConfigurationError.Violation] {
      var found: [ConfigurationError.Violation] = []
      func check(_ setting: String, _ value: Int, _ range: ClosedRange<Int>) {
        if range.contains(value) { return }
        found.append(.init(setting: setting, value: "\(value)", allowed: "\(range)"))
      }
      if let shards = self.shards { check("shards", shards, 1...256) }
      check("eventLimit", self.eventLimit, 1...1_000_000)
      check("effectLimit", self.effectLimit, 1...(1 << 24))
      if self.drainTimeout < .zero || self.drainTimeout > .seconds(86_400) {
        found.append(
          .init(
            setting: "drainTimeout", value: "\(self.drainTimeout)", allowed: "0 s…1 day"))
      }
      let log = self.decisionLog
      check("decisionLog.accounts", log.accounts, 1...1_000)
      check("decisionLog.entriesPerAccount", log.entriesPerAccount, 1...1_000_000)
      check("decisionLog.bytesPerAccount", log.bytesPerAccount, 1...(1 << 30))
      check("decisionLog.bytes", log.bytes, 1...(1 << 30))
      return found
    }
  }
}

/// What becomes of an account that a scope has opened when its last scope is left and no other
/// device is signed in.
public enum IdleAccountPolicy: UInt8, Sendable, CaseIterable {
  /// It is closed and its memory freed; its read state is forgotten, and stanzas for it are the
  /// host's again.
  case close
  /// It stays open: stanzas for it come out as unroutable, with what to do with them.
  case keep
}
