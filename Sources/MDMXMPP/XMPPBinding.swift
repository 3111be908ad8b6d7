/// The XMPP form of the engine's vocabulary: elements in, stanzas and their meaning; effects in,
/// bytes.
///
/// A binding is a value without state. It takes parsed elements, if possible with the bytes they
/// were parsed from, makes each payload once, and from then on only copies bytes: a delivery is a
/// payload with at most three small elements put into it, a copy is a payload with two tags around
/// it (XEP-0280).
///
///     let binding = try XMPPBinding(domains: ["example.net"])
///     switch binding.interpret(element, received: bytes, from: device) { … }
public struct XMPPBinding: Sendable {
  /// How the binding behaves.
  public let configuration: Configuration
  let domains: Set<String>
  /// What deliveries say about ringing.
  let notes: NotificationNotes

  /// What a host may choose.
  public struct Configuration: Hashable, Sendable {
    /// The domains whose accounts are on this server, in any form that an address may have.
    public var domains: [String]
    /// The namespace of our own elements: the request for silent mode and the note about ringing.
    ///
    /// Default: `urn:x-swift-mdm:0`.
    public var privateNamespace = "urn:x-swift-mdm:0"
    /// What is understood, not merely passed on.
    ///
    /// Default: everything.
    public var features = Features.all
    /// Whether each delivered message says whether it should ring and why (B9).
    ///
    /// Default: false.
    public var annotatesNotifications = false
    /// Whether receipts and markers are worth keeping, so that a device which was away learns of
    /// them (B45).
    ///
    /// Default: false.
    public var archivesMarkers = false
    /// Nodes of accounts whose items each stay valid, so that an event replaces only an earlier one
    /// about the same item.
    ///
    /// Default: bookmarks (XEP-0402), read markers (XEP-0490), microblogs (XEP-0277).
    public var manyItemNodes: Set<String> = [
      "urn:xmpp:bookmarks:1", Namespaces.displayed, "urn:xmpp:microblog:0",
    ]
    /// Where the borders of received bytes are found, and how deep a stanza may be.
    ///
    /// A stanza that is deeper is refused. Default: 64.
    public var scanner = StanzaScanner()

    /// The defaults for these domains.
    public init(domains: [String]) { self.domains = domains }
  }

  /// Parts of the protocol that a host can leave to somebody else.
  ///
  /// What is left out is passed on like anything that the binding does not know.
  public struct Features: OptionSet, Hashable, Sendable {
    /// One bit a feature.
    public let rawValue: UInt8

    /// The features with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Enabling and disabling of carbons (XEP-0280 §5).
    public static let carbons = Features(rawValue: 1 << 0)
    /// Our own request for silent mode (B12).
    public static let silentMode = Features(rawValue: 1 << 1)
    /// Published and queried read markers (XEP-0490 §3).
    public static let displayedSync = Features(rawValue: 1 << 2)
    /// Read markers inside messages (XEP-0490 §4).
    public static let serverAssist = Features(rawValue: 1 << 3)
    /// All of them.
    public static let all: Features = [.carbons, .silentMode, .displayedSync, .serverAssist]
  }

  /// A binding with this configuration.
  ///
  /// - Throws: ``JIDError`` for the first domain that is none.
  public init(_ configuration: Configuration) throws(JIDError) {
    self.configuration = configuration
    var domains: Set<String> = []
    for domain in configuration.domains { domains.insert(try JIDPreparation.domain(domain)) }
    self.domains = domains
    self.notes =
      configuration.annotatesNotifications
      ? NotificationNotes(namespace: configuration.privateNamespace) : .none
  }

  /// A binding with the defaults for these domains.
  ///
  /// - Throws: ``JIDError`` for the first domain that is none.
  public init(domains: [String]) throws(JIDError) {
    try self.init(Configuration(domains: domains))
  }

  /// What the server's discovery answer has to name (XEP-0030): what is switched on here.
  ///
  /// The rules of XEP-0280 §6.1 are kept, so they may be promised.
  public var serverFeatures: [String] {
    let features = self.configuration.features
    var names: [String] = []
    if features.contains(.carbons) { names += [Namespaces.carbons, "urn:xmpp:carbons:rules:0"] }
    if features.contains(.silentMode) { names.append(self.configuration.privateNamespace) }
    return names
  }

  /// What an account's discovery answer has to name (XEP-0359 §4, XEP-0490 §4).
  public var accountFeatures: [String] {
    let assists = self.configuration.features.contains(.serverAssist)
    return [Namespaces.stanzaID] + (assists ? ["urn:xmpp:mds:server-assist:0"] : [])
  }

  /// Whether the address is one of ours: a domain of this server, an account on it or a device.
  public func isOwn(_ address: JID) -> Bool { self.domains.contains(address.domain) }

  /// Whether the text is an address and one of ours.
  func isOwn(_ text: String?) -> Bool {
    guard let text, let address = try? JID(text) else { return false }
    return self.isOwn(address)
  }
}
