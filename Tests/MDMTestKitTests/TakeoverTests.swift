import MDM
import MDMRedundancy
import Testing

/// An owner and its backup with real engines and clocks of their own, and the stream between them.
private final class OwnerAndBackup {
  static let alice: AccountName = "alice@example.org"
  static let epoch = OwnershipEpoch(4)

  /// What is done at the owner, and by way of the stream at the backup.
  enum Step: UInt8 {
    case receive
    case quietPhone
    case phoneLost
    case laptopReads
    case laptopAvailable
    case laptopLost
    case laptopResumes
    case phoneResumes
  }

  var owner: MessagingEngine
  var backup: MessagingEngine
  var stream = AccountStream(epoch: epoch)
  var replica = AccountReplica(boot: BootID(7))
  var mark: StandbyMark?
  /// Seconds since both machines were started, on the owner's clock and on the backup's.
  var seconds: Int64 = 10
  let backupIsAhead: Int64 = 895
  var messages: UInt8 = 0
  private var pending: [StreamEffect] = []

  init() throws {
    self.owner = MessagingEngine(startingAt: MonotonicInstant(nanoseconds: 0))
    self.backup = MessagingEngine(startingAt: MonotonicInstant(nanoseconds: 0))
    var effects = Effects()
    let account = try self.owner.open(Self.alice, at: self.now, into: &effects)
    for (name, kind) in [("laptop", DeviceKind.desktop), ("phone", .iPhone)] {
      try self.owner.signIn(
        SignIn(
          device: DeviceName(name), kind: kind, pushEnabled: name == "phone",
          presence: .available(.available)),
        to: account, at: self.now, into: &effects)
    }
  }

  var now: MonotonicInstant { MonotonicInstant(nanoseconds: self.seconds * 1_000_000_000) }
  var backupNow: MonotonicInstant {
    MonotonicInstant(nanoseconds: (self.seconds + self.backupIsAhead) * 1_000_000_000)
  }

  /// Until the backup has everything and the mark says so.
  func pair() {
    self.stream.pair(with: BootID(7), at: self.now, into: &self.pending)
    self.settle()
    precondition(self.stream.mode == .paired)
  }

  /// Carries out what the stream asks for, until it asks for nothing more.
  private func settle() {
    while !self.pending.isEmpty {
      switch self.pending.removeFirst() {
      case .send(let entry): self.arrive(entry)
      case .takeSnapshot(let after):
        let bytes = self.owner.account(named: Self.alice).flatMap { self.owner.snapshot(of: $0) }
        if after == nil, let bytes {
          self.stream.provide(bytes, of: Self.alice, at: self.now, into: &self.pending)
        } else {
          self.stream.noMoreAccounts(at: self.now, into: &self.pending)
        }
      case .write(let mark):
        self.mark = mark
        self.stream.marked(mark, .written, at: self.now, into: &self.pending)
      case .release, .standsAlone: break
      }
    }
  }

  private func arrive(_ entry: StreamEntry) {
    var effects = Effects()
    switch self.replica.receive(entry, at: self.backupNow) {
    case .apply(.snapshot(_, let bytes), let instant):
      self.backup.apply(.restore(bytes), at: instant, into: &effects)
    case .apply(.command(_, let bytes), let instant):
      if let step = Step(rawValue: bytes[0]),
        let command = Self.command(step, bytes[1], self.backup)
      {
        self.backup.apply(command, at: instant, into: &effects)
      }
    case .reset, .apply, .alreadyApplied, .gap, .stale: break
    }
    self.stream.acknowledge(self.replica.position, epoch: self.replica.epoch, into: &self.pending)
  }

  static func command(
    _ step: Step, _ number: UInt8, _ engine: borrowing MessagingEngine
  ) -> Command? {
    guard let account = engine.account(named: Self.alice),
      let laptop = engine.device(named: "laptop", of: account),
      let phone = engine.device(named: "phone", of: account)
    else { return nil }
    return switch step {
    case .receive:
      .receive(
        account,
        Stanza(.chat, conversation: "bob@example.org", id: "m\(number)", payload: [number]),
        to: .account)
    case .quietPhone: .setMode(phone, .quiet)
    case .phoneLost: .connectionLost(phone)
    case .laptopReads: .read(laptop, "bob@example.org", upTo: ArchivePosition(UInt64(number)))
    case .laptopAvailable: .presence(laptop, .available(.available))
    case .laptopLost: .connectionLost(laptop)
    case .laptopResumes: .resume(laptop)
    case .phoneResumes: .resume(phone)
    }
  }

  /// Something happens at the owner: first it is the stream's, then the engine's.
  func atOwner(_ step: Step, number: UInt8 = 0) throws {
    self.seconds += 1
    _ = try self.stream.append(
      [step.rawValue, number], to: Self.alice, at: self.now, into: &self.pending)
    var effects = Effects()
    if let command = Self.command(step, number, self.owner) {
      self.owner.apply(command, at: self.now, into: &effects)
    }
    self.settle()
  }

  /// The owner is gone; its backup owns the users from now on.
  func takeOver() -> ReplicaStanding {
    self.seconds += 78
    let standing = self.replica.standing(mark: self.mark, leaseEpoch: Self.epoch)
    self.replica.takeOver(epoch: OwnershipEpoch(Self.epoch.rawValue + 1))
    return standing
  }

  /// Something happens at the backup, which has taken over.
  func atBackup(_ step: Step, number: UInt8 = 0) -> [Effect] {
    self.seconds += 1
    var effects = Effects()
    if let command = Self.command(step, number, self.backup) {
      self.backup.apply(command, at: self.backupNow, into: &effects)
    }
    return Array(effects)
  }
}

@Suite("What users notice of a takeover")
struct TakeoverTests {
  private func pushes(_ effects: [Effect]) -> [String] {
    effects.compactMap { effect in
      if case .push(let push) = effect { "\(push.stanza.id)" } else { nil }
    }
  }

  private func deliveries(_ effects: [Effect]) -> [String] {
    effects.compactMap { effect in
      if case .deliver(let it) = effect {
        "\(it.stanza.id) \(it.notification)"
      } else {
        nil
      }
    }
  }

  @Test("goal 3: a phone behind its push service is pushed the first message after the takeover")
  func firstPush() throws {
    let pair = try OwnerAndBackup()
    pair.pair()
    try pair.atOwner(.phoneLost)
    try pair.atOwner(.laptopAvailable)
    try pair.atOwner(.receive, number: 1)
    guard case .complete = pair.takeOver() else {
      Issue.record("the backup is not complete")
      return
    }
    #expect(self.pushes(pair.atBackup(.laptopLost)) == [])
    // The laptop was active a minute and a half ago, and nobody is there any more.
    #expect(self.pushes(pair.atBackup(.receive, number: 2)) == ["m2"])
  }

  @Test("what a quiet phone has not been given before the takeover it is given after it, once")
  func heldStanzas() throws {
    let pair = try OwnerAndBackup()
    pair.pair()
    try pair.atOwner(.laptopAvailable)
    try pair.atOwner(.quietPhone)
    for number in 1...3 { try pair.atOwner(.receive, number: UInt8(number)) }
    try pair.atOwner(.laptopReads, number: 2)
    guard case .complete = pair.takeOver() else {
      Issue.record("the backup is not complete")
      return
    }
    _ = pair.atBackup(.laptopLost) + pair.atBackup(.phoneLost)
    let back = pair.atBackup(.phoneResumes)
    #expect(
      self.deliveries(back) == ["m1 heldBack", "m2 heldBack", "m3 heldBack"], "\(back)")
    #expect(self.deliveries(pair.atBackup(.phoneResumes)) == [])
    // The read position came along: two of three are read.
    let state = pair.backup.account(named: OwnerAndBackup.alice).flatMap {
      pair.backup.readState(of: "bob@example.org", in: $0)
    }
    #expect(state?.unread == 1)
  }

  @Test("without the mark the backup says that it is behind, and up to where it has everything")
  func behind() throws {
    let pair = try OwnerAndBackup()
    pair.pair()
    try pair.atOwner(.receive, number: 1)
    pair.mark = nil
    #expect(pair.takeOver() == .behind(pair.stream.last))
  }
}
