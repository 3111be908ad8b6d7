import MDM
import MDMTestKit
import Synchronization
import Testing

@Suite("Deciding under the lock, acting after it")
struct ServiceOrderTests {
  @Test("the host may call the service, on the same shard and on others")
  func reentrance() throws {
    let scene = try Scene()
    let service = scene.service
    let names = (0..<8).map { AccountName("user\($0)") }
    for name in names {
      try service.signIn(SignIn(device: "phone"), to: try service.open(name))
    }
    scene.host.react { entry in
      // Everybody who gets a message passes it on to the next two, three times over.
      guard case .deliver(let event, let device, let account) = entry,
        let stanza = event.stanza, stanza.id.utf8.count < 4
      else { return }
      #expect(service.report(on: device)?.name == "phone")
      let number = names.firstIndex(of: account) ?? 0
      for step in 1...2 {
        let next = names[(number + step) % names.count]
        service.send(.message(stanza.id + "\(step)", to: next.text), from: device)
      }
    }
    service.receive(.message("0"), for: try #require(service.account(named: names[0])))
    let ids = scene.host.take().compactMap { entry -> String? in
      if case .deliver(let event, _, _) = entry { event.stanza?.id } else { nil }
    }
    #expect(Set(ids).count == 15)
    #expect(ids.count == 15)
    #expect(service.serviceCounters.totals.routed == 14)
  }

  @Test("what is decided while another thread performs is performed by that thread, in order")
  func handingOver() async throws {
    let scene = try Scene { $0.shards = 1 }
    let service = scene.service
    let alice = try service.open("alice")
    try service.signIn(SignIn(device: "phone"), to: alice)
    let (waits, wait) = AsyncStream.makeStream(of: Void.self)
    let gate = Gate()
    scene.host.react { entry in
      guard entry.text == "first of alice" else { return }
      wait.yield()
      gate.pass()
    }
    async let performing: Void = onThreads(1) { _ in
      service.receive(.message("first"), for: alice)
    }
    for await _ in waits { break }
    // The other thread stands in the middle of its effect, so these return at once.
    for number in 0..<3 {
      #expect(service.receive(.message("\(number)"), for: alice) == .done)
    }
    #expect(service.serviceCounters.gauges.waitingEffects == 6)
    gate.open()
    await performing
    #expect(
      scene.texts() == [
        "archive first received of alice", "first of alice", "archive 0 received of alice",
        "0 of alice", "archive 1 received of alice", "1 of alice", "archive 2 received of alice",
        "2 of alice",
      ])
    // One for the opened account, one for the first message, one for all that came meanwhile.
    #expect(service.serviceCounters.totals.batches == 3)
  }

  @Test("a scope is left only when its effects, performed elsewhere, are done")
  func leavingWaits() async throws {
    let scene = try Scene { $0.shards = 1 }
    let service = scene.service
    let alice = try service.open("alice")
    try service.signIn(SignIn(device: "laptop"), to: alice)
    let (waits, wait) = AsyncStream.makeStream(of: Void.self)
    let gate = Gate()
    scene.host.react { entry in
      guard entry.text == "archive first received of alice" else { return }
      wait.yield()
      gate.pass()
    }
    async let performing: Void = {
      for await _ in waits { break }
      // The scope below has been entered and is being left.
      while service.serviceCounters.gauges.scopes > 0 { await Task.yield() }
      #expect(service.serviceCounters.totals.unread == 0)
      gate.open()
    }()
    try await service.withDevice(SignIn(device: "phone"), of: "alice") { phone in
      Task { await onThreads(1) { _ in service.receive(.message("first"), for: alice) } }
      while !gate.isWaitedFor { await Task.yield() }
      _ = phone
    }
    // Performed by the other thread, and with the host by now.
    #expect(scene.host.entries.contains { $0.text == "unread first of alice" })
    await performing
  }
}

/// Holds a thread until it is opened.
final class Gate: Sendable {
  private let isOpen = Atomic(false)
  private let waits = Atomic(false)

  /// Whether a thread waits.
  var isWaitedFor: Bool { self.waits.load(ordering: .acquiring) }

  func open() { self.isOpen.store(true, ordering: .releasing) }

  /// Returns when the gate is open.
  func pass() {
    self.waits.store(true, ordering: .releasing)
    while !self.isOpen.load(ordering: .acquiring) {}
  }
}
