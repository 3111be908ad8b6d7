extension ServerSettings {
  /// What one client, one account and all of them together may take. A client that goes beyond
  /// hears of it with the error that the protocol has for it.
  public struct Limits: Equatable, Sendable {
    // MARK: - Stanzas

    /// Bytes of a stanza as it arrives. Default: 256 KiB. Range: 10,000 bytes, which RFC 6120
    /// §13.12 demands, …16 MiB.
    public internal(set) var stanzaBytes = 256 << 10
    /// How deep elements of a stanza may be nested. Default: 64. Range: 8…64.
    public internal(set) var depth = 64
    /// Attributes of one element. Default: 64. Range: 8…128.
    public internal(set) var attributes = 64

    // MARK: - Connections

    /// Connections at a time. Default: 10,000. Range: 1…1,000,000.
    public internal(set) var connections = 10_000
    /// Connections from one network address at a time. Default: 100. Range: 1…1,000,000.
    public internal(set) var connectionsPerAddress = 100
    /// Sessions that an account may have; the engine's `deviceLimit`. Default: 16. Range: 1…32.
    public internal(set) var sessionsPerAccount = 16
    /// Failed attempts to log in after which a connection is closed (RFC 6120 §6.4.5). Default: 5.
    /// Range: 1…100.
    public internal(set) var authenticationFailures = 5
    /// Bytes that wait to be sent to one client. Default: 8 MiB, or twice ``stanzaBytes`` if that
    /// is more. Range: 64 KiB…1 GiB, and at least twice ``stanzaBytes``.
    public internal(set) var outputBytes = 8 << 20

    // MARK: - Times

    /// From the connection to the bound session. Default: 30 s. Range: 0.1 s…10 minutes.
    public internal(set) var handshakeTimeout = Duration.seconds(30)
    /// How long a client may send no byte. Default: 10 minutes. Range: 0.1 s…7 days.
    public internal(set) var idleTimeout = Duration.seconds(600)
    /// With bytes waiting of which the client takes none. Default: 30 s. Range: 0.1 s…10 minutes.
    public internal(set) var stallTimeout = Duration.seconds(30)
    /// For the clients to take what is waiting when the server stops. Default: 5 s.
    /// Range: 0…1 minute.
    public internal(set) var drainTimeout = Duration.seconds(5)

    // MARK: - What accounts keep

    /// Contacts in a roster. Default: 1,000. Range: 1…100,000.
    public internal(set) var rosterItems = 1_000
    /// Addresses an account blocks (XEP-0191). Default: 1,000. Range: 0…100,000.
    public internal(set) var blockedAddresses = 1_000
    /// Nodes an account publishes to (XEP-0163). Default: 256. Range: 0…10,000.
    public internal(set) var pepNodes = 256
    /// Bytes of a published item. Default: 64 KiB, or ``stanzaBytes`` if that is less.
    /// Range: 1 KiB…16 MiB, and at most ``stanzaBytes``.
    public internal(set) var pepItemBytes = 64 << 10

    /// The defaults.
    public init() {}
  }
}
