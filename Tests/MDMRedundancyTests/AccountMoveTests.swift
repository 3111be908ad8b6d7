import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

@Suite("AccountMove")
struct AccountMoveTests {
  private let epoch = OwnershipEpoch(4)
  private let later = OwnershipEpoch(5)

  private func begin() -> (AccountMove<NodeID>, [AccountMove<NodeID>.Effect]) {
    var effects: [AccountMove<NodeID>.Effect] = []
    let move = AccountMove(
      UserMove("a@x.org", from: .first), epoch: self.epoch, at: at(0), into: &effects)
    return (move, effects)
  }

  private func step(
    _ move: inout AccountMove<NodeID>, _ event: AccountMove<NodeID>.Event
  ) -> [AccountMove<NodeID>.Effect] {
    var effects: [AccountMove<NodeID>.Effect] = []
    move.apply(event, into: &effects)
    return effects
  }

  /// A move whose ownership has been asked for.
  private func owning() -> AccountMove<NodeID> {
    var (move, _) = self.begin()
    _ = self.step(&move, .frozen([1, 2]))
    _ = self.step(&move, .stored)
    return move
  }

  @Test("goals 7, 11: freeze, transfer, own, thaw; the clients are redirected, not signed out")
  func moves() {
    var (move, effects) = self.begin()
    #expect(effects == [.freeze(on: .first)])
    #expect(move.worker == nil)
    #expect(self.step(&move, .frozen([1, 2])) == [.transfer(to: .second, [1, 2])])
    #expect(move.nextDeadline == at(5))
    #expect(self.step(&move, .stored) == [.own(.second, ifEpoch: self.epoch)])
    #expect(move.nextDeadline == nil)
    #expect(self.step(&move, .granted(self.later)) == [.thaw(on: .second, self.later)])
    #expect(self.step(&move, .thawed) == [.redirect(to: .second), .forget(on: .first)])
    #expect(move.isOver && move.worker == .second && move.grantedEpoch == self.later)
  }

  @Test("what takes too long is undone, half-open, and costs nothing")
  func undone() {
    var (move, _) = self.begin()
    _ = self.step(&move, .frozen([1]))
    var effects: [AccountMove<NodeID>.Effect] = []
    move.expire(at: at(5).advanced(byNanoseconds: -1), into: &effects)
    #expect(effects == [])
    move.expire(at: at(5), into: &effects)
    #expect(effects == [.forget(on: .second), .restore(on: .first)])
    #expect(self.step(&move, .stored) == [])
    #expect(self.step(&move, .failed) == [.restore(on: .first)])
    #expect(self.step(&move, .restored) == [])
    #expect(move.step == .aborted && move.worker == .first)
  }

  @Test("a failure before ownership was asked for undoes the move")
  func fails() {
    var (freezing, _) = self.begin()
    #expect(
      self.step(&freezing, .failed) == [.forget(on: .second), .restore(on: .first)])
    var (transferring, _) = self.begin()
    _ = self.step(&transferring, .frozen([1]))
    #expect(
      self.step(&transferring, .failed) == [.forget(on: .second), .restore(on: .first)])
  }

  @Test("an unknown outcome is settled by reading who owns")
  func unknown() {
    var granted = self.owning()
    #expect(self.step(&granted, .unknown) == [.readOwner])
    #expect(self.step(&granted, .unknown) == [.readOwner])
    #expect(
      self.step(&granted, .owner(.second, self.later)) == [.thaw(on: .second, self.later)])
    var open = self.owning()
    _ = self.step(&open, .unknown)
    #expect(
      self.step(&open, .owner(.first, self.epoch)) == [.own(.second, ifEpoch: self.epoch)])
    // The first request arrives after all, and the second is refused for it.
    #expect(self.step(&open, .refused) == [.readOwner])
    #expect(self.step(&open, .owner(.second, self.later)) == [.thaw(on: .second, self.later)])
    var late = self.owning()
    _ = self.step(&late, .unknown)
    #expect(self.step(&late, .granted(self.later)) == [.thaw(on: .second, self.later)])
  }

  @Test("a failover meanwhile wins: with a later epoch at the source the move is undone")
  func overtaken() {
    var move = self.owning()
    #expect(self.step(&move, .refused) == [.readOwner])
    #expect(
      self.step(&move, .owner(.first, self.later)) == [.forget(on: .second), .restore(on: .first)])
  }

  @Test("once granted, thawing is tried until it succeeds")
  func thawsAgain() {
    var move = self.owning()
    _ = self.step(&move, .granted(self.later))
    #expect(self.step(&move, .failed) == [.thaw(on: .second, self.later)])
    #expect(self.step(&move, .thawed).count == 2)
    #expect(self.step(&move, .thawed) == [])
  }

  @Test("an unreliable record and repeated reports never give two workers", arguments: 1...300)
  func neverTwoWorkers(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var (move, effects) = self.begin()
    var owner = NodeID.first
    var epoch = self.epoch
    // Requests on their way to the record; one may arrive long after it was thought lost.
    var requests: [OwnershipEpoch] = []
    var works: Set<NodeID> = [.first]
    for _ in 0..<400 where !move.isOver {
      if let expected = requests.first, random.chance(1, in: 2) {
        requests.removeFirst()
        let isGranted = expected == epoch
        if isGranted {
          owner = .second
          epoch = OwnershipEpoch(epoch.rawValue + 1)
        }
        if random.chance(1, in: 2) {
          effects += self.step(&move, isGranted ? .granted(epoch) : .refused)
        }
      }
      guard !effects.isEmpty else {
        effects += self.step(&move, random.pick([.failed, .unknown]))
        continue
      }
      let effect = effects.removeFirst()
      let isLucky = random.chance(2, in: 3)
      switch effect {
      case .freeze(let node):
        works.remove(node)
        effects += self.step(&move, isLucky ? .frozen([1]) : .failed)
      case .transfer: effects += self.step(&move, isLucky ? .stored : .failed)
      case .own(_, let expected):
        requests.append(expected)
        if !isLucky { effects += self.step(&move, .unknown) }
      case .readOwner: effects += self.step(&move, isLucky ? .owner(owner, epoch) : .unknown)
      case .thaw(let node, _):
        if isLucky { works.insert(node) }
        effects += self.step(&move, isLucky ? .thawed : .failed)
      case .restore(let node):
        if isLucky { works.insert(node) }
        effects += self.step(&move, isLucky ? .restored : .failed)
      case .forget(let node): works.remove(node)
      case .redirect: break
      }
      #expect(works.count <= 1)
      if works.contains(.second) { #expect(owner == .second) }
    }
    #expect(move.isOver)
    #expect(move.worker == owner)
  }
}
