import MDM
import MDMXMPP
import ServerStorage

/// The node of an account's read marks (XEP-0490): a node like any other (XEP-0060), of whose items
/// the server makes something as well.
///
/// What an item says is judged by the archive, however old the message is. A mark of a message of
/// another conversation is refused; one that cannot be resolved, as a room's whose messages another
/// server numbers, is kept for the person's devices (B48). Nothing else is answered with a result.
struct DisplayedNode {
  let server: XMPPServer
  let account: Account

  static let name = Namespaces.displayed

  /// As XEP-0490 §3 has clients ask for it.
  static let configuration = PEPNodeConfiguration(
    accessModel: "whitelist", maxItems: PubSubElements.itemLimit, sendLastPublished: "never",
    persist: true)

  /// How a node begins that nobody has configured.
  static func initialConfiguration(of node: String) -> PEPNodeConfiguration {
    node == Self.name ? Self.configuration : .standard
  }

  /// The name of an item as addresses are compared; nil for what is none.
  static func itemID(_ text: String) -> String? { (try? JID(text))?.full }

  /// What a mark comes to.
  enum Verdict: Equatable {
    /// It names a message of its conversation.
    case read(ArchivePosition)
    /// It names a message of another one.
    case anotherConversation
    /// Nobody here can tell.
    case unresolved
  }

  /// Why a mark is not taken.
  enum Refusal: Error {
    /// It says nothing that a mark has to say.
    case malformed
    /// It names another conversation's message.
    case anotherConversation
    /// Marks do not go back (B21).
    case older

    /// What the publisher is told.
    var answer: (condition: StanzaCondition, detail: Element?) {
      switch self {
      case .malformed: (.badRequest, PubSubElements.error("invalid-payload"))
      case .anotherConversation: (.itemNotFound, nil)
      case .older: (.conflict, nil)
      }
    }
  }

  // MARK: - Judging

  /// What the stable id in a mark comes to.
  func verdict(on displayed: Element, in conversation: ConversationID) throws -> Verdict {
    guard let element = displayed.child("stanza-id", namespace: Namespaces.stanzaID),
      let by = element.attribute("by").flatMap({ try? JID($0) }), by == self.account.address,
      let id = element.attribute("id").flatMap({ StableID($0) })
    else { return .unresolved }
    // Without an archive only the engine knows what there has been.
    guard self.server.settings.archive else { return .read(id.position) }
    self.server.appendArchive()
    guard
      let message = try self.server.store.message(
        of: self.account.id, position: id.position.ordinal)
    else { return .unresolved }
    let isOwn = try self.conversation(of: message) == conversation
    return isOwn ? .read(id.position) : .anotherConversation
  }

  /// The conversation that an archived message belongs to.
  private func conversation(of message: ArchivedMessage) throws -> ConversationID? {
    guard let remote = try? JID(message.remote) else { return nil }
    if remote.isBare { return remote.conversation }
    return self.server.binding.conversation(
      of: try StoredElement.parse(message.stanza), with: remote)
  }

  /// Where the message is that a marker names by its sender's own id (XEP-0333), and in which
  /// conversation. An id that two messages share means the earlier one.
  func mark(of id: String, to peer: JID) throws -> MDMXMPP.ReadMark? {
    guard self.server.settings.archive else {
      return self.account.recentMessages.position(of: id, in: peer.conversation).map {
        MDMXMPP.ReadMark(conversation: peer.conversation, position: $0)
      }
    }
    self.server.appendArchive()
    let messages = try self.server.store.messages(
      of: self.account.id, conversation: peer.bareText, named: id)
    for message in messages {
      guard let conversation = try self.conversation(of: message) else { continue }
      if conversation == peer.conversation || conversation.text == peer.full {
        return MDMXMPP.ReadMark(
          conversation: conversation, position: ArchivePosition(message.position))
      }
    }
    return nil
  }

  // MARK: - Taking marks

  /// Takes the item in that a device publishes.
  func publish(
    _ id: String, _ displayed: Element, as configuration: PEPNodeConfiguration,
    from session: ClientSession
  ) throws {
    guard displayed.isNamed("displayed", namespace: Self.name),
      let stableID = displayed.child("stanza-id", namespace: Namespaces.stanzaID),
      stableID.attribute("id")?.isEmpty == false, stableID.attribute("by")?.isEmpty == false
    else { throw Refusal.malformed }
    let conversation = ConversationID(id)
    switch try self.verdict(on: displayed, in: conversation) {
    case .anotherConversation:
      throw Refusal.anotherConversation
    case .unresolved:
      self.server.totals.unresolvedMarks += 1
      try self.keep(id, displayed, configuration, publisher: session)
    case .read(let position):
      if let current = try self.position(of: id), current > position { throw Refusal.older }
      try self.keep(id, displayed, configuration, publisher: session)
      self.tellEngine(conversation, position, session)
    }
  }

  /// Takes in what a message says has been read, in passing (XEP-0490 §4); the message is not
  /// refused for it.
  func take(_ displayed: Element, in conversation: ConversationID, from session: ClientSession) {
    self.server.attempt("read mark") {
      do {
        try self.publish(
          conversation.text, displayed, as: try self.currentConfiguration(), from: session)
      } catch is Refusal {
        self.server.totals.refusedMarks += 1
      }
    }
  }

  /// A device has told the other side that it has shown a message.
  func take(_ mark: MDMXMPP.ReadMark, from session: ClientSession) {
    self.server.attempt("read mark") {
      try self.follow(mark.conversation, mark.position, publisher: session)
    }
    self.tellEngine(mark.conversation, mark.position, session)
  }

  /// Has the node say what has been read, unless it says so already.
  func follow(
    _ conversation: ConversationID, _ position: ArchivePosition, publisher: ClientSession? = nil
  ) throws {
    if let current = try self.position(of: conversation.text), current >= position { return }
    try self.keep(
      conversation.text, self.displayed(position), try self.currentConfiguration(),
      publisher: publisher)
  }

  private func tellEngine(
    _ conversation: ConversationID, _ position: ArchivePosition, _ session: ClientSession
  ) {
    let outcome = self.server.service.read(
      conversation, upTo: position, on: session.device, at: self.server.now)
    guard case .done = outcome else { return }
    self.server.attempt("read mark") {
      try self.server.store.setReadMark(
        of: self.account.id, conversation: conversation.text, position: position.ordinal)
    }
  }

  /// The payload that the server itself publishes.
  private func displayed(_ position: ArchivePosition) -> Element {
    Element(
      "displayed", namespace: Self.name, [:],
      [
        Element(
          "stanza-id", namespace: Namespaces.stanzaID,
          ["by": self.account.address.text, "id": "\(position)"])
      ])
  }

  /// How far the node says that a conversation has been read; nil if it says nothing of it, or
  /// nothing that can be resolved.
  private func position(of id: String) throws -> ArchivePosition? {
    guard
      let item = try self.server.store.item(of: self.account.id, node: Self.name, id: id),
      case .read(let position) = try self.verdict(
        on: try StoredElement.parse(item.payload), in: ConversationID(id))
    else { return nil }
    return position
  }

  /// The node's configuration; makes the node if there is none.
  private func currentConfiguration() throws -> PEPNodeConfiguration {
    let store = self.server.store
    if let current = try store.nodeConfiguration(of: self.account.id, node: Self.name) {
      return current
    }
    try store.createNode(
      of: self.account.id, node: Self.name, configuration: Self.configuration)
    return Self.configuration
  }

  private func keep(
    _ id: String, _ displayed: Element, _ configuration: PEPNodeConfiguration,
    publisher: ClientSession?
  ) throws {
    if configuration.persist {
      _ = try self.server.store.publish(
        node: Self.name, itemID: id, payload: displayed.serialised(),
        publisher: publisher?.address.full ?? self.account.address.text,
        maxItems: configuration.maxItems, of: self.account.id)
    }
    let item = Element("item", namespace: Namespaces.pubsubEvent, ["id": id], [displayed])
    try self.server.announce(
      [item], of: Self.name, configuration, owner: self.account, publisher: publisher)
  }

  // MARK: - Taking marks back

  /// Items were retracted: after a restart the engine takes them for unread.
  func forget(_ ids: [String]) throws {
    for id in ids {
      try self.server.store.removeReadMarks(of: self.account.id, conversation: id)
    }
  }

  /// The same for all of them.
  func forgetAll() throws {
    try self.server.store.removeReadMarks(of: self.account.id)
  }

  // MARK: - Beginning

  /// Gives the engine what had been read when the account was last open, through the first device
  /// that signs in: nobody else is there who would be told. A store from before there was a node
  /// gets one.
  func restore(on device: DeviceHandle) {
    self.server.attempt("read marks") {
      let marks = try self.server.store.readMarks(of: self.account.id)
      if marks.isEmpty { return }
      let hasNode =
        try self.server.store.nodeConfiguration(
          of: self.account.id, node: Self.name) != nil
      for mark in marks {
        let conversation = ConversationID(mark.conversation)
        let position = ArchivePosition(mark.position)
        self.server.service.read(
          conversation, upTo: position, on: device, at: self.server.now)
        if !hasNode { try self.follow(conversation, position) }
      }
    }
  }
}
