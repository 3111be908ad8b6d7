/// A service that a node of a highly available group cannot do without.
///
/// An embedder maps its own parts to these or reports them all alike; the group only asks whether
/// each runs.
public enum CriticalService: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The service that gives clients their profile.
  case clientProfileAgent
  /// The service that copies users and devices from the call manager.
  case syncAgent
  /// The router of stanzas.
  case router
  /// The SIP proxy.
  case sipProxy
  /// The presence engine.
  case presenceEngine
  /// The authentication service: critical only when its monitoring is switched on.
  case authenticationService

  /// The services that count.
  ///
  /// - Parameter authentication: whether the authentication service is monitored.
  public static func monitored(authentication: Bool) -> [CriticalService] {
    self.allCases.filter { authentication || $0 != .authenticationService }
  }

  /// The documented name.
  public var displayName: String {
    switch self {
    case .clientProfileAgent: "Cisco Client Profile Agent"
    case .syncAgent: "Cisco Sync Agent"
    case .router: "Cisco XCP Router"
    case .sipProxy: "Cisco SIP Proxy"
    case .presenceEngine: "Cisco Presence Engine"
    case .authenticationService: "Cisco XCP Authentication Service"
    }
  }
}
