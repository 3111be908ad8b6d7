import MDMQuietMode
import MDMSession
import MDMStanza

// One method an effect, so that the engine reads like the sentence it carries out.
extension EffectStorage {
  @inline(always)
  func archive(
    _ reference: UInt32, at position: UInt64, direction: ArchiveRequest.Direction,
    account: AccountHandle
  ) {
    self.append(
      EffectRecord(
        kind: direction == .received ? .archiveReceived : .archiveSent, reference: reference,
        device: DeviceHandle(carrying: account), position: position))
  }

  @inline(always)
  func deliver(
    _ reference: UInt32, form: Delivery.Form, decision: NotificationDecision, position: UInt64,
    heldSince: MonotonicInstant? = nil, alreadyRead: Bool = false, to device: DeviceHandle
  ) {
    self.putDelivery(
      at: self.makePlace(), reference, form: form, decision: decision, position: position,
      heldSince: heldSince, alreadyRead: alreadyRead, to: device)
  }

  @inline(always)
  func putDelivery(
    at index: Int, _ reference: UInt32, form: Delivery.Form, decision: NotificationDecision,
    position: UInt64, heldSince: MonotonicInstant?, alreadyRead: Bool, to device: DeviceHandle
  ) {
    self.put(
      EffectRecord(
        kind: .deliver, detail: form.rawValue, decision: decision.rawValue, mark: alreadyRead,
        reference: reference, device: device, position: position,
        instant: heldSince?.nanoseconds ?? .max),
      at: index)
  }

  func deliverMarker(
    _ conversation: ConversationID, upTo position: UInt64, unread: Int, revision: UInt64,
    to device: DeviceHandle
  ) {
    self.append(
      EffectRecord(
        kind: .deliverMarker, reference: self.adopt(conversation, unread: unread), device: device,
        position: position, instant: Int64(bitPattern: revision)))
  }

  func flush(_ reason: FlushReason, of device: DeviceHandle, count: Int) {
    self.putFlush(at: self.makeRoom(1), reason, of: device, count: count)
  }

  func putFlush(at index: Int, _ reason: FlushReason, of device: DeviceHandle, count: Int) {
    self.put(
      EffectRecord(
        kind: .flush, detail: reason.rawValue, reference: UInt32(truncatingIfNeeded: count),
        device: device),
      at: index)
  }

  func route(_ reference: UInt32, at position: UInt64, from device: DeviceHandle) {
    self.append(
      EffectRecord(kind: .route, reference: reference, device: device, position: position))
  }

  func push(_ reference: UInt32, at position: UInt64, to device: DeviceHandle) {
    self.append(
      EffectRecord(kind: .push, reference: reference, device: device, position: position))
  }

  func retract(_ conversation: ConversationID, upTo position: UInt64, at device: DeviceHandle) {
    self.append(
      EffectRecord(
        kind: .retract, reference: self.adopt(conversation), device: device, position: position))
  }

  func undelivered(
    _ stanza: Stanza, form: Delivery.Form, disposition: Disposition, position: UInt64,
    heldSince: MonotonicInstant, isElsewhere: Bool, at device: DeviceHandle
  ) {
    self.append(
      EffectRecord(
        kind: .undelivered, detail: form.rawValue, decision: disposition.rawValue,
        mark: isElsewhere, reference: self.adopt(stanza), device: device, position: position,
        instant: heldSince.nanoseconds))
  }

  func unroutable(
    _ reference: UInt32, disposition: Disposition, position: UInt64, account: AccountHandle
  ) {
    self.append(
      EffectRecord(
        kind: .unroutable, decision: disposition.rawValue, reference: reference,
        device: DeviceHandle(carrying: account), position: position))
  }

  func ended(_ device: DeviceHandle, _ reason: Ended.Reason) {
    self.append(EffectRecord(kind: .ended, detail: reason.rawValue, device: device))
  }

  func mdmChanged(_ device: DeviceHandle, isEffective: Bool) {
    self.append(EffectRecord(kind: .mdmChanged, mark: isEffective, device: device))
  }

  /// Writes an explanation; call it only when ``explains`` is true.
  func explain(
    _ device: DeviceHandle, _ stanza: Stanza, _ position: UInt64,
    _ decision: Explanation.Decision
  ) {
    self.explanations.append(
      Explanation(
        device: device, stanza: stanza,
        position: position == 0 ? nil : ArchivePosition(position), decision: decision))
  }

  /// Puts another decision into an explanation that has been written.
  func correctExplanation(_ decision: Explanation.Decision, at index: Int) {
    let old = self.explanations[index]
    self.explanations[index] = Explanation(
      device: old.device, stanza: old.stanza, position: old.position, decision: decision)
  }
}
