public import MDMQuietMode
public import MDMStanza

/// Something the host must do. Effects are performed in the order in which they were appended.
///
/// The enumeration is complete: a host switches over it without a default.
public enum Effect: Hashable, Sendable {
  /// Store a message in the account's archive, before anything that follows (B20).
  case archive(ArchiveRequest)
  /// Deliver a stanza to a device's connection.
  case deliver(Delivery)
  /// Tell a device how far a conversation has been read (B21).
  case deliverMarker(MarkerDelivery)
  /// The items that follow for this device, as many as said, are its flushed buffer: one write.
  case flush(Flush)
  /// Route a stanza that a device of the account sent.
  case route(Routing)
  /// Wake a device without a connection through its push service (B9).
  case push(Push)
  /// Take back what a device's user was notified of in a conversation, up to a position (B9).
  case retractNotification(Retraction)
  /// A stanza that was held for a device will not reach it (B14).
  case undelivered(Undelivered)
  /// A stanza that no device of the account could take.
  case unroutable(Unroutable)
  /// A device's session ended without its own sign-out.
  case ended(Ended)
  /// Whether MDM is in effect for a session has changed (B18).
  case mdmChanged(MDMChange)
}

/// A message for the archive (B20).
public struct ArchiveRequest: Hashable, Sendable {
  /// The account whose archive it is.
  public let account: AccountHandle
  /// The message's place: the stable id of every copy.
  public let position: ArchivePosition
  /// Whether the account sent the message or received it.
  public let direction: Direction
  /// The message.
  public let stanza: Stanza

  /// Which side of the conversation the account is on.
  public enum Direction: UInt8, Sendable, CaseIterable {
    /// To the account.
    case received
    /// From the account.
    case sent
  }
}

/// A stanza on its way to one device.
public struct Delivery: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// The stanza itself; wrap it as ``form`` says.
  public let stanza: Stanza
  /// The stanza itself or a copy.
  public let form: Form
  /// The stable id, nil for what is not archived.
  public let position: ArchivePosition?
  /// Whether the device should ring, or why not (B9).
  public let notification: NotificationDecision
  /// When the stanza was accepted, if it was held back since (B27); nil for a live one.
  public let heldSince: MonotonicInstant?
  /// Whether the person has already read it on another device (B8).
  public let alreadyRead: Bool

  /// How the stanza reaches the device.
  public enum Form: UInt8, Sendable, CaseIterable {
    /// The stanza itself.
    case original
    /// A copy of a stanza that the account received (XEP-0280 `received`).
    case receivedCopy
    /// A copy of a stanza that another device of the account sent (XEP-0280 `sent`).
    case sentCopy
  }
}

/// Whether a delivered stanza rings on its device, and why or why not (B9).
///
/// Decisions that ring come first; ``rings`` goes by that.
@nonexhaustive
public enum NotificationDecision: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// Rings: the device is the active client.
  case activeClient
  /// Rings: no client is active, so every device does.
  case noActiveClient
  /// Rings once for what was held: the other client's window lapsed (B26).
  case activityExpired
  /// Rings: a call invitation or the like that must not wait rings everywhere (B8).
  case urgent
  /// The device decides itself: it does not use MDM (B10, B19).
  case clientDecides
  /// Mute: another client is the active one.
  case otherClientActive
  /// Mute: the device is in silent mode (B12).
  case silentMode
  /// Mute: the user wrote it on another device.
  case ownMessage
  /// Mute: not something a person wants to read (B9).
  case notContent
  /// Mute: held back and flushed; whoever was to know has been told (B9).
  case heldBack

  /// Whether the device should ring. A device that decides itself is not told to.
  @inlinable
  public var rings: Bool {
    // Those that ring come first.
    self.rawValue <= NotificationDecision.urgent.rawValue
  }
}

/// A read marker on its way to one device (B21).
public struct MarkerDelivery: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// The conversation that was read.
  public let conversation: ConversationID
  /// Everything up to and including this has been read.
  public let upTo: ArchivePosition
  /// Messages to the account after that position.
  public let unread: Int
  /// The account's read revision with this marker, for ``CatchUp/since(revision:)``.
  public let revision: UInt64
}

/// The beginning of a flushed buffer.
public struct Flush: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// What caused it.
  public let reason: FlushReason
  /// How many deliveries and markers follow for the device.
  public let count: Int
}

/// A stanza for the host to route (B20).
public struct Routing: Hashable, Sendable {
  /// The device that sent it.
  public let device: DeviceHandle
  /// The stanza; its destination says where to.
  public let stanza: Stanza
  /// The stable id in the sender's archive, nil for what is not archived.
  public let position: ArchivePosition?
}

/// A notification for a device's push service (B9).
public struct Push: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// The message; what of it leaves the server is the host's policy.
  public let stanza: Stanza
  /// The stable id, nil for what is not archived.
  public let position: ArchivePosition?
}

/// An outstanding notification to take back (B9).
public struct Retraction: Hashable, Sendable {
  /// The device that had notified its user.
  public let device: DeviceHandle
  /// The conversation that was read elsewhere.
  public let conversation: ConversationID
  /// Up to and including this.
  public let upTo: ArchivePosition
}

/// A held stanza that its device will not get (B14).
public struct Undelivered: Hashable, Sendable {
  /// The device it was held for.
  public let device: DeviceHandle
  /// The stanza.
  public let stanza: Stanza
  /// How it would have been delivered.
  public let form: Delivery.Form
  /// The stable id, nil for what is not archived.
  public let position: ArchivePosition?
  /// When it was accepted.
  public let heldSince: MonotonicInstant
  /// Whether another device of the account has had it, sent it or still holds it.
  public let copyDeliveredElsewhere: Bool
  /// What to do with it.
  public let disposition: Disposition
}

/// A stanza that found no device (RFC 6121 §8.5).
public struct Unroutable: Hashable, Sendable {
  /// The account it was for.
  public let account: AccountHandle
  /// The stanza.
  public let stanza: Stanza
  /// The stable id, nil for what is not archived.
  public let position: ArchivePosition?
  /// What to do with it.
  public let disposition: Disposition
}

/// What to do with a stanza that reaches nobody (B14, XEP-0160).
public enum Disposition: UInt8, Sendable, CaseIterable {
  /// Keep it for the next sign-in, with its original time.
  case storeOffline
  /// Answer its sender that the service is unavailable; never for a copy (XEP-0280 §10.3).
  case bounce
  /// Forget it: it was worth something only at the time, or another device has it.
  case drop
}

/// The end of a session that its device did not ask for.
public struct Ended: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// Why.
  public let reason: Reason

  /// Why a session ended.
  @nonexhaustive
  public enum Reason: UInt8, Sendable, CaseIterable {
    /// The same device signed in again (B14).
    case replaced
    /// It did not resume in time (B14).
    case resumeWindowExpired
    /// It did not come back from its push service in time.
    case suspensionExpired
    /// It made room for another device (`DeviceLimitPolicy.endLeastRecentlyActive`).
    case evicted
    /// Its account was closed.
    case accountClosed
  }
}

/// A change of whether MDM is in effect for a session (B18).
public struct MDMChange: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// Whether it is in effect from now on.
  public let isEffective: Bool
}
