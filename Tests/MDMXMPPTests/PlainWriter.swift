import MDMEngine
import MDMStanza
import MDMXMPP

/// What a delivery's bytes have to be, worked out the plain way: with texts, in the order of the
/// specifications, without a thought for speed.
struct PlainWriter {
  var delivery: Delivery
  var device: JID
  var clock: WallClock
  /// The namespace of the note about ringing, if there is one.
  var noteNamespace: String?

  private var payload: [UInt8] { self.delivery.stanza.payload }
  private var isMessage: Bool { self.payload.starts(with: "<message ".utf8) }

  /// The bytes.
  var bytes: [UInt8] {
    let endTag = self.endTag
    var inner = Array(self.payload.dropLast(endTag.utf8.count))
    guard self.isMessage, self.delivery.form != .original else {
      inner += (self.stanzaID(endTag) + self.delay(endTag) + self.note(endTag)).utf8
      return inner + endTag.utf8
    }
    let direction = self.delivery.form == .receivedCopy ? "received" : "sent"
    var bytes = Array("<message xmlns='jabber:client'".utf8)
    if let type = self.type { bytes += Array(" type='".utf8) + type + Array("'".utf8) }
    bytes += " from='\(Self.escaped(self.device.bareText))'".utf8
    bytes += " to='\(Self.escaped(self.device.full))'>".utf8
    bytes += "<\(direction) xmlns='urn:xmpp:carbons:2'>".utf8
    bytes += "<forwarded xmlns='urn:xmpp:forward:0'>".utf8
    bytes += self.delay(endTag).utf8
    bytes += inner
    bytes += self.stanzaID(endTag).utf8
    bytes += endTag.utf8
    bytes += "</forwarded></\(direction)>".utf8
    bytes += self.note(endTag).utf8
    bytes += "</message>".utf8
    return bytes
  }

  /// The end tag before which something can be put; empty when there is none.
  private var endTag: String {
    guard self.isMessage || self.payload.starts(with: "<presence ".utf8) else { return "" }
    for tag in ["</message>", "</presence>"]
    where self.payload.count > tag.utf8.count
      && self.payload.suffix(tag.utf8.count).elementsEqual(tag.utf8)
    {
      return tag
    }
    return ""
  }

  private var type: [UInt8]? {
    let head = Array("<message xmlns='jabber:client' type='".utf8)
    guard self.payload.starts(with: head) else { return nil }
    let rest = self.payload.dropFirst(head.count)
    return rest.firstIndex(of: UInt8(ascii: "'")).map { Array(rest[..<$0]) }
  }

  private func stanzaID(_ endTag: String) -> String {
    guard self.isMessage, !endTag.isEmpty, let position = self.delivery.position else { return "" }
    let by = Self.escaped(self.device.bareText)
    return "<stanza-id xmlns='urn:xmpp:sid:0' by='\(by)' id='\(StableID(position))'/>"
  }

  private func delay(_ endTag: String) -> String {
    guard !endTag.isEmpty, let since = self.delivery.heldSince, !self.hasDelay else { return "" }
    let stamp = self.clock.stamp(of: since)
    return "<delay xmlns='urn:xmpp:delay' from='\(self.device.domain)' stamp='\(stamp)'/>"
  }

  private func note(_ endTag: String) -> String {
    guard self.isMessage, !endTag.isEmpty, let namespace = self.noteNamespace else { return "" }
    let read = self.delivery.alreadyRead ? " read='true'" : ""
    let decision = self.delivery.notification
    return "<notify xmlns='\(Self.escaped(namespace))' ring='\(decision.rings)'"
      + " why='\(Self.why(decision))'\(read)/>"
  }

  private static func why(_ decision: NotificationDecision) -> String {
    // The names of the cases with hyphens instead of capitals.
    "\(decision)".map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
  }

  /// Whether a child called delay names the namespace of delays anywhere in it.
  private var hasDelay: Bool {
    guard let layout = try? StanzaScanner(depthLimit: .max).layout(of: self.payload) else {
      return false
    }
    return layout.children.contains { child in
      let name = self.payload[child.name]
      let local = name.split(separator: UInt8(ascii: ":"), maxSplits: 1).last ?? []
      return local.elementsEqual("delay".utf8)
        && Self.contains(Array(self.payload[child.range]), Array("urn:xmpp:delay".utf8))
    }
  }

  private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: wanted) }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("'", with: "&apos;").replacing("\"", with: "&quot;")
  }
}
