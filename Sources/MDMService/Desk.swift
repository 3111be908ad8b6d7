import MDMEngine
import MDMStanza

/// Where the effects of a shard are performed. It belongs to whoever performs, one thread at a
/// time, which the shard's lock hands it to; that is why it needs none of its own.
final class Desk: @unchecked Sendable {
  private let before = CacheLine()
  // Whoever performs has the desk to itself, and what it calls back never touches it, so dynamic
  // exclusivity checks on these would only cost time.

  /// What is being performed.
  @exclusivity(unchecked) var batch = Outbox()
  private let host: any MessagingHost
  /// What the effects' handles mean at this point of their order, by slot.
  @exclusivity(unchecked) private var places: [Place] = []
  /// Mailboxes that were full when something was put in.
  @exclusivity(unchecked) private var full: [Mailbox] = []
  @exclusivity(unchecked) private var totals = ServiceCounters.Totals()
  /// Whose effects are being performed, while they are.
  ///
  /// Not counted, since whoever performs keeps it: all shards would count on the one object.
  @exclusivity(unchecked) private var service: Unmanaged<MessagingService>?
  private let after = CacheLine()

  /// An account as the effects that are being performed see it.
  private struct Place {
    var sender: StanzaSender?
    /// Mailboxes of its devices in scopes. One that is replaced and its replacement may both be
    /// here for a moment.
    var mailboxes: [Mailbox] = []
  }

  init(host: any MessagingHost) { self.host = host }

  /// Performs the batch in order and empties it.
  func perform(for service: MessagingService) {
    self.performAll(for: service)
    self.batch.removeAll()
  }

  private func performAll(for service: MessagingService) {
    self.service = .passUnretained(service)
    defer { self.service = nil }
    var performer = self
    let count = self.batch.effects.count
    var index = 0
    for step in self.batch.steps {
      while index < step.place {
        self.batch.effects.perform(at: index, by: &performer)
        index += 1
      }
      self.perform(step.act)
    }
    while index < count {
      self.batch.effects.perform(at: index, by: &performer)
      index += 1
    }
    self.totals.performed &+= UInt64(count)
    self.totals.batches &+= 1
    self.totals.largestBatch = max(self.totals.largestBatch, count)
  }

  /// Whether streams have become too long, which are to be paused.
  var hasFull: Bool { !self.full.isEmpty }

  /// Hands what was counted over, and pauses the streams that are too long. Under the shard's lock.
  func report(to state: inout ShardState, at now: MonotonicInstant) {
    state.totals.add(self.totals)
    self.totals = ServiceCounters.Totals()
    guard !self.full.isEmpty else { return }
    state.outbox.now = max(state.outbox.now, now)
    for mailbox in self.full { state.pause(mailbox, at: state.outbox.now) }
    self.full.removeAll(keepingCapacity: true)
  }

  // MARK: - Events

  private func hand(_ event: DeviceEvent, to device: DeviceHandle) {
    guard let mailbox = self.mailbox(of: device) else {
      self.host.deliver(event, to: device, of: self.name(device.slot))
      return
    }
    let count = mailbox.append(event)
    self.totals.streamed &+= 1
    self.totals.longestStream = max(self.totals.longestStream, count)
    if count >= mailbox.limit, self.full.last !== mailbox { self.full.append(mailbox) }
  }

  // MARK: - Routing

  /// Gives a stanza to the account of this service that it is for, or says why not.
  private func routeHere(
    _ stanza: Stanza, from sender: StanzaSender, for service: MessagingService
  ) -> ForeignReason? {
    guard let routed = service.router.destination(of: stanza, sentBy: sender) else {
      return .noAddress
    }
    if routed.account == sender.account { return .ownAccount }
    let now = self.batch.now
    let shard = service.shards[service.shard(of: routed.account)]
    return shard.run(for: service, at: now) { state in
      guard let account = state.engine.account(named: routed.account) else {
        return .notOpen(routed.account)
      }
      if let error = state.backlogError() { return .refused(error) }
      let outcome = state.engine.receive(
        routed.stanza, for: account, to: routed.address, at: now, into: &state.outbox.effects)
      if case .refused(let error) = outcome { return .refused(error) }
      return nil
    }
  }

  // MARK: - The service's own acts

  private func perform(_ act: Outbox.Act) {
    switch act {
    case .opened(let account, let sender):
      while self.places.count <= Int(account.slot) { self.places.append(Place()) }
      self.places[Int(account.slot)].sender = sender
    case .closed(let account):
      self.places[Int(account.slot)].sender = nil
    case .entered(let mailbox):
      self.places[Int(mailbox.account.slot)].mailboxes.append(mailbox)
    case .finished(let mailbox):
      mailbox.finish(.shutDown)
      self.remove(mailbox)
    case .left(let mailbox):
      self.remove(mailbox)
      let unread = mailbox.close()
      if !unread.isEmpty {
        self.totals.unread &+= UInt64(unread.count)
        self.host.unread(unread, of: mailbox.device, of: mailbox.name)
      }
    case .gone(let mailbox):
      mailbox.noteClosed()
    case .reached(let waiter):
      waiter.resume()
    }
  }

  private func remove(_ mailbox: Mailbox) {
    self.places[Int(mailbox.account.slot)].mailboxes.removeAll { $0 === mailbox }
  }

  @inline(always)
  private func mailbox(of device: DeviceHandle) -> Mailbox? {
    let mailboxes = self.places[Int(device.slot)].mailboxes
    if mailboxes.isEmpty { return nil }
    return mailboxes.first { $0.device == device }
  }

  @inline(always)
  private func name(_ slot: UInt32) -> AccountName {
    guard let sender = self.places[Int(slot)].sender else {
      preconditionFailure("An effect is of no account: slot \(slot).")
    }
    return sender.account
  }
}

// MARK: - Effects

extension Desk: EffectPerformer {
  func archive(_ request: ArchiveRequest) {
    self.host.archive(request, of: self.name(request.account.slot))
  }

  func deliver(_ delivery: Delivery) { self.hand(.delivery(delivery), to: delivery.device) }

  func deliver(_ marker: MarkerDelivery) { self.hand(.marker(marker), to: marker.device) }

  func flush(_ flush: Flush) { self.hand(.flush(flush), to: flush.device) }

  func retract(_ retraction: Retraction) {
    self.hand(.retraction(retraction), to: retraction.device)
  }

  func mdmChanged(_ change: MDMChange) { self.hand(.mdmChanged(change), to: change.device) }

  func push(_ push: Push) { self.host.push(push, of: self.name(push.device.slot)) }

  func undelivered(_ item: Undelivered) {
    self.host.undelivered(item, of: self.name(item.device.slot))
  }

  func unroutable(_ item: Unroutable) {
    self.host.unroutable(item, of: self.name(item.account.slot))
  }

  func ended(_ ended: Ended) {
    guard let mailbox = self.mailbox(of: ended.device) else {
      self.host.deliver(
        .ended(.session(ended.reason)), to: ended.device, of: self.name(ended.device.slot))
      return
    }
    mailbox.finish(.session(ended.reason))
    self.remove(mailbox)
  }

  func route(_ routing: Routing) {
    guard let service = self.service?.takeUnretainedValue(),
      let sender = self.places[Int(routing.device.slot)].sender
    else {
      preconditionFailure("\(routing.device) has sent a stanza without being of an account.")
    }
    if let reason = self.routeHere(routing.stanza, from: sender, for: service) {
      self.totals.routedForeign &+= 1
      self.host.route(routing, from: sender.account, because: reason)
    } else {
      self.totals.routed &+= 1
    }
  }
}
