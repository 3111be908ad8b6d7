public import MDMStanza

/// One stanza that waits, in thirty-two bytes, whoever waits for it.
///
/// Entries of an account form a singly linked list in order of arrival inside the engine-wide log.
@usableFromInline
struct HeldEntry: BitwiseCopyable, @unchecked Sendable {
  /// The stanza with one reference counted for the log; nil for a read marker.
  @usableFromInline var stanza: Optional<Unmanaged<Stanza.Storage>>
  /// When it was accepted (B27).
  @usableFromInline var arrival: MonotonicInstant
  /// Devices that still wait for it; empty for an entry that is only passed over.
  @usableFromInline var pending: DeviceSet
  /// Devices that get a copy instead of the stanza itself; for a marker, the account's slot.
  @usableFromInline var copies: DeviceSet
  /// Lower 27 bits: index of the next entry. Upper 5: flags.
  @usableFromInline var link: UInt32
  /// For what is archived, the position less the list's base; for a marker, the conversation's
  /// slot; for what is coalesced by key, the account's slot, which tells equal keys apart.
  @usableFromInline var reference: UInt32

  /// The link of the last entry.
  @inlinable static var none: UInt32 { 0x07FF_FFFF }
  @inlinable static var linkMask: UInt32 { 0x07FF_FFFF }
  @inlinable static var pushedFlag: UInt32 { 1 << 27 }
  @inlinable static var sentFlag: UInt32 { 1 << 28 }
  @inlinable static var seenFlag: UInt32 { 1 << 29 }
  @inlinable static var archivedFlag: UInt32 { 1 << 30 }
  @inlinable static var keyedFlag: UInt32 { 1 << 31 }

  @inlinable @inline(always)
  init(
    stanza: Unmanaged<Stanza.Storage>?, arrival: MonotonicInstant, pending: DeviceSet,
    copies: DeviceSet, isSentCopy: Bool, isArchived: Bool, isSeen: Bool, isKeyed: Bool,
    reference: UInt32
  ) {
    self.stanza = stanza
    self.arrival = arrival
    self.pending = pending
    self.copies = copies
    self.link =
      Self.none | (isSentCopy ? Self.sentFlag : 0) | (isArchived ? Self.archivedFlag : 0)
      | (isSeen ? Self.seenFlag : 0) | (isKeyed ? Self.keyedFlag : 0)
    self.reference = reference
  }

  /// Index of the next entry, ``none`` for the last.
  @inlinable var next: UInt32 {
    get { self.link & Self.linkMask }
    set { self.link = self.link & ~Self.linkMask | newValue & Self.linkMask }
  }

  /// Whether another device of the account sent it, so that every device gets a sent copy.
  @inlinable var isSentCopy: Bool { self.link & Self.sentFlag != 0 }
  /// Whether ``reference`` is an archive position.
  @inlinable var isArchived: Bool { self.link & Self.archivedFlag != 0 }
  /// The archive position, 0 for none.
  @inlinable @inline(always)
  func position(base: UInt64) -> UInt64 {
    self.isArchived ? base &+ UInt64(self.reference) : 0
  }
  /// Whether it is in the key index, so that a newer one can replace it.
  @inlinable var isKeyed: Bool { self.link & Self.keyedFlag != 0 }
  /// Whether some device of the account has had it or sent it (B10).
  @inlinable var isSeen: Bool {
    get { self.link & Self.seenFlag != 0 }
    set { self.link = newValue ? self.link | Self.seenFlag : self.link & ~Self.seenFlag }
  }
  /// Whether a push service was told of it (B9).
  @inlinable var isPushed: Bool {
    get { self.link & Self.pushedFlag != 0 }
    set { self.link = newValue ? self.link | Self.pushedFlag : self.link & ~Self.pushedFlag }
  }
}

/// One account's part of the log.
@usableFromInline
package struct HeldList: BitwiseCopyable, Sendable {
  /// What archive positions of entries are relative to.
  @usableFromInline var base: UInt64 = 0
  /// Index of the oldest entry.
  @usableFromInline var head = HeldEntry.none
  /// Index of the newest entry.
  @usableFromInline var tail = HeldEntry.none
  /// Entries that somebody waits for.
  @usableFromInline package var live: UInt32 = 0
  /// Entries that nobody waits for any more and that are still linked.
  @usableFromInline var dead: UInt32 = 0
  /// Live entries that are read markers.
  @usableFromInline package var markers: UInt32 = 0

  package init() {}

  /// Whether nothing waits.
  @inlinable package var isEmpty: Bool { self.live == 0 }
}

/// One device's view of its account's part of the log.
@usableFromInline
package struct HeldQueue: BitwiseCopyable, Sendable {
  /// Index of the first entry the device waits for, ``HeldEntry/none`` for nothing.
  @usableFromInline package var first: UInt32
  /// Stanzas that wait for it.
  @usableFromInline package var count: UInt32 = 0
  /// Their payload bytes, held at the top of the range.
  @usableFromInline package var bytes: UInt32 = 0

  @inlinable
  package init() { self.first = HeldEntry.none }

  /// Whether nothing waits for the device.
  @inlinable package var isEmpty: Bool { self.count == 0 }
}

/// What a device gets out of the log.
///
/// Its stanza, if it has one, comes with a reference counted for whoever takes the item.
package struct HeldItem: BitwiseCopyable, Sendable {
  /// The stanza, or nil for a read marker.
  package let stanza: Unmanaged<Stanza.Storage>?
  /// The conversation's slot, for a read marker.
  package let conversationSlot: UInt32
  /// When it was accepted.
  package let arrival: MonotonicInstant
  /// The archive position, 0 for none.
  package let position: UInt64
  /// Whether it is a copy of something another device sent.
  package let isSentCopy: Bool
  /// Whether it is a copy for this device rather than the stanza itself.
  package let isCopy: Bool
  /// Whether another device has had it or sent it.
  package let isSeen: Bool
  /// Other devices that wait for it as well.
  package let others: DeviceSet
  /// Whether another device has had it or sent it, or waits for it as well.
  package var isElsewhere: Bool { self.isSeen || !self.others.isEmpty }

  /// What the device at `device` gets of an entry, whose pending set `others` is from now on.
  init(_ entry: HeldEntry, for device: Int, others: DeviceSet, base: UInt64) {
    self.stanza = entry.stanza
    self.conversationSlot = entry.reference
    self.arrival = entry.arrival
    self.position = entry.position(base: base)
    self.isSentCopy = entry.isSentCopy
    self.isCopy = entry.copies.contains(device)
    self.isSeen = entry.isSeen
    self.others = others
  }
}

/// What one or more devices get out of the log when they are flushed.
///
/// Its stanza, if it has one, comes with a reference counted for whoever takes the item.
@usableFromInline
package struct FlushedItem: BitwiseCopyable, Sendable {
  /// The stanza, or nil for a read marker.
  @usableFromInline package let stanza: Unmanaged<Stanza.Storage>?
  /// The conversation's slot, for a read marker.
  @usableFromInline package let conversationSlot: UInt32
  /// When it was accepted.
  @usableFromInline package let arrival: MonotonicInstant
  /// The archive position, 0 for none.
  @usableFromInline package let position: UInt64
  /// The devices among those flushed that get it.
  @usableFromInline package let devices: DeviceSet
  /// Devices that get a copy rather than the stanza itself.
  @usableFromInline package let copies: DeviceSet
  /// Whether another device of the account sent it.
  @usableFromInline package let isSentCopy: Bool
  /// Whether the person has been told of it: another device has had it or sent it, or was pushed.
  @usableFromInline package let isTold: Bool

  @inlinable @inline(always)
  init(_ entry: HeldEntry, for devices: DeviceSet, base: UInt64) {
    self.stanza = entry.stanza
    self.conversationSlot = entry.reference
    self.arrival = entry.arrival
    self.position = entry.position(base: base)
    self.devices = entry.pending & devices
    self.copies = entry.copies
    self.isSentCopy = entry.isSentCopy
    self.isTold = entry.isSeen || entry.isPushed
  }
}
