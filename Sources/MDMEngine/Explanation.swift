public import MDMQuietMode
public import MDMRouting
public import MDMStanza

/// Why one device of the account got a stanza, did not get it, or has to wait for it.
///
/// Explanations are written only into an ``Effects`` that asks for them; they change nothing.
public struct Explanation: Hashable, Sendable {
  /// The device.
  public let device: DeviceHandle
  /// The stanza it is about.
  public let stanza: Stanza
  /// The stable id, nil for what is not archived.
  public let position: ArchivePosition?
  /// The decision.
  public let decision: Decision

  /// What was decided, with the reason in its name.
  @nonexhaustive
  public enum Decision: Hashable, Sendable {
    /// Delivered at once in this form, with this say on ringing.
    case delivered(Delivery.Form, NotificationDecision)
    /// Held back.
    case held(HoldReason)
    /// Taken out of the buffer because a newer stanza with the same key replaces it.
    case coalesced
    /// Not worth holding: a chat state on its own (B8).
    case dropped
    /// Flushed from the buffer, with this say on ringing: a device whose user nobody has told rings
    /// late.
    case flushed(FlushReason, NotificationDecision)
    /// Its push service is asked to tell the user; the stanza itself was held before.
    case pushed
    /// Will not reach the device any more.
    case undelivered
    /// Not for this device.
    case skipped(SkipReason)
  }

  /// Why a stanza is held.
  @nonexhaustive
  public enum HoldReason: UInt8, Sendable, CaseIterable {
    /// The device is quiet and another client is active.
    case otherClientActive
    /// The device is quiet and the stanza is nothing to wake it for (B7).
    case notContent
    /// The device is quiet and its user wrote the message elsewhere (B7).
    case ownMessage
    /// The device's connection is lost and may be resumed (B14).
    case detached
    /// The device waits behind its push service (B14).
    case suspended
    /// The device is in silent mode and silent means suspended (B12).
    case silent
  }
}
