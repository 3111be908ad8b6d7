internal import MDMSession
public import MDMStanza

extension XMPPBinding {
  /// What an element from a client's stream means.
  ///
  /// - Parameters:
  ///   - element: the element as the host's parser saw it.
  ///   - received: the bytes of just this element, so that its payload passes untouched; nil when
  ///     the host no longer has them.
  ///   - device: the full address of the device. It is stamped on everything (RFC 6120 §8.1.2.1).
  /// - Complexity: O(size).
  public func interpret(
    _ element: Element, received: [UInt8]? = nil, from device: JID
  ) -> ClientInput {
    switch element.namespace {
    case Namespaces.clientState:
      if element.name == "active" { return .clientState(.normal) }
      if element.name == "inactive" { return .clientState(.quiet) }
    case Namespaces.streamManagement:
      guard let input = StreamManagementInput(element) else {
        return .rejected(StanzaRejection(.badRequest, of: element))
      }
      return .streamManagement(input)
    case _ where Namespaces.holdsStanzas(element.namespace):
      if element.isDeeper(than: self.configuration.scanner.depthLimit) {
        return .rejected(StanzaRejection(.policyViolation, of: element))
      }
      do {
        return try self.stanza(element, received, device)
      } catch {
        return .rejected(error)
      }
    default:
      break
    }
    return .rejected(StanzaRejection(.featureNotImplemented, of: element))
  }

  /// A stanza for `account` that came from another server or from a service of this one.
  ///
  /// The host has made sure that the sender is who it says it is.
  ///
  /// - Throws: ``StanzaRejection`` when an address is missing or malformed, or the element is no
  ///   stanza or too deep.
  /// - Complexity: O(size).
  public func incoming(
    _ element: Element, received: [UInt8]? = nil, for account: AccountName
  ) throws(StanzaRejection) -> IncomingStanza {
    guard Namespaces.holdsStanzas(element.namespace),
      ["message", "presence", "iq"].contains(element.name)
    else { throw StanzaRejection(.featureNotImplemented, of: element) }
    if element.isDeeper(than: self.configuration.scanner.depthLimit) {
      throw StanzaRejection(.policyViolation, of: element)
    }
    guard let sender = try Self.address(element, "from") else {
      throw StanzaRejection(.badRequest, of: element)
    }
    let to = try Self.address(element, "to")
    let clean = self.cleaned(element, sender: sender)
    let payload = self.payload(
      of: clean, from: element.attribute("from"), to: element.attribute("to"), received: received)
    let kept = clean.kept
    return IncomingStanza(
      stanza: self.receivedStanza(
        kept, content: kept.name == "message" ? kept.messageContent : [], sender: sender, to: to,
        account: account, payload: payload, PayloadShape.note(of: payload)),
      address: to?.deviceName.map { .device($0) } ?? .account, sender: sender)
  }

  // MARK: - Stanzas of a device

  private func stanza(
    _ element: Element, _ received: [UInt8]?, _ device: JID
  ) throws(StanzaRejection) -> ClientInput {
    let to = try Self.address(element, "to")
    switch element.name {
    case "message": return .message(self.message(element, received, device, to))
    case "presence": return try self.presence(element, received, device, to)
    case "iq": return try self.iq(element, received, device, to)
    default: throw StanzaRejection(.featureNotImplemented, of: element)
    }
  }

  private func message(
    _ element: Element, _ received: [UInt8]?, _ device: JID, _ to: JID?
  ) -> ClientMessage {
    let clean = self.cleaned(element, sender: device)
    let kept = clean.kept
    let peer = to ?? device.bare
    // RFC 6120 §10.3.1: without an address it is for the sender's own account; copies say so.
    let destination = element.attribute("to") ?? device.bareText
    let payload = self.payload(of: clean, from: device.full, to: destination, received: received)
    let note = PayloadShape.note(of: payload)
    var content = kept.messageContent
    let incoming = self.receivedStanza(
      kept, content: content, sender: device, to: peer, account: peer.accountName,
      payload: payload, note)
    if clean.stampedBySender { content.insert(.delayed) }
    var result = self.classification(of: kept, .sent, content: content, peer)
    let isToSelf = peer.isSameAccount(as: device)
    if isToSelf, !peer.isBare { result.flags.insert(.reachesUnavailable) }
    let conversation = Self.conversation(
      MessageType(attribute: element.attribute("type")), content, with: peer)
    let outgoing = Stanza(
      result.kind, conversation: result.kind == .headline ? nil : conversation,
      flags: result.flags, id: element.attribute("id") ?? "", source: device.full,
      destination: destination, payload: payload, payloadNote: note)
    let address: StanzaAddress = peer.deviceName.map { .device($0) } ?? .account
    return ClientMessage(
      to: to, outgoing: outgoing, incoming: incoming, address: address,
      toSelf: isToSelf ? address : nil,
      displayed: clean.displayed.compactMap {
        self.readMark($0, conversation: conversation, account: device)
      },
      displayedElements: clean.displayed,
      displayedMarker: Self.displayedReference(kept, conversation))
  }

  private func receivedStanza(
    _ element: Element, content: MessageContent, sender: JID, to: JID?, account: AccountName,
    payload: [UInt8], _ note: UInt32
  ) -> Stanza {
    var result = self.classification(of: element, .received, content: content, to)
    if sender.bareText == account.text { result.flags.insert(.ownAccount) }
    let isMessage = element.name == "message"
    if isMessage, let to, !to.isBare { result.flags.insert(.reachesUnavailable) }
    let type = MessageType(attribute: element.attribute("type"))
    return Stanza(
      result.kind,
      conversation: isMessage && result.kind != .headline
        ? Self.conversation(type, content, with: sender) : nil,
      coalescingKey: self.coalescingKey(of: element, kind: result.kind, sender: sender),
      flags: result.flags, id: element.attribute("id") ?? "", source: sender.full,
      destination: to?.full ?? account.text, payload: payload, payloadNote: note)
  }

  private func presence(
    _ element: Element, _ received: [UInt8]?, _ device: JID, _ to: JID?
  ) throws(StanzaRejection) -> ClientInput {
    let type = element.attribute("type")
    let clean = self.cleaned(element, sender: device)
    let payload = self.payload(
      of: clean, from: device.full, to: element.attribute("to"), received: received)
    let kind = Classification(presence: type).kind
    let stanza = Stanza(
      kind, coalescingKey: self.coalescingKey(of: clean.kept, kind: kind, sender: device),
      id: element.attribute("id") ?? "", source: device.full, destination: to?.full ?? "",
      payload: payload, payloadNote: PayloadShape.note(of: payload))
    switch (type, to) {
    case (nil, nil):
      return .presence(DevicePresence(element), stanza)
    case ("unavailable", nil):
      return .presence(.unavailable, stanza)
    case (nil, let to?), ("unavailable", let to?), ("error", let to?):
      return .directedPresence(to: to, stanza)
    case ("subscribe", let to?), ("subscribed", let to?), ("unsubscribe", let to?),
      ("unsubscribed", let to?), ("probe", let to?):
      return .subscription(to: to, stanza)
    default:
      throw StanzaRejection(.badRequest, of: element)
    }
  }

  // MARK: - Requests of a device

  private func iq(
    _ element: Element, _ received: [UInt8]?, _ device: JID, _ to: JID?
  ) throws(StanzaRejection) -> ClientInput {
    guard let type = element.attribute("type"), ["get", "set", "result", "error"].contains(type),
      let id = element.attribute("id"), !id.isEmpty
    else { throw StanzaRejection(.badRequest, of: element) }
    if type == "get" || type == "set" {
      // RFC 6120 §8.2.3: a request holds exactly one element.
      let asked = element.elements
      guard asked.count == 1 else { throw StanzaRejection(.badRequest, of: element) }
      let isOwnAccount = to == nil || to == device.bare
      if isOwnAccount,
        let input = try self.ownRequest(asked[0], isSet: type == "set", id, element, device)
      {
        return input
      }
    }
    let payload = self.payload(
      of: CleanStanza(element: element), from: device.full, to: element.attribute("to"),
      received: received)
    let result = Classification(iq: type)
    return .request(
      to: to,
      Stanza(
        result.kind, flags: result.flags, id: id, source: device.full,
        destination: to?.full ?? "", payload: payload))
  }

  /// A request to the device's own account that the engine or the binding answers.
  private func ownRequest(
    _ asked: Element, isSet: Bool, _ id: String, _ element: Element, _ device: JID
  ) throws(StanzaRejection) -> ClientInput? {
    let features = self.configuration.features
    switch asked.namespace {
    case Namespaces.carbons where isSet && features.contains(.carbons):
      if asked.name == "enable" { return .carbons(enable: true, id: id) }
      if asked.name == "disable" { return .carbons(enable: false, id: id) }
      throw StanzaRejection(.badRequest, of: element)
    case self.configuration.privateNamespace where isSet && features.contains(.silentMode):
      switch (asked.name, asked.attribute("value")) {
      case ("mode", "silent"): return .silent(true, id: id)
      case ("mode", "normal"): return .silent(false, id: id)
      default: throw StanzaRejection(.badRequest, of: element)
      }
    case Namespaces.pubsub where features.contains(.displayedSync):
      return try self.displayedRequest(asked, isSet: isSet, id, element, device)
    default:
      return nil
    }
  }

  private static func address(
    _ element: Element, _ attribute: String
  ) throws(StanzaRejection) -> JID? {
    guard let text = element.attribute(attribute) else { return nil }
    do {
      return try JID(text)
    } catch {
      throw StanzaRejection(.jidMalformed, of: element)
    }
  }
}

extension DevicePresence {
  /// Available presence as RFC 6121 §4.7.2 writes it.
  ///
  /// An empty `show` is sent by clients in use and means none. An unknown one must not pass for
  /// Available, because that would renew the activity (B2). A priority that is no number is 0.
  init(_ presence: Element) {
    let show = presence.firstChild { $0.isCore("show") }?.text ?? ""
    let priority = presence.firstChild { $0.isCore("priority") }?.text ?? ""
    self = .available(PresenceShow(text: show), priority: Int8(priority) ?? 0)
  }
}

extension PresenceShow {
  init(text: String) {
    switch text {
    case "": self = .available
    case "chat": self = .chat
    case "xa": self = .extendedAway
    case "dnd": self = .doNotDisturb
    default: self = .away
    }
  }
}

extension StreamManagementInput {
  /// What a client may say (XEP-0198 §3–5); nil for anything else.
  init?(_ element: Element) {
    let handled = element.attribute("h").flatMap { UInt32($0) }
    switch element.name {
    case "enable":
      let resume = element.attribute("resume")
      self = .enable(
        resume: resume == "true" || resume == "1",
        maximum: element.attribute("max").flatMap { UInt32($0) })
    case "resume":
      guard let handled, let previous = element.attribute("previd") else { return nil }
      self = .resume(previous: previous, handled: handled)
    case "r":
      self = .request
    case "a":
      guard let handled else { return nil }
      self = .acknowledge(handled: handled)
    default:
      return nil
    }
  }
}
