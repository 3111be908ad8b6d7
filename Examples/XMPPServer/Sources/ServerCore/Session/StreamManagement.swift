import MDMXMPP

/// What stream management keeps of one session (XEP-0198): how much either side has handled, and
/// what the client has not yet said that it has.
struct StreamManagement {
  /// A stanza that may have to be sent again.
  struct Stanza {
    let bytes: [UInt8]
    /// Its place in the account's archive, if it has to be kept until it is acknowledged.
    let position: UInt64?
  }

  /// What the client names when it resumes; nil when it did not ask for that.
  private(set) var resumptionID: String?
  /// Stanzas from the client, modulo 2³².
  var handled: UInt32 = 0
  /// Stanzas that the client has acknowledged, modulo 2³².
  private(set) var acknowledged: UInt32
  /// Stanzas sent after those.
  private var queue: [Stanza] = []
  private var head = 0
  /// Bytes in the queue.
  private(set) var unacknowledgedBytes = 0
  /// Whether an acknowledgement has been asked for that has not come.
  var isAsked = false
  /// Whether stanzas have been sent since the latest question.
  var owesQuestion = false

  /// The state of a stream that begins; its count of acknowledged stanzas begins at 0, unless it is
  /// to be seen going round.
  init(resumptionID: String?, acknowledged: UInt32 = 0) {
    self.resumptionID = resumptionID
    self.acknowledged = acknowledged
  }

  /// Stanzas sent to the client, modulo 2³².
  var sent: UInt32 { self.acknowledged &+ UInt32(truncatingIfNeeded: self.queue.count - self.head) }

  /// The stanzas that are not acknowledged, oldest first.
  var unacknowledged: ArraySlice<Stanza> { self.queue[self.head...] }

  /// Notes a stanza that goes to the client.
  mutating func noteSent(_ bytes: [UInt8], position: UInt64?) {
    self.queue.append(Stanza(bytes: bytes, position: position))
    self.unacknowledgedBytes += bytes.count
    self.owesQuestion = true
  }

  /// The stream has a gap: nobody may resume it any more.
  mutating func forgetResumption() { self.resumptionID = nil }

  /// Whether the client may claim to have handled so many: not fewer than before, not more than
  /// were sent.
  func accepts(_ handled: UInt32) -> Bool {
    Int(handled &- self.acknowledged) <= self.queue.count - self.head
  }

  /// The client has handled so many; `settle` gets those that need not be kept any longer.
  ///
  /// - Precondition: ``accepts(_:)``.
  mutating func acknowledge(_ handled: UInt32, _ settle: (UInt64) -> Void) {
    let count = Int(handled &- self.acknowledged)
    for stanza in self.queue[self.head..<(self.head + count)] {
      self.unacknowledgedBytes -= stanza.bytes.count
      if let position = stanza.position { settle(position) }
    }
    self.head += count
    self.acknowledged = handled
    if self.head == self.queue.count {
      self.queue = []
      self.head = 0
    } else if self.head >= 64, self.head * 2 >= self.queue.count {
      self.queue.removeFirst(self.head)
      self.head = 0
    }
  }

  // MARK: - Elements

  /// Why something could not be done (XEP-0198 §3, §5).
  enum Failure: String {
    case itemNotFound = "item-not-found"
    case unexpectedRequest = "unexpected-request"
  }

  static func failed(_ failure: Failure, handled: UInt32? = nil) -> Element {
    Element(
      "failed", namespace: Namespaces.streamManagement, ["h": handled.map { "\($0)" }],
      [Element(failure.rawValue, namespace: Namespaces.stanzaErrors)])
  }

  static let question = Array("<r xmlns='\(Namespaces.streamManagement)'/>".utf8)

  /// How much has been handled.
  var answer: [UInt8] {
    Array("<a xmlns='\(Namespaces.streamManagement)' h='\(self.handled)'/>".utf8)
  }

  func enabled(maximum: Int64) -> Element {
    Element(
      "enabled", namespace: Namespaces.streamManagement,
      [
        "id": self.resumptionID, "resume": self.resumptionID == nil ? nil : "true",
        "max": self.resumptionID == nil ? nil : "\(maximum)",
      ])
  }

  func resumed(_ previous: String) -> Element {
    Element(
      "resumed", namespace: Namespaces.streamManagement,
      ["previd": previous, "h": "\(self.handled)"])
  }
}
