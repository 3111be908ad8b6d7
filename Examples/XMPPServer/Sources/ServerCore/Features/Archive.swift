import MDM
import MDMXMPP
import ServerStorage

/// The elements of archive queries (XEP-0313, XEP-0059).
enum ArchiveElements {
  static let namespace = "urn:xmpp:mam:2"
  static let paging = "http://jabber.org/protocol/rsm"
  /// Messages that one page has at most.
  static let pageLimit = 250

  /// What may be asked for.
  static let form = Element(
    "query", namespace: Self.namespace, [:],
    [
      DataForm.element(
        "form", type: Self.namespace,
        [
          ("with", ""), ("start", ""), ("end", ""), ("before-id", ""), ("after-id", ""),
          ("ids", ""),
        ])
    ])

  /// One message of the archive, for whoever has asked.
  static func result(
    _ message: ArchivedMessage, queryID: String?, account: JID, to device: JID
  ) -> [UInt8] {
    let id = "\(message.position)"
    var bytes: [UInt8] = []
    bytes.reserveCapacity(message.stanza.count + 400)
    bytes += "<message xmlns='jabber:client' from='".utf8
    bytes += XMLText.escapedValue(account.bareText)
    bytes += "' to='".utf8
    bytes += XMLText.escapedValue(device.full)
    bytes += "'><result xmlns='\(Self.namespace)' id='\(id)'".utf8
    if let queryID {
      bytes += " queryid='".utf8
      bytes += XMLText.escapedValue(queryID)
      bytes += "'".utf8
    }
    bytes += "><forwarded xmlns='\(Namespaces.forward)'><delay xmlns='\(Namespaces.delay)'".utf8
    bytes += " stamp='\(ServerTime.stamp(unixMicroseconds: message.stamp))'/>".utf8
    bytes += message.stanza
    bytes += "</forwarded></result></message>".utf8
    return bytes
  }

  /// The end of a page.
  static func end(_ page: ArchivePage) -> Element {
    var set: [Element] = []
    if let first = page.messages.first, let last = page.messages.last {
      set.append(Element("first", namespace: Self.paging, text: "\(first.position)"))
      set.append(Element("last", namespace: Self.paging, text: "\(last.position)"))
    }
    if let count = page.count {
      set.append(Element("count", namespace: Self.paging, text: "\(count)"))
    }
    return Element(
      "fin", namespace: Self.namespace, ["complete": page.isComplete ? "true" : nil],
      [Element("set", namespace: Self.paging, [:], set)])
  }
}

extension XMPPServer {
  func performArchive(_ request: Request) throws {
    guard self.settings.archive else { return request.fail(.serviceUnavailable) }
    switch (request.payload.name, request.isSet) {
    case ("query", false):
      request.succeed(ArchiveElements.form)
    case ("query", true):
      try self.performArchiveQuery(request)
    case ("metadata", false):
      try self.performArchiveMetadata(request)
    default:
      request.fail(.featureNotImplemented)
    }
  }

  private func performArchiveQuery(_ request: Request) throws {
    let account = request.account
    guard var query = ArchiveQuery(request.payload, of: account.id) else {
      return request.fail(.badRequest)
    }
    // A page has to fit beside what waits for the device anyway.
    query.maximumBytes = self.settings.limits.outputBytes / 4
    // What this very turn has accepted belongs to the archive already.
    self.appendArchive()
    guard case .page(let page) = try self.store.query(query) else {
      return request.fail(.itemNotFound)
    }
    let queryID = request.payload.attribute("queryid")
    let isFlipped =
      request.payload.child("flip-page", namespace: ArchiveElements.namespace) != nil
    for message in isFlipped ? page.messages.reversed() : page.messages {
      request.session.send(
        ArchiveElements.result(
          message, queryID: queryID, account: account.address, to: request.session.address))
    }
    request.succeed(ArchiveElements.end(page))
  }

  /// The oldest and the newest message (XEP-0313 §7).
  private func performArchiveMetadata(_ request: Request) throws {
    self.appendArchive()
    let account = request.account.id
    func edge(_ name: String, _ message: ArchivedMessage?) -> Element? {
      message.map {
        Element(
          name, namespace: ArchiveElements.namespace,
          [
            "id": "\($0.position)", "timestamp": ServerTime.stamp(unixMicroseconds: $0.stamp),
          ])
      }
    }
    func only(_ page: ArchiveQuery.Page) throws -> ArchivedMessage? {
      let query = ArchiveQuery(account: account, page: page, maximum: 1)
      guard case .page(let found) = try self.store.query(query) else { return nil }
      return found.messages.first
    }
    let first = try only(.forward(after: nil))
    let last = try only(.backward(before: nil))
    request.succeed(
      Element(
        "metadata", namespace: ArchiveElements.namespace, [:],
        [edge("start", first), edge("end", last)].compactMap { $0 }))
  }
}
