import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

/// An owner, a backup, a lossy line between them and a keeper of the mark, from one seed.
///
/// Accounts are lists of numbers: command n of an account appends n. The check: whenever the backup
/// would take over as complete, every number that has left the node is in its list, in order and
/// once.
private struct Handover {
  var random: SeededGenerator
  var now = 0
  let accounts: [AccountName] = (0..<6).map { AccountName("account\($0)@x.org") }
  var stream = AccountStream(
    epoch: OwnershipEpoch(1), policy: .after(.seconds(20)), entryLimit: 24, snapshotsInFlight: 2)
  var replica = AccountReplica(boot: BootID(1))

  var owned: [AccountName: [UInt8]] = [:]
  var copied: [AccountName: [UInt8]] = [:]
  /// What has left the node: of each account so many numbers.
  var left: [AccountName: Int] = [:]
  var waiting: [(position: StreamPosition, account: AccountName, count: Int)] = []

  var mark: StandbyMark?
  var pendingMarks: [StandbyMark] = []
  var line: [StreamEntry] = []
  var answers: [StreamReceiptNote] = []
  var completions = 0
  var checks = 0

  enum StreamReceiptNote {
    case acknowledged(StreamPosition)
    case gap(StreamPosition, BootID)
  }

  init(seed: Int) { self.random = SeededGenerator(seed: UInt64(seed)) }

  mutating func perform(_ effects: [StreamEffect]) {
    var queue = effects
    while !queue.isEmpty {
      var more: [StreamEffect] = []
      switch queue.removeFirst() {
      case .send(let entry):
        // One in sixteen is lost, one in sixteen comes twice.
        if !self.random.chance(1, in: 16) { self.line.append(entry) }
        if self.random.chance(1, in: 16) { self.line.append(entry) }
      case .takeSnapshot(let after):
        let next = self.accounts.first { account in after.map { $0 < account } ?? true }
        if let next {
          self.stream.provide(self.owned[next] ?? [], of: next, at: at(self.now), into: &more)
        } else {
          self.stream.noMoreAccounts(at: at(self.now), into: &more)
        }
      case .release(let position):
        for item in self.waiting where item.position <= position {
          self.left[item.account] = max(self.left[item.account] ?? 0, item.count)
        }
        self.waiting.removeAll { $0.position <= position }
      case .write(let mark): self.pendingMarks.append(mark)
      case .standsAlone: break
      }
      queue += more
    }
  }

  mutating func run(_ step: (inout AccountStream, inout [StreamEffect]) -> Void) {
    var effects: [StreamEffect] = []
    step(&self.stream, &effects)
    self.perform(effects)
  }

  mutating func command() {
    let account = self.random.pick(self.accounts)
    let count = self.owned[account]?.count ?? 0
    var effects: [StreamEffect] = []
    let number = UInt8(truncatingIfNeeded: count)
    guard
      let departure = try? self.stream.append(
        [number], to: account, at: at(self.now), into: &effects)
    else { return }
    self.owned[account, default: []].append(number)
    switch departure {
    case .now: self.left[account] = count + 1
    case .after(let position): self.waiting.append((position, account, count + 1))
    }
    self.perform(effects)
  }

  /// One entry arrives, now and then not the oldest.
  mutating func deliver() {
    guard !self.line.isEmpty else { return }
    let index = self.random.chance(1, in: 6) ? self.random.below(self.line.count) : 0
    let entry = self.line.remove(at: index)
    switch self.replica.receive(entry, at: at(self.now)) {
    case .reset: self.copied = [:]
    case .apply(.snapshot(let account, let bytes), _): self.copied[account] = bytes
    case .apply(.command(let account, let bytes), _): self.copied[account, default: []] += bytes
    case .apply: self.completions += self.replica.isComplete ? 1 : 0
    case .gap(let expected):
      self.answers.append(.gap(expected, self.replica.boot))
      return
    case .alreadyApplied, .stale: break
    }
    self.answers.append(.acknowledged(self.replica.position))
  }

  mutating func answer() {
    guard !self.answers.isEmpty else { return }
    let note = self.answers.remove(at: self.random.chance(1, in: 6) ? self.answers.count - 1 : 0)
    if self.random.chance(1, in: 8) { return }
    switch note {
    case .acknowledged(let position):
      self.run { $0.acknowledge(position, epoch: OwnershipEpoch(1), into: &$1) }
    case .gap(let expected, let boot):
      let now = at(self.now)
      self.run { $0.resend(from: expected, to: boot, at: now, into: &$1) }
    }
  }

  /// The keeper takes a mark, or the answer is lost before or after.
  mutating func keep() {
    guard !self.pendingMarks.isEmpty else { return }
    let mark = self.pendingMarks.removeFirst()
    let reaches = self.random.chance(3, in: 4)
    if reaches, mark.number > self.mark?.number ?? 0 { self.mark = mark }
    let isHeard = reaches && self.random.chance(3, in: 4)
    let now = at(self.now)
    self.run { $0.marked(mark, isHeard ? .written : .unknown, at: now, into: &$1) }
  }

  mutating func step() {
    self.now += self.random.chance(1, in: 8) ? 1 : 0
    let now = at(self.now)
    switch self.random.below(100) {
    case ..<12: self.command()
    case ..<47: self.deliver()
    case ..<82: self.answer()
    case ..<92: self.keep()
    case ..<96:
      let boot = self.replica.boot
      self.run { $0.pair(with: boot, at: now, into: &$1) }
    case 96 where self.random.chance(1, in: 2): self.run { $0.peerLost(at: now, into: &$1) }
    case 97 where self.random.chance(1, in: 4):
      self.replica.lose(boot: BootID(self.replica.boot.rawValue + 1))
      self.copied = [:]
    default: self.run { $0.expire(at: now, into: &$1) }
    }
  }

  /// Everything that has left is there, if the backup would pass for complete at this moment.
  mutating func lost() -> [AccountName] {
    let standing = self.replica.standing(mark: self.mark, leaseEpoch: OwnershipEpoch(1))
    guard case .complete = standing else { return [] }
    self.checks += 1
    return self.accounts.filter { account in
      let copy = self.copied[account] ?? []
      let original = self.owned[account] ?? []
      return copy.count < self.left[account] ?? 0 || !original.starts(with: copy)
    }
  }
}

@Suite("Handing over to the backup")
struct HandoverSimulationTests {
  @Test("goals 1 to 3: whoever takes over as complete has all that was acknowledged, once")
  func nothingIsLost() {
    var completions = 0
    var checks = 0
    for seed in 1...300 {
      var handover = Handover(seed: seed)
      for step in 0..<1_000 {
        handover.step()
        let lost = handover.lost()
        if !lost.isEmpty {
          Issue.record("seed \(seed), step \(step): \(lost)")
          return
        }
      }
      completions += handover.completions
      checks += handover.checks
    }
    // The check is alive: backups did become complete, and were looked at often.
    #expect(completions > 300, "\(completions)")
    #expect(checks > 10_000, "\(checks)")
  }

  @Test("once faults end, the pair becomes complete and the backlog empties", arguments: 1...50)
  func converges(seed: Int) {
    var handover = Handover(seed: seed)
    for _ in 0..<300 { handover.step() }
    handover.line = []
    handover.answers = []
    for _ in 0..<2_000 where handover.stream.mode != .paired || handover.stream.backlog > 0 {
      handover.now += 1
      let now = at(handover.now)
      let boot = handover.replica.boot
      handover.run { $0.expire(at: now, into: &$1) }
      handover.run { $0.pair(with: boot, at: now, into: &$1) }
      while !handover.line.isEmpty { handover.deliver() }
      while !handover.answers.isEmpty { handover.answer() }
      handover.keep()
    }
    #expect(handover.stream.mode == .paired)
    #expect(handover.lost() == [])
    #expect(handover.checks == 1)
    #expect(handover.waiting.isEmpty)
  }
}
