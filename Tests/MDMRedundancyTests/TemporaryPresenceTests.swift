import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

@Suite("TemporaryPresence")
struct TemporaryPresenceTests {
  private let id = TemporarySubscriptionID(
    target: "bob@x.org", watcher: ClientID("alice@x.org", "laptop"))
  private let epoch = OwnershipEpoch(3)

  private func id(_ number: Int) -> TemporarySubscriptionID {
    TemporarySubscriptionID(
      target: AccountName("bob\(number)@x.org"), watcher: ClientID("alice@x.org", "laptop"))
  }

  private func version(_ number: UInt64, epoch: UInt64 = 3) -> TemporaryPresenceVersion {
    TemporaryPresenceVersion(epoch: OwnershipEpoch(epoch), number: number)
  }

  private func record(
    _ number: UInt64, epoch: UInt64 = 3, _ remaining: Duration?
  ) -> TemporaryPresenceRecord {
    TemporaryPresenceRecord(
      id: self.id, version: self.version(number, epoch: epoch), remaining: remaining)
  }

  @Test("B33: a subscription is confirmed once the peer has it, and lasts 68 minutes")
  func lifetime() {
    var presence = TemporaryPresence()
    var effects: [TemporaryPresenceEffect] = []
    presence.subscribe(self.id, epoch: self.epoch, at: at(0), into: &effects)
    #expect(effects == [.replicate(self.record(1, .seconds(4_080)))])
    effects = []
    presence.replicated(self.id, self.version(1), into: &effects)
    presence.replicated(self.id, self.version(1), into: &effects)
    #expect(effects == [.confirm(self.id, self.version(1))])
    #expect(presence.watchers(of: "bob@x.org") == [self.id.watcher])
    #expect(presence.nextDeadline == at(4_080))
    effects = []
    presence.expire(
      epoch: self.epoch, at: at(4_080).advanced(byNanoseconds: -1), into: &effects)
    #expect(effects == [])
    presence.expire(epoch: self.epoch, at: at(4_080), into: &effects)
    #expect(effects == [.tellExpired(self.id), .replicate(self.record(2, nil))])
    #expect(presence.count == 0 && presence.nextDeadline == nil)
  }

  @Test("R-210, goal 5: a second search in the same instant is answered like the first")
  func noWaitBetweenSearches() {
    var presence = TemporaryPresence(isAlone: true)
    var effects: [TemporaryPresenceEffect] = []
    presence.subscribe(self.id, epoch: self.epoch, at: at(0), into: &effects)
    presence.subscribe(self.id, epoch: self.epoch, at: at(0), into: &effects)
    #expect(
      effects.filter { $0 != .replicate(self.record(1, .seconds(4_080))) } == [
        .confirm(self.id, self.version(1)), .replicate(self.record(2, .seconds(4_080))),
        .confirm(self.id, self.version(2)),
      ])
    #expect(presence.count == 1)
    presence.unsubscribe(self.id, epoch: self.epoch, into: &effects)
    presence.subscribe(self.id, epoch: self.epoch, at: at(1), into: &effects)
    #expect(effects.last == .confirm(self.id, self.version(4)))
  }

  @Test("a renewal before its confirmation is confirmed by its own version only")
  func renewal() {
    var presence = TemporaryPresence()
    var effects: [TemporaryPresenceEffect] = []
    presence.subscribe(self.id, epoch: self.epoch, at: at(0), into: &effects)
    presence.subscribe(self.id, epoch: self.epoch, at: at(60), into: &effects)
    #expect(presence.nextDeadline == at(4_140))
    effects = []
    presence.replicated(self.id, self.version(1), into: &effects)
    #expect(effects == [])
    presence.replicated(self.id, self.version(2), into: &effects)
    #expect(effects == [.confirm(self.id, self.version(2))])
  }

  @Test("R-208, goal 4: after a takeover the subscription goes on with the time it had left")
  func survivesTakeover() {
    var copy = TemporaryPresence()
    copy.take(self.record(1, .seconds(4_080)), at: at(100))
    var effects: [TemporaryPresenceEffect] = []
    copy.takeOver(epoch: OwnershipEpoch(4), at: at(1_000), into: &effects)
    #expect(effects == [])
    #expect(copy.version(of: self.id) == self.version(1))
    #expect(copy.nextDeadline == at(4_180))
    copy.expire(epoch: OwnershipEpoch(4), at: at(4_180), into: &effects)
    #expect(effects.first == .tellExpired(self.id))
    #expect(effects.last == .replicate(self.record(1, epoch: 4, nil)))
  }

  @Test("goal 4: what cannot go on is told at once; so is what ended while nobody served")
  func toldAtTakeover() {
    var copy = TemporaryPresence()
    copy.take(self.record(1, .seconds(10)), at: at(0))
    let other = TemporaryPresenceRecord(
      id: self.id(1), version: self.version(2), remaining: .seconds(4_080))
    let third = TemporaryPresenceRecord(
      id: self.id(2), version: self.version(3), remaining: .seconds(4_080))
    copy.take(other, at: at(0))
    copy.take(third, at: at(0))
    var effects: [TemporaryPresenceEffect] = []
    copy.takeOver(
      epoch: OwnershipEpoch(4), at: at(10), keeping: { $0 != other.id }, into: &effects)
    let told = effects.filter { if case .tellExpired = $0 { true } else { false } }
    #expect(told == [.tellExpired(self.id), .tellExpired(other.id)])
    #expect(copy.count == 1)
  }

  @Test("goal 4: a watcher that comes over with a belief is set right at once")
  func reconciles() {
    var copy = TemporaryPresence()
    copy.take(self.record(5, .seconds(60)), at: at(0))
    var effects: [TemporaryPresenceEffect] = []
    copy.reconcile(
      self.id.watcher, believes: ["bob@x.org", "carol@x.org"], into: &effects)
    let unknown = TemporarySubscriptionID(target: "carol@x.org", watcher: self.id.watcher)
    #expect(effects == [.confirm(self.id, self.version(5)), .tellExpired(unknown)])
  }

  @Test("the later version counts, in whatever order and however often records arrive")
  func orderOfRecords() {
    let records = [
      self.record(1, .seconds(4_080)), self.record(2, .seconds(4_080)), self.record(3, nil),
      self.record(1, epoch: 4, .seconds(60)),
    ]
    var random = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      var copy = TemporaryPresence()
      var rest = records + records
      while !rest.isEmpty { copy.take(rest.remove(at: random.below(rest.count)), at: at(0)) }
      #expect(copy.version(of: self.id) == self.version(1, epoch: 4))
      #expect(copy.nextDeadline == at(60))
    }
    var copy = TemporaryPresence()
    for record in [records[2], records[1], records[0]] { copy.take(record, at: at(0)) }
    #expect(copy.count == 0)
  }

  @Test("alone, the node confirms by itself; with the peer back, it gets every record")
  func aloneAndPaired() {
    var presence = TemporaryPresence()
    var effects: [TemporaryPresenceEffect] = []
    presence.subscribe(self.id, epoch: self.epoch, at: at(0), into: &effects)
    effects = []
    presence.standAlone(into: &effects)
    presence.standAlone(into: &effects)
    #expect(effects == [.confirm(self.id, self.version(1))])
    effects = []
    presence.pair(at: at(80), into: &effects)
    #expect(effects == [.replicate(self.record(1, .seconds(4_000)))])
    #expect(!presence.isAlone)
  }

  @Test("beyond the limit the one that would end first makes room, and its watcher is told")
  func limit() {
    var presence = TemporaryPresence(subscriptionLimit: 2, isAlone: true)
    var effects: [TemporaryPresenceEffect] = []
    for number in 1...2 {
      presence.subscribe(
        self.id(number), epoch: self.epoch, at: at(10 - number), into: &effects)
    }
    effects = []
    presence.subscribe(self.id(3), epoch: self.epoch, at: at(20), into: &effects)
    #expect(effects.first == .tellExpired(self.id(2)))
    #expect(presence.count == 2 && presence.version(of: self.id(2)) == nil)
    #expect(presence.nextDeadline == at(4_089))
  }
}
