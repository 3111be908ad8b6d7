import MDMSession
import MDMStanza
import MDMXMPP
import Testing

struct InterpretingTests {
  private func input(_ xml: String) throws -> ClientInput {
    try makeBinding().interpret(xml, from: laptop())
  }

  // MARK: - Messages

  @Test("gives both accounts their stanza and the recipient its address (RFC 6121 §8.5)")
  func message() throws {
    let message = try makeBinding().message(
      "<message type=\"chat\" to=\"bob@localhost/Desk\" id=\"3fbf\" xml:lang=\"en\">"
        + "<body>first question</body><active xmlns=\"http://jabber.org/protocol/chatstates\" />"
        + "<request xmlns=\"urn:xmpp:receipts\" /><markable xmlns=\"urn:xmpp:chat-markers:0\" />"
        + "</message>", from: laptop())
    #expect(try message.to == JID("bob@localhost/Desk"))
    #expect(message.address == .device("Desk"))
    #expect(message.outgoing.kind == .chat)
    #expect(message.outgoing.flags == [])
    #expect(message.incoming.kind == .chat)
    #expect(message.displayed.isEmpty)
    #expect(message.displayedMarker == nil)
  }

  @Test("marks a message to the own account as its own (B7)")
  func ownAccount() throws {
    let binding = try makeBinding()
    let message = try binding.message(
      "<message type='chat' to='ALICE@localhost/phone'><body>x</body></message>", from: laptop())
    #expect(message.incoming.flags == [.ownAccount, .reachesUnavailable])
    #expect(message.toSelf == .device("phone"))
    #expect(message.outgoing.flags == .reachesUnavailable)
    let other = try binding.message(
      "<message type='chat' to='alice@elsewhere'><body>x</body></message>", from: laptop())
    #expect(other.incoming.flags == [])
    #expect(other.toSelf == nil)
  }

  @Test("takes the read marker out of a message and reports it (XEP-0490 §4)")
  func serverAssist() throws {
    func message(_ inside: String) throws -> ClientMessage {
      try makeBinding().message(
        "<message type='chat' to='bob@localhost'><body>x</body>"
          + "<displayed xmlns='urn:xmpp:mds:displayed:0'>\(inside)</displayed></message>",
        from: laptop())
    }
    let sid = "<stanza-id xmlns='urn:xmpp:sid:0' by='Alice@localhost' id='12'/>"
    let read = try message(sid)
    #expect(read.displayed == [ReadMark(conversation: "bob@localhost", position: 12)])
    #expect(!read.outgoing.payload.asText.contains("displayed"))
    #expect(try message(sid.replacing("Alice@", with: "bob@")).displayed.isEmpty)
    #expect(try message(sid.replacing("12", with: "x12")).displayed.isEmpty)
    #expect(try message("").displayed.isEmpty)
    let off = try makeBinding { $0.features = [] }.message(
      "<message to='b@c'><displayed xmlns='urn:xmpp:mds:displayed:0'/></message>",
      from: laptop())
    #expect(off.outgoing.payload.asText.contains("displayed"))
  }

  @Test("names the message that a displayed marker is about (XEP-0333)")
  func displayedMarker() throws {
    let binding = try makeBinding()
    let message = try binding.message(
      "<message type=\"chat\" to=\"Bob@localhost\" id=\"176a\" xml:lang=\"en\">"
        + "<displayed xmlns=\"urn:xmpp:chat-markers:0\" id=\"3fbf\" /></message>", from: laptop())
    #expect(message.outgoing.kind == .displayedMarker)
    #expect(
      message.displayedMarker
        == DisplayedReference(conversation: "bob@localhost", messageID: "3fbf"))
    let error = try binding.message(
      "<message type='error' to='b@c'><displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>"
        + "</message>", from: laptop())
    #expect(error.displayedMarker == nil)
  }

  // MARK: - Presence

  @Test(
    "reads presence as clients write it (RFC 6121 §4.7.2)",
    arguments: [
      ("", DevicePresence.available()),
      ("<priority>5</priority>", .available(priority: 5)),
      ("<priority>-128</priority><show>chat</show>", .available(.chat, priority: -128)),
      ("<show></show><status></status>", .available()),
      ("<show>away</show>", .available(.away)), ("<show>xa</show>", .available(.extendedAway)),
      ("<show>dnd</show><status>x</status>", .available(.doNotDisturb)),
      ("<show>sleeping</show>", .available(.away)),
      ("<priority>high</priority>", .available()), ("<priority>200</priority>", .available()),
      ("<show xmlns='urn:x'>dnd</show>", .available()),
    ])
  func presence(_ inside: String, _ expected: DevicePresence) throws {
    let input = try self.input("<presence id='p1'>\(inside)</presence>")
    guard case .presence(let presence, let stanza) = input else { throw TestFailure("\(input)") }
    #expect(presence == expected)
    #expect(stanza.kind == .presence)
    #expect(stanza.coalescingKey == "alice@localhost/laptop")
    #expect(
      stanza.payload.asText
        == "<presence xmlns='jabber:client' from='alice@localhost/laptop' id='p1'>"
        + "\(inside)</presence>")
  }

  @Test("tells undirected, directed and subscription presence apart (RFC 6121 §3, §4)")
  func presenceForms() throws {
    let gone = try self.input("<presence type=\"unavailable\" id=\"1\" xml:lang=\"en\" />")
    guard case .presence(.unavailable, _) = gone else { throw TestFailure("\(gone)") }
    for type in ["", "type='unavailable'", "type='error'"] {
      let input = try self.input("<presence to='Room@c/nick' \(type)/>")
      guard case .directedPresence(let to, let stanza) = input else {
        throw TestFailure("\(input)")
      }
      #expect(try to == JID("room@c/nick"))
      #expect(stanza.payload.asText.contains("to='Room@c/nick'"))
    }
    for type in ["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"] {
      let input = try self.input("<presence to='bob@c' type='\(type)'/>")
      guard case .subscription(let to, let stanza) = input else { throw TestFailure("\(input)") }
      #expect(try to == JID("bob@c"))
      #expect(stanza.kind == .subscription)
      #expect(stanza.coalescingKey == nil)
      #expect(try self.condition("<presence type='\(type)'/>") == .badRequest)
    }
    #expect(try self.condition("<presence type='away' to='b@c'/>") == .badRequest)
  }

  // MARK: - Requests

  @Test(
    "understands requests to the own account (XEP-0280 §5, XEP-0490 §3, B12)",
    arguments: [
      (
        "set", "<enable xmlns=\"urn:xmpp:carbons:2\"></enable>",
        ClientInput.carbons(enable: true, id: "1")
      ),
      ("set", "<disable xmlns='urn:xmpp:carbons:2'/>", .carbons(enable: false, id: "1")),
      ("set", "<mode xmlns='urn:x-swift-mdm:0' value='silent'/>", .silent(true, id: "1")),
      ("set", "<mode xmlns='urn:x-swift-mdm:0' value='normal'/>", .silent(false, id: "1")),
      ("get", pubsub("<items node='urn:xmpp:mds:displayed:0'/>"), .displayedQuery(id: "1")),
      (
        "set", pubsub(publish([("Bob@c", "alice@localhost", "7")])),
        .displayedSync([ReadMark(conversation: "bob@c", position: 7)], id: "1")
      ),
      (
        "set",
        pubsub(
          publish([
            ("b@c", "ALICE@localhost", "7"), ("d@e", "r@c", "9"),
            ("f@g", "alice@localhost", "unknown"),
          ])),
        .displayedSync([ReadMark(conversation: "b@c", position: 7)], id: "1")
      ),
    ])
  func ownRequests(_ type: String, _ inside: String, _ expected: ClientInput) throws {
    for to in ["", " to='alice@localhost'", " to='ALICE@LOCALHOST.'"] {
      #expect(try self.input("<iq type='\(type)' id='1'\(to)>\(inside)</iq>") == expected)
    }
    for to in ["bob@localhost", "localhost", "alice@localhost/phone"] {
      let input = try self.input("<iq type='\(type)' id='1' to='\(to)'>\(inside)</iq>")
      guard case .request(let address, _) = input else { throw TestFailure("\(input)") }
      #expect(try address == JID(to))
    }
    // What the host does itself is passed on.
    let input = try makeBinding { $0.features = [] }.interpret(
      "<iq type='\(type)' id='1'>\(inside)</iq>", from: laptop())
    guard case .request = input else { throw TestFailure("\(input)") }
  }

  private static func pubsub(_ inside: String) -> String {
    "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\(inside)</pubsub>"
  }

  private static func publish(_ items: [(String, String, String)]) -> String {
    let inside = items.map { id, by, stanza in
      "<item id='\(id)'><displayed xmlns='urn:xmpp:mds:displayed:0'>"
        + "<stanza-id xmlns='urn:xmpp:sid:0' by='\(by)' id='\(stanza)'/></displayed></item>"
    }.joined()
    return "<publish node='urn:xmpp:mds:displayed:0'>\(inside)</publish>"
  }

  @Test(
    "passes every other iq on, answers marked as such (R-037)",
    arguments: [
      ("<iq type=\"get\" id=\"9\"><query xmlns=\"jabber:iq:roster\" ver=\"\" /></iq>", nil),
      (
        "<iq id=\"9\" type=\"get\" to=\"localhost\"><ping xmlns=\"urn:xmpp:ping\" /></iq>",
        "localhost"
      ),
      ("<iq id='9' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", nil),
      ("<iq id='9' type='result' to='b@c/d'/>", "b@c/d"),
      ("<iq id='9' type='error' to='b@c/d'><q xmlns='x'/><error/></iq>", "b@c/d"),
      ("<iq id='9' type='get'><enable xmlns='urn:xmpp:carbons:2'/></iq>", nil),
      (
        "<iq id='9' type='set'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
          + "<publish node='tune'/></pubsub></iq>", nil
      ),
    ] as [(String, String?)])
  func otherRequests(_ xml: String, _ to: String?) throws {
    let input = try self.input(xml)
    guard case .request(let address, let stanza) = input else { throw TestFailure("\(input)") }
    #expect(address?.text == to)
    #expect(stanza.kind == .request)
    let isAnswer = xml.contains("'result'") || xml.contains("'error'")
    #expect(stanza.flags == (isAnswer ? .answer : []))
    #expect(stanza.id == "9")
    #expect(stanza.payload.asText.contains("from='alice@localhost/laptop'"))
  }

  @Test(
    "reads stream management (XEP-0198 §3–5)",
    arguments: [
      ("<enable resume=\"true\" />", StreamManagementInput.enable(resume: true, maximum: nil)),
      ("<enable resume='1' max='60'/>", .enable(resume: true, maximum: 60)),
      ("<enable/>", .enable(resume: false, maximum: nil)),
      ("<resume previd='a' h='4294967295'/>", .resume(previous: "a", handled: .max)),
      ("<r/>", .request), ("<a h=\"12\" />", .acknowledge(handled: 12)),
    ])
  func streamManagement(_ xml: String, _ expected: StreamManagementInput) throws {
    let spelled = xml.replacing(/^<[a-z]+/) { "\($0.output) xmlns='urn:xmpp:sm:3'" }
    #expect(try self.input(spelled) == .streamManagement(expected))
  }

  @Test(
    "refuses what breaks a rule (RFC 6120 §8)",
    arguments: [
      ("<message to='@@'/>", StanzaCondition.jidMalformed),
      ("<presence to='a@b@c'/>", .jidMalformed), ("<iq to=' ' type='get' id='1'/>", .jidMalformed),
      ("<iq type='get'><a xmlns='x'/></iq>", .badRequest),
      ("<iq id='1'><a xmlns='x'/></iq>", .badRequest),
      ("<iq id='1' type='fetch'><a xmlns='x'/></iq>", .badRequest),
      ("<iq id='1' type='get'/>", .badRequest),
      ("<iq id='1' type='set'><a xmlns='x'/><b xmlns='x'/></iq>", .badRequest),
      ("<iq id='1' type='set'><on xmlns='urn:xmpp:carbons:2'/></iq>", .badRequest),
      ("<iq id='1' type='set'><mode xmlns='urn:x-swift-mdm:0' value='loud'/></iq>", .badRequest),
      (
        "<iq id='1' type='set'>\(pubsub(publish([("@", "alice@localhost", "1")])))</iq>",
        .badRequest
      ),
      ("<a xmlns='urn:xmpp:sm:3'/>", .badRequest),
      ("<a xmlns='urn:xmpp:sm:3' h='-1'/>", .badRequest),
      ("<resume xmlns='urn:xmpp:sm:3' h='1'/>", .badRequest),
      ("<enabled xmlns='urn:xmpp:sm:3'/>", .badRequest),
      ("<hello/>", .featureNotImplemented), ("<message xmlns='urn:x'/>", .featureNotImplemented),
    ])
  func refusals(_ xml: String, _ expected: StanzaCondition) throws {
    #expect(try self.condition(xml) == expected)
  }

  @Test("refuses stanzas that are too deep, with bytes and without, from near and far")
  func depth() throws {
    let binding = try makeBinding { $0.scanner.depthLimit = 4 }
    for (levels, isFine) in [(2, true), (3, false)] {
      let inside =
        String(repeating: "<a xmlns='x'>", count: levels)
        + "<b/>" + String(repeating: "</a>", count: levels)
      let xml = "<message from='b@c' to='b@c'>\(inside)</message>"
      for received in [nil, Array(xml.utf8)] {
        let input = try binding.interpret(parse(xml), received: received, from: laptop())
        if case .rejected(let rejection) = input {
          #expect(!isFine && rejection.condition == .policyViolation)
        } else {
          #expect(isFine)
        }
        let incoming = try? binding.incoming(parse(xml), received: received, for: "a@localhost")
        #expect((incoming != nil) == isFine)
      }
    }
  }

  @Test("names the features that are on (XEP-0280 §4, XEP-0490 §4)")
  func features() throws {
    #expect(
      try makeBinding().serverFeatures == [
        "urn:xmpp:carbons:2", "urn:xmpp:carbons:rules:0", "urn:x-swift-mdm:0",
      ])
    #expect(
      try makeBinding().accountFeatures == ["urn:xmpp:sid:0", "urn:xmpp:mds:server-assist:0"])
    let off = try makeBinding { $0.features = [] }
    #expect(off.serverFeatures.isEmpty)
    #expect(off.accountFeatures == ["urn:xmpp:sid:0"])
  }

  private func condition(_ xml: String) throws -> StanzaCondition? {
    guard case .rejected(let rejection) = try self.input(xml) else { return nil }
    return rejection.condition
  }

  // MARK: - From elsewhere

  @Test("takes stanzas for an account from elsewhere (RFC 6121 §8.5)")
  func incoming() throws {
    let binding = try makeBinding()
    let pep = try binding.incoming(
      "<message to='alice@localhost' type='headline' id='ldq' from='c00@domain'>"
        + "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='tune'>"
        + "<item id='0'/></items></event></message>")
    #expect(pep.stanza.kind == .headline)
    #expect(pep.stanza.conversation == nil)
    #expect(pep.address == .account)
    #expect(try pep.sender == JID("c00@domain"))
    let receipt = try binding.incoming(
      "<message id=\"f4b0\" to=\"alice@localhost/desk\" from='Bob@c/x'>"
        + "<received xmlns=\"urn:xmpp:receipts\" id=\"f716\" /></message>")
    #expect(receipt.stanza.kind == .receipt)
    #expect(receipt.stanza.flags == [.exactDeviceOnly, .reachesUnavailable])
    #expect(receipt.stanza.conversation == "bob@c")
    #expect(receipt.stanza.source == "bob@c/x")
    #expect(receipt.stanza.destination == "alice@localhost/desk")
    #expect(receipt.address == .device("desk"))
    let own = try binding.incoming("<presence from='alice@localhost/phone'/>")
    #expect(own.stanza.flags == .ownAccount)
    #expect(own.stanza.destination == "alice@localhost")
    for xml in ["<message/>", "<message from='@'/>", "<presence from='a@b' to='@'/>", "<x/>"] {
      #expect(throws: StanzaRejection.self) { try binding.incoming(xml) }
    }
  }

  @Test("turns a stanza from a server's stream into one for a client's (RFC 6120 §4.8.2)")
  func contentNamespace() throws {
    let xml = "<message from='bob@c/x' to='alice@localhost' type='chat'><body>x</body></message>"
    let element = try parse(xml, in: Namespaces.server)
    for received in [nil, Array(xml.utf8)] {
      let stanza = try makeBinding().incoming(
        element, received: received, for: "alice@localhost"
      ).stanza
      #expect(stanza.kind == .chat)
      #expect(
        try parse(stanza.payload).child("body", namespace: Namespaces.client)?.text == "x")
    }
  }
}
