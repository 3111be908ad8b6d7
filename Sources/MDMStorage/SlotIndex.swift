/// An open-addressing index from a hash to a slot number kept elsewhere.
///
/// Eight bytes an entry: the upper half of the hash and the slot. The keys stay in the caller's
/// records, so the index holds no copy of them; the caller says whether a candidate slot matches.
/// Removal shifts later entries back, so there are no tombstones and lookups never decay.
///
/// Iteration is deliberately absent: the order of entries depends on hashes, which may differ
/// from one process to the next, and must never reach an effect.
@usableFromInline
package struct SlotIndex: ~Copyable, @unchecked Sendable {
  /// One entry: fingerprint in the upper 32 bits, slot + 1 in the lower; 0 is an empty place.
  @usableFromInline var entries: UnsafeMutablePointer<UInt64>
  @usableFromInline var mask: Int
  /// Entries in use.
  @usableFromInline package private(set) var count = 0

  @inlinable
  package init() {
    self.entries = UnsafeMutablePointer.allocate(capacity: 0)
    self.mask = -1
  }

  @inlinable
  deinit { self.entries.deallocate() }

  /// Spreads a hash so that both its fingerprint and its place are usable, whatever made it.
  @inlinable @inline(always)
  static func fingerprint(_ hash: Int) -> UInt64 {
    let mixed = UInt64(truncatingIfNeeded: hash) &* 0x9E37_79B9_7F4A_7C15
    return mixed & 0xFFFF_FFFF_0000_0000
  }

  @inlinable @inline(always)
  func home(_ fingerprint: UInt64) -> Int {
    Int(truncatingIfNeeded: fingerprint &>> 32) & self.mask
  }

  /// The slot stored under `hash` for which `matches` answers true, or nil.
  ///
  /// - Complexity: O(1) expected.
  @inlinable @inline(always)
  package func find(hash: Int, where matches: (UInt32) -> Bool) -> UInt32? {
    guard self.count > 0 else { return nil }
    let wanted = Self.fingerprint(hash)
    var place = self.home(wanted)
    while true {
      let entry = self.entries[place]
      if entry == 0 { return nil }
      if entry & 0xFFFF_FFFF_0000_0000 == wanted {
        let slot = UInt32(truncatingIfNeeded: entry) &- 1
        if matches(slot) { return slot }
      }
      place = (place &+ 1) & self.mask
    }
  }

  /// The slot that ``find(hash:where:)`` would ask about first, nil for none: what to read ahead.
  ///
  /// - Complexity: O(1) expected.
  @inlinable @inline(always)
  package func candidate(hash: Int) -> UInt32? { self.find(hash: hash) { _ in true } }

  /// Stores `slot` under `hash`. The pair must not be stored already.
  ///
  /// - Complexity: O(1) amortised; doubles the table when it is seven eighths full.
  @inlinable
  package mutating func insert(hash: Int, slot: UInt32) {
    if (self.count &+ 1) &* 8 > (self.mask &+ 1) &* 7 { self.grow() }
    self.place(Self.fingerprint(hash) | UInt64(slot &+ 1))
    self.count &+= 1
  }

  @inlinable @inline(always)
  mutating func place(_ entry: UInt64) {
    var place = self.home(entry)
    while self.entries[place] != 0 { place = (place &+ 1) & self.mask }
    self.entries[place] = entry
  }

  @usableFromInline @inline(never)
  mutating func grow() {
    let oldCapacity = self.mask + 1
    let capacity = max(8, oldCapacity * 2)
    let old = self.entries
    self.entries = UnsafeMutablePointer.allocate(capacity: capacity)
    self.entries.initialize(repeating: 0, count: capacity)
    self.mask = capacity - 1
    for place in 0..<oldCapacity where old[place] != 0 { self.place(old[place]) }
    old.deallocate()
  }

  /// Stores `new` in the place of `old` under `hash`, where `old` is stored.
  ///
  /// - Complexity: O(1) expected.
  @inlinable
  package mutating func replace(_ old: UInt32, by new: UInt32, hash: Int) {
    let fingerprint = Self.fingerprint(hash)
    var place = self.home(fingerprint)
    while self.entries[place] != fingerprint | UInt64(old &+ 1) {
      precondition(self.entries[place] != 0, "Slot \(old) is not in the index.")
      place = (place &+ 1) & self.mask
    }
    self.entries[place] = fingerprint | UInt64(new &+ 1)
  }

  /// Removes `slot` stored under `hash`; does nothing when it is not there.
  ///
  /// - Complexity: O(1) expected.
  @inlinable
  package mutating func remove(hash: Int, slot: UInt32) {
    guard self.count > 0 else { return }
    let wanted = Self.fingerprint(hash) | UInt64(slot &+ 1)
    var place = self.home(wanted)
    while self.entries[place] != wanted {
      if self.entries[place] == 0 { return }
      place = (place &+ 1) & self.mask
    }
    self.count &-= 1
    self.closeGap(at: place)
  }

  /// Moves later entries of the same run back, so that no lookup meets a hole too early.
  @usableFromInline
  mutating func closeGap(at place: Int) {
    var gap = place
    var next = (place &+ 1) & self.mask
    while self.entries[next] != 0 {
      let home = self.home(self.entries[next])
      // The entry may move into the gap only if the gap lies between its home and its place.
      if (next &- home) & self.mask >= (next &- gap) & self.mask {
        self.entries[gap] = self.entries[next]
        gap = next
      }
      next = (next &+ 1) & self.mask
    }
    self.entries[gap] = 0
  }

  /// Bytes allocated for the table.
  package var allocatedBytes: Int { (self.mask + 1) * MemoryLayout<UInt64>.stride }
}
