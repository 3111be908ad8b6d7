package import MDMStanza

/// Which device without MDM holds which conversation (B19).
///
/// The last such device that wrote to a contact gets that contact's answers alone for a while, as
/// the source documents' clients did before MDM. Only accounts with such devices keep any entry.
package struct ConversationHolds: Sendable {
  private struct Hold: Sendable {
    var conversation: ConversationID
    var device: Int
    var since: MonotonicInstant
  }

  /// The most conversations remembered; beyond, the oldest hold is forgotten, which only means
  /// that its contact's next message goes to all such devices again.
  package static let limit = 64

  private var holds: [Hold] = []

  package init() {}

  /// Whether nothing is held.
  package var isEmpty: Bool { self.holds.isEmpty }

  /// The device at `device` wrote to `conversation`.
  ///
  /// - Complexity: O(``limit``).
  package mutating func note(
    _ conversation: ConversationID, by device: Int, at now: MonotonicInstant
  ) {
    self.holds.removeAll { $0.conversation == conversation }
    if self.holds.count == Self.limit { self.holds.removeFirst() }
    self.holds.append(Hold(conversation: conversation, device: device, since: now))
  }

  /// The index of the device that holds `conversation` at `now`, -1 for none.
  package func holder(
    of conversation: ConversationID?, at now: MonotonicInstant, window: Int64
  ) -> Int {
    guard let conversation, !self.holds.isEmpty,
      let hold = self.holds.last(where: { $0.conversation == conversation }),
      now.nanoseconds(since: hold.since) < window
    else { return -1 }
    return hold.device
  }

  /// Forgets what the device at `index` held.
  package mutating func remove(device index: Int) {
    self.holds.removeAll { $0.device == index }
  }

  /// The holds, oldest first, for a snapshot.
  package var entries: [(conversation: ConversationID, device: Int, since: MonotonicInstant)] {
    self.holds.map { ($0.conversation, $0.device, $0.since) }
  }
}
