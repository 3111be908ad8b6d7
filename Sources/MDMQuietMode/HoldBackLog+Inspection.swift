package import MDMStanza
import MDMStorage

// What snapshots, explanations and tests see of the log.
extension HoldBackLog {
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
