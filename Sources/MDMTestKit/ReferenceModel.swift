import MDM

/// A second, naive engine, written from the documents alone: lists instead of masks, searches
/// instead of indices, one thing after another. It says for every command what each device is to
/// get; the property tests compare that with what the engine does.
///
/// Where the documents leave a choice open the model makes the one that the engine's public
/// documentation states.
final class ReferenceModel {
  var values: Configuration.Values
  var enabled: Bool
  var staged: Bool?
  var now: MonotonicInstant
  /// Open accounts by slot.
  var accounts: [ReferenceAccount?] = []
  /// Accounts closed by the command, whose last effects are still to be compared.
  var closed: [ReferenceAccount] = []
  /// Every device there has ever been.
  var everyDevice: [DeviceHandle: ReferenceDevice] = [:]
  var heldStanzas = 0
  var heldBytes = 0
  var totals = Counters.Totals(reasons: FlushReason.allCases.count)
  /// Flushes as they happened, for the time slices.
  var flushes: [(instant: MonotonicInstant, count: Int)] = []
  var sliceOrigin: MonotonicInstant
  /// Notifications that the command must take back, whatever else is held.
  var takenBack: [(device: ReferenceDevice, conversation: ConversationID, upTo: UInt64)] = []
  /// Whether ``Configuration/Values/flushOnActivityExpiry`` has ever been on.
  var hasHadExpiry = false
  /// Entries held during the command, for the check of B10.
  var fresh: [ReferenceEntry] = []
  /// Devices that were given something to expect during the command.
  var touched: [ReferenceDevice] = []
  /// Devices that the engine flushed because activity expired, where the model leaves it open.
  var hintedExpiry: [DeviceHandle] = []

  init(configuration: Configuration, startingAt now: MonotonicInstant) {
    self.values = configuration.values
    self.enabled = configuration.values.enabled
    self.now = now
    self.sliceOrigin = now
    self.hasHadExpiry = configuration.values.flushOnActivityExpiry
  }

  var overallLimit: Int {
    self.values.overallLimit ?? self.values.sessionCapacity.map { $0 * 20 } ?? 100_000
  }

  func account(_ handle: AccountHandle) -> ReferenceAccount? {
    guard Int(handle.slot) < self.accounts.count, let account = self.accounts[Int(handle.slot)],
      account.handle == handle
    else { return nil }
    return account
  }

  func device(_ handle: DeviceHandle) -> ReferenceDevice? {
    guard let device = self.everyDevice[handle], !device.isGone else { return nil }
    return device
  }

  /// Notes that `device` is to get `trace` next.
  func expect(_ trace: Trace, at device: ReferenceDevice) {
    if device.expected.isEmpty { self.touched.append(device) }
    device.expected.append(trace)
  }
}

extension ReferenceModel {
  /// Takes accounts, devices and entries apart: they all refer to each other.
  func dismantle() {
    for device in self.everyDevice.values {
      for entry in device.queue { entry.holders = [] }
      device.queue = []
      device.account.devices = []
      device.account.acts = []
      device.account.holds = []
    }
    self.fresh = []
    self.takenBack = []
  }
}

/// One account as the model sees it.
final class ReferenceAccount {
  let handle: AccountHandle
  let name: AccountName
  var position: UInt64
  /// Signed-in devices by index.
  var devices: [ReferenceDevice] = []
  /// Every act that counts, oldest first (B1).
  var acts: [ReferenceAct] = []
  /// Since when the active client has been that; nil while a changed window leaves it open.
  var since: MonotonicInstant?
  var conversations: [ReferenceConversation] = []
  var revision: UInt64 = 0
  /// Which plain device wrote to whom last (B19).
  var holds: [(conversation: ConversationID, device: ReferenceDevice, since: MonotonicInstant)] = []
  var backlog: [ReferenceWaiting] = []
  /// Conversations forgotten for want of room and not yet added to the totals.
  var forgotten: UInt64 = 0
  /// Conversations forgotten in the course of the last command.
  var justForgotten: Set<ConversationID> = []
  var expected: [Trace] = []
  /// When B26 demands a flush, from the state after the last command.
  var expiryDue: MonotonicInstant?

  init(handle: AccountHandle, name: AccountName, position: UInt64) {
    self.handle = handle
    self.name = name
    self.position = position
  }

  func conversation(_ id: ConversationID) -> ReferenceConversation? {
    self.conversations.first { $0.id == id }
  }

  /// The conversation of this name; beyond the limit a new one takes the place of the longest
  /// untouched one that no marker waits for, read ones first.
  func ensureConversation(_ id: ConversationID, limit: Int) -> ReferenceConversation {
    if let known = self.conversation(id) { return known }
    let new = ReferenceConversation(id: id)
    var victim: Int?
    for (place, old) in self.conversations.enumerated() where !self.isMarkerHeld(old.id) {
      guard let found = victim.map({ self.conversations[$0] }) else {
        victim = place
        continue
      }
      let (isUnread, wasUnread) = (old.unread > 0, found.unread > 0)
      if isUnread == wasUnread ? old.touched < found.touched : wasUnread { victim = place }
    }
    guard self.conversations.count >= limit, let victim else {
      self.conversations.append(new)
      return new
    }
    self.forgotten += 1
    self.justForgotten.insert(self.conversations[victim].id)
    for device in self.devices {
      device.outstanding[self.conversations[victim].id] = nil
      device.owed[self.conversations[victim].id] = nil
    }
    self.conversations[victim] = new
    return new
  }

  private func isMarkerHeld(_ id: ConversationID) -> Bool {
    self.devices.contains { device in
      device.queue.contains { $0.stanza == nil && $0.conversation == id }
    }
  }

  func isRead(_ stanza: Stanza, at position: UInt64) -> Bool {
    guard position > 0, let id = stanza.conversation else { return false }
    return position <= self.conversation(id)?.readUpTo ?? 0
  }
}

struct ReferenceAct {
  let device: ReferenceDevice
  let instant: MonotonicInstant
  let act: QualifyingAct
}

/// A stanza that waits for the archive, or for its turn behind one that does (B20).
struct ReferenceWaiting {
  let stanza: Stanza
  let sender: DeviceHandle?
  let address: StanzaAddress?
  let position: UInt64
  var isStored: Bool?
}

final class ReferenceConversation {
  let id: ConversationID
  var readUpTo: UInt64 = 0
  var revision: UInt64 = 0
  /// Positions of messages to the account, in order of arrival.
  var positions: [UInt64] = []
  /// The position of the last message or marker.
  var touched: UInt64 = 0

  init(id: ConversationID) { self.id = id }

  /// The naive recount: messages to the account after the marker.
  var unread: Int {
    var count = 0
    for position in self.positions.reversed() {
      if position > self.readUpTo { count += 1 }
    }
    return count
  }
}

/// A device's session as the model sees it.
final class ReferenceDevice {
  let handle: DeviceHandle
  /// How many devices signed in before it.
  let order: Int
  let account: ReferenceAccount
  let name: DeviceName
  let refusal: MDMRefusal?
  let isPush: Bool
  var wantsMDM: Bool
  /// Whether it wants to hear of read markers when it begins to use MDM.
  var catchesUp = false
  var isMDM = false
  var phase = SessionPhase.connected
  var isAvailable = false
  var priority: Int8 = 0
  var askedMode = SessionMode.normal
  var deadline = MonotonicInstant.distantFuture
  var regroupUntil = MonotonicInstant.distantPast
  var isGone = false
  /// What waits for it, oldest first.
  var queue: [ReferenceEntry] = []
  /// Whether read markers were given up that it still has to hear of when it resumes.
  var missedMarkers = false
  /// Markers accepted while it listened that it has not heard of yet.
  var owed: [ConversationID: UInt64] = [:]
  /// Positions it rang for that have not been read or taken back since.
  var outstanding: [ConversationID: [UInt64]] = [:]
  var everRang: Set<ConversationID> = []
  /// How far each conversation was read on the device itself.
  var readHere: [ConversationID: UInt64] = [:]
  /// What it is to get in the course of the command.
  var expected: [Trace] = []
  var cursor = 0
  /// Seen by the observer.
  var positionsGot: Set<UInt64> = []
  var lastSerial = 0

  init(
    handle: DeviceHandle, order: Int, account: ReferenceAccount, request: SignIn,
    refusal: MDMRefusal?
  ) {
    self.handle = handle
    self.order = order
    self.account = account
    self.name = request.device
    self.refusal = refusal
    self.isPush = request.pushEnabled
    self.wantsMDM = request.requestsMDM
  }

  var index: Int { self.handle.index }
  var mode: SessionMode { self.isMDM ? self.askedMode : .normal }
  var heldBytes: Int { self.queue.reduce(0) { $0 + $1.bytes } }
}

/// Something that waits for one or more devices: a stanza, or a read marker.
final class ReferenceEntry {
  let stanza: Stanza?
  let conversation: ConversationID?
  let arrival: MonotonicInstant
  let position: UInt64
  let isSent: Bool
  /// Devices that get a copy.
  let copies: DeviceSet
  var waiting = DeviceSet()
  /// The devices it was first held for.
  var holders: [ReferenceDevice] = []
  /// Whether a device of the account has had it or sent it.
  var isSeen: Bool
  /// Devices whose push service was told.
  var pushed: DeviceSet
  let bytes: Int

  init(
    stanza: Stanza?, conversation: ConversationID? = nil, arrival: MonotonicInstant,
    position: UInt64 = 0, isSent: Bool = false, copies: DeviceSet = [], isSeen: Bool = true,
    pushed: DeviceSet = []
  ) {
    self.stanza = stanza
    self.conversation = conversation
    self.arrival = arrival
    self.position = position
    self.isSent = isSent
    self.copies = copies
    self.isSeen = isSeen
    self.pushed = pushed
    self.bytes = stanza?.byteCount ?? 0
  }

  func form(at index: Int) -> Delivery.Form {
    guard self.copies.contains(index) else { return .original }
    return self.isSent ? .sentCopy : .receivedCopy
  }
}

/// One effect with its receiver taken for granted: what the model expects and what the engine did
/// in a form that can be compared.
struct Trace: Equatable {
  enum Kind: UInt8 {
    case archive, deliver, marker, flush, route, push, undelivered, unroutable, ended, mdmChanged
  }

  var kind: Kind
  var stanza: Stanza?
  var conversation: ConversationID?
  /// Form, reason, direction, or whether MDM is in effect.
  var detail: UInt8 = 0
  /// Notification decision, or disposition.
  var decision: UInt8 = 0
  /// Already read, or delivered elsewhere.
  var mark = false
  var position: UInt64 = 0
  /// Count of a flush, or unread messages.
  var count = 0
  /// When it was accepted, for what was held; revision of a marker.
  var instant: Int64 = 0
}
