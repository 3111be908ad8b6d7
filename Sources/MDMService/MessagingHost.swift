public import MDMEngine
public import MDMStanza

/// What a service cannot do itself: the other side of every wire, archive and push service.
///
/// Methods are called on whichever thread performs the effects of an account's shard, one at a
/// time for each shard, in the order in which they were decided, and never under a lock: they may
/// call the service. They should be quick, since the shard's other effects wait. Only what cannot
/// lose anything has a default.
public protocol MessagingHost: AnyObject, Sendable {
  /// Stores a message in the account's archive before anything that follows (B20). Under
  /// `ArchivePolicy.refuse` answer with ``MessagingService/noteArchived(_:of:at:)`` or
  /// ``MessagingService/noteArchiveFailed(_:of:at:)``.
  func archive(_ request: ArchiveRequest, of account: AccountName)

  /// Hands an event to a device that was signed in by ``MessagingService/signIn(_:to:at:)``.
  /// Devices in a scope get theirs through their stream.
  func deliver(_ event: DeviceEvent, to device: DeviceHandle, of account: AccountName)

  /// Sends a stanza on that is not for an account of this service, or answers its sender.
  func route(_ routing: Routing, from account: AccountName, because reason: ForeignReason)

  /// Does with a held stanza that will not reach its device as its disposition says (B14).
  func undelivered(_ item: Undelivered, of account: AccountName)

  /// Does with a stanza that no device could take as its disposition says.
  func unroutable(_ item: Unroutable, of account: AccountName)

  /// Takes the events, oldest first, that were in a device's stream when its scope was left. The
  /// device never saw them: store what is worth storing.
  func unread(_ events: [DeviceEvent], of device: DeviceHandle, of account: AccountName)

  /// Wakes a device through its push service (B9). The stanza itself waits in the engine, so a host
  /// without a push service loses nothing by doing nothing, which is the default.
  func push(_ push: Push, of account: AccountName)
}

extension MessagingHost {
  /// Does nothing: there is no push service.
  public func push(_ push: Push, of account: AccountName) {}
}

/// What happens to one device, in order.
///
/// The enumeration is complete: a host switches over it without a default.
public enum DeviceEvent: Hashable, Sendable {
  /// A stanza, or a copy of one.
  case delivery(Delivery)
  /// How far a conversation has been read (B21).
  case marker(MarkerDelivery)
  /// The deliveries and markers that follow, as many as said, are its flushed buffer.
  case flush(Flush)
  /// A notification to take back (B9).
  case retraction(Retraction)
  /// Whether Multiple Device Messaging is in effect for it has changed (B18).
  case mdmChanged(MDMChange)
  /// Its session is over; nothing follows.
  case ended(DeviceEnd)
}

/// Why a device's session ended without its own sign-out.
public enum DeviceEnd: Hashable, Sendable {
  /// The engine ended it.
  case session(Ended.Reason)
  /// The service shut down.
  case shutDown
}

/// Why a stanza that an account of this service sent is the host's to route.
@nonexhaustive
public enum ForeignReason: Hashable, Sendable {
  /// The router makes no address of its destination.
  case noAddress
  /// It goes to the sender's own account, and the command did not say so.
  case ownAccount
  /// The account is not open on this service.
  case notOpen(AccountName)
  /// The account is open, and its engine would not have the stanza.
  case refused(AdmissionError)
}
