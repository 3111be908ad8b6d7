import BenchmarkKit
import MDM
import MDMTestKit

/// Everything that happens to accounts, at random: messages mostly, and devices that change their
/// mode, send presence, read, lose their connection, come back, and sign in anew.
struct RandomDay: ~Copyable {
  private static let accounts = 100
  private static let devices = 3
  private static let contacts = 4
  /// How many messages of a conversation are left unread at most, so that what the engine keeps of
  /// it has a bound that is soon reached.
  private static let patience = 32

  private var scene: Scene
  private var random = SeededGenerator(seed: 2_026)
  private var devices: [DeviceHandle]
  private let stanzas: [Stanza]
  /// Messages since the last read, by account and contact.
  private var unread = Array(repeating: 0, count: Self.accounts * Self.contacts)

  init() {
    self.scene = Scene(accounts: Self.accounts, quiet: 1, normal: Self.devices - 1)
    self.devices = self.scene.devices
    self.stanzas = (0..<256).map { number in
      let contact = "contact-\(number % Self.contacts)@example.org"
      return number % 8 == 7
        ? presence(of: contact, isKeyed: true)
        : chat(number, from: contact, bodyBytes: 20 + number)
    }
  }

  /// Goes on for so many messages.
  mutating func run(messages: Int) {
    var rest = messages
    while rest > 0 {
      let number = self.random.below(Self.accounts)
      let place = number * Self.devices + self.random.below(Self.devices)
      let choice = self.random.below(self.stanzas.count)
      let stanza = self.stanzas[choice]
      self.scene.now.nanoseconds &+= Int64(self.random.below(10_000_000))
      switch self.random.below(100) {
      case ..<60:
        self.scene.engine.receive(
          stanza, for: self.scene.accounts[number], at: self.scene.now,
          into: &self.scene.effects)
        self.noteReceived(
          number * Self.contacts + choice % Self.contacts, place, of: number, stanza)
        rest -= 1
      case ..<70:
        self.scene.engine.send(
          stanza, from: self.devices[place], at: self.scene.now, into: &self.scene.effects)
        rest -= 1
      default:
        self.change(self.devices[place], place, of: number, stanza)
      }
      if let deadline = self.scene.engine.nextDeadline, deadline <= self.scene.now {
        self.scene.engine.expire(at: self.scene.now, into: &self.scene.effects)
      }
      consume(self.scene.effects.count)
      self.scene.effects.removeAll()
    }
  }

  private mutating func change(
    _ device: DeviceHandle, _ place: Int, of number: Int, _ stanza: Stanza
  ) {
    let now = self.scene.now
    switch self.random.below(20) {
    case ..<7:
      _ = self.read(stanza, on: device, of: number)
    case ..<13:
      let mode = self.random.pick(SessionMode.allCases)
      self.scene.engine.setMode(mode, of: device, at: now, into: &self.scene.effects)
    case ..<16:
      let show = self.random.pick(PresenceShow.allCases)
      self.scene.engine.setPresence(
        .available(show), of: device, at: now, into: &self.scene.effects)
    case ..<17:
      self.scene.engine.connectionLost(device, at: now, into: &self.scene.effects)
    case ..<19:
      self.scene.engine.resume(device, at: now, into: &self.scene.effects)
    default:
      self.signInAnew(place, of: number)
    }
  }

  private mutating func noteReceived(
    _ conversation: Int, _ place: Int, of number: Int, _ stanza: Stanza
  ) {
    self.unread[conversation] += 1
    // A device without a connection cannot read; then one of the next messages' will.
    if self.unread[conversation] >= Self.patience,
      self.read(stanza, on: self.devices[place], of: number)
    {
      self.unread[conversation] = 0
    }
  }

  private mutating func read(
    _ stanza: Stanza, on device: DeviceHandle, of number: Int
  ) -> Bool {
    guard let conversation = stanza.conversation,
      let last = self.scene.engine.lastPosition(of: self.scene.accounts[number])
    else { return false }
    let outcome = self.scene.engine.read(
      conversation, upTo: last, on: device, at: self.scene.now, into: &self.scene.effects)
    return outcome == .done
  }

  private mutating func signInAnew(_ place: Int, of number: Int) {
    let request = SignIn(
      device: DeviceName("device-\(place % Self.devices)"),
      pushEnabled: self.random.chance(1, in: 2))
    let now = self.scene.now
    self.scene.engine.signOut(self.devices[place], at: now, into: &self.scene.effects)
    self.devices[place] = expect("a device") {
      try self.scene.engine.signIn(
        request, to: self.scene.accounts[number], at: now, into: &self.scene.effects
      ).device
    }
  }
}

extension Benchmark {
  static let longRun = Benchmark(
    "long-run", "memory while messages go on and on, with random modes", size: "messages",
    of: [10_000_000]
  ) { size, recorder in
    guard recorder.mode == .full || recorder.isSmoke else { return }
    let messages = recorder.isSmoke ? 1_000 : size
    var day = RandomDay()
    var inUse: [Int] = []
    var resident: [Int] = []
    for step in 1...10 {
      day.run(messages: messages / 10)
      guard let bytes = Machine.bytesInUse, let all = Machine.bytesResident else { return }
      inUse.append(bytes)
      resident.append(all)
      recorder.note(
        "    after \(messages / 10 * step) messages: \(bytes / 1_024) KiB in use, "
          + "\(all / 1_024) KiB resident")
    }
    // The first half is warm-up: buffers find the sizes that they need.
    let growth = { (bytes: [Int]) in Double(bytes[9] - bytes[4]) / Double(bytes[4]) * 100 }
    recorder.record(
      Value("growth-after-half", growth(inUse), "%", .limitOnly, limit: .atMost(1)))
    recorder.record(
      Value("resident-growth-after-half", growth(resident), "%", .limitOnly, limit: .atMost(1)))
  }
}
