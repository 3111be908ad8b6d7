import MDM
import MDMTestKit
import Synchronization
import Testing

@Suite("Accounts on shards")
struct ServiceAccountTests {
  private static let names = (0..<200).map { AccountName("user\($0)@example.org") }

  @Test("names are spread over the shards, the same way by every service of as many")
  func sharding() throws {
    let (one, two) = (try Scene().service, try Scene().service)
    var counts = Array(repeating: 0, count: one.shardCount)
    for name in Self.names {
      #expect(one.shard(of: name) == two.shard(of: name))
      counts[one.shard(of: name)] += 1
    }
    #expect(counts.count == 4)
    #expect(counts.allSatisfy { $0 > 25 })
    // The choice is part of the contract: threads are assigned by it.
    #expect(Self.names.prefix(8).map { one.shard(of: $0) } == [2, 3, 3, 3, 2, 0, 3, 1])
  }

  @Test("without a number of shards there is one for each processor")
  func defaultShards() throws {
    let service = try Scene { _ in }.service
    #expect((1...256).contains(service.shardCount))
  }

  @Test("handles of all shards differ and lead back to their accounts")
  func handles() throws {
    let scene = try Scene()
    var seen: Set<AccountHandle> = []
    for name in Self.names {
      let account = try scene.service.open(name)
      let device = try scene.service.signIn(SignIn(device: "phone"), to: account).device
      #expect(seen.insert(account).inserted)
      #expect(Int(account.engineNumber) == scene.service.shard(of: name))
      #expect(scene.service.name(of: account) == name)
      #expect(scene.service.account(named: name) == account)
      #expect(scene.service.account(of: device) == account)
      #expect(scene.service.device(named: "phone", of: account) == device)
      #expect(scene.service.devices(of: account) == [device])
    }
    #expect(scene.service.counters().gauges.accounts == 200)
    #expect(scene.service.counters().gauges.sessions == 200)
  }

  @Test("a handle that no shard has given out is stale everywhere")
  func foreignHandles() throws {
    let service = try Scene().service
    let account = AccountHandle(slot: 0, generation: 0, engineNumber: 77)
    let device = DeviceHandle(slot: 0, index: 0, generation: 0, engineNumber: 77)
    let stale = Outcome.ignored(.staleHandle)
    #expect(service.receive(.message("m"), for: account) == stale)
    #expect(service.send(.message("m"), from: device) == stale)
    #expect(service.setMode(.quiet, of: device) == stale)
    #expect(service.close(account) == stale)
    #expect(service.report(on: device) == nil)
    #expect(service.snapshot(of: account) == nil)
    #expect(throws: ServiceError.refused(.staleHandle)) {
      try service.signIn(SignIn(device: "phone"), to: account)
    }
  }

  @Test("what an engine refuses, the service refuses with its reason")
  func refusals() throws {
    let scene = try Scene(engine: try Configuration { $0.deviceLimit = 1 })
    let alice = try scene.service.open("alice")
    #expect(throws: ServiceError.refused(.accountExists(alice))) {
      try scene.service.open("alice")
    }
    #expect(throws: ServiceError.refused(.emptyName)) { try scene.service.open("") }
    try scene.service.signIn(SignIn(device: "phone"), to: alice)
    #expect(throws: ServiceError.refused(.deviceLimit(1))) {
      try scene.service.signIn(SignIn(device: "laptop"), to: alice)
    }
  }

  @Test("an account moves to a service with other shards as bytes, with what it holds")
  func moving() throws {
    let (old, new) = (try Scene(), try Scene { $0.shards = 7 })
    for name in Self.names.prefix(20) {
      let account = try old.service.open(name)
      let phone = try old.service.signIn(SignIn(device: "phone"), to: account).device
      old.service.connectionLost(phone)
      old.service.receive(.message("m \(name)"), for: account)
      let bytes = try #require(old.service.snapshot(of: account))
      let moved = try new.service.restoreAccount(from: bytes)
      #expect(new.service.account(named: name) == moved)
      let there = try #require(new.service.device(named: "phone", of: moved))
      _ = new.texts()
      new.service.resume(there)
      #expect(new.texts() == ["flush 1 of \(name)", "m \(name) of \(name)"])
      #expect(throws: ServiceError.refused(.accountExists(moved))) {
        try new.service.restoreAccount(from: bytes)
      }
    }
    #expect(throws: ServiceError.self) { try new.service.restoreAccount(from: [1, 2, 3]) }
  }

  @Test("B11: the overall limits are shared out, everything else is each engine's")
  func sharedLimits() throws {
    let engine = try Configuration {
      $0.overallLimit = 10
      $0.perSessionLimit = 100
    }
    let scene = try Scene(engine: engine)
    #expect(scene.service.configuration == engine)
    let account = try scene.service.open("alice")
    let phone = try scene.service.signIn(SignIn(device: "phone"), to: account).device
    scene.service.connectionLost(phone)
    for number in 0..<3 { scene.service.receive(.message("m\(number)"), for: account) }
    // A quarter of ten, rounded up, is reached by the third.
    #expect(scene.service.counters().totals.overflowed == 3)
    let wider = try Configuration { $0.overallLimit = 400 }
    scene.service.configure(wider)
    #expect(scene.service.configuration == wider)
    for number in 0..<50 { scene.service.receive(.message("n\(number)"), for: account) }
    #expect(scene.service.counters().gauges.heldStanzas == 50)
  }

  @Test("a configuration out of range cannot be made, and says everything that is wrong")
  func configuration() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try ServiceConfiguration {
        $0.shards = 257
        $0.eventLimit = 0
        $0.effectLimit = 0
        $0.drainTimeout = .seconds(-1)
      }
    }
    #expect(
      error?.violations.map { $0.setting } == [
        "shards", "eventLimit", "effectLimit", "drainTimeout",
      ])
    #expect(ServiceConfiguration.standard.values.eventLimit == 1_024)
  }

  @Test("B18: shards agree about the switch whatever the host's methods call meanwhile")
  func agreement() throws {
    let scene = try Scene { $0.shards = 2 }
    let service = scene.service
    let devices = try [0, 1].map { shard in
      let name = try #require(Self.names.first { service.shard(of: $0) == shard })
      return try service.signIn(SignIn(device: "phone"), to: service.open(name)).device
    }
    service.setEnabled(false)
    let hasReacted = Atomic(false)
    scene.host.react { entry in
      guard entry.text.hasPrefix("mdm true"),
        !hasReacted.exchange(true, ordering: .relaxed)
      else { return }
      service.setEnabled(false)
    }
    service.setEnabled(true)
    let reacted = hasReacted.load(ordering: .relaxed)
    #expect(reacted)
    #expect(devices.map { service.report(on: $0)?.isMDM } == [false, false])

    let quick = try Configuration { $0.activeWindow = .seconds(60) }
    service.configure(quick)
    #expect(service.configuration == quick)
  }
}
