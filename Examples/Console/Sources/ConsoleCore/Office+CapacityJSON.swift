import MDM
import MDMRedundancy

extension Office {
  /// Room, load and alarms of both nodes and of the group.
  var capacityJSON: JSON {
    let alarms = self.capacity.alarms
    let subjects = [
      self.json(alarms.nodes.first, "Node \(NodeID.first.name)"),
      self.json(alarms.nodes.second, "Node \(NodeID.second.name)"),
      self.json(alarms.group, "Group \(OfficeCapacity.group.name)"),
    ]
    return .members([
      "limit": .int(self.capacity.settings.limitPercent),
      "holdTime": .int(Int(self.capacity.settings.holdTime.components.seconds)),
      "size": .int(alarms.group.model.size.users), "mode": .string(Self.words(self.servedBy)),
      "loadSessions": .int(self.people.count { $0.isLoad && $0.devices[0].handle != nil }),
      "subjects": .array(subjects),
      "entries": .array(self.capacity.entries.suffix(20).reversed().map { Self.json($0) }),
      "suggestion": self.suggestionJSON,
      "action": .string(CapacityAlert.suggestedAction),
    ])
  }

  private var servedBy: ServingMode { self.capacity.alarms.group.model.mode }

  private static func words(_ mode: ServingMode) -> String {
    switch mode {
    case .alone: "no high availability"
    case .activeStandby: "one node serves everybody"
    case .activeActive: "both nodes serve, half of each is kept free"
    }
  }

  private func json(_ alarm: CapacityAlarm, _ title: String) -> JSON {
    .members([
      "title": .string(title), "load": .int(alarm.load),
      "capacity": .int(alarm.level.capacity), "percent": .string(alarm.level.percentText),
      "threshold": .int(alarm.model.threshold(limitPercent: alarm.settings.limitPercent)),
      "isRaised": .bool(alarm.isRaised), "alerts": .int(alarm.alertCount),
      "timeOver": .whole(
        alarm.timeOver(at: self.now).map { Int($0.components.seconds) }),
    ])
  }

  private static func json(_ entry: OfficeCapacity.Entry) -> JSON {
    let alert = entry.effect.alert
    let what =
      switch entry.effect {
      case .raised: "raised"
      case .repeated: "repeated, alert \(alert.number)"
      case .cleared(_, .withinLimit): "taken back: within the limit"
      case .cleared(_, .disabled): "taken back: switched off"
      }
    return .members([
      "at": .string(OfficeTime.text(entry.instant)), "subject": .string("\(alert.subject)"),
      "what": .string(what), "percent": .string(alert.level.percentText),
    ])
  }

  /// The latest suggested moves, while an alarm is raised.
  private var suggestionJSON: JSON {
    let alarms = self.capacity.alarms
    let isRaised = [alarms.nodes.first, alarms.nodes.second, alarms.group].contains { $0.isRaised }
    guard isRaised, let plan = self.capacity.suggestion else { return .null }
    return .members([
      "before": .array([.int(plan.sessionsBefore.first), .int(plan.sessionsBefore.second)]),
      "after": .array([.int(plan.sessionsAfter.first), .int(plan.sessionsAfter.second)]),
      "moves": .array(
        plan.moves.map { move in
          .members([
            "user": .string(move.account.text), "from": .string(move.source.name),
            "to": .string(move.destination.name),
          ])
        }),
    ])
  }
}
