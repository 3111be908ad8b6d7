import MDM

/// What stands below the timeline: the counters, what each device received, and how often each one
/// was woken.
public struct SummaryText {
  private let story: Story

  /// The summary of a story.
  public init(_ story: Story) { self.story = story }

  /// The whole summary.
  public var text: String {
    var lines = ["", CounterName.group]
    for name in CounterName.allCases {
      lines.append("  \(TimelineText.padded(name.rawValue, to: 30))\(self.value(of: name))")
    }
    let reasons = FlushReason.allCases.filter { self.story.counters.flushes(because: $0) > 0 }
    for reason in reasons {
      lines.append("    flushes, \(reason): \(self.story.counters.flushes(because: reason))")
    }
    let totals = self.story.counters.totals
    lines.append(
      "  delivered \(totals.delivered), held \(totals.held), replaced \(totals.coalesced), "
        + "dropped \(totals.dropped), rang \(totals.notified), archived \(totals.archived)")
    lines += ["", "What each device received, in order (! rang, c copy)"]
    for device in self.story.devices {
      let head = self.name(device)
      lines += TimelineText.wrapped(self.received(by: device), to: 100).enumerated().map {
        $0.offset == 0
          ? head + $0.element : String(repeating: " ", count: head.count) + $0.element
      }
    }
    lines += ["", self.radioHeading]
    lines += self.story.devices.map { self.radio(of: $0) }
    return lines.joined(separator: "\n") + "\n"
  }

  private var radioHeading: String {
    "How often each device was woken while quiet: written to when nothing had been for "
      + "\(RadioLog.tail / 1_000_000_000) s"
  }

  private func value(of name: CounterName) -> String {
    name == .mdmBufferAvgQueuedTime
      ? self.story.counters.text(of: name) + " s" : self.story.counters.text(of: name)
  }

  private func name(_ device: String) -> String {
    let width = self.story.devices.map { $0.count }.max() ?? 0
    return "  \(TimelineText.padded(device, to: width + 2))"
  }

  private func received(by device: String) -> String {
    var words: [String] = []
    var noise = 0
    for item in self.story.received[device] ?? [] {
      guard item.kind.isContent else {
        noise += 1
        continue
      }
      words.append(
        item.label + (item.rang ? "!" : "") + (item.form == .original ? "" : "c"))
    }
    if noise > 0 { words.append("and \(noise) stanzas of noise") }
    return words.isEmpty ? "nothing" : words.joined(separator: " ")
  }

  private func radio(of device: String) -> String {
    let name = self.name(device)
    guard let log = self.story.radio[device], log.hasBeenQuiet else {
      return name + "never quiet"
    }
    return name + "woken \(log.wakeUps) times in \(log.quietTime / 1_000_000_000) s of quiet, "
      + "radio on \(log.radioOn / 1_000_000_000) s, \(log.quietWrites) writes, "
      + "\(log.quietBytes) bytes"
  }
}
