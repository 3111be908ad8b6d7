import MDMStanza
import MDMXMPP
import Testing

struct ClassificationTests {
  /// One thing that a message can hold, as clients write it, with what the message then is:
  /// type chat, normal, groupchat, headline and error in this order, `!` for not copyable, `+` for
  /// worth keeping without a body (B45).
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let content: String
    let expected: String
    var testDescription: String { self.name }
  }

  static let bodyText = "<body>hi</body>"
  static let cases: [Case] = [
    Case(name: "nothing", content: "", expected: "payload payload! payload headline! error!"),
    Case(name: "body", content: bodyText, expected: "chat normal group headline! error!"),
    Case(name: "empty body", content: "<body/>", expected: "chat normal group headline! error!"),
    Case(
      name: "subject", content: "<subject>s</subject>",
      expected: "payload payload! payload headline! error!"),
    Case(
      name: "thread", content: "<thread>t</thread>",
      expected: "payload payload! payload headline! error!"),
    Case(
      name: "OMEMO 0.3",
      content: "<encrypted xmlns='eu.siacs.conversations.axolotl'>"
        + "<header sid='1'/><payload>x</payload></encrypted>",
      expected: "chat normal group headline! error!"),
    Case(
      name: "OMEMO key transport",
      content: "<encrypted xmlns='eu.siacs.conversations.axolotl'>"
        + "<header sid='1'/></encrypted>",
      expected: "payload payload! payload headline! error!"),
    Case(
      name: "OMEMO 2", content: "<encrypted xmlns='urn:xmpp:omemo:2'><payload/></encrypted>",
      expected: "chat normal group headline! error!"),
    Case(
      name: "EME", content: "<encryption xmlns='urn:xmpp:eme:0' namespace='x'/>",
      expected: "chat normal group headline! error!"),
    Case(
      name: "old PGP", content: "<x xmlns='jabber:x:encrypted'>q</x>",
      expected: "chat normal group headline! error!"),
    Case(
      name: "OX", content: "<openpgp xmlns='urn:xmpp:openpgp:0'>q</openpgp>",
      expected: "chat normal group headline! error!"),
    Case(
      name: "direct invitation", content: "<x xmlns='jabber:x:conference' jid='r@c'/>",
      expected: "invitation invitation payload headline! error!"),
    Case(
      name: "mediated invitation",
      content: "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>",
      expected: "invitation invitation payload headline! error!"),
    Case(
      name: "receipt", content: "<received xmlns='urn:xmpp:receipts' id='1'/>",
      expected: "receipt receipt receipt headline! error!"),
    Case(
      name: "receipt request", content: "<request xmlns='urn:xmpp:receipts'/>",
      expected: "payload payload payload headline! error!"),
    Case(
      name: "displayed", content: "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
      expected: "displayed displayed displayed headline! error!"),
    Case(
      name: "marker received", content: "<received xmlns='urn:xmpp:chat-markers:0' id='1'/>",
      expected: "payload payload payload headline! error!"),
    Case(
      name: "acknowledged", content: "<acknowledged xmlns='urn:xmpp:chat-markers:0' id='1'/>",
      expected: "payload payload payload headline! error!"),
    Case(
      name: "chat state",
      content: "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
      expected: "state state state headline! error!"),
    Case(
      name: "chat state with something else",
      content: "<active xmlns='http://jabber.org/protocol/chatstates'/><y xmlns='urn:y'/>",
      expected: "payload payload payload headline! error!"),
    Case(
      name: "event", content: "<event xmlns='http://jabber.org/protocol/pubsub#event'/>",
      expected: "headline! headline! payload headline! error!"),
    Case(
      name: "event with body",
      content: "<event xmlns='http://jabber.org/protocol/pubsub#event'/>" + bodyText,
      expected: "chat normal group headline! error!"),
    Case(
      name: "out-of-band file",
      content: "<body>https://a/b</body><x xmlns='jabber:x:oob'><url>https://a/b</url></x>",
      expected: "file file group headline! error!"),
    Case(
      name: "out-of-band file with words",
      content: "<body>see</body><x xmlns='jabber:x:oob'><url>https://a/b</url></x>",
      expected: "chat normal group headline! error!"),
    Case(
      name: "stateless file", content: "<file-sharing xmlns='urn:xmpp:sfs:0'/>",
      expected: "file file group headline! error!"),
    Case(
      name: "inline media",
      content: "<reference xmlns='urn:xmpp:reference:0' type='data'>"
        + "<media-sharing xmlns='urn:xmpp:sims:1'/></reference>" + bodyText,
      expected: "file file group headline! error!"),
    Case(
      name: "mention", content: "<reference xmlns='urn:xmpp:reference:0' type='mention'/>",
      expected: "payload+ payload!+ payload headline! error!"),
    Case(
      name: "call proposal", content: "<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>",
      expected: "call+ call+ payload headline! error!"),
    Case(
      name: "call accepted", content: "<accept xmlns='urn:xmpp:jingle-message:1' id='1'/>",
      expected: "payload+ payload!+ payload headline! error!"),
    Case(
      name: "call retracted", content: "<retract xmlns='urn:xmpp:jingle-message:0' id='1'/>",
      expected: "payload+ payload!+ payload headline! error!"),
    Case(
      name: "reaction", content: "<reactions xmlns='urn:xmpp:reactions:0' id='1'/>",
      expected: "payload+ payload!+ payload headline! error!"),
    Case(
      name: "retraction", content: "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>",
      expected: "payload+ payload!+ payload headline! error!"),
    Case(
      name: "correction without a body",
      content: "<replace xmlns='urn:xmpp:message-correct:0' id='1'/>",
      expected: "payload+ payload!+ payload headline! error!"),
    Case(
      name: "call invitation ends", content: "<left xmlns='urn:xmpp:call-invites:0' id='1'/>",
      expected: "payload+ payload!+ payload headline! error!"),
    Case(
      name: "ids alone", content: "<origin-id xmlns='urn:xmpp:sid:0' id='1'/>",
      expected: "payload payload! payload headline! error!"),
  ]

  static let types = ["chat", "normal", "groupchat", "headline", "error"]
  static let hints: [(xml: String, flags: StanzaFlags)] = [
    ("", []), ("<no-copy xmlns='urn:xmpp:hints'/>", []),
    ("<private xmlns='urn:xmpp:carbons:2'/>", []),
    ("<private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>", []),
    ("<no-store xmlns='urn:xmpp:hints'/>", .noStore),
    ("<no-permanent-store xmlns='urn:xmpp:hints'/>", .noPermanentStore),
    ("<store xmlns='urn:xmpp:hints'/>", []),
  ]

  private static func expectation(_ word: Substring, _ type: String) throws -> Classification {
    let kinds: [String: StanzaKind] = [
      "payload": .payload, "headline": .headline, "error": .messageError, "chat": .chat,
      "normal": .normal, "group": .groupChat, "invitation": .invitation, "receipt": .receipt,
      "displayed": .displayedMarker, "state": .chatState, "file": .fileTransfer,
      "call": .payload,
    ]
    let name = String(word.prefix { $0.isLetter })
    var result = Classification(try #require(kinds[name]))
    if word.contains("!") { result.flags.insert(.notCopyable) }
    if name == "call" { result.flags.insert(.urgent) }
    if type == "groupchat" { result.flags.insert(.noCopy) }
    return result
  }

  @Test(
    "follows the table for every type, content, hint, addressee and direction (XEP-0280 §6.1)",
    arguments: Self.cases)
  func table(_ item: Case) throws {
    let binding = try makeBinding()
    let alice = try JID("alice@localhost")
    for (type, word) in zip(Self.types, item.expected.split(separator: " ")) {
      for hint in Self.hints {
        for to in ["bob@localhost", "bob@localhost/desk"] {
          let element = try parse(
            "<message type='\(type)' from='c@x/y' to='\(to)'>"
              + "\(item.content)\(hint.xml)</message>"
          )
          for direction in Classification.Direction.allCases {
            var expected = try Self.expectation(word, type)
            let toDevice = to.contains("/")
            if hint.xml.contains("private") { expected.flags.insert(.noCopy) }
            if hint.xml.contains("no-copy"), toDevice, type != "error" {
              expected.flags.insert(.noCopy)
            }
            if type != "error" { expected.flags.formUnion(hint.flags) }
            let isKept =
              hint.xml.contains("'urn:xmpp:hints'") && hint.xml.hasPrefix("<store")
              || word.contains("+") && hint.flags != .noStore
            if isKept, type != "error", type != "groupchat", !expected.kind.isContent {
              expected.flags.insert(.store)
            }
            if toDevice, type != "chat" { expected.flags.insert(.exactDeviceOnly) }
            let found = binding.classification(of: element, direction, account: alice)
            #expect(found == expected, "\(type) \(item.name) \(hint.xml) \(to) \(direction)")
          }
        }
      }
    }
  }

  @Test("takes a missing and an unknown type for normal (RFC 6121 §5.2.2)")
  func types() throws {
    #expect(MessageType(attribute: nil) == .normal)
    #expect(MessageType(attribute: "CHAT") == .normal)
    #expect(
      MessageType.allCases.map { "\($0)" }.allSatisfy {
        "\(MessageType(attribute: $0))" == $0
      })
  }

  @Test("has a row for every type and every content, and names where it comes from")
  func completeness() {
    for type in MessageType.allCases {
      for bits in UInt32(0)..<(1 << 14) {
        let rule = MessageRule.first(for: type, MessageContent(rawValue: bits))
        #expect(rule.types.contains(type) && !rule.source.isEmpty)
      }
    }
    #expect(MessageRule.table.count == 19)
  }

  @Test("keeps a room's private messages to one device on the way in only (XEP-0280 §6.1)")
  func roomPrivateMessage() throws {
    let binding = try makeBinding()
    let alice = try JID("alice@localhost")
    let element = try parse(
      "<message type='chat' from='r@c/nick' to='alice@localhost/x'><body>x</body>"
        + "<x xmlns='http://jabber.org/protocol/muc#user'/></message>")
    #expect(
      binding.classification(of: element, .received, account: alice)
        == Classification(.chat, .noCopy))
    #expect(binding.classification(of: element, .sent, account: alice) == Classification(.chat))
  }

  @Test("keeps receipts and markers where that is wanted, with and without `no-store` (B45)")
  func archivesMarkers() throws {
    let alice = try JID("alice@localhost")
    for wanted in [true, false] {
      let binding = try makeBinding { $0.archivesMarkers = wanted }
      for content in [
        "<received xmlns='urn:xmpp:receipts' id='1'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
        "<received xmlns='urn:xmpp:chat-markers:0' id='1'/>",
        "<acknowledged xmlns='urn:xmpp:chat-markers:0' id='1'/>",
      ] {
        for type in ["chat", "normal", "groupchat", "headline", "error"] {
          for hint in ["", "<no-store xmlns='urn:xmpp:hints'/>"] {
            let element = try parse("<message type='\(type)' to='b@c'>\(content)\(hint)</message>")
            let flags = binding.classification(of: element, .received, account: alice).flags
            let isKept = wanted && hint.isEmpty && ["chat", "normal"].contains(type)
            #expect(flags.contains(.store) == isKept, "\(wanted) \(type) \(content) \(hint)")
          }
        }
      }
    }
  }

  @Test("takes the resource for part of the conversation in a room's private messages only (B48)")
  func conversations() throws {
    let binding = try makeBinding()
    let peer = try JID("room@muc.example/Nick")
    let user = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
    let invited = "<x xmlns='http://jabber.org/protocol/muc#user'><invite/></x>"
    for (xml, expected) in [
      ("<message type='chat'><body>x</body>\(user)</message>", peer.full),
      ("<message type='chat'><body>x</body></message>", peer.bareText),
      ("<message type='groupchat'><body>x</body>\(user)</message>", peer.bareText),
      ("<message>\(invited)</message>", peer.bareText),
    ] {
      #expect(binding.conversation(of: try parse(xml), with: peer).text == expected, "\(xml)")
      let sent = try binding.message(
        xml.replacing("<message", with: "<message to='\(peer.full)'"), from: laptop())
      #expect(sent.outgoing.conversation?.text == expected)
      let incoming = try binding.incoming(
        xml.replacing("<message", with: "<message from='\(peer.full)'"))
      #expect(incoming.stanza.conversation?.text == expected)
    }
  }

  @Test("looks inside a carbon of the own server and at nobody else's (XEP-0280 §11)")
  func carbons() throws {
    let binding = try makeBinding()
    let alice = try JID("alice@localhost")
    func wrapped(_ direction: String, from: String) throws -> Element {
      try parse(
        "<message type='chat' from='\(from)' to='alice@localhost/x'><\(direction)"
          + " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
          + "<message xmlns='jabber:client' type='chat' from='alice@localhost/y' to='b@c'>"
          + "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
          + "</forwarded></\(direction)></message>")
    }
    #expect(
      binding.classification(
        of: try wrapped("sent", from: "ALICE@localhost"), .received, account: alice)
        == Classification(.chatState, .ownAccount))
    #expect(
      binding.classification(
        of: try wrapped("received", from: "alice@localhost"), .received, account: alice
      ).kind
        == .chatState)
    #expect(
      binding.classification(
        of: try wrapped("sent", from: "mallory@localhost"), .received, account: alice)
        == Classification(.payload))
  }

  @Test("tells presence, subscriptions, requests and answers apart")
  func others() {
    #expect(Classification(presence: nil) == Classification(.presence))
    #expect(Classification(presence: "unavailable") == Classification(.presence))
    for type in ["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"] {
      #expect(Classification(presence: type) == Classification(.subscription))
    }
    #expect(Classification(presence: "error") == Classification(.messageError, .notCopyable))
    #expect(Classification(iq: "get") == Classification(.request))
    #expect(Classification(iq: "set") == Classification(.request))
    #expect(Classification(iq: "result") == Classification(.request, .answer))
    #expect(Classification(iq: "error") == Classification(.request, .answer))
  }

  @Test(
    "gives a key to what a newer one replaces (B8)",
    arguments: [
      ("<presence from='bob@x/a'/>", "bob@x/a"),
      ("<presence from='bob@x/a' type='unavailable'/>", "bob@x/a"),
      (
        "<presence from='r@c/n'><x xmlns='http://jabber.org/protocol/muc#user'>"
          + "<status code='110'/></x></presence>", nil
      ),
      (
        "<presence from='r@c/n'><x xmlns='http://jabber.org/protocol/muc#user'>"
          + "<item/></x></presence>", "r@c/n"
      ),
      ("<presence from='bob@x' type='subscribe'/>", nil),
      (event("<items node='tune'><item id='1'/></items>"), "bob@x|tune"),
      (event("<items node='tune'><retract id='1'/></items>"), nil),
      (event("<purge node='tune'/>"), nil),
      (event("<items node='tune'/>"), nil),
      (
        event("<items node='urn:xmpp:bookmarks:1'><item id='r@c'/></items>"),
        "bob@x|urn:xmpp:bookmarks:1|r@c"
      ),
      (event("<items node='urn:xmpp:bookmarks:1'><item id='1'/><item id='2'/></items>"), nil),
      (
        event("<items node='blog'><item id='1'/></items>", from: "pubsub.x"),
        "pubsub.x|blog|1"
      ),
      ("<message type='headline' from='bob@x'><body>build failed</body></message>", nil),
      ("<message type='chat' from='bob@x'><body>x</body></message>", nil),
    ] as [(String, String?)])
  func coalescing(_ xml: String, _ key: String?) throws {
    let incoming = try makeBinding().incoming(xml)
    #expect(incoming.stanza.coalescingKey?.text == key)
  }

  private static func event(_ xml: String, from: String = "bob@x") -> String {
    "<message type='headline' from='\(from)'>"
      + "<event xmlns='http://jabber.org/protocol/pubsub#event'>\(xml)</event></message>"
  }
}
