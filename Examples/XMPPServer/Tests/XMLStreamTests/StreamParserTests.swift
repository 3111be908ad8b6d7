import MDMXMPP
import Testing
import XMLStream

struct StreamParserTests {
  @Test("a header, stanzas and the end are told in order")
  func events() throws {
    let sent = Streams.header + "<message to='a@b'><body>hi</body></message>\n <r/></stream:stream>"
    let heard = Heard(sent)
    #expect(heard.error == nil)
    #expect(heard.elements.map(\.name) == ["message", "r"])
    #expect(heard.events.last == .end)
  }
}
