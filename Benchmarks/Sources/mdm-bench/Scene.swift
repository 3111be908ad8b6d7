import BenchmarkKit
import MDM

/// An engine with accounts, all alike: some quiet devices, and some normal ones of which the one
/// that signed in last is the active client.
struct Scene: ~Copyable {
  var engine: MessagingEngine
  var effects = Effects()
  /// The accounts in the order of their opening.
  private(set) var accounts: [AccountHandle] = []
  /// Every account's devices, quiet ones first, account by account.
  private(set) var devices: [DeviceHandle] = []
  let devicesPerAccount: Int
  var now = MonotonicInstant(nanoseconds: 1_000_000_000)

  init(
    accounts: Int = 1, quiet: Int = 1, normal: Int = 1, name: (Int) -> String = Scene.name,
    configuration: Configuration = .standard
  ) {
    self.engine = MessagingEngine(configuration: configuration, startingAt: self.now)
    self.devicesPerAccount = quiet + normal
    self.accounts.reserveCapacity(accounts)
    self.devices.reserveCapacity(accounts * self.devicesPerAccount)
    for number in 0..<accounts {
      let account = expect("an account") {
        try self.engine.open(AccountName(name(number)), at: self.now, into: &self.effects)
      }
      self.accounts.append(account)
      for device in 0..<quiet { self.signIn("phone-\(device)", to: account, isQuiet: true) }
      for device in 0..<normal { self.signIn("desk-\(device)", to: account, isQuiet: false) }
      self.effects.removeAll()
    }
  }

  private mutating func signIn(_ name: String, to account: AccountHandle, isQuiet: Bool) {
    let request = SignIn(
      device: DeviceName(name), kind: isQuiet ? .iPhone : .desktop,
      presence: .available(isQuiet ? .away : .available))
    let device = expect("a device") {
      try self.engine.signIn(request, to: account, at: self.now, into: &self.effects).device
    }
    self.devices.append(device)
    if isQuiet { self.engine.setMode(.quiet, of: device, at: self.now, into: &self.effects) }
  }

  /// A device of an account, quiet ones first.
  func device(_ index: Int, of account: Int = 0) -> DeviceHandle {
    self.devices[account * self.devicesPerAccount + index]
  }

  /// An account's active client.
  func activeDevice(of account: Int = 0) -> DeviceHandle {
    self.device(self.devicesPerAccount - 1, of: account)
  }

  /// A microsecond later.
  mutating func tick() { self.now.nanoseconds &+= 1_000 }

  /// An account receives a stanza; the effects are seen to and forgotten.
  mutating func receive(_ stanza: Stanza, for account: AccountHandle) {
    self.tick()
    self.engine.receive(stanza, for: account, at: self.now, into: &self.effects)
    consume(self.effects.count)
    self.effects.removeAll()
  }

  /// The names that accounts have unless a benchmark says otherwise.
  static func name(_ number: Int) -> String { "user-\(number)@example.org" }
}

/// What `body` returns; nothing here is meant to fail.
func expect<Result: ~Copyable>(_ what: String, _ body: () throws -> Result) -> Result {
  do { return try body() } catch { fatalError("no \(what): \(error)") }
}

/// Settings that never get in the way of what is measured.
func configuration(_ edit: (inout Configuration.Values) -> Void) -> Configuration {
  expect("configuration") {
    try Configuration { values in
      values.overallLimit = 100_000_000
      values.overallByteLimit = 1 << 40
      edit(&values)
    }
  }
}

/// An instant message of a usual size, as XML.
func chat(_ number: Int, from contact: String = "bob@example.org", bodyBytes: Int = 60) -> Stanza {
  let body = String(repeating: "x", count: bodyBytes)
  let payload =
    "<message xmlns='jabber:client' type='chat' from='\(contact)/desk' to='alice@example.org'"
    + " id='message-\(number)'><body>\(body)</body><markable xmlns='urn:xmpp:chat-markers:0'/>"
    + "<origin-id xmlns='urn:xmpp:sid:0' id='message-\(number)'/></message>"
  return Stanza(
    .chat, conversation: ConversationID(contact), id: "message-\(number)",
    source: "\(contact)/desk", destination: "alice@example.org", payload: Array(payload.utf8))
}

/// A contact's presence.
func presence(of contact: String, isKeyed: Bool) -> Stanza {
  let payload =
    "<presence xmlns='jabber:client' from='\(contact)/phone' to='alice@example.org'>"
    + "<show>away</show><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>"
    + "</presence>"
  return Stanza(
    .presence, coalescingKey: isKeyed ? CoalescingKey("\(contact)/phone") : nil,
    source: "\(contact)/phone", destination: "alice@example.org", payload: Array(payload.utf8))
}
