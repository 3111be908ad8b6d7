import MDMXMPP
import XMLStream

// Clients that close their stream while they have more to acknowledge: some answer what they are
// asked last behind the closing tag (XEP-0198 §4). What they have must not come to them again.
extension Connection {
  /// The client has closed its stream: its session ends, save for what it may acknowledge yet.
  func leaveInOrder() {
    guard let session = self.session else { return }
    session.end(because: "stream closed", keepsUnacknowledged: true)
    if session.management?.unacknowledged.isEmpty == false { self.leftSession = session }
  }

  /// A parser behind the header of a stream like that which has ended.
  private func makeLateParser() throws -> StreamParser {
    let parser = StreamParser(pool: self.server.parsers, limits: self.server.settings.xmlLimits)
    let header = "<stream:stream xmlns='\(Namespaces.client)' xmlns:stream='\(Namespaces.stream)'>"
    _ = try Array(header.utf8).withUnsafeBytes { try parser.parse($0) { _ in true } }
    return parser
  }

  /// Looks for acknowledgements in what comes behind the end of the stream; nothing else counts.
  func readLateAcknowledgements(_ bytes: UnsafeRawBufferPointer) {
    guard let session = self.leftSession else { return }
    do {
      let parser = try self.lateParser ?? self.makeLateParser()
      self.lateParser = parser
      try parser.parse(bytes) { event in
        if case .element(let element, _) = event,
          element.isNamed("a", namespace: Namespaces.streamManagement),
          let handled = element.attribute("h").flatMap({ UInt32($0) }),
          session.management?.accepts(handled) == true
        {
          session.acknowledge(handled)
        }
        return true
      }
    } catch {
      self.endLateAcknowledgements()
    }
  }

  /// What is not acknowledged by now waits for the next device, which may be there already.
  func endLateAcknowledgements() {
    guard let session = self.leftSession else { return }
    self.leftSession = nil
    self.lateParser = nil
    session.releaseUnacknowledged()
    for other in session.account.sessions where other.isAvailable && other.priority >= 0 {
      self.server.sendWaiting(to: other)
    }
  }
}
