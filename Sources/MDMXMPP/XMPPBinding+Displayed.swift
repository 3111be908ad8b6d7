internal import MDMStanza

/// Read markers as clients write them (XEP-0490, XEP-0333).
extension XMPPBinding {
  /// What a publication or a query of the markers' node asks; nil for every other node, and for a
  /// query of some items, which is for whoever keeps the node (XEP-0060 §6.5).
  ///
  /// - Throws: ``StanzaRejection`` for an item that names no address.
  func displayedRequest(
    _ pubsub: Element, isSet: Bool, _ id: String, _ element: Element, _ device: JID
  ) throws(StanzaRejection) -> ClientInput? {
    guard let action = pubsub.child(isSet ? "publish" : "items", namespace: Namespaces.pubsub),
      action.attribute("node") == Namespaces.displayed
    else { return nil }
    guard isSet else {
      let asksForAll = action.elements.isEmpty && action.attribute("max_items") == nil
      return asksForAll ? .displayedQuery(id: id) : nil
    }
    var marks: [ReadMark] = []
    for item in action.children(where: { $0.name == "item" }) {
      guard let name = item.attribute("id"), let chat = try? JID(name) else {
        throw StanzaRejection(.badRequest, of: element)
      }
      if let displayed = item.child("displayed", namespace: Namespaces.displayed),
        let mark = self.readMark(
          displayed, conversation: ConversationID(chat.full), account: device)
      {
        marks.append(mark)
      }
    }
    return .displayedSync(marks, id: id)
  }

  /// The mark that an element makes, or nil when its id is none of this account's archive: another
  /// `by` numbers other messages, and an unknown id is ignored (B21).
  func readMark(
    _ displayed: Element, conversation: ConversationID, account: JID
  ) -> ReadMark? {
    guard let element = displayed.child("stanza-id", namespace: Namespaces.stanzaID),
      let id = element.attribute("id").flatMap({ StableID($0) }),
      let by = element.attribute("by").flatMap({ try? JID($0) }), by == account.bare
    else { return nil }
    return ReadMark(conversation: conversation, position: id.position)
  }

  /// The message that a marker names; never out of an error (XEP-0333 §5).
  static func displayedReference(
    _ message: Element, _ conversation: ConversationID
  ) -> DisplayedReference? {
    guard message.attribute("type") != "error",
      let id = message.child("displayed", namespace: Namespaces.chatMarkers)?.attribute("id"),
      !id.isEmpty
    else { return nil }
    return DisplayedReference(conversation: conversation, messageID: id)
  }
}
