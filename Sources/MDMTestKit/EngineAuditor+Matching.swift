import MDM

// Effects in the form in which the model foretells them.
extension Trace {
  init(_ request: ArchiveRequest) {
    self.init(
      kind: .archive, stanza: request.stanza, detail: request.direction.rawValue,
      position: request.position.ordinal)
  }

  init(_ unroutable: Unroutable) {
    self.init(
      kind: .unroutable, stanza: unroutable.stanza, decision: unroutable.disposition.rawValue,
      position: unroutable.position?.ordinal ?? 0)
  }

  init(_ delivery: Delivery) {
    self.init(
      kind: .deliver, stanza: delivery.stanza, detail: delivery.form.rawValue,
      decision: delivery.notification.rawValue, mark: delivery.alreadyRead,
      position: delivery.position?.ordinal ?? 0, instant: delivery.heldSince?.nanoseconds ?? .min)
  }

  init(_ marker: MarkerDelivery) {
    self.init(
      kind: .marker, conversation: marker.conversation, position: marker.upTo.ordinal,
      count: marker.unread, instant: Int64(bitPattern: marker.revision))
  }

  init(_ undelivered: Undelivered) {
    self.init(
      kind: .undelivered, stanza: undelivered.stanza, detail: undelivered.form.rawValue,
      decision: undelivered.disposition.rawValue, mark: undelivered.copyDeliveredElsewhere,
      position: undelivered.position?.ordinal ?? 0, instant: undelivered.heldSince.nanoseconds)
  }

  /// Every field that says something, for a report.
  var text: String {
    var text = "\(self.kind)"
    if let stanza = self.stanza { text += " #\(stanza.id) \(stanza.kind)" }
    if let conversation = self.conversation { text += " \(conversation)" }
    switch self.kind {
    case .deliver:
      let decision = NotificationDecision(rawValue: self.decision)
      text += " \(Delivery.Form(rawValue: self.detail).map { "\($0)" } ?? "")"
      text += " \(decision.map { "\($0)" } ?? "") read=\(self.mark) at=\(self.instant)"
    case .undelivered:
      text += " \(Disposition(rawValue: self.decision).map { "\($0)" } ?? "")"
      text += " elsewhere=\(self.mark) at=\(self.instant)"
    case .unroutable: text += " \(Disposition(rawValue: self.decision).map { "\($0)" } ?? "")"
    case .flush: text += " \(FlushReason(rawValue: self.detail).map { "\($0)" } ?? "")"
    case .ended: text += " \(Ended.Reason(rawValue: self.detail).map { "\($0)" } ?? "")"
    case .marker: text += " revision=\(self.instant)"
    case .archive, .route, .push, .mdmChanged: break
    }
    if self.position != 0 { text += " position=\(self.position)" }
    if self.kind == .flush || self.kind == .marker { text += " count=\(self.count)" }
    return text
  }
}

// Comparing what is seen with what was foretold, in order, receiver by receiver.
extension EngineAuditor {
  func match(_ trace: Trace, _ handle: DeviceHandle) throws(AuditViolation) {
    guard let device = self.model.everyDevice[handle] else {
      throw AuditViolation("effects", "\(trace.text) for \(handle), which was never given out")
    }
    guard device.cursor < device.expected.count else {
      throw AuditViolation(
        "effects \(trace.kind), not nothing",
        "\(device.name) at \(handle) gets \(trace.text) and should get nothing more")
    }
    let expected = device.expected[device.cursor]
    device.cursor += 1
    if expected != trace {
      throw AuditViolation(
        "effects \(trace.kind), not \(expected.kind)",
        "\(device.name) at \(handle) gets \(trace.text) and should get \(expected.text)")
    }
  }

  func matchAccount(_ trace: Trace, _ handle: AccountHandle) throws(AuditViolation) {
    let account =
      self.model.account(handle) ?? self.model.closed.first { $0.handle == handle }
    guard let account, !account.expected.isEmpty else {
      throw AuditViolation("effects", "\(handle) gets \(trace.text) and should get nothing")
    }
    let expected = account.expected.removeFirst()
    if expected != trace {
      throw AuditViolation(
        "effects", "\(handle) gets \(trace.text) and should get \(expected.text)")
    }
  }

  func checkNothingMissing() throws(AuditViolation) {
    for device in self.model.touched {
      if device.cursor < device.expected.count {
        let missing = device.expected[device.cursor]
        throw AuditViolation(
          "effects nothing, not \(missing.kind)",
          "\(device.name) at \(device.handle) does not get \(missing.text)")
      }
      device.expected.removeAll(keepingCapacity: true)
      device.cursor = 0
    }
    self.model.touched.removeAll(keepingCapacity: true)
    for account in self.model.accounts {
      if let first = account?.expected.first {
        throw AuditViolation("effects", "an account does not get \(first.text)")
      }
    }
    for account in self.model.closed {
      if let first = account.expected.first {
        throw AuditViolation("effects", "a closed account does not get \(first.text)")
      }
    }
  }
}
