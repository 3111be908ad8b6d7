public import MDM

// Questions to one effect, for `effects.contains { … }` in an expectation.
extension Effect {
  /// Whether the effect delivers this stanza to this device, ringing or not when that is asked.
  public func delivers(
    _ id: String, to device: DeviceHandle, ringing: Bool? = nil, as form: Delivery.Form? = nil
  ) -> Bool {
    guard case .deliver(let delivery) = self, delivery.stanza.id == id,
      delivery.device == device
    else { return false }
    if let ringing, delivery.notification.rings != ringing { return false }
    if let form, delivery.form != form { return false }
    return true
  }

  /// Whether the effect flushes this device, for this reason when one is asked.
  public func flushes(_ device: DeviceHandle, because reason: FlushReason? = nil) -> Bool {
    guard case .flush(let flush) = self, flush.device == device else { return false }
    return reason == nil || flush.reason == reason
  }

  /// Whether the effect asks the archive for this message.
  public func archives(_ id: String) -> Bool {
    if case .archive(let request) = self { request.stanza.id == id } else { false }
  }

  /// Whether the effect hands this stanza to the host for routing.
  public func routes(_ id: String) -> Bool {
    if case .route(let routing) = self { routing.stanza.id == id } else { false }
  }

  /// Whether the effect tells this device's push service of this message.
  public func pushes(_ id: String, to device: DeviceHandle) -> Bool {
    guard case .push(let push) = self else { return false }
    return push.stanza.id == id && push.device == device
  }

  /// Whether the effect tells this device that the conversation has been read up to this position.
  public func marks(
    _ conversation: ConversationID, upTo position: ArchivePosition, at device: DeviceHandle
  ) -> Bool {
    guard case .deliverMarker(let marker) = self else { return false }
    return marker.conversation == conversation && marker.upTo == position
      && marker.device == device
  }

  /// Whether the effect takes back what this device notified of.
  public func retracts(
    _ conversation: ConversationID, upTo position: ArchivePosition, at device: DeviceHandle
  ) -> Bool {
    guard case .retractNotification(let retraction) = self else { return false }
    return retraction.conversation == conversation && retraction.upTo == position
      && retraction.device == device
  }

  /// Whether the effect gives this stanza up, for a device or altogether, in this way.
  public func givesUp(_ id: String, _ disposition: Disposition) -> Bool {
    switch self {
    case .undelivered(let item): item.stanza.id == id && item.disposition == disposition
    case .unroutable(let item): item.stanza.id == id && item.disposition == disposition
    case .archive, .deliver, .deliverMarker, .flush, .route, .push, .retractNotification, .ended,
      .mdmChanged:
      false
    }
  }
}
