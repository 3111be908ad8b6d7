import MDM
import MDMStorage
import Testing

/// Snapshots: nothing lost, nothing believed (the issue's "versioned binary form").
struct SnapshotTests {
  static let second: Int64 = 1_000_000_000

  /// Asking a noncopyable engine inside the testing macros does not compile; this asks outside.
  static func unwrap<Value>(
    _ value: Value?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Value {
    try #require(value, sourceLocation: sourceLocation)
  }

  static func expectEqual<Value: Equatable>(
    _ left: Value, _ right: Value, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(left == right, sourceLocation: sourceLocation)
  }

  /// Restores an engine under the configuration it had, which has no effects.
  static func restored(
    from bytes: [UInt8], configuration: Configuration = .standard, at now: MonotonicInstant,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws(SnapshotError) -> MessagingEngine {
    var effects = Effects()
    return try MessagingEngine.restored(
      from: bytes, configuration: configuration, at: now, into: &effects)
  }

  static func instant(_ seconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: seconds * Self.second)
  }

  /// An engine with some of everything: two accounts, a closed slot, quiet, silent, detached and
  /// suspended devices, held stanzas of every kind, markers, conversation holds, an archive backlog.
  static func makeEngine() throws -> MessagingEngine {
    let configuration = try Configuration {
      $0.activeWindow = .seconds(120)
      $0.regroupDelay = .seconds(3)
    }
    var engine = MessagingEngine(configuration: configuration)
    var effects = Effects()
    let gone = try engine.open("gone@example.org", at: .origin, into: &effects)
    let alice = try engine.open("alice@example.org", archived: 41, at: .origin, into: &effects)
    let bob = try engine.open("bob@example.org", at: .origin, into: &effects)
    engine.close(gone, at: .origin, into: &effects)
    let laptop = try engine.signIn(
      SignIn(device: "laptop"), to: alice, at: Self.instant(1), into: &effects
    ).device
    let phone = try engine.signIn(
      SignIn(device: "phone", kind: .iPhone, pushEnabled: true), to: alice, at: Self.instant(2),
      into: &effects
    ).device
    let tablet = try engine.signIn(
      SignIn(device: "tablet", kind: .iPad), to: alice, at: Self.instant(3), into: &effects
    ).device
    let old = try engine.signIn(
      SignIn(device: "old", requestsMDM: false, presence: .available(.away, priority: -1)),
      to: alice, at: Self.instant(3), into: &effects
    ).device
    let desk = try engine.signIn(
      SignIn(device: "desk"), to: bob, at: Self.instant(3), into: &effects
    ).device
    engine.setMode(.quiet, of: tablet, at: Self.instant(4), into: &effects)
    engine.setMode(.silent, of: desk, at: Self.instant(4), into: &effects)
    engine.send(
      Stanza(.chat, conversation: "carol@example.org", id: "s1"), from: old,
      at: Self.instant(5), into: &effects)
    engine.send(
      Stanza(.chat, conversation: "bob@example.org", id: "s2", payload: [1, 2, 3]), from: laptop,
      at: Self.instant(5), into: &effects)
    engine.connectionLost(phone, at: Self.instant(6), into: &effects)
    for number in 0..<5 as Range<Int64> {
      engine.receive(
        Stanza(.chat, conversation: "carol@example.org", id: "m\(number)", payload: [9]),
        for: alice, at: Self.instant(7 + number), into: &effects)
      engine.receive(
        Stanza(.presence, coalescingKey: "carol@example.org/x", id: "p\(number)"), for: alice,
        at: Self.instant(7 + number), into: &effects)
      engine.receive(
        Stanza(.receipt, conversation: "dora@example.org", flags: .noCopy, id: "r\(number)"),
        for: alice, to: .device("tablet"), at: Self.instant(7 + number), into: &effects)
    }
    engine.read(
      "carol@example.org", upTo: 45, on: laptop, at: Self.instant(13), into: &effects)
    engine.connectionLost(desk, at: Self.instant(14), into: &effects)
    engine.receive(
      Stanza(.chat, conversation: "alice@example.org", id: "d1"), for: bob,
      at: Self.instant(15), into: &effects)
    var values = configuration.values
    values.archiveFailure = .refuse
    engine.configure(try Configuration(values), at: Self.instant(16), into: &effects)
    engine.receive(
      Stanza(.chat, conversation: "carol@example.org", id: "w1"), for: alice,
      to: .device("phone"), at: Self.instant(17), into: &effects)
    engine.send(
      Stanza(.receipt, conversation: "carol@example.org", id: "w2"), from: laptop,
      toSelf: .device("tablet"), at: Self.instant(18), into: &effects)
    return engine
  }

  /// Commands that touch everything ``makeEngine()`` left behind.
  static func goOn(_ engine: inout MessagingEngine, from start: Int64) -> [Effect] {
    var effects = Effects()
    guard let alice = engine.account(named: "alice@example.org"),
      let bob = engine.account(named: "bob@example.org"),
      let laptop = engine.device(named: "laptop", of: alice),
      let phone = engine.device(named: "phone", of: alice),
      let tablet = engine.device(named: "tablet", of: alice)
    else { return [] }
    let last = engine.lastPosition(of: alice) ?? .start
    engine.noteArchived(last, of: alice, at: Self.instant(start + 1), into: &effects)
    engine.receive(
      Stanza(.presence, coalescingKey: "carol@example.org/x", id: "p9"), for: alice,
      at: Self.instant(start + 2), into: &effects)
    engine.read(
      "carol@example.org", upTo: 46, on: laptop, at: Self.instant(start + 3), into: &effects)
    engine.resume(phone, at: Self.instant(start + 4), into: &effects)
    engine.setMode(.normal, of: tablet, at: Self.instant(start + 5), into: &effects)
    engine.receive(
      Stanza(.receipt, conversation: "carol@example.org", id: "z1"), for: alice,
      at: Self.instant(start + 6), into: &effects)
    engine.expire(at: Self.instant(start + 200), into: &effects)
    _ = try? engine.open("new@example.org", at: Self.instant(start + 201), into: &effects)
    engine.signOut(laptop, at: Self.instant(start + 202), into: &effects)
    engine.close(bob, at: Self.instant(start + 203), into: &effects)
    return Array(effects)
  }

  @Test("restoring and going on has the same effects as never having stopped")
  func restoringAndGoingOn() throws {
    var engine = try Self.makeEngine()
    let bytes = engine.snapshot()
    var restored = try Self.restored(
      from: bytes, configuration: engine.configuration, at: Self.instant(18))
    restored.checkInvariants()
    Self.expectEqual(restored.snapshot(), bytes)
    Self.expectEqual(restored.nextDeadline, engine.nextDeadline)
    Self.expectEqual(
      restored.counters(at: Self.instant(18)), engine.counters(at: Self.instant(18)))
    let expected = Self.goOn(&engine, from: 20)
    #expect(expected.count > 20)
    Self.expectEqual(Self.goOn(&restored, from: 20), expected)
    engine.checkInvariants()
    restored.checkInvariants()
    Self.expectEqual(restored.snapshot(), engine.snapshot())
  }

  @Test("a snapshot restored on another clock keeps ages and what remains of deadlines")
  func otherClock() throws {
    let engine = try Self.makeEngine()
    let shift: Int64 = -1_000_000
    let restored = try Self.restored(
      from: engine.snapshot(), configuration: engine.configuration,
      at: Self.instant(18 + shift))
    let deadline = try Self.unwrap(engine.nextDeadline)
    let shifted = try Self.unwrap(restored.nextDeadline)
    #expect(shifted.nanoseconds(since: deadline) == shift * Self.second)
    let alice = try Self.unwrap(restored.account(named: "alice@example.org"))
    let before = try Self.unwrap(engine.activeClient(of: alice, at: Self.instant(20)))
    let after = try Self.unwrap(restored.activeClient(of: alice, at: Self.instant(20 + shift)))
    #expect(before.device == after.device)
    #expect(after.until.nanoseconds(since: before.until) == shift * Self.second)
  }

  @Test("one account moves to another engine with everything that waits for its devices")
  func oneAccount() throws {
    var engine = try Self.makeEngine()
    let alice = try Self.unwrap(engine.account(named: "alice@example.org"))
    let bytes = try Self.unwrap(engine.snapshot(of: alice))
    var other = MessagingEngine(configuration: engine.configuration)
    var effects = Effects()
    // The slot has been used before, so that stale handles would show.
    let earlier = try other.open("earlier@example.org", at: .origin, into: &effects)
    let stale = try other.signIn(SignIn(device: "x"), to: earlier, at: .origin, into: &effects)
    other.close(earlier, at: .origin, into: &effects)
    _ = try other.open("other@example.org", at: .origin, into: &effects)
    let moved = try other.restoreAccount(
      from: bytes, at: Self.instant(18), into: &effects)
    other.checkInvariants()
    Self.expectEqual(other.report(on: stale.device), nil)
    Self.expectEqual(other.name(of: moved), "alice@example.org")
    Self.expectEqual(other.readStates(of: moved), engine.readStates(of: alice))
    for device in engine.devices(of: alice) {
      let before = try Self.unwrap(engine.report(on: device))
      let handle = try Self.unwrap(other.device(named: before.name, of: moved))
      let after = try Self.unwrap(other.report(on: handle))
      #expect(after.heldStanzas == before.heldStanzas)
      #expect(after.mode == before.mode)
      #expect(after.phase == before.phase)
      #expect(after.oldestHeld == before.oldestHeld)
    }
    do throws(AdmissionError) {
      _ = try other.restoreAccount(
        from: bytes, at: Self.instant(18), into: &effects)
      Issue.record("The account was restored twice.")
    } catch { #expect(error == .accountExists(moved)) }
    let ids = try Self.flushedIDs(of: "tablet", in: &engine)
    let movedIDs = try Self.flushedIDs(of: "tablet", in: &other)
    #expect(movedIDs == ids)
    #expect(ids.count > 3)
  }

  private static func flushedIDs(
    of name: DeviceName, in engine: inout MessagingEngine
  ) throws -> [String] {
    let alice = try Self.unwrap(engine.account(named: "alice@example.org"))
    let device = try Self.unwrap(engine.device(named: name, of: alice))
    var effects = Effects()
    engine.setMode(.normal, of: device, at: Self.instant(19), into: &effects)
    return effects.compactMap { effect in
      if case .deliver(let delivery) = effect { return delivery.stanza.id }
      return nil
    }
  }

  @Test("a snapshot of version 1, as it was first written, is still read the same way")
  func versionOne() throws {
    let bytes = SnapshotFixture.versionOne
    let engine = try Self.restored(
      from: bytes, configuration: try Configuration { $0.archiveFailure = .refuse },
      at: Self.instant(18))
    engine.checkInvariants()
    Self.expectEqual(engine.snapshot(), bytes)
    let alice = try Self.unwrap(engine.account(named: "alice@example.org"))
    let tablet = try Self.unwrap(engine.device(named: "tablet", of: alice))
    let report = try Self.unwrap(engine.report(on: tablet))
    #expect(report.mode == .quiet)
    #expect(report.kind == .iPad)
    #expect(report.heldStanzas == 14)
    Self.expectEqual(engine.lastPosition(of: alice), 49)
    Self.expectEqual(engine.readState(of: "carol@example.org", in: alice)?.unread, 3)
  }

  // MARK: - Bad input

  @Test("a snapshot cut off anywhere is refused")
  func truncation() throws {
    let bytes = try Self.makeEngine().snapshot()
    for length in 0..<bytes.count {
      #expect(throws: SnapshotError.self) {
        _ = try Self.restored(from: Array(bytes[..<length]), at: .origin)
      }
    }
  }

  @Test("a flipped bit anywhere is noticed by the checksum")
  func bitFlips() throws {
    let bytes = try Self.makeEngine().snapshot()
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      #expect(throws: SnapshotError.self) {
        _ = try Self.restored(from: damaged, at: .origin)
      }
    }
  }

  /// Damages bytes and mends the checksum, so that the damage reaches the decoder.
  private static func forged(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func next() -> Int {
      state ^= state &<< 13
      state ^= state &>> 7
      state ^= state &<< 17
      return Int(state &>> 33)
    }
    var body = Array(bytes.dropLast(4))
    for _ in 0..<(1 + next() % 4) {
      let place = 6 + next() % (body.count - 6)
      switch next() % 5 {
      case 0: body[place] = UInt8(next() & 0xFF)
      case 1: body[place] ^= 1 << UInt8(next() % 8)
      case 2: body.remove(at: place)
      case 3: body.insert(0xFF, at: place)
      default: body[place] = 0xFF
      }
    }
    let checksum = Checksum.crc32(body[...])
    return body + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: checksum &>> $0) }
  }

  @Test("damage behind a right checksum is an error or an engine that goes on, never a trap")
  func forgedSnapshots() throws {
    let original = try Self.makeEngine()
    let bytes = original.snapshot()
    let alice = try Self.unwrap(original.account(named: "alice@example.org"))
    let single = try Self.unwrap(original.snapshot(of: alice))
    var refused = 0
    for seed in 1...4_000 as ClosedRange<UInt64> {
      do {
        var engine = try Self.restored(
          from: Self.forged(bytes, seed: seed), configuration: original.configuration,
          at: Self.instant(18))
        _ = Self.goOn(&engine, from: 20)
        _ = engine.snapshot()
      } catch { refused += 1 }
      var host = MessagingEngine()
      var effects = Effects()
      _ = try? host.restoreAccount(
        from: Self.forged(single, seed: seed), at: Self.instant(18), into: &effects)
      _ = Self.goOn(&host, from: 20)
    }
    #expect(refused > 1_000)
    #expect(refused < 4_000)
  }

  @Test("each kind of bad input has its own error")
  func errors() throws {
    let engine = try Self.makeEngine()
    let bytes = engine.snapshot()
    let alice = try Self.unwrap(engine.account(named: "alice@example.org"))
    let single = try Self.unwrap(engine.snapshot(of: alice))
    #expect(throws: SnapshotError.notASnapshot) {
      _ = try Self.restored(from: Array("hello".utf8), at: .origin)
    }
    #expect(throws: SnapshotError.wrongContent) {
      _ = try Self.restored(from: single, at: .origin)
    }
    var newer = bytes
    newer[4] = 2
    #expect(throws: SnapshotError.unsupportedVersion(2)) {
      _ = try Self.restored(from: newer, at: .origin)
    }
    var other = MessagingEngine()
    var effects = Effects()
    do throws(AdmissionError) {
      _ = try other.restoreAccount(from: bytes, at: .origin, into: &effects)
      Issue.record("An engine was taken for an account.")
    } catch { #expect(error == .unreadableSnapshot(.wrongContent)) }
    #expect(throws: SnapshotError.truncated) {
      _ = try Self.restored(from: Array(bytes[..<6]), at: .origin)
    }
    #expect(throws: SnapshotError.checksumMismatch) {
      _ = try Self.restored(from: bytes.dropLast() + [bytes[0]], at: .origin)
    }
  }

  @Test("B18: restored under another configuration, an engine does at once what that one says")
  func restoredUnderAnotherConfiguration() throws {
    let engine = try Self.makeEngine()
    var values = engine.configuration.values
    values.enabled = false
    values.archiveFailure = .deliverAnyway
    var effects = Effects()
    let restored = try MessagingEngine.restored(
      from: engine.snapshot(), configuration: try Configuration(values), at: Self.instant(18),
      into: &effects)
    let isEnabled = restored.isEnabled
    #expect(!isEnabled)
    let switchedOff = effects.contains { effect in
      if case .mdmChanged = effect { true } else { false }
    }
    let delivered = effects.contains { effect in
      if case .deliver(let delivery) = effect { delivery.stanza.id == "w2" } else { false }
    }
    #expect(switchedOff && delivered)
  }

  @Test("sections that a later version adds are passed over")
  func unknownSections() throws {
    let engine = try Self.makeEngine()
    let bytes = engine.snapshot()
    let configuration = engine.configuration
    var body = Array(bytes.dropLast(4))
    body += [0x7F, 3, 1, 2, 3]
    let checksum = Checksum.crc32(body[...])
    body += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: checksum &>> $0) }
    let restored = try Self.restored(
      from: body, configuration: configuration, at: Self.instant(18))
    Self.expectEqual(restored.snapshot(), bytes)
  }
}
