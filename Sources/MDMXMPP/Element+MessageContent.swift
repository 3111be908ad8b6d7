extension Element {
  /// What this message holds, judged by its children.
  ///
  /// *Complexity*: O(children).
  public var messageContent: MessageContent {
    var content: MessageContent = []
    for node in self.children {
      if case .element(let child) = node { content.formUnion(Self.content(of: child)) }
    }
    if let url = self.child("x", namespace: Namespaces.outOfBand)?
      .child("url", namespace: Namespaces.outOfBand)?.text, !url.isEmpty,
      self.firstChild(where: { $0.isCore("body") })?.text == url
    {
      content.insert(.file)
    }
    return content
  }

  /// Whether this is an element of that name in a namespace of stanzas.
  func isCore(_ name: String) -> Bool {
    self.name == name && Namespaces.holdsStanzas(self.namespace)
  }

  /// What one child stands for.
  ///
  /// Ids and threads say nothing about the content.
  private static func content(of child: Element) -> MessageContent {
    switch child.namespace {
    case Namespaces.client, Namespaces.server, Namespaces.component:
      return Self.core(child.name)
    case Namespaces.chatStates:
      return .chatState
    case Namespaces.receipts:
      return child.name == "received" ? .receipt : .receiptRequest
    case Namespaces.chatMarkers:
      return child.name == "displayed" ? .displayedMarker : .otherMarker
    case Namespaces.hints:
      return Self.hint(child.name)
    case Namespaces.stanzaID, Namespaces.displayed:
      return []
    case Namespaces.delay:
      return .delayed
    case Namespaces.carbons:
      return child.name == "private" ? .isPrivate : []
    case Namespaces.pubsubEvent:
      return .event
    case Namespaces.directInvitation:
      return .invitation
    case Namespaces.roomUser:
      let isInvitation = child.child("invite", namespace: Namespaces.roomUser) != nil
      return isInvitation ? [.invitation, .roomUser] : .roomUser
    case Namespaces.fileSharing:
      return child.name == "file-sharing" ? .file : .other
    case Namespaces.reference:
      let hasMedia = child.child("media-sharing", namespace: Namespaces.inlineMedia) != nil
      return hasMedia ? .file : [.other, .lasting]
    case Namespaces.inlineMedia:
      return .file
    case Namespaces.messageEncryption, Namespaces.oldOpenPGP, Namespaces.openPGP:
      return .encrypted
    case _ where Namespaces.doubleRatchet.contains(child.namespace):
      return Self.isKeyTransport(child) ? .other : .encrypted
    case _ where Namespaces.callInvitations.contains(child.namespace):
      return child.name == "propose" ? [.callProposal, .lasting] : [.other, .lasting]
    case _ where Namespaces.lasting.contains(child.namespace):
      return [.other, .lasting]
    default:
      return .other
    }
  }

  private static func core(_ name: String) -> MessageContent {
    switch name {
    case "body": .body
    case "subject": .subject
    case "thread", "error": []
    default: .other
    }
  }

  private static func hint(_ name: String) -> MessageContent {
    switch name {
    case "no-copy": .noCopy
    case "no-store": .noStore
    case "no-permanent-store": .noPermanentStore
    case "store": .store
    default: []
    }
  }

  /// Whether a double-ratchet element has keys and nothing to read (XEP-0384 §5.6).
  private static func isKeyTransport(_ element: Element) -> Bool {
    element.child("header", namespace: element.namespace) != nil
      && element.child("payload", namespace: element.namespace) == nil
  }
}
