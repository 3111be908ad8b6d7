public import MDMStanza
public import MDMStorage

// Taking out a whole buffer, or several that are alike, entry by entry.
extension HoldBackLog {
  /// Begins to take out everything that a device waits for, or several devices that wait for as
  /// many stanzas beginning with the same one.
  ///
  ///     var flush = log.beginFlush(of: queue, for: devices)
  ///     while let item = log.next(&flush, …) { … }
  ///     log.endFlush(items, list: &list)
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

  /// Ends a flush that took out `stanzas` items in all, each counted once for each device.
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
}
