import MDM
import MDMTestKit
import Testing

@Suite("Devices in scopes")
struct ServiceScopeTests {
  /// Reads events until this many stanzas and ends have come.
  private static func read(_ count: Int, from device: MessagingDevice) async -> [String] {
    var texts: [String] = []
    for await event in device.events {
      texts.append(event.text)
      if texts.count == count { break }
    }
    return texts
  }

  @Test("a scope signs the device in and out, opens the account and closes it")
  func lifetime() async throws {
    let scene = try Scene()
    let texts = try await scene.service.withDevice(
      SignIn(device: "phone"), of: "alice", archived: 41
    ) { phone in
      let alice = try #require(scene.service.account(named: "alice"))
      #expect(phone.account == alice)
      #expect(phone.accountName == "alice")
      #expect(phone.name == "phone")
      #expect(phone.refusal == nil)
      #expect(scene.service.report(on: phone.handle)?.name == "phone")
      #expect(scene.service.serviceCounters.gauges.scopes == 1)
      scene.service.receive(.message("one"), for: alice)
      scene.service.receive(.message("two"), for: alice)
      #expect(scene.service.lastPosition(of: alice) == 43)
      return await Self.read(2, from: phone)
    }
    #expect(texts == ["one", "two"])
    #expect(scene.service.account(named: "alice") == nil)
    #expect(scene.service.counters().gauges == Counters.Gauges())
    #expect(scene.service.serviceCounters.gauges.scopes == 0)
    #expect(scene.service.serviceCounters.totals.scopesEntered == 1)
    #expect(scene.texts() == ["archive one received of alice", "archive two received of alice"])
  }

  @Test("an account stays open for who opened it, for other devices, or where the host says so")
  func idleAccounts() async throws {
    let scene = try Scene()
    let bob = try scene.service.open("bob")
    try await scene.service.withDevice(SignIn(device: "phone"), of: "bob") { _ in }
    #expect(scene.service.account(named: "bob") == bob)

    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      try scene.service.signIn(SignIn(device: "laptop"), to: phone.account)
    }
    #expect(scene.service.account(named: "alice") != nil)

    try await scene.service.withDevice(SignIn(device: "phone"), of: "carol") { phone in
      try await scene.service.withDevice(SignIn(device: "laptop"), of: "carol") { laptop in
        #expect(laptop.account == phone.account)
      }
      #expect(scene.service.account(named: "carol") == phone.account)
    }
    #expect(scene.service.account(named: "carol") == nil)

    let keeping = try Scene { $0.idleAccounts = .keep }
    try await keeping.service.withDevice(SignIn(device: "phone"), of: "alice") { _ in }
    #expect(keeping.service.account(named: "alice") != nil)
  }

  private struct Trouble: Error {}

  @Test("however a scope is left, the device is signed out and what is unread goes to the host")
  func leaving() async throws {
    let scene = try Scene()
    let alice = try scene.service.open("alice")
    await #expect(throws: Trouble.self) {
      try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
        scene.service.receive(.message("read"), for: alice)
        scene.service.receive(.message("one"), for: alice)
        scene.service.receive(.message("two"), for: alice)
        #expect(await Self.read(1, from: phone) == ["read"])
        throw Trouble()
      }
    }
    #expect(scene.texts().suffix(1) == ["unread one, two of alice"])
    #expect(scene.service.devices(of: alice) == [])
    #expect(scene.service.serviceCounters.totals.unread == 2)
    #expect(scene.service.serviceCounters.totals.streamed == 3)

    // What it has not read comes before what was held for it: it is older.
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      try scene.service.signIn(SignIn(device: "laptop"), to: alice)
      scene.service.receive(.message("live"), for: alice)
      phone.setMode(.quiet)
      scene.service.receive(.message("held"), for: alice)
    }
    #expect(scene.texts().suffix(2) == ["unread live of alice", "undelivered held of alice"])
  }

  @Test("a cancelled reader gets what is there, waits for nothing, and loses nothing")
  func cancellation() async throws {
    let scene = try Scene()
    let alice = try scene.service.open("alice")
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
        start.yield()
        let ended = await phone.events.contains { _ in false }
        #expect(!ended)
        scene.service.receive(.message("late"), for: alice)
        var batch: [DeviceEvent] = []
        // It is there, so it is handed over; there is no waiting for more.
        #expect(await phone.nextBatch(into: &batch))
        #expect(batch.map { $0.text } == ["late"])
        scene.service.receive(.message("later"), for: alice)
        return await phone.events.first { _ in true }?.text
      }
    }
    for await _ in started { break }
    task.cancel()
    #expect(try await task.value == "later")
    #expect(scene.service.devices(of: alice) == [])
  }

  @Test("B14: the same device again ends the earlier scope's stream")
  func replaced() async throws {
    let scene = try Scene()
    let texts = try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { old in
      scene.service.receive(.message("one"), for: old.account)
      try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { new in
        scene.service.receive(.message("two"), for: new.account)
        #expect(await Self.read(1, from: new) == ["two"])
        #expect(old.setMode(.quiet) == .ignored(.staleHandle))
        #expect(new.setMode(.quiet) == .done)
      }
      var texts: [String] = []
      for await event in old.events { texts.append(event.text) }
      return texts
    }
    #expect(texts == ["one", "replaced"])
  }

  @Test("a scope that cannot be entered leaves nothing behind")
  func refused() async throws {
    let scene = try Scene(engine: try Configuration { $0.deviceLimit = 1 })
    let nameless = SignIn(device: "")
    await #expect(throws: ServiceError.refused(.emptyName)) {
      try await scene.service.withDevice(nameless, of: "alice") { _ in }
    }
    #expect(scene.service.account(named: "alice") == nil)
    await #expect(throws: ServiceError.refused(.emptyName)) {
      try await scene.service.withDevice(SignIn(device: "phone"), of: "") { _ in }
    }
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      await #expect(throws: ServiceError.refused(.deviceLimit(1))) {
        try await scene.service.withDevice(SignIn(device: "laptop"), of: "alice") { _ in }
      }
      #expect(scene.service.devices(of: phone.account) == [phone.handle])
    }
    #expect(scene.service.counters().gauges == Counters.Gauges())
  }

  @Test("every kind of event comes through the stream, markers of the sign-in first")
  func events() async throws {
    let scene = try Scene()
    let alice = try scene.service.open("alice")
    let laptop = try scene.service.signIn(SignIn(device: "laptop"), to: alice).device
    scene.service.receive(.message("old"), for: alice)
    scene.service.read("dora@example.net", upTo: 1, on: laptop)
    let texts = try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      scene.service.receive(.message("one"), for: alice)
      phone.setMode(.quiet)
      scene.service.setPresence(.available(), of: laptop)
      scene.service.receive(.message("two"), for: alice)
      phone.noteRequest()
      scene.service.receive(.message("urgent", flags: .urgent), for: alice)
      scene.service.read("dora@example.net", upTo: 4, on: laptop)
      phone.setMode(.normal)
      scene.service.setEnabled(false)
      scene.service.close(alice)
      var texts: [String] = []
      for await event in phone.events { texts.append(event.text) }
      return texts
    }
    #expect(
      texts == [
        "marker 1", "one", "flush 1", "two", "urgent", "flush 1", "retract 4", "marker 4",
        "mdm false", "accountClosed",
      ])
  }

  @Test("verbs of a device that has been left are stale, and its stream is over")
  func escaped() async throws {
    let scene = try Scene()
    let phone = try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { $0 }
    #expect(phone.send(.message("m", to: "bob")) == .ignored(.staleHandle))
    #expect(phone.read("bob", upTo: 1) == .ignored(.staleHandle))
    #expect(phone.setPresence(.unavailable) == .ignored(.staleHandle))
    #expect(phone.requestMDM(false) == .ignored(.staleHandle))
    #expect(phone.noteRequest() == .ignored(.staleHandle))
    #expect(await Self.read(1, from: phone) == [])
    var batch: [DeviceEvent] = []
    #expect(await phone.nextBatch(into: &batch) == false)
  }

  @Test("two devices in scopes talk to each other")
  func conversation() async throws {
    let scene = try Scene()
    let service = scene.service
    try await service.withDevice(SignIn(device: "phone"), of: "alice") { alice in
      try await service.withDevice(SignIn(device: "phone"), of: "bob") { bob in
        #expect(alice.send(.message("ping", to: "bob")) == .done)
        #expect(await Self.read(1, from: bob) == ["ping"])
        #expect(bob.send(.message("pong", to: "alice/phone")) == .done)
        #expect(await Self.read(1, from: alice) == ["pong"])
      }
    }
    #expect(service.serviceCounters.totals.routed == 2)
  }

  @Test("batches come whole, and one memory is used in turn with another")
  func batches() async throws {
    let scene = try Scene()
    try await scene.service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      var batch: [DeviceEvent] = []
      var texts: [[String]] = []
      for round in 0..<4 {
        for number in 0...round {
          scene.service.receive(.message("\(round)-\(number)"), for: phone.account)
        }
        // One taken singly does not disturb the order of the rest.
        if round == 3 { #expect(await Self.read(1, from: phone) == ["3-0"]) }
        #expect(await phone.nextBatch(into: &batch))
        texts.append(batch.map { $0.text })
      }
      #expect(
        texts == [
          ["0-0"], ["1-0", "1-1"], ["2-0", "2-1", "2-2"], ["3-1", "3-2", "3-3"],
        ])
    }
  }
}

extension Stanza {
  fileprivate static func message(_ id: String, flags: StanzaFlags) -> Stanza {
    Stanza(.chat, conversation: "dora@example.net", flags: flags, id: id)
  }
}
