import Foundation
import MDM
import MDMXMPP

/// Turns the lines of a recording into events, remembering what the lines leave out.
struct LineReader {
  private(set) var domain = "localhost"
  private(set) var hosted: Set<String> = []
  private var origin: Double?
  private var latest = 0.0
  private var bound: [String: JID] = [:]
  private let scanner = StanzaScanner()

  /// The domain that stands for DOMAIN in a scripted day.
  private static let scriptedDomain = "example.net"

  mutating func events(of line: Data, line number: Int) throws -> [RecordedEvent] {
    let object: Any
    do {
      object = try JSONSerialization.jsonObject(with: line)
    } catch {
      throw RecordingError(line: number, reason: "not a JSON object")
    }
    guard let fields = object as? [String: Any] else {
      throw RecordingError(line: number, reason: "not a JSON object")
    }
    guard let time = (fields["t"] as? NSNumber)?.doubleValue, time.isFinite else {
      throw RecordingError(line: number, reason: "no time in field t")
    }
    guard let xml = fields["xml"] as? String else {
      throw RecordingError(line: number, reason: "no text in field xml")
    }
    let instant = self.instant(of: time)
    if let actor = fields["actor"] as? String {
      return try self.scripted(actor, xml, at: instant, line: number)
    }
    guard let direction = fields["dir"] as? String, direction == "in" || direction == "out" else {
      throw RecordingError(line: number, reason: "field dir is neither in nor out")
    }
    let connection = fields["conn"].map { "\($0)" } ?? "0"
    let isBindResult = direction == "out" && xml.contains("urn:ietf:params:xml:ns:xmpp-bind")
    var events = try self.binding(
      fields["jid"] as? String, of: connection, isBindResult, at: instant, line: number)
    events +=
      direction == "in"
      ? try self.received(xml, on: connection, at: instant, line: number)
      : self.answered(xml, on: connection, at: instant, line: number)
    return events
  }

  /// Time from the first line on. Lines are replayed in the order of the file, so an earlier time
  /// counts as the latest seen, as it does in the engine (B3).
  private mutating func instant(of time: Double) -> MonotonicInstant {
    let origin = self.origin ?? time
    self.origin = origin
    self.latest = max(self.latest, time - origin)
    // A recording of a hundred days at microsecond accuracy fits a double.
    return MonotonicInstant(nanoseconds: Int64((min(self.latest, 8e6) * 1e6).rounded()) * 1_000)
  }

  // MARK: - Recorded streams

  private mutating func binding(
    _ text: String?, of connection: String, _ isBindResult: Bool, at instant: MonotonicInstant,
    line: Int
  ) throws -> [RecordedEvent] {
    guard let text, let address = try? JID(text), !address.isBare else { return [] }
    guard self.bound[connection] != address else { return [] }
    self.bound[connection] = address
    self.domain = address.domain
    self.hosted.insert(address.bareText)
    return [
      RecordedEvent(
        line: line, instant: instant, connection: connection, address: address, content: .bound)
    ]
  }

  private func received(
    _ xml: String, on connection: String, at instant: MonotonicInstant, line: Int
  ) throws -> [RecordedEvent] {
    let bytes = Array(xml.utf8)
    let pieces: [StanzaScanner.Piece]
    do {
      pieces = try self.scanner.split(bytes)
    } catch {
      throw RecordingError(line: line, reason: "malformed XML: \(error)")
    }
    var events: [RecordedEvent] = []
    for piece in pieces {
      switch piece {
      case .declaration, .streamOpen:
        continue
      case .streamClose:
        events.append(self.event(.closed, on: connection, at: instant, line: line))
      case .element(let range):
        let slice = Array(bytes[range])
        let element = try XMLTree.element(of: slice, line: line)
        events.append(
          self.event(.sent(element, slice), on: connection, at: instant, line: line))
      }
    }
    return events
  }

  /// Of what the server said only the resumption of streams is needed: the rest the engine decides.
  private func answered(
    _ xml: String, on connection: String, at instant: MonotonicInstant, line: Int
  ) -> [RecordedEvent] {
    guard xml.contains(Namespaces.streamManagement),
      let pieces = try? self.scanner.split(Array(xml.utf8))
    else { return [] }
    let bytes = Array(xml.utf8)
    return pieces.compactMap { piece in
      guard case .element(let range) = piece,
        let element = try? XMLTree.element(of: Array(bytes[range]), line: line),
        element.namespace == Namespaces.streamManagement
      else { return nil }
      if element.name == "enabled", let id = element.attribute("id") {
        return self.event(.resumable(id), on: connection, at: instant, line: line)
      }
      if element.name == "resumed", let id = element.attribute("previd") {
        return self.event(.resumed(id), on: connection, at: instant, line: line)
      }
      return nil
    }
  }

  private func event(
    _ content: RecordedEvent.Content, on connection: String, at instant: MonotonicInstant,
    line: Int
  ) -> RecordedEvent {
    RecordedEvent(
      line: line, instant: instant, connection: connection, address: self.bound[connection],
      content: content)
  }

  // MARK: - A scripted day

  private mutating func scripted(
    _ actor: String, _ xml: String, at instant: MonotonicInstant, line: Int
  ) throws -> [RecordedEvent] {
    self.domain = Self.scriptedDomain
    self.hosted = ["alice@\(Self.scriptedDomain)"]
    let parts = actor.split(separator: "/", maxSplits: 1)
    let name = parts.first.map { String($0) } ?? actor
    let device = parts.count > 1 ? String(parts[1]) : "desk"
    guard let address = try? JID("\(name)@\(Self.scriptedDomain)/\(device)") else {
      throw RecordingError(line: line, reason: "no actor \(actor)")
    }
    let text = Self.filledIn(xml)
    var events: [RecordedEvent] = []
    if self.bound[actor] == nil {
      self.bound[actor] = address
      events.append(self.event(.bound, on: actor, at: instant, line: line))
      if self.hosted.contains(address.bareText) {
        let enable = Array(
          "<iq xmlns='jabber:client' type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>"
            .utf8)
        let element = try XMLTree.element(of: enable, line: line)
        events.append(self.event(.sent(element, enable), on: actor, at: instant, line: line))
      }
    }
    return events + (try self.received(text, on: actor, at: instant, line: line))
  }

  /// Puts names in the place of the roles ALICE, DOMAIN, C00…, LAPTOP and PHONE.
  private static func filledIn(_ xml: String) -> String {
    var text = xml.replacingOccurrences(of: "ALICE@DOMAIN", with: "alice@\(Self.scriptedDomain)")
    text = text.replacingOccurrences(of: "/LAPTOP'", with: "/laptop'")
    text = text.replacingOccurrences(of: "/PHONE'", with: "/phone'")
    guard text.contains("@DOMAIN") else { return text }
    for number in 0..<100 {
      let digits = number < 10 ? "0\(number)" : "\(number)"
      text = text.replacingOccurrences(
        of: "C\(digits)@DOMAIN", with: "c\(digits)@\(Self.scriptedDomain)")
    }
    return text.replacingOccurrences(of: "@DOMAIN", with: "@\(Self.scriptedDomain)")
  }
}
