import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMSession
import MDMStanza
import MDMStorage

extension Core {
  /// A person read a conversation on the device at `reader`, up to a position (R-027, R-032, B21).
  ///
  /// Effects: for each other MDM device that listens, first the retraction of what it had notified
  /// of, then the marker; devices that wait get both when they are flushed. A device behind its
  /// push service is told of the retraction at once.
  mutating func read(
    _ conversation: ConversationID, upTo position: UInt64, by reader: Int,
    on account: inout Account, into effects: EffectStorage
  ) -> Outcome {
    guard position > 0, position <= account.position else {
      self.totals.markersUnknown &+= 1
      return .ignored(.unknownPosition)
    }
    let slot = self.conversationSlot(of: conversation, in: &account)
    guard account.reads.value.advance(slot, to: position) else {
      self.totals.markersNotForward &+= 1
      return .ignored(.notForward)
    }
    self.totals.markers &+= 1
    _ = account.reads.value.retractable(slot, upTo: position, among: DeviceSet(reader))

    let devices = (account.sets.present & account.sets.mdm) - reader
    let waiting =
      (devices & self.holding(in: &account)) | (devices - account.sets.connected)
    var live = devices - waiting
    while let index = live.popFirst() {
      self.deliverMarker(slot, to: index, of: &account, into: effects)
    }
    self.retractPushed(slot, upTo: position, among: waiting, of: &account, into: effects)
    if !waiting.isEmpty { self.holdMarker(slot, for: waiting, on: &account, into: effects) }
    return .done
  }

  /// The slot of a conversation's read state, made if need be; another one may be forgotten for it.
  @inline(always)
  mutating func conversationSlot(
    of conversation: ConversationID, in account: inout Account
  ) -> UInt32 {
    account.needReads()
    let forgotten = account.reads.value.forgotten
    let slot = account.reads.value.ensureSlot(
      of: conversation, limit: self.rules.conversationLimit)
    self.totals.conversationsForgotten &+= account.reads.value.forgotten &- forgotten
    return slot
  }

  private func retractPushed(
    _ slot: UInt32, upTo position: UInt64, among waiting: DeviceSet, of account: inout Account,
    into effects: EffectStorage
  ) {
    var rest = account.reads.value.retractable(
      slot, upTo: position, among: waiting & account.sets.suspended)
    let conversation = account.reads.value[slot].id
    while let index = rest.popFirst() {
      effects.retract(conversation, upTo: position, at: account.handle(of: index))
    }
  }

  /// Holds a marker back, in place of an older one of the same conversation (B8).
  private mutating func holdMarker(
    _ slot: UInt32, for waiting: DeviceSet, on account: inout Account, into effects: EffectStorage
  ) {
    while let old = self.log.supersededMarker(
      conversationSlot: slot, for: waiting, account: account.slot)
    {
      var rest = self.log.pending(old) & waiting
      self.totals.coalesced &+= UInt64(truncatingIfNeeded: rest.count)
      while let index = rest.popFirst() {
        self.log.drop(
          old, for: index, queue: &account.devices[index].held, account: account.slot,
          list: &account.held)
      }
    }
    let entry = self.log.appendMarker(
      conversationSlot: slot, arrival: self.now, pending: waiting, account: account.slot,
      to: &account.held)
    account.reads.value[slot].waiting = account.reads.value[slot].waiting | waiting
    let full = self.lengthenQueues(of: waiting, with: entry, bytes: 0, in: &account)
    if !full.isEmpty { self.limitReached(full, on: &account, into: effects) }
  }

  /// Tells a device that is new, or back after markers for it were given up, how far every
  /// conversation has been read (B21).
  func catchUp(
    _ index: Int, after revision: UInt64, on account: inout Account, into effects: EffectStorage
  ) {
    guard !account.reads.isEmpty else { return }
    for slot in 0..<UInt32(account.reads.value.count) {
      guard account.reads.value[slot].revision > revision else { continue }
      self.deliverMarker(slot, to: index, of: &account, into: effects)
    }
  }
}
