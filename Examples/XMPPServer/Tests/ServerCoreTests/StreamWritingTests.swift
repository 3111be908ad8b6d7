import MDMXMPP
import StreamSecurity
import Testing
import XMLStream

@testable import ServerCore

/// What the server writes of a stream, read by a parser.
struct StreamWritingTests {
  private func events(_ parts: [UInt8]...) throws -> [StreamEvent] {
    let parser = StreamParser(pool: ParserPool())
    var events: [StreamEvent] = []
    for part in parts {
      _ = try part.withUnsafeBytes { bytes in
        try parser.parse(bytes) {
          events.append($0)
          return true
        }
      }
    }
    return events
  }

  private func read(_ bytes: [UInt8]) throws -> Element {
    let events = try self.events(
      StreamFeatures.header(id: "1", domain: "localhost", to: nil), bytes)
    guard events.count == 2, case .element(let element, _) = events[1] else {
      throw StoredElement.Unreadable()
    }
    return element
  }

  @Test("The header says who speaks, to whom, and which version")
  func header() throws {
    let bytes = StreamFeatures.header(id: "a'b&c", domain: "localhost", to: "alice@localhost")
    guard case .header(let header) = try self.events(bytes).first else {
      Issue.record("no header")
      return
    }
    #expect(header.name == "stream")
    #expect(header.namespace == "http://etherx.jabber.org/streams")
    #expect(header.contentNamespace == "jabber:client")
    #expect(header.id == "a'b&c")
    #expect(header.from == "localhost")
    #expect(header.to == "alice@localhost")
    #expect(header.version == "1.0")
    #expect(header.language == "en")
  }

  @Test("Before authentication a stream offers what there is, and nothing else")
  func features() throws {
    let plain = try self.read(
      StreamFeatures.beforeAuthentication(
        startTLS: true, requiresTLS: true, mechanisms: [], bindings: [], registration: true))
    #expect(plain.isNamed("features", namespace: Namespaces.stream))
    #expect(plain.elements.map(\.name) == ["starttls"])
    #expect(plain.elements[0].elements.map(\.name) == ["required"])
    let secured = try self.read(
      StreamFeatures.beforeAuthentication(
        startTLS: false, requiresTLS: true, mechanisms: [.scramSHA256Plus, .plain],
        bindings: [.tlsExporter], registration: true))
    #expect(secured.elements.map(\.name) == ["mechanisms", "sasl-channel-binding", "register"])
    #expect(secured.elements[0].elements.map(\.text) == ["SCRAM-SHA-256-PLUS", "PLAIN"])
    #expect(secured.elements[1].elements.map { $0.attribute("type") } == ["tls-exporter"])
    let optional = try self.read(
      StreamFeatures.beforeAuthentication(
        startTLS: true, requiresTLS: false, mechanisms: [.scramSHA1], bindings: [],
        registration: false))
    #expect(optional.elements.map(\.name) == ["starttls", "mechanisms"])
    #expect(optional.elements[0].elements.isEmpty)
  }

  @Test("After it, binding and what goes with it")
  func featuresAfter() throws {
    let features = try self.read(StreamFeatures.afterAuthentication)
    #expect(features.elements.map(\.name) == ["bind", "session", "sm", "csi", "sub"])
  }

  @Test("A failure is well-formed whatever its text is, and ends with the extension's condition")
  func failure() throws {
    let failure = StreamFailure(
      .undefinedCondition, "<&>]]>'\"\u{1}\n", detail: Element("why", namespace: "urn:example"))
    let error = try self.read(failure.bytes)
    #expect(error.isNamed("error", namespace: Namespaces.stream))
    let streams = "urn:ietf:params:xml:ns:xmpp-streams"
    #expect(error.elements.map(\.name) == ["undefined-condition", "text", "why"])
    #expect(error.elements.map(\.namespace) == [streams, streams, "urn:example"])
    #expect(error.elements[1].text == "<&>]]>'\"\n")
    let bare = try self.read(StreamFailure(.reset, "").bytes)
    #expect(bare.elements.map(\.name) == ["reset"])
  }

  @Test(
    "Every condition of the parser is one of a stream", arguments: XMLStreamError.Condition.allCases
  )
  func conditions(condition: XMLStreamError.Condition) {
    #expect(StreamCondition(rawValue: condition.rawValue) != nil)
  }
}
