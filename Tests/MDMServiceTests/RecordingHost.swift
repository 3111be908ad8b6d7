import MDM
import MDMTestKit
import Synchronization

/// A host that writes down what it is asked to do, in order.
final class RecordingHost: MessagingHost {
  /// One thing the host was asked to do, with the account's name.
  enum Entry: Equatable, Sendable {
    case archive(ArchiveRequest, AccountName)
    case deliver(DeviceEvent, DeviceHandle, AccountName)
    case route(Routing, AccountName, ForeignReason)
    case undelivered(Undelivered, AccountName)
    case unroutable(Unroutable, AccountName)
    case unread([DeviceEvent], DeviceHandle, AccountName)
    case push(Push, AccountName)
  }

  private struct State {
    var entries: [Entry] = []
    var reaction: (@Sendable (Entry) -> Void)?
  }

  private let state = Mutex(State())

  /// Everything so far.
  var entries: [Entry] { self.state.withLock { $0.entries } }

  /// Everything so far, which is forgotten.
  func take() -> [Entry] {
    self.state.withLock { state in
      let entries = state.entries
      state.entries = []
      return entries
    }
  }

  /// What else to do with each entry, after it was written down.
  func react(_ reaction: @escaping @Sendable (Entry) -> Void) {
    self.state.withLock { $0.reaction = reaction }
  }

  private func add(_ entry: Entry) {
    let reaction = self.state.withLock { state in
      state.entries.append(entry)
      return state.reaction
    }
    reaction?(entry)
  }

  func archive(_ request: ArchiveRequest, of account: AccountName) {
    self.add(.archive(request, account))
  }
  func deliver(_ event: DeviceEvent, to device: DeviceHandle, of account: AccountName) {
    self.add(.deliver(event, device, account))
  }
  func route(_ routing: Routing, from account: AccountName, because reason: ForeignReason) {
    self.add(.route(routing, account, reason))
  }
  func undelivered(_ item: Undelivered, of account: AccountName) {
    self.add(.undelivered(item, account))
  }
  func unroutable(_ item: Unroutable, of account: AccountName) {
    self.add(.unroutable(item, account))
  }
  func unread(_ events: [DeviceEvent], of device: DeviceHandle, of account: AccountName) {
    self.add(.unread(events, device, account))
  }
  func push(_ push: Push, of account: AccountName) { self.add(.push(push, account)) }
}

extension RecordingHost.Entry {
  /// What kind of thing it is and the id of the stanza, for readable expectations.
  var text: String {
    switch self {
    case .archive(let request, let account):
      "archive \(request.stanza.id) \(request.direction) of \(account)"
    case .deliver(let event, _, let account): "\(event.text) of \(account)"
    case .route(let routing, let account, _): "route \(routing.stanza.id) from \(account)"
    case .undelivered(let item, let account): "undelivered \(item.stanza.id) of \(account)"
    case .unroutable(let item, let account): "unroutable \(item.stanza.id) of \(account)"
    case .unread(let events, _, let account):
      "unread \(events.map { $0.text }.joined(separator: ", ")) of \(account)"
    case .push(let push, let account): "push \(push.stanza.id) of \(account)"
    }
  }
}

extension DeviceEvent {
  /// What kind of event it is and the id of its stanza.
  var text: String {
    switch self {
    case .delivery(let delivery): delivery.stanza.id
    case .marker(let marker): "marker \(marker.upTo)"
    case .flush(let flush): "flush \(flush.count)"
    case .retraction(let retraction): "retract \(retraction.upTo)"
    case .mdmChanged(let change): "mdm \(change.isEffective)"
    case .ended(.shutDown): "shut down"
    case .ended(.session(let reason)): "\(reason)"
    }
  }

  /// The stanza that the event brings, if it does.
  var stanza: Stanza? {
    if case .delivery(let delivery) = self { delivery.stanza } else { nil }
  }
}

extension MonotonicInstant {
  /// An instant in seconds after the origin.
  static func second(_ seconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
  }
}

extension Stanza {
  /// A message with this id from Dora, who is elsewhere.
  static func message(_ id: String, from conversation: ConversationID = "dora@example.net")
    -> Stanza
  {
    Stanza(.chat, conversation: conversation, id: id)
  }

  /// A message with this id to a destination.
  static func message(_ id: String, to destination: String, _ flags: StanzaFlags = []) -> Stanza {
    Stanza(
      .chat, conversation: ConversationID(destination), flags: flags, id: id,
      destination: destination)
  }
}

/// A service under test with its host and its clock.
struct Scene {
  let host = RecordingHost()
  let clock = ManualClock()
  let service: MessagingService

  init(
    engine: Configuration = .standard,
    _ edit: (inout ServiceConfiguration.Values) -> Void = { $0.shards = 4 }
  ) throws {
    self.service = MessagingService(
      configuration: try ServiceConfiguration(edit), engine: engine, clock: self.clock.serviceClock,
      host: self.host)
  }

  /// What the host was asked to do since the last time, as texts.
  func texts() -> [String] { self.host.take().map { $0.text } }
}
