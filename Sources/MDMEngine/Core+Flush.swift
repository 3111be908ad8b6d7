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
    guard account.devices[index].held.count > 0 else { return }
    if ringing == .nothing, !effects.explains, account.held.markers == 0 {
      self.flushTogether(DeviceSet(index), reason, of: &account, into: effects)
    } else {
      self.flushOne(index, reason, of: &account, ringing, into: effects)
    }
  }

  /// Flushes devices that have all reached their limit, lower indices first (B11). Quiet devices of
  /// one account wait for much the same, so their buffers are read once for all of them if they
  /// can.
  mutating func flush(
    _ devices: DeviceSet, _ reason: FlushReason, of account: inout Account,
    into effects: EffectStorage
  ) {
    var rest = devices
    if !effects.explains, account.held.markers == 0, account.queuesAreAlike(devices) {
      return self.flushTogether(devices, reason, of: &account, into: effects)
    }
    while let index = rest.popFirst() { self.flush(index, reason, of: &account, into: effects) }
  }

  /// A flush with markers, rings or explanations in it.
  private mutating func flushOne(
    _ index: Int, _ reason: FlushReason, of account: inout Account, _ ringing: FlushRing,
    into effects: EffectStorage
  ) {
    let count = account.devices[index].held.count
    let device = account.handle(of: index)
    effects.flush(reason, of: device, count: Int(count))
    var lastUnread: LastUnread?
    let slot = account.slot
    var flushing = self.log.beginFlush(of: account.devices[index].held, for: DeviceSet(index))
    var left = count
    while left > 0, let item = self.log.next(&flushing, account: slot, list: &account.held) {
      left &-= 1
      self.noteResidence(of: item, times: 1)
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
    self.log.endFlush(Int(count), list: &account.held)
    if let lastUnread {
      effects.setDecision(.activityExpired, at: lastUnread.record)
      if effects.explains {
        effects.correctExplanation(
          .flushed(reason, .activityExpired), at: lastUnread.explanation)
      }
      self.noteLateRing(
        lastUnread.conversation, lastUnread.position, of: index, in: &account)
    }
    self.endFlush(of: index, reason, count: count, on: &account)
  }

  /// The last unread message of a flush, which may ring for all of them (B26).
  private struct LastUnread {
    var record: Int
    /// Its explanation, if there are any.
    var explanation: Int
    var position: UInt64
    var conversation: ConversationID?
  }

  /// Writes one item of a flush.
  private mutating func deliver(
    _ stanza: Stanza.Storage, _ item: FlushedItem, _ reference: UInt32, _ reason: FlushReason,
    _ ringing: FlushRing, _ lastUnread: inout LastUnread?, to index: Int, _ device: DeviceHandle,
    of account: inout Account, into effects: EffectStorage
  ) {
    let isRead = self.isRead(stanza, item.position, in: &account)
    let isUnseen = ringing == .unseen && !item.isTold && !isRead
    let decision = Self.notification(of: item, stanza, isUnseen: isUnseen)
    if decision.rings {
      self.noteLateRing(stanza.conversation, item.position, of: index, in: &account)
    }
    effects.deliver(
      reference, form: item.form(at: index), decision: decision, position: item.position,
      heldSince: item.arrival, alreadyRead: isRead, to: device)
    if effects.explains {
      effects.explain(
        device, Stanza(storage: stanza), item.position, .flushed(reason, decision))
    }
    if ringing == .lastUnread, !isRead, decision == .heldBack {
      lastUnread = LastUnread(
        record: effects.count - 1, explanation: effects.explanations.count - 1,
        position: item.position, conversation: stanza.conversation)
    }
  }

  /// Whether the message at `position` has been read; most have not, which the first test finds.
  @inline(always)
  mutating func isRead(
    _ stanza: Stanza.Storage, _ position: UInt64, in account: inout Account
  ) -> Bool {
    guard !account.reads.isEmpty, position <= account.reads.value.furthestRead else {
      return false
    }
    return account.reads.value.isRead(stanza.conversation, at: position)
  }

  @inline(always)
  static func notification(
    of item: FlushedItem, _ stanza: Stanza.Storage, isUnseen: Bool
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

  /// Counts how long an item waited, for so many devices.
  @inline(always)
  mutating func noteResidence(of item: FlushedItem, times: UInt64) {
    let residence = self.now.nanoseconds(since: item.arrival)
    self.totals.queuedNanoseconds.add(residence, times: times)
    self.flushTally.addHold(milliseconds: residence / 1_000_000, times: times)
  }

  /// What a flush leaves behind: an empty queue, the counts, and a moment during which a quiet
  /// device is not held back again (B13).
  mutating func endFlush(
    of index: Int, _ reason: FlushReason, count: UInt32, on account: inout Account
  ) {
    account.devices[index].held = HeldQueue()
    self.flushTally.addFlush(reason: reason.rawValue, packets: Int64(count))
    self.totals.flushedPackets &+= UInt64(count)
    self.slices.add(UInt64(count), at: self.now)
    if self.rules.regroupDelay > 0, account.sets.connected.contains(index) {
      account.devices[index].session.deadline = self.now.advanced(
        byNanoseconds: self.rules.regroupDelay)
    }
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
