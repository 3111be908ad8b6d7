public import MDMStanza
public import MDMStorage

/// What waits for quiet, detached and suspended devices: one log for all accounts.
///
/// Law. An entry is written once, however many devices wait for it, and holds one reference to its
/// stanza. Each account's entries are linked in order of arrival; each device knows the first one
/// it waits for. Taking out an item clears the device's bit and moves on to the next entry with
/// that bit. An entry nobody waits for is dead: it gives its stanza back at once, and its place
/// when it reaches the head of the list or when dead entries outnumber live ones. Memory is
/// therefore bounded by what is live, and every operation is O(1) amortised.
///
/// An entry superseded by a newer one with the same key loses just the devices that will read the
/// newer one (B8).
@usableFromInline
package struct HoldBackLog: ~Copyable, Sendable {
  @usableFromInline var entries = ChunkedStorage<HeldEntry>()
  /// Head of the list of free places.
  @usableFromInline var free = HeldEntry.none
  /// Newest entry by account and key.
  private var keys = SlotIndex()

  /// Stanzas waiting, each counted once for each device that waits for it.
  @usableFromInline package internal(set) var stanzas = 0
  /// Payload bytes of live entries, each payload counted once.
  @usableFromInline package internal(set) var bytes = 0

  package init() {}

  deinit {
    // Only live entries hold a reference.
    for index in 0..<UInt32(self.entries.count) { self.entries[index].stanza?.release() }
  }

  /// Bytes allocated for entries and for the key index.
  package var allocatedBytes: Int { self.entries.allocatedBytes + self.keys.allocatedBytes }

  // MARK: - Holding

  /// Appends a stanza for `pending`; the caller tells each device's queue with
  /// ``HeldQueue/noteAppended(_:bytes:)``.
  ///
  /// - Parameter key: the account's slot when a newer stanza with the same key is to replace this
  ///   one; such stanzas are never archived.
  /// - Returns: the entry's index.
  package mutating func append(
    _ stanza: Stanza, arrival: MonotonicInstant, position: UInt64, pending: DeviceSet,
    copies: DeviceSet, isSentCopy: Bool, isSeen: Bool, key: UInt32?, to list: inout HeldList
  ) -> UInt32 {
    if list.base == 0 { list.base = position }
    let entry = HeldEntry(
      stanza: .passRetained(stanza.storage), arrival: arrival, pending: pending, copies: copies,
      isSentCopy: isSentCopy, isArchived: position != 0, isSeen: isSeen, isKeyed: key != nil,
      reference: key ?? UInt32(truncatingIfNeeded: position &- list.base))
    self.bytes &+= stanza.byteCount
    let index = self.link(entry, count: pending.count, to: &list)
    if let key { self.keys.insert(hash: Self.keyHash(stanza.storage, key), slot: index) }
    return index
  }

  /// Appends an archived message of another person for `pending`, `count` devices.
  ///
  /// - Parameter stanza: with a reference that has been counted for the log.
  @inlinable @inline(always)
  package mutating func append(
    retained stanza: Unmanaged<Stanza.Storage>, bytes: Int, arrival: MonotonicInstant,
    position: UInt64, pending: DeviceSet, count: Int, copies: DeviceSet, isSeen: Bool,
    to list: inout HeldList
  ) -> UInt32 {
    // Positions of one account only grow, so the first archived entry is the base of all others;
    // the limits flush long before a list spans 2^32 of them.
    if list.base == 0 { list.base = position }
    let entry = HeldEntry(
      stanza: stanza, arrival: arrival, pending: pending, copies: copies, isSentCopy: false,
      isArchived: true, isSeen: isSeen, isKeyed: false,
      reference: UInt32(truncatingIfNeeded: position &- list.base))
    self.bytes &+= bytes
    return self.link(entry, count: count, to: &list)
  }

  /// Appends a read marker of the conversation in `slot` for `pending`.
  package mutating func appendMarker(
    conversationSlot slot: UInt32, arrival: MonotonicInstant, pending: DeviceSet,
    account: UInt32, to list: inout HeldList
  ) -> UInt32 {
    let entry = HeldEntry(
      stanza: nil, arrival: arrival, pending: pending, copies: DeviceSet(bits: account),
      isSentCopy: false, isArchived: false, isSeen: true, isKeyed: true, reference: slot)
    let index = self.link(entry, count: pending.count, to: &list)
    list.markers &+= 1
    self.keys.insert(hash: Self.markerHash(slot, account), slot: index)
    return index
  }

  @inlinable @inline(always)
  mutating func link(
    _ entry: HeldEntry, count: Int, to list: inout HeldList
  ) -> UInt32 {
    let index = self.place(entry)
    if list.tail == HeldEntry.none {
      list.head = index
    } else {
      self.entries.pointer(to: list.tail).pointee.next = index
    }
    list.tail = index
    list.live &+= 1
    self.stanzas &+= count
    return index
  }

  @inlinable @inline(always)
  mutating func place(_ entry: HeldEntry) -> UInt32 {
    guard self.free != HeldEntry.none else { return self.placeAtEnd(entry) }
    let index = self.free
    let place = self.entries.pointer(to: index)
    self.free = place.pointee.next
    place.pointee = entry
    return index
  }

  @usableFromInline @inline(never)
  mutating func placeAtEnd(_ entry: HeldEntry) -> UInt32 {
    precondition(self.entries.count < Int(HeldEntry.none), "The hold-back log is full.")
    return self.entries.append(entry)
  }

  // MARK: - Superseding

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

  private static func keyHash(_ stanza: Stanza.Storage, _ slot: UInt32) -> Int {
    let hash = stanza.coalescingKey?.hash ?? stanza.conversation?.hash ?? 0
    return hash &+ Int(slot) &* 0x5851_F42D &+ Int(stanza.kind.rawValue)
  }

  private static func markerHash(_ conversationSlot: UInt32, _ slot: UInt32) -> Int {
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

  private func size(_ index: UInt32) -> UInt32 {
    guard let held = self.entries[index].stanza else { return 0 }
    return UInt32(clamping: held._withUnsafeGuaranteedRef { $0.payload.count })
  }

  /// The next entry that the device waits for, `candidate` or one behind it.
  private func next(from candidate: UInt32, for device: Int) -> UInt32 {
    var candidate = candidate
    while candidate != HeldEntry.none {
      let entry = self.entries.pointer(to: candidate)
      if entry.pointee.pending.contains(device) { return candidate }
      candidate = entry.pointee.next
    }
    return candidate
  }

  // MARK: - Taking out

  /// Takes out the oldest item that the device at `device` waits for.
  ///
  /// - Parameter isDelivered: whether the device will have had it, which other devices' later
  ///   undelivered items report as delivered elsewhere (B14).
  /// - Complexity: O(1) amortised.
  package mutating func pop(
    for device: Int, queue: inout HeldQueue, isDelivered: Bool, account slot: UInt32,
    list: inout HeldList
  ) -> HeldItem? {
    guard queue.first != HeldEntry.none else { return nil }
    let size = queue.count == 1 ? queue.bytes : min(queue.bytes, self.size(queue.first))
    let item = self.takeFirst(
      for: device, first: &queue.first, isDelivered: isDelivered, account: slot, list: &list)
    queue.count &-= 1
    queue.bytes = queue.bytes &- size
    self.stanzas &-= 1
    self.tidy(&list)
    return item
  }

  /// Begins to take out everything that a device waits for, or several devices whose queues begin
  /// and end alike.
  ///
  ///     var flush = log.beginFlush(of: queue, for: devices)
  ///     while let item = log.next(&flush, …) { … }
  ///     log.endFlush(of: devices, stanzas, list: &list)
  ///
  /// What concerns the buffer as a whole is settled once at the end; until then nothing else may be
  /// done with the list or the queues, which the caller empties.
  @inlinable @inline(always)
  package func beginFlush(of queue: HeldQueue, for devices: DeviceSet) -> Flushing {
    Flushing(next: queue.first, devices: devices)
  }

  /// The next item of a flush, oldest first; nil after the last.
  ///
  /// - Complexity: O(1) amortised over the entries of the account.
  @inlinable @inline(always)
  package mutating func next(
    _ flush: inout Flushing, account slot: UInt32, list: inout HeldList
  ) -> FlushedItem? {
    var index = flush.next
    var place = self.entries.pointer(to: 0)
    while true {
      if index == HeldEntry.none { return nil }
      place = self.entries.pointer(to: index)
      if !(place.pointee.pending & flush.devices).isEmpty { break }
      index = place.pointee.next
    }
    let entry = place.pointee
    let others = entry.pending - flush.devices
    place.pointee.pending = others
    flush.next = entry.next
    if others.isEmpty {
      self.settle(index, place, account: slot, list: &list)
    } else {
      _ = entry.stanza?.retain()
      place.pointee.isSeen = true
    }
    return FlushedItem(entry, for: flush.devices, base: list.base)
  }

  /// Ends a flush of `devices` that took out `stanzas` items in all, each counted for each device.
  package mutating func endFlush(_ stanzas: Int, list: inout HeldList) {
    self.stanzas &-= stanzas
    self.tidy(&list)
  }

  /// A flush under way.
  @usableFromInline
  package struct Flushing: BitwiseCopyable {
    /// Where the next item may lie.
    @usableFromInline var next: UInt32
    @usableFromInline let devices: DeviceSet

    @inlinable
    init(next: UInt32, devices: DeviceSet) {
      self.next = next
      self.devices = devices
    }
  }

  /// Nobody waits any more for the entry at `index`, which lies at `place`; its reference has gone
  /// over to whoever took it out.
  @inlinable @inline(always)
  mutating func settle(
    _ index: UInt32, _ place: UnsafeMutablePointer<HeldEntry>, account slot: UInt32,
    list: inout HeldList
  ) {
    if place.pointee.isKeyed { self.forgetKey(of: index, account: slot) }
    if let held = place.pointee.stanza {
      self.bytes &-= held._withUnsafeGuaranteedRef { $0.payload.count }
      place.pointee.stanza = nil
    } else {
      list.markers &-= 1
    }
    list.live &-= 1
    if index == list.head {
      list.head = place.pointee.next
      place.pointee.link = self.free
      self.free = index
    } else {
      list.dead &+= 1
    }
  }

  /// Takes the device's bit from the entry at `first` and moves on to the device's next one.
  private mutating func takeFirst(
    for device: Int, first: inout UInt32, isDelivered: Bool, account slot: UInt32,
    list: inout HeldList
  ) -> HeldItem {
    let index = first
    let place = self.entries.pointer(to: index)
    let entry = place.pointee
    let others = entry.pending - device
    place.pointee.pending = others
    first = self.next(from: entry.next, for: device)
    if others.isEmpty {
      // The log's own reference goes over to the item.
      self.settle(index, place, account: slot, list: &list)
    } else {
      _ = entry.stanza?.retain()
      if isDelivered { place.pointee.isSeen = true }
    }
    return HeldItem(entry, for: device, others: others, base: list.base)
  }

  /// When the oldest item of a queue was accepted.
  package func oldest(_ queue: HeldQueue) -> MonotonicInstant? {
    queue.first == HeldEntry.none ? nil : self.entries[queue.first].arrival
  }

  /// Clears the device's bit, and buries the entry when it was the last.
  private mutating func release(
    _ index: UInt32, for device: Int, account slot: UInt32, list: inout HeldList
  ) {
    self.entries[index].pending.remove(device)
    self.stanzas &-= 1
    guard self.entries[index].pending.isEmpty else { return }
    let stanza = self.entries[index].stanza
    self.bury(index, account: slot, list: &list)
    stanza?.release()
  }

  /// Nobody waits for the entry any more: it leaves the key index and, sooner or later, the list.
  /// Its reference is the caller's to pass on or to release.
  private mutating func bury(_ index: UInt32, account slot: UInt32, list: inout HeldList) {
    let entry = self.entries[index]
    if entry.isKeyed { self.forgetKey(of: index, account: slot) }
    if let held = entry.stanza {
      self.bytes &-= held._withUnsafeGuaranteedRef { $0.payload.count }
      self.entries[index].stanza = nil
    } else {
      list.markers &-= 1
    }
    list.live &-= 1
    list.dead &+= 1
    self.tidy(&list)
  }

  /// Takes the entry at `index` out of the key index, while its stanza is still there.
  @usableFromInline @inline(never)
  mutating func forgetKey(of index: UInt32, account slot: UInt32) {
    let entry = self.entries[index]
    let hash =
      entry.stanza?._withUnsafeGuaranteedRef { Self.keyHash($0, slot) }
      ?? Self.markerHash(entry.reference, slot)
    self.keys.remove(hash: hash, slot: index)
  }

  /// Frees what is dead: at the head at once, elsewhere when it outnumbers what is live.
  private mutating func tidy(_ list: inout HeldList) {
    while list.head != HeldEntry.none, self.entries[list.head].pending.isEmpty {
      let next = self.entries[list.head].next
      self.recycle(list.head)
      list.head = next
      list.dead &-= 1
    }
    if list.head == HeldEntry.none {
      list.tail = HeldEntry.none
      list.base = 0
    }
    if list.dead > list.live &+ 32 { self.sweep(&list) }
  }

  /// Frees dead entries anywhere; each pass frees more entries than it keeps.
  private mutating func sweep(_ list: inout HeldList) {
    var previous = list.head
    while previous != HeldEntry.none {
      let next = self.entries[previous].next
      if next != HeldEntry.none, self.entries[next].pending.isEmpty {
        self.entries[previous].next = self.entries[next].next
        if list.tail == next { list.tail = previous }
        self.recycle(next)
        list.dead &-= 1
      } else {
        previous = next
      }
    }
  }

  private mutating func recycle(_ index: UInt32) {
    self.entries[index].next = self.free
    self.free = index
  }

  // MARK: - Inspection

  /// A live entry, as snapshots and explanations see it.
  package struct LiveEntry {
    /// The stanza, nil for a read marker.
    package let stanza: Stanza?
    /// When it was accepted.
    package let arrival: MonotonicInstant
    /// Devices that wait for it.
    package let pending: DeviceSet
    /// Devices that get a copy.
    package let copies: DeviceSet
    /// The archive position, 0 for none.
    package let position: UInt64
    /// Whether another device of the account sent it.
    package let isSentCopy: Bool
    /// Whether some device has had it or sent it.
    package let isSeen: Bool
    /// Whether a push service was told of it.
    package let isPushed: Bool
    /// Whether a newer one can replace it.
    package let isKeyed: Bool
    /// The conversation's slot, for a read marker.
    package let conversationSlot: UInt32
    /// Where it lies.
    package let index: UInt32
  }

  /// Calls `body` for each live entry of a list, oldest first.
  package func forEach(in list: HeldList, _ body: (LiveEntry) -> Void) {
    var index = list.head
    while index != HeldEntry.none {
      let entry = self.entries[index]
      if !entry.pending.isEmpty {
        body(
          LiveEntry(
            stanza: entry.stanza.map { Stanza(storage: $0.takeUnretainedValue()) },
            arrival: entry.arrival, pending: entry.pending, copies: entry.copies,
            position: entry.isArchived ? list.base &+ UInt64(entry.reference) : 0,
            isSentCopy: entry.isSentCopy, isSeen: entry.isSeen, isPushed: entry.isPushed,
            isKeyed: entry.isKeyed,
            conversationSlot: entry.reference, index: index))
      }
      index = entry.next
    }
  }

  /// Entries linked for a list, live and dead, for tests of the memory bound.
  package func linkedCount(of list: HeldList) -> (live: Int, dead: Int) {
    (Int(list.live), Int(list.dead))
  }
}

extension HeldQueue {
  /// The device waits for the entry at `index` as well, the newest of its account.
  @inlinable @inline(always)
  package mutating func noteAppended(_ index: UInt32, bytes: Int) {
    if self.first == HeldEntry.none { self.first = index }
    self.count &+= 1
    let (sum, overflow) = self.bytes.addingReportingOverflow(UInt32(clamping: bytes))
    self.bytes = overflow ? .max : sum
  }
}
