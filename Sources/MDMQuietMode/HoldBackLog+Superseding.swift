package import MDMStanza
import MDMStorage

// What a newer stanza with the same key does to an older one (B8).
extension HoldBackLog {
  /// An entry of the account in `slot` that `stanza` supersedes for some of `devices`. There may be
  /// more than one, each for other devices; ask again until there is none.
  package func superseded(
    by stanza: Stanza, for devices: DeviceSet, account slot: UInt32
  ) -> UInt32? {
    self.keys.find(hash: Self.keyHash(stanza.storage, slot)) { index in
      let entry = self.entries[index]
      guard entry.reference == slot, !(entry.pending & devices).isEmpty, let held = entry.stanza
      else { return false }
      return held._withUnsafeGuaranteedRef { Self.haveSameKey($0, stanza.storage) }
    }
  }

  /// A marker of the conversation in `conversationSlot` that waits for some of `devices`; ask again
  /// until there is none.
  package func supersededMarker(
    conversationSlot: UInt32, for devices: DeviceSet, account slot: UInt32
  ) -> UInt32? {
    self.keys.find(hash: Self.markerHash(conversationSlot, slot)) { index in
      let entry = self.entries[index]
      return entry.stanza == nil && entry.reference == conversationSlot
        && entry.copies.bits == slot && !(entry.pending & devices).isEmpty
    }
  }

  /// Puts `stanza` behind all others in the place of the entry at `old`, which the same devices
  /// wait for and no other. The caller sees to each queue with
  /// ``noteReplaced(_:for:in:)`` and then calls ``endReplacing(list:)``.
  package mutating func replace(
    _ old: UInt32, by stanza: Stanza, arrival: MonotonicInstant, copies: DeviceSet,
    isSentCopy: Bool, isSeen: Bool, account slot: UInt32, list: inout HeldList
  ) -> Replacement {
    let place = self.entries.pointer(to: old)
    let entry = HeldEntry(
      stanza: .passRetained(stanza.storage), arrival: arrival, pending: place.pointee.pending,
      copies: copies, isSentCopy: isSentCopy, isArchived: false, isSeen: isSeen, isKeyed: true,
      reference: slot)
    let oldBytes = self.size(old)
    let held = place.pointee.stanza
    place.pointee.pending = DeviceSet()
    place.pointee.stanza = nil
    list.live &-= 1
    list.dead &+= 1
    let index = self.link(entry, count: 0, to: &list)
    self.keys.replace(old, by: index, hash: Self.keyHash(stanza.storage, slot))
    held?.release()
    let newBytes = UInt32(clamping: stanza.byteCount)
    self.bytes &+= stanza.byteCount &- Int(oldBytes)
    return Replacement(
      old: old, behind: place.pointee.next, oldBytes: oldBytes, newBytes: newBytes)
  }

  /// An entry that has taken the place of another.
  package struct Replacement: BitwiseCopyable {
    /// Where the older one lay.
    let old: UInt32
    /// What comes behind it.
    let behind: UInt32
    /// The older one's payload bytes.
    let oldBytes: UInt32
    /// The newer one's.
    let newBytes: UInt32
  }

  /// Frees what replacing has left behind.
  package mutating func endReplacing(list: inout HeldList) { self.tidy(&list) }

  /// A device waits for the newer entry of a replacement instead of the older one.
  package mutating func noteReplaced(
    _ replacement: Replacement, for device: Int, in queue: inout HeldQueue
  ) {
    if queue.first == replacement.old {
      queue.first = self.next(from: replacement.behind, for: device)
    }
    let rest = queue.bytes &- min(queue.bytes, replacement.oldBytes)
    let (sum, overflow) = rest.addingReportingOverflow(replacement.newBytes)
    queue.bytes = overflow ? .max : sum
  }

  /// Whether a stanza can supersede or be superseded.
  package static func hasKey(_ stanza: Stanza) -> Bool {
    stanza.storage.coalescingKey != nil
      || (stanza.kind == .chatState && stanza.storage.conversation != nil)
  }

  private static func haveSameKey(_ held: Stanza.Storage, _ new: Stanza.Storage) -> Bool {
    guard held.kind == new.kind else { return false }
    if let key = new.coalescingKey { return held.coalescingKey == key }
    return held.coalescingKey == nil && held.conversation == new.conversation
  }

  static func keyHash(_ stanza: Stanza.Storage, _ slot: UInt32) -> Int {
    let hash = stanza.coalescingKey?.hash ?? stanza.conversation?.hash ?? 0
    return hash &+ Int(slot) &* 0x5851_F42D &+ Int(stanza.kind.rawValue)
  }

  static func markerHash(_ conversationSlot: UInt32, _ slot: UInt32) -> Int {
    Int(conversationSlot) &* 0x2545_F491 &+ Int(slot) &* 0x5851_F42D
  }

  /// A push service was told of the entry at `index`.
  package mutating func notePushed(_ index: UInt32) { self.entries[index].isPushed = true }

  /// Devices that wait for the entry at `index`.
  package func pending(_ index: UInt32) -> DeviceSet { self.entries[index].pending }

  /// The stanza of the entry at `index`, nil for a marker or a dead entry.
  package func stanza(_ index: UInt32) -> Stanza? {
    self.entries[index].stanza.map { Stanza(storage: $0.takeUnretainedValue()) }
  }

  /// Takes the entry at `index` away from the device at `device`, whose queue is `queue`.
  package mutating func drop(
    _ index: UInt32, for device: Int, queue: inout HeldQueue, account slot: UInt32,
    list: inout HeldList
  ) {
    assert(self.entries[index].pending.contains(device))
    queue.count &-= 1
    queue.bytes = queue.bytes &- min(queue.bytes, self.size(index))
    if queue.first == index { queue.first = self.next(from: self.entries[index].next, for: device) }
    self.release(index, for: device, account: slot, list: &list)
  }
}
