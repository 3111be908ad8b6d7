import MDM
import MDMTestKit
import Synchronization
import Testing

/// Threads, readers that come and go, a clock that jumps: every accepted message ends in exactly
/// one place, and every place keeps the order of each sender.
///
/// Each account has one device name, so that a message to it has one place to end in: read by the
/// device, unread in its stream, held and given up, or without a device at all.
@Suite("Races")
struct ServiceRaceTests {
  private static let accounts = 6
  private static let threads = 4
  private static let messages = 1_500

  /// Where a message has ended.
  private enum Place: String, CaseIterable {
    case read
    case unread
    case undelivered
    case unroutable
    case foreign
  }

  private struct Arrival: Sendable {
    let place: Place
    let account: AccountName
    let id: String
  }

  private static func name(_ number: Int) -> AccountName { AccountName("user\(number)") }

  /// A device that is signed in again and again and reads a little each time, until nobody is let
  /// in any more.
  private static func live(
    _ number: Int, seed: UInt64, on service: MessagingService, _ arrivals: Log<Arrival>
  ) async throws {
    var random = SeededGenerator(seed: seed)
    let name = Self.name(number)
    var archived = ArchivePosition.start
    while !service.isShuttingDown {
      let patience = random.below(60)
      let takesBatches = random.chance(1, in: 2)
      let isPatient = random.chance(1, in: 3)
      do {
        try await service.withDevice(SignIn(device: "phone"), of: name, archived: archived) {
          phone in
          if random.chance(1, in: 3) { phone.setMode(.quiet) }
          var count = 0
          var batch: [DeviceEvent] = []
          while count < patience || isPatient && !service.isShuttingDown {
            var events: [DeviceEvent] = []
            if takesBatches {
              guard await phone.nextBatch(into: &batch) else { break }
              events = batch
            } else {
              var iterator = phone.events.makeAsyncIterator()
              guard let event = await iterator.next() else { break }
              events = [event]
            }
            for event in events {
              count += 1
              guard let stanza = event.stanza else { continue }
              arrivals.append(Arrival(place: .read, account: name, id: stanza.id))
            }
            if count % 7 == 0 { phone.noteRequest() }
          }
          archived = service.lastPosition(of: phone.account) ?? archived
        }
      } catch ServiceError.shuttingDown {
        return
      }
    }
  }

  /// What one thread does: messages from elsewhere, messages of its own device to the others, and
  /// now and then a jump of the clock. Returns how many messages were accepted.
  private static func write(
    _ thread: Int, seed: UInt64, on service: MessagingService, _ clock: ManualClock
  ) throws -> Int {
    var random = SeededGenerator(seed: seed)
    let own = AccountName("thread\(thread)")
    let account = try service.open(own)
    let device = try service.signIn(SignIn(device: "desk"), to: account).device
    var accepted = 0
    for message in 0..<Self.messages {
      let receiver = Self.name(random.below(Self.accounts))
      // Its own device and the outside are two senders: each has an order, the two together none.
      let isSent = random.chance(1, in: 2)
      let id = "\(thread)/\(isSent ? 1 : 0)/\(message)"
      if isSent {
        let stanza = Stanza.message(id, to: receiver.text)
        #expect(service.send(stanza, from: device) == .done)
        accepted += 1
      } else if let account = service.account(named: receiver) {
        let stanza = Stanza.message(id, from: ConversationID("out\(thread)"))
        if service.receive(stanza, for: account) == .done { accepted += 1 }
      }
      if random.chance(1, in: 200) { clock.advance(by: .seconds(random.number(in: 1...70))) }
    }
    return accepted
  }

  private static func arrivals(in entry: RecordingHost.Entry) -> [Arrival] {
    switch entry {
    case .archive, .deliver, .push: []
    case .route(let routing, _, .notOpen(let account)):
      [Arrival(place: .foreign, account: account, id: routing.stanza.id)]
    case .route(let routing, let account, _):
      // No other reason is expected; the account tells which one it was.
      [Arrival(place: .foreign, account: account, id: routing.stanza.id)]
    case .undelivered(let item, let account):
      [Arrival(place: .undelivered, account: account, id: item.stanza.id)]
    case .unroutable(let item, let account):
      [Arrival(place: .unroutable, account: account, id: item.stanza.id)]
    case .unread(let events, _, let account):
      events.compactMap { event in
        event.stanza.map { Arrival(place: .unread, account: account, id: $0.id) }
      }
    }
  }

  @Test(
    "every accepted message ends in one place, in its sender's order", arguments: 0..<6,
    [IdleAccountPolicy.close, .keep])
  func conservation(seed: Int, policy: IdleAccountPolicy) async throws {
    let scene = try Scene {
      $0.shards = 3
      $0.eventLimit = 4
      $0.idleAccounts = policy
    }
    let service = scene.service
    let arrivals = Log<Arrival>()
    scene.host.react { entry in
      for arrival in Self.arrivals(in: entry) { arrivals.append(arrival) }
    }
    let accepted = Atomic(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await service.run() }
      for number in 0..<Self.accounts {
        group.addTask {
          try await Self.live(number, seed: UInt64(seed * 100 + number), on: service, arrivals)
        }
      }
      await onThreads(Self.threads) { thread in
        do {
          let count = try Self.write(
            thread, seed: UInt64(seed * 100 + 50 + thread), on: service, scene.clock)
          accepted.add(count, ordering: .relaxed)
        } catch { Issue.record(error) }
      }
      service.shutDown()
      try await group.waitForAll()
    }
    Self.check(arrivals.all, accepted: accepted.load(ordering: .relaxed))
    let counters = service.serviceCounters
    #expect(counters.gauges == ServiceCounters.Gauges())
    #expect(counters.totals.streamsPaused > 0)
    #expect(service.counters().gauges == Counters.Gauges())
  }

  private static func check(_ arrivals: [Arrival], accepted: Int) {
    #expect(arrivals.count == accepted)
    #expect(Set(arrivals.map { $0.id }).count == arrivals.count)
    #expect(arrivals.contains { $0.place == .read })
    var latest: [String: Int] = [:]
    for arrival in arrivals {
      let parts = arrival.id.split(separator: "/").compactMap { Int($0) }
      let key = "\(arrival.place.rawValue) \(arrival.account) \(parts[0])/\(parts[1])"
      guard latest[key, default: -1] < parts[2] else {
        Issue.record("\(key)/\(parts[2]) comes after \(latest[key, default: -1])")
        return
      }
      latest[key] = parts[2]
    }
  }

  @Test("the effects of a shard are performed one at a time, in the order of the archive")
  func oneAtATime() async throws {
    let scene = try Scene { $0.shards = 2 }
    let service = scene.service
    let accounts = try (0..<8).map { try service.open(Self.name($0)) }
    for account in accounts { try service.signIn(SignIn(device: "phone"), to: account) }
    let busy = (0..<2).map { _ in Busy() }
    scene.host.react { entry in
      guard case .deliver(_, let device, _) = entry else { return }
      busy[Int(device.engineNumber)].use()
    }
    await onThreads(4) { thread in
      var random = SeededGenerator(seed: UInt64(thread))
      for number in 0..<2_000 {
        service.receive(.message("\(thread)/\(number)"), for: random.pick(accounts))
      }
    }
    #expect(busy.allSatisfy { $0.collisions == 0 })
    var latest: [AccountName: ArchivePosition] = [:]
    var count = 0
    for case .deliver(.delivery(let delivery), _, let account) in scene.host.entries {
      let position = delivery.position ?? .start
      #expect(latest[account, default: .start] < position)
      latest[account] = position
      count += 1
    }
    #expect(count == 8_000)
    #expect(service.serviceCounters.totals.performed == 16_000)
  }

  /// Notices two threads at once.
  private final class Busy: Sendable {
    private let inside = Atomic(0)
    private let met = Atomic(0)

    var collisions: Int { self.met.load(ordering: .relaxed) }

    func use() {
      if self.inside.add(1, ordering: .acquiringAndReleasing).newValue > 1 {
        self.met.add(1, ordering: .relaxed)
      }
      self.inside.subtract(1, ordering: .acquiringAndReleasing)
    }
  }
}
