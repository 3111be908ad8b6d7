/// One stanza as the engine sees it: what it is, whom it concerns, and bytes it never looks into.
///
/// A stanza is an immutable value behind one reference. Holding it back for eight devices keeps
/// one reference, whatever the size of the payload.
public struct Stanza: Sendable {
  /// The fields, shared by every copy of the stanza.
  @usableFromInline
  package final class Storage: Sendable {
    @usableFromInline package let kind: StanzaKind
    @usableFromInline package let flags: StanzaFlags
    /// What the module that made the payload has noted about it, so that it need not look again at
    /// each delivery; 0 for nothing. Nobody else reads it, it is not compared, and a snapshot does
    /// not keep it.
    package let payloadNote: UInt32
    @usableFromInline package let conversation: ConversationID?
    @usableFromInline package let coalescingKey: CoalescingKey?
    @usableFromInline package let id: String
    @usableFromInline package let source: String
    @usableFromInline package let destination: String
    @usableFromInline package let payload: [UInt8]

    init(
      kind: StanzaKind, flags: StanzaFlags, conversation: ConversationID?,
      coalescingKey: CoalescingKey?, id: String, source: String, destination: String,
      payload: [UInt8], payloadNote: UInt32
    ) {
      self.kind = kind
      self.flags = flags
      self.payloadNote = payloadNote
      self.conversation = conversation
      self.coalescingKey = coalescingKey
      self.id = id
      self.source = source
      self.destination = destination
      self.payload = payload
    }
  }

  @usableFromInline package let storage: Storage

  /// A stanza that the host has accepted.
  ///
  /// - Parameters:
  ///   - kind: what the rules of the engine go by.
  ///   - conversation: the other end, for read state and for devices without MDM; nil where no
  ///     conversation is meant.
  ///   - coalescingKey: what a newer stanza with the same key replaces while it is held; presence
  ///     and headlines only. Nil never replaces and is never replaced.
  ///   - flags: circumstances, see ``StanzaFlags``.
  ///   - id: the sender's own id; carried, never used to tell stanzas apart.
  ///   - source: the sender's address, for the host's use when it has to answer.
  ///   - destination: the addressee, for the host's use when it routes.
  ///   - payload: the bytes to deliver.
  public init(
    _ kind: StanzaKind, conversation: ConversationID? = nil, coalescingKey: CoalescingKey? = nil,
    flags: StanzaFlags = [], id: String = "", source: String = "", destination: String = "",
    payload: [UInt8] = []
  ) {
    self.init(
      kind, conversation: conversation, coalescingKey: coalescingKey, flags: flags, id: id,
      source: source, destination: destination, payload: payload, payloadNote: 0)
  }

  /// A stanza with a note about its payload, which never changes and so never contradicts it.
  package init(
    _ kind: StanzaKind, conversation: ConversationID? = nil, coalescingKey: CoalescingKey? = nil,
    flags: StanzaFlags = [], id: String, source: String, destination: String, payload: [UInt8],
    payloadNote: UInt32
  ) {
    self.storage = Storage(
      kind: kind, flags: flags, conversation: conversation, coalescingKey: coalescingKey, id: id,
      source: source, destination: destination, payload: payload, payloadNote: payloadNote)
  }

  @inlinable
  package init(storage: Storage) { self.storage = storage }

  /// Tells this stanza from equal ones, as long as it is alive.
  package var identity: ObjectIdentifier { ObjectIdentifier(self.storage) }

  /// What the stanza is.
  @inlinable public var kind: StanzaKind { self.storage.kind }
  /// The circumstances.
  @inlinable public var flags: StanzaFlags { self.storage.flags }
  /// The other end of the conversation.
  @inlinable public var conversation: ConversationID? { self.storage.conversation }
  /// What a newer stanza replaces it by while held.
  @inlinable public var coalescingKey: CoalescingKey? { self.storage.coalescingKey }
  /// The sender's own id.
  @inlinable public var id: String { self.storage.id }
  /// The sender's address.
  @inlinable public var source: String { self.storage.source }
  /// The addressee.
  @inlinable public var destination: String { self.storage.destination }
  /// The bytes to deliver.
  @inlinable public var payload: [UInt8] { self.storage.payload }

  /// What the stanza counts against byte limits: its payload.
  @inlinable public var byteCount: Int { self.storage.payload.count }
}

extension Stanza: Hashable {
  /// Whether every field is equal; the same reference is equal without looking.
  public static func == (left: Self, right: Self) -> Bool {
    if left.storage === right.storage { return true }
    let (a, b) = (left.storage, right.storage)
    return a.kind == b.kind && a.flags == b.flags && a.conversation == b.conversation
      && a.coalescingKey == b.coalescingKey && a.id == b.id && a.source == b.source
      && a.destination == b.destination && a.payload == b.payload
  }

  /// Feeds kind, id and payload.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(self.kind)
    hasher.combine(self.id)
    hasher.combine(self.payload)
  }
}

extension Stanza: CustomStringConvertible {
  /// Kind, id and conversation, for logs; never the payload.
  public var description: String {
    var text = "\(self.kind)"
    if !self.id.isEmpty { text += " \(self.id)" }
    if let conversation = self.conversation { text += " (\(conversation))" }
    return text
  }
}

/// Where a stanza for an account is addressed to.
public enum StanzaAddress: Hashable, Sendable {
  /// To the account: in XMPP the bare address.
  case account
  /// To one device by name: in XMPP a full address.
  case device(DeviceName)
}
