import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

private let boot = BootID(1)
private let epoch = OwnershipEpoch(7)

/// An owner's stream, with a host that answers requests for snapshots.
private struct Owner {
  var stream: AccountStream
  var accounts: [AccountName] = ["a@x.org", "b@x.org", "c@x.org"]

  init(
    policy: StandAlonePolicy = .after(.seconds(5)), entryLimit: Int = 100, inFlight: Int = 64
  ) {
    self.stream = AccountStream(
      epoch: epoch, policy: policy, entryLimit: entryLimit, snapshotsInFlight: inFlight,
      resendInterval: .seconds(1_000))
  }

  /// Runs `step` and answers what it asks for; returns everything else.
  mutating func run(
    at second: Int, _ step: (inout AccountStream, inout [StreamEffect]) -> Void
  ) -> [StreamEffect] {
    var queue: [StreamEffect] = []
    step(&self.stream, &queue)
    var others: [StreamEffect] = []
    while !queue.isEmpty {
      let effect = queue.removeFirst()
      guard case .takeSnapshot(let after) = effect else {
        others.append(effect)
        continue
      }
      var more: [StreamEffect] = []
      let next = self.accounts.first { account in after.map { $0 < account } ?? true }
      if let next {
        self.stream.provide([1], of: next, at: at(second), into: &more)
      } else {
        self.stream.noMoreAccounts(at: at(second), into: &more)
      }
      queue += more
    }
    return others
  }

  mutating func append(
    _ account: AccountName, at second: Int
  ) throws(StreamRefusal) -> (Departure, [StreamEffect]) {
    var effects: [StreamEffect] = []
    let departure = try self.stream.append([9], to: account, at: at(second), into: &effects)
    return (departure, effects)
  }

  mutating func acknowledge(_ position: UInt64) -> [StreamEffect] {
    self.run(at: 0) { $0.acknowledge(StreamPosition(position), epoch: epoch, into: &$1) }
  }

  mutating func answer(_ number: UInt64, _ outcome: MarkOutcome, isPaired: Bool) -> [StreamEffect] {
    let mark = StandbyMark(epoch: epoch, number: number, isPaired: isPaired)
    return self.run(at: 9) { $0.marked(mark, outcome, at: at(9), into: &$1) }
  }

  /// Paired, with entries 1 to 5 acknowledged and mark 1 written.
  static func paired(
    policy: StandAlonePolicy = .after(.seconds(5)), entryLimit: Int = 100
  ) -> Owner {
    var owner = Owner(policy: policy, entryLimit: entryLimit)
    _ = owner.run(at: 0) { $0.pair(with: boot, at: at(0), into: &$1) }
    while owner.stream.backlog > 0 { _ = owner.acknowledge(owner.stream.last.ordinal) }
    _ = owner.answer(1, .written, isPaired: true)
    return owner
  }
}

private func entry(
  _ position: UInt64, _ content: StreamContent, elapsed seconds: Int64 = 0
) -> StreamEntry {
  StreamEntry(
    epoch: epoch, position: StreamPosition(position), elapsed: seconds * 1_000_000_000,
    content: content)
}

private func mark(_ number: UInt64, _ isPaired: Bool) -> StreamEffect {
  .write(StandbyMark(epoch: epoch, number: number, isPaired: isPaired))
}

@Suite("AccountStream")
struct AccountStreamTests {
  @Test("goals 1 to 3: alone nothing waits; paired nothing leaves before the backup has it")
  func pairing() throws {
    var owner = Owner()
    #expect(try owner.append("a@x.org", at: 0) == (.now, []))
    let sent = owner.run(at: 1) { $0.pair(with: boot, at: at(1), into: &$1) }
    #expect(
      sent == [
        .send(entry(1, .begin(for: boot))), .send(entry(2, .snapshot("a@x.org", [1]))),
        .send(entry(3, .snapshot("b@x.org", [1]))), .send(entry(4, .snapshot("c@x.org", [1]))),
        .send(entry(5, .complete)),
      ])
    #expect(owner.stream.mode == .joining)
    // From here on commands wait, although the mark is not written yet.
    let (departure, effects) = try owner.append("b@x.org", at: 3)
    #expect(departure == .after(StreamPosition(6)))
    #expect(effects == [.send(entry(6, .command("b@x.org", [9]), elapsed: 2))])
    #expect(owner.acknowledge(5) == [mark(1, true), .release(upTo: StreamPosition(5))])
    #expect(owner.acknowledge(6) == [.release(upTo: StreamPosition(6))])
    #expect(owner.answer(1, .written, isPaired: true) == [])
    #expect(owner.stream.mode == .paired && owner.stream.backlog == 0)
    #expect(owner.stream.nextDeadline == nil)
  }

  @Test("goal 1: the mark waits until the backup has acknowledged that it has every account")
  func markAfterComplete() {
    var owner = Owner()
    _ = owner.run(at: 0) { $0.pair(with: boot, at: at(0), into: &$1) }
    #expect(owner.stream.mode == .joining && owner.stream.last == StreamPosition(5))
    for position in UInt64(1)...4 {
      let effects = owner.acknowledge(position)
      #expect(
        effects == [.release(upTo: StreamPosition(position))],
        "the backup would pass for complete with \(position) of 5 entries")
    }
    #expect(owner.acknowledge(5).first == mark(1, true))
  }

  @Test("while snapshots are under way only commands of accounts already sent follow")
  func syncing() throws {
    var owner = Owner(inFlight: 2)
    var effects = owner.run(at: 0) { $0.pair(with: boot, at: at(0), into: &$1) }
    #expect(effects.count == 3 && owner.stream.mode == .syncing)
    #expect(try owner.append("c@x.org", at: 0) == (.now, []))
    let (departure, sent) = try owner.append("b@x.org", at: 0)
    #expect(departure == .now && sent == [.send(entry(4, .command("b@x.org", [9])))])
    effects = owner.acknowledge(2)
    #expect(
      effects == [.send(entry(5, .snapshot("c@x.org", [1])))] && owner.stream.mode == .syncing)
    effects = owner.acknowledge(3)
    #expect(effects == [.send(entry(6, .complete))])
  }

  @Test("the backup is given up at the deadline, half-open, and only after the mark is taken back")
  func patience() throws {
    var owner = Owner.paired()
    _ = try owner.append("a@x.org", at: 100)
    _ = try owner.append("a@x.org", at: 103)
    #expect(owner.stream.nextDeadline == at(105))
    let early = owner.run(at: 0) {
      $0.expire(at: at(105).advanced(byNanoseconds: -1), into: &$1)
    }
    #expect(early == [])
    #expect(owner.run(at: 0) { $0.expire(at: at(105), into: &$1) } == [mark(2, false)])
    #expect(owner.stream.mode == .leaving)
    #expect(try owner.append("b@x.org", at: 106).0 == .after(StreamPosition(8)))
    #expect(owner.answer(2, .unknown, isPaired: false) == [mark(2, false)])
    #expect(owner.answer(1, .written, isPaired: true) == [])
    #expect(
      owner.answer(2, .written, isPaired: false) == [
        .release(upTo: StreamPosition(8)), .standsAlone,
      ])
    #expect(owner.stream.mode == .alone)
    #expect(try owner.append("b@x.org", at: 107) == (.now, []))
  }

  @Test("with the policy whenPeerIsLost nothing is released until the group says so")
  func waitsForTheGroup() throws {
    var owner = Owner.paired(policy: .whenPeerIsLost)
    _ = try owner.append("a@x.org", at: 100)
    #expect(owner.stream.nextDeadline == at(1_100))
    let again = StreamEffect.send(entry(6, .command("a@x.org", [9]), elapsed: 100))
    #expect(owner.run(at: 0) { $0.expire(at: at(9_999), into: &$1) } == [again])
    #expect(owner.run(at: 0) { $0.peerLost(at: at(200), into: &$1) } == [mark(2, false)])
  }

  @Test("acknowledgements that come while the mark is taken back still count")
  func lateAcknowledgement() throws {
    var owner = Owner.paired()
    _ = try owner.append("a@x.org", at: 100)
    _ = owner.run(at: 0) { $0.expire(at: at(105), into: &$1) }
    #expect(owner.acknowledge(6) == [.release(upTo: StreamPosition(6))])
    #expect(owner.acknowledge(6) == [])
    #expect(owner.acknowledge(99) == [])
    let foreign = owner.run(at: 0) {
      $0.acknowledge(StreamPosition(6), epoch: OwnershipEpoch(6), into: &$1)
    }
    #expect(foreign == [])
  }

  @Test("a refused mark fences: nothing is released any more")
  func fenced() throws {
    var owner = Owner.paired()
    _ = try owner.append("a@x.org", at: 100)
    _ = owner.run(at: 0) { $0.expire(at: at(105), into: &$1) }
    #expect(owner.answer(2, .refused, isPaired: false) == [])
    #expect(owner.stream.mode == .fenced && owner.stream.nextDeadline == nil)
    #expect(throws: StreamRefusal.fenced) { try owner.append("a@x.org", at: 106) }
    #expect(owner.acknowledge(6) == [])
    #expect(owner.run(at: 0) { $0.pair(with: boot, at: at(107), into: &$1) } == [])
  }

  @Test("a full backlog refuses commands while the backup counts, and ends the catching up else")
  func limits() throws {
    var owner = Owner.paired(entryLimit: 2)
    _ = try owner.append("a@x.org", at: 1)
    _ = try owner.append("a@x.org", at: 1)
    #expect(throws: StreamRefusal.backlogFull) { try owner.append("a@x.org", at: 1) }
    _ = owner.acknowledge(6)
    #expect(try owner.append("a@x.org", at: 2).0 == .after(StreamPosition(8)))
    // Catching up goes by what the line takes.
    var slow = Owner(entryLimit: 2)
    #expect(slow.run(at: 0) { $0.pair(with: boot, at: at(0), into: &$1) }.count == 2)
    #expect(slow.acknowledge(1) == [.send(entry(3, .snapshot("b@x.org", [1])))])
    var syncing = Owner(entryLimit: 2, inFlight: 1)
    _ = syncing.run(at: 0) { $0.pair(with: boot, at: at(0), into: &$1) }
    let (departure, effects) = try syncing.append("a@x.org", at: 0)
    #expect(departure == .now)
    #expect(effects == [.release(upTo: StreamPosition(2)), .standsAlone])
    #expect(syncing.stream.mode == .alone)
  }

  @Test("what is not acknowledged is sent again every so often, and no more than that")
  func sendsAgain() {
    var owner = Owner()
    _ = owner.run(at: 0) { $0.pair(with: boot, at: at(0), into: &$1) }
    _ = owner.acknowledge(4)
    // The last entry was lost, and no other follows that would show the gap.
    #expect(owner.stream.nextDeadline == at(5))
    var whenLost = Owner(policy: .whenPeerIsLost)
    _ = whenLost.run(at: 0) { $0.pair(with: boot, at: at(0), into: &$1) }
    _ = whenLost.acknowledge(4)
    #expect(whenLost.stream.nextDeadline == at(1_000))
    let early = at(1_000).advanced(byNanoseconds: -1)
    #expect(whenLost.run(at: 0) { $0.expire(at: early, into: &$1) } == [])
    #expect(
      whenLost.run(at: 0) { $0.expire(at: at(1_000), into: &$1) } == [.send(entry(5, .complete))])
    #expect(whenLost.stream.nextDeadline == at(2_000))
    _ = whenLost.acknowledge(5)
    #expect(whenLost.stream.nextDeadline == nil)
  }

  @Test("a gap is filled from what is still there")
  func resends() throws {
    var owner = Owner.paired()
    for second in 1...3 { _ = try owner.append("a@x.org", at: second) }
    let again = owner.run(at: 4) {
      $0.resend(from: StreamPosition(7), to: boot, at: at(4), into: &$1)
    }
    #expect(again.count == 2)
    #expect(again.last == .send(entry(8, .command("a@x.org", [9]), elapsed: 1)))
    let filled = owner.run(at: 4) {
      $0.resend(from: StreamPosition(9), to: boot, at: at(4), into: &$1)
    }
    #expect(filled == [] && owner.stream.mode == .paired)
  }

  @Test("a backup that has lost everything is sent everything, after the mark is taken back")
  func backupRestarts() throws {
    var owner = Owner.paired()
    let other = BootID(2)
    let asked = owner.run(at: 4) {
      $0.resend(from: StreamPosition(1), to: other, at: at(4), into: &$1)
    }
    #expect(asked == [mark(2, false)])
    _ = try owner.append("a@x.org", at: 5)
    let effects = owner.answer(2, .written, isPaired: false)
    #expect(
      effects.prefix(3) == [
        .release(upTo: StreamPosition(6)), .standsAlone,
        .send(entry(7, .begin(for: other), elapsed: 4)),
      ])
    #expect(owner.stream.mode == .joining)
  }

  @Test("an account that has gone is told like a command")
  func removes() throws {
    var owner = Owner.paired()
    var effects: [StreamEffect] = []
    let departure = try owner.stream.remove("b@x.org", at: at(0), into: &effects)
    #expect(departure == .after(StreamPosition(6)))
    #expect(effects == [.send(entry(6, .removed("b@x.org")))])
  }
}
