import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMSession
import MDMStanza
import MDMStorage

extension Core {
  /// Whose sole copies ring when a buffer is flushed.
  enum FlushRing {
    /// Nothing: whoever was to know has been told, or the person is here (B9).
    case nothing
    /// Messages nobody has been told of, because the device's connection was lost at the time.
    case unseen
    /// The last unread message, once for all of them (B26).
    case lastUnread
  }

  /// Delivers everything that waits for the device at `index`, oldest first, and leaves its mode
  /// alone (B13). An empty buffer is no flush (B17).
  ///
  /// - Complexity: O(stanzas that wait).
  @inline(never)
  mutating func flush(
    _ index: Int, _ reason: FlushReason, of account: inout Account, ringing: FlushRing = .nothing,
    into effects: EffectStorage
  ) {
    // As in ``receive(_:to:for:into:)``: the usual case is an instance of its own.
    if ringing == .nothing, !effects.explains {
      self.flush(index, reason, of: &account, .nothing, explains: false, into: effects)
    } else {
      self.flush(index, reason, of: &account, ringing, explains: effects.explains, into: effects)
    }
  }

  @inline(always)
  private mutating func flush(
    _ index: Int, _ reason: FlushReason, of account: inout Account, _ ringing: FlushRing,
    explains: Bool, into effects: EffectStorage
  ) {
    let count = account.devices[index].held.count
    guard count > 0 else { return }
    let device = account.handle(of: index)
    let header = effects.flush(reason, of: device)
    effects.setFlushCount(Int(count), at: header)
    var lastUnread: LastUnread?
    let slot = account.slot
    var flushing = self.log.beginFlush(of: account.devices[index].held)
    while let item = self.log.next(&flushing, for: index, account: slot, list: &account.held) {
      self.noteResidence(of: item)
      guard let stanza = item.stanza else {
        self.deliverHeldMarker(item.conversationSlot, to: index, of: &account, into: effects)
        continue
      }
      // The list of effects takes the item's reference over, so the stanza lives on.
      let reference = effects.adopt(retained: stanza)
      stanza._withUnsafeGuaranteedRef {
        let decision = self.deliver(
          $0, item, reference, ringing, &lastUnread, to: index, device, of: &account,
          into: effects)
        if decision.rings {
          self.noteLateRing($0.conversation, item.position, of: index, in: &account)
        }
        if explains {
          effects.explain(device, Stanza(storage: $0), item.position, .flushed(reason))
        }
      }
    }
    self.log.endFlush(flushing, &account.devices[index].held, list: &account.held)
    if let lastUnread {
      effects.setDecision(.activityExpired, at: lastUnread.record)
      self.noteLateRing(
        lastUnread.conversation, lastUnread.position, of: index, in: &account)
    }
    self.noteFlush(reason, count: Int64(count))
    if self.rules.regroupDelay > 0, account.sets.connected.contains(index) {
      account.devices[index].session.deadline = self.now.advanced(
        byNanoseconds: self.rules.regroupDelay)
    }
  }

  /// The last unread message of a flush, which may ring for all of them (B26).
  private struct LastUnread {
    var record: Int
    var position: UInt64
    var conversation: ConversationID?
  }

  /// Writes one item of a flush; returns whether it rings.
  @inline(always)
  private mutating func deliver(
    _ stanza: Stanza.Storage, _ item: HeldItem, _ reference: UInt32, _ ringing: FlushRing,
    _ lastUnread: inout LastUnread?, to index: Int, _ device: DeviceHandle,
    of account: inout Account, into effects: EffectStorage
  ) -> NotificationDecision {
    let isRead = self.isRead(stanza, item.position, in: &account)
    let isUnseen = ringing == .unseen && !item.isTold && !isRead
    let decision = Self.notification(of: item, stanza, isUnseen: isUnseen)
    effects.deliver(
      reference, form: item.form, decision: decision, position: item.position,
      heldSince: item.arrival, alreadyRead: isRead, to: device)
    if ringing == .lastUnread, !isRead, decision == .heldBack {
      lastUnread = LastUnread(
        record: effects.count - 1, position: item.position, conversation: stanza.conversation)
    }
    return decision
  }

  /// Whether the message at `position` has been read; most have not, which the first test finds.
  @inline(always)
  private mutating func isRead(
    _ stanza: Stanza.Storage, _ position: UInt64, in account: inout Account
  ) -> Bool {
    guard !account.reads.isEmpty, position <= account.reads.value.furthestRead else {
      return false
    }
    return account.reads.value.isRead(stanza.conversation, at: position)
  }

  @inline(always)
  private static func notification(
    of item: HeldItem, _ stanza: Stanza.Storage, isUnseen: Bool
  ) -> NotificationDecision {
    if item.isSentCopy || stanza.flags.contains(.ownAccount) { return .ownMessage }
    guard stanza.kind.isContent else { return .notContent }
    return isUnseen ? .noActiveClient : .heldBack
  }

  @inline(never)
  private mutating func noteLateRing(
    _ conversation: ConversationID?, _ position: UInt64, of index: Int, in account: inout Account
  ) {
    self.totals.notified &+= 1
    guard position != 0, !account.reads.isEmpty, let conversation,
      let slot = account.reads.value.slot(of: conversation)
    else { return }
    account.reads.value.noteNotified(slot, DeviceSet(index), at: position)
  }

  @inline(always)
  private mutating func noteResidence(of item: HeldItem) {
    let residence = self.now.nanoseconds(since: item.arrival)
    self.totals.queuedNanoseconds.add(residence)
    self.flushTally.addHold(milliseconds: residence / 1_000_000)
  }

  private mutating func noteFlush(_ reason: FlushReason, count: Int64) {
    self.flushTally.addFlush(reason: reason.rawValue, packets: count)
    self.totals.flushedPackets &+= UInt64(count)
    self.slices.add(UInt64(count), at: self.now)
  }

  // MARK: - Held read markers

  /// Delivers the conversation's marker as it stands now, and takes back the device's outstanding
  /// notification of it.
  @inline(never)
  private func deliverHeldMarker(
    _ slot: UInt32, to index: Int, of account: inout Account, into effects: EffectStorage
  ) {
    account.reads.value[slot].waiting.remove(index)
    self.deliverMarker(slot, to: index, of: &account, into: effects)
  }

  /// Tells one device how far a conversation has been read.
  func deliverMarker(
    _ slot: UInt32, to index: Int, of account: inout Account, into effects: EffectStorage
  ) {
    let device = account.handle(of: index)
    let position = account.reads.value[slot].readUpTo
    let stale = account.reads.value.retractable(slot, upTo: position, among: DeviceSet(index))
    let state = account.reads.value[slot]
    if !stale.isEmpty { effects.retract(state.id, upTo: position, at: device) }
    effects.deliverMarker(
      state.id, upTo: position, unread: state.unread.count, revision: state.revision, to: device)
  }
}
