import MDMStanza
import MDMStorage

// How the vocabulary is written into a snapshot.

extension ByteWriter {
  mutating func write(_ stanza: Stanza) {
    self.write(byte: stanza.kind.rawValue)
    self.write(UInt64(stanza.flags.rawValue))
    self.write(optional: stanza.conversation?.text)
    self.write(optional: stanza.coalescingKey?.text)
    self.write(stanza.id)
    self.write(stanza.source)
    self.write(stanza.destination)
    self.write(stanza.payload)
  }

  mutating func write(optional text: String?) {
    self.write(text != nil)
    if let text { self.write(text) }
  }

  /// An instant as its age at `now`.
  mutating func write(_ instant: MonotonicInstant, at now: MonotonicInstant) {
    self.write(signed: now.nanoseconds(since: instant))
  }

  /// A deadline as what remains of it at `now`; `.distantFuture` as none.
  mutating func write(deadline: MonotonicInstant, at now: MonotonicInstant) {
    self.write(deadline != .distantFuture)
    if deadline != .distantFuture { self.write(signed: deadline.nanoseconds(since: now)) }
  }

  mutating func write(_ address: StanzaAddress) {
    switch address {
    case .account:
      self.write(optional: nil)
    case .device(let name):
      self.write(optional: name.text)
    }
  }
}

extension ByteReader {
  mutating func stanza() throws(ByteReaderError) -> Stanza {
    guard let kind = StanzaKind(rawValue: try self.byte()) else { throw .malformed }
    let flags = StanzaFlags(rawValue: try self.integer(in: 0...UInt16.max))
    let conversation = try self.optionalString().map { ConversationID($0) }
    let key = try self.optionalString().map { CoalescingKey($0) }
    let id = try self.string()
    let source = try self.string()
    let destination = try self.string()
    return Stanza(
      kind, conversation: conversation, coalescingKey: key, flags: flags, id: id, source: source,
      destination: destination, payload: Array(try self.slice()))
  }

  mutating func optionalString() throws(ByteReaderError) -> String? {
    try self.bool() ? try self.string() : nil
  }

  mutating func instant(at now: MonotonicInstant) throws(ByteReaderError) -> MonotonicInstant {
    let age = try self.signed()
    // An age of the least number cannot be turned around; it is as far ahead as can be.
    return age == .min ? .distantFuture : now.advanced(byNanoseconds: -age)
  }

  mutating func deadline(at now: MonotonicInstant) throws(ByteReaderError) -> MonotonicInstant {
    try self.bool() ? now.advanced(byNanoseconds: try self.signed()) : .distantFuture
  }

  mutating func address() throws(ByteReaderError) -> StanzaAddress {
    try self.optionalString().map { .device(DeviceName($0)) } ?? .account
  }

  mutating func deviceSet() throws(ByteReaderError) -> DeviceSet {
    DeviceSet(bits: try self.integer(in: 0...UInt32.max))
  }
}
