import MDMElection
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

/// An account as a snapshot describes it, read and checked completely before anything is changed.
struct AccountImage {
  var name = ""
  var position: UInt64 = 0
  var nextGeneration: UInt32 = 0
  var deadline = MonotonicInstant.distantFuture
  var election = ActiveClientElection()
  var devices: [DeviceImage] = []
  var reading: ReadingImage?
  var held: [HeldImage] = []
  var holds: [(conversation: ConversationID, device: Int, since: MonotonicInstant)] = []
  var backlog: [BacklogImage] = []

  struct DeviceImage {
    var index: Int
    var name: String
    var session: DeviceSession
    var activity: ActivityStamp
  }

  struct ReadingImage {
    var revision: UInt64
    var furthestRead: UInt64
    var mergedRuns: UInt64
    var forgotten: UInt64
    var conversations: [ConversationState]
  }

  struct HeldImage {
    var arrival: MonotonicInstant
    var pending: DeviceSet
    var stanza: Stanza?
    var conversationSlot: UInt32 = 0
    var copies = DeviceSet()
    var position: UInt64 = 0
    var isSentCopy = false
    var isSeen = true
    var isPushed = false
    var isKeyed = false
  }

  struct BacklogImage {
    var position: UInt64
    var verdict: ArchiveBacklog.Verdict
    var stanza: Stanza
    /// Index and generation of the sender; nil for a stanza that the account receives.
    var sender: (index: Int, generation: UInt32)?
    var address: StanzaAddress?
  }

  /// Devices there are.
  var occupied: DeviceSet {
    self.devices.reduce(into: DeviceSet()) { $0.insert($1.index) }
  }

  init(_ sections: SnapshotFormat.Sections, at now: MonotonicInstant) throws(ByteReaderError) {
    guard var identity = sections.reader(.identity) else { throw .malformed }
    self.name = try identity.string()
    guard MessagingEngine.check(name: self.name) == nil else { throw .malformed }
    self.position = try identity.integer(in: 0...UInt64(Int64.max))
    self.nextGeneration = try identity.integer(in: 0...DeviceHandle.generationLimit - 1)
    self.deadline = try identity.deadline(at: now)
    if var reader = sections.reader(.devices) { try self.readDevices(&reader, at: now) }
    if var reader = sections.reader(.election) {
      let holder = try reader.signed()
      guard (-1..<Int64(DeviceSet.capacity)).contains(holder) else { throw .malformed }
      guard holder < 0 || self.occupied.contains(Int(holder)) else { throw .malformed }
      self.election = ActiveClientElection(
        holder: Int8(holder), acts: try reader.integer(in: 0...0x1FFF_FFFF),
        heldSince: try reader.instant(at: now))
    }
    if var reader = sections.reader(.reading) { try self.readReading(&reader) }
    if var reader = sections.reader(.held) { try self.readHeld(&reader, at: now) }
    if var reader = sections.reader(.holds) { try self.readHolds(&reader, at: now) }
    if var reader = sections.reader(.backlog) { try self.readBacklog(&reader) }
  }

  private mutating func readDevices(
    _ reader: inout ByteReader, at now: MonotonicInstant
  ) throws(ByteReaderError) {
    let count = try reader.count(eachAtLeast: 10)
    guard count <= DeviceSet.capacity else { throw .malformed }
    for _ in 0..<count {
      let index: Int = try reader.integer(in: 0...DeviceSet.capacity - 1)
      let name = try reader.string()
      guard !self.occupied.contains(index), MessagingEngine.check(name: name) == nil,
        !self.devices.contains(where: { DeviceName($0.name) == DeviceName(name) })
      else { throw .malformed }
      let generation: UInt32 = try reader.integer(in: 0...DeviceHandle.generationLimit - 1)
      let session = try reader.session(generation: generation, at: now)
      let packed: UInt32 = try reader.integer(in: 0...UInt32.max)
      let activity =
        packed == 0
        ? ActivityStamp.never
        : ActivityStamp(instant: try reader.instant(at: now), packed: packed)
      self.devices.append(
        DeviceImage(index: index, name: name, session: session, activity: activity))
    }
  }

  private mutating func readReading(_ reader: inout ByteReader) throws(ByteReaderError) {
    var image = ReadingImage(
      revision: try reader.integer(), furthestRead: try reader.integer(),
      mergedRuns: try reader.integer(), forgotten: try reader.integer(), conversations: [])
    var names: Set<ConversationID> = []
    for _ in 0..<(try reader.count(eachAtLeast: 7)) {
      var state = ConversationState(id: ConversationID(try reader.string()))
      state.readUpTo = try reader.integer()
      state.revision = try reader.integer()
      state.touched = try reader.integer()
      state.notified = try reader.deviceSet() & self.occupied
      state.notifiedSince = try reader.integer()
      var runs: [UnreadPositions.Run] = []
      for _ in 0..<(try reader.count(eachAtLeast: 3)) {
        let first = try reader.integer()
        let (last, overflow) = first.addingReportingOverflow(try reader.integer())
        guard !overflow, last <= self.position else { throw .malformed }
        runs.append(
          .init(first: first, last: last, count: try reader.integer(in: 1...UInt32.max)))
      }
      guard let unread = UnreadPositions(runs: runs) else { throw .malformed }
      state.unread = unread
      guard names.insert(state.id).inserted else { throw .malformed }
      image.conversations.append(state)
    }
    self.reading = image
  }

  private mutating func readHeld(
    _ reader: inout ByteReader, at now: MonotonicInstant
  ) throws(ByteReaderError) {
    // Held positions only grow, and lie close enough together for the log's relative numbers.
    var first: UInt64?
    var last: UInt64 = 0
    for _ in 0..<(try reader.count(eachAtLeast: 4)) {
      var image = HeldImage(
        arrival: try reader.instant(at: now), pending: try reader.deviceSet())
      guard !image.pending.isEmpty, (image.pending - self.occupied).isEmpty else {
        throw .malformed
      }
      if try reader.bool() {
        image.copies = try reader.deviceSet()
        image.position = try reader.integer()
        if image.position > 0 {
          first = first ?? image.position
          guard image.position > last, image.position <= self.position,
            image.position - (first ?? 0) < UInt64(UInt32.max)
          else { throw .malformed }
          last = image.position
        }
        image.isSentCopy = try reader.bool()
        image.isSeen = try reader.bool()
        image.isPushed = try reader.bool()
        image.isKeyed = try reader.bool()
        image.stanza = try reader.stanza()
        guard !image.isKeyed || image.position == 0 else { throw .malformed }
      } else {
        image.conversationSlot = try reader.integer(in: 0...UInt32.max - 1)
        let known = self.reading?.conversations.count ?? 0
        guard Int(image.conversationSlot) < known else { throw .malformed }
      }
      self.held.append(image)
    }
  }

  private mutating func readHolds(
    _ reader: inout ByteReader, at now: MonotonicInstant
  ) throws(ByteReaderError) {
    let count = try reader.count(eachAtLeast: 3)
    guard count <= ConversationHolds.limit else { throw .malformed }
    for _ in 0..<count {
      let conversation = ConversationID(try reader.string())
      let device: Int = try reader.integer(in: 0...DeviceSet.capacity - 1)
      guard self.occupied.contains(device) else { throw .malformed }
      self.holds.append((conversation, device, try reader.instant(at: now)))
    }
  }

  private mutating func readBacklog(_ reader: inout ByteReader) throws(ByteReaderError) {
    for _ in 0..<(try reader.count(eachAtLeast: 12)) {
      let position = try reader.integer()
      guard let verdict = ArchiveBacklog.Verdict(rawValue: try reader.byte()),
        position <= self.position
      else { throw .malformed }
      let isSent = try reader.bool()
      var image = BacklogImage(
        position: position, verdict: verdict, stanza: try reader.stanza(), sender: nil,
        address: nil)
      if isSent {
        let index: Int = try reader.integer(in: 0...DeviceSet.capacity - 1)
        let generation: UInt32 = try reader.integer(in: 0...DeviceHandle.generationLimit - 1)
        image.sender = (index, generation)
        if try reader.bool() { image.address = try reader.address() }
      } else {
        image.address = try reader.address()
      }
      self.backlog.append(image)
    }
  }
}

extension ByteReader {
  fileprivate mutating func session(
    generation: UInt32, at now: MonotonicInstant
  ) throws(ByteReaderError) -> DeviceSession {
    guard let phase = SessionPhase(rawValue: try self.byte()),
      let mode = SessionMode(rawValue: try self.byte()),
      let kind = DeviceKind(rawValue: try self.byte()),
      let priority = Int8(exactly: try self.signed())
    else { throw .malformed }
    let traits = DeviceSession.Traits(rawValue: try self.byte()).intersection(.all)
    let refusalCode = try self.byte()
    let refusal = refusalCode == 0 ? nil : MDMRefusal(rawValue: refusalCode - 1)
    guard (refusalCode == 0) == (refusal == nil) else { throw .malformed }
    var session = DeviceSession(
      generation: generation, name: .empty, kind: kind, traits: traits, refusal: refusal)
    session.phase = phase
    session.requestedMode = mode
    session.priority = priority
    session.deadline = try self.deadline(at: now)
    return session
  }
}
