import MDM
import Testing

/// Each public verb is its command: the same outcome, the same effects, the same state.
struct VerbTests {
  /// Two engines that have seen the same; one is told by verbs, the other by commands.
  private struct Twins: ~Copyable {
    var told: MessagingEngine
    var commanded: MessagingEngine
    let alice: AccountHandle
    let laptop: DeviceHandle
    let phone: DeviceHandle
    var second: Int64 = 20

    init(_ edit: (inout Configuration.Values) -> Void = { _ in }) throws {
      let configuration = try Configuration(edit)
      let told = try Self.engine(configuration)
      let commanded = try Self.engine(configuration)
      let alice = try SnapshotTests.unwrap(told.account(named: "alice"))
      let laptop = try SnapshotTests.unwrap(told.device(named: "laptop", of: alice))
      let phone = try SnapshotTests.unwrap(told.device(named: "phone", of: alice))
      (self.alice, self.laptop, self.phone) = (alice, laptop, phone)
      self.told = told
      self.commanded = commanded
    }

    private static func engine(_ configuration: Configuration) throws -> MessagingEngine {
      var engine = MessagingEngine(configuration: configuration)
      var effects = Effects()
      let alice = try engine.open("alice", at: .origin, into: &effects)
      for name: DeviceName in ["laptop", "phone"] {
        try engine.signIn(SignIn(device: name), to: alice, at: .origin, into: &effects)
      }
      return engine
    }

    mutating func expectSame(
      _ command: Command, sourceLocation: SourceLocation = #_sourceLocation,
      _ verb: (inout MessagingEngine, MonotonicInstant, inout Effects) throws -> Outcome
    ) rethrows {
      self.second += 1
      let now = SnapshotTests.instant(self.second)
      var (left, right) = (Effects(), Effects())
      let spoken = try verb(&self.told, now, &left)
      let applied = self.commanded.apply(command, at: now, into: &right)
      #expect(spoken == applied, sourceLocation: sourceLocation)
      #expect(left == right, sourceLocation: sourceLocation)
      SnapshotTests.expectEqual(
        self.told.snapshot(), self.commanded.snapshot(), sourceLocation: sourceLocation)
    }
  }

  @Test("what devices do")
  func devices() throws {
    var twins = try Twins()
    let (alice, laptop, phone) = (twins.alice, twins.laptop, twins.phone)
    let available = DevicePresence.available(.available, priority: 0)
    twins.expectSame(.presence(laptop, available)) {
      $0.setPresence(available, of: laptop, at: $1, into: &$2)
    }
    twins.expectSame(.setMode(phone, .quiet)) {
      $0.setMode(.quiet, of: phone, at: $1, into: &$2)
    }
    let message = Stanza(.chat, conversation: "bob", id: "m1")
    twins.expectSame(.receive(alice, message, to: .account)) {
      $0.receive(message, for: alice, at: $1, into: &$2)
    }
    twins.expectSame(.read(laptop, "bob", upTo: 1)) {
      $0.read("bob", upTo: 1, on: laptop, at: $1, into: &$2)
    }
    // The marker and the message wait for the phone; its request fetches them (R-037, B6).
    twins.expectSame(.requested(phone)) { engine, now, effects in
      let outcome = engine.noteRequest(from: phone, at: now, into: &effects)
      let reasons = effects.compactMap { effect in
        if case .flush(let flush) = effect { flush.reason } else { nil }
      }
      #expect(reasons == [.request])
      return outcome
    }
    twins.expectSame(.requestMDM(phone, false)) {
      $0.requestMDM(false, by: phone, at: $1, into: &$2)
    }
    let sent = Stanza(.chat, conversation: "bob", id: "s1")
    twins.expectSame(.send(phone, sent, toSelf: nil)) {
      $0.send(sent, from: phone, at: $1, into: &$2)
    }
    twins.expectSame(.connectionLost(phone)) { $0.connectionLost(phone, at: $1, into: &$2) }
    twins.expectSame(.resume(phone)) { $0.resume(phone, at: $1, into: &$2) }
    twins.expectSame(.signOut(phone)) { $0.signOut(phone, at: $1, into: &$2) }
    twins.expectSame(.requested(phone)) { $0.noteRequest(from: phone, at: $1, into: &$2) }
    twins.expectSame(.close(alice)) { $0.close(alice, at: $1, into: &$2) }
  }

  @Test("what the archive and the host say")
  func host() throws {
    var twins = try Twins { $0.archiveFailure = .refuse }
    let alice = twins.alice
    for id in ["m1", "m2"] {
      let message = Stanza(.chat, conversation: "bob", id: id)
      twins.expectSame(.receive(alice, message, to: .account)) {
        $0.receive(message, for: alice, at: $1, into: &$2)
      }
    }
    twins.expectSame(.archived(alice, 1)) { $0.noteArchived(1, of: alice, at: $1, into: &$2) }
    twins.expectSame(.archiveFailed(alice, 2)) { engine, now, effects in
      let outcome = engine.noteArchiveFailed(2, of: alice, at: now, into: &effects)
      let bounced = effects.contains { effect in
        if case .unroutable(let unroutable) = effect {
          unroutable.disposition == .bounce && unroutable.stanza.id == "m2"
        } else {
          false
        }
      }
      #expect(bounced)
      return outcome
    }
    twins.expectSame(.setEnabled(false)) { $0.setEnabled(false, at: $1, into: &$2) }
    let staging = try Configuration { $0.enablement = .onRestart }
    twins.expectSame(.configure(staging)) { $0.configure(staging, at: $1, into: &$2) }
    twins.expectSame(.restart) { $0.restart(at: $1, into: &$2) }
    twins.expectSame(.restart) { $0.restart(at: $1, into: &$2) }
  }
}
