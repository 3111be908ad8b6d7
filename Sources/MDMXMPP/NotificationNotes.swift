internal import MDMEngine

/// The notes about ringing (B9) that a delivery can carry: one for each decision, for messages that
/// have been read elsewhere and for those that have not.
///
/// A binding writes them all when it is made, if it is to write any, for only their choice depends
/// on the delivery.
struct NotificationNotes: Sendable {
  /// All notes, one after the other; empty when deliveries carry none.
  let bytes: [UInt8]
  /// Where each lies, by decision and then by whether the message has been read.
  private let ranges: [Range<Int>]

  /// No notes.
  static let none = NotificationNotes(bytes: [], ranges: [])

  private init(bytes: [UInt8], ranges: [Range<Int>]) {
    self.bytes = bytes
    self.ranges = ranges
  }

  /// The notes in this namespace.
  init(namespace: String) {
    var bytes: [UInt8] = []
    var ranges = [Range<Int>](repeating: 0..<0, count: NotificationDecision.allCases.count * 2)
    for decision in NotificationDecision.allCases {
      for isRead in [false, true] {
        let start = bytes.count
        bytes.append(literal: "<notify")
        bytes.append(attribute: "xmlns", namespace)
        bytes.append(attribute: "ring", decision.rings ? "true" : "false")
        bytes.append(attribute: "why", decision.wireName)
        if isRead { bytes.append(attribute: "read", "true") }
        bytes.append(literal: "/>")
        ranges[Self.index(decision, isRead)] = start..<bytes.count
      }
    }
    self.init(bytes: bytes, ranges: ranges)
  }

  /// Where the note for a delivery lies in ``bytes``.
  ///
  /// - Precondition: ``bytes`` is not empty.
  func range(for decision: NotificationDecision, isRead: Bool) -> Range<Int> {
    self.ranges[Self.index(decision, isRead)]
  }

  private static func index(_ decision: NotificationDecision, _ isRead: Bool) -> Int {
    Int(decision.rawValue) * 2 + (isRead ? 1 : 0)
  }
}

extension NotificationDecision {
  /// The decision as the annotation writes it.
  var wireName: String {
    switch self {
    case .activeClient: "active-client"
    case .noActiveClient: "no-active-client"
    case .activityExpired: "activity-expired"
    case .urgent: "urgent"
    case .clientDecides: "client-decides"
    case .otherClientActive: "other-client-active"
    case .silentMode: "silent-mode"
    case .ownMessage: "own-message"
    case .notContent: "not-content"
    case .heldBack: "held-back"
    }
  }
}
