import MDMEngine
import MDMQuietMode
import MDMSession
import MDMStanza
import MDMTestKit

/// One effect as a row of the table: just what the documents decide.
enum TableRow: Equatable {
  case archive(ArchivePosition)
  case flush(Int, FlushReason, Int)
  case deliver(
    Int, String, Delivery.Form, NotificationDecision, ArchivePosition?, held: Bool)
  case push(Int, String)
  case unroutable(String, Disposition)
  case other(String)

  init(_ effect: Effect) {
    switch effect {
    case .archive(let request): self = .archive(request.position)
    case .flush(let flush): self = .flush(flush.device.index, flush.reason, flush.count)
    case .deliver(let delivery):
      self = .deliver(
        delivery.device.index, delivery.stanza.id, delivery.form, delivery.notification,
        delivery.position, held: delivery.heldSince != nil)
    case .push(let push): self = .push(push.device.index, push.stanza.id)
    case .unroutable(let unroutable):
      self = .unroutable(unroutable.stanza.id, unroutable.disposition)
    case .deliverMarker, .route, .retractNotification, .undelivered, .ended, .mdmChanged:
      self = .other("\(effect)")
    }
  }
}

/// One account as the documents have it: an array of what waits for each device, and plain rules,
/// one device at a time (RFC 6121 §8.5, XEP-0280, B7–B10, B19, B20, B22).
struct TableOracle {
  /// A stanza that waits for one device.
  struct Waiting {
    let stanza: Stanza
    let form: Delivery.Form
    let position: ArchivePosition?
  }

  let roles: [SessionRole]
  /// Who acted last, nil for nobody.
  let active: Int?
  var position: UInt64 = 0
  var queues: [[Waiting]]
  private var rows: [TableRow] = []

  init(roles: [SessionRole], active: Int?) {
    self.roles = roles
    self.active = active
    self.queues = roles.map { _ in [] }
  }

  /// What the engine has to do with a stanza for the account.
  mutating func receive(_ stanza: Stanza, to address: Int?, isAbsent: Bool) -> [TableRow] {
    self.rows = []
    let (originals, copies, miss) = self.route(stanza, address, isAbsent)
    // What is bounced or dropped was never accepted: the archive does not hear of it.
    let isAccepted = !originals.isEmpty || !copies.isEmpty || miss == .storeOffline
    let position = isAccepted ? self.archive(stanza) : nil
    if originals.isEmpty && copies.isEmpty {
      self.rows.append(.unroutable(stanza.id, miss))
      return self.rows
    }
    let everyone = (originals + copies).sorted()
    // B10: an active client counts when the stanza reaches it now.
    var reached: Int?
    if let active = self.active, everyone.contains(active), self.roles[active].isConnected {
      reached = active
    }
    var pushes: [Int] = []
    for index in everyone {
      let form: Delivery.Form = originals.contains(index) ? .original : .receivedCopy
      let waiting = Waiting(stanza: stanza, form: form, position: position)
      self.hand(waiting, to: index, reached: reached, pushes: &pushes)
    }
    for index in pushes { self.rows.append(.push(index, stanza.id)) }
    return self.rows
  }

  /// B20: content that is not a room's, unless it forbids it.
  private mutating func archive(_ stanza: Stanza) -> ArchivePosition? {
    let isArchived =
      stanza.kind == .chat || stanza.kind == .normal || stanza.kind == .invitation
      || stanza.kind == .fileTransfer
    if !isArchived || stanza.flags.contains(.noStore) { return nil }
    self.position += 1
    self.rows.append(.archive(ArchivePosition(self.position)))
    return ArchivePosition(self.position)
  }

  private mutating func hand(
    _ item: Waiting, to index: Int, reached: Int?, pushes: inout [Int]
  ) {
    let stanza = item.stanza
    let role = self.roles[index]
    let isOwn = stanza.flags.contains(.ownAccount)
    let isUrgent = stanza.flags.contains(.urgent)
    let isContent = stanza.kind.isContent && !isOwn
    let mustGo = isUrgent || stanza.kind == .request
    if !role.isConnected {
      // B14: kept for its return; a chat state is worth nothing then (B8).
      if stanza.kind == .chatState && !mustGo { return }
      self.keep(item, for: index)
      let rings = (isUrgent && !isOwn) || (isContent && reached == nil)
      if role == .suspended && rings { pushes.append(index) }
      return
    }
    if role == .quiet && !mustGo {
      if stanza.kind == .chatState { return }
      if !isContent || (reached != nil && reached != index) { return self.keep(item, for: index) }
    }
    let reason: FlushReason =
      stanza.kind == .request ? .request : isUrgent ? .urgent : .noOtherActiveClient
    self.flush(index, reason)
    let decision = self.decision(stanza, at: index, reached: reached)
    self.rows.append(
      .deliver(index, stanza.id, item.form, decision, item.position, held: false))
  }

  /// B8: presence keeps the latest for each key, everything else its order.
  private mutating func keep(_ item: Waiting, for index: Int) {
    if let key = item.stanza.coalescingKey, !item.stanza.flags.contains(.urgent) {
      self.queues[index].removeAll {
        $0.stanza.coalescingKey == key && $0.stanza.kind == item.stanza.kind
          && !$0.stanza.flags.contains(.urgent)
      }
    }
    self.queues[index].append(item)
  }

  private mutating func flush(_ index: Int, _ reason: FlushReason) {
    let queue = self.queues[index]
    if queue.isEmpty { return }
    self.queues[index] = []
    self.rows.append(.flush(index, reason, queue.count))
    for item in queue {
      var decision = NotificationDecision.notContent
      if item.stanza.kind.isContent { decision = .heldBack }
      if item.stanza.flags.contains(.ownAccount) { decision = .ownMessage }
      self.rows.append(
        .deliver(index, item.stanza.id, item.form, decision, item.position, held: true))
    }
  }

  /// B9, B10, B12.
  private func decision(
    _ stanza: Stanza, at index: Int, reached: Int?
  ) -> NotificationDecision {
    if stanza.flags.contains(.ownAccount) { return .ownMessage }
    let isUrgent = stanza.flags.contains(.urgent)
    if !stanza.kind.isContent && !isUrgent { return .notContent }
    if !self.roles[index].usesMDM { return .clientDecides }
    if self.roles[index] == .silent { return .silentMode }
    if isUrgent { return .urgent }
    guard let reached else { return .noActiveClient }
    return reached == index ? .activeClient : .otherClientActive
  }

  private func route(
    _ stanza: Stanza, _ address: Int?, _ isAbsent: Bool
  ) -> (originals: [Int], copies: [Int], miss: Disposition) {
    let there = self.roles.indices.filter { self.roles[$0].isThere }
    let addressed = address.flatMap { self.roles[$0].isThere ? $0 : nil }
    let isToAccount = address == nil && !isAbsent
    func copies(_ originals: [Int]) -> [Int] {
      if stanza.flags.contains(.noCopy) { return [] }
      return there.filter { self.roles[$0].usesMDM && !originals.contains($0) }
    }
    switch stanza.kind {
    case .chat, .normal, .invitation, .fileTransfer, .receipt, .displayedMarker, .payload,
      .chatState:
      if let addressed { return ([addressed], copies([addressed]), .drop) }
      let originals = there.filter { !self.roles[$0].isNegative }
      return (originals, copies(originals), self.miss(stanza))
    case .groupChat:
      if let addressed { return ([addressed], copies([addressed]), .drop) }
      return (isToAccount ? there.filter { self.roles[$0].usesMDM } : [], [], .bounce)
    case .headline:
      if let addressed { return ([addressed], [], .drop) }
      return (isToAccount ? there.filter { !self.roles[$0].isNegative } : [], [], .drop)
    case .messageError:
      if let addressed { return ([addressed], copies([addressed]), .drop) }
      return ([], [], .drop)
    case .presence:
      if let address { return ([address], [], .drop) }
      return (isToAccount ? there : [], [], .drop)
    case .subscription:
      return (address.map { [$0] } ?? there, [], .storeOffline)
    case .request:
      if let address, self.roles[address] != .suspended { return ([address], [], .drop) }
      return ([], [], .bounce)
    }
  }

  private func miss(_ stanza: Stanza) -> Disposition {
    if stanza.kind == .chatState { return .drop }
    if stanza.flags.contains(.noStore) { return stanza.kind.isContent ? .bounce : .drop }
    return .storeOffline
  }
}
