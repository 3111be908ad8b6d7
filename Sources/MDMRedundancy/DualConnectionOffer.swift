/// What a node knows of itself and its group when it decides about a second connection.
public struct DualConnectionServerFacts: Hashable, Sendable {
  /// Whether the group has high availability switched on.
  public var highAvailability: Bool
  /// Whether clients must use encryption: on by default in the restricted build, to be switched on
  /// in the unrestricted one.
  public var secureClientMode: Bool
  /// The server's major release.
  public var release: Int

  /// The facts; by default those of a group that offers second connections.
  public init(highAvailability: Bool = true, secureClientMode: Bool = true, release: Int = 14) {
    self.highAvailability = highAvailability
    self.secureClientMode = secureClientMode
    self.release = release
  }
}

/// What a client says about itself when it signs in.
public struct DualConnectionClientFacts: Hashable, Sendable {
  /// The client's switch, `EnableDualConnections`: off unless set.
  public var dualConnections: Bool
  /// Whether high availability is switched on in the client; off, it stays with one node whatever
  /// the server does.
  public var highAvailability: Bool
  /// The client's major release.
  public var release: Int
  /// The major release of the gateway that it comes through, nil for none.
  public var gatewayRelease: Int?

  /// The facts; by default those of a client that wants a second connection.
  public init(
    dualConnections: Bool = true, highAvailability: Bool = true, release: Int = 14,
    gatewayRelease: Int? = nil
  ) {
    self.dualConnections = dualConnections
    self.highAvailability = highAvailability
    self.release = release
    self.gatewayRelease = gatewayRelease
  }
}

/// What a client is offered beside its connection to the node it signed in at (R-186…R-195).
public struct DualConnectionOffer: Hashable, Sendable {
  /// Why there is no second connection.
  @nonexhaustive
  public enum Obstacle: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// The group is one node, or its high availability is off.
    case highAvailabilityOffInServer
    /// The client's high availability is off.
    case highAvailabilityOffInClient
    /// The client has not been told to use two connections.
    case switchedOffInClient
    /// Clients need not use encryption.
    case notSecure
    /// The server is older than release 14.
    case serverTooOld
    /// The client is older than release 14.
    case clientTooOld
    /// The gateway is older than release 14.
    case gatewayTooOld
  }

  /// Everything that stands in the way, in the order of ``Obstacle``'s cases.
  public let obstacles: [Obstacle]

  /// Whether the client has a peer node to go to when its own is lost. Without, it comes back to
  /// the node it lost.
  public let hasPeer: Bool

  /// Whether the client may open a second, inactive connection.
  public var isMade: Bool { self.obstacles.isEmpty }

  /// The first release with dual connections.
  public static let firstRelease = 14

  /// Decides what to offer.
  ///
  /// - Parameters:
  ///   - server: what the node knows of itself and its group.
  ///   - client: what the client says of itself.
  ///   - isPair: whether the group has two nodes.
  public init(
    server: DualConnectionServerFacts, client: DualConnectionClientFacts, isPair: Bool = true
  ) {
    let isOld = { (release: Int) in release < Self.firstRelease }
    let hindered: [(Obstacle, Bool)] = [
      (.highAvailabilityOffInServer, !isPair || !server.highAvailability),
      (.highAvailabilityOffInClient, !client.highAvailability),
      (.switchedOffInClient, !client.dualConnections),
      (.notSecure, !server.secureClientMode),
      (.serverTooOld, isOld(server.release)),
      (.clientTooOld, isOld(client.release)),
      (.gatewayTooOld, client.gatewayRelease.map(isOld) ?? false),
    ]
    self.obstacles = hindered.filter { $0.1 }.map { $0.0 }
    self.hasPeer = isPair && server.highAvailability && client.highAvailability
  }
}
