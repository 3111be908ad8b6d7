import MDM

extension SessionStates {
  var json: JSON {
    .members([
      "normal": .int(self.normal), "quiet": .int(self.quiet), "silent": .int(self.silent),
      "phantom": .int(self.phantom), "lost": .int(self.lost),
    ])
  }
}

extension History.Sample {
  /// A row: the names of its columns are in the page's `live.js`.
  var json: JSON {
    let states = self.sessions
    return .array(
      [OfficeTime.seconds(self.instant)]
        + [states.normal, states.quiet, states.silent, states.phantom, states.lost].map {
          .int($0)
        } + self.loads.map { .int($0) }
        + [self.flushes, self.delivered, self.held, self.notified].map { .int(Int(clamping: $0)) }
        + [.int(self.waiting)])
  }
}

extension Counters.Totals {
  var json: JSON {
    let all: KeyValuePairs<String, UInt64> = [
      "delivered": self.delivered, "held": self.held, "coalesced": self.coalesced,
      "dropped": self.dropped, "notified": self.notified, "pushed": self.pushed,
      "markers": self.markers, "undelivered": self.undelivered, "archived": self.archived,
    ]
    return .object(all.map { JSON.Member(name: $0.key, value: .int(Int(clamping: $0.value))) })
  }
}

extension Counters {
  /// Flushes by reason, all reasons there are.
  var flushesJSON: JSON {
    .array(
      FlushReason.allCases.map { reason in
        .members([
          "reason": .string(reason.label), "text": .string(reason.words),
          "count": .int(Int(clamping: self.flushes(because: reason))),
        ])
      })
  }

  /// Hold times of flushed packets: each count with the milliseconds that it begins and ends at.
  var holdJSON: JSON {
    let buckets = self.totals.holdMilliseconds.buckets
    let last = (buckets.lastIndex { $0 > 0 } ?? -1) + 1
    return .array(
      buckets[..<last].enumerated().map { place, count in
        .members([
          "from": .int(place == 0 ? 0 : 1 << (place - 1)), "to": .int(1 << place),
          "count": .int(Int(clamping: count)),
        ])
      })
  }
}

extension FlushReason {
  /// The reason in a few words, for an operator.
  var words: String {
    switch self {
    case .request: "The device asked for something"
    case .noOtherActiveClient: "A message, and no other client was active"
    case .sessionLimit: "The device's buffer was full"
    case .overallLimit: "All buffers together were full"
    case .clientActive: "The device left quiet mode"
    case .clientTraffic: "The device sent a message"
    case .resumed: "The device resumed its connection"
    case .featureDisabled: "MDM was switched off"
    case .activityExpired: "The other client's activity ran out"
    case .urgent: "Something came that must not wait"
    @unknown default: self.label
    }
  }
}
