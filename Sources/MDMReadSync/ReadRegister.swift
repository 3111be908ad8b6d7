package import MDMStanza
import MDMStorage

/// What an account knows of one conversation.
package struct ConversationState: Sendable {
  /// The conversation.
  package let id: ConversationID
  /// Everything up to here has been read; moves forward only (B21).
  package var readUpTo: UInt64 = 0
  /// The account's revision when that last moved; 0 for never.
  package var revision: UInt64 = 0
  /// Messages to the account that have not been read.
  package var unread = UnreadPositions()
  /// Devices whose user was notified of a message that has not been read since (B9).
  package var notified = DeviceSet()
  /// The earliest position any of them was notified of.
  package var notifiedSince: UInt64 = 0
  /// The account's position when the conversation was last touched, for forgetting the oldest.
  package var touched: UInt64 = 0
  /// Devices for which the conversation's marker is held back (B8).
  package var waiting = DeviceSet()

  package init(id: ConversationID) { self.id = id }

  /// Whether something still refers to the conversation, so that it must not be forgotten.
  fileprivate var isProtected: Bool { !self.waiting.isEmpty }

  /// When it is forgotten, compared with others; nil for not at all.
  fileprivate var forgettingRank: ForgettingOrder.Rank? {
    self.isProtected
      ? nil : ForgettingOrder.Rank(isUnread: self.unread.count > 0, touched: self.touched)
  }

  @inline(always)
  fileprivate mutating func noteNotified(_ devices: DeviceSet, at position: UInt64) {
    if self.notified.isEmpty { self.notifiedSince = position }
    self.notified = self.notified | devices
  }
}

/// The read state of one account: a forward-only position for each conversation, exact unread
/// counts, and who has been notified of what (R-004, R-027, R-032, B21).
package struct ReadRegister: ~Copyable, Sendable {
  /// Conversations by slot; a slot stays with its conversation until that is forgotten.
  private var conversations = GrowableBuffer<ConversationState>()
  private var index = SlotIndex()
  /// Goes up by one with each accepted marker.
  package private(set) var revision: UInt64 = 0
  /// The highest position any marker has reached: what was held after it cannot have been read.
  package private(set) var furthestRead: UInt64 = 0
  /// Times that two runs of unread positions were merged (see ``UnreadPositions/runLimit``).
  package private(set) var mergedRuns: UInt64 = 0
  /// Conversations forgotten because there were too many.
  package private(set) var forgotten: UInt64 = 0
  /// Made when a conversation has to be forgotten: most accounts never come to that.
  private var order = LazyBox<ForgettingOrder>()

  package init() {}

  /// Conversations known.
  package var count: Int { self.conversations.count }

  /// The state of the conversation in `slot`, read or changed in place.
  package subscript(slot: UInt32) -> ConversationState {
    _read { yield self.conversations[Int(slot)] }
    _modify {
      // What was waiting may not be any more.
      defer { if !self.order.isEmpty { self.noteRank(of: slot) } }
      yield &self.conversations[Int(slot)]
    }
  }

  /// The slot of `conversation`, or nil when nothing is known of it.
  ///
  /// - Complexity: O(1).
  @inline(always)
  package func slot(of conversation: ConversationID) -> UInt32? {
    self.index.find(hash: conversation.hash) { self.conversations[Int($0)].id == conversation }
  }

  /// The slot of `conversation`, made if need be.
  ///
  /// - Complexity: O(1); O(log conversations) amortised when one has to be forgotten.
  package mutating func ensureSlot(of conversation: ConversationID, limit: Int) -> UInt32 {
    if let slot = self.slot(of: conversation) { return slot }
    return self.makeSlot(of: conversation, limit: limit)
  }

  @inline(never)
  private mutating func makeSlot(of conversation: ConversationID, limit: Int) -> UInt32 {
    let isFull = self.conversations.count >= limit
    if isFull, let slot = self.oldestForgettable() {
      self.index.remove(hash: self.conversations[Int(slot)].id.hash, slot: slot)
      self.conversations[Int(slot)] = ConversationState(id: conversation)
      self.index.insert(hash: conversation.hash, slot: slot)
      self.forgotten &+= 1
      self.noteRank(of: slot)
      return slot
    }
    // The limit was raised: there is nothing to be forgotten for a while.
    if !isFull { self.order.empty() }
    let slot = UInt32(self.conversations.count)
    self.conversations.append(ConversationState(id: conversation))
    self.index.insert(hash: conversation.hash, slot: slot)
    if !self.order.isEmpty { self.noteRank(of: slot) }
    return slot
  }

  /// The longest untouched conversation that has nothing waiting: read ones first, then any.
  private mutating func oldestForgettable() -> UInt32? {
    guard self.conversations.count > 0 else { return nil }
    let states = self.conversations.pointer(to: 0)
    if self.order.isEmpty {
      self.order.fill(
        ForgettingOrder(count: self.conversations.count) { states[Int($0)].forgettingRank })
    }
    return self.order.value.first { states[Int($0)].forgettingRank }
  }

  /// Tells the order what it does not find out by itself.
  @inline(never)
  private mutating func noteRank(of slot: UInt32) {
    self.order.value.note(self.conversations[Int(slot)].forgettingRank, of: slot)
  }

  // MARK: - Reading ahead

  /// Reads from memory what noting a message reads first, and returns something that depends on it.
  package func touch() -> UInt64 {
    guard self.conversations.count > 0 else { return 0 }
    let hash = self.conversations[0].id.hash
    return self.conversations[0].touched ^ UInt64(self.index.candidate(hash: hash) ?? 0)
      ^ UInt64(self.conversations[0].waiting.bits)
  }

  // MARK: - Receiving

  /// A message to the account at `position` belongs to `conversation`, and the users of `devices`
  /// are notified of it.
  ///
  /// - Parameter limit: how many conversations may be known; beyond, the oldest is forgotten.
  /// - Complexity: O(1) amortised; as ``ensureSlot(of:limit:)`` for a conversation that is new.
  package mutating func noteReceived(
    in conversation: ConversationID, at position: UInt64, notifying devices: DeviceSet,
    limit: Int
  ) -> Receipt {
    var slot: UInt32
    var isForgotten = false
    if let known = self.slot(of: conversation) {
      slot = known
    } else {
      let forgotten = self.forgotten
      slot = self.makeSlot(of: conversation, limit: limit)
      isForgotten = self.forgotten != forgotten
    }
    let isMerged = self.noteReceived(slot, at: position)
    if !devices.isEmpty { self.noteNotified(slot, devices, at: position) }
    return Receipt(slot: slot, isMerged: isMerged, isForgotten: isForgotten)
  }

  /// A message to the account at `position`, which is behind all others noted before, belongs to
  /// the conversation in `slot`.
  ///
  /// - Returns: whether two runs of unread positions had to be merged.
  /// - Complexity: O(1) amortised.
  @inline(always) @discardableResult
  package mutating func noteReceived(_ slot: UInt32, at position: UInt64) -> Bool {
    let state = self.conversations.pointer(to: Int(slot))
    state.pointee.touched = position
    guard position > state.pointee.readUpTo else {
      // It was read while it waited for the archive, by a marker that may have touched more.
      if !self.order.isEmpty { self.noteRank(of: slot) }
      return false
    }
    let isMerged = state.pointee.unread.append(position)
    if isMerged { self.mergedRuns &+= 1 }
    return isMerged
  }

  /// What noting a message came to.
  package struct Receipt: BitwiseCopyable {
    /// The slot of its conversation.
    package let slot: UInt32
    /// Whether two runs of unread positions had to be merged.
    package let isMerged: Bool
    /// Whether another conversation was forgotten for it.
    package let isForgotten: Bool
  }

  /// The users of `devices` were notified of the message at `position`.
  @inline(always)
  package mutating func noteNotified(_ slot: UInt32, _ devices: DeviceSet, at position: UInt64) {
    self.conversations.pointer(to: Int(slot)).pointee.noteNotified(devices, at: position)
  }

  // MARK: - Reading

  /// Moves the conversation in `slot` forward to `position`.
  ///
  /// - Returns: whether it moved; older and equal positions do nothing (B21).
  /// - Complexity: O(log unread runs), plus moving the runs that stay; O(log conversations) more
  ///   once conversations had to be forgotten.
  package mutating func advance(_ slot: UInt32, to position: UInt64) -> Bool {
    let place = Int(slot)
    guard position > self.conversations[place].readUpTo else { return false }
    self.revision &+= 1
    self.furthestRead = max(self.furthestRead, position)
    self.conversations[place].readUpTo = position
    self.conversations[place].revision = self.revision
    self.conversations[place].touched = position
    _ = self.conversations[place].unread.removeAll(upTo: position)
    if !self.order.isEmpty { self.noteRank(of: slot) }
    return true
  }

  /// Devices among `devices` with a notification that a read up to `position` makes obsolete; their
  /// mark is taken off when nothing newer is outstanding.
  package mutating func retractable(
    _ slot: UInt32, upTo position: UInt64, among devices: DeviceSet
  ) -> DeviceSet {
    let place = Int(slot)
    let notified = self.conversations[place].notified & devices
    guard !notified.isEmpty, self.conversations[place].notifiedSince <= position else {
      return DeviceSet()
    }
    if self.conversations[place].unread.count == 0 {
      self.conversations[place].notified = self.conversations[place].notified - devices
    }
    return notified
  }

  /// Whether the message at `position` of `conversation` has been read.
  ///
  /// - Complexity: O(1).
  package func isRead(_ conversation: ConversationID?, at position: UInt64) -> Bool {
    guard position > 0, position <= self.furthestRead, let conversation,
      let slot = self.slot(of: conversation)
    else { return false }
    return position <= self.conversations[Int(slot)].readUpTo
  }

  /// Forgets what the device at `index` was notified of.
  package mutating func remove(device index: Int) {
    for place in 0..<self.conversations.count { self.conversations[place].notified.remove(index) }
  }

  // MARK: - Snapshot

  /// Puts a conversation of a snapshot back. There is none of its name yet.
  package mutating func restore(_ state: ConversationState) {
    assert(self.slot(of: state.id) == nil)
    assert(self.order.isEmpty)
    self.index.insert(hash: state.id.hash, slot: UInt32(self.conversations.count))
    self.conversations.append(state)
    // Nothing touches a conversation behind its last message and its marker; a snapshot that says
    // otherwise would have the next message lower its rank, which nobody looks out for.
    let latest = max(state.readUpTo, state.unread.last)
    let place = self.conversations.count - 1
    self.conversations[place].touched = min(state.touched, latest)
  }

  /// Puts the counters of a snapshot back.
  package mutating func restore(
    revision: UInt64, furthestRead: UInt64, mergedRuns: UInt64, forgotten: UInt64
  ) {
    self.revision = revision
    self.furthestRead = furthestRead
    self.mergedRuns = mergedRuns
    self.forgotten = forgotten
  }
}
