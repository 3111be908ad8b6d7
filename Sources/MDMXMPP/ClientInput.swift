public import MDMSession
public import MDMStanza

/// What one element on a client's stream asks of the server.
///
/// The enumeration is complete: a host switches over it without a default.
public enum ClientInput: Hashable, Sendable {
  /// A message, for the engines of both accounts.
  case message(ClientMessage)
  /// Presence for everybody who is subscribed (RFC 6121 §4.2, §4.5). The payload has no `to`.
  case presence(DevicePresence, Stanza)
  /// Presence for one address; it says nothing about the device's activity (B2).
  case directedPresence(to: JID, Stanza)
  /// A subscription request, an answer to one, or a probe.
  case subscription(to: JID, Stanza)
  /// The device goes to the background or comes back (XEP-0352): quiet or normal.
  case clientState(SessionMode)
  /// The device wants copies or no longer wants them (XEP-0280 §5); answer with a result.
  case carbons(enable: Bool, id: String)
  /// The device enters or leaves silent mode (B12); answer with a result.
  case silent(Bool, id: String)
  /// The person has read this much (XEP-0490 §3); answer with a result. Marks that name an id
  /// which is not one of this account's archive are left out (B21).
  case displayedSync([ReadMark], id: String)
  /// The device asks how far everything has been read (XEP-0490 §3); answer with the items.
  case displayedQuery(id: String)
  /// Any other iq: to the account's own server when there is no address.
  case request(to: JID?, Stanza)
  /// Stream management, which is the host's business (XEP-0198).
  case streamManagement(StreamManagementInput)
  /// Something that cannot be accepted.
  case rejected(StanzaRejection)
}

/// A message from a device, in the forms in which the two accounts' engines need it.
public struct ClientMessage: Hashable, Sendable {
  /// Where it goes; nil, like the sender's own bare address, means the sender's account.
  public let to: JID?
  /// For the sender's engine: the conversation is the addressee's.
  public let outgoing: Stanza
  /// For the addressee's engine, when it is on this server: the conversation is the sender's.
  public let incoming: Stanza
  /// Whether the addressee's account or one device of it is meant.
  public let address: StanzaAddress
  /// The address within the sender's own account for the engine's `send` command; nil when it goes
  /// to anybody else.
  public let toSelf: StanzaAddress?
  /// What the message says has been read, taken out of it (XEP-0490 §4), as far as the ids are of
  /// this account's archive.
  public let displayed: [ReadMark]
  /// The elements that say so, for a host that keeps what it cannot resolve too (B48).
  public let displayedElements: [Element]
  /// The message that it tells the other side was displayed (XEP-0333); nil for every other one.
  public let displayedMarker: DisplayedReference?
}

/// The message that a displayed marker names by its sender's own id (XEP-0333).
public struct DisplayedReference: Hashable, Sendable {
  /// The conversation.
  public let conversation: ConversationID
  /// The id; look for it in ``RecentMessageIDs``.
  public let messageID: String

  /// A reference out of its parts.
  public init(conversation: ConversationID, messageID: String) {
    self.conversation = conversation
    self.messageID = messageID
  }
}

/// A stanza for an account of this server that came from elsewhere.
public struct IncomingStanza: Hashable, Sendable {
  /// For the account's engine.
  public let stanza: Stanza
  /// Whether the account or one device is meant.
  public let address: StanzaAddress
  /// Who sent it.
  public let sender: JID
}

/// What a client says about its stream (XEP-0198).
public enum StreamManagementInput: Hashable, Sendable {
  /// It wants stream management, perhaps with resumption, for at most so many seconds.
  case enable(resume: Bool, maximum: UInt32?)
  /// It takes up an earlier stream and has handled so many stanzas of it, modulo 2³².
  case resume(previous: String, handled: UInt32)
  /// It asks how much the server has handled.
  case request
  /// It has handled so many stanzas, modulo 2³².
  case acknowledge(handled: UInt32)
}

/// Why an element cannot be accepted, with what an answer needs.
public struct StanzaRejection: Error, Hashable, Sendable {
  /// What is wrong.
  public let condition: StanzaCondition
  /// The element's name.
  public let element: String
  /// The element's namespace.
  public let namespace: String
  /// The element's `type`.
  public let type: String?
  /// The element's id.
  public let id: String?
  /// Whom it was addressed to, as written.
  public let to: String?

  init(_ condition: StanzaCondition, of element: Element) {
    self.condition = condition
    self.element = element.name
    self.namespace = element.namespace
    self.type = element.attribute("type")
    self.id = element.attribute("id")
    self.to = element.attribute("to")
  }
}

/// The condition of a stanza error (RFC 6120 §8.3.3).
@nonexhaustive
public enum StanzaCondition: String, Sendable, CaseIterable {
  /// The stanza breaks a rule.
  case badRequest = "bad-request"
  /// There already is such a thing.
  case conflict = "conflict"
  /// The feature is not there.
  case featureNotImplemented = "feature-not-implemented"
  /// The sender may not.
  case forbidden = "forbidden"
  /// The server failed.
  case internalServerError = "internal-server-error"
  /// What is asked for is not there.
  case itemNotFound = "item-not-found"
  /// The addressee is no address.
  case jidMalformed = "jid-malformed"
  /// The stanza does not meet the addressee's criteria.
  case notAcceptable = "not-acceptable"
  /// Nobody may.
  case notAllowed = "not-allowed"
  /// The sender has to be somebody else first, such as a subscriber.
  case notAuthorized = "not-authorized"
  /// A local policy forbids it.
  case policyViolation = "policy-violation"
  /// The addressee's server is not there.
  case remoteServerNotFound = "remote-server-not-found"
  /// The server is too busy.
  case resourceConstraint = "resource-constraint"
  /// Nobody offers it.
  case serviceUnavailable = "service-unavailable"

  /// What the sender can do about it: the `type` of the error (RFC 6120 §8.3.2).
  public var errorType: String {
    switch self {
    case .badRequest, .jidMalformed, .notAcceptable, .policyViolation: "modify"
    case .forbidden, .notAuthorized: "auth"
    case .resourceConstraint: "wait"
    case .conflict, .featureNotImplemented, .internalServerError, .itemNotFound, .notAllowed,
      .remoteServerNotFound, .serviceUnavailable:
      "cancel"
    }
  }
}
