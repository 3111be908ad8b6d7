/// One row of the table of pairs: what two nodes' states together mean (R-162…R-185).
public struct NodePairRow: Hashable, Sendable {
  /// The row's name: P01…P24 as published, H01…H14 for the holes, BOOT and E01…E14 for what the
  /// published table leaves out.
  public let name: String
  /// The requirement or decision behind it.
  public let source: String
  /// The home: the node whose users move.
  public let first: Side
  /// Its peer.
  public let second: Side
  /// What brings a pair here.
  public let cause: String
  /// What to do about it, in this order; empty when nothing is to be done.
  public let actions: [String]
  /// The reasons as the published table prints them where it prints others: the first node's, the
  /// second's (P22, P23).
  public let printedReasons: [String]

  /// What one node shows.
  public struct Side: Hashable, Sendable {
    /// The states that it may show; empty for a node that is not heard.
    public let states: [NodeState]
    /// The reasons that it may show; empty for any.
    public let reasons: [NodeReason]

    init(_ states: [NodeState], _ reasons: [NodeReason]) {
      self.states = states
      self.reasons = reasons
    }

    /// Whether a node that shows `status`, or is not heard, fits.
    public func fits(_ status: NodeStatus?) -> Bool {
      guard let status else { return self.states.isEmpty }
      return self.states.contains(status.state)
        && (self.reasons.isEmpty || self.reasons.contains(status.reason))
    }
  }

  /// Whether the pair is passing through, stays, or waits for a recovery.
  public enum Class: Sendable, Hashable, CaseIterable {
    /// It stays until something happens.
    case steady
    /// It leaves by itself.
    case transition
    /// It waits for a recovery.
    case failed
  }

  /// Which of these it is.
  public var rowClass: Class {
    let states = self.first.states + self.second.states
    if states.contains(.runningInFailedMode) { return .failed }
    return states.contains { $0.isTransition } ? .transition : .steady
  }

  /// The commands offered in at least one of the row's states.
  public var commands: [AdminCommand] {
    AdminCommand.all.filter { command in
      self.first.states.contains { first in
        self.second.states.contains { second in
          NodePairTable.offers(
            command, first: NodeStatus(first, .unknown), second: NodeStatus(second, .unknown))
        }
      }
    }
  }

  init(
    _ name: String, _ source: String, _ first: Side, _ second: Side, _ cause: String,
    _ actions: [String] = [], printed: [String] = []
  ) {
    self.name = name
    self.source = source
    self.first = first
    self.second = second
    self.cause = cause
    self.actions = actions
    self.printedReasons = printed
  }
}

/// The table of pairs, and what a pair of statuses is called.
public enum NodePairTable {
  /// Every row: the published ones, the holes, and our own.
  public static let all: [NodePairRow] = Self.published + Self.holes + Self.own

  /// The row with this name.
  public static func row(named name: String) -> NodePairRow? {
    Self.all.first { $0.name == name }
  }

  /// The row that two statuses belong to, and whether the nodes have changed roles in it; nil when
  /// they are only passing each other by.
  ///
  /// - Parameter first: the first node's status; nil when it is not heard.
  /// - Parameter second: the second node's; nil when it is not heard.
  public static func row(
    first: NodeStatus?, second: NodeStatus?
  ) -> (row: NodePairRow, isMirrored: Bool)? {
    for row in Self.all {
      if row.first.fits(first) && row.second.fits(second) { return (row, false) }
      if row.first.fits(second) && row.second.fits(first) { return (row, true) }
    }
    return nil
  }

  /// Whether a command is offered to an administrator while the nodes are in these states.
  public static func offers(
    _ command: AdminCommand, first: NodeStatus?, second: NodeStatus?
  ) -> Bool {
    let isOff = first?.state == .unknown || second?.state == .unknown
    return CommandGuard.cause(against: command, first: first, second: second, isOn: !isOff) == nil
  }
}
