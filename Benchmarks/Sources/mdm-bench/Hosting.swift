import BenchmarkKit
import MDM

/// A host that does nothing: what remains is the cost of getting there.
final class SilentHost: MessagingHost {
  func archive(_ request: ArchiveRequest, of account: AccountName) {}
  func deliver(_ event: DeviceEvent, to device: DeviceHandle, of account: AccountName) {}
  func route(_ routing: Routing, from account: AccountName, because reason: ForeignReason) {}
  func undelivered(_ item: Undelivered, of account: AccountName) {}
  func unroutable(_ item: Unroutable, of account: AccountName) {}
  func unread(_ events: [DeviceEvent], of device: DeviceHandle, of account: AccountName) {}
}

/// What a host without the service writes itself: effects go to the same methods.
struct HostPerformer: EffectPerformer {
  let host: any MessagingHost
  /// The accounts' names by slot.
  let names: [AccountName]

  private func hand(_ event: DeviceEvent, to device: DeviceHandle) {
    self.host.deliver(event, to: device, of: self.names[Int(device.slot)])
  }

  func archive(_ request: ArchiveRequest) {
    self.host.archive(request, of: self.names[Int(request.account.slot)])
  }
  func deliver(_ delivery: Delivery) { self.hand(.delivery(delivery), to: delivery.device) }
  func deliver(_ marker: MarkerDelivery) { self.hand(.marker(marker), to: marker.device) }
  func flush(_ flush: Flush) { self.hand(.flush(flush), to: flush.device) }
  func retract(_ retraction: Retraction) {
    self.hand(.retraction(retraction), to: retraction.device)
  }
  func mdmChanged(_ change: MDMChange) { self.hand(.mdmChanged(change), to: change.device) }
  func ended(_ end: Ended) { self.hand(.ended(.session(end.reason)), to: end.device) }
  func push(_ push: Push) { self.host.push(push, of: self.names[Int(push.device.slot)]) }
  func undelivered(_ item: Undelivered) {
    self.host.undelivered(item, of: self.names[Int(item.device.slot)])
  }
  func unroutable(_ item: Unroutable) {
    self.host.unroutable(item, of: self.names[Int(item.account.slot)])
  }
  func route(_ routing: Routing) {
    self.host.route(
      routing, from: self.names[Int(routing.device.slot)], because: .noAddress)
  }
}

/// Accounts of an engine without the service receive in turn; a host gets what follows.
struct HostedEngine: Workload, ~Copyable, Sendable {
  private var engine: MessagingEngine
  private var effects = Effects()
  private var performer: HostPerformer
  private var accounts: [AccountHandle] = []
  private let stanzas: [Stanza]
  private var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  private var next = 0
  /// Whether effects are performed, or only forgotten.
  var performs = true
  let period: Int

  init(accounts names: [AccountName]) {
    self.engine = MessagingEngine(startingAt: self.now)
    self.performer = HostPerformer(host: SilentHost(), names: names)
    self.stanzas = names.count == 1 ? (0..<64).map { chat($0) } : stanzasInTurn(names.count)
    self.period = names.count == 1 ? 100 : 1
    for name in names {
      let account = expect("an account") {
        try self.engine.open(name, at: self.now, into: &self.effects)
      }
      self.accounts.append(account)
      for request in HostedService.signIns {
        let device = expect("a device") {
          try self.engine.signIn(request, to: account, at: self.now, into: &self.effects).device
        }
        if request.kind == .iPhone {
          self.engine.setMode(.quiet, of: device, at: self.now, into: &self.effects)
        }
      }
      self.effects.removeAll()
    }
    for number in names.indices.dropFirst() {
      self.next = number
      for _ in 0..<(number % 100) { self.receive() }
    }
  }

  private mutating func receive() {
    self.now.nanoseconds &+= 1_000
    self.engine.receive(
      self.stanzas[self.next % self.stanzas.count],
      for: self.accounts[self.next % self.accounts.count], at: self.now, into: &self.effects)
    if self.performs { self.effects.perform(by: &self.performer) }
    self.effects.removeAll()
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.next = self.next &+ 1
      self.receive()
    }
  }
}

/// Accounts of a service receive in turn, from one thread.
struct HostedService: Workload, ~Copyable, Sendable {
  /// One quiet and one active device, as everywhere.
  static let signIns = [
    SignIn(device: "phone-0", kind: .iPhone, presence: .available(.away)),
    SignIn(device: "desk-0", kind: .desktop, presence: .available(.available)),
  ]

  private let service: MessagingService
  private var accounts: [AccountHandle] = []
  private let stanzas: [Stanza]
  private var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  private var next = 0
  /// Whether the service has to ask its clock.
  private let asksClock: Bool
  let period: Int

  init(_ service: MessagingService, accounts names: [AccountName], asksClock: Bool = false) {
    self.service = service
    self.asksClock = asksClock
    self.stanzas = names.count == 1 ? (0..<64).map { chat($0) } : stanzasInTurn(names.count)
    self.period = names.count == 1 ? 100 : 1
    let start = asksClock ? nil : self.now
    for name in names {
      let account = expect("an account") { try service.open(name, at: start) }
      self.accounts.append(account)
      for request in Self.signIns {
        let device = expect("a device") {
          try service.signIn(request, to: account, at: start).device
        }
        if request.kind == .iPhone { service.setMode(.quiet, of: device, at: start) }
      }
    }
    for number in names.indices.dropFirst() {
      self.next = number
      for _ in 0..<(number % 100) { self.receive() }
    }
  }

  private mutating func receive() {
    self.now.nanoseconds &+= 1_000
    self.service.receive(
      self.stanzas[self.next % self.stanzas.count],
      for: self.accounts[self.next % self.accounts.count], at: self.asksClock ? nil : self.now)
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.next = self.next &+ 1
      self.receive()
    }
  }
}

/// One message for each account of many, as in ``ReceiveInTurn``.
private func stanzasInTurn(_ count: Int) -> [Stanza] {
  (0..<count).map { chat($0, from: "contact-\($0)@example.org") }
}
