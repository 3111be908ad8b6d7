import MDM
import Testing

@Suite("The number of an engine")
struct EngineNumberTests {
  private static let now = MonotonicInstant(nanoseconds: 1_000_000_000)

  /// An engine on which Alice's phone is signed in.
  private struct Scene: ~Copyable {
    var engine: MessagingEngine
    private(set) var account = AccountHandle(slot: 0, generation: 0)
    private(set) var phone = DeviceHandle(slot: 0, index: 0, generation: 0)

    init(number: UInt8) throws {
      self.engine = MessagingEngine(startingAt: EngineNumberTests.now, number: number)
      var effects = Effects()
      self.account = try self.engine.open(
        "alice@example.org", at: EngineNumberTests.now, into: &effects)
      self.phone = try self.engine.signIn(
        SignIn(device: "phone"), to: self.account, at: EngineNumberTests.now, into: &effects
      ).device
    }
  }

  @Test("every handle carries its engine's number")
  func handlesCarryTheNumber() throws {
    var effects = Effects()
    var scene = try Scene(number: 200)
    let (account, phone) = (scene.account, scene.phone)
    let number = scene.engine.number
    #expect(number == 200)
    #expect(account.engineNumber == 200)
    #expect(phone.engineNumber == 200)
    let devices = scene.engine.devices(of: account)
    #expect(devices == [phone])
    scene.engine.receive(
      Stanza(.chat, conversation: "bob@example.org"), for: account, at: Self.now, into: &effects)
    let numbers = effects.compactMap { effect -> UInt8? in
      switch effect {
      case .archive(let request): request.account.engineNumber
      case .deliver(let delivery): delivery.device.engineNumber
      default: nil
      }
    }
    #expect(numbers == [200, 200])
    scene.engine.close(account, at: Self.now, into: &effects)
    let again = try scene.engine.open("alice@example.org", at: Self.now, into: &effects)
    #expect(again == AccountHandle(slot: 0, generation: 1, engineNumber: 200))
  }

  @Test("a handle of another engine is stale, even where slot and generation agree")
  func foreignHandlesAreStale() throws {
    var effects = Effects()
    let scene = try Scene(number: 1)
    let (account, phone) = (scene.account, scene.phone)
    var other = try Scene(number: 2)
    let stanza = Stanza(.chat, conversation: "bob@example.org")
    let outcomes = [
      other.engine.receive(stanza, for: account, at: Self.now, into: &effects),
      other.engine.send(stanza, from: phone, at: Self.now, into: &effects),
      other.engine.close(account, at: Self.now, into: &effects),
    ]
    #expect(outcomes == Array(repeating: .ignored(.staleHandle), count: 3))
    let (name, report, bytes) = (
      other.engine.name(of: account), other.engine.report(on: phone),
      other.engine.snapshot(of: account)
    )
    #expect(name == nil)
    #expect(report == nil)
    #expect(bytes == nil)
    #expect(effects.isEmpty)
  }

  @Test("a snapshot does not hold the number and is restored under any")
  func snapshotsAreWithoutNumber() throws {
    var effects = Effects()
    let (zero, seven) = (try Self.snapshots(number: 0), try Self.snapshots(number: 7))
    #expect(zero.engine == seven.engine)
    #expect(zero.account == seven.account)
    let (account, phone) = (seven.handle, seven.phone)
    let nine = try MessagingEngine.restored(
      from: seven.engine, number: 9, at: Self.now, into: &effects)
    guard let moved = Self.alice(on: nine) else {
      Issue.record("The account is gone.")
      return
    }
    #expect(moved.engineNumber == 9)
    let (numbers, stale) = (
      nine.devices(of: moved).map { $0.engineNumber }, nine.report(on: phone)
    )
    #expect(numbers == [9])
    #expect(stale == nil)
    let same = try MessagingEngine.restored(
      from: seven.engine, number: 7, at: Self.now, into: &effects)
    let name = same.report(on: phone)?.name
    #expect(name == "phone")
    let found = Self.alice(on: same)
    #expect(found == account)
  }

  @Test("a snapshot of an account tells whose it is, and nothing else is taken for one")
  func nameInSnapshot() throws {
    let (engine, account, _, _) = try Self.snapshots(number: 3)
    let bytes = try #require(account)
    #expect(try MessagingEngine.accountName(inSnapshot: bytes) == "alice@example.org")
    for wrong in [engine, [], Array(bytes.dropLast())] {
      #expect(throws: SnapshotError.self) {
        try MessagingEngine.accountName(inSnapshot: wrong)
      }
    }
  }

  @Test("B19: a report tells the mode asked for beside the one in force")
  func requestedMode() throws {
    var scene = try Scene(number: 0)
    var effects = Effects()
    scene.engine.setMode(.quiet, of: scene.phone, at: Self.now, into: &effects)
    let quiet = scene.engine.report(on: scene.phone)
    #expect(quiet?.mode == .quiet)
    #expect(quiet?.requestedMode == .quiet)
    scene.engine.requestMDM(false, by: scene.phone, at: Self.now, into: &effects)
    scene.engine.setMode(.silent, of: scene.phone, at: Self.now, into: &effects)
    let plain = scene.engine.report(on: scene.phone)
    #expect(plain?.mode == .normal)
    #expect(plain?.requestedMode == .silent)
  }

  private static func alice(on engine: borrowing MessagingEngine) -> AccountHandle? {
    engine.account(named: "alice@example.org")
  }

  private static func snapshots(
    number: UInt8
  ) throws -> (engine: [UInt8], account: [UInt8]?, handle: AccountHandle, phone: DeviceHandle) {
    let scene = try Scene(number: number)
    return (
      scene.engine.snapshot(), scene.engine.snapshot(of: scene.account), scene.account, scene.phone
    )
  }

  @Test("an engine may have as many accounts as handles can tell apart, and no more")
  func accountLimit() throws {
    let most = Int(AccountHandle.slotLimit)
    #expect(Configuration.standard.values.accountLimit == most)
    #expect(throws: ConfigurationError.self) { try Configuration { $0.accountLimit = most + 1 } }
    var effects = Effects()
    var engine = MessagingEngine(configuration: try Configuration { $0.accountLimit = 1 })
    _ = try engine.open("alice@example.org", at: Self.now, into: &effects)
    #expect(throws: AdmissionError.accountLimit(1)) {
      _ = try engine.open("bob@example.org", at: Self.now, into: &effects)
    }
  }
}
