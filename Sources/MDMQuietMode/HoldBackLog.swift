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
  var keys = SlotIndex()

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

  /// Reads from memory what appending to a list touches, and returns something that depends on it.
  package mutating func touch(_ list: HeldList) -> UInt64 {
    guard list.tail != HeldEntry.none else { return 0 }
    return UInt64(self.entries[list.tail].link) ^ UInt64(self.entries[list.head].link)
  }

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

  func size(_ index: UInt32) -> UInt32 {
    guard let held = self.entries[index].stanza else { return 0 }
    return UInt32(clamping: held._withUnsafeGuaranteedRef { $0.payload.count })
  }

  /// The next entry that the device waits for, `candidate` or one behind it.
  func next(from candidate: UInt32, for device: Int) -> UInt32 {
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
  mutating func release(
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
  mutating func tidy(_ list: inout HeldList) {
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
