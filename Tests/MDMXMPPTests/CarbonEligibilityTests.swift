import MDMSession
import MDMStanza
import MDMXMPP
import Testing

/// The cases that other servers' suites test for carbons, as far as a binding decides them.
struct CarbonEligibilityTests {
  private static let body = "<body>x</body>"
  private static let invited =
    "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>"

  /// Whether a message is copied to other devices, by kind and flags alone.
  private func isCopied(
    _ xml: String, _ direction: Classification.Direction = .received
  ) throws -> Bool {
    let result = try makeBinding().classification(
      of: try parse(xml), direction, account: try JID("alice@localhost"))
    return result.flags.isDisjoint(with: [.noCopy, .notCopyable])
  }

  @Test("ejabberd carbons_tests send_recv: every type, with and without body, and each hint")
  func sendReceive() throws {
    for direction in Classification.Direction.allCases {
      for type in ["chat", "normal", "groupchat", "headline"] {
        for body in ["", Self.body] {
          for hint in [
            "", "<no-copy xmlns='urn:xmpp:hints'/>",
            "<private xmlns='urn:xmpp:carbons:2'/>",
          ] {
            let copied = try self.isCopied(
              "<message type='\(type)' from='bob@x/y' to='a@b/c'>\(body)\(hint)</message>",
              direction)
            let isTalk = type == "chat" || type == "normal" && !body.isEmpty
            #expect(copied == (isTalk && hint.isEmpty), "\(type) \(body) \(hint)")
          }
        }
      }
      #expect(try !self.isCopied("<message type='error' from='bob@x/y'><error/></message>"))
    }
  }

  @Test(
    "MongooseIM carboncopy_proper: what is never forwarded",
    arguments: [
      "<message type='chat'><body>x</body><private xmlns='urn:xmpp:carbons:2'/></message>",
      "<message type='chat' to='a@b/c'><body>x</body><no-copy xmlns='urn:xmpp:hints'/></message>",
      "<message/>",
    ])
  func properAvoided(_ xml: String) throws {
    #expect(try !self.isCopied(xml))
  }

  @Test("MongooseIM carboncopy_proper: a copy that comes again is no copy but inert content")
  func properWrapped() throws {
    for direction in ["received", "sent"] {
      let stanza = try makeBinding().incoming(
        "<message type='normal' from='bob@x/y' to='alice@localhost'><\(direction)"
          + " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message"
          + " xmlns='jabber:client' type='chat'><body>x</body></message></forwarded>"
          + "</\(direction)></message>"
      ).stanza
      #expect(stanza.flags.contains(.notCopyable))
      #expect(!stanza.payload.asText.contains("carbons"))
    }
  }

  @Test(
    "MongooseIM carboncopy_proper: what is forwarded",
    arguments: [
      "<message type='chat'><body>x</body></message>",
      "<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
      "<message><received xmlns='urn:xmpp:receipts' id='1'/></message>",
      "<message>\(Self.invited)</message>",
      "<message><x xmlns='jabber:x:conference' jid='r@c'/></message>",
      "<message><displayed xmlns='urn:xmpp:chat-markers:0' id='1'/></message>",
    ])
  func properForwarded(_ xml: String) throws {
    #expect(try self.isCopied(xml))
  }

  @Test("Tigase MessageCarbonsTest: body, payloads, groupchat, invitations, private messages")
  func tigase() throws {
    for type in ["type='chat'", "type='normal'", ""] {
      #expect(try self.isCopied("<message \(type)><body>x</body></message>"))
    }
    #expect(try !self.isCopied("<message type='groupchat'><body>x</body></message>"))
    #expect(try !self.isCopied("<message><y xmlns='urn:y'/></message>"))
    let private1 =
      "<message type='chat'><body>x</body>"
      + "<x xmlns='http://jabber.org/protocol/muc#user'/></message>"
    #expect(try self.isCopied(private1, .sent))
    #expect(try !self.isCopied(private1, .received))
    #expect(try self.isCopied("<message>\(Self.invited)</message>", .sent))
  }

  @Test("Openfire ForwardedTest: chat, normal, private, groupchat, private messages of a room")
  func openfire() throws {
    let hidden = "<private xmlns='urn:xmpp:carbons:2'/>"
    let room = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
    #expect(try self.isCopied("<message type='chat'>\(Self.body)</message>"))
    #expect(try !self.isCopied("<message type='chat'>\(Self.body)\(hidden)</message>"))
    #expect(try self.isCopied("<message type='normal'>\(Self.body)</message>"))
    #expect(try !self.isCopied("<message type='normal'>\(Self.body)\(hidden)</message>"))
    #expect(try !self.isCopied("<message type='groupchat' from='r@c/n'>\(Self.body)</message>"))
    #expect(try !self.isCopied("<message type='groupchat' to='r@c'>\(Self.body)</message>", .sent))
    #expect(try self.isCopied("<message type='chat'>\(Self.body)\(room)</message>", .sent))
    #expect(try !self.isCopied("<message type='chat'>\(Self.body)\(room)</message>", .received))
  }

  @Test("Openfire CsiManagerTest IsCsiNonza: only active and inactive, only in that namespace")
  func clientState() throws {
    let binding = try makeBinding()
    let device = try laptop()
    #expect(
      try binding.interpret("<active xmlns='urn:xmpp:csi:0'/>", from: device)
        == .clientState(.normal))
    #expect(
      try binding.interpret("<inactive xmlns=\"urn:xmpp:csi:0\" />", from: device)
        == .clientState(.quiet))
    for xml in ["<paused xmlns='urn:xmpp:csi:0'/>", "<active/>", "<active xmlns='urn:x'/>"] {
      guard case .rejected = try binding.interpret(xml, from: device) else {
        Issue.record("\(xml) was accepted")
        continue
      }
    }
  }
}
