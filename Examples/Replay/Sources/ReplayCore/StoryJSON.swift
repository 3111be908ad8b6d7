import Foundation
import MDM

/// The story as data, for other programs.
public struct StoryJSON {
  private let story: Story

  /// The data form of a story.
  public init(_ story: Story) { self.story = story }

  /// One JSON object: `devices`, `steps`, `received`, `radio`, `counters`.
  public func data() throws -> Data {
    try JSONSerialization.data(
      withJSONObject: [
        "devices": self.story.devices,
        "steps": self.story.steps.map { Self.object($0) },
        "received": self.story.received.mapValues { $0.map { Self.object($0) } },
        "radio": self.story.radio.mapValues { Self.object($0) },
        "counters": self.counters,
      ], options: [.sortedKeys, .prettyPrinted])
  }

  private var counters: [String: Any] {
    var object: [String: Any] = [:]
    for name in CounterName.allCases {
      object[name.rawValue] = self.story.counters.text(of: name)
    }
    object["flushesByReason"] = Dictionary(
      uniqueKeysWithValues: FlushReason.allCases.map {
        ("\($0)", self.story.counters.flushes(because: $0))
      })
    return object
  }

  private static func seconds(_ instant: MonotonicInstant) -> Double {
    Double(instant.nanoseconds) / 1e9
  }

  private static func object(_ step: Story.Step) -> [String: Any] {
    [
      "line": step.line, "t": Self.seconds(step.instant), "event": step.text,
      "noise": step.isNoise, "active": step.active,
      "seen": step.cells.map { pair -> [String: Any] in
        var object = Self.object(pair.cell)
        object["device"] = pair.device
        return object
      },
    ]
  }

  private static func object(_ received: Story.Received) -> [String: Any] {
    var object: [String: Any] = [
      "t": Self.seconds(received.instant), "label": received.label, "kind": "\(received.kind)",
      "form": "\(received.form)", "rang": received.rang,
    ]
    if let position = received.position { object["position"] = position.ordinal }
    return object
  }

  private static func object(_ log: RadioLog) -> [String: Any] {
    [
      "wakeUps": log.wakeUps, "quietWrites": log.quietWrites, "quietBytes": log.quietBytes,
      "writes": log.writes, "bytes": log.bytes,
      "radioOnSeconds": Double(log.radioOn) / 1e9, "quietSeconds": Double(log.quietTime) / 1e9,
    ]
  }

  private static func object(_ cell: Story.Cell) -> [String: Any] {
    switch cell {
    case .delivered(let label, let form, let decision, let isRead, let isLate):
      [
        "what": "delivered", "label": label, "form": "\(form)", "notification": "\(decision)",
        "rings": decision.rings, "alreadyRead": isRead, "late": isLate,
      ]
    case .held(let label, let reason): ["what": "held", "label": label, "reason": "\(reason)"]
    case .coalesced(let label): ["what": "coalesced", "label": label]
    case .dropped(let label): ["what": "dropped", "label": label]
    case .skipped(let label, let reason):
      ["what": "skipped", "label": label, "reason": "\(reason)"]
    case .flushed(let reason, let count):
      ["what": "flushed", "reason": "\(reason)", "count": count]
    case .marker(let conversation, let position, let unread):
      [
        "what": "marker", "conversation": conversation, "upTo": position.ordinal,
        "unread": unread,
      ]
    case .retracted(let conversation, let position):
      ["what": "retracted", "conversation": conversation, "upTo": position.ordinal]
    case .pushed(let label): ["what": "pushed", "label": label]
    case .undelivered(let label, let disposition):
      ["what": "undelivered", "label": label, "disposition": "\(disposition)"]
    case .ended(let reason): ["what": "ended", "reason": "\(reason)"]
    case .mdm(let isEffective): ["what": "mdm", "effective": isEffective]
    }
  }
}
