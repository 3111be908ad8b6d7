public import MDM

/// One thing that a device, or the host, observed in a story.
public struct Observation: Hashable, Sendable {
  /// The step of the story, counted from 1.
  public let step: Int
  /// When it happened.
  public let instant: MonotonicInstant
  /// The account, by name.
  public let account: String
  /// The device as the story calls it; nil for what concerns the account as a whole.
  public let device: String?
  /// What was observed.
  public let event: Event

  /// What can be observed. Stanzas go by their ids.
  public enum Event: Hashable, Sendable {
    /// A stanza was delivered, live or out of the buffer.
    case delivered(DeliveredStanza)
    /// So many deliveries and markers that follow are the flushed buffer.
    case flushed(FlushReason, count: Int)
    /// A read marker was delivered.
    case marker(ConversationID, upTo: ArchivePosition, unread: Int)
    /// A stanza was held back.
    case held(String, Explanation.HoldReason)
    /// A held stanza was replaced by a newer one.
    case coalesced(String)
    /// A stanza was not worth holding.
    case dropped(String)
    /// A stanza was not for the device.
    case skipped(String, SkipReason)
    /// A notification was taken back.
    case retracted(ConversationID, upTo: ArchivePosition)
    /// The push service was told.
    case pushed(String)
    /// A held stanza was handed to the host.
    case undelivered(String, Disposition, copyDeliveredElsewhere: Bool)
    /// The session ended without its own sign-out.
    case ended(Ended.Reason)
    /// MDM came into effect for the session, or went.
    case mdmChanged(Bool)
    /// The archive was asked to store a message.
    case archived(String, ArchivePosition, ArchiveRequest.Direction)
    /// A sent stanza was handed to the host for routing.
    case routed(String)
    /// No device could take a stanza.
    case unroutable(String, Disposition)
  }
}

/// A delivery as a device observes it.
public struct DeliveredStanza: Hashable, Sendable {
  /// The stanza's id.
  public let id: String
  /// The stanza itself or a copy.
  public let form: Delivery.Form
  /// Whether it rings, or why not.
  public let notification: NotificationDecision
  /// The stable id, nil for what is not archived.
  public let position: ArchivePosition?
  /// When it was accepted, if it was held back since.
  public let heldSince: MonotonicInstant?
  /// Whether the person has read it elsewhere.
  public let alreadyRead: Bool

  /// The fields of a delivery that a story tells.
  public init(_ delivery: Delivery) {
    self.id = delivery.stanza.id
    self.form = delivery.form
    self.notification = delivery.notification
    self.position = delivery.position
    self.heldSince = delivery.heldSince
    self.alreadyRead = delivery.alreadyRead
  }
}

// The notation of Timeline's cells; see there for the table.
extension Observation.Event {
  /// The mark in a timeline's cell, nil for what a timeline does not show.
  public var mark: String? {
    switch self {
    case .delivered(let delivery): return delivery.mark
    case .flushed(let reason, _): return "flush \(reason.mark)"
    case .marker(let conversation, let position, _): return "read \(conversation) ≤ \(position)"
    case .held(let id, _): return "(\(id))"
    case .coalesced(let id): return "~\(id)"
    case .dropped(let id): return "-\(id)"
    case .skipped: return nil
    case .retracted(let conversation, let position):
      return "retract \(conversation) ≤ \(position)"
    case .pushed(let id): return "push \(id)"
    case .undelivered(let id, let disposition, _), .unroutable(let id, let disposition):
      return "\(disposition.mark) \(id)"
    case .ended(let reason): return "ended \(reason)"
    case .mdmChanged(let isEffective): return isEffective ? "mdm on" : "mdm off"
    case .archived(let id, _, _): return "archive \(id)"
    case .routed(let id): return "route \(id)"
    }
  }
}

extension DeliveredStanza {
  /// The mark in a timeline's cell.
  public var mark: String {
    var text = self.id
    if self.notification.rings {
      text = "ring \(text)"
    } else if self.notification == .otherClientActive || self.notification == .silentMode {
      text = "mute \(text)"
    }
    if self.form != .original { text += "'" }
    if self.alreadyRead { text += "✓" }
    return text
  }
}

extension FlushReason {
  /// The word for the reason in a timeline's cell.
  public var mark: String {
    switch self {
    case .request: "request"
    case .noOtherActiveClient: "alone"
    case .sessionLimit: "limit"
    case .overallLimit: "overall-limit"
    case .clientActive: "active"
    case .clientTraffic: "traffic"
    case .resumed: "resumed"
    case .featureDisabled: "disabled"
    case .activityExpired: "expired"
    case .urgent: "urgent"
    @unknown default: "\(self)"
    }
  }
}

extension Disposition {
  /// The word for the disposition in a timeline's cell.
  public var mark: String {
    switch self {
    case .storeOffline: "store"
    case .bounce: "bounce"
    case .drop: "lost"
    }
  }
}

extension Sequence<Observation.Event> {
  /// What one device observed, as the text of a timeline's cell: marks separated by semicolons,
  /// the items of a flush by commas.
  public func cellText(withReasons: Bool = true) -> String {
    var marks: [String] = []
    var remaining = 0
    for event in self {
      guard let mark = event.mark else { continue }
      switch event {
      case .flushed(let reason, let count):
        marks.append(withReasons ? "flush \(reason.mark):" : "flush")
        remaining = count
      case .delivered, .marker, .retracted:
        guard remaining > 0, let last = marks.last else {
          marks.append(mark)
          continue
        }
        let isFirst = last.hasSuffix(":") || last == "flush"
        marks[marks.count - 1] = last + (isFirst ? " " : ", ") + mark
        if case .retracted = event { continue }
        remaining -= 1
      case .held, .coalesced, .dropped, .skipped, .pushed, .undelivered, .ended, .mdmChanged,
        .archived, .routed, .unroutable:
        marks.append(mark)
      }
    }
    return marks.joined(separator: "; ")
  }
}
