internal import MDMEngine
internal import MDMSession
internal import MDMStanza
internal import MDMStorage

/// A command to an account of a simulated pair, as it goes to the backup: by name, since handles
/// mean something on one node only.
struct PairUserCommand: Hashable {
  enum Kind: UInt8, CaseIterable {
    case receive
    case lost
    case resume
    case acknowledge
    case quiet
    case active
  }

  var kind: Kind
  /// Which of the account's devices.
  var device = 0
  /// A message's number, or up to which item the device has everything.
  var number = 0

  var bytes: [UInt8] {
    let number = UInt32(self.number)
    return [self.kind.rawValue, UInt8(self.device)]
      + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  init(_ kind: Kind, device: Int = 0, number: Int = 0) {
    self.kind = kind
    self.device = device
    self.number = number
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 6, let kind = Kind(rawValue: bytes[0]) else { return nil }
    self.init(kind, device: Int(bytes[1]), number: Self.integer(bytes[2...]))
  }

  static func integer(_ bytes: some Collection<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}

/// One node's copy of the accounts of one node's users: a real engine, and beside it what a host
/// keeps of each device until the device has it. It survives the process, as a journal does.
final class PairAccounts {
  /// What has been delivered to a device and not been acknowledged by it.
  struct Item: Hashable {
    var sequence: Int
    var message: Int
  }

  struct Account {
    var handle: AccountHandle
    var devices: [DeviceHandle]
    /// The latest message that was taken on, so that a client may ask again.
    var seen = 0
    var outboxes: [[Item]] = [[], []]
    var lastSequence = [0, 0]
  }

  static let deviceNames = ["laptop", "phone"]

  private var engine: MessagingEngine
  private var effects = Effects()
  private(set) var accounts: [AccountName: Account] = [:]
  /// In ascending order.
  private(set) var names: [AccountName] = []

  init(at now: MonotonicInstant) { self.engine = MessagingEngine(startingAt: now) }

  /// New accounts, each with a laptop and a phone.
  convenience init(opening names: [AccountName], at now: MonotonicInstant) {
    self.init(at: now)
    for name in names.sorted() {
      guard
        case .opened(let handle) = self.apply(.open(name, archived: ArchivePosition(0)), at: now)
      else { preconditionFailure("The account cannot be opened.") }
      var devices: [DeviceHandle] = []
      for device in Self.deviceNames {
        let signIn = SignIn(
          device: DeviceName(device), kind: device == "phone" ? .iPhone : .desktop,
          pushEnabled: true)
        guard case .signedIn(let signedIn) = self.apply(.signIn(handle, signIn), at: now) else {
          preconditionFailure("The device cannot sign in.")
        }
        devices.append(signedIn.device)
      }
      self.accounts[name] = Account(handle: handle, devices: devices)
      self.names.append(name)
    }
  }

  @discardableResult
  private func apply(_ command: Command, at now: MonotonicInstant) -> Outcome {
    self.effects.removeAll()
    return self.engine.apply(command, at: now, into: &self.effects)
  }

  /// Applies a command, and puts what it leads to into the outboxes.
  func apply(_ command: PairUserCommand, to name: AccountName, at now: MonotonicInstant) {
    guard var account = self.accounts[name] else { return }
    let device = account.devices[command.device]
    switch command.kind {
    case .receive:
      guard command.number > account.seen else { return }
      account.seen = command.number
      let payload = Array(PairUserCommand(.receive, number: command.number).bytes)
      let stanza = Stanza(.chat, conversation: "bob@example.org", payload: payload)
      self.apply(.receive(account.handle, stanza, to: .account), at: now)
    case .lost: self.apply(.connectionLost(device), at: now)
    case .resume:
      account.outboxes[command.device].removeAll { $0.sequence <= command.number }
      self.apply(.resume(device), at: now)
    case .acknowledge:
      account.outboxes[command.device].removeAll { $0.sequence <= command.number }
      self.effects.removeAll()
    case .quiet: self.apply(.setMode(device, .quiet), at: now)
    case .active: self.apply(.setMode(device, .normal), at: now)
    }
    for effect in self.effects {
      guard case .deliver(let delivery) = effect,
        let index = account.devices.firstIndex(of: delivery.device),
        let message = PairUserCommand(delivery.stanza.payload)
      else { continue }
      account.lastSequence[index] += 1
      account.outboxes[index].append(
        Item(sequence: account.lastSequence[index], message: message.number))
    }
    self.accounts[name] = account
  }

  // MARK: - Snapshots

  /// An account with everything beside it.
  func snapshot(of name: AccountName) -> [UInt8] {
    guard let account = self.accounts[name], let image = self.engine.snapshot(of: account.handle)
    else { return [] }
    var numbers = [account.seen]
    for device in 0..<2 {
      numbers += [account.lastSequence[device], account.outboxes[device].count]
      numbers += account.outboxes[device].flatMap { [$0.sequence, $0.message] }
    }
    let side = numbers.flatMap { number in
      [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
    return [
      UInt8(truncatingIfNeeded: numbers.count), UInt8(truncatingIfNeeded: numbers.count >> 8),
    ]
      + side + image
  }

  /// Takes an account in; one of the same name makes room.
  func restore(_ bytes: [UInt8], of name: AccountName, at now: MonotonicInstant) {
    if let old = self.accounts[name] { self.apply(.close(old.handle), at: now) }
    let count = PairUserCommand.integer(bytes[..<2])
    var numbers = (0..<count).map {
      PairUserCommand.integer(bytes[(2 + 4 * $0)..<(6 + 4 * $0)])
    }[...]
    let image = Array(bytes[(2 + 4 * count)...])
    guard case .opened(let handle) = self.apply(.restore(image), at: now) else {
      preconditionFailure("An engine does not read its own snapshot.")
    }
    let devices = Self.deviceNames.compactMap {
      self.engine.device(named: DeviceName($0), of: handle)
    }
    precondition(devices.count == 2, "A device is gone.")
    var account = Account(handle: handle, devices: devices)
    account.seen = numbers.removeFirst()
    for device in 0..<2 {
      account.lastSequence[device] = numbers.removeFirst()
      for _ in 0..<numbers.removeFirst() {
        account.outboxes[device].append(
          Item(sequence: numbers.removeFirst(), message: numbers.removeFirst()))
      }
    }
    self.accounts[name] = account
    if !self.names.contains(name) { self.names = (self.names + [name]).sorted() }
  }
}
