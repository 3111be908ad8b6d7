import MDMEngine
import MDMMonitoring
import MDMSession
import MDMStanza
import MDMTestKit
import Testing

/// An engine with one account whose devices have the roles of a population, by index.
private struct TableScene: ~Copyable {
  var engine: MessagingEngine
  var effects: Effects
  let account: AccountHandle
  var devices: [DeviceHandle]
  let now = MonotonicInstant.origin

  private init(_ engine: consuming MessagingEngine, _ account: AccountHandle) {
    self.engine = engine
    self.account = account
    self.effects = Effects()
    self.devices = self.engine.devices(of: account)
  }

  static func make(_ roles: [SessionRole], active: Int?) throws -> TableScene {
    var engine = MessagingEngine(
      configuration: try Configuration { $0.perSessionLimit = 1_000_000 })
    var effects = Effects()
    let account = try engine.open("alice@example.org", at: .origin, into: &effects)
    // Away does not count as an act (B2), so nobody is active yet.
    for (index, role) in roles.enumerated() {
      let request = SignIn(
        device: DeviceName("device \(index)"), requestsMDM: role.usesMDM,
        pushEnabled: role == .suspended,
        presence: .available(.away, priority: role.isNegative ? -1 : 0))
      try engine.signIn(request, to: account, at: .origin, into: &effects)
    }
    var scene = TableScene(engine, account)
    if let active { scene.activate(active, priority: roles[active].isNegative ? -1 : 0) }
    for (index, role) in roles.enumerated() { scene.assume(role, index) }
    scene.effects.removeAll()
    return scene
  }

  private mutating func activate(_ index: Int, priority: Int8) {
    self.engine.setPresence(
      .available(priority: priority), of: self.devices[index], at: self.now,
      into: &self.effects)
  }

  private mutating func assume(_ role: SessionRole, _ index: Int) {
    let device = self.devices[index]
    switch role {
    case .mdm, .mdmNegative, .plain, .plainNegative: break
    case .unavailable:
      self.engine.setPresence(.unavailable, of: device, at: self.now, into: &self.effects)
    case .quiet: self.engine.setMode(.quiet, of: device, at: self.now, into: &self.effects)
    case .silent: self.engine.setMode(.silent, of: device, at: self.now, into: &self.effects)
    case .detached, .suspended:
      self.engine.connectionLost(device, at: self.now, into: &self.effects)
    }
  }

  mutating func receive(_ stanza: Stanza, to address: StanzaAddress) -> [TableRow] {
    self.effects.removeAll()
    self.engine.receive(
      stanza, for: self.account, to: address, at: self.now, into: &self.effects)
    return self.effects.map { TableRow($0) }
  }

  func heldStanzas() -> Int {
    self.engine.counters(at: self.now).gauges.heldStanzas
  }
}

@Suite("Routing as a table")
struct RoutingTableTests {
  /// Every population of two and three sessions, whatever their order, with each possible active
  /// client.
  static let populations: [[SessionRole]] = {
    var all: [[SessionRole]] = []
    for first in SessionRole.allCases {
      for second in SessionRole.allCases where second.rawValue >= first.rawValue {
        all.append([first, second])
        for third in SessionRole.allCases where third.rawValue >= second.rawValue {
          // Turned around every other time, so that the order of indices is not always the same.
          all.append(third.rawValue % 2 == 0 ? [first, second, third] : [third, second, first])
        }
      }
    }
    return all
  }()

  private static let flags: [StanzaFlags] = [[], .noCopy, .urgent, .ownAccount, .noStore]

  private static func stanza(_ kind: StanzaKind, _ flags: StanzaFlags, _ serial: Int) -> Stanza {
    Stanza(
      kind, conversation: "bob@example.org",
      coalescingKey: kind == .presence ? CoalescingKey("bob@example.org/\(serial % 2)") : nil,
      flags: flags, id: "\(kind) \(flags.rawValue) \(serial)", payload: [1])
  }

  @Test(
    "R-003, R-025, R-026, R-035, B7–B10, B19, B22: kind × flag × address × population × active",
    arguments: 0..<8)
  func everyCombination(part: Int) throws {
    for (number, roles) in Self.populations.enumerated() where number % 8 == part {
      for active in [nil, 0, 1, 2] where active ?? 0 < roles.count {
        if let active, roles[active] == .unavailable { continue }
        guard try Self.agrees(roles, active: active) else { return }
      }
    }
  }

  /// Puts every stanza through one account and one oracle; records the first row that differs.
  private static func agrees(_ roles: [SessionRole], active: Int?) throws -> Bool {
    var scene = try TableScene.make(roles, active: active)
    var oracle = TableOracle(roles: roles, active: active)
    var serial = 0
    for flags in Self.flags {
      for kind in StanzaKind.allCases {
        for address in -2..<roles.count {
          serial += 1
          let stanza = Self.stanza(kind, flags, serial)
          let expected = oracle.receive(
            stanza, to: address < 0 ? nil : address, isAbsent: address == -2)
          let rows = scene.receive(
            stanza,
            to: address == -1 ? .account : .device(DeviceName("device \(address)")))
          if rows != expected {
            Issue.record(
              """
              \(Self.title(roles, active)), \(kind) with flags \(flags.rawValue) to \(address):
              \(rows.map { "\($0)" }.joined(separator: "\n"))
              instead of
              \(expected.map { "\($0)" }.joined(separator: "\n"))
              """)
            return false
          }
        }
      }
    }
    let (held, expected) = (scene.heldStanzas(), oracle.queues.reduce(0) { $0 + $1.count })
    #expect(held == expected, "\(Self.title(roles, active))")
    return held == expected
  }

  private static func title(_ roles: [SessionRole], _ active: Int?) -> String {
    let names = roles.map { "\($0)" }.joined(separator: ", ")
    return "\(names); active: \(active.map { "device \($0)" } ?? "nobody")"
  }
}
