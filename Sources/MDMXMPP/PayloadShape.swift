/// What can be told of a payload without parsing it, because ``XMPPBinding`` has written its tags.
///
/// A payload that a host has made itself may be anything; what does not look like one of ours is
/// delivered as it is, with nothing put into it or around it.
struct PayloadShape {
  /// Where the end tag begins; the end of the payload when it is not open.
  let end: Int
  /// How long the beginning is that a copy's wrapper has in common with the payload: the name, the
  /// namespace and the type with its closing apostrophe; 0 for a message without a type.
  let typedHead: Int
  /// Whether it begins as a message; nothing else can be wrapped.
  let isMessage: Bool
  /// Whether it begins as a message or presence and ends with an end tag of one of them, so that
  /// something can be put before that.
  let isOpen: Bool
  /// Whether that is the end tag of a message.
  let endsAsMessage: Bool
  /// Whether the stanza says already when it was sent, if that has been looked for.
  private let knownDelay: Bool?

  /// The beginning of every message of ours that has a type.
  @inline(always)
  private static var head: StaticString { "<message xmlns='jabber:client' type='" }

  /// The shape of a payload.
  ///
  /// - Complexity: O(1) but for the length of the type.
  @inline(never)
  init(_ payload: ByteView) {
    let isMessage = payload.holds("<message ", at: 0)
    let canBeOpen = isMessage || payload.holds("<presence ", at: 0)
    let (message, presence) = (payload.count &- 10, payload.count &- 11)
    self.isMessage = isMessage
    self.typedHead = isMessage ? Self.typedHead(of: payload) : 0
    self.endsAsMessage = canBeOpen && message > 0 && payload.holds("</message>", at: message)
    if self.endsAsMessage {
      self.end = message
      self.isOpen = true
    } else {
      self.isOpen = canBeOpen && presence > 0 && payload.holds("</presence>", at: presence)
      self.end = self.isOpen ? presence : payload.count
    }
    self.knownDelay = nil
  }

  /// Whether the stanza says already when it was sent (XEP-0203), so that it is not said twice.
  @inline(always)
  func hasDelay(_ payload: ByteView) -> Bool { self.knownDelay ?? Self.hasDelay(payload) }

  // MARK: - Notes

  private static var known: UInt32 { 1 << 31 }

  /// What ``init(note:_:)`` needs to know the shape of a payload without looking, and whether it
  /// has a stamp.
  ///
  /// - Complexity: O(payload), for the stamp.
  static func note(of payload: [UInt8]) -> UInt32 {
    payload.withUnsafeBytes { payload in
      let view = ByteView(payload)
      let shape = PayloadShape(view)
      guard shape.isOpen, let head = UInt16(exactly: shape.typedHead) else { return 0 }
      return Self.known | UInt32(head) | (shape.isMessage ? 1 << 16 : 0)
        | (shape.endsAsMessage ? 1 << 17 : 0) | (Self.hasDelay(view) ? 1 << 18 : 0)
    }
  }

  /// The shape of a payload beside which this note was kept; nil when nothing was noted.
  @inline(always)
  init?(note: UInt32, _ payload: ByteView) {
    guard note & Self.known != 0 else { return nil }
    self.endsAsMessage = note & 1 << 17 != 0
    self.end = payload.count &- (self.endsAsMessage ? 10 : 11)
    self.typedHead = Int(note & 0xFFFF)
    self.isMessage = note & 1 << 16 != 0
    self.isOpen = true
    self.knownDelay = note & 1 << 18 != 0
  }

  @inline(always)
  private static func typedHead(of payload: ByteView) -> Int {
    guard payload.holds(Self.head, at: 0) else { return 0 }
    let end = payload.firstIndex(of: UInt8(ascii: "'"), from: Self.head.utf8CodeUnitCount)
    return end.map { $0 + 1 } ?? 0
  }

  /// Looks for a stamp.
  ///
  /// The bytes are only looked at closely when they name the namespace at all.
  ///
  /// - Complexity: O(payload), thirty-two bytes at a time.
  @inline(never)
  private static func hasDelay(_ payload: ByteView) -> Bool {
    Self.namesDelay(payload) && Self.holdsDelay(payload.array)
  }

  @inline(always)
  private static func namesDelay(_ bytes: ByteView) -> Bool {
    // The pair is “:d”, which hardly stands anywhere else.
    bytes.contains("urn:xmpp:delay", rarePairAt: 8)
  }

  private static func holdsDelay(_ payload: [UInt8]) -> Bool {
    guard let layout = try? StanzaScanner(depthLimit: .max).layout(of: payload) else {
      return false
    }
    return layout.children.contains { child in
      let name = payload[child.name]
      let local = name.firstIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
      return local.elementsEqual("delay".utf8)
        && payload.withUnsafeBytes { Self.namesDelay(ByteView($0)[child.range]) }
    }
  }
}
