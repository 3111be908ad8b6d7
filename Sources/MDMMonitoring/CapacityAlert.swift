public import MDMStanza

/// What an alarm is about.
public enum AlarmSubject: Hashable, Sendable, CustomStringConvertible {
  /// The node of this name.
  case node(String)
  /// The redundancy group of this name.
  case group(String)

  /// The subject in words.
  public var description: String {
    switch self {
    case .node(let name): "node \(name)"
    case .group(let name): "group \(name)"
    }
  }
}

/// The alert `JSMSessionsExceedsThreshold` at one instant (R-067… ).
public struct CapacityAlert: Hashable, Sendable {
  /// What is, or was, too full.
  public let subject: AlarmSubject
  /// How full it is.
  public let level: LoadLevel
  /// The limit in percent.
  public let limitPercent: Int
  /// Since when it has been over the limit without a break.
  public let overSince: MonotonicInstant
  /// When the alert was due; earlier than the call that tells it when that came late.
  public let instant: MonotonicInstant
  /// Which alert it is since the limit was exceeded, from 1; for the end, how many there were.
  public let number: Int
  /// How busy the node's machine was when that was last noted, nil when nobody has noted it
  ///
  public let usage: NodeUsage?

  /// The documented name of the alert and of its counter.
  public static let name = "JSMSessionsExceedsThreshold"

  /// What the document tells an operator to do, and what the product cannot do for her
  ///
  public static let suggestedAction = """
    Check the memory and CPU usage counters of the node; if they are high as well, move users to \
    another node. A suggested rebalance comes with the alarm of a group.
    """

  /// What to do, by what is known of the machine: memory or processors above the alarm's own limit
  /// count as high.
  public var advice: String {
    guard let usage = self.usage else { return Self.suggestedAction }
    guard usage.exceeds(limitPercent: self.limitPercent) else {
      return "The node's usage is not high (\(usage)): it holds, and should be looked at again."
    }
    return "The node's usage is high as well (\(usage)): move users to another node."
  }
}

/// What an alarm has to say, in order.
public enum CapacityAlarmEffect: Hashable, Sendable {
  /// The limit has been exceeded for as long as it takes.
  case raised(CapacityAlert)
  /// It still is.
  case repeated(CapacityAlert)
  /// It is over: the alarm that was raised is taken back.
  case cleared(CapacityAlert, Reason)

  /// Why an alarm is taken back.
  public enum Reason: UInt8, Sendable, CaseIterable {
    /// The load is at the limit or below (B24).
    case withinLimit
    /// The alarm was switched off.
    case disabled
  }

  /// The alert itself.
  public var alert: CapacityAlert {
    switch self {
    case .raised(let alert), .repeated(let alert), .cleared(let alert, _): alert
    }
  }
}
