import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

@Suite("AccountReplica")
struct AccountReplicaTests {
  private let boot = BootID(1)

  private func entry(
    _ position: UInt64, _ content: StreamContent, epoch: UInt64 = 7, elapsed: Int64 = 0
  ) -> StreamEntry {
    StreamEntry(
      epoch: OwnershipEpoch(epoch), position: StreamPosition(position), elapsed: elapsed,
      content: content)
  }

  private func makeComplete() -> AccountReplica {
    var replica = AccountReplica(boot: self.boot)
    _ = replica.receive(self.entry(1, .begin(for: self.boot)), at: at(0))
    _ = replica.receive(self.entry(2, .snapshot("a@x.org", [1])), at: at(0))
    _ = replica.receive(self.entry(3, .complete), at: at(0))
    return replica
  }

  private func mark(_ isPaired: Bool, epoch: UInt64 = 7) -> StandbyMark {
    StandbyMark(epoch: OwnershipEpoch(epoch), number: 1, isPaired: isPaired)
  }

  @Test("entries are applied once each and in order; a gap changes nothing")
  func order() {
    var replica = AccountReplica(boot: self.boot)
    let command = StreamContent.command("a@x.org", [9])
    #expect(
      replica.receive(self.entry(2, command), at: at(0)) == .gap(expected: StreamPosition(1)))
    #expect(replica.receive(self.entry(1, .begin(for: self.boot)), at: at(10)) == .reset)
    #expect(
      replica.receive(self.entry(2, command, elapsed: 1_000_000_000), at: at(13))
        == .apply(command, at: at(11)))
    #expect(replica.receive(self.entry(2, command), at: at(13)) == .alreadyApplied)
    #expect(
      replica.receive(self.entry(4, command), at: at(13)) == .gap(expected: StreamPosition(3)))
    #expect(replica.position == StreamPosition(2))
  }

  @Test("an entry counts when it happened, never later than it arrived and never backwards")
  func instants() {
    var replica = AccountReplica(boot: self.boot)
    _ = replica.receive(self.entry(1, .begin(for: self.boot)), at: at(10))
    let command = StreamContent.command("a@x.org", [9])
    // The owner's clock runs fast: five seconds there were three here.
    #expect(
      replica.receive(self.entry(2, command, elapsed: 5_000_000_000), at: at(13))
        == .apply(command, at: at(13)))
    #expect(
      replica.receive(self.entry(3, command, elapsed: -1), at: at(14))
        == .apply(command, at: at(13)))
    #expect(
      replica.receive(self.entry(4, command, elapsed: .max), at: at(15))
        == .apply(command, at: at(15)))
  }

  @Test("an older epoch is refused; a newer one begins anew")
  func epochs() {
    var replica = self.makeComplete()
    let command = StreamContent.command("a@x.org", [9])
    #expect(
      replica.receive(self.entry(4, command, epoch: 6), at: at(1))
        == .stale(current: OwnershipEpoch(7)))
    #expect(
      replica.receive(self.entry(4, command, epoch: 8), at: at(1))
        == .gap(expected: StreamPosition(1)))
    #expect(replica.isComplete)
    #expect(
      replica.receive(self.entry(1, .begin(for: self.boot), epoch: 8), at: at(1)) == .reset)
    #expect(!replica.isComplete && replica.epoch == OwnershipEpoch(8))
  }

  @Test("a backup takes over completely only with everything and with the mark of this epoch")
  func standing() {
    let replica = self.makeComplete()
    let standing = { (mark: StandbyMark?, epoch: UInt64) in
      replica.standing(mark: mark, leaseEpoch: OwnershipEpoch(epoch))
    }
    #expect(standing(self.mark(true), 7) == .complete(upTo: StreamPosition(3)))
    #expect(standing(self.mark(false), 7) == .behind(StreamPosition(3)))
    #expect(standing(nil, 7) == .behind(StreamPosition(3)))
    #expect(standing(self.mark(true, epoch: 6), 7) == .behind(StreamPosition(3)))
    #expect(standing(self.mark(true, epoch: 8), 8) == .behind(StreamPosition(3)))
    let empty = AccountReplica(boot: self.boot)
    #expect(empty.standing(mark: self.mark(true), leaseEpoch: OwnershipEpoch(7)) == .partial)
  }

  @Test("after a restart of the backup a stream begun for its former self is a gap")
  func restart() {
    var replica = self.makeComplete()
    replica.lose(boot: BootID(2))
    #expect(replica.standing(mark: self.mark(true), leaseEpoch: OwnershipEpoch(7)) == .partial)
    // The old stream repeated from its beginning must not pass for the whole.
    #expect(
      replica.receive(self.entry(1, .begin(for: self.boot)), at: at(1))
        == .gap(expected: StreamPosition(1)))
    #expect(replica.receive(self.entry(9, .begin(for: BootID(2))), at: at(1)) == .reset)
    #expect(replica.position == StreamPosition(9))
  }

  @Test("after the takeover the old owner's entries are stale")
  func takeOver() {
    var replica = self.makeComplete()
    replica.takeOver(epoch: OwnershipEpoch(8))
    #expect(
      replica.receive(self.entry(4, .command("a@x.org", [9])), at: at(1))
        == .stale(current: OwnershipEpoch(8)))
  }
}
