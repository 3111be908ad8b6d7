import MDM
import MDMRedundancy
import MDMTestKit

/// One user with a laptop and a phone, two nodes with real engines and clocks of their own, a move
/// now and then, and a third engine that has the same user and never moves anybody.
///
/// Time stands still for an account that is frozen, so the third engine's clock shows true time
/// less all that.
final class MoveHarness {
  /// What happens to the user.
  enum Event: Hashable {
    case receive(Int)
    case send(String, Int)
    case presence(String, DevicePresence)
    case mode(String, SessionMode)
    case request(String)
    case read(String, Int)
    case lost(String)
    case resume(String)
  }

  /// An engine that may have the account.
  final class Node {
    var engine: MessagingEngine
    let offset: Int64
    private var effects = Effects()
    private(set) var account: AccountHandle?

    init(clockOffset: Int64) {
      self.offset = clockOffset
      self.engine = MessagingEngine(startingAt: MonotonicInstant(nanoseconds: clockOffset))
    }

    func instant(_ time: Int64) -> MonotonicInstant {
      MonotonicInstant(nanoseconds: self.offset + time)
    }

    func openAccount(at time: Int64) throws {
      let account = try self.engine.open(
        AccountName("alice@example.org"), at: self.instant(time), into: &self.effects)
      for (name, kind) in [("laptop", DeviceKind.desktop), ("phone", .iPhone)] {
        try self.engine.signIn(
          SignIn(
            device: DeviceName(name), kind: kind, pushEnabled: name == "phone",
            presence: .available(.available)),
          to: account, at: self.instant(time), into: &self.effects)
      }
      self.effects.removeAll()
      self.account = account
    }

    /// The account as bytes; the engine has it no longer, and what it says about that is of no
    /// concern to anybody, since the devices go on elsewhere.
    func freeze(at time: Int64) -> [UInt8]? {
      guard let account = self.account, let bytes = self.engine.snapshot(of: account) else {
        return nil
      }
      self.engine.close(account, at: self.instant(time), into: &self.effects)
      self.effects.removeAll()
      self.account = nil
      return bytes
    }

    func thaw(_ bytes: [UInt8], at time: Int64) throws {
      self.account = try self.engine.restoreAccount(
        from: bytes, at: self.instant(time), into: &self.effects)
      self.effects.removeAll()
    }

    private func device(_ name: String) -> DeviceHandle? {
      self.account.flatMap { self.engine.device(named: DeviceName(name), of: $0) }
    }

    func apply(_ event: Event, at time: Int64) -> [String] {
      guard let account = self.account, let command = self.command(event, account) else {
        return []
      }
      self.engine.apply(command, at: self.instant(time), into: &self.effects)
      return self.take(at: time)
    }

    func expire(at time: Int64) -> [String] {
      self.engine.expire(at: self.instant(time), into: &self.effects)
      return self.take(at: time)
    }

    private func command(_ event: Event, _ account: AccountHandle) -> Command? {
      switch event {
      case .receive(let number): .receive(account, Self.chat(number), to: .account)
      case .send(let name, let number):
        self.device(name).map { .send($0, Self.chat(number), toSelf: nil) }
      case .presence(let name, let presence):
        self.device(name).map { .presence($0, presence) }
      case .mode(let name, let mode): self.device(name).map { .setMode($0, mode) }
      case .request(let name): self.device(name).map { .requested($0) }
      case .read(let name, let position):
        self.device(name).map {
          .read($0, "bob@example.org", upTo: ArchivePosition(UInt64(position)))
        }
      case .lost(let name): self.device(name).map { .connectionLost($0) }
      case .resume(let name): self.device(name).map { .resume($0) }
      }
    }

    private static func chat(_ number: Int) -> Stanza {
      Stanza(
        .chat, conversation: "bob@example.org", id: "m\(number)",
        payload: Array("hello".utf8))
    }

    /// What the engine said, without its handles and with ages in place of instants.
    private func take(at time: Int64) -> [String] {
      let now = self.instant(time)
      func age(_ instant: MonotonicInstant?) -> String {
        instant.map { "\(now.nanoseconds - $0.nanoseconds)" } ?? "live"
      }
      func name(_ device: DeviceHandle) -> String {
        self.engine.report(on: device).map { "\($0.name)" } ?? "gone"
      }
      defer { self.effects.removeAll() }
      return self.effects.map { effect in
        switch effect {
        case .archive(let request): "archive \(request.position) \(request.direction)"
        case .deliver(let it):
          "\(name(it.device)) gets \(it.stanza.id) \(it.form) \(it.notification) "
            + "\(age(it.heldSince)) \(it.alreadyRead)"
        case .deliverMarker(let it):
          "\(name(it.device)) read up to \(it.upTo), \(it.unread) unread, \(it.revision)"
        case .flush(let it): "\(name(it.device)) flush \(it.reason) \(it.count)"
        case .route(let it): "route \(it.stanza.id)"
        case .push(let it): "push \(name(it.device)) \(it.stanza.id)"
        case .retractNotification(let it): "retract \(name(it.device)) \(it.upTo)"
        case .undelivered(let it):
          "undelivered \(it.stanza.id) \(it.form) \(age(it.heldSince)) \(it.disposition)"
        case .unroutable(let it): "unroutable \(it.stanza.id) \(it.disposition)"
        case .ended(let it): "ended \(it.reason)"
        case .mdmChanged(let it): "\(name(it.device)) mdm \(it.isEffective)"
        }
      }
    }
  }

  private(set) var random: SeededGenerator
  /// True time in nanoseconds, and how much of it the account was frozen.
  private var time: Int64 = 1_000_000_000
  private var frozen: Int64 = 0
  let nodes = PerNode(first: Node(clockOffset: 0), second: Node(clockOffset: 895_000_000_000))
  let still = Node(clockOffset: 77_000_000_000)
  private(set) var worker: NodeID? = .first
  private var held: [Event] = []
  private var record: (owner: NodeID, epoch: UInt64) = (.first, 1)
  private var messages = 0
  private var lost: String?
  /// What the nodes said, and what the engine said that never moves anybody.
  private(set) var said: [String] = []
  private(set) var expected: [String] = []
  private(set) var moves = 0
  private(set) var undone = 0
  private(set) var redirects: [NodeID] = []

  init(seed: Int) throws {
    self.random = SeededGenerator(seed: UInt64(seed))
    try self.nodes.first.openAccount(at: self.time)
    try self.still.openAccount(at: self.time)
  }

  /// Lets time pass; the account's deadlines count where it is worked on.
  private func pass(_ nanoseconds: Int64) {
    self.time += nanoseconds
    guard let worker = self.worker else {
      self.frozen += nanoseconds
      return
    }
    self.said += self.nodes[worker].expire(at: self.time)
    self.expected += self.still.expire(at: self.time - self.frozen)
  }

  /// Something happens to the user: to whoever works on the account, or to whoever does next.
  private func happen(_ event: Event) {
    self.expected += self.still.apply(event, at: self.time - self.frozen)
    if let worker = self.worker {
      self.said += self.nodes[worker].apply(event, at: self.time)
    } else {
      self.held.append(event)
    }
  }

  private func anything() -> Event {
    // Whoever has lost its connection is back soon, so that the scripts do not run out of devices.
    if let lost = self.lost, self.random.chance(1, in: 3) {
      self.lost = nil
      return .resume(lost)
    }
    let device = self.random.pick(["laptop", "phone", "phone"])
    switch self.random.below(12) {
    case 0..<4:
      self.messages += 1
      return .receive(self.messages)
    case 4:
      self.messages += 1
      return .send(device, self.messages)
    case 5:
      let shows: [DevicePresence] = [.available(.available), .available(.away), .unavailable]
      return .presence(device, self.random.chance(1, in: 4) ? self.random.pick(shows) : shows[0])
    case 6..<8: return .mode("phone", self.random.pick([.quiet, .quiet, .quiet, .normal]))
    case 8: return .request(device)
    case 9: return .read(device, self.messages)
    case 10 where self.lost == nil:
      self.lost = "phone"
      return .lost("phone")
    default: return .presence("laptop", .available(.available))
    }
  }

  func live(_ count: Int) {
    for _ in 0..<count {
      self.pass(Int64(self.random.number(in: 0...40)) * 1_000_000_000)
      self.happen(self.anything())
    }
  }

  // MARK: - Moving

  /// Moves the user to the other node, with whatever may go wrong, while things go on happening.
  func move() throws {
    guard let source = self.worker else { return }
    var effects: [AccountMove<NodeID>.Effect] = []
    var move = AccountMove(
      UserMove("alice@example.org", from: source), epoch: OwnershipEpoch(self.record.epoch),
      at: self.nodes[source].instant(self.time), into: &effects)
    var snapshot: [UInt8] = []
    while !move.isOver || !effects.isEmpty {
      let effect = effects.isEmpty ? nil : effects.removeFirst()
      if let effect, let event = try self.perform(effect, &snapshot) {
        move.apply(event, into: &effects)
      }
      for _ in 0..<self.random.below(3) {
        self.pass(Int64(self.random.number(in: 1...900)) * 1_000_000)
        self.happen(self.anything())
      }
      move.expire(at: self.nodes[source].instant(self.time), into: &effects)
    }
    if move.step == .done { self.moves += 1 } else { self.undone += 1 }
  }

  private func perform(
    _ effect: AccountMove<NodeID>.Effect, _ snapshot: inout [UInt8]
  ) throws -> AccountMove<NodeID>.Event? {
    let isWell = self.random.chance(3, in: 4)
    switch effect {
    case .freeze(let node):
      guard isWell, let bytes = self.nodes[node].freeze(at: self.time) else { return .failed }
      self.worker = nil
      snapshot = bytes
      return .frozen(bytes)
    case .transfer(_, let bytes):
      snapshot = bytes
      return isWell ? .stored : .failed
    case .own(let node, let epoch):
      let isCarriedOut = self.random.chance(3, in: 4)
      guard isCarriedOut else { return .unknown }
      guard self.record.epoch == epoch.rawValue else { return .refused }
      self.record = (node, epoch.rawValue + 1)
      return isWell ? .granted(OwnershipEpoch(self.record.epoch)) : .unknown
    case .readOwner:
      return isWell
        ? .owner(self.record.owner, OwnershipEpoch(self.record.epoch)) : .failed
    case .thaw(let node, _):
      guard isWell else { return .failed }
      try self.takeUp(snapshot, on: node)
      return .thawed
    case .restore(let node):
      guard isWell else { return .failed }
      // A freeze that failed has left the account where it was.
      if self.worker == nil { try self.takeUp(snapshot, on: node) }
      return .restored
    case .redirect(let node):
      self.redirects.append(node)
      return nil
    case .forget: return nil
    }
  }

  /// The node goes on with the account, and with what has happened meanwhile, in order.
  private func takeUp(_ snapshot: [UInt8], on node: NodeID) throws {
    try self.nodes[node].thaw(snapshot, at: self.time)
    self.worker = node
    for event in self.held { self.said += self.nodes[node].apply(event, at: self.time) }
    self.held = []
  }
}
