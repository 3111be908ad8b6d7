import MDMQuietMode
import MDMStanza

// From records back to what they stand for.
extension EffectStorage {
  /// Hands the effect at `index` to its performer.
  func perform(at index: Int, by performer: inout some EffectPerformer) {
    let record = self.record(at: index)
    switch record.kind {
    case .archiveReceived, .archiveSent: performer.archive(self.archiveRequest(record))
    case .deliver: performer.deliver(self.delivery(record))
    case .deliverMarker: performer.deliver(self.markerDelivery(record))
    case .flush: performer.flush(self.flush(record))
    case .route: performer.route(self.routing(record))
    case .push: performer.push(self.push(record))
    case .retract: performer.retract(self.retraction(record))
    case .undelivered: performer.undelivered(self.undelivered(record))
    case .unroutable: performer.unroutable(self.unroutable(record))
    case .ended: performer.ended(self.ended(record))
    case .mdmChanged:
      performer.mdmChanged(MDMChange(device: record.device, isEffective: record.mark))
    }
  }

  /// The effect at `index` as a value.
  func effect(at index: Int) -> Effect {
    let record = self.record(at: index)
    switch record.kind {
    case .archiveReceived, .archiveSent: return .archive(self.archiveRequest(record))
    case .deliver: return .deliver(self.delivery(record))
    case .deliverMarker: return .deliverMarker(self.markerDelivery(record))
    case .flush: return .flush(self.flush(record))
    case .route: return .route(self.routing(record))
    case .push: return .push(self.push(record))
    case .retract: return .retractNotification(self.retraction(record))
    case .undelivered: return .undelivered(self.undelivered(record))
    case .unroutable: return .unroutable(self.unroutable(record))
    case .ended: return .ended(self.ended(record))
    case .mdmChanged:
      return .mdmChanged(MDMChange(device: record.device, isEffective: record.mark))
    }
  }

  @inline(always)
  private func archiveRequest(_ record: EffectRecord) -> ArchiveRequest {
    ArchiveRequest(
      account: self.account(record), position: ArchivePosition(record.position),
      direction: record.kind == .archiveReceived ? .received : .sent,
      stanza: self.stanza(record.reference))
  }

  private func markerDelivery(_ record: EffectRecord) -> MarkerDelivery {
    let (conversation, unread) = self.conversation(record.reference)
    return MarkerDelivery(
      device: record.device, conversation: conversation,
      upTo: ArchivePosition(record.position), unread: unread,
      revision: UInt64(bitPattern: record.instant))
  }

  private func flush(_ record: EffectRecord) -> Flush {
    Flush(
      device: record.device, reason: FlushReason(rawValue: record.detail) ?? .request,
      count: Int(record.reference))
  }

  private func routing(_ record: EffectRecord) -> Routing {
    Routing(
      device: record.device, stanza: self.stanza(record.reference),
      position: self.position(record))
  }

  private func push(_ record: EffectRecord) -> Push {
    Push(
      device: record.device, stanza: self.stanza(record.reference),
      position: self.position(record))
  }

  private func retraction(_ record: EffectRecord) -> Retraction {
    Retraction(
      device: record.device, conversation: self.conversation(record.reference).id,
      upTo: ArchivePosition(record.position))
  }

  private func unroutable(_ record: EffectRecord) -> Unroutable {
    Unroutable(
      account: self.account(record), stanza: self.stanza(record.reference),
      position: self.position(record), disposition: self.disposition(record))
  }

  private func ended(_ record: EffectRecord) -> Ended {
    Ended(device: record.device, reason: Ended.Reason(rawValue: record.detail) ?? .replaced)
  }

  @inline(always)
  private func delivery(_ record: EffectRecord) -> Delivery {
    Delivery(
      device: record.device, stanza: self.stanza(record.reference), form: self.form(record),
      position: self.position(record),
      notification: NotificationDecision(rawValue: record.decision) ?? .notContent,
      heldSince: record.instant == .max ? nil : MonotonicInstant(nanoseconds: record.instant),
      alreadyRead: record.mark)
  }

  @inline(always)
  private func undelivered(_ record: EffectRecord) -> Undelivered {
    Undelivered(
      device: record.device, stanza: self.stanza(record.reference), form: self.form(record),
      position: self.position(record),
      heldSince: MonotonicInstant(nanoseconds: record.instant),
      copyDeliveredElsewhere: record.mark, disposition: self.disposition(record))
  }

  @inline(always)
  private func account(_ record: EffectRecord) -> AccountHandle {
    AccountHandle(carriedBy: record.device)
  }

  @inline(always)
  private func form(_ record: EffectRecord) -> Delivery.Form {
    Delivery.Form(rawValue: record.detail) ?? .original
  }

  @inline(always)
  private func disposition(_ record: EffectRecord) -> Disposition {
    Disposition(rawValue: record.decision) ?? .drop
  }

  @inline(always)
  private func position(_ record: EffectRecord) -> ArchivePosition? {
    record.position == 0 ? nil : ArchivePosition(record.position)
  }
}
