import MDMXMPP

extension SettingDefinition {
  /// All settings of the server, in the order in which they are described.
  static let all: [SettingDefinition] =
    Self.place + Self.transport + Self.service + Self.stanzas + Self.connections + Self.accounts

  /// The names of the keys whose defaults follow from other settings.
  enum Name {
    static let domain = "domain"
    static let listen = "listen"
    static let listenTLS = "listenTLS"
    static let data = "data"
    static let certificate = "certificate"
    static let key = "key"
    static let control = "control"
    static let tls = "tls"
    static let log = "log"
    static let stanzaBytes = "stanzaBytes"
    static let outputBytes = "outputBytes"
    static let pepItemBytes = "pepItemBytes"
    static let sessionsPerAccount = "sessionsPerAccount"
  }

  /// The most addresses in one list.
  static let addressLimit = 64
  /// The bytes that the address of a local socket has room for, without its end.
  static let socketPathLimit = 107

  private static let place: [SettingDefinition] = [
    .custom(
      Name.domain, \.domain, in: "Place", "The host that accounts belong to.",
      allowed: "a host name", format: { $0 },
      parse: { text in
        guard let address = try? JID(text), address.isBare, address.local == nil else { return nil }
        return address.domain
      }),
    .addresses(
      Name.listen, \.addresses, in: "Place",
      "Where clients connect and then go over to TLS; once for each address."),
    .addresses(
      Name.listenTLS, \.directTLSAddresses, in: "Place",
      "Where clients connect with TLS from the first byte on; once for each address."),
    .path(
      Name.data, \.dataDirectory, in: "Place",
      "The directory of all that outlives the process. Relative paths begin where it was started."),
    .path(
      Name.control, \.controlPath, limit: Self.socketPathLimit, in: "Place",
      "The socket for commands to the running server. Default: control.sock in data."),
    .choice(Name.log, \.logLevel, in: "Place", "The least severe events that are logged."),
  ]

  private static let transport: [SettingDefinition] = [
    .choice(
      Name.tls, \.tls, in: "Transport",
      "Whether connections are encrypted. Off is for loopback addresses."),
    .toggle(
      "tlsOffAnywhere", \.tlsOffAnywhere, in: "Transport",
      "Whether tls = off is allowed on addresses that others can reach."),
    .path(
      Name.certificate, \.certificatePath, in: "Transport",
      "The certificate chain (PEM). Default: DOMAIN.crt in the directory data."),
    .path(
      Name.key, \.privateKeyPath, in: "Transport",
      "The certificate's private key (PEM). Default: DOMAIN.key in the directory data."),
    .toggle(
      "selfSigned", \.selfSigned, in: "Transport",
      "Whether both are made when there is neither; for the domain localhost they always are."),
  ]

  private static let service: [SettingDefinition] = [
    .toggle(
      "registration", \.registration, in: "Service",
      "Whether clients may make themselves accounts (XEP-0077)."),
    .toggle(
      "archive", \.archive, in: "Service",
      "Whether messages are archived for their users (XEP-0313)."),
    .toggle(
      "archiveMarkers", \.archiveMarkers, in: "Service",
      "Whether receipts and markers are archived too, for devices that were away."),
    .count(
      "archiveDays", \.archiveDays, 0...36_500, in: "Service",
      "Days that archived messages are kept; 0 keeps them for ever."),
    .rules(
      "device", \.devices, in: "Service",
      "What sort of device clients are: kind, version, edge server, hybrid; once for each rule."),
    .choice(
      "durability", \.durability, in: "Service",
      "Whether a crash of the machine may cost the last commits (normal) or none (full)."),
  ]

  private static let stanzas: [SettingDefinition] = [
    .size(
      Name.stanzaBytes, \.limits.stanzaBytes, 10_000...(16 << 20), in: "Limits of stanzas",
      "Bytes of a stanza as it arrives."),
    .count(
      "depth", \.limits.depth, 8...64, in: "Limits of stanzas",
      "How deep elements of a stanza may be nested."),
    .count(
      "attributes", \.limits.attributes, 8...128, in: "Limits of stanzas",
      "Attributes of one element."),
  ]

  private static let connections: [SettingDefinition] = [
    .count(
      "connections", \.limits.connections, 1...1_000_000, in: "Limits of connections",
      "Connections at a time."),
    .count(
      "connectionsPerAddress", \.limits.connectionsPerAddress, 1...1_000_000,
      in: "Limits of connections", "Connections from one network address at a time."),
    .count(
      Name.sessionsPerAccount, \.limits.sessionsPerAccount, 1...32, in: "Limits of connections",
      "Sessions that an account may have; engine.deviceLimit is another name for it."),
    .count(
      "authenticationFailures", \.limits.authenticationFailures, 1...100,
      in: "Limits of connections",
      "Failed attempts to log in after which a connection is closed."),
    .size(
      Name.outputBytes, \.limits.outputBytes, (64 << 10)...(1 << 30),
      in: "Limits of connections",
      "Bytes that wait to be sent to one client; at least twice stanzaBytes."),
    .duration(
      "handshakeTimeout", \.limits.handshakeTimeout, Self.moment...(.seconds(600)),
      in: "Limits of connections", "From the connection to the bound session."),
    .duration(
      "idleTimeout", \.limits.idleTimeout, Self.moment...(.seconds(7 * 86_400)),
      in: "Limits of connections",
      "How long a client may send no byte."),
    .duration(
      "stallTimeout", \.limits.stallTimeout, Self.moment...(.seconds(600)),
      in: "Limits of connections", "With bytes waiting of which the client takes none."),
    .duration(
      "drainTimeout", \.limits.drainTimeout, .zero...(.seconds(60)),
      in: "Limits of connections",
      "For the clients to take what is waiting when the server stops."),
  ]

  private static let accounts: [SettingDefinition] = [
    .count(
      "rosterItems", \.limits.rosterItems, 1...100_000, in: "Limits of accounts",
      "Contacts in a roster."),
    .count(
      "blockedAddresses", \.limits.blockedAddresses, 0...100_000, in: "Limits of accounts",
      "Addresses that an account blocks (XEP-0191)."),
    .count(
      "pepNodes", \.limits.pepNodes, 0...10_000, in: "Limits of accounts",
      "Nodes that an account publishes to (XEP-0163)."),
    .size(
      Name.pepItemBytes, \.limits.pepItemBytes, (1 << 10)...(16 << 20), in: "Limits of accounts",
      "Bytes of a published item; at most stanzaBytes."),
  ]

  /// The shortest time limit; a shorter one would end connections that are in order.
  private static let moment = Duration.milliseconds(100)
}
