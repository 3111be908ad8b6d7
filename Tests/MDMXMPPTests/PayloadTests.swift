import MDMStanza
import MDMXMPP
import Testing

struct PayloadTests {
  @Test("rebuilds the start tag in one order and stamps the sender (RFC 6120 §8.1.2.1)")
  func startTag() throws {
    let message = try makeBinding().message(
      "<message id=\"1\" xml:lang='en' to='Bob@Localhost' from='mallory@x' type='chat'>"
        + "<body>x</body></message>", from: laptop())
    #expect(
      message.outgoing.payload.asText
        == "<message xmlns='jabber:client' type='chat' from='alice@localhost/laptop'"
        + " to='Bob@Localhost' id='1' xml:lang='en'><body>x</body></message>")
    #expect(message.incoming.payload == message.outgoing.payload)
    #expect(message.outgoing.id == "1")
    #expect(message.outgoing.source == "alice@localhost/laptop")
    #expect(message.outgoing.destination == "Bob@Localhost")
    #expect(message.outgoing.conversation == "bob@localhost")
    #expect(message.incoming.conversation == "alice@localhost")
  }

  @Test(
    "passes what is inside byte for byte: CDATA, references, quotes, space",
    arguments: [
      "<body><![CDATA[a < b & </body> c]]></body>",
      "<body>&lt;&#x41;&#66;&apos;&amp;amp;</body>",
      "<x  xmlns = \"urn:x\"\n k='\"&quot;'  ></x  >",
      "\n <body>a</body>\t<body xml:lang='de'>b</body> tail ",
      "<e:x xmlns:e='urn:e' e:k='v'><e:y/></e:x>",
      "<body>ü\u{1F4F1}日</body>",
      "<delay xmlns='urn:xmpp:delay' from='elsewhere' stamp='2020-01-01T00:00:00Z'/>",
      "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></forwarded>",
    ])
  func untouched(_ inside: String) throws {
    let head = "<message to='bob@localhost' type='chat'>"
    let message = try makeBinding().message("\(head)\(inside)</message>", from: laptop())
    #expect(message.outgoing.payload.asText.hasSuffix("to='bob@localhost'>\(inside)</message>"))
    #expect(throws: Never.self) { try parse(message.outgoing.payload) }
  }

  @Test("writes from the tree without bytes, with other bytes, and with prefixes from outside")
  func fallback() throws {
    let binding = try makeBinding()
    let device = try laptop()
    let xml = "<message to='b@c'><body>a &lt; b</body><x xmlns=\"urn:x\"></x></message>"
    let element = try parse(xml)
    let written = "<body>a &lt; b</body><x xmlns='urn:x'/></message>"
    let others = [
      nil, "", "<message", "<presence><body/><x/></presence>", "<message><body/></message>",
      "<message><body/><x/><y/></message>", "<message><x/><body/></message>",
      "<c:message xmlns:c='jabber:client'><body/><x/></c:message>",
      "<message xmlns:e='urn:x'><body/><e:x/></message>",
      "<messages><body/><x/></messages>",
    ]
    for other in others {
      let input = binding.interpret(element, received: other.map { Array($0.utf8) }, from: device)
      guard case .message(let message) = input else { throw TestFailure("\(input)") }
      #expect(message.outgoing.payload.asText.hasSuffix(written), "\(other ?? "nil")")
    }
  }

  @Test("always has an end tag, and names the own account when there is no addressee")
  func emptyMessage() throws {
    let message = try makeBinding().message("<message/>", from: laptop())
    #expect(
      message.outgoing.payload.asText
        == "<message xmlns='jabber:client' from='alice@localhost/laptop' to='alice@localhost'>"
        + "</message>")
    #expect(message.to == nil)
    #expect(message.address == .account)
    #expect(message.toSelf == .account)
    #expect(message.incoming.flags.contains(.ownAccount))
    #expect(message.outgoing.conversation == "alice@localhost")
  }

  @Test("never traps on bytes that are not the element's, whatever they are")
  func foreignBytes() throws {
    let binding = try makeBinding()
    let device = try laptop()
    let xml =
      "<message to='b@c'><delay xmlns='urn:xmpp:delay' from='localhost'/><body>a</body></message>"
    let element = try parse(xml)
    var random = SeededRandom(seed: 3)
    for _ in 0..<3_000 {
      var bytes = Array(xml.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = Array("<>/'&:=x \u{0}".utf8)[Int.random(in: 0..<10, using: &random)]
      }
      let input = binding.interpret(element, received: bytes, from: device)
      guard case .message(let message) = input else { throw TestFailure("\(input)") }
      #expect(!message.outgoing.payload.asText.contains("from='localhost'"))
    }
  }

  // MARK: - Forgeries

  @Test(
    "takes out what claims to come from this server, whatever the spelling (B28)",
    arguments: [
      "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'/></received>",
      "<sent xmlns='urn:xmpp:carbons:2'/>",
      "<c:sent xmlns:c='urn:xmpp:carbons:2'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='alice@localhost' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='BOB@LocalHost' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='localhost.' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='x@xn--mnster-3ya.EXAMPLE/r' id='1'/>",
      "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2020-01-01T00:00:00Z'/>",
      "<delay xmlns='urn:xmpp:delay' from='Alice@LOCALHOST/x' stamp='2020-01-01T00:00:00Z'/>",
      "<notify xmlns='urn:x-swift-mdm:0' ring='true'/>",
      "<displayed xmlns='urn:xmpp:mds:displayed:0'/>",
      "<s xmlns='urn:&#120;mpp:sid:0'/><stanza-id xmlns='urn:&#x78;mpp:sid:0' by='localhost'/>",
    ])
  func forged(_ forgery: String) throws {
    let binding = try makeBinding()
    let kept = forgery.hasPrefix("<s ") ? "<s xmlns='urn:&#120;mpp:sid:0'/>" : ""
    for from in ["", " from='mallory@elsewhere/x'"] {
      let xml =
        "<message type='chat' to='alice@localhost'\(from)>"
        + "<body>a</body>\(forgery)<thread>t</thread></message>"
      let payload =
        from.isEmpty
        ? try binding.message(xml, from: laptop()).incoming.payload
        : try binding.incoming(xml).stanza.payload
      #expect(payload.asText.hasSuffix("><body>a</body>\(kept)<thread>t</thread></message>"))
    }
    // The same out of the tree alone.
    let tree = try binding.incoming(
      try parse(
        "<message from='mallory@elsewhere' type='chat'>"
          + "<body>a</body>\(forgery)<thread>t</thread></message>"), for: "alice@localhost")
    #expect(try parse(tree.stanza.payload).elements.count == (kept.isEmpty ? 2 : 3))
  }

  @Test(
    "keeps what others say in their own name (XEP-0203 §5, XEP-0359 §6, XEP-0297)",
    arguments: [
      "<stanza-id xmlns='urn:xmpp:sid:0' by='room@conference.localhost' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='alice@localhost.example' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='@@' id='1'/>",
      "<origin-id xmlns='urn:xmpp:sid:0' by='alice@localhost' id='1'/>",
      "<delay xmlns='urn:xmpp:delay' from='room@conference.localhost' stamp='x'/>",
      "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>",
      "<forwarded xmlns='urn:xmpp:forward:0'/>",
      "<private xmlns='urn:xmpp:carbons:2'/>",
      "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
      "<x xmlns='urn:y'><sent xmlns='urn:xmpp:carbons:2'/></x>",
    ])
  func foreign(_ child: String) throws {
    let xml =
      "<message type='chat' from='mallory@elsewhere/x' to='alice@localhost'>"
      + "\(child)<body>a</body></message>"
    let payload = try makeBinding().incoming(xml).stanza.payload
    #expect(payload.asText.hasSuffix(">\(child)<body>a</body></message>"))
  }

  @Test("takes forgeries out of presence and leaves every iq as it is")
  func otherStanzas() throws {
    let binding = try makeBinding()
    let delay = "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='x'/>"
    let presence = try binding.incoming(
      "<presence from='b@c/d'>\(delay)<show>dnd</show></presence>")
    #expect(presence.stanza.payload.asText.hasSuffix("><show>dnd</show></presence>"))
    let iq = try binding.incoming("<iq type='result' id='1' from='b@c/d'>\(delay)</iq>")
    #expect(iq.stanza.payload.asText.hasSuffix("\(delay)</iq>"))
  }

  @Test("counts a delayed message as sent earlier, its own stamp too, a forged one not (B2)")
  func replayed() throws {
    let binding = try makeBinding()
    func flags(_ from: String) throws -> StanzaFlags {
      try binding.message(
        "<message to='b@c' type='chat'><body>x</body>"
          + "<delay xmlns='urn:xmpp:delay'\(from) stamp='2020-01-01T00:00:00Z'/></message>",
        from: laptop()
      ).outgoing.flags
    }
    #expect(try flags("").contains(.replayed))
    #expect(try flags(" from='elsewhere'").contains(.replayed))
    #expect(try flags(" from='alice@localhost/old'").contains(.replayed))
    #expect(try !flags(" from='localhost'").contains(.replayed))
    #expect(try !flags(" from='bob@localhost'").contains(.replayed))
    // What arrives late says nothing about anybody's activity here.
    let late = try binding.incoming(
      "<message from='b@c' type='chat'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='x'/>"
        + "</message>")
    #expect(late.stanza.flags == [])
  }
}
