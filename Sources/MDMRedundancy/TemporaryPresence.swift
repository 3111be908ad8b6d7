public import MDMStanza

// Temporary presence: someone looks a user up and sees the user's presence for a while, without
// having asked to see it for good (R-208…R-210, B33).
//
// Law: every subscription that was confirmed to its watcher ends by the watcher's own wish or by a
// notice to the watcher; none ends in silence, whatever happens to the node. A subscription is
// confirmed once the peer has its record, or once the node is known to be alone. Of two records of
// one subscription the one with the greater version counts, so records may arrive twice and in any
// order. There is no wait between two searches.
//
//              subscribe                 replicated, or alone
//   (none) ───────────────▶ unconfirmed ─────────────────────▶ confirmed ◀─┐ subscribe again,
//     ▲                         │                               │   │ └────┘ takeover
//     ├───── unsubscribe ───────┴───────────────────────────────┘   │
//     └───── lifetime over, dropped: the watcher is told ───────────┘

/// Who sees whose presence.
public struct TemporarySubscriptionID: Hashable, Comparable, Sendable {
  /// The user whose presence is seen.
  public let target: AccountName
  /// The client that sees it.
  public let watcher: ClientID

  /// The subscription of `watcher` to `target`.
  public init(target: AccountName, watcher: ClientID) {
    self.target = target
    self.watcher = watcher
  }

  /// Orders by target, then by watcher.
  public static func < (left: Self, right: Self) -> Bool {
    left.target == right.target ? left.watcher < right.watcher : left.target < right.target
  }
}

/// Tells the states of one subscription apart: the owner's epoch, then a number within it.
public struct TemporaryPresenceVersion: Hashable, Comparable, Sendable {
  /// The epoch in which the subscription was last changed.
  public let epoch: OwnershipEpoch
  /// The number of the change within the epoch.
  public let number: UInt64

  /// The version of change `number` in `epoch`.
  public init(epoch: OwnershipEpoch, number: UInt64) {
    self.epoch = epoch
    self.number = number
  }

  /// Orders by epoch, then by number.
  public static func < (left: Self, right: Self) -> Bool {
    (left.epoch, left.number) < (right.epoch, right.number)
  }
}

/// One subscription as it is handed to the peer: with the time left, never an instant.
public struct TemporaryPresenceRecord: Hashable, Sendable {
  /// Which subscription.
  public let id: TemporarySubscriptionID
  /// Which state of it.
  public let version: TemporaryPresenceVersion
  /// The time it has left; nil when it has ended.
  public let remaining: Duration?

  /// The record with these parts.
  public init(
    id: TemporarySubscriptionID, version: TemporaryPresenceVersion, remaining: Duration?
  ) {
    self.id = id
    self.version = version
    self.remaining = remaining
  }
}

/// What the node must do for temporary presence.
public enum TemporaryPresenceEffect: Hashable, Sendable {
  /// Hand this to the peer.
  case replicate(TemporaryPresenceRecord)
  /// Tell the watcher that the subscription stands.
  case confirm(TemporarySubscriptionID, TemporaryPresenceVersion)
  /// Tell the watcher that the subscription has ended and can be made anew at once.
  case tellExpired(TemporarySubscriptionID)
}

/// The temporary presence subscriptions of a node, or the copy of the peer's.
public struct TemporaryPresence: Hashable, Sendable {
  /// How long a subscription lasts after the watcher last asked: 68 min unless set (B33).
  public let lifetime: Duration
  /// The most subscriptions; the one that would end first makes room for a new one, and its
  /// watcher is told.
  public let subscriptionLimit: Int
  /// Whether the peer is given up, so that nothing waits for it.
  public private(set) var isAlone: Bool
  /// When the next subscription ends, nil when there is none.
  public private(set) var nextDeadline: MonotonicInstant?

  private struct Subscription: Hashable {
    let id: TemporarySubscriptionID
    var version: TemporaryPresenceVersion
    var deadline: MonotonicInstant
    var isConfirmed: Bool
  }

  /// Ascending by identity.
  private var subscriptions: [Subscription] = []
  /// Ended subscriptions of which late records may still arrive, oldest first.
  private var ended: [Subscription] = []
  private var latest = TemporaryPresenceVersion(epoch: .none, number: 0)

  /// The documented lifetime (B33).
  public static let standardLifetime = Duration.seconds(68 * 60)

  /// A node without subscriptions.
  public init(
    lifetime: Duration = Self.standardLifetime, subscriptionLimit: Int = 100_000,
    isAlone: Bool = false
  ) {
    self.lifetime = lifetime
    self.subscriptionLimit = max(1, subscriptionLimit)
    self.isAlone = isAlone
  }

  /// How many subscriptions there are.
  public var count: Int { self.subscriptions.count }

  /// The watchers of a user, ascending.
  public func watchers(of target: AccountName) -> [ClientID] {
    self.subscriptions.filter { $0.id.target == target }.map { $0.id.watcher }
  }

  /// The version of a subscription, nil when there is none.
  public func version(of id: TemporarySubscriptionID) -> TemporaryPresenceVersion? {
    let place = self.place(of: id)
    return self.holds(id, at: place) ? self.subscriptions[place].version : nil
  }

  // MARK: - The owner's side

  /// A watcher searched for a user, for the first time or again: there is no wait between two
  /// searches (R-210, goal 5). The lifetime begins anew.
  ///
  /// - Parameters:
  ///   - id: who searched for whom.
  ///   - epoch: the epoch in which the node serves the watcher.
  ///   - now: the instant.
  ///   - effects: what to do.
  public mutating func subscribe(
    _ id: TemporarySubscriptionID, epoch: OwnershipEpoch, at now: MonotonicInstant,
    into effects: inout [TemporaryPresenceEffect]
  ) {
    let version = self.nextVersion(in: epoch)
    var place = self.place(of: id)
    if !self.holds(id, at: place), self.subscriptions.count >= self.subscriptionLimit {
      self.dropFirstToEnd(epoch: epoch, into: &effects)
      place = self.place(of: id)
    }
    let subscription = Subscription(
      id: id, version: version, deadline: now.advanced(by: self.lifetime),
      isConfirmed: self.isAlone)
    self.put(subscription, at: place)
    effects.append(
      .replicate(TemporaryPresenceRecord(id: id, version: version, remaining: self.lifetime)))
    if self.isAlone { effects.append(.confirm(id, version)) }
  }

  /// A watcher no longer wants to see a user.
  public mutating func unsubscribe(
    _ id: TemporarySubscriptionID, epoch: OwnershipEpoch,
    into effects: inout [TemporaryPresenceEffect]
  ) {
    let place = self.place(of: id)
    guard self.holds(id, at: place) else { return }
    self.end(place, epoch: epoch, into: &effects)
  }

  /// The peer has the record of this version.
  public mutating func replicated(
    _ id: TemporarySubscriptionID, _ version: TemporaryPresenceVersion,
    into effects: inout [TemporaryPresenceEffect]
  ) {
    let place = self.place(of: id)
    guard self.holds(id, at: place), self.subscriptions[place].version == version,
      !self.subscriptions[place].isConfirmed
    else { return }
    self.subscriptions[place].isConfirmed = true
    effects.append(.confirm(id, version))
  }

  /// The peer is given up: what waited for it is confirmed.
  public mutating func standAlone(into effects: inout [TemporaryPresenceEffect]) {
    self.isAlone = true
    for place in self.subscriptions.indices where !self.subscriptions[place].isConfirmed {
      self.subscriptions[place].isConfirmed = true
      effects.append(
        .confirm(self.subscriptions[place].id, self.subscriptions[place].version))
    }
  }

  /// The peer is back: it gets every record, and new subscriptions wait for it again.
  public mutating func pair(
    at now: MonotonicInstant, into effects: inout [TemporaryPresenceEffect]
  ) {
    self.isAlone = false
    for subscription in self.subscriptions {
      effects.append(.replicate(self.record(of: subscription, at: now)))
    }
  }

  /// Ends what has lasted its time at `now`, and tells the watchers.
  ///
  /// Only the owner does: a copy waits for the owner's word.
  public mutating func expire(
    epoch: OwnershipEpoch, at now: MonotonicInstant,
    into effects: inout [TemporaryPresenceEffect]
  ) {
    guard let deadline = self.nextDeadline, now >= deadline else { return }
    for place in self.subscriptions.indices.reversed()
    where self.subscriptions[place].deadline <= now {
      effects.append(.tellExpired(self.subscriptions[place].id))
      self.end(place, epoch: epoch, into: &effects)
    }
  }

  // MARK: - The peer's side

  /// Takes a record of the owner in; one that is older than what is known changes nothing. A copy
  /// that did not hear how some ended, and so holds too many, forgets the one that would end first.
  ///
  /// - Returns: whether the owner may be told that the record is safe here: always, since what is
  ///   newer is here too; but for a number that nothing could follow, which no owner gets to.
  @discardableResult
  public mutating func take(
    _ record: TemporaryPresenceRecord, at now: MonotonicInstant
  ) -> Bool {
    guard record.version.number <= .max / 2 else { return false }
    self.latest = max(self.latest, record.version)
    var place = self.place(of: record.id)
    let known = self.holds(record.id, at: place)
    if known, self.subscriptions[place].version >= record.version { return true }
    if let old = self.ended.last(where: { $0.id == record.id }), old.version >= record.version {
      return true
    }
    let subscription = Subscription(
      id: record.id, version: record.version,
      deadline: now.advanced(by: record.remaining ?? .zero), isConfirmed: true)
    if record.remaining != nil {
      if !known, self.count >= self.subscriptionLimit, let first = self.firstToEnd {
        self.remove(at: first)
        place = self.place(of: record.id)
      }
      self.put(subscription, at: place)
    } else {
      if known { self.remove(at: place) }
      self.remember(subscription)
    }
    return true
  }

  /// The node serves the watchers from now on, in a new epoch: subscriptions go on as they are, and
  /// where that cannot be the watcher is told at once (goal 4).
  ///
  /// - Parameters:
  ///   - epoch: the new epoch.
  ///   - now: the instant; what ended while nobody served is told too.
  ///   - isKept: whether a subscription can go on here; by default each can.
  public mutating func takeOver(
    epoch: OwnershipEpoch, at now: MonotonicInstant,
    keeping isKept: (TemporarySubscriptionID) -> Bool = { _ in true },
    into effects: inout [TemporaryPresenceEffect]
  ) {
    self.isAlone = true
    self.expire(epoch: epoch, at: now, into: &effects)
    for place in self.subscriptions.indices.reversed()
    where !isKept(self.subscriptions[place].id) {
      effects.append(.tellExpired(self.subscriptions[place].id))
      self.end(place, epoch: epoch, into: &effects)
    }
  }

  /// A watcher that came over from the lost node says what it believes to see. What is not known
  /// here is told to have ended, at once; what is known but older goes on with what is known.
  public func reconcile(
    _ watcher: ClientID, believes believed: [AccountName],
    into effects: inout [TemporaryPresenceEffect]
  ) {
    for target in believed {
      let id = TemporarySubscriptionID(target: target, watcher: watcher)
      if let version = self.version(of: id) {
        effects.append(.confirm(id, version))
      } else {
        effects.append(.tellExpired(id))
      }
    }
  }

  // MARK: - Places

  private mutating func nextVersion(in epoch: OwnershipEpoch) -> TemporaryPresenceVersion {
    let number = self.latest.epoch < epoch ? 1 : self.latest.number + 1
    self.latest = TemporaryPresenceVersion(
      epoch: max(epoch, self.latest.epoch), number: number)
    return self.latest
  }

  private func record(
    of subscription: Subscription, at now: MonotonicInstant
  ) -> TemporaryPresenceRecord {
    let left = max(0, subscription.deadline.nanoseconds(since: now))
    return TemporaryPresenceRecord(
      id: subscription.id, version: subscription.version, remaining: .nanoseconds(left))
  }

  private mutating func end(
    _ place: Int, epoch: OwnershipEpoch, into effects: inout [TemporaryPresenceEffect]
  ) {
    var subscription = self.subscriptions[place]
    subscription.version = self.nextVersion(in: epoch)
    self.remove(at: place)
    effects.append(
      .replicate(
        TemporaryPresenceRecord(
          id: subscription.id, version: subscription.version, remaining: nil)))
  }

  private var firstToEnd: Int? {
    self.subscriptions.indices.min {
      self.subscriptions[$0].deadline < self.subscriptions[$1].deadline
    }
  }

  private mutating func dropFirstToEnd(
    epoch: OwnershipEpoch, into effects: inout [TemporaryPresenceEffect]
  ) {
    guard let place = self.firstToEnd else { return }
    effects.append(.tellExpired(self.subscriptions[place].id))
    self.end(place, epoch: epoch, into: &effects)
  }

  private mutating func put(_ subscription: Subscription, at place: Int) {
    if self.holds(subscription.id, at: place) {
      let old = self.subscriptions[place].deadline
      self.subscriptions[place] = subscription
      if old == self.nextDeadline { self.findDeadline() }
    } else {
      self.subscriptions.insert(subscription, at: place)
    }
    self.nextDeadline = min(self.nextDeadline ?? .distantFuture, subscription.deadline)
  }

  private mutating func remove(at place: Int) {
    let old = self.subscriptions.remove(at: place)
    if old.deadline == self.nextDeadline { self.findDeadline() }
  }

  private mutating func findDeadline() {
    self.nextDeadline = self.subscriptions.lazy.map { $0.deadline }.min()
  }

  /// Late records of an ended subscription must not revive it; there are never many on the way.
  private mutating func remember(_ subscription: Subscription) {
    self.ended.removeAll { $0.id == subscription.id }
    if self.ended.count == 64 { self.ended.removeFirst() }
    self.ended.append(subscription)
  }

  private func place(of id: TemporarySubscriptionID) -> Int {
    var low = 0
    var high = self.subscriptions.count
    while low < high {
      let middle = (low + high) / 2
      if self.subscriptions[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func holds(_ id: TemporarySubscriptionID, at place: Int) -> Bool {
    place < self.subscriptions.count && self.subscriptions[place].id == id
  }
}
