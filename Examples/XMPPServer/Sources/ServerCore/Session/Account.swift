import MDM
import MDMXMPP
import ServerStorage

/// A user of this server who is signed in, or to whom something was sent since the server runs.
///
/// Beside its sessions it knows what has become of the messages in its archive: which nobody has
/// taken yet (XEP-0160).
final class Account {
  unowned let server: XMPPServer
  let id: AccountID
  /// The bare address.
  let address: JID
  let handle: AccountHandle
  /// In the order in which they were bound.
  private(set) var sessions: [ClientSession] = []
  /// The ids of the latest messages, for markers that go by them (XEP-0333) where there is no
  /// archive to ask.
  var recentMessages = RecentMessageIDs(capacity: 128)
  /// What its devices have sent of which others have copies, for errors that answer it (B46).
  var sentMessages = SentMessages()
  /// Streams that can no longer be resumed, with how much they had handled; the latest few.
  private(set) var endedStreams: [String: UInt32] = [:]
  private var endedOrder: [String] = []
  /// Whom the user does not want to hear of (XEP-0191), as addresses; read when first asked for.
  var blockList: [JID]?
  /// What blocking contacts has taken back that the engine may still hold (B47).
  var withdrawals: [Withdrawal] = []
  /// Whether the store keeps stanzas for the next device that are in no archive.
  var hasOffline = false
  /// Whether the read marks of the store have been given to the engine.
  var hasReadMarks = false

  /// Received messages that are on their way to a device: in a session's queue or held by the
  /// engine.
  private var inFlight: Set<UInt64> = []
  /// Received messages that the store keeps until a device has them, in flight or not.
  private var waiting: Set<UInt64>
  /// Messages of this turn that nobody carries, and of which the store does not know yet.
  private var stranded: Set<UInt64> = []

  /// An account whose store keeps the messages at these positions for the next device.
  init(
    _ id: AccountID, _ address: JID, handle: AccountHandle, waiting: [UInt64], server: XMPPServer
  ) {
    self.server = server
    self.id = id
    self.address = address
    self.handle = handle
    self.waiting = Set(waiting)
  }

  /// The local part of a user name, prepared; nil for what cannot be one.
  static func localPart(_ username: String, domain: String) -> String? {
    guard let address = try? JID("\(username)@\(domain)"), address.isBare, address.domain == domain
    else { return nil }
    return address.local
  }

  // MARK: - Sessions

  func add(_ session: ClientSession) { self.sessions.append(session) }

  func remove(_ session: ClientSession) { self.sessions.removeAll { $0 === session } }

  func session(named resource: String) -> ClientSession? {
    self.sessions.first { $0.address.resource == resource }
  }

  /// Whether a device is there for what is addressed to the account (RFC 6121 §8.5.2.1).
  var hasTaker: Bool { self.sessions.contains { $0.isAvailable && $0.priority >= 0 } }

  func noteEndedStream(_ id: String, handled: UInt32) {
    if self.endedOrder.count == 16 { self.endedStreams[self.endedOrder.removeFirst()] = nil }
    self.endedOrder.append(id)
    self.endedStreams[id] = handled
  }

  // MARK: - Messages that wait

  /// The engine has accepted a message for the account.
  func noteReceived(_ position: UInt64) { self.inFlight.insert(position) }

  /// A device has it: it need not wait any longer. Returns whether it was on its way until now.
  @discardableResult
  func settle(_ position: UInt64) -> Bool {
    let wasInFlight = self.inFlight.remove(position) != nil
    self.stranded.remove(position)
    if self.waiting.remove(position) != nil { self.server.noteSettled(position, of: self) }
    return wasInFlight
  }

  /// What carried them is gone: those that no other device has been sent either wait for the next.
  func release(_ positions: some Sequence<UInt64>) {
    var carried: Set<UInt64> = []
    for session in self.sessions where !session.isOver {
      carried.formUnion(session.management?.unacknowledged.lazy.compactMap(\.position) ?? [])
    }
    for position in positions where !carried.contains(position) {
      guard self.inFlight.remove(position) != nil, !self.waiting.contains(position) else {
        continue
      }
      self.stranded.insert(position)
    }
  }

  /// The same for one.
  func release(_ position: UInt64) { self.release(CollectionOfOne(position)) }

  /// A connection did not come to write it; it waits even if it counted as taken.
  func release(_ mark: OutputBuffer.Mark) {
    guard mark.isSettled else { return self.release(mark.position) }
    if self.inFlight.contains(mark.position) || self.waiting.contains(mark.position) { return }
    if self.server.keepWaiting(mark.position, of: self) { self.waiting.insert(mark.position) }
  }

  /// Something carries a message again that had been waiting.
  func noteInFlight(_ position: UInt64) { self.inFlight.insert(position) }

  /// A device is sent a message that the engine had held for it while it waited here as well.
  func noteCarried(_ position: UInt64) {
    if self.waiting.contains(position) { self.inFlight.insert(position) }
  }

  /// Messages that wait in the store for a device.
  var waitingCount: Int { self.waiting.count }
  /// Whether there are any.
  var hasWaiting: Bool { !self.waiting.isEmpty }

  /// Whether a device will get the message without being asked.
  func isInFlight(_ position: UInt64) -> Bool { self.inFlight.contains(position) }

  /// Whether the store has to keep a message, which it is just about to be told of, until a device
  /// has it.
  func hasToWait(_ position: UInt64) -> Bool {
    let isStranded = self.stranded.remove(position) != nil
    guard isStranded || self.inFlight.contains(position) else { return false }
    self.waiting.insert(position)
    return true
  }
}
