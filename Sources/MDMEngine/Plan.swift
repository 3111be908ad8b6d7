import MDMElection
import MDMMonitoring
import MDMQuietMode
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

/// What becomes of a plain message to the account: who gets it now, who later, who rings.
///
/// That follows from the account's sets, its active client and the rules alone, so it is decided
/// once for all accounts of the same shape, of which there are few, and looked up for every
/// further message. There is no plan where anything else matters: a device that is away, one that
/// was flushed a moment ago, several active clients.
struct Plan: BitwiseCopyable, Sendable {
  /// Devices that get the message now; none of them can have a buffer.
  let live: DeviceSet
  /// Devices it waits for.
  let held: DeviceSet
  /// Devices that get a copy rather than the message itself.
  let copies: DeviceSet
  /// Devices of ``live`` that ring.
  let rings: DeviceSet
  /// How many devices ``held`` has.
  let heldCount: UInt8
  /// Why they ring.
  let ringDecision: NotificationDecision

  /// What `fanOut` decided, as a plan; nil where it does not follow from the sets alone.
  init?(_ fanOut: FanOut, _ standing: Standing, _ rules: Rules) {
    let recipients = fanOut.route.recipients
    guard !recipients.isEmpty, (recipients - standing.sets.connected).isEmpty,
      (fanOut.live & standing.holding).isEmpty, rules.regroupDelay == 0, !rules.allWithinWindow
    else { return nil }
    let mayRing = (fanOut.live & standing.sets.mdm) - standing.sets.silent
    let reached = fanOut.reachedActive
    self.live = fanOut.live
    self.held = fanOut.held
    self.heldCount = UInt8(truncatingIfNeeded: fanOut.held.count)
    self.copies = fanOut.route.copies
    self.rings = reached.isEmpty ? mayRing : mayRing & reached
    self.ringDecision = reached.isEmpty ? .noActiveClient : .activeClient
  }

  /// Why a device of ``live`` that does not ring does not.
  @inline(always)
  func silence(at index: Int, _ sets: SessionSets) -> NotificationDecision {
    if !sets.mdm.contains(index) { return .clientDecides }
    return sets.silent.contains(index) ? .silentMode : .otherClientActive
  }
}

/// Plans by what they follow from.
///
/// A small table in which a plan may push another out: looking one up never allocates, and what is
/// found is always what deciding afresh would give.
struct PlanCache: ~Copyable, @unchecked Sendable {
  private struct Entry: BitwiseCopyable {
    var sets = SessionSets()
    var active = Int.min
    var plan: Plan?
  }

  private static var shift: UInt64 { 58 }
  private static var capacity: Int { 1 << Int(64 - Self.shift) }
  private let entries: UnsafeMutablePointer<Entry>

  init() {
    self.entries = .allocate(capacity: Self.capacity)
    self.entries.initialize(repeating: Entry(), count: Self.capacity)
  }

  deinit { self.entries.deallocate() }

  /// The plan for accounts with these sets and this active client, if it is known.
  @inline(always)
  func plan(for sets: SessionSets, active: Int) -> Plan? {
    let entry = self.entries + Self.place(sets, active)
    guard entry.pointee.active == active,
      Self.words(entry.pointee.sets) == Self.words(sets)
    else { return nil }
    return entry.pointee.plan
  }

  /// Keeps a plan, in place of whichever was in its place.
  func keep(_ plan: Plan?, for sets: SessionSets, active: Int) {
    self.entries[Self.place(sets, active)] = Entry(sets: sets, active: active, plan: plan)
  }

  /// Forgets all plans: the rules have changed.
  func removeAll() { self.entries.update(repeating: Entry(), count: Self.capacity) }

  /// Thirty-two bytes compare best as four words.
  @inline(always)
  private static func words(_ sets: SessionSets) -> (UInt64, UInt64, UInt64, UInt64) {
    unsafeBitCast(sets, to: (UInt64, UInt64, UInt64, UInt64).self)
  }

  @inline(always)
  private static func place(_ sets: SessionSets, _ active: Int) -> Int {
    let words = Self.words(sets)
    let mixed = (words.0 &+ words.1 &* 3) ^ (words.2 &* 5 &+ words.3 &* 9) &+ UInt64(active & 63)
    return Int(truncatingIfNeeded: (mixed &* 0x9E37_79B9_7F4A_7C15) &>> Self.shift)
  }
}

extension Core {
  /// Carries a plan out for one plain message.
  @inline(always)
  mutating func receive(
    _ stanza: Stanza, as plan: Plan, for account: inout Account, into effects: EffectStorage
  ) {
    // One reference for the effects and one for the log, counted in one go.
    let storage = Unmanaged.passUnretained(stanza.storage)
    _ = storage.retain()
    if plan.heldCount > 0 { _ = storage.retain() }
    let reference = effects.adopt(retained: storage)
    let place = self.archive(reference, .received, on: &account, into: effects)
    var entry = UInt32.max
    if plan.heldCount > 0 {
      entry = self.log.append(
        retained: storage, bytes: stanza.byteCount, arrival: self.now, position: place,
        pending: plan.held, count: Int(plan.heldCount), copies: plan.held & plan.copies,
        isSeen: !plan.live.isEmpty, to: &account.held)
    }
    self.noteUnread(stanza, at: place, notifying: plan.rings, on: &account)
    var delivered: UInt64 = 0
    var notified: UInt64 = 0
    var rest = plan.live
    while let index = rest.popFirst() {
      let session = account.devices.pointer(to: index)
      assert(session.pointee.held.isEmpty)
      delivered &+= 1
      if plan.rings.contains(index) { notified &+= 1 }
      effects.deliver(
        reference, form: plan.copies.contains(index) ? .receivedCopy : .original,
        decision: plan.rings.contains(index)
          ? plan.ringDecision : plan.silence(at: index, account.sets),
        position: place,
        to: DeviceHandle(
          of: account.handle, index: index, generation: session.pointee.session.generation))
    }
    self.totals.delivered &+= delivered
    self.totals.notified &+= notified
    if plan.heldCount > 0 {
      let full = self.lengthenQueues(
        of: plan.held, with: entry, bytes: stanza.byteCount, in: &account)
      if !full.isEmpty { self.limitReached(full, on: &account, into: effects) }
    }
  }
}
