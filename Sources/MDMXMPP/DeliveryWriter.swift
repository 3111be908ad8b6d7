internal import MDMEngine
internal import MDMStanza

/// One delivery on its way into bytes: what is put into the payload or around it, measured before
/// anything is written, so that the output needs one allocation at most.
///
/// A writer lives only inside the closures that lend it the payload, the address and the note.
struct DeliveryWriter {
  /// The stanza's payload.
  let payload: ByteView
  /// What was noted about it when it was made.
  let payloadNote: UInt32
  /// How it reaches the device.
  let form: Delivery.Form
  /// The stable id, nil for what is not in the archive.
  let position: ArchivePosition?
  /// When it was accepted, if it was held since.
  let heldSince: MonotonicInstant?
  /// What time that was.
  let clock: WallClock
  /// The device.
  let device: Device
  /// What is said about ringing; empty when nothing is.
  let note: ByteView

  /// The address of a device, in parts.
  struct Device {
    /// The whole text.
    let full: ByteView
    /// Where the domain begins and the bare address ends.
    let domainStart: Int
    let bareEnd: Int
    /// Whether the text stands in an attribute's value as it is.
    let isPlain: Bool

    @inline(always)
    init(_ address: JID, _ text: ByteView) {
      self.full = text
      self.domainStart = Int(address.domainStart)
      self.bareEnd = Int(address.bareEnd)
      self.isPlain = address.isPlainValue
    }

    @inline(always)
    var bare: ByteView { self.full[0..<self.bareEnd] }
    @inline(always)
    var domain: ByteView { self.full[self.domainStart..<self.bareEnd] }
  }

  /// What is really written: of all that is wanted, what the payload allows.
  private struct Plan {
    let shape: PayloadShape
    let isCopy: Bool
    let id: DecimalDigits?
    let held: MonotonicInstant?
  }

  /// Appends the delivery.
  @inline(never)
  func append(to bytes: inout [UInt8]) {
    let shape =
      PayloadShape(note: self.payloadNote, self.payload) ?? PayloadShape(self.payload)
    let isMarked = shape.isMessage && shape.isOpen
    var held: MonotonicInstant?
    if let heldSince, shape.isOpen, !shape.hasDelay(self.payload) { held = heldSince }
    let plan = Plan(
      shape: shape, isCopy: shape.isMessage && self.form != .original,
      id: isMarked ? self.position.map { DecimalDigits($0.ordinal) } : nil, held: held)
    ByteSink.append(count: self.count(plan), to: &bytes) { self.writing(plan, to: $0) }
  }

  // MARK: - Measuring

  @inline(always)
  private func count(_ plan: Plan) -> Int {
    let device = self.device
    var (bareCount, fullCount) = (device.bareEnd, device.full.count)
    if !device.isPlain {
      (bareCount, fullCount) = (device.bare.escapedCount, device.full.escapedCount)
    }
    var count = self.payload.count
    if plan.shape.isMessage, plan.shape.isOpen { count &+= self.note.count }
    if let id = plan.id { count &+= Text.stanzaID.count &+ bareCount &+ id.count }
    if plan.held != nil {
      count &+= Text.delay.count &+ device.bareEnd &- device.domainStart &+ WallClock.stampCount
    }
    guard plan.isCopy else { return count }
    let head = plan.shape.typedHead
    count &+= head > 0 ? head : Text.head.utf8CodeUnitCount
    count &+= self.form == .receivedCopy ? Text.received.count : Text.sent.count
    return count &+ Text.addresses.count &+ bareCount &+ fullCount
  }

  // MARK: - Writing

  @inline(always)
  private func writing(_ plan: Plan, to sink: ByteSink) -> ByteSink {
    var sink = sink
    if plan.isCopy {
      self.writeHead(plan.shape, to: &sink)
      self.writeDelay(plan, to: &sink)
    }
    sink.put(self.payload[0..<plan.shape.end])
    self.writeStanzaID(plan, to: &sink)
    if !plan.isCopy {
      self.writeDelay(plan, to: &sink)
      self.writeNote(plan.shape, to: &sink)
    }
    if plan.shape.endsAsMessage {
      sink.put("</message>")
    } else {
      sink.put(self.payload[plan.shape.end..<self.payload.count])
    }
    if plan.isCopy {
      if self.form == .receivedCopy {
        sink.put(Text.received.close)
      } else {
        sink.put(Text.sent.close)
      }
      self.writeNote(plan.shape, to: &sink)
      sink.put(Text.addresses.close)
    }
    return sink
  }

  /// Puts the start tags of what a copy is wrapped in.
  @inline(always)
  private func writeHead(_ shape: PayloadShape, to sink: inout ByteSink) {
    // The wrapper begins like the message in it, as far as the type goes.
    if shape.typedHead > 0 {
      sink.put(short: self.payload[0..<shape.typedHead])
    } else {
      sink.put(Text.head)
    }
    sink.put(Text.addresses.open)
    self.write(self.device.bare, to: &sink)
    sink.put(Text.addresses.between)
    self.write(self.device.full, to: &sink)
    if self.form == .receivedCopy {
      sink.put(Text.received.open)
    } else {
      sink.put(Text.sent.open)
    }
  }

  /// Puts an address into an attribute.
  @inline(always)
  private func write(_ address: ByteView, to sink: inout ByteSink) {
    if self.device.isPlain {
      sink.put(short: address)
    } else {
      sink.put(escaped: address)
    }
  }

  @inline(always)
  private func writeStanzaID(_ plan: Plan, to sink: inout ByteSink) {
    guard let id = plan.id else { return }
    sink.put(Text.stanzaID.open)
    self.write(self.device.bare, to: &sink)
    sink.put(Text.stanzaID.between)
    id.write(to: &sink)
    sink.put(Text.stanzaID.close)
  }

  @inline(always)
  private func writeDelay(_ plan: Plan, to sink: inout ByteSink) {
    guard let held = plan.held else { return }
    sink.put(Text.delay.open)
    // A domain has nothing in it that would have to be escaped.
    sink.put(short: self.device.domain)
    sink.put(Text.delay.between)
    sink = self.clock.writingStamp(of: held, to: sink)
    sink.put(Text.delay.close)
  }

  @inline(always)
  private func writeNote(_ shape: PayloadShape, to sink: inout ByteSink) {
    if self.note.count > 0, shape.isMessage, shape.isOpen { sink.put(self.note) }
  }
}

/// The fixed parts of what is written.
///
/// They are computed properties so that each is a constant where it is used: it is then written by
/// a few stores, and its length is no load.
enum Text {
  /// Text before, between and after things that vary.
  struct Pair {
    let open: StaticString
    let between: StaticString
    let close: StaticString

    @inline(always)
    init(_ open: StaticString, _ between: StaticString, _ close: StaticString) {
      self.open = open
      self.between = between
      self.close = close
    }

    @inline(always)
    init(_ open: StaticString, _ close: StaticString) { self.init(open, "", close) }

    /// The length of all three.
    @inline(always)
    var count: Int {
      self.open.utf8CodeUnitCount + self.between.utf8CodeUnitCount + self.close.utf8CodeUnitCount
    }
  }

  @inline(always)
  static var stanzaID: Pair { Pair("<stanza-id xmlns='urn:xmpp:sid:0' by='", "' id='", "'/>") }
  @inline(always)
  static var delay: Pair { Pair("<delay xmlns='urn:xmpp:delay' from='", "' stamp='", "'/>") }
  @inline(always)
  static var received: Pair {
    Pair(
      "'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>",
      "</forwarded></received>")
  }
  @inline(always)
  static var sent: Pair {
    Pair(
      "'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>",
      "</forwarded></sent>")
  }
  /// The beginning of a wrapper without a type.
  @inline(always)
  static var head: StaticString { "<message xmlns='jabber:client'" }
  /// Around the wrapper's addresses, up to where its content begins, and its end tag.
  @inline(always)
  static var addresses: Pair { Pair(" from='", "' to='", "</message>") }
}
