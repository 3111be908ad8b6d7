import MDM
import MDMTestKit
import Testing

@Suite("Running and shutting down")
struct ServiceRunTests {
  /// Makes a service with a window in seconds for lost connections, and Alice's phone on it.
  private static func makeScene(
    _ edit: (inout ServiceConfiguration.Values) -> Void = { $0.shards = 4 }
  ) throws -> (scene: Scene, phone: DeviceHandle) {
    let scene = try Scene(edit)
    let alice = try scene.service.open("alice")
    return (scene, try scene.service.signIn(SignIn(device: "phone"), to: alice).device)
  }

  @Test("one timer handles the deadlines of all shards as they come")
  func deadlines() async throws {
    let scene = try Scene()
    let names = (0..<9).map { AccountName("user\($0)") }
    async let running: Void = scene.service.run()
    for (number, name) in names.enumerated() {
      let account = try scene.service.open(name)
      let phone = try scene.service.signIn(SignIn(device: "phone"), to: account).device
      scene.service.connectionLost(phone, at: .second(Int64(number)))
    }
    for number in names.indices {
      let deadline = MonotonicInstant.second(60 + Int64(number))
      await scene.clock.waitForSleeper(until: deadline)
      #expect(scene.service.nextDeadline == deadline)
      #expect(scene.texts() == (number == 0 ? [] : ["resumeWindowExpired of user\(number - 1)"]))
      scene.clock.advance(to: deadline)
    }
    scene.service.shutDown()
    try await running
    #expect(scene.texts().first == "resumeWindowExpired of user8")
    #expect(scene.service.nextDeadline == nil)
  }

  @Test("the timer is armed anew only when an earlier deadline appears")
  func rearming() async throws {
    let (scene, phone) = try Self.makeScene()
    let bob = try scene.service.open("bob")
    let tablet = try scene.service.signIn(SignIn(device: "tablet"), to: bob).device
    scene.service.connectionLost(phone, at: .second(10))
    async let running: Void = scene.service.run()
    await scene.clock.waitForSleeper(until: .second(70))
    #expect(scene.clock.sleepCount == 1)
    // Later than what is armed: nobody is woken. Resuming leaves the timer as it is.
    scene.service.connectionLost(tablet, at: .second(20))
    scene.service.resume(tablet, at: .second(21))
    // Earlier: the timer is armed anew.
    let early = try Configuration { $0.resumeWindow = .seconds(5) }
    scene.service.configure(early, at: .second(22))
    scene.service.connectionLost(tablet, at: .second(23))
    await scene.clock.waitForSleeper(until: .second(28))
    #expect(scene.clock.sleepCount == 2)
    scene.clock.advance(to: .second(28))
    await scene.clock.waitForSleeper(until: .second(70))
    #expect(scene.texts() == ["resumeWindowExpired of bob"])
    scene.service.shutDown()
    try await running
  }

  @Test("a host with a loop of its own asks for the deadline and says when it has come")
  func ownLoop() throws {
    let (scene, phone) = try Self.makeScene()
    #expect(scene.service.nextDeadline == nil)
    scene.service.connectionLost(phone, at: .second(1))
    #expect(scene.service.nextDeadline == .second(61))
    scene.service.expire(at: .second(60))
    #expect(scene.texts() == [])
    scene.service.expire(at: .second(61))
    #expect(scene.texts() == ["resumeWindowExpired of alice"])
    #expect(scene.service.nextDeadline == nil)
  }

  @Test("a service runs once")
  func once() async throws {
    let (scene, phone) = try Self.makeScene()
    scene.service.connectionLost(phone)
    async let running: Void = scene.service.run()
    await scene.clock.waitForSleeper(until: .second(60))
    await #expect(throws: ServiceError.alreadyRun) { try await scene.service.run() }
    scene.service.shutDown()
    try await running
    await #expect(throws: ServiceError.alreadyRun) { try await scene.service.run() }
  }

  @Test("shutting down lets nobody in, ends streams after what is queued, and hands over the rest")
  func draining() async throws {
    let (scene, laptop) = try Self.makeScene()
    let service = scene.service
    async let running: Void = service.run()
    try await service.withDevice(SignIn(device: "watch"), of: "alice") { watch in
      let alice = watch.account
      service.receive(.message("queued"), for: alice)
      watch.setMode(.quiet)
      service.setPresence(.available(), of: laptop)
      service.receive(.message("held"), for: alice)
      _ = scene.texts()
      service.shutDown()
      service.shutDown()
      #expect(service.isShuttingDown)
      #expect(scene.texts() == ["undelivered held of alice"])
      #expect(throws: ServiceError.shuttingDown) { try service.open("bob") }
      #expect(throws: ServiceError.shuttingDown) {
        try service.signIn(SignIn(device: "tablet"), to: alice)
      }
      await #expect(throws: ServiceError.shuttingDown) {
        try await service.withDevice(SignIn(device: "tablet"), of: "alice") { _ in }
      }
      // Accounts stay open, with whoever is not in a scope, until everybody has left.
      service.receive(.message("after"), for: alice)
      #expect(scene.texts() == ["archive after received of alice", "after of alice"])
      var texts: [String] = []
      for await event in watch.events { texts.append(event.text) }
      #expect(texts == ["queued", "shut down"])
    }
    try await running
    #expect(scene.texts() == ["accountClosed of alice"])
    #expect(service.counters().gauges == Counters.Gauges())
  }

  @Test("scopes that are not left in time are waited for no longer; what they have is handed over")
  func drainTimeout() async throws {
    let scene = try Scene {
      $0.shards = 2
      $0.drainTimeout = .seconds(5)
    }
    let service = scene.service
    let running = Task { try await service.run() }
    try await service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      service.receive(.message("unread"), for: phone.account)
      service.shutDown()
      await scene.clock.waitForSleeper(until: .second(5))
      _ = scene.texts()
      scene.clock.advance(by: .seconds(5))
      // Only the timeout ends it: this scope is still here.
      try await running.value
      #expect(scene.texts() == ["unread unread of alice"])
      #expect(service.account(named: "alice") == nil)
      #expect(await phone.events.first { _ in true } == nil)
    }
    #expect(scene.texts() == [])
    #expect(service.serviceCounters.gauges.scopes == 0)
  }

  @Test("cancelling its task shuts the service down without waiting")
  func cancelling() async throws {
    let scene = try Scene()
    let service = scene.service
    let running = Task { try await service.run() }
    try await service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      service.receive(.message("unread"), for: phone.account)
      running.cancel()
      try await running.value
      #expect(service.isShuttingDown)
      #expect(scene.texts().last == "unread unread of alice")
    }
    #expect(throws: ServiceError.shuttingDown) { try service.open("bob") }
  }

  @Test("a service that was shut down before it runs returns at once")
  func shutDownFirst() async throws {
    let (scene, _) = try Self.makeScene()
    scene.service.shutDown()
    try await scene.service.run()
    #expect(scene.texts() == ["accountClosed of alice"])
  }

  @Test("without a run loop the host hands over the rest when it sees fit")
  func finishing() throws {
    let (scene, phone) = try Self.makeScene()
    let alice = try #require(scene.service.account(named: "alice"))
    scene.service.connectionLost(phone)
    scene.service.receive(.message("held"), for: alice)
    _ = scene.texts()
    scene.service.finish()
    #expect(scene.texts() == ["undelivered held of alice", "accountClosed of alice"])
    #expect(scene.service.isShuttingDown)
    #expect(scene.service.receive(.message("late"), for: alice) == .ignored(.staleHandle))
    scene.service.finish()
    #expect(scene.texts() == [])
  }

  private struct BrokenClock: Error {}

  @Test("a clock that fails ends the run with its error, and nothing is left behind")
  func brokenClock() async throws {
    let host = RecordingHost()
    let clock = ServiceClock(now: { .origin }, sleep: { _ in throw BrokenClock() })
    let service = MessagingService(clock: clock, host: host)
    let alice = try service.open("alice")
    let phone = try service.signIn(SignIn(device: "phone"), to: alice).device
    service.connectionLost(phone)
    await #expect(throws: BrokenClock.self) { try await service.run() }
    #expect(host.take().map { $0.text } == ["accountClosed of alice"])
  }

  @Test("the standard clock goes on, and its sleeps end")
  func continuousClock() async throws {
    let clock = ServiceClock.continuous
    let start = clock.now()
    try await clock.sleep(start)
    try await clock.sleep(start.advanced(byNanoseconds: 1))
    #expect(clock.now() > start)
    let task = Task { try await clock.sleep(.second(1_000_000)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("a clock that throws an error of its own when it is cancelled does not end the run")
  func ownError() async throws {
    struct OwnError: Error {}
    let manual = ManualClock()
    let clock = ServiceClock(
      now: { manual.now },
      sleep: { deadline in
        do { try await manual.sleep(until: deadline) } catch { throw OwnError() }
      })
    let service = MessagingService(clock: clock, host: RecordingHost())
    let running = Task { try await service.run() }
    let alice = try service.open("alice")
    let phone = try service.signIn(SignIn(device: "phone"), to: alice).device
    service.connectionLost(phone)
    await manual.waitForSleeper(until: .second(60))
    // An earlier deadline takes the sleeper's place.
    service.configure(try Configuration { $0.resumeWindow = .seconds(30) })
    let tablet = try service.signIn(SignIn(device: "tablet"), to: alice).device
    service.connectionLost(tablet)
    await manual.waitForSleeper(until: .second(30))
    #expect(!service.isShuttingDown)
    running.cancel()
    try await running.value
  }
}
