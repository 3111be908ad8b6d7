import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

/// A stanza on its way to the devices of one account, with everything decided about it so far.
struct FanOut: BitwiseCopyable {
  let kind: StanzaKind
  let flags: StanzaFlags
  /// Its index in the effects' side table.
  let reference: UInt32
  /// Its archive position, 0 for none.
  let position: UInt64
  /// Who gets it, and who of them a copy.
  let route: Route
  /// Whether another device of the account sent it.
  let isSentCopy: Bool
  /// Whether it comes from the own account: never rings, never wakes (B7).
  let isOwn: Bool
  let rule: HoldingRule
  /// The slot of its conversation's read state, `.max` for none.
  let conversationSlot: UInt32

  /// Active clients that get it live: they alone ring (B10).
  var reachedActive = DeviceSet()
  /// Devices that get it now.
  var live = DeviceSet()
  /// Devices it waits for.
  var held = DeviceSet()
  /// Devices it is not worth keeping for.
  var dropped = DeviceSet()
  /// Why devices with a buffer are flushed before they get it.
  var trigger = FlushReason.noOtherActiveClient

  @inline(always)
  init(
    _ kind: StanzaKind, _ flags: StanzaFlags, reference: UInt32, position: UInt64,
    route: Route, isSentCopy: Bool, isOwn: Bool, conversationSlot: UInt32 = .max
  ) {
    self.kind = kind
    self.flags = flags
    self.reference = reference
    self.position = position
    self.route = route
    self.isSentCopy = isSentCopy
    self.isOwn = isOwn
    self.rule = HoldingRule.of(kind, flags)
    self.conversationSlot = conversationSlot
  }

  var isContent: Bool { self.kind.isContent && !self.isOwn && !self.isSentCopy }
  var isUrgent: Bool { self.flags.contains(.urgent) && !self.isOwn && !self.isSentCopy }
}

extension FanOut {
  /// Decides, for everyone on the route, between now, later and never (B7, B8, B10).
  @inline(always)
  mutating func decide(in standing: Standing) {
    let recipients = self.route.recipients
    let reachable = recipients & standing.sets.connected
    let waiting = reachable & standing.holding
    let away = recipients - standing.sets.connected
    self.live = reachable - waiting

    switch self.rule {
    case .whileOtherActive:
      let reached = standing.reachedActive(reachable, waiting)
      self.reachedActive = reached
      // A device waits as long as somebody else's keyboard has the message.
      var kept = waiting & standing.suspendedSilent
      if reached.hasSeveral {
        kept = waiting
      } else if !reached.isEmpty {
        kept = kept | (waiting - reached)
      }
      self.held = kept | away
      self.live = self.live | (waiting - kept)
    case .inOrder, .latestByKey:
      self.held = waiting | away
    case .chatState:
      if standing.coalescesChatStates {
        self.held = waiting | away
      } else {
        self.dropped = waiting | away
      }
    case .never:
      self.held = away
      self.live = reachable
      self.trigger = self.kind == .request ? .request : .urgent
      self.reachedActive = standing.reachedActive(reachable, waiting)
    }
  }

  /// Devices that wait behind a push service and are to be told, if anybody is.
  @inline(always)
  func pushable(in sets: SessionSets) -> DeviceSet { (self.held & sets.suspended) - sets.silent }

  /// In what form the device at `index` gets the stanza.
  @inline(always)
  func form(at index: Int) -> Delivery.Form {
    if self.isSentCopy { return self.route.originals.contains(index) ? .original : .sentCopy }
    return self.route.copies.contains(index) ? .receivedCopy : .original
  }

  /// Whether the device at `index` rings, or why not (B9).
  @inline(always)
  func notification(at index: Int, _ sets: SessionSets) -> NotificationDecision {
    if self.isSentCopy || self.isOwn { return .ownMessage }
    if !self.isContent && !self.isUrgent { return .notContent }
    if !sets.mdm.contains(index) { return .clientDecides }
    if sets.silent.contains(index) { return .silentMode }
    if self.isUrgent { return .urgent }
    if self.reachedActive.isEmpty { return .noActiveClient }
    return self.reachedActive.contains(index) ? .activeClient : .otherClientActive
  }
}

extension Core {
  /// Carries a decision out: flushes and deliveries, then pushes, then what waits.
  @inline(always)
  mutating func perform(
    _ fanOut: FanOut, of stanza: Stanza, explains: Bool, on account: inout Account,
    into effects: EffectStorage
  ) {
    let sets = account.sets
    let owner = account.handle
    var rest = fanOut.live
    var rings = DeviceSet()
    var delivered: UInt64 = 0
    var notified: UInt64 = 0
    while let index = rest.popFirst() {
      let device = account.devices.pointer(to: index)
      if !device.pointee.held.isEmpty {
        self.flush(index, fanOut.trigger, of: &account, into: effects)
      }
      let decision = fanOut.notification(at: index, sets)
      delivered &+= 1
      if decision.rings {
        rings.insert(index)
        notified &+= 1
      }
      let handle = DeviceHandle(
        of: owner, index: index, generation: device.pointee.session.generation)
      let form = fanOut.form(at: index)
      effects.deliver(
        fanOut.reference, form: form, decision: decision, position: fanOut.position, to: handle)
      if explains {
        effects.explain(handle, stanza, fanOut.position, .delivered(form, decision))
      }
    }
    self.totals.delivered &+= delivered
    var pushed = DeviceSet()
    if fanOut.isUrgent || (fanOut.isContent && fanOut.reachedActive.isEmpty) {
      pushed = fanOut.pushable(in: sets)
      if !pushed.isEmpty {
        rings = rings | pushed
        notified &+= self.push(
          fanOut.reference, at: fanOut.position, to: pushed, of: account, into: effects)
      }
    }
    self.totals.notified &+= notified
    // Remembers whose user was told, so that reading elsewhere can take it back (B9).
    if !rings.isEmpty, fanOut.conversationSlot != .max {
      account.reads.value.noteNotified(fanOut.conversationSlot, rings, at: fanOut.position)
    }
    if !fanOut.dropped.isEmpty {
      self.drop(
        stanza, at: fanOut.position, for: fanOut.dropped, of: account, into: effects)
    }
    if !fanOut.held.isEmpty {
      self.hold(
        fanOut, isPushed: !pushed.isEmpty, of: stanza, explains: explains, on: &account,
        into: effects)
    }
  }

  /// A device behind its push service rings like any other: when no active client was reached.
  /// Returns how many were pushed.
  @inline(never)
  private mutating func push(
    _ reference: UInt32, at position: UInt64, to devices: DeviceSet, of account: borrowing Account,
    into effects: EffectStorage
  ) -> UInt64 {
    var rest = devices
    var pushed: UInt64 = 0
    while let index = rest.popFirst() {
      pushed &+= 1
      effects.push(reference, at: position, to: account.handle(of: index))
    }
    self.totals.pushed &+= pushed
    return pushed
  }

  @inline(never)
  private mutating func drop(
    _ stanza: Stanza, at position: UInt64, for devices: DeviceSet, of account: borrowing Account,
    into effects: EffectStorage
  ) {
    self.totals.dropped &+= UInt64(truncatingIfNeeded: devices.count)
    guard effects.explains else { return }
    var rest = devices
    while let index = rest.popFirst() {
      effects.explain(account.handle(of: index), stanza, position, .dropped)
    }
  }
}
