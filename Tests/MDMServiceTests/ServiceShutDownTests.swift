import MDM
import MDMTestKit
import Synchronization
import Testing

@Suite("What shutting down hands over")
struct ServiceShutDownTests {
  @Test("nobody comes in on any shard once the first effect of shutting down is performed")
  func doorsAreShutFirst() async throws {
    for finishes in [false, true] {
      let scene = try Scene { $0.shards = 2 }
      let service = scene.service
      let first = service.name(onShard: 0)
      let last = service.name(onShard: 1)
      let errors = Log<ServiceError>()
      scene.host.react { entry in
        guard entry.text == "undelivered held of \(first)" else { return }
        if finishes { service.finish() }
        do throws(ServiceError) {
          _ = try service.open(last)
        } catch { errors.append(error) }
      }
      try await service.withDevice(SignIn(device: "phone"), of: first) { phone in
        service.connectionLost(phone.handle)
        service.receive(.message("held"), for: phone.account)
        service.shutDown()
      }
      service.finish()
      #expect(errors.all == [.shuttingDown])
      #expect(service.counters().gauges.accounts == 0)
    }
  }

  @Test("B14: a scope returns only when what was held for its device is with the host")
  func scopeWaitsForHeld() async throws {
    for finishes in [false, true] {
      let scene = try Scene { $0.shards = 1 }
      let service = scene.service
      let alice = try service.open("alice")
      let order = Log<String>()
      let (performing, handing) = (Gate(), Gate())
      scene.host.react { entry in
        if entry.text == "archive first received of alice" { performing.pass() }
        guard entry.text == "undelivered held of alice" else { return }
        handing.pass()
        order.append("undelivered")
      }
      let scope = Task {
        try await service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
          service.connectionLost(phone.handle)
          service.receive(.message("held"), for: alice)
          Task { await onThreads(1) { _ in service.receive(.message("first"), for: alice) } }
          while !performing.isWaitedFor { await Task.yield() }
          // What is left is decided here, and performed by the other thread.
          if finishes { service.finish() }
        }
        order.append("returned")
      }
      while service.serviceCounters.gauges.scopes > 0 || !performing.isWaitedFor {
        await Task.yield()
      }
      performing.open()
      while !handing.isWaitedFor { await Task.yield() }
      for _ in 0..<1_000 { await Task.yield() }
      handing.open()
      try await scope.value
      #expect(order.all == ["undelivered", "returned"])
    }
  }

  @Test("the run returns only when all that was left is with the host, whoever performs it")
  func runWaitsForOthers() async throws {
    let scene = try Scene { $0.shards = 3 }
    let service = scene.service
    let name = service.name(onShard: 1)
    let account = try service.open(name)
    let phone = try service.signIn(SignIn(device: "phone"), to: account).device
    let order = Log<String>()
    let (performing, handing) = (Gate(), Gate())
    scene.host.react { entry in
      if entry.text == "archive first received of \(name)" { performing.pass() }
      guard entry.text == "undelivered held of \(name)" else { return }
      handing.pass()
      order.append("undelivered")
    }
    async let other: Void = onThreads(1) { _ in service.receive(.message("first"), for: account) }
    while !performing.isWaitedFor { await Task.yield() }
    service.connectionLost(phone)
    service.receive(.message("held"), for: account)
    service.shutDown()
    async let running: Void = {
      try await service.run()
      order.append("returned")
    }()
    while service.account(named: name) != nil { await Task.yield() }
    performing.open()
    while !handing.isWaitedFor { await Task.yield() }
    for _ in 0..<1_000 { await Task.yield() }
    handing.open()
    await other
    try await running
    #expect(order.all == ["undelivered", "returned"])
    #expect(service.serviceCounters.gauges.waitingEffects == 0)
  }

  @Test("B14: deadlines are handled while scopes are waited for")
  func deadlinesWhileDraining() async throws {
    let scene = try Scene {
      $0.shards = 2
      $0.drainTimeout = .seconds(3_600)
    }
    let service = scene.service
    let bob = try service.open("bob")
    let phone = try service.signIn(SignIn(device: "phone"), to: bob).device
    async let running: Void = service.run()
    try await service.withDevice(SignIn(device: "phone"), of: "alice") { _ in
      service.shutDown()
      await scene.clock.waitForSleeper(until: .second(3_600))
      service.connectionLost(phone)
      service.receive(.message("held"), for: bob)
      await scene.clock.waitForSleeper(until: .second(60))
      scene.clock.advance(to: .second(60))
      await scene.clock.waitForSleeper(until: .second(3_600))
      #expect(
        scene.texts() == [
          "archive held received of bob", "undelivered held of bob", "resumeWindowExpired of bob",
        ])
    }
    try await running
  }
}

extension MessagingService {
  /// A name of an account on this shard.
  func name(onShard shard: Int) -> AccountName {
    var number = 0
    while self.shard(of: AccountName("user\(number)")) != shard { number += 1 }
    return AccountName("user\(number)")
  }
}
