import MDMQuietMode
import MDMSession
import MDMStanza

/// One effect in thirty-two bytes; see ``EffectStorage/effect(at:)`` for what each field means.
struct EffectRecord: BitwiseCopyable {
  enum Kind: UInt8 {
    case archiveReceived
    case archiveSent
    case deliver
    case deliverMarker
    case flush
    case route
    case push
    case retract
    case undelivered
    case unroutable
    case ended
    case mdmChanged
  }

  /// From the lowest byte up: kind; delivery form, flush reason or end reason; notification
  /// decision, or disposition; already read, delivered elsewhere, or whether MDM is in effect. The
  /// upper half: index of the stanza or the conversation in the side table, or count of a flush.
  ///
  /// One word, because that is one store; most of a record is known when the code is compiled.
  private var head: UInt64
  /// The device, or the account in the same eight bytes.
  let device: DeviceHandle
  /// The archive position, 0 for none.
  let position: UInt64
  /// Nanoseconds of the instant of acceptance, or a read revision; `.max` for none.
  let instant: Int64

  @inline(always)
  init(
    kind: Kind, detail: UInt8 = 0, decision: UInt8 = 0, mark: Bool = false, reference: UInt32 = 0,
    device: DeviceHandle, position: UInt64 = 0, instant: Int64 = .max
  ) {
    self.head =
      UInt64(kind.rawValue) | UInt64(detail) &<< 8 | UInt64(decision) &<< 16
      | (mark ? 1 &<< 24 : 0) | UInt64(reference) &<< 32
    self.device = device
    self.position = position
    self.instant = instant
  }

  /// The same record with another detail for another device.
  @inline(always)
  func readdressed(to device: DeviceHandle, detail: UInt8) -> EffectRecord {
    EffectRecord(
      head: self.head & ~0xFF00 | UInt64(detail) &<< 8, device: device, position: self.position,
      instant: self.instant)
  }

  @inline(always)
  private init(head: UInt64, device: DeviceHandle, position: UInt64, instant: Int64) {
    self.head = head
    self.device = device
    self.position = position
    self.instant = instant
  }

  var kind: Kind {
    guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: self.head)) else {
      preconditionFailure("Effect record of no kind: \(self.head).")
    }
    return kind
  }
  var detail: UInt8 { UInt8(truncatingIfNeeded: self.head &>> 8) }
  var decision: UInt8 {
    get { UInt8(truncatingIfNeeded: self.head &>> 16) }
    set { self.head = self.head & ~0xFF_0000 | UInt64(newValue) &<< 16 }
  }
  var mark: Bool { self.head & 1 &<< 24 != 0 }
  var reference: UInt32 { UInt32(truncatingIfNeeded: self.head &>> 32) }
}

/// The memory behind ``Effects``: records, and the stanzas and conversations that they refer to.
///
/// A class only so that ``Effects`` is one reference wide and can be checked for uniqueness once a
/// command; nothing else shares it while a command runs.
final class EffectStorage: @unchecked Sendable {
  let explains: Bool
  // The engine has the storage to itself while a command runs, so dynamic exclusivity checks on
  // these would only cost time.
  @exclusivity(unchecked) private(set) var count = 0
  @exclusivity(unchecked) private var capacity = 0
  @exclusivity(unchecked) private var records: UnsafeMutablePointer<EffectRecord>
  /// Stanzas referred to, each with one reference counted for this table.
  @exclusivity(unchecked) private var stanzas: UnsafeMutablePointer<Unmanaged<Stanza.Storage>>
  @exclusivity(unchecked) private var stanzaCount = 0
  @exclusivity(unchecked) private var stanzaCapacity = 0
  @exclusivity(unchecked) private var conversations: [(id: ConversationID, unread: Int)] = []
  @exclusivity(unchecked) var explanations: [Explanation] = []

  init(explains: Bool) {
    self.explains = explains
    self.records = .allocate(capacity: 0)
    self.stanzas = .allocate(capacity: 0)
  }

  deinit {
    self.releaseStanzas()
    self.stanzas.deallocate()
    self.records.deallocate()
  }

  func copy(explains: Bool) -> EffectStorage {
    let other = EffectStorage(explains: explains)
    other.reserve(self.count)
    other.records.update(from: self.records, count: self.count)
    other.count = self.count
    for index in 0..<self.stanzaCount { _ = other.adopt(retained: self.stanzas[index].retain()) }
    other.conversations = self.conversations
    if explains { other.explanations = self.explanations }
    return other
  }

  @inline(always)
  func removeAll() {
    self.count = 0
    self.releaseStanzas()
    if !self.conversations.isEmpty { self.conversations.removeAll(keepingCapacity: true) }
    if self.explains { self.explanations.removeAll(keepingCapacity: true) }
  }

  // MARK: - Writing

  /// Makes room for `additional` more records, so that appending them allocates nothing.
  @inline(never)
  func reserve(_ additional: Int) {
    guard self.count + additional > self.capacity else { return }
    let capacity = max(32, self.capacity * 2, self.count + additional)
    let grown = UnsafeMutablePointer<EffectRecord>.allocate(capacity: capacity)
    grown.moveInitialize(from: self.records, count: self.count)
    self.records.deallocate()
    self.records = grown
    self.capacity = capacity
  }

  /// Makes room for one record, which the caller writes; returns its index.
  @inline(always)
  func makePlace() -> Int {
    if self.count == self.capacity { self.reserve(1) }
    self.count &+= 1
    return self.count &- 1
  }

  @inline(always)
  func append(_ record: EffectRecord) { self.put(record, at: self.makePlace()) }

  /// Keeps a stanza alive as long as its effects; returns its index for ``EffectRecord/reference``.
  func adopt(_ stanza: Stanza) -> UInt32 {
    self.adopt(retained: .passRetained(stanza.storage))
  }

  /// Takes over a reference that has been counted already.
  @inline(always)
  func adopt(retained stanza: Unmanaged<Stanza.Storage>) -> UInt32 {
    if self.stanzaCount == self.stanzaCapacity { self.growStanzas() }
    (self.stanzas + self.stanzaCount).initialize(to: stanza)
    self.stanzaCount &+= 1
    return UInt32(truncatingIfNeeded: self.stanzaCount &- 1)
  }

  @inline(never)
  private func growStanzas() {
    let capacity = max(32, self.stanzaCapacity * 2)
    let grown = UnsafeMutablePointer<Unmanaged<Stanza.Storage>>.allocate(capacity: capacity)
    grown.moveInitialize(from: self.stanzas, count: self.stanzaCount)
    self.stanzas.deallocate()
    self.stanzas = grown
    self.stanzaCapacity = capacity
  }

  @inline(always)
  private func releaseStanzas() {
    var stanza = self.stanzas
    let end = stanza + self.stanzaCount
    while stanza < end {
      stanza.pointee.release()
      stanza += 1
    }
    self.stanzaCount = 0
  }

  /// Keeps a conversation's name; returns its index for ``EffectRecord/reference``.
  func adopt(_ conversation: ConversationID, unread: Int = 0) -> UInt32 {
    self.conversations.append((conversation, unread))
    return UInt32(truncatingIfNeeded: self.conversations.count &- 1)
  }

  /// Replaces the say on ringing of a delivery written earlier.
  func setDecision(_ decision: NotificationDecision, at index: Int) {
    assert(self.records[index].kind == .deliver)
    self.records[index].decision = decision.rawValue
  }

  // MARK: - Reading

  /// The record at `index`.
  @inline(always)
  func record(at index: Int) -> EffectRecord {
    assert(index < self.count)
    return self.records[index]
  }

  /// The stanza that a record refers to.
  @inline(always)
  func stanza(_ reference: UInt32) -> Stanza {
    precondition(reference < self.stanzaCount, "Effect record without its stanza.")
    return Stanza(storage: self.stanzas[Int(reference)].takeUnretainedValue())
  }

  /// The conversation that a record refers to, and its unread count.
  func conversation(_ reference: UInt32) -> (id: ConversationID, unread: Int) {
    self.conversations[Int(reference)]
  }

  // MARK: - Writing in place

  /// Makes room for `count` records that are all written with ``put(_:at:)``; returns the index of
  /// the first.
  func makeRoom(_ count: Int) -> Int {
    self.reserve(count)
    defer { self.count &+= count }
    return self.count
  }

  /// Where a record lies, or one behind the last, until the list grows.
  func pointer(to index: Int) -> UnsafeMutablePointer<EffectRecord> {
    assert(index <= self.count)
    return self.records + index
  }

  /// Writes a record into room that was made for it.
  @inline(always)
  func put(_ record: EffectRecord, at index: Int) {
    assert(index < self.count)
    (self.records + index).initialize(to: record)
  }
}
