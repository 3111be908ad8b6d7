public import MDMStanza

extension XMPPBinding {
  /// What a stanza is to the engine of `account`.
  ///
  /// Inside a carbon that the account's own server has made, it is the wrapped message that is
  /// classified, in the direction that the wrapper tells; this is for hosts that stand behind
  /// another server. A wrapper from anybody else is nothing at all (XEP-0280 §11).
  ///
  /// *Complexity*: O(children).
  public func classification(
    of element: Element, _ direction: Classification.Direction, account: JID
  ) -> Classification {
    if element.name == "message", let carbon = self.carbon(in: element, of: account) {
      var inner = self.classification(of: carbon.message, carbon.direction, account: account)
      if carbon.direction == .sent { inner.flags.insert(.ownAccount) }
      return inner
    }
    let (sender, to) = (Self.address(element, "from"), Self.address(element, "to"))
    var result = self.classification(of: element, direction, content: element.messageContent, to)
    if direction == .received, sender?.isSameAccount(as: account) == true {
      result.flags.insert(.ownAccount)
    }
    return result
  }

  /// The same for a stanza whose content has been looked through already.
  func classification(
    of element: Element, _ direction: Classification.Direction, content: MessageContent, _ to: JID?
  ) -> Classification {
    switch element.name {
    case "presence":
      Classification(presence: element.attribute("type"))
    case "iq":
      Classification(iq: element.attribute("type"))
    default:
      Classification(
        message: MessageType(attribute: element.attribute("type")), content, direction,
        toDevice: to.map { !$0.isBare } ?? false,
        archivesMarkers: self.configuration.archivesMarkers)
    }
  }

  /// The conversation that a message belongs to, with this address at its other end.
  ///
  /// It is the bare address, save for a private message of a room: there the resource is whom one
  /// talks to (XEP-0045 §7.5, B48).
  public func conversation(of message: Element, with peer: JID) -> ConversationID {
    let type = MessageType(attribute: message.attribute("type"))
    return Self.conversation(type, message.messageContent, with: peer)
  }

  static func conversation(
    _ type: MessageType, _ content: MessageContent, with peer: JID
  ) -> ConversationID {
    guard type != .groupchat, content.contains(.roomUser), !content.contains(.invitation) else {
      return peer.conversation
    }
    return ConversationID(peer.full)
  }

  private static func address(_ element: Element, _ attribute: String) -> JID? {
    element.attribute(attribute).flatMap { try? JID($0) }
  }

  private func carbon(
    in element: Element, of account: JID
  ) -> (message: Element, direction: Classification.Direction)? {
    guard let sender = Self.address(element, "from"), sender == account.bare,
      let wrapper = element.firstChild(where: {
        $0.namespace == Namespaces.carbons && ($0.name == "received" || $0.name == "sent")
      }),
      let message = wrapper.child("forwarded", namespace: Namespaces.forward)?
        .child("message", namespace: Namespaces.client)
    else { return nil }
    return (message, wrapper.name == "sent" ? .sent : .received)
  }

  // MARK: - What replaces what

  /// The key under which a newer stanza replaces this one while it is held (B8).
  ///
  /// Presence goes by the sender's full address; what a room says about its own user, with status
  /// codes, is not replaced. An event goes by its sender and node; it goes by its item as well
  /// where items of a node each stay valid: on a publish-subscribe service and on the nodes that
  /// ``Configuration/manyItemNodes`` names. Retractions and purges replace nothing.
  func coalescingKey(of element: Element, kind: StanzaKind, sender: JID) -> CoalescingKey? {
    if kind == .presence {
      let room = element.child("x", namespace: Namespaces.roomUser)
      let hasStatus = room?.child("status", namespace: Namespaces.roomUser) != nil
      return hasStatus ? nil : CoalescingKey(sender.full)
    }
    guard kind == .headline,
      let items = element.child("event", namespace: Namespaces.pubsubEvent)?
        .child("items", namespace: Namespaces.pubsubEvent),
      let node = items.attribute("node")
    else { return nil }
    let published = items.elements
    guard !published.isEmpty, published.allSatisfy({ $0.name == "item" }) else { return nil }
    let key = "\(sender.full)|\(node)"
    if sender.local != nil, !self.configuration.manyItemNodes.contains(node) {
      return CoalescingKey(key)
    }
    guard published.count == 1, let item = published[0].attribute("id") else { return nil }
    return CoalescingKey("\(key)|\(item)")
  }
}
