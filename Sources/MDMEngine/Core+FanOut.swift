import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

/// A stanza on its way to the devices of one account, with everything decided about it so far.
struct FanOut {
  let stanza: Stanza
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
  var conversationSlot = UInt32.max

  /// Active clients that get it live: they alone ring (B10).
  var reachedActive = DeviceSet()
  /// Devices that get it now.
  var live = DeviceSet()
  /// Devices it waits for.
  var held = DeviceSet()
  /// Whether a push service is told of it.
  var isPushed = false
  /// Devices it is not worth keeping for.
  var dropped = DeviceSet()
  /// Why devices with a buffer are flushed before they get it.
  var trigger = FlushReason.noOtherActiveClient

  var isContent: Bool { self.stanza.kind.isContent && !self.isOwn && !self.isSentCopy }
  var isUrgent: Bool {
    self.stanza.flags.contains(.urgent) && !self.isOwn && !self.isSentCopy
  }
}

extension Core {
  /// Decides, for everyone on the route, between now, later and never (B7, B8, B10).
  func decide(_ fanOut: inout FanOut, active: Int, in account: borrowing Account) {
    let recipients = fanOut.route.recipients
    let reachable = recipients & account.sets.connected
    let waiting = reachable & self.holding(in: account)
    let away = recipients - account.sets.connected
    fanOut.live = reachable - waiting

    switch fanOut.rule {
    case .whileOtherActive:
      let reached = self.reachedActive(active, reachable, waiting, in: account)
      fanOut.reachedActive = reached
      // A device waits as long as somebody else's keyboard has the message.
      var kept = waiting & self.suspendedSilent(account)
      if reached.count > 1 {
        kept = waiting
      } else if !reached.isEmpty {
        kept = kept | (waiting - reached)
      }
      fanOut.held = kept | away
      fanOut.live = fanOut.live | (waiting - kept)
    case .inOrder, .latestByKey:
      fanOut.held = waiting | away
    case .chatState:
      if self.rules.coalescesChatStates {
        fanOut.held = waiting | away
      } else {
        fanOut.dropped = waiting | away
      }
    case .never:
      fanOut.held = away
      fanOut.live = reachable
      fanOut.trigger = fanOut.stanza.kind == .request ? .request : .urgent
      fanOut.reachedActive = self.reachedActive(active, reachable, waiting, in: account)
    }
  }

  /// The active clients that get a stanza now. An active client in the background gets it only if
  /// no active one in the foreground does, so that two of them never wait for each other (B10).
  @inline(__always)
  private func reachedActive(
    _ active: Int, _ reachable: DeviceSet, _ waiting: DeviceSet, in account: borrowing Account
  ) -> DeviceSet {
    guard active >= 0 else { return DeviceSet() }
    let reached = self.activeSet(in: account, active: active) & reachable
    let foreground = reached - waiting
    if !foreground.isEmpty { return foreground }
    return (reached & DeviceSet(active)) - self.suspendedSilent(account)
  }

  @inline(__always)
  private func suspendedSilent(_ account: borrowing Account) -> DeviceSet {
    self.rules.silentIsSuspended ? account.sets.silent : DeviceSet()
  }

  /// Carries a decision out: flushes and deliveries, then pushes, then what waits.
  mutating func perform(
    _ fanOut: inout FanOut, on account: inout Account, into effects: EffectStorage
  ) {
    var rest = fanOut.live
    var rings = DeviceSet()
    self.totals.delivered &+= UInt64(truncatingIfNeeded: rest.count)
    while let index = rest.popFirst() {
      if !account.devices[index].held.isEmpty {
        self.flush(index, fanOut.trigger, of: &account, into: effects)
      }
      let decision = self.notification(of: fanOut, at: index, sets: account.sets)
      if decision.rings { rings.insert(index) }
      effects.deliver(
        fanOut.reference, form: fanOut.form(at: index), decision: decision,
        position: fanOut.position, to: account.handle(of: index))
      if effects.explains {
        effects.explain(
          account.handle(of: index), fanOut.stanza, fanOut.position,
          .delivered(fanOut.form(at: index), decision))
      }
    }
    self.push(&fanOut, on: account, rings: &rings, into: effects)
    if !rings.isEmpty {
      self.totals.notified &+= UInt64(truncatingIfNeeded: rings.count)
      self.noteNotified(fanOut, rings, on: &account)
    }
    if !fanOut.dropped.isEmpty { self.drop(fanOut, on: account, into: effects) }
    if !fanOut.held.isEmpty { self.hold(fanOut, on: &account, into: effects) }
  }

  /// Whether the device at `index` rings, or why not (B9).
  @inline(__always)
  func notification(
    of fanOut: FanOut, at index: Int, sets: SessionSets
  ) -> NotificationDecision {
    if fanOut.isSentCopy || fanOut.isOwn { return .ownMessage }
    if !fanOut.isContent && !fanOut.isUrgent { return .notContent }
    if !sets.mdm.contains(index) { return .clientDecides }
    if sets.silent.contains(index) { return .silentMode }
    if fanOut.isUrgent { return .urgent }
    if fanOut.reachedActive.isEmpty { return .noActiveClient }
    return fanOut.reachedActive.contains(index) ? .activeClient : .otherClientActive
  }

  /// A device behind its push service rings like any other: when no active client was reached.
  private mutating func push(
    _ fanOut: inout FanOut, on account: borrowing Account, rings: inout DeviceSet,
    into effects: EffectStorage
  ) {
    guard fanOut.isUrgent || (fanOut.isContent && fanOut.reachedActive.isEmpty) else { return }
    var rest = (fanOut.held & account.sets.suspended) - account.sets.silent
    fanOut.isPushed = !rest.isEmpty
    while let index = rest.popFirst() {
      rings.insert(index)
      self.totals.pushed &+= 1
      effects.push(fanOut.reference, at: fanOut.position, to: account.handle(of: index))
    }
  }

  /// Remembers whose user was told, so that reading elsewhere can take it back (B9).
  private func noteNotified(
    _ fanOut: FanOut, _ devices: DeviceSet, on account: inout Account
  ) {
    guard fanOut.conversationSlot != .max else { return }
    account.reads.value.noteNotified(fanOut.conversationSlot, devices, at: fanOut.position)
  }

  private mutating func drop(
    _ fanOut: FanOut, on account: borrowing Account, into effects: EffectStorage
  ) {
    self.totals.dropped &+= UInt64(truncatingIfNeeded: fanOut.dropped.count)
    guard effects.explains else { return }
    var rest = fanOut.dropped
    while let index = rest.popFirst() {
      effects.explain(account.handle(of: index), fanOut.stanza, fanOut.position, .dropped)
    }
  }
}

extension FanOut {
  /// In what form the device at `index` gets the stanza.
  @inline(__always)
  func form(at index: Int) -> Delivery.Form {
    if self.isSentCopy { return self.route.originals.contains(index) ? .original : .sentCopy }
    return self.route.copies.contains(index) ? .receivedCopy : .original
  }
}
