import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

extension Core {
  /// A stanza for the account (R-003, R-023… …R-039).
  ///
  /// - Parameter position: the archive position when the archive has already stored the message
  ///   (``ArchivePolicy/refuse``); nil to ask for it now, ahead of everything else (B20).
  mutating func receive(
    _ stanza: Stanza, to addressee: Addressee, at position: UInt64?, for account: inout Account,
    into effects: EffectStorage
  ) {
    let kind = stanza.storage.kind
    let flags = stanza.storage.flags
    let active = self.active(in: account)
    let context = self.routingContext(for: stanza, active: active, in: account)
    let route = CarbonRouting.received(kind, flags, to: addressee, in: context)
    let reference = effects.adopt(stanza)
    // What is sent back or forgotten was not accepted, so it is neither archived nor unread (B20).
    let isAccepted = !route.recipients.isEmpty || route.miss == .store
    let place =
      isAccepted
      ? self.archive(stanza, reference, .received, at: position, on: &account, into: effects)
      : position ?? 0
    let conversation =
      isAccepted ? self.noteUnread(stanza, at: place, on: &account) : UInt32.max
    if effects.explains {
      self.explainSkipped(stanza, place, route, to: addressee, context, account, into: effects)
    }
    guard !route.recipients.isEmpty else {
      self.totals.unroutable &+= 1
      effects.unroutable(
        reference, disposition: Disposition(route.miss), position: place, account: account.handle)
      return
    }
    var fanOut = FanOut(
      stanza: stanza, reference: reference, position: place, route: route, isSentCopy: false,
      isOwn: flags.contains(.ownAccount), rule: HoldingRule.of(kind, flags),
      conversationSlot: conversation)
    self.decide(&fanOut, active: active, in: account)
    self.perform(&fanOut, on: &account, into: effects)
  }

  /// What routing needs to know of the account.
  @inline(__always)
  func routingContext(
    for stanza: Stanza, active: Int, in account: borrowing Account
  ) -> RoutingContext {
    var context = RoutingContext(
      sets: account.sets, active: active, groupChatToAll: self.rules.groupChatToAll,
      filesToAll: self.rules.filesToAll)
    if !account.extras.isEmpty {
      context.conversationHolder = account.extras.value.conversationHolds.holder(
        of: stanza.storage.conversation, at: self.now, window: self.rules.conversationHold)
    }
    return context
  }

  /// Hands out the stable id and asks for the message to be archived, once for this side of the
  /// conversation and before anybody gets it (B20). Returns the position, 0 for what is not
  /// archived.
  @inline(__always)
  mutating func archive(
    _ stanza: Stanza, _ reference: UInt32, _ direction: ArchiveRequest.Direction,
    at position: UInt64?, on account: inout Account, into effects: EffectStorage
  ) -> UInt64 {
    if let position { return position }
    guard self.rules.isArchived(stanza.storage.kind, stanza.storage.flags) else { return 0 }
    account.position &+= 1
    self.totals.archived &+= 1
    effects.archive(
      reference, at: account.position, direction: direction, account: account.handle)
    return account.position
  }

  /// A one-to-one message to the account is unread until a marker says otherwise (B21). Returns
  /// the slot of its conversation, `.max` for what is not counted.
  @inline(__always)
  private mutating func noteUnread(
    _ stanza: Stanza, at position: UInt64, on account: inout Account
  ) -> UInt32 {
    guard position != 0, !stanza.storage.flags.contains(.ownAccount),
      let conversation = stanza.storage.conversation
    else { return .max }
    let slot = self.conversationSlot(of: conversation, in: &account)
    if account.reads.value.noteReceived(slot, at: position) {
      self.totals.unreadRunsMerged &+= 1
    }
    return slot
  }

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
