import BenchmarkKit
import MDM
import MDMRedundancy

/// The backup of users with a laptop and a phone each takes over: it counts every connection as
/// lost, tells every client, lets each resume on the connection that stood by, and delivers the
/// first message. An operation is a user's share.
private struct Takeover: Workload, ~Copyable {
  private var scene: Scene
  private var register = ConnectionRegister(node: .second)
  private var announcements: [ConnectionEffect] = []
  private let clients: [ClientID]
  private let hasMDM: Bool
  private let heldMessages: Int
  private let message = chat(0)
  let period: Int
  /// Each time is like the first, and takes long.
  let warmUps = 1

  init(users: Int, hasMDM: Bool, heldMessages: Int = 0) {
    self.hasMDM = hasMDM
    self.heldMessages = heldMessages
    self.scene = Scene(accounts: users, configuration: configuration { $0.enabled = hasMDM })
    self.period = users
    var clients: [ClientID] = []
    for number in 0..<users {
      for device in ["desk-0", "phone-0"] {
        clients.append(ClientID(AccountName(Scene.name(number)), DeviceName(device)))
      }
    }
    self.clients = clients.sorted()
    for client in self.clients { self.standBy(client) }
  }

  private mutating func standBy(_ client: ClientID) {
    expect("a connection") {
      try self.register.open(client, home: .first, as: .inactive, isDual: true)
    }
  }

  /// The users are home again, with their phones in their pockets.
  mutating func prepare(_ count: Int) {
    self.register.stopServing(.first, into: &self.announcements)
    self.announcements.removeAll(keepingCapacity: true)
    for number in self.scene.accounts.indices {
      self.scene.tick()
      if self.hasMDM {
        self.scene.engine.setMode(
          .quiet, of: self.scene.device(0, of: number), at: self.scene.now,
          into: &self.scene.effects)
      }
      self.scene.engine.setPresence(
        .available(.available), of: self.scene.activeDevice(of: number), at: self.scene.now,
        into: &self.scene.effects)
      for _ in 0..<self.heldMessages {
        self.scene.receive(self.message, for: self.scene.accounts[number])
      }
      self.scene.effects.removeAll()
    }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<(count / self.period) { self.takeOver() }
  }

  private mutating func takeOver() {
    self.register.serve(.first, into: &self.announcements)
    for device in self.scene.devices {
      self.scene.engine.connectionLost(
        device, at: self.scene.now, into: &self.scene.effects)
    }
    consume(self.announcements.count &+ self.scene.effects.count)
    self.scene.effects.removeAll()
    for client in self.clients { expect("a connection") { try self.register.activate(client) } }
    for (number, account) in self.scene.accounts.enumerated() {
      self.scene.tick()
      for device in 0..<2 {
        self.scene.engine.resume(
          self.scene.device(device, of: number), at: self.scene.now, into: &self.scene.effects)
      }
      self.scene.receive(self.message, for: account)
    }
  }
}

extension Benchmark {
  static let failover = Benchmark(
    "failover", "a user's share of a failover: two devices activate, the first message comes",
    size: "users", of: [4, 15_000]
  ) { size, recorder in
    var with = Takeover(users: size, hasMDM: true)
    var without = Takeover(users: size, hasMDM: false)
    guard size > 1_000 else {
      let counts = (
        with: recorder.instructions(of: &with, count: size),
        without: recorder.instructions(of: &without, count: size)
      )
      recorder.record(
        Value("instructions", counts.with, "instructions", .allocatingInstructions))
      var ratio: Double?
      if let with = counts.with, let without = counts.without { ratio = with / without }
      recorder.record(
        Value(
          "instructions-to-without-mdm", ratio, "times as many", .limitOnly,
          limit: .atMost(1.05)))
      return
    }
    recorder.measure(&with, sample: nil)
    recorder.record(
      Value(
        "times-without-mdm", recorder.timeRatio(of: &with, to: &without), "times as long"))
    var holding = Takeover(users: size, hasMDM: true, heldMessages: 5)
    recorder.record(
      Value(
        "times-with-five-held", recorder.timeRatio(of: &holding, to: &without), "times as long"))
  }
}
