/// Why a session that asks for MDM does not get it (B23).
@nonexhaustive
public enum MDMRefusal: UInt8, Error, Sendable, CaseIterable, BitwiseCopyable {
  /// Multiple Device Messaging is switched off for the whole engine (R-043, B18).
  case disabledByServer
  /// Instant messaging is switched off.
  case instantMessagingDisabled
  /// The client is older than the least version.
  case clientVersionTooOld
  /// The session comes through an edge server older than the least version.
  case edgeVersionTooOld
  /// Policy excludes sessions that insist on end-to-end encryption (B23).
  case encryptedOnly
}

/// What a session tells of itself that decides whether it may use MDM (B23).
public struct ClientCapabilities: Hashable, Sendable {
  /// The client's version; nil when it is unknown, which never excludes.
  public var clientVersion: Version?
  /// The version of the edge server that the session comes through; nil for a direct connection.
  public var edgeVersion: Version?
  /// Whether the client only talks end-to-end encrypted.
  public var encryptedOnly: Bool

  /// Capabilities of a direct connection unless said otherwise.
  public init(
    clientVersion: Version? = nil, edgeVersion: Version? = nil, encryptedOnly: Bool = false
  ) {
    self.clientVersion = clientVersion
    self.edgeVersion = edgeVersion
    self.encryptedOnly = encryptedOnly
  }
}

/// The conditions under which a session may use MDM (R-011, R-018, R-019, B23).
public struct EligibilityRules: Hashable, Sendable {
  /// Whether instant messaging is on at all. Default: true.
  public var instantMessagingEnabled = true
  /// The oldest client that may use MDM. Default: 11.7.
  public var minimumClientVersion = Version(11, 7)
  /// The oldest edge server through which a session may use MDM. Default: 8.8.
  public var minimumEdgeVersion = Version(8, 8)
  /// Whether sessions that insist on end-to-end encryption are excluded. Default: false, because
  /// the engine never looks into payloads.
  public var excludesEncryptedOnly = false

  /// The documents' conditions.
  public init() {}

  /// The first reason to refuse `capabilities`, or nil when the session is eligible.
  public func refusal(of capabilities: ClientCapabilities) -> MDMRefusal? {
    if !self.instantMessagingEnabled { return .instantMessagingDisabled }
    if let version = capabilities.clientVersion, version < self.minimumClientVersion {
      return .clientVersionTooOld
    }
    if let version = capabilities.edgeVersion, version < self.minimumEdgeVersion {
      return .edgeVersionTooOld
    }
    if self.excludesEncryptedOnly, capabilities.encryptedOnly { return .encryptedOnly }
    return nil
  }
}
