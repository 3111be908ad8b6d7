import MDM
import MDMXMPP
import ServerStorage

/// A message that did not fit into what the engine holds for a device whose connection is lost. The
/// archive has it, and the device gets it from there when it resumes, so that its stream has no
/// gap (XEP-0198 §5).
struct MissedStanza {
  /// Its place in the archive.
  let position: UInt64
  /// How it would have been delivered.
  let form: Delivery.Form
  /// Whether no other device has it, so that it waits for the next one if this never comes back.
  let waits: Bool

  /// How many a session may have missed; one that has missed more has to sign in anew.
  static let limit = 10_000

  /// The bytes for the device, out of the archive.
  func bytes(_ message: ArchivedMessage, to device: JID, by binding: XMPPBinding) -> [UInt8] {
    let wrapper: String
    switch self.form {
    case .original:
      return binding.bytes(
        forStored: Stanza(.chat, payload: message.stanza),
        position: ArchivePosition(message.position), acceptedAt: message.stamp * 1_000, to: device)
    case .receivedCopy: wrapper = "received"
    case .sentCopy: wrapper = "sent"
    }
    var bytes = Array("<message xmlns='jabber:client' type='chat' from='".utf8)
    bytes += XMLText.escapedValue(device.bareText)
    bytes += "' to='".utf8
    bytes += XMLText.escapedValue(device.full)
    bytes += "'><\(wrapper) xmlns='\(Namespaces.carbons)'>".utf8
    bytes += "<forwarded xmlns='\(Namespaces.forward)'><delay xmlns='\(Namespaces.delay)'".utf8
    bytes += " stamp='\(ServerTime.stamp(unixMicroseconds: message.stamp))'/>".utf8
    bytes += message.stanza
    bytes += "</forwarded></\(wrapper)></message>".utf8
    return bytes
  }
}

extension ClientSession {
  /// Takes notice of a held stanza that the engine gives up while the device is away; false when
  /// the device is not, or cannot get it later.
  func noteMissed(_ item: Undelivered) -> Bool {
    guard !self.isOver, !self.isEnding, self.connection == nil, let position = item.position,
      self.server.settings.archive, self.missed.count < MissedStanza.limit
    else { return false }
    self.missed.append(
      MissedStanza(
        position: position.ordinal, form: item.form, waits: item.disposition == .storeOffline))
    return true
  }
}

extension ClientSession {
  /// Its stream has a gap that cannot be filled: the client has to sign in anew, and then asks the
  /// archive.
  func makeUnresumable() {
    if let management = self.management, let id = management.resumptionID {
      self.account.noteEndedStream(id, handled: management.handled)
    }
    self.management?.forgetResumption()
    self.server.log.info("session.gap", ["user": self.address.full])
  }
}

extension XMPPServer {
  /// Sends a device that has come back what it has missed, oldest first.
  func sendMissed(to session: ClientSession) {
    guard !session.missed.isEmpty else { return }
    self.appendArchive()
    var sent = 0
    let isRead = self.attempt("missed") {
      for stanza in session.missed {
        let message = try self.store.message(of: session.account.id, position: stanza.position)
        sent += 1
        // One that has been pruned meanwhile is too old for everybody.
        guard let message else { continue }
        session.send(
          stanza.bytes(message, to: session.address, by: self.binding),
          position: stanza.waits ? stanza.position : nil)
      }
    }
    session.missed.removeFirst(sent)
    // What follows would come after a gap: the client may try again.
    if !isRead {
      session.connection?.fail(
        .init(.internalServerError, "the archive cannot be read"), keepsSession: true)
    }
  }
}
