import MDM

/// What one device saw of one step, in words.
struct CellText {
  let cells: [Story.Cell]
  let active: String?
  let showsNoise: Bool

  /// Short phrases, in the order in which things happened; a flush is one phrase with its items.
  var phrases: [String] {
    var phrases: [String] = []
    var flush: (reason: FlushReason, left: Int, labels: [String], others: Int)?
    for cell in self.cells {
      switch cell {
      case .flushed(let reason, let count):
        flush = (reason, count, [], 0)
        continue
      case .delivered(let label, _, let decision, let isRead, isLate: true):
        guard var open = flush else { break }
        open.left -= 1
        if decision.rings {
          open.labels.append("\(label) RINGS")
        } else if Self.isMessage(label) {
          open.labels.append(isRead ? "\(label) (read)" : label)
        } else {
          open.others += 1
        }
        flush = open
        if open.left == 0 { Self.close(&flush, into: &phrases) }
        continue
      case .marker(let conversation, let position, let unread):
        guard var open = flush, open.left > 0 else { break }
        open.left -= 1
        open.labels.append(Self.marker(conversation, position, unread))
        flush = open
        if open.left == 0 { Self.close(&flush, into: &phrases) }
        continue
      case .delivered, .held, .coalesced, .dropped, .skipped, .retracted, .pushed, .undelivered,
        .ended, .mdm:
        break
      }
      if let phrase = self.phrase(cell) { phrases.append(phrase) }
    }
    Self.close(&flush, into: &phrases)
    return phrases
  }

  private static func close(
    _ flush: inout (reason: FlushReason, left: Int, labels: [String], others: Int)?,
    into phrases: inout [String]
  ) {
    guard let open = flush else { return }
    flush = nil
    var items = open.labels
    if open.others > 0 { items.append("\(open.others) of noise") }
    phrases.append("FLUSH, \(Self.words(open.reason)): " + items.joined(separator: ", "))
  }

  private static func isMessage(_ label: String) -> Bool {
    label.first == "m" && label.dropFirst().allSatisfy { $0.isNumber } && label.count > 1
  }

  private static func marker(
    _ conversation: String, _ position: ArchivePosition, _ unread: Int
  ) -> String {
    let name = conversation.split(separator: "@").first.map { String($0) } ?? conversation
    return unread == 0 ? "\(name) read" : "\(name) read to \(position), \(unread) unread"
  }

  private func phrase(_ cell: Story.Cell) -> String? {
    switch cell {
    case .delivered(let label, let form, let decision, let isRead, _):
      if !Self.isMessage(label), !self.showsNoise { return nil }
      let what = form == .original ? label : "copy of \(label)"
      return "\(what) \(self.words(decision))" + (isRead ? ", already read" : "")
    case .held(let label, let reason):
      if !Self.isMessage(label), !self.showsNoise { return nil }
      return "\(label) waits: \(self.words(reason))"
    case .coalesced(let label):
      return self.showsNoise ? "older \(label) replaced" : nil
    case .dropped(let label):
      return self.showsNoise ? "\(label) dropped" : nil
    case .skipped(let label, let reason):
      if !Self.isMessage(label), !self.showsNoise { return nil }
      return reason == .sender ? nil : "no \(label): \(Self.words(reason))"
    case .flushed:
      return nil
    case .marker(let conversation, let position, let unread):
      return Self.marker(conversation, position, unread)
    case .retracted(let conversation, _):
      let name = conversation.split(separator: "@").first.map { String($0) } ?? conversation
      return "notification of \(name) taken back"
    case .pushed(let label):
      return "\(label) PUSHED"
    case .undelivered(let label, let disposition):
      if !Self.isMessage(label), !self.showsNoise { return nil }
      return "\(label) not delivered: \(Self.words(disposition))"
    case .ended(let reason):
      return "session ended: \(Self.words(reason))"
    case .mdm(let isEffective):
      return isEffective ? "MDM on" : "MDM off"
    }
  }
}

// MARK: - Reasons in words

extension CellText {
  private func words(_ decision: NotificationDecision) -> String {
    switch decision {
    case .activeClient: "RINGS: active here"
    case .noActiveClient: "RINGS: nobody active"
    case .activityExpired: "RINGS: activity ran out"
    case .urgent: "RINGS: urgent"
    case .clientDecides: "(no MDM: client decides)"
    case .otherClientActive: "mute: \(self.active ?? "another") active"
    case .silentMode: "mute: silent mode"
    case .ownMessage: "mute: own message"
    case .notContent: "mute"
    case .heldBack: "mute: was held back"
    @unknown default: "mute"
    }
  }

  private func words(_ reason: Explanation.HoldReason) -> String {
    switch reason {
    case .otherClientActive: "\(self.active ?? "another") active"
    case .notContent: "not worth waking"
    case .ownMessage: "own message"
    case .detached: "connection lost"
    case .suspended: "behind push"
    case .silent: "silent mode"
    @unknown default: "held"
    }
  }

  private static func words(_ reason: FlushReason) -> String {
    switch reason {
    case .request: "iq"
    case .noOtherActiveClient: "no other client active"
    case .sessionLimit: "buffer limit"
    case .overallLimit: "overall limit"
    case .clientActive: "back in foreground"
    case .clientTraffic: "sent a message"
    case .resumed: "resumed"
    case .featureDisabled: "MDM switched off"
    case .activityExpired: "activity ran out"
    case .urgent: "urgent"
    @unknown default: "flushed"
    }
  }

  private static func words(_ reason: SkipReason) -> String {
    switch reason {
    case .sender: "sender"
    case .unavailable: "not available"
    case .notMultipleDevice: "no MDM"
    case .negativePriority: "negative priority"
    case .conversationHeldElsewhere: "other device has the conversation"
    case .noCopy: "private"
    case .notCopied: "kind is not copied"
    case .policy: "policy"
    @unknown default: "not for it"
    }
  }

  private static func words(_ disposition: Disposition) -> String {
    switch disposition {
    case .storeOffline: "kept for next sign-in"
    case .bounce: "sent back"
    case .drop: "another device has it"
    }
  }

  private static func words(_ reason: Ended.Reason) -> String {
    switch reason {
    case .replaced: "same device again"
    case .resumeWindowExpired: "did not resume in time"
    case .suspensionExpired: "did not come back"
    case .evicted: "made room"
    case .accountClosed: "account closed"
    @unknown default: "ended"
    }
  }
}
