internal import MDMEngine
internal import MDMStanza

/// One delivery on its way into bytes: what is put into the payload or around it, measured before
/// anything is written, so that the output needs one allocation at most.
struct DeliveryWriter {
  let payload: [UInt8]
  let form: Delivery.Form
  let device: JID
  let position: ArchivePosition?
  let held: MonotonicInstant?
  let clock: WallClock
  let annotation: Annotation?

  /// The value of the payload's `type`, within the payload; nil without one.
  let type: Range<Int>?
  /// Where the payload's end tag begins; the end when something is put in nowhere.
  let insertion: Int
  /// UTF-8 lengths of the device's bare address and the whole one, escaped for an attribute.
  let bareCount: Int
  let fullCount: Int

  /// The decision about ringing, with the namespace in which it is written.
  struct Annotation {
    let namespace: String
    let notification: NotificationDecision
    let alreadyRead: Bool
  }

  init(
    payload: [UInt8], form: Delivery.Form, position: ArchivePosition?, heldSince: MonotonicInstant?,
    device: JID, clock: WallClock, annotation: Annotation?
  ) {
    let isMessage = PayloadShape.begins(payload, with: "<message ")
    let isPresence = PayloadShape.begins(payload, with: "<presence ")
    let canHold = isMessage || isPresence
    let end = canHold ? PayloadShape.endTag(of: payload) : nil
    self.payload = payload
    self.device = device
    self.clock = clock
    // Only a message can be wrapped; anything else goes as it is.
    self.form = isMessage ? form : .original
    self.insertion = end ?? payload.count
    self.position = isMessage && end != nil ? position : nil
    self.annotation = isMessage && end != nil ? annotation : nil
    let isStamped = heldSince == nil || end == nil || PayloadShape.hasDelay(payload)
    self.held = isStamped ? nil : heldSince
    self.type = isMessage ? PayloadShape.type(of: payload) : nil
    self.bareCount = device.withBareUTF8 { Escape.valueCount($0) }
    var full = device.full
    self.fullCount = full.withUTF8 { Escape.valueCount($0) }
  }

  // MARK: - Measuring

  /// How many bytes ``write(to:)`` appends.
  var count: Int {
    var count = self.payload.count
    if let position { count += Text.stanzaID.count + self.bareCount + position.digitCount }
    if self.held != nil {
      count += Text.delay.count + self.device.withDomainUTF8 { $0.count } + WallClock.stampCount
    }
    if let note = self.annotation {
      count += Text.note.count + note.namespace.utf8.count + note.notification.wireName.count
      count += (note.notification.rings ? Text.yes : Text.no).count
      if note.alreadyRead { count += Text.read.count }
    }
    switch self.form {
    case .original:
      return count
    case .receivedCopy:
      count += Text.received.count
    case .sentCopy:
      count += Text.sent.count
    }
    if let type { count += Text.type.count + type.count }
    return count + Text.wrapper.count + self.bareCount + self.fullCount
  }

  // MARK: - Writing

  /// Appends the delivery.
  func write(to bytes: inout [UInt8]) {
    switch self.form {
    case .original:
      bytes.append(contentsOf: self.payload[..<self.insertion])
      self.writeStanzaID(to: &bytes)
      self.writeDelay(to: &bytes)
      self.writeNote(to: &bytes)
      bytes.append(contentsOf: self.payload[self.insertion...])
    case .receivedCopy:
      self.writeWrapped(Text.received, to: &bytes)
    case .sentCopy:
      self.writeWrapped(Text.sent, to: &bytes)
    }
  }

  private func writeWrapped(_ direction: Text.Pair, to bytes: inout [UInt8]) {
    bytes.append(literal: "<message xmlns='jabber:client'")
    if let type {
      bytes.append(literal: " type='")
      bytes.append(contentsOf: self.payload[type])
      bytes.append(literal: "'")
    }
    bytes.append(literal: " from='")
    self.device.withBareUTF8 { Escape.append($0, to: &bytes, isValue: true) }
    bytes.append(literal: "' to='")
    bytes.append(escapedValue: self.device.full)
    bytes.append(literal: "'>")
    bytes.append(literal: direction.open)
    self.writeDelay(to: &bytes)
    bytes.append(contentsOf: self.payload[..<self.insertion])
    self.writeStanzaID(to: &bytes)
    bytes.append(contentsOf: self.payload[self.insertion...])
    bytes.append(literal: direction.close)
    self.writeNote(to: &bytes)
    bytes.append(literal: "</message>")
  }

  private func writeStanzaID(to bytes: inout [UInt8]) {
    guard let position else { return }
    bytes.append(literal: Text.stanzaID.open)
    self.device.withBareUTF8 { Escape.append($0, to: &bytes, isValue: true) }
    bytes.append(literal: "' id='")
    bytes.append(decimal: position.ordinal)
    bytes.append(literal: Text.stanzaID.close)
  }

  private func writeDelay(to bytes: inout [UInt8]) {
    guard let held else { return }
    bytes.append(literal: Text.delay.open)
    self.device.withDomainUTF8 { bytes.append(contentsOf: $0) }
    bytes.append(literal: "' stamp='")
    self.clock.appendStamp(of: held, to: &bytes)
    bytes.append(literal: Text.delay.close)
  }

  private func writeNote(to bytes: inout [UInt8]) {
    guard let note = self.annotation else { return }
    bytes.append(literal: Text.note.open)
    bytes.append(contentsOf: note.namespace.utf8)
    bytes.append(literal: "' ring='")
    bytes.append(literal: (note.notification.rings ? Text.yes : Text.no).open)
    bytes.append(literal: "' why='")
    bytes.append(literal: note.notification.wireName.open)
    if note.alreadyRead { bytes.append(literal: Text.read.open) }
    bytes.append(literal: Text.note.close)
  }
}

/// The fixed parts of what is written, with their lengths.
enum Text {
  /// Text before and after something that varies.
  struct Pair {
    let open: StaticString
    let close: StaticString
    /// The length of both, and of what stands between attributes inside.
    let count: Int

    init(_ open: StaticString, _ close: StaticString = "", between: StaticString = "") {
      self.open = open
      self.close = close
      self.count =
        open.utf8CodeUnitCount + close.utf8CodeUnitCount + between.utf8CodeUnitCount
    }
  }

  static let stanzaID = Pair(
    "<stanza-id xmlns='urn:xmpp:sid:0' by='", "'/>", between: "' id='")
  static let delay = Pair("<delay xmlns='urn:xmpp:delay' from='", "'/>", between: "' stamp='")
  static let received = Pair(
    "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>",
    "</forwarded></received>")
  static let sent = Pair(
    "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>",
    "</forwarded></sent>")
  static let wrapper = Pair(
    "<message xmlns='jabber:client'", "</message>", between: " from='' to=''>")
  static let type = Pair(" type='", "'")
  static let note = Pair("<notify xmlns='", "'/>", between: "' ring='' why='")
  static let yes = Pair("true")
  static let no = Pair("false")
  static let read = Pair("' read='true")
}

extension NotificationDecision {
  /// The decision as the annotation writes it.
  var wireName: Text.Pair {
    switch self {
    case .activeClient: Text.Pair("active-client")
    case .noActiveClient: Text.Pair("no-active-client")
    case .activityExpired: Text.Pair("activity-expired")
    case .urgent: Text.Pair("urgent")
    case .clientDecides: Text.Pair("client-decides")
    case .otherClientActive: Text.Pair("other-client-active")
    case .silentMode: Text.Pair("silent-mode")
    case .ownMessage: Text.Pair("own-message")
    case .notContent: Text.Pair("not-content")
    case .heldBack: Text.Pair("held-back")
    }
  }
}

extension ArchivePosition {
  /// How many decimal digits the ordinal has.
  var digitCount: Int {
    var (count, rest) = (1, self.ordinal)
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    return count
  }
}

extension [UInt8] {
  /// Appends a number in decimal digits.
  mutating func append(decimal number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      self.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }
}
