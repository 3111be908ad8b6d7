import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

/// A client with its generator, driven step by step.
private struct Client {
  var connection = DualConnection()
  var random = SeededGenerator(seed: 5)

  mutating func step(_ event: DualConnection.Event, at second: Int) -> [DualConnection.Effect] {
    var effects: [DualConnection.Effect] = []
    self.connection.apply(event, at: at(second), using: &self.random, into: &effects)
    return effects
  }

  mutating func expire(at instant: MonotonicInstant?) -> [DualConnection.Effect] {
    var effects: [DualConnection.Effect] = []
    if let instant { self.connection.expire(at: instant, into: &effects) }
    return effects
  }

  /// Runs to the deadline.
  mutating func expire() -> [DualConnection.Effect] {
    self.expire(at: self.connection.nextDeadline)
  }

  /// A client with both connections, active at `node`.
  static func ready(on node: NodeID = .first) -> Client {
    var client = Client()
    _ = client.step(.signedIn(on: node, offered), at: 0)
    _ = client.expire()
    _ = client.step(.standbyOpened, at: 600)
    return client
  }
}

private let offered = DualConnectionOffer(server: .init(), client: .init())
private let notOffered = DualConnectionOffer(
  server: .init(), client: .init(dualConnections: false))
private let noHighAvailability = DualConnectionOffer(
  server: .init(highAvailability: false), client: .init())

@Suite("DualConnection")
struct DualConnectionTests {
  private func wait(of client: Client, since second: Int) -> Int64 {
    (client.connection.nextDeadline ?? .distantPast).nanoseconds(since: at(second))
      / 1_000_000_000
  }

  @Test("R-189, R-190: active at the primary, then inactive at the backup after a drawn wait")
  func opensStandby() {
    var client = Client()
    #expect(client.step(.signedIn(on: .first, offered), at: 10) == [])
    #expect(client.connection.phase == .waiting && client.connection.isServed)
    #expect((120...537).contains(self.wait(of: client, since: 10)))
    let deadline = client.connection.nextDeadline
    let early = deadline?.advanced(byNanoseconds: -1)
    #expect(client.expire(at: early) == [])
    #expect(client.expire() == [.openStandby(on: .second)])
    #expect(client.expire(at: deadline) == [])
    #expect(client.step(.standbyOpened, at: 600) == [])
    #expect(client.connection.phase == .ready)
    #expect(client.connection.standbyNode == .second)
    #expect(client.connection.nextDeadline == nil)
  }

  @Test("R-191: told of the takeover, the client activates at once")
  func activatesAtOnce() {
    var client = Client.ready()
    #expect(client.step(.activeLost, at: 1_000) == [])
    #expect(client.connection.phase == .undecided && !client.connection.isServed)
    #expect(client.step(.takenOver, at: 1_001) == [.activate(on: .second)])
    #expect(client.step(.takenOver, at: 1_001) == [])
    #expect(client.step(.activated, at: 1_002) == [])
    #expect(client.connection.activeNode == .second)
    // The lost node gets a new inactive connection after another wait.
    #expect(client.connection.phase == .waiting)
    #expect((120...537).contains(self.wait(of: client, since: 1_002)))
    #expect(client.expire() == [.openStandby(on: .first)])
  }

  @Test("R-188: without word it activates when the activation wait is over, half-open at 120 s")
  func activatesAfterWait() {
    var client = Client.ready()
    _ = client.step(.activeLost, at: 1_000)
    #expect(client.connection.nextDeadline == at(1_120))
    #expect(client.expire(at: at(1_120).advanced(byNanoseconds: -1)) == [])
    #expect(client.expire(at: at(1_120)) == [.activate(on: .second)])
  }

  @Test("the node that comes back within the activation wait goes on")
  func resumes() {
    var client = Client.ready()
    _ = client.step(.activeLost, at: 1_000)
    #expect(client.step(.activeResumed, at: 1_050) == [])
    #expect(client.connection.phase == .ready && client.connection.nextDeadline == nil)
  }

  @Test("a critical service fails: told while still connected, the client changes over")
  func takenOverWhileConnected() {
    var client = Client.ready()
    #expect(client.step(.takenOver, at: 1_000) == [.activate(on: .second)])
    #expect(client.step(.activeLost, at: 1_001) == [])
    #expect(client.step(.activated, at: 1_002) == [])
    #expect(client.connection.phase == .waiting)
  }

  @Test("goal 17: at a planned change the two connections change places without a login")
  func changesPlaces() {
    var client = Client.ready(on: .second)
    #expect(client.step(.takenOver, at: 1_000) == [.activate(on: .first)])
    #expect(client.step(.demoted, at: 1_000) == [])
    #expect(client.step(.activated, at: 1_001) == [])
    #expect(client.connection.phase == .ready)
    #expect(client.connection.activeNode == .first && client.connection.standbyNode == .second)
    // Told in the other order it comes to the same.
    #expect(client.step(.demoted, at: 2_000) == [])
    #expect(client.connection.phase == .undecided)
    #expect(client.step(.takenOver, at: 2_001) == [.activate(on: .second)])
    #expect(client.step(.activated, at: 2_001) == [])
    #expect(client.connection.phase == .ready && client.connection.activeNode == .second)
  }

  @Test("B32: without an inactive connection the client waits its draw and signs in at the peer")
  func returns() {
    var client = Client()
    _ = client.step(.signedIn(on: .first, notOffered), at: 0)
    #expect(client.connection.phase == .single)
    #expect(client.step(.activeLost, at: 100) == [])
    #expect((120...537).contains(self.wait(of: client, since: 100)))
    #expect(client.expire() == [.signIn(on: .second)])
    #expect(client.step(.signInFailed, at: 700) == [])
    #expect(client.expire() == [.signIn(on: .first)])
    #expect(client.step(.signedIn(on: .first, notOffered), at: 1_500) == [])
    #expect(client.connection.phase == .single)
  }

  @Test("R-102, R-195: without high availability it comes back to the node it lost")
  func returnsHome() {
    var client = Client()
    _ = client.step(.signedIn(on: .second, noHighAvailability), at: 0)
    _ = client.step(.activeLost, at: 100)
    #expect(client.expire() == [.signIn(on: .second)])
    _ = client.step(.signInFailed, at: 700)
    #expect(client.expire() == [.signIn(on: .second)])
  }

  @Test("a short break is over when the connection is resumed, whatever wait had begun")
  func resumesWhileReturning() {
    var client = Client()
    _ = client.step(.signedIn(on: .first, notOffered), at: 0)
    _ = client.step(.activeLost, at: 100)
    #expect(client.step(.activeResumed, at: 103) == [])
    #expect(client.connection.phase == .single && client.connection.activeNode == .first)
  }

  @Test("a lost inactive connection is opened again after a new wait")
  func reopensStandby() {
    var client = Client.ready()
    #expect(client.step(.standbyLost, at: 1_000) == [])
    #expect((120...537).contains(self.wait(of: client, since: 1_000)))
    #expect(client.expire() == [.openStandby(on: .second)])
    #expect(client.step(.standbyLost, at: 1_600) == [])
    #expect(client.connection.phase == .waiting)
  }

  @Test("a refused activation leads back to the node that was lost, by a login")
  func refusedActivation() {
    var client = Client.ready()
    _ = client.step(.activeLost, at: 1_000)
    _ = client.expire()
    #expect(client.step(.activationRefused, at: 1_200) == [.closeStandby(on: .second)])
    #expect(client.expire() == [.signIn(on: .first)])
  }

  @Test("R-194, R-195: the offer withdrawn, the inactive connection goes; made again, it comes")
  func offerChanges() {
    var client = Client.ready()
    #expect(
      client.step(.offerChanged(noHighAvailability), at: 1_000) == [.closeStandby(on: .second)])
    #expect(client.connection.phase == .single)
    #expect(client.step(.offerChanged(offered), at: 1_100) == [])
    #expect(client.connection.phase == .waiting)
    #expect(client.step(.offerChanged(offered), at: 1_101) == [])
    #expect(client.expire() == [.openStandby(on: .second)])
    #expect(client.step(.signedOut, at: 2_000) == [.closeStandby(on: .second)])
    #expect(client.step(.standbyOpened, at: 2_001) == [.closeStandby(on: .second)])
    #expect(client.connection.phase == .signedOut && client.connection.nextDeadline == nil)
  }

  @Test("lost in the middle of opening the other one, the client gives both up and returns")
  func lostWhileOpening() {
    var client = Client()
    _ = client.step(.signedIn(on: .first, offered), at: 0)
    _ = client.expire()
    #expect(client.step(.activeLost, at: 600) == [.closeStandby(on: .second)])
    #expect(client.step(.standbyOpened, at: 601) == [.closeStandby(on: .second)])
    #expect(client.expire() == [.signIn(on: .second)])
  }

  @Test("whatever happens in whatever order, no client is stranded", arguments: 1...40)
  func neverStranded(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var client = Client()
    let events: [DualConnection.Event] = [
      .signedIn(on: .first, offered), .signedIn(on: .second, offered),
      .signedIn(on: .first, notOffered), .signInFailed, .offerChanged(offered),
      .offerChanged(noHighAvailability), .standbyOpened, .standbyLost, .activeLost,
      .activeResumed, .demoted, .takenOver, .activated, .activationRefused, .signedOut,
    ]
    for second in 0..<2_000 {
      let before = client.connection
      let effects =
        random.chance(1, in: 4)
        ? client.expire() : client.step(random.pick(events), at: second * 30)
      let connection = client.connection
      switch connection.phase {
      case .waiting, .undecided, .returning: #expect(connection.nextDeadline != nil)
      // Each of these is entered with a request to which the host brings an answer.
      case .opening, .activating, .signingIn:
        #expect(before.phase == connection.phase || effects.count >= 1)
        #expect(connection.nextDeadline == nil)
      case .signedOut, .single, .ready: #expect(connection.nextDeadline == nil)
      }
    }
  }

  @Test("B32: 10,000 clients of one lost node come back evenly, each by its own draw")
  func spreading() {
    var random = SeededGenerator(seed: 11)
    var perMinute = [Int](repeating: 0, count: 9)
    for _ in 0..<10_000 {
      var connection = DualConnection()
      var effects: [DualConnection.Effect] = []
      connection.apply(.signedIn(on: .first, notOffered), at: at(0), using: &random, into: &effects)
      connection.apply(.activeLost, at: at(0), using: &random, into: &effects)
      let wait = connection.nextDeadline?.nanoseconds(since: at(0)) ?? 0
      perMinute[Int(wait / 60_000_000_000)] += 1
    }
    #expect(perMinute[0] == 0 && perMinute[1] == 0)
    // A minute of the 417 s has about 1,439 of them, the last 57 s about 1,367.
    #expect(perMinute[2...].allSatisfy { $0 > 1_250 && $0 < 1_560 }, "\(perMinute)")
  }
}
