import MDMXMPP
import ServerStorage
import XMLStream

/// Elements that come back out of the store as they went in.
enum StoredElement {
  /// What is wrong with bytes that cannot be read back.
  struct Unreadable: Error {}

  /// The element that was serialised to these bytes.
  static func parse(_ bytes: [UInt8]) throws -> Element {
    // It was within the limits when it came, and is written in more bytes than it came in.
    let limits = XMLLimits(
      stanzaBytes: ServerStore.valueLimit, depth: 1_024, attributesPerElement: 1_024,
      elementsPerStanza: .max, nameBytes: ServerStore.valueLimit, tagBytes: ServerStore.valueLimit)
    let parser = StreamParser(pool: ParserPool(), limits: limits)
    let header = Array(
      "<stream:stream xmlns='jabber:client' xmlns:stream='\(Namespaces.stream)'>".utf8)
    var found: Element?
    for part in [header, bytes] {
      _ = try part.withUnsafeBytes { part in
        try parser.parse(part) { event in
          if case .element(let element, _) = event { found = element }
          return true
        }
      }
    }
    guard let found else { throw Unreadable() }
    return found
  }
}
