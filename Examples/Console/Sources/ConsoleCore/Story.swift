import MDM

/// What happened to a person's devices, put together from the engine's decisions and the office's
/// journal, in words.
struct Story {
  private let entries: [DecisionEntry]
  private let stateMarks: [Journal.Mark]
  private let acts: [Journal.Mark]
  private let devices: [DeviceName]
  private let since: MonotonicInstant
  private let name: (ConversationID) -> String

  /// The story since an instant; how its devices stood then is part of it.
  init(
    entries: [DecisionEntry], journal: Journal, devices: [DeviceName],
    since: MonotonicInstant, name: @escaping (ConversationID) -> String
  ) {
    // Presence and the like are nobody's question.
    self.entries = entries.filter { $0.position != nil && $0.conversation != nil }
    self.stateMarks = journal.stateMarks
    self.acts = journal.actMarks
    self.devices = devices
    self.since = since
    self.name = name
  }

  // MARK: - The timeline

  /// How the devices stood, from when on.
  var states: JSON {
    var found: [JSON] = []
    for (place, _) in self.devices.enumerated() {
      let own = self.stateMarks.filter { $0.device == place }
      let before = own.last { $0.instant < self.since }
      for mark in [before].compactMap({ $0 }) + own.filter({ $0.instant >= self.since }) {
        guard let state = mark.state else { continue }
        found.append(
          .members([
            "device": .int(place), "at": OfficeTime.seconds(max(mark.instant, self.since)),
            "state": .string(state.rawValue),
          ]))
      }
    }
    return .array(found)
  }

  /// What happened on the devices, oldest first, each with a sentence.
  var marks: JSON {
    var found: [(instant: MonotonicInstant, order: Int, json: JSON)] = []
    func add(_ instant: MonotonicInstant, _ device: Int, _ kind: String, _ text: String) {
      let json = JSON.members([
        "at": OfficeTime.seconds(instant), "device": .int(device), "kind": .string(kind),
        "text": .string(text),
      ])
      found.append((instant, found.count, json))
    }
    for entry in self.entries where entry.instant >= self.since {
      guard let device = self.devices.firstIndex(of: entry.device), let kind = entry.kind,
        let conversation = entry.conversation
      else { continue }
      add(
        entry.instant, device, kind, "\(self.name(conversation)). \(entry.sentence)")
    }
    for mark in self.acts where mark.instant >= self.since {
      guard let (kind, text) = self.describe(mark.what) else { continue }
      add(mark.instant, mark.device, kind, text)
    }
    return .array(found.sorted { ($0.instant, $0.order) < ($1.instant, $1.order) }.map { $0.json })
  }

  private func describe(_ what: Journal.What) -> (kind: String, text: String)? {
    switch what {
    // Drawn as the lane's colour, and as the marks of what came.
    case .state, .flushed: nil
    case .read(let conversation): ("read", "Read what \(self.name(conversation)) wrote.")
    case .wrote(let conversation): ("wrote", "Wrote to \(self.name(conversation)).")
    case .retracted(let conversation):
      (
        "retracted",
        "The notification about \(self.name(conversation)) was taken back: read elsewhere."
      )
    }
  }

  // MARK: - Message by message

  /// The latest messages, newest first, with what became of each on each device.
  func messages(_ limit: Int) -> JSON {
    var order: [ArchivePosition] = []
    var steps: [ArchivePosition: [DecisionEntry]] = [:]
    for entry in self.entries {
      guard let position = entry.position else { continue }
      if steps[position] == nil { order.append(position) }
      steps[position, default: []].append(entry)
    }
    return .array(
      order.suffix(limit).reversed().compactMap { position in
        steps[position].flatMap { self.message(position, $0) }
      })
  }

  private func message(_ position: ArchivePosition, _ entries: [DecisionEntry]) -> JSON? {
    guard let first = entries.first, let conversation = first.conversation else { return nil }
    let isOwn = entries.contains { $0.isSender }
    return .members([
      "position": .int(Int(clamping: position.ordinal)),
      "at": OfficeTime.seconds(first.instant), "clock": .string(OfficeTime.text(first.instant)),
      "with": .string(self.name(conversation)), "isOwn": .bool(isOwn),
      "devices": .array(
        self.devices.enumerated().compactMap { place, device in
          self.verdict(place, device, entries.filter { $0.device == device }, isOwn: isOwn)
        }),
    ])
  }

  /// What became of a message on a device; nil when the device was not there.
  private func verdict(
    _ place: Int, _ device: DeviceName, _ entries: [DecisionEntry], isOwn: Bool
  ) -> JSON? {
    guard let first = entries.first, let last = entries.last else { return nil }
    let didRing = entries.contains { $0.outcome == .rang || $0.outcome == .rangLate }
    let isPushed = entries.contains { $0.outcome == .pushed }
    let read = first.conversation.flatMap { conversation in
      self.acts.first {
        $0.device == place && $0.what == .read(conversation) && $0.instant >= first.instant
      }
    }
    var sentences = entries.map { $0.sentence }
    if let read, !isOwn { sentences.append("Read on it at \(OfficeTime.text(read.instant)).") }
    let title =
      if first.isSender { "Written here" } else if didRing { "Rang" } else if isPushed {
        "Woken by push"
      } else { "Did not ring" }
    return .members([
      "device": .string(device.text), "kind": .text(didRing ? "rang" : last.kind ?? "none"),
      "didRing": .bool(didRing || isPushed), "title": .string(title),
      "text": .string(sentences.joined(separator: " ")),
    ])
  }
}

extension Journal.Mark {
  /// The state that the device is in from now on, if that is what happened.
  fileprivate var state: Journal.DeviceState? {
    switch self.what {
    case .state(let state): state
    case .read, .wrote, .flushed, .retracted: nil
    }
  }
}

extension DecisionEntry {
  /// Whether the device sent the message.
  fileprivate var isSender: Bool { self.decision == .skipped(.sender) }

  /// The mark that the timeline has for it; nil for none.
  fileprivate var kind: String? {
    switch self.outcome {
    case .rang, .rangLate, .left: "rang"
    case .muted: "mute"
    case .held: "held"
    case .flushed: "flushed"
    case .pushed: "pushed"
    case .replaced, .dropped, .undelivered, .skipped: nil
    @unknown default: nil
    }
  }

  /// The decision and its reason as a sentence.
  fileprivate var sentence: String {
    if self.isSender { return "It is the sender." }
    let what =
      switch self.outcome {
      case .rang: "Delivered, and it rang"
      case .left: "Delivered; its client decides whether to ring"
      case .muted: "Delivered without ringing"
      case .held: "Held back"
      case .flushed: "Delivered at \(OfficeTime.text(self.instant)) without ringing"
      case .rangLate: "Delivered at \(OfficeTime.text(self.instant)), and it rang then"
      case .pushed: "Its push service was asked to wake it"
      case .replaced: "Replaced by a newer one"
      case .dropped: "Given up"
      case .undelivered: "Not delivered"
      case .skipped: "Not for this device"
      @unknown default: "\(self.outcome.rawValue)"
      }
    return "\(what), because \(self.reason)\(self.clause)."
  }

  /// Who was active instead, where that is the reason.
  private var clause: String {
    guard let active, active.device != self.device else { return "" }
    switch self.decision {
    case .delivered(_, .otherClientActive), .held(.otherClientActive), .held(.suspended):
      return "; the \(active.device.text) was active until \(OfficeTime.text(active.until))"
    // Who was active had no part in it.
    default: return ""
    }
  }
}
