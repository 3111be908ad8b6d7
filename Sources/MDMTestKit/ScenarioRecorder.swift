import MDM

// From what the engine said to what each device observed.
extension Scenario {
  /// Observations of one step in the order of decision: explanations put what is held, dropped or
  /// coalesced, which has no effect of its own, between the effects it belongs to.
  static func observations(
    of effects: [Effect], _ explanations: [Explanation]
  ) -> [(subject: Subject, event: Observation.Event)] {
    var found: [(subject: Subject, event: Observation.Event)] = []
    var next = 0
    func take(through isLast: (Effect) -> Bool) {
      guard let end = effects[next...].firstIndex(where: isLast) else { return }
      for effect in effects[next...end] { found.append(Self.observation(of: effect)) }
      next = end + 1
    }
    for explanation in explanations {
      let (device, stanza) = (explanation.device, explanation.stanza)
      switch explanation.decision {
      case .delivered, .flushed:
        take { effect in
          guard case .deliver(let delivery) = effect else { return false }
          return delivery.device == device && delivery.stanza == stanza
        }
      case .undelivered:
        take { effect in
          guard case .undelivered(let item) = effect else { return false }
          return item.device == device && item.stanza == stanza
        }
      case .held(let reason): found.append((.device(device), .held(stanza.id, reason)))
      case .coalesced: found.append((.device(device), .coalesced(stanza.id)))
      case .dropped: found.append((.device(device), .dropped(stanza.id)))
      case .skipped(let reason): found.append((.device(device), .skipped(stanza.id, reason)))
      // The push itself is among the effects.
      case .pushed: continue
      @unknown default: continue
      }
    }
    for effect in effects[next...] { found.append(Self.observation(of: effect)) }
    return found
  }

  /// Whom an observation concerns.
  enum Subject {
    /// One device.
    case device(DeviceHandle)
    /// The account as a whole.
    case account(AccountHandle)
    /// The account of a device.
    case accountOf(DeviceHandle)
  }

  private static func observation(
    of effect: Effect
  ) -> (subject: Subject, event: Observation.Event) {
    switch effect {
    case .archive(let request):
      (
        .account(request.account),
        .archived(request.stanza.id, request.position, request.direction)
      )
    case .deliver(let delivery):
      (.device(delivery.device), .delivered(DeliveredStanza(delivery)))
    case .deliverMarker(let marker):
      (
        .device(marker.device),
        .marker(marker.conversation, upTo: marker.upTo, unread: marker.unread)
      )
    case .flush(let flush): (.device(flush.device), .flushed(flush.reason, count: flush.count))
    case .route(let routing): (.accountOf(routing.device), .routed(routing.stanza.id))
    case .push(let push): (.device(push.device), .pushed(push.stanza.id))
    case .retractNotification(let retraction):
      (.device(retraction.device), .retracted(retraction.conversation, upTo: retraction.upTo))
    case .undelivered(let item):
      (
        .device(item.device),
        .undelivered(
          item.stanza.id, item.disposition, copyDeliveredElsewhere: item.copyDeliveredElsewhere)
      )
    case .unroutable(let item):
      (.account(item.account), .unroutable(item.stanza.id, item.disposition))
    case .ended(let ended): (.device(ended.device), .ended(ended.reason))
    case .mdmChanged(let change): (.device(change.device), .mdmChanged(change.isEffective))
    }
  }
}
