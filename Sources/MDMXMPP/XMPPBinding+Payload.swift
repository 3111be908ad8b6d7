/// A stanza without what must not pass, and what was taken out of it.
struct CleanStanza {
  /// The stanza as it was received.
  let element: Element
  /// Which of its child elements are taken out, by ordinal; ascending.
  var removed: [Int] = []
  /// What it says has been read; only from a device of the account.
  var displayed: [Element] = []
  /// Whether a stamp that was taken out named the sender itself.
  var stampedBySender = false

  /// The children that stay.
  var children: [Element.Node] {
    if self.removed.isEmpty { return self.element.children }
    var (ordinal, kept): (Int, [Element.Node]) = (0, [])
    for node in self.element.children {
      switch node {
      case .text:
        kept.append(node)
      case .element:
        if !self.removed.contains(ordinal) { kept.append(node) }
        ordinal += 1
      }
    }
    return kept
  }

  /// The stanza with the children that stay.
  var kept: Element {
    if self.removed.isEmpty { return self.element }
    return Element(
      name: self.element.name, namespace: self.element.namespace,
      attributes: self.element.attributes, children: self.children)
  }
}

extension XMPPBinding {
  // MARK: - What must not pass

  /// Finds what claims to come from this server and does not (B28).
  ///
  /// Wrappers of carbons would let a stranger speak in the account's own name (CVE-2017-5589 and
  /// its kin), stanza ids of ours would point into the archive (XEP-0359 §6), delays of ours would
  /// backdate (XEP-0203 §5), our own namespace would ring. An iq passes as it is.
  func cleaned(_ element: Element, sender: JID) -> CleanStanza {
    var clean = CleanStanza(element: element)
    guard element.name != "iq" else { return clean }
    var ordinal = -1
    for node in element.children {
      guard case .element(let child) = node else { continue }
      ordinal += 1
      switch child.namespace {
      case Namespaces.carbons where child.name == "received" || child.name == "sent":
        clean.removed.append(ordinal)
      case Namespaces.stanzaID where child.name == "stanza-id" && self.isOwn(child.attribute("by")):
        clean.removed.append(ordinal)
      case Namespaces.delay where self.isOwn(child.attribute("from")):
        clean.removed.append(ordinal)
        let stamper = child.attribute("from").flatMap { try? JID($0) }
        if stamper?.isSameAccount(as: sender) == true { clean.stampedBySender = true }
      case Namespaces.displayed where self.configuration.features.contains(.serverAssist):
        clean.removed.append(ordinal)
        clean.displayed.append(child)
      case self.configuration.privateNamespace:
        clean.removed.append(ordinal)
      default:
        break
      }
    }
    return clean
  }

  // MARK: - The payload

  /// The bytes that every delivery of the stanza is made of.
  ///
  /// The start tag is written anew: namespace, type, from, to, id, then the rest as it was. What
  /// is inside is copied from the received bytes wherever they can be trusted to mean the same
  /// there, and written from the tree otherwise. There always is an end tag.
  func payload(
    of clean: CleanStanza, from: String?, to: String?, received: [UInt8]?
  ) -> [UInt8] {
    let element = clean.element
    var bytes: [UInt8] = []
    bytes.reserveCapacity((received?.count ?? 512) + 160)
    bytes.append(UInt8(ascii: "<"))
    bytes.append(contentsOf: element.name.utf8)
    bytes.append(literal: " xmlns='jabber:client'")
    if let type = element.attribute("type") { bytes.append(attribute: "type", type) }
    if let from { bytes.append(attribute: "from", from) }
    if let to { bytes.append(attribute: "to", to) }
    if let id = element.attribute("id") { bytes.append(attribute: "id", id) }
    bytes.append(
      attributes: element.attributes.filter { attribute in
        attribute.prefix != nil || !["type", "from", "to", "id"].contains(attribute.name)
      })
    bytes.append(UInt8(ascii: ">"))
    if !self.appendReceived(received, of: clean, to: &bytes) {
      for node in clean.children { node.write(to: &bytes, inside: element.namespace) }
    }
    bytes.append(literal: "</")
    bytes.append(contentsOf: element.name.utf8)
    bytes.append(UInt8(ascii: ">"))
    return bytes
  }

  /// Appends what is inside the received bytes, without what was taken out.
  ///
  /// Returns false, with nothing appended, when the bytes are not those of this element or would
  /// mean something else under another start tag.
  private func appendReceived(
    _ received: [UInt8]?, of clean: CleanStanza, to bytes: inout [UInt8]
  ) -> Bool {
    guard let received,
      let layout = try? self.configuration.scanner.layout(of: received),
      Self.agree(layout, received, clean.element)
    else { return false }
    var start = layout.content.lowerBound
    for ordinal in clean.removed {
      let range = layout.children[ordinal].range
      bytes.append(contentsOf: received[start..<range.lowerBound])
      start = range.upperBound
    }
    bytes.append(contentsOf: received[start..<layout.content.upperBound])
    return true
  }

  /// Whether bytes and tree have the same name and children, and no prefix reaches in from outside.
  ///
  /// What was cut out of the tree is cut out of the bytes by its ordinal, so they have to agree.
  private static func agree(
    _ layout: StanzaScanner.Layout, _ bytes: [UInt8], _ element: Element
  ) -> Bool {
    guard element.name.hasBytes(bytes[layout.name]) else { return false }
    var ordinal = 0
    for node in element.children {
      guard case .element(let child) = node else { continue }
      guard ordinal < layout.children.count else { return false }
      let place = layout.children[ordinal]
      let name = bytes[place.name]
      let local = name.firstIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
      guard !place.needsOuterPrefix, child.name.hasBytes(local) else { return false }
      ordinal += 1
    }
    return ordinal == layout.children.count
  }
}

extension String {
  /// Whether these bytes are the text's UTF-8.
  fileprivate func hasBytes(_ bytes: ArraySlice<UInt8>) -> Bool {
    self.utf8.withContiguousStorageIfAvailable { $0.elementsEqual(bytes) }
      ?? self.utf8.elementsEqual(bytes)
  }
}
