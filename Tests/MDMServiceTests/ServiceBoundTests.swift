import MDM
import MDMTestKit
import Testing

@Suite("The bound of a stream")
struct ServiceBoundTests {
  private static func texts(_ device: MessagingDevice, _ count: Int) async -> [String] {
    var texts: [String] = []
    for await event in device.events {
      texts.append(event.text)
      if texts.count == count { break }
    }
    return texts
  }

  private static func makeScene(_ limit: Int = 3) throws -> Scene {
    try Scene {
      $0.shards = 2
      $0.eventLimit = limit
    }
  }

  @Test("at the bound the stream is paused, what follows is held, and all of it comes in order")
  func pausing() async throws {
    let scene = try Self.makeScene()
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      for number in 0..<7 { scene.service.receive(.message("\(number)"), for: phone.account) }
      #expect(phone.isPaused)
      #expect(scene.service.report(on: phone.handle)?.phase == .detached)
      #expect(scene.service.report(on: phone.handle)?.heldStanzas == 4)
      #expect(await Self.texts(phone, 2) == ["0", "1"])
      #expect(phone.isPaused)
      // The flush itself is longer than the bound, so the stream is paused once more.
      #expect(await Self.texts(phone, 6) == ["2", "flush 4", "3", "4", "5", "6"])
      #expect(!phone.isPaused)
      scene.service.receive(.message("7"), for: phone.account)
      #expect(await Self.texts(phone, 1) == ["7"])
    }
    let totals = scene.service.serviceCounters.totals
    #expect(totals.streamsPaused == 2)
    #expect(totals.streamsResumed == 2)
    #expect(totals.longestStream == 5)
    #expect(totals.unread == 0)
    #expect(scene.host.entries.allSatisfy { $0.text.hasPrefix("archive") })
  }

  @Test("a batch lets a paused stream go on as well, in the mode that it had")
  func modes() async throws {
    for mode in [SessionMode.normal, .quiet, .silent] {
      let scene = try Self.makeScene()
      try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
        for number in 0..<3 { scene.service.receive(.message("\(number)"), for: phone.account) }
        #expect(phone.isPaused)
        #expect(phone.setMode(.quiet) == .ignored(.notConnected))
        #expect(phone.send(.message("m", to: "bob")) == .ignored(.notConnected))
        var batch: [DeviceEvent] = []
        #expect(await phone.nextBatch(into: &batch))
        #expect(batch.map { $0.text } == ["0", "1", "2"])
        #expect(scene.service.report(on: phone.handle)?.phase == .connected)

        #expect(phone.setMode(mode) == (mode == .normal ? .ignored(.alreadySo) : .done))
        for number in 3..<7 { scene.service.receive(.message("\(number)"), for: phone.account) }
        #expect(phone.isPaused)
        #expect(await phone.nextBatch(into: &batch))
        #expect(batch.map { $0.text } == ["3", "4", "5"])
        #expect(scene.service.report(on: phone.handle)?.mode == mode)
        #expect(await phone.nextBatch(into: &batch))
        #expect(batch.map { $0.text } == ["flush 1", "6"])
      }
    }
  }

  @Test("B18: a paused stream does not go on in a mode that giving MDM up has ended meanwhile")
  func modeMeanwhile() async throws {
    for isForAll in [false, true] {
      let scene = try Self.makeScene()
      let service = scene.service
      try await service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
        phone.setMode(.quiet)
        for number in 0..<3 {
          service.receive(.message("\(number)"), for: phone.account)
          phone.noteRequest()
        }
        #expect(phone.isPaused)
        for isWanted in [false, true] {
          if isForAll { service.setEnabled(isWanted) } else { phone.requestMDM(isWanted) }
        }
        let mode = service.report(on: phone.handle)?.requestedMode
        #expect(mode == .normal)
        var batch: [DeviceEvent] = []
        #expect(await phone.nextBatch(into: &batch))
        #expect(service.report(on: phone.handle)?.phase == .connected)
        #expect(service.report(on: phone.handle)?.requestedMode == mode)
      }
    }
  }

  @Test("B14: a device that does not catch up within the window is ended, and the host told")
  func windowPasses() async throws {
    let scene = try Self.makeScene()
    let rest = try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      for number in 0..<5 { scene.service.receive(.message("\(number)"), for: phone.account) }
      scene.clock.advance(to: .second(60))
      scene.service.expire()
      #expect(!phone.isPaused)
      return await Self.texts(phone, 10)
    }
    #expect(rest == ["0", "1", "2", "resumeWindowExpired"])
    #expect(scene.texts().suffix(2) == ["undelivered 3 of alice", "undelivered 4 of alice"])
    #expect(scene.service.serviceCounters.totals.streamsResumed == 0)
  }

  @Test("B14: the window of a paused device begins when it is paused, however slow the host was")
  func windowIsWhole() async throws {
    let scene = try Self.makeScene(1)
    scene.host.react { entry in
      if case .archive = entry { scene.clock.advance(by: .seconds(61)) }
    }
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      scene.service.receive(.message("0"), for: phone.account)
      #expect(phone.isPaused)
      #expect(scene.service.nextDeadline == .second(121))
      scene.service.expire()
      #expect(scene.service.report(on: phone.handle)?.phase == .detached)
    }
  }

  @Test("B10: a paused device is not reached, so that others do not count on it")
  func othersAreTold() async throws {
    let scene = try Self.makeScene(1)
    let alice = try scene.service.open("alice")
    let laptop = try scene.service.signIn(SignIn(device: "laptop"), to: alice).device
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      scene.service.setMode(.quiet, of: laptop)
      phone.setPresence(.available())
      scene.service.receive(.message("held"), for: alice)
      #expect(phone.isPaused)
      _ = scene.texts()
      scene.service.receive(.message("live"), for: alice)
      #expect(
        scene.texts() == [
          "archive live received of alice", "flush 1 of alice", "held of alice", "live of alice",
        ])
      #expect(await Self.texts(phone, 3) == ["held", "flush 1", "live"])
    }
  }

  @Test("a device that is resumed behind the service's back is paused again")
  func resumedByHand() async throws {
    let scene = try Self.makeScene()
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      for number in 0..<5 { scene.service.receive(.message("\(number)"), for: phone.account) }
      #expect(scene.service.resume(phone.handle) == .done)
      #expect(phone.isPaused)
      #expect(scene.service.report(on: phone.handle)?.phase == .detached)
      scene.service.receive(.message("5"), for: phone.account)
      #expect(
        await Self.texts(phone, 8) == ["0", "1", "2", "flush 2", "3", "4", "flush 1", "5"])
    }
    #expect(scene.service.serviceCounters.totals.streamsPaused == 2)
  }

  @Test("a connection that the host itself reports lost is the host's to resume")
  func detachedByHand() async throws {
    let scene = try Self.makeScene()
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      scene.service.receive(.message("0"), for: phone.account)
      scene.service.connectionLost(phone.handle)
      scene.service.receive(.message("1"), for: phone.account)
      #expect(!phone.isPaused)
      #expect(await Self.texts(phone, 1) == ["0"])
      #expect(scene.service.report(on: phone.handle)?.phase == .detached)
      #expect(scene.service.resume(phone.handle) == .done)
      #expect(await Self.texts(phone, 2) == ["flush 1", "1"])
    }
    #expect(scene.service.serviceCounters.totals.streamsPaused == 0)
  }

  @Test("a shard with as many effects waiting as may refuses stanzas, and counts it")
  func effectLimit() throws {
    let scene = try Scene {
      $0.shards = 1
      $0.effectLimit = 4
    }
    let alice = try scene.service.open("alice")
    let phone = try scene.service.signIn(SignIn(device: "phone"), to: alice).device
    var outcomes: [Outcome] = []
    let service = scene.service
    let seen = Log<Outcome>()
    scene.host.react { entry in
      // While this one is performed, nobody performs what is decided meanwhile.
      guard entry.text == "first of alice" else { return }
      for number in 0..<4 {
        seen.append(service.receive(.message("\(number)"), for: alice))
      }
      seen.append(service.send(.message("m", to: "bob"), from: phone))
      #expect(service.serviceCounters.gauges.waitingEffects == 4)
    }
    service.receive(.message("first"), for: alice)
    outcomes = seen.all
    let full = Outcome.refused(.effectBacklog(4))
    #expect(outcomes == [.done, .done, full, full, full])
    #expect(service.serviceCounters.totals.refusedForBacklog == 3)
    #expect(service.serviceCounters.totals.largestBatch == 4)
    #expect(service.receive(.message("again"), for: alice) == .done)
  }
}
