import MDMElection
import MDMMonitoring
import MDMQuietMode
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

extension Core {
  /// The device at `sender` sends a stanza (R-003, R-033, B2, B5, B20).
  ///
  /// Effects, in this order: the archive of the sender's side, the sender's own buffer if it was
  /// quiet (its radio is up), the stanza to route, the copies for the other devices.
  ///
  /// - Parameters:
  ///   - addressee: where to within the own account, nil for anybody else.
  ///   - position: as in ``receiveOther(_:to:at:for:into:)``.
  mutating func send(
    _ stanza: Stanza, from device: DeviceHandle, toSelf addressee: Addressee?,
    at position: UInt64?, on account: inout Account, into effects: EffectStorage
  ) {
    let kind = stanza.storage.kind
    let reference = effects.adopt(stanza)
    var place = position ?? 0
    if position == nil, self.rules.isArchived(kind, stanza.storage.flags) {
      place = self.archive(reference, .sent, on: &account, into: effects)
    }
    if position == nil { self.noteSent(stanza, by: device.index, on: &account, into: effects) }
    // Its device may be gone by the time the archive has spoken; the message was accepted and goes
    // where it was meant to, to the user's other devices as well.
    let sender: Int? = account.isCurrent(device) ? device.index : nil
    if addressee == nil { effects.route(reference, at: place, from: device) }
    self.copySent(stanza, reference, place, by: sender, toSelf: addressee, on: &account, effects)
    if self.rules.sendMarksRead, kind.isContent, let sender,
      let conversation = stanza.conversation
    {
      // Later messages may wait for the archive; what was sent before them did not read them.
      _ = self.read(
        conversation, upTo: account.settledPosition, by: sender, on: &account, into: effects)
    }
  }

  /// The device at `sender` has just handed in a stanza, whatever the archive will say of it: that
  /// is when its person acted and its radio is up (B2, B5, B6, B19).
  mutating func noteSent(
    _ stanza: Stanza, by sender: Int, on account: inout Account, into effects: EffectStorage
  ) {
    if stanza.storage.kind.isContent, !stanza.storage.flags.contains(.replayed) {
      self.noteAct(.instantMessage, by: sender, in: &account)
      self.flush(sender, .clientTraffic, of: &account, into: effects)
      self.noteConversation(of: stanza, by: sender, on: &account)
    }
    if stanza.storage.kind == .request {
      self.flush(sender, .request, of: &account, into: effects)
    }
  }

  /// Remembers which device without MDM talks to whom (B19).
  private func noteConversation(
    of stanza: Stanza, by sender: Int, on account: inout Account
  ) {
    guard !account.sets.mdm.contains(sender), let conversation = stanza.storage.conversation else {
      return
    }
    account.needExtras()
    account.extras.value.conversationHolds.note(conversation, by: sender, at: self.now)
  }

  private mutating func copySent(
    _ stanza: Stanza, _ reference: UInt32, _ position: UInt64, by sender: Int?,
    toSelf addressee: Addressee?, on account: inout Account, _ effects: EffectStorage
  ) {
    let standing = self.standing(of: &account, active: -1)
    let context = self.routingContext(for: stanza, standing, in: &account)
    var route = Route(
      copies: CarbonRouting.sent(stanza.kind, stanza.flags, by: sender, in: context))
    if let addressee {
      route = self.withinAccount(stanza, route, to: addressee, by: sender, context)
    }
    if effects.explains {
      self.explainNotCopied(stanza, position, route, by: sender, context, account, effects)
    }
    guard !route.recipients.isEmpty else {
      if let miss = self.missWithinAccount(stanza, addressee, context) {
        self.totals.unroutable &+= 1
        effects.unroutable(
          reference, disposition: miss, position: position, account: account.handle)
      }
      return
    }
    let flags = stanza.flags.subtracting(.urgent).union(.ownAccount)
    var fanOut = FanOut(
      stanza.kind, flags, reference: reference, position: position, route: route, isSentCopy: true,
      isOwn: true)
    fanOut.decide(in: standing)
    self.perform(
      fanOut, of: stanza, explains: effects.explains, on: &account, into: effects)
  }

  /// Who gets what a user writes to herself: the device that is addressed, and devices without MDM
  /// as the table of arriving stanzas has it (RFC 6121), beside the copies of what was sent.
  private func withinAccount(
    _ stanza: Stanza, _ route: Route, to addressee: Addressee, by sender: Int?,
    _ context: RoutingContext
  ) -> Route {
    var route = route
    if case .device(let index) = addressee {
      if index == sender { return route }
      if context.sets.present.contains(index) {
        route.originals = DeviceSet(index)
        route.copies.remove(index)
        return route
      }
    }
    var context = context
    // The conversation with oneself is nobody's in particular.
    context.conversationHolder = -1
    let arriving = CarbonRouting.received(stanza.kind, stanza.flags, to: addressee, in: context)
    // Devices with MDM have their copy, of what is copied at all.
    let hasCopies = CarbonRouting.isCopied(stanza.kind, stanza.flags, context)
    route.originals = hasCopies ? arriving.originals - context.sets.mdm : arriving.originals
    if let sender { route.originals.remove(sender) }
    return route
  }

  /// What becomes of a stanza to the own account that no device takes. A note to oneself is in the
  /// archive as something sent; anything that expects a taker is answered.
  private func missWithinAccount(
    _ stanza: Stanza, _ addressee: Addressee?, _ context: RoutingContext
  ) -> Disposition? {
    guard let addressee, stanza.kind == .request || stanza.flags.contains(.exactDeviceOnly) else {
      return nil
    }
    let arriving = CarbonRouting.received(stanza.kind, stanza.flags, to: addressee, in: context)
    return arriving.recipients.isEmpty ? Disposition(arriving.miss) : nil
  }

  private func explainNotCopied(
    _ stanza: Stanza, _ position: UInt64, _ route: Route, by sender: Int?,
    _ context: RoutingContext, _ account: borrowing Account, _ effects: EffectStorage
  ) {
    var rest = account.sets.occupied - route.recipients
    while let index = rest.popFirst() {
      let reason = CarbonRouting.reasonNotCopied(
        stanza.kind, stanza.flags, at: index, by: sender, in: context)
      effects.explain(account.handle(of: index), stanza, position, .skipped(reason))
    }
  }
}
