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
  mutating func flush(
    _ index: Int, _ reason: FlushReason, of account: inout Account, ringing: FlushRing = .nothing,
    into effects: EffectStorage
  ) {
    let count = account.devices[index].held.count
    guard count > 0 else { return }
    let device = account.handle(of: index)
    let header = effects.flush(reason, of: device)
    effects.setFlushCount(Int(count), at: header)
    var lastUnread: LastUnread?
    while let item = self.log.pop(
      for: index, queue: &account.devices[index].held, isDelivered: true, account: account.slot,
      list: &account.held)
    {
      self.noteResidence(of: item)
      guard let stanza = item.stanza else {
        self.deliverHeldMarker(item.conversationSlot, to: index, of: &account, into: effects)
        continue
      }
      // The list of effects takes the item's reference over, so the stanza lives on.
      let reference = effects.adopt(retained: stanza)
      stanza._withUnsafeGuaranteedRef {
        self.deliver(
          $0, item, reference, reason, ringing, &lastUnread, to: index, device, of: &account,
          into: effects)
      }
    }
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

  @inline(__always)
  private mutating func deliver(
    _ stanza: Stanza.Storage, _ item: HeldItem, _ reference: UInt32, _ reason: FlushReason,
    _ ringing: FlushRing, _ lastUnread: inout LastUnread?, to index: Int,
    _ device: DeviceHandle, of account: inout Account, into effects: EffectStorage
  ) {
    let isRead = self.isRead(stanza, item.position, in: account)
    let isUnseen = ringing == .unseen && !item.isTold && !isRead
    let decision = self.notification(of: item, stanza, isUnseen: isUnseen)
    if decision.rings {
      self.noteLateRing(stanza.conversation, item.position, of: index, in: &account)
    }
    effects.deliver(
      reference, form: item.form, decision: decision, position: item.position,
      heldSince: item.arrival, alreadyRead: isRead, to: device)
    if effects.explains {
      effects.explain(device, Stanza(storage: stanza), item.position, .flushed(reason))
    }
    if ringing == .lastUnread, !isRead, decision == .heldBack {
      lastUnread = LastUnread(
        record: effects.count - 1, position: item.position, conversation: stanza.conversation)
    }
  }

  /// Whether the message at `position` has been read; most have not, which the first test finds.
  @inline(__always)
  private func isRead(
    _ stanza: Stanza.Storage, _ position: UInt64, in account: borrowing Account
  ) -> Bool {
    guard !account.reads.isEmpty, position <= account.reads.value.furthestRead else {
      return false
    }
    return account.reads.value.isRead(stanza.conversation, at: position)
  }

  @inline(__always)
  private func notification(
    of item: HeldItem, _ stanza: Stanza.Storage, isUnseen: Bool
  ) -> NotificationDecision {
    if item.isSentCopy || stanza.flags.contains(.ownAccount) { return .ownMessage }
    guard stanza.kind.isContent else { return .notContent }
    return isUnseen ? .noActiveClient : .heldBack
  }

  private mutating func noteLateRing(
    _ conversation: ConversationID?, _ position: UInt64, of index: Int, in account: inout Account
  ) {
    self.totals.notified &+= 1
    guard position != 0, !account.reads.isEmpty, let conversation,
      let slot = account.reads.value.slot(of: conversation)
    else { return }
    account.reads.value.noteNotified(slot, DeviceSet(index), at: position)
  }

  @inline(__always)
  private mutating func noteResidence(of item: HeldItem) {
    let residence = self.now.nanoseconds(since: item.arrival)
    self.totals.queuedNanoseconds.add(residence)
    self.totals.holdMilliseconds.add(residence / 1_000_000)
  }

  private mutating func noteFlush(_ reason: FlushReason, count: Int64) {
    self.totals.flushesByReason[Int(reason.rawValue)] &+= 1
    self.totals.flushedPackets &+= UInt64(count)
    self.totals.flushSize.add(count)
    self.slices.add(UInt64(count), at: self.now)
  }

  // MARK: - Held read markers

  /// Delivers the conversation's marker as it stands now, and takes back the device's outstanding
  /// notification of it.
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
