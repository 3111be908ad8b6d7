import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

extension Core {
  /// A stanza for the account, not yet archived (R-003, R-023… …R-039).
  @inline(always)
  mutating func receive(
    _ stanza: Stanza, to addressee: Addressee, for account: inout Account,
    into effects: EffectStorage
  ) {
    guard stanza.storage.kind == .chat, stanza.storage.flags.isEmpty, case .account = addressee,
      account.extras.isEmpty, !effects.explains
    else {
      return self.receiveOther(stanza, to: addressee, at: nil, for: &account, into: effects)
    }
    let active = self.activeIndex(in: &account, at: self.now)
    if let plan = self.plans.plan(for: account.sets, active: active) {
      self.receive(stanza, as: plan, for: &account, into: effects)
    } else {
      self.receivePlain(stanza, for: &account, into: effects)
    }
  }

  /// A plain message without a plan: the general rules, of which the compiler leaves out what
  /// cannot apply.
  @inline(never)
  private mutating func receivePlain(
    _ stanza: Stanza, for account: inout Account, into effects: EffectStorage
  ) {
    self.receive(
      stanza, .chat, [], to: .account, at: nil, explains: false, for: &account, into: effects)
  }

  /// Any stanza for the account.
  ///
  /// - Parameter position: the archive position when the archive has already stored the message
  ///   (``ArchivePolicy/refuse``); nil to ask for it now, ahead of everything else (B20).
  @inline(never)
  mutating func receiveOther(
    _ stanza: Stanza, to addressee: Addressee, at position: UInt64?, for account: inout Account,
    into effects: EffectStorage
  ) {
    self.receive(
      stanza, stanza.kind, stanza.flags, to: addressee, at: position, explains: effects.explains,
      for: &account, into: effects)
  }

  @inline(always)
  private mutating func receive(
    _ stanza: Stanza, _ kind: StanzaKind, _ flags: StanzaFlags, to addressee: Addressee,
    at position: UInt64?, explains: Bool, for account: inout Account, into effects: EffectStorage
  ) {
    let standing = self.standing(of: &account)
    let context = self.routingContext(for: stanza, standing, in: &account)
    let route = CarbonRouting.received(kind, flags, to: addressee, in: context)
    let reference = effects.adopt(stanza)
    // What is sent back or forgotten was not accepted, so it is neither archived nor unread (B20).
    let isAccepted = !route.recipients.isEmpty || route.miss == .store
    var place = position ?? 0
    var conversation = UInt32.max
    if isAccepted {
      if position == nil, self.rules.isArchived(kind, flags) {
        place = self.archive(reference, .received, on: &account, into: effects)
      }
      // What is kept without content is nothing to read (B45).
      if place != 0, kind.isContent, !flags.contains(.ownAccount) {
        conversation = self.noteUnread(stanza, at: place, on: &account)
      }
    }
    if explains {
      self.explainSkipped(stanza, place, route, to: addressee, context, account, into: effects)
    }
    if route.recipients.isEmpty {
      self.totals.unroutable &+= 1
      effects.unroutable(
        reference, disposition: Disposition(route.miss), position: place, account: account.handle)
      return
    }
    var fanOut = FanOut(
      kind, flags, reference: reference, position: place, route: route, isSentCopy: false,
      isOwn: flags.contains(.ownAccount), conversationSlot: conversation)
    fanOut.decide(in: standing)
    if kind == .chat, flags.isEmpty, case .account = addressee, account.extras.isEmpty {
      let plan = Plan(fanOut, standing, self.rules)
      self.plans.keep(plan, for: standing.sets, active: standing.active)
    }
    self.perform(fanOut, of: stanza, explains: explains, on: &account, into: effects)
  }

  /// What routing needs to know of the account.
  @inline(always)
  mutating func routingContext(
    for stanza: Stanza, _ standing: Standing, in account: inout Account
  ) -> RoutingContext {
    var context = RoutingContext(
      sets: standing.sets, active: standing.active, groupChatToAll: self.rules.groupChatToAll,
      filesToAll: self.rules.filesToAll)
    if !account.extras.isEmpty {
      context.conversationHolder = account.extras.value.conversationHolds.holder(
        of: stanza.storage.conversation, at: self.now, window: self.rules.conversationHold)
    }
    return context
  }

  /// Hands out the stable id and asks for the message to be archived, once for this side of the
  /// conversation and before anybody gets it (B20). Returns the position.
  @inline(always)
  mutating func archive(
    _ reference: UInt32, _ direction: ArchiveRequest.Direction, on account: inout Account,
    into effects: EffectStorage
  ) -> UInt64 {
    account.position &+= 1
    self.totals.archived &+= 1
    effects.archive(
      reference, at: account.position, direction: direction, account: account.handle)
    return account.position
  }

  /// A one-to-one message to the account is unread until a marker says otherwise (B21). Returns
  /// the slot of its conversation, `.max` for what is not counted.
  ///
  /// - Parameter devices: whose users are notified of it, where that is known already.
  @inline(always) @discardableResult
  mutating func noteUnread(
    _ stanza: Stanza, at position: UInt64, notifying devices: DeviceSet = DeviceSet(),
    on account: inout Account
  ) -> UInt32 {
    guard let conversation = stanza.storage.conversation else { return .max }
    account.needReads()
    let receipt = account.reads.value.noteReceived(
      in: conversation, at: position, notifying: devices, limit: self.rules.conversationLimit)
    if receipt.isMerged { self.totals.unreadRunsMerged &+= 1 }
    if receipt.isForgotten { self.totals.conversationsForgotten &+= 1 }
    return receipt.slot
  }

  @inline(never)
  private func explainSkipped(
    _ stanza: Stanza, _ position: UInt64, _ route: Route, to addressee: Addressee,
    _ context: RoutingContext, _ account: borrowing Account, into effects: EffectStorage
  ) {
    var rest = account.sets.occupied - route.recipients
    while let index = rest.popFirst() {
      let reason = CarbonRouting.reasonNotReceived(
        stanza.kind, stanza.flags, at: index, to: addressee, in: context)
      effects.explain(account.handle(of: index), stanza, position, .skipped(reason))
    }
  }
}

extension Disposition {
  init(_ miss: Route.Miss) {
    switch miss {
    case .store: self = .storeOffline
    case .bounce: self = .bounce
    case .drop: self = .drop
    }
  }
}
