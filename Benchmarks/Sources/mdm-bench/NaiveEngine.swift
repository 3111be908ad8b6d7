import BenchmarkKit

// The engine as one would write it first: classes, dictionaries by name, a clock that is asked, an
// array for each quiet device, effects in an array. Its rules are those that the engine has for one
// received message; it is what the engine is compared with, and is left as it is.

struct NaiveMessage {
  var id: String
  var from: String
  var conversation: String
  var payload: [UInt8]
}

enum NaiveEffect {
  case archive(account: String, position: Int, message: NaiveMessage)
  case deliver(device: String, position: Int, message: NaiveMessage, rings: Bool)
  case flush(device: String, count: Int)
}

final class NaiveDevice {
  let name: String
  var isAvailable = true
  var isQuiet = false
  var lastActivity: ContinuousClock.Instant?
  var buffer: [(position: Int, message: NaiveMessage, since: ContinuousClock.Instant)] = []

  init(name: String) { self.name = name }
}

final class NaiveAccount {
  let name: String
  var devices: [String: NaiveDevice] = [:]
  var unread: [String: Int] = [:]
  var lastPosition = 0

  init(name: String) { self.name = name }
}

final class NaiveEngine {
  private let clock = ContinuousClock()
  private var accounts: [String: NaiveAccount] = [:]
  private(set) var counters: [String: Int] = [:]
  private var queuedTime = Duration.zero

  func signIn(_ device: String, to name: String, isQuiet: Bool) {
    let account = self.accounts[name] ?? NaiveAccount(name: name)
    self.accounts[name] = account
    let session = NaiveDevice(name: device)
    session.isQuiet = isQuiet
    session.lastActivity = isQuiet ? nil : self.clock.now
    account.devices[device] = session
  }

  func receive(_ message: NaiveMessage, for name: String) -> [NaiveEffect] {
    guard let account = self.accounts[name] else { return [] }
    let now = self.clock.now
    var effects: [NaiveEffect] = []

    account.lastPosition += 1
    let position = account.lastPosition
    account.unread[message.conversation, default: 0] += 1
    self.counters["archived", default: 0] += 1
    effects.append(.archive(account: name, position: position, message: message))

    var active: NaiveDevice?
    for device in account.devices.values {
      guard let activity = device.lastActivity, now - activity < .seconds(300) else { continue }
      if let other = active?.lastActivity, other >= activity { continue }
      active = device
    }
    for device in account.devices.values where device.isAvailable {
      if device.isQuiet, let active, active !== device {
        device.buffer.append((position, message, now))
        self.counters["held", default: 0] += 1
        if device.buffer.count >= 100 { self.flush(device, at: now, into: &effects) }
        continue
      }
      if !device.buffer.isEmpty { self.flush(device, at: now, into: &effects) }
      let rings = active == nil || active === device
      if rings { self.counters["notified", default: 0] += 1 }
      self.counters["delivered", default: 0] += 1
      effects.append(
        .deliver(device: device.name, position: position, message: message, rings: rings))
    }
    return effects
  }

  private func flush(
    _ device: NaiveDevice, at now: ContinuousClock.Instant, into effects: inout [NaiveEffect]
  ) {
    self.counters["flushes", default: 0] += 1
    effects.append(.flush(device: device.name, count: device.buffer.count))
    for (position, message, since) in device.buffer {
      self.queuedTime += now - since
      self.counters["flushed", default: 0] += 1
      effects.append(
        .deliver(device: device.name, position: position, message: message, rings: false))
    }
    device.buffer.removeAll()
  }
}

/// The naive engine's accounts receive in turn, as in ``ReceiveInTurn``.
struct NaiveReceiving: Workload, ~Copyable {
  private let engine = NaiveEngine()
  private let names: [String]
  private let messages: [NaiveMessage]
  private var next = 0

  init(accounts: Int) {
    self.names = (0..<accounts).map { Scene.name($0) }
    self.messages = NaiveMessage.one(forEach: accounts)
    for (number, name) in self.names.enumerated() {
      self.engine.signIn("phone-0", to: name, isQuiet: true)
      self.engine.signIn("desk-0", to: name, isQuiet: false)
      for _ in 0..<(number % 100) { _ = self.engine.receive(self.messages[number], for: name) }
    }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      self.next = (self.next &+ 1) % self.names.count
      consume(self.engine.receive(self.messages[self.next], for: self.names[self.next]).count)
    }
  }
}

extension NaiveMessage {
  /// The messages that ``ReceiveInTurn`` has, in the naive form.
  static func one(forEach accounts: Int) -> [NaiveMessage] {
    (0..<accounts).map { number in
      let contact = "contact-\(number)@example.org"
      let stanza = chat(number, from: contact)
      return NaiveMessage(
        id: stanza.id, from: stanza.source, conversation: contact, payload: stanza.payload)
    }
  }
}
