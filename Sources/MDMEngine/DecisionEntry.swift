import MDMMonitoring
import MDMQuietMode
import MDMRouting
public import MDMStanza

/// What one device got of one stanza, or did not, and why: an ``Explanation`` that outlives its
/// account, for the person at the support desk.
///
/// It holds names, not handles, and nothing of what the stanza says.
public struct DecisionEntry: Hashable, Sendable {
  /// When it was decided.
  public let instant: MonotonicInstant
  /// The device.
  public let device: DeviceName
  /// The id that the stanza's sender gave it; may be empty.
  public let stanzaID: String
  /// The stable id, nil for what is not archived.
  public let position: ArchivePosition?
  /// The conversation, if it is one's.
  public let conversation: ConversationID?
  /// The decision.
  public let decision: Explanation.Decision
  /// The account's active client once the command was carried out, nil when there was none.
  public let active: Active?

  /// Who was active, and until when unless it acted again.
  public struct Active: Hashable, Sendable {
    /// The device.
    public let device: DeviceName
    /// The end of its window.
    public let until: MonotonicInstant

    /// The active client.
    public init(device: DeviceName, until: MonotonicInstant) {
      self.device = device
      self.until = until
    }
  }

  /// The entry for an explanation.
  ///
  /// - Parameters:
  ///   - explanation: what the engine said.
  ///   - device: the device's name.
  ///   - active: who was active.
  ///   - instant: when.
  public init(
    _ explanation: Explanation, device: DeviceName, active: Active?, at instant: MonotonicInstant
  ) {
    self.instant = instant
    self.device = device
    self.stanzaID = explanation.stanza.id
    self.position = explanation.position
    self.conversation = explanation.stanza.conversation
    self.decision = explanation.decision
    self.active = active
  }

  /// What the entry counts for in a log's bytes: its texts, and a fixed amount for the rest.
  var byteCount: Int {
    Self.fixedBytes + self.device.text.utf8.count + self.stanzaID.utf8.count
      + (self.conversation?.name.bytes.count ?? 0) + (self.active?.device.text.utf8.count ?? 0)
  }

  /// More than an entry takes without its texts.
  static let fixedBytes = 192

  // MARK: - In words

  /// What became of the stanza.
  @nonexhaustive
  public enum Outcome: String, Sendable, CaseIterable {
    /// Delivered at once, and rings.
    case rang = "delivered and rang"
    /// Delivered at once to a device that decides by itself whether to ring.
    case left = "delivered, its client decides whether to ring"
    /// Delivered at once without ringing.
    case muted = "delivered without ringing"
    /// Held back.
    case held = "held"
    /// Replaced in the buffer by a newer one.
    case replaced = "replaced"
    /// Given up.
    case dropped = "dropped"
    /// Delivered late, out of the buffer.
    case flushed = "delivered late without ringing"
    /// Delivered late, out of the buffer, and rings: its user had not been told.
    case rangLate = "delivered late and rang"
    /// Its push service is asked to tell the user.
    case pushed = "pushed"
    /// Never to be delivered to this device.
    case undelivered = "undelivered"
    /// Not for this device.
    case skipped = "not delivered"
  }

  /// What became of the stanza.
  public var outcome: Outcome {
    switch self.decision {
    case .delivered(_, .clientDecides): .left
    case .delivered(_, let notification): notification.rings ? .rang : .muted
    case .held: .held
    case .coalesced: .replaced
    case .dropped: .dropped
    case .flushed(_, let notification): notification.rings ? .rangLate : .flushed
    case .pushed: .pushed
    case .undelivered: .undelivered
    case .skipped: .skipped
    }
  }

  /// Why, as the rest of a sentence that begins with "because".
  public var reason: String {
    switch self.decision {
    case .delivered(_, let notification): notification.reason
    case .held(let reason): reason.text
    case .coalesced: "a newer one says the same"
    case .dropped: "a chat state is worth nothing later"
    case .flushed(let reason, let notification):
      reason.text + (notification == .noActiveClient ? ", and its user had not been told" : "")
    case .pushed: "its user is to be told and it is behind its push service"
    case .undelivered: "its session ended or had no room"
    case .skipped(let reason): reason.text
    }
  }

  /// The entry as one line: `10:31:07 phone: held, because quiet; laptop was active until 10:34:12
  /// (bob@example.org, 42)`.
  ///
  /// - Parameter unixSecondsAtOrigin: seconds from 1970 to the origin of the host's instants.
  public func line(unixSecondsAtOrigin: Int64) -> String {
    func time(_ instant: MonotonicInstant) -> String {
      let seconds = instant.nanoseconds.dividedDown(by: 1_000_000_000)
      let (sum, isOver) = seconds.addingReportingOverflow(unixSecondsAtOrigin)
      return CalendarTime(seconds: isOver ? .max : sum).timeOfDay
    }
    var line = "\(time(self.instant)) \(Self.printable(self.device.text)): "
    line += "\(self.outcome.rawValue), because \(self.reason)"
    if let active {
      line +=
        active.device == self.device
        ? "" : "; \(Self.printable(active.device.text)) was active until \(time(active.until))"
    } else {
      line += "; no client was active"
    }
    let place = [
      self.conversation.map { Self.printable($0.text) }, self.position.map { "\($0.ordinal)" },
    ].compactMap { $0 }
    return place.isEmpty ? line : "\(line) (\(place.joined(separator: ", ")))"
  }

  /// The text without characters that would begin another line or do things to a terminal.
  private static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result.append("\u{FFFD}")
      // Everything else can be seen.
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}

extension Int64 {
  /// The quotient rounded down; `divisor` is positive.
  fileprivate func dividedDown(by divisor: Int64) -> Int64 {
    self / divisor - (self % divisor < 0 ? 1 : 0)
  }
}

extension NotificationDecision {
  fileprivate var reason: String {
    switch self {
    case .activeClient: "it is the active client"
    case .noActiveClient: "no client is active, so every device rings"
    case .activityExpired: "the other client's activity ran out"
    case .urgent: "it must not wait"
    case .clientDecides: "the device does not use MDM"
    case .otherClientActive: "another client is active"
    case .silentMode: "silent"
    case .ownMessage: "its user wrote it on another device"
    case .notContent: "it is nothing to read"
    case .heldBack: "whoever was to know has been told"
    }
  }
}

extension Explanation.HoldReason {
  fileprivate var text: String {
    switch self {
    case .otherClientActive: "quiet"
    case .notContent: "quiet, and it is nothing to wake the device for"
    case .ownMessage: "quiet, and its user wrote it on another device"
    case .detached: "its connection is lost and may be resumed"
    case .suspended: "it waits behind its push service"
    case .silent: "silent"
    }
  }
}

extension FlushReason {
  fileprivate var text: String {
    switch self {
    case .request: "a request went to the device or came from it"
    case .noOtherActiveClient: "a message came while no other client was active"
    case .sessionLimit: "the device's buffer was full"
    case .overallLimit: "all buffers together were full"
    case .clientActive: "the client left quiet mode"
    case .clientTraffic: "the device sent a message"
    case .resumed: "the device resumed its connection"
    case .featureDisabled: "MDM was switched off"
    case .activityExpired: "the other client's activity ran out"
    case .urgent: "something came that must not wait"
    }
  }
}

extension SkipReason {
  fileprivate var text: String {
    switch self {
    case .sender: "it is the sender"
    case .unavailable: "it has sent no available presence"
    case .notMultipleDevice: "it does not use MDM and is not addressed"
    case .negativePriority: "its priority is negative and it does not use MDM"
    case .conversationHeldElsewhere: "another device holds the conversation"
    case .noCopy: "the stanza asks not to be copied"
    case .notCopied: "stanzas of its kind are not copied"
    case .policy: "policy keeps it to one device"
    }
  }
}
