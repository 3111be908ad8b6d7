import MDMQuietMode
import MDMSession
import MDMStanza
import Testing

@testable import MDMEngine

@Suite("Effects")
struct EffectsTests {
  private static let laptop = DeviceHandle(slot: 0, index: 0, generation: 0)

  /// An engine with one account and two devices, and the effects of one message to it.
  private static func message(into effects: inout Effects) throws {
    var engine = MessagingEngine()
    var setup = Effects()
    let account = try engine.open("alice", at: .origin, into: &setup)
    for name: DeviceName in ["laptop", "phone"] {
      try engine.signIn(SignIn(device: name), to: account, at: .origin, into: &setup)
    }
    engine.receive(
      Stanza(.chat, conversation: "bob", id: "1"), for: account, at: .origin, into: &effects)
  }

  @Test("an effect fits a cache line of 64 bytes, and a record of it half of one")
  func sizes() {
    #expect(MemoryLayout<EffectRecord>.size == 32)
    #expect(MemoryLayout<EffectRecord>.stride == 32)
    #expect(MemoryLayout<Effect>.stride <= 64)
    #expect(MemoryLayout<Effects>.size == MemoryLayout<UnsafeRawPointer>.size)
  }

  @Test("a copy keeps its own effects when either is appended to or emptied")
  func valueSemantics() throws {
    var effects = Effects()
    try Self.message(into: &effects)
    let copy = effects
    #expect(copy == effects)
    let first = Array(copy)
    #expect(first.count == 3)
    try Self.message(into: &effects)
    #expect(effects.count == 6)
    #expect(copy.count == 3)
    #expect(Array(copy) == first)
    #expect(Array(effects.prefix(3)) == first)

    var other = copy
    effects.removeAll()
    #expect(effects.isEmpty)
    #expect(Array(copy) == first)
    try Self.message(into: &other)
    #expect(other.count == 6)
    #expect(copy.count == 3)
  }

  @Test("an emptied list keeps its memory and is filled again without a new allocation")
  func reuse() {
    var effects = Effects()
    for _ in 0..<1_000 { effects.storage.ended(Self.laptop, .replaced) }
    let storage = ObjectIdentifier(effects.storage)
    let before = effects.storage.capacityForTests
    effects.removeAll()
    #expect(effects.isEmpty)
    for _ in 0..<before { effects.storage.ended(Self.laptop, .evicted) }
    #expect(effects.storage.capacityForTests == before)
    #expect(ObjectIdentifier(effects.storage) == storage)
    #expect(effects.count == before)
  }

  @Test("what was forgotten does not come back with later effects")
  func forgets() throws {
    var effects = Effects()
    try Self.message(into: &effects)
    effects.removeAll()
    effects.storage.mdmChanged(Self.laptop, isEffective: true)
    #expect(effects == [.mdmChanged(MDMChange(device: Self.laptop, isEffective: true))])
  }

  @Test("emptying a list lets go of its stanzas")
  func releasesStanzas() throws {
    weak var storage: Stanza.Storage?
    var effects = Effects()
    do {
      let stanza = Stanza(.chat, payload: [1, 2, 3])
      storage = stanza.storage
      _ = effects.storage.adopt(stanza)
    }
    #expect(storage != nil)
    effects.removeAll()
    #expect(storage == nil)
  }

  @Test("every kind of effect comes back as it was written")
  func roundTrip() {
    let account = AccountHandle(slot: 7, generation: .max)
    let device = DeviceHandle(slot: 3, index: 31, generation: DeviceHandle.generationLimit - 1)
    let stanza = Stanza(.chat, conversation: "bob", id: "x")
    let since = MonotonicInstant(nanoseconds: -5)
    let effects = Effects()
    let reference = effects.storage.adopt(stanza)
    Self.writeEach(reference, stanza, since, account, device, to: effects.storage)
    #expect(
      effects == [
        .archive(
          ArchiveRequest(account: account, position: 9, direction: .received, stanza: stanza)),
        .archive(
          ArchiveRequest(
            account: account, position: ArchivePosition(.max), direction: .sent, stanza: stanza)),
        .deliver(
          Delivery(
            device: device, stanza: stanza, form: .sentCopy, position: 4,
            notification: .heldBack, heldSince: since, alreadyRead: true)),
        .deliver(
          Delivery(
            device: device, stanza: stanza, form: .original, position: nil,
            notification: .urgent, heldSince: nil, alreadyRead: false)),
        .deliverMarker(
          MarkerDelivery(
            device: device, conversation: "bob", upTo: 8, unread: 3, revision: .max)),
        .flush(Flush(device: device, reason: .urgent, count: 12)),
        .route(Routing(device: device, stanza: stanza, position: 2)),
        .push(Push(device: device, stanza: stanza, position: nil)),
        .retractNotification(Retraction(device: device, conversation: "carol", upTo: 6)),
        .undelivered(
          Undelivered(
            device: device, stanza: stanza, form: .receivedCopy, position: 1, heldSince: since,
            copyDeliveredElsewhere: true, disposition: .bounce)),
        .unroutable(
          Unroutable(
            account: account, stanza: stanza, position: nil, disposition: .storeOffline)),
        .ended(Ended(device: device, reason: .accountClosed)),
        .mdmChanged(MDMChange(device: device, isEffective: false)),
      ])
  }

  private static func writeEach(
    _ reference: UInt32, _ stanza: Stanza, _ since: MonotonicInstant, _ account: AccountHandle,
    _ device: DeviceHandle, to storage: EffectStorage
  ) {
    storage.archive(reference, at: 9, direction: .received, account: account)
    storage.archive(reference, at: .max, direction: .sent, account: account)
    storage.deliver(
      reference, form: .sentCopy, decision: .heldBack, position: 4, heldSince: since,
      alreadyRead: true, to: device)
    storage.deliver(reference, form: .original, decision: .urgent, position: 0, to: device)
    storage.deliverMarker("bob", upTo: 8, unread: 3, revision: .max, to: device)
    storage.flush(.urgent, of: device, count: 12)
    storage.route(reference, at: 2, from: device)
    storage.push(reference, at: 0, to: device)
    storage.retract("carol", upTo: 6, at: device)
    storage.undelivered(
      stanza, form: .receivedCopy, disposition: .bounce, position: 1, heldSince: since,
      isElsewhere: true, at: device)
    storage.unroutable(reference, disposition: .storeOffline, position: 0, account: account)
    storage.ended(device, .accountClosed)
    storage.mdmChanged(device, isEffective: false)
  }

  @Test("a stanza held since the earliest instant there is does not look like a live one")
  func heldSinceDistantPast() throws {
    let effects = Effects()
    let reference = effects.storage.adopt(Stanza(.chat))
    effects.storage.deliver(
      reference, form: .original, decision: .heldBack, position: 0, heldSince: .distantPast,
      to: Self.laptop)
    guard case .deliver(let delivery) = effects[0] else {
      Issue.record("not a delivery")
      return
    }
    #expect(delivery.heldSince == .distantPast)
  }

  @Test("explanations are absent unless asked for, and gone when the list is emptied")
  func explanations() throws {
    var silent = Effects()
    try Self.message(into: &silent)
    #expect(!silent.isExplaining)
    #expect(silent.explanations.isEmpty)
    var explaining = Effects(explaining: true)
    try Self.message(into: &explaining)
    #expect(explaining.isExplaining)
    #expect(explaining.explanations.count == 2)
    #expect(explaining == silent)
    explaining.removeAll()
    #expect(explaining.explanations.isEmpty)
    #expect(explaining.isExplaining)
  }

  @Test("an index out of range is a programmer's error", arguments: [-1, 0, 1])
  func outOfRange(index: Int) async {
    await #expect(processExitsWith: .failure) { [index] in
      var effects = Effects()
      if index == 1 {
        effects.storage.ended(DeviceHandle(slot: 0, index: 0, generation: 0), .evicted)
      }
      _ = effects[index]
      effects.removeAll()
    }
  }
}

extension EffectStorage {
  /// Records that fit without another allocation, found by asking for more until it moves.
  fileprivate var capacityForTests: Int {
    Mirror(reflecting: self).children.first { $0.label == "capacity" }?.value as? Int ?? -1
  }
}
