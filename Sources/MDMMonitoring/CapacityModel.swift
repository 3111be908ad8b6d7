/// The size of a node: how many users its machine image is made for (R-074…R-076).
public struct OVASize: Hashable, Comparable, Sendable {
  /// Users.
  public let users: Int

  /// The size for so many users, 1 to 10,000,000.
  ///
  /// - Throws: ``CapacityError``.
  public init(users: Int) throws(CapacityError) {
    guard (1...10_000_000).contains(users) else { throw CapacityError([.users(users)]) }
    self.users = users
  }

  private init(known users: Int) { self.users = users }

  /// 5,000 users.
  public static let users5K = OVASize(known: 5_000)
  /// 15,000 users.
  public static let users15K = OVASize(known: 15_000)
  /// 25,000 users.
  public static let users25K = OVASize(known: 25_000)

  /// The sizes that the documents name, ascending.
  public static let documented: [OVASize] = [.users5K, .users15K, .users25K]

  /// Whether the left one is smaller.
  public static func < (left: Self, right: Self) -> Bool { left.users < right.users }
}

/// How the nodes of a redundancy group share their users.
public enum ServingMode: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// Without high availability: each node serves its own users and may be full.
  case alone
  /// One node serves everybody: the other stands by, or is lost.
  case activeStandby
  /// Both serve, and each leaves room for the users of the other.
  case activeActive
}

/// How many sessions a node or a pair of nodes may have (R-073…R-077, B24).
///
/// A node has room for one and a half sessions a user, half of it kept free while both nodes of a
/// highly available pair serve. Set ``mode`` when it changes, and the capacity follows: the product
/// asks for the threshold to be changed by hand.
public struct CapacityModel: Hashable, Sendable {
  /// The size of each node.
  public let size: OVASize
  /// Whether it is about one node or about a pair.
  public let scope: Scope
  /// How the pair shares its users.
  public var mode: ServingMode

  /// What a capacity is about.
  public enum Scope: UInt8, Sendable, CaseIterable {
    /// One node.
    case node
    /// The two nodes of a group together, which the product has no alarm for.
    case pair
  }

  /// The model of nodes of this size.
  public init(_ size: OVASize, mode: ServingMode = .alone, scope: Scope = .node) {
    self.size = size
    self.scope = scope
    self.mode = mode
  }

  /// The capacity in quarters of a session, so that halving an odd size loses nothing.
  private var quarters: Int {
    switch (self.mode, self.scope) {
    case (.alone, .node), (.activeStandby, .node): self.size.users * 6
    case (.activeActive, .node): self.size.users * 3
    case (.alone, .pair): self.size.users * 12
    // One node's worth of sessions, on one node or on two half full ones.
    case (.activeStandby, .pair), (.activeActive, .pair): self.size.users * 6
    }
  }

  /// Sessions that there is room for, rounded down.
  public var capacity: Int { self.quarters / 4 }

  /// The most sessions that do not exceed a limit in percent: 6,000 of 7,500 at 80.
  public func threshold(limitPercent: Int) -> Int { self.quarters * limitPercent / 400 }

  /// How full the node or pair is with so many sessions.
  public func level(of load: Int) -> LoadLevel {
    let load = min(max(0, load), 1 << 40)
    return LoadLevel(
      load: load, capacity: self.capacity, basisPoints: load * 40_000 / self.quarters)
  }

  /// Whether so many sessions are more than a limit in percent, strictly (R-068, B24).
  public func exceeds(limitPercent: Int, load: Int) -> Bool {
    min(max(0, load), 1 << 40) * 400 > limitPercent * self.quarters
  }
}

/// How full a node or a pair is: the counter `JSMSessionsExceedsThreshold` (R-067, B24).
public struct LoadLevel: Hashable, Sendable {
  /// Sessions that count as load.
  public let load: Int
  /// Sessions that there is room for.
  public let capacity: Int
  /// Hundredths of a percent, rounded down.
  public let basisPoints: Int

  /// The percentage with two decimals, rounded down: `80.01`.
  public var percentText: String {
    let fraction = String(self.basisPoints % 100 + 100).dropFirst()
    return "\(self.basisPoints / 100).\(fraction)"
  }
}
