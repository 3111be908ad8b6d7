import MDMElection
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
  ///   - position: as in ``receive(_:to:at:for:into:)``.
  mutating func send(
    _ stanza: Stanza, by sender: Int, toSelf addressee: Addressee?, at position: UInt64?,
    on account: inout Account, into effects: EffectStorage
  ) {
    let kind = stanza.storage.kind
    let flags = stanza.storage.flags
    let reference = effects.adopt(stanza)
    let place = self.archive(stanza, reference, .sent, at: position, on: &account, into: effects)
    if kind.isContent, !flags.contains(.replayed) {
      self.noteAct(.instantMessage, by: sender, in: &account)
      self.flush(sender, .clientTraffic, of: &account, into: effects)
      self.noteConversation(of: stanza, by: sender, on: &account)
    }
    if kind == .request { self.flush(sender, .request, of: &account, into: effects) }
    if addressee == nil {
      effects.route(reference, at: place, from: account.handle(of: sender))
    }
    self.copySent(stanza, reference, place, by: sender, toSelf: addressee, on: &account, effects)
    if self.rules.sendMarksRead, kind.isContent, let conversation = stanza.conversation {
      _ = self.read(conversation, upTo: account.position, by: sender, on: &account, into: effects)
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
    _ stanza: Stanza, _ reference: UInt32, _ position: UInt64, by sender: Int,
    toSelf addressee: Addressee?, on account: inout Account, _ effects: EffectStorage
  ) {
    let context = self.routingContext(for: stanza, active: -1, in: account)
    var route = Route(
      copies: CarbonRouting.sent(stanza.kind, stanza.flags, by: sender, in: context))
    if case .device(let index) = addressee, account.sets.present.contains(index), index != sender {
      route.originals = DeviceSet(index)
      route.copies.remove(index)
    }
    if effects.explains {
      self.explainNotCopied(stanza, position, route, by: sender, context, account, effects)
    }
    guard !route.recipients.isEmpty else { return }
    let flags = stanza.flags.subtracting(.urgent).union(.ownAccount)
    var fanOut = FanOut(
      stanza: stanza, reference: reference, position: position, route: route, isSentCopy: true,
      isOwn: true, rule: HoldingRule.of(stanza.kind, flags))
    self.decide(&fanOut, active: -1, in: account)
    self.perform(fanOut, on: &account, into: effects)
  }

  private func explainNotCopied(
    _ stanza: Stanza, _ position: UInt64, _ route: Route, by sender: Int,
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
