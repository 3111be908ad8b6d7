import MDM
import MDMTestKit
import Testing

@Suite("Decisions of a service")
struct ServiceDecisionTests {
  private static func open(_ name: AccountName, on scene: Scene) throws -> [DeviceHandle] {
    let account = try scene.service.open(name)
    let phone = try scene.service.signIn(SignIn(device: "phone"), to: account).device
    let laptop = try scene.service.signIn(SignIn(device: "laptop"), to: account).device
    scene.service.setMode(.quiet, of: phone)
    scene.service.setPresence(.available(), of: laptop)
    return [phone, laptop]
  }

  private static func receive(_ id: String, for name: AccountName, on scene: Scene) throws {
    let account = try #require(scene.service.account(named: name))
    #expect(scene.service.receive(.message(id), for: account) == .done)
  }

  private static func kept(_ name: AccountName, _ scene: Scene) -> [String] {
    scene.service.decisions(of: name).map { "\($0.device) \($0.stanzaID) \($0.outcome)" }
  }

  @Test("off by default; on and off for one account by name at run time", arguments: [1, 4])
  func switching(shards: Int) throws {
    let scene = try Scene { $0.shards = shards }
    let phone = try Self.open("alice", on: scene)[0]
    _ = try Self.open("bob", on: scene)
    try Self.receive("a", for: "alice", on: scene)
    #expect(scene.service.decisions(of: "alice").isEmpty && scene.service.explainedAccounts == [])
    try scene.service.explainDecisions(of: "alice")
    try scene.service.explainDecisions(of: "alice")
    try Self.receive("b", for: "alice", on: scene)
    try Self.receive("b", for: "bob", on: scene)
    scene.service.noteRequest(from: phone)
    #expect(
      Self.kept("alice", scene) == [
        "laptop b rang", "phone b held", "phone a flushed", "phone b flushed",
      ])
    #expect(scene.service.explainedAccounts == ["alice"])
    #expect(scene.service.decisions(of: "bob").isEmpty)
    let line = try #require(
      scene.service.decisionLines(of: "alice", unixSecondsAtOrigin: 0).dropFirst().first)
    #expect(
      line == "00:00:00 phone: held, because quiet; laptop was active until 00:05:00 "
        + "(dora@example.net, 2)")
    scene.service.stopExplaining("alice")
    try Self.receive("c", for: "alice", on: scene)
    #expect(scene.service.decisions(of: "alice").isEmpty && scene.service.explainedAccounts == [])
    try scene.service.explainDecisions(of: "alice")
    try Self.receive("d", for: "alice", on: scene)
    #expect(Self.kept("alice", scene) == ["laptop d rang", "phone d held"])
    #expect(scene.service.forgottenDecisions(of: "alice") == 0)
  }

  @Test("an account can be watched before it is open; one shard's off does not end another's")
  func beforeOpening() throws {
    let scene = try Scene { $0.shards = 1 }
    try scene.service.explainDecisions(of: "alice")
    try scene.service.explainDecisions(of: "bob")
    _ = try Self.open("alice", on: scene)
    _ = try Self.open("bob", on: scene)
    scene.service.stopExplaining("alice")
    try Self.receive("m", for: "alice", on: scene)
    try Self.receive("n", for: "bob", on: scene)
    #expect(Self.kept("bob", scene) == ["laptop n rang", "phone n held"])
    #expect(scene.service.decisions(of: "alice").isEmpty)
  }

  @Test("what is decided while the host performs is kept as well, and stops when it is to stop")
  func reentrant() throws {
    let scene = try Scene { $0.shards = 1 }
    _ = try Self.open("alice", on: scene)
    _ = scene.texts()
    let account = try #require(scene.service.account(named: "alice"))
    let service = scene.service
    scene.host.react { entry in
      guard case .deliver(.delivery(let delivery), _, _) = entry else { return }
      switch delivery.stanza.id {
      case "1":
        try? service.explainDecisions(of: "alice")
        service.receive(.message("2"), for: account)
      case "2":
        service.receive(.message("3"), for: account)
        service.stopExplaining("alice")
        service.receive(.message("4"), for: account)
        try? service.explainDecisions(of: "alice")
        service.receive(.message("5"), for: account)
      default: break
      }
    }
    try Self.receive("1", for: "alice", on: scene)
    #expect(Self.kept("alice", scene) == ["laptop 5 rang", "phone 5 held"])
    scene.service.stopExplaining("alice")
    try Self.receive("6", for: "alice", on: scene)
    try Self.receive("7", for: "alice", on: scene)
    #expect(scene.service.decisions(of: "alice").isEmpty)
  }

  @Test("being watched changes nothing of what a service does", arguments: 0..<10)
  func changesNothing(seed: Int) throws {
    let scenes = [try Scene { $0.shards = 1 }, try Scene { $0.shards = 1 }]
    for scene in scenes { _ = try Self.open("alice", on: scene) }
    var random = SeededGenerator(seed: UInt64(seed))
    for step in 0..<200 {
      let choice = random.below(7)
      for (place, scene) in scenes.enumerated() {
        let account = try #require(scene.service.account(named: "alice"))
        let phone = try #require(scene.service.device(named: "phone", of: account))
        switch choice {
        case 0: scene.service.setMode(.quiet, of: phone)
        case 1: scene.service.setMode(.normal, of: phone)
        case 2: scene.service.connectionLost(phone)
        case 3: scene.service.resume(phone)
        case 4:
          if place == 0 { break }
          if step.isMultiple(of: 2) { scene.service.stopExplaining("alice") }
          try scene.service.explainDecisions(of: "alice")
        default: scene.service.receive(.message("\(step)"), for: account)
        }
      }
      #expect(scenes[0].texts() == scenes[1].texts(), "seed \(seed), step \(step)")
    }
    #expect(scenes[0].service.counters() == scenes[1].service.counters())
  }

  @Test("limits of the log are checked with the rest")
  func limits() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try ServiceConfiguration { values in
        values.decisionLog.accounts = 0
        values.decisionLog.bytes = 0
      }
    }
    #expect(error?.violations.map { $0.setting } == ["decisionLog.accounts", "decisionLog.bytes"])
    let scene = try Scene {
      $0.decisionLog.accounts = 1
      $0.decisionLog.entriesPerAccount = 2
    }
    _ = try Self.open("alice", on: scene)
    try scene.service.explainDecisions(of: "alice")
    #expect(throws: DecisionLog.WatchError.tooManyAccounts(limit: 1)) {
      try scene.service.explainDecisions(of: "bob")
    }
    for id in ["1", "2", "3"] { try Self.receive(id, for: "alice", on: scene) }
    #expect(Self.kept("alice", scene) == ["laptop 3 rang", "phone 3 held"])
    #expect(scene.service.forgottenDecisions(of: "alice") == 4)
  }
}
