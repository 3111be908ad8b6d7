import MDMEngine
import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza
import Testing

@Suite("Peers' carbon tests")
struct PeerCarbonTests {
  /// A message as the matrix of ejabberd has it, and what the binding makes of it.
  struct Message: Sendable, CustomTestStringConvertible {
    let type: String
    let hasBody: Bool
    let kind: StanzaKind
    let flags: StanzaFlags
    let isCopied: Bool

    init(_ type: String, _ hasBody: Bool, _ kind: StanzaKind, _ flags: StanzaFlags, _ copy: Bool) {
      self.type = type
      self.hasBody = hasBody
      self.kind = kind
      self.flags = flags
      self.isCopied = copy
    }

    var testDescription: String { "\(self.type) \(self.hasBody ? "with" : "without") body" }
  }

  static let messages = [
    Message("error", false, .messageError, .notCopyable, false),
    Message("error", true, .messageError, .notCopyable, false),
    Message("chat", false, .payload, [], true), Message("chat", true, .chat, [], true),
    Message("normal", false, .payload, .notCopyable, false),
    Message("normal", true, .normal, [], true),
    Message("groupchat", false, .payload, .notCopyable, false),
    Message("groupchat", true, .groupChat, [], false),
    Message("headline", false, .headline, [], false),
    Message("headline", true, .headline, [], false),
  ]

  @Test("EJ send_recv: {send, receive} × type × body × {no hint, no-copy}", arguments: messages)
  func sendReceive(message: Message) throws {
    for hint in [false, true] {
      var scene = try PeerScene.make { $0.groupChat = .joinedDeviceOnly }
      try scene.signIn("one", show: .away)
      try scene.signIn("two", show: .away)
      let flags = hint ? message.flags.union(.noCopy) : message.flags
      let stanza = Stanza(message.kind, conversation: "bob", flags: flags, id: "x")
      let isCopied = message.isCopied && !hint
      scene.receive(stanza, to: .device("one"))
      let received = scene.lines().filter { $0.hasPrefix("two") }
      #expect(received.count == (isCopied ? 1 : 0))
      #expect(received.allSatisfy { $0.hasPrefix("two: x copy") })
      scene.apply("one") { .send($0, stanza, toSelf: nil) }
      #expect(scene.lines() == (isCopied ? ["route x", "two: x sent copy"] : ["route x"]))
    }
  }

  @Test("B22, B46: what a configuration says of copies is what its engine does, for every kind")
  func saysWhatItDoes() throws {
    for groupChat in GroupChatPolicy.allCases {
      for fileTransfer in FileTransferPolicy.allCases {
        let configuration = try Configuration {
          $0.groupChat = groupChat
          $0.fileTransfer = fileTransfer
        }
        for kind in StanzaKind.allCases {
          for flags: StanzaFlags in [[], .noCopy, .notCopyable, [.noCopy, .notCopyable], .noStore] {
            var scene = try PeerScene.make {
              $0.groupChat = groupChat
              $0.fileTransfer = fileTransfer
            }
            try scene.signIn("one", show: .away)
            try scene.signIn("two", show: .away)
            let stanza = Stanza(kind, conversation: "bob", flags: flags, id: "x")
            scene.apply("one") { .send($0, stanza, toSelf: nil) }
            let isCopied = scene.lines().contains("two: x sent copy")
            #expect(configuration.copies(stanza) == isCopied, "\(kind) \(flags)")
          }
        }
      }
    }
  }

  @Test("EJ enable_disable: nothing after carbons are disabled")
  func enableDisable() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    scene.apply("two") { .requestMDM($0, false) }
    scene.send(.chat, "1", by: "one")
    scene.chat("2", to: .device("one"))
    #expect(scene.lines() == ["route 1", "one: 2 rings"])
    scene.apply("two") { .requestMDM($0, true) }
    scene.send(.chat, "3", by: "one")
    #expect(scene.lines() == ["route 3", "two: 3 sent copy"])
  }

  @Test("MIM avoiding_carbons: a private message")
  func avoiding() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    scene.chat("x", to: .device("one"), .noCopy)
    #expect(scene.lines().allSatisfy { $0.hasPrefix("one") })
  }

  @Test("MIM non_enabled_clients_dont_get_sent_carbons, …_dont_get_received_carbons")
  func notEnabled() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two", mdm: false)
    scene.send(.chat, "1", by: "one")
    scene.chat("2", to: .device("one"))
    #expect(scene.lines() == ["route 1", "one: 2 rings"])
    // XEP-0280 §8: what the other one sends is copied all the same.
    scene.send(.chat, "3", by: "two")
    #expect(scene.lines() == ["route 3", "one: 3 sent copy"])
  }

  @Test("MIM enabled_single_resource_doesnt_get_carbons")
  func single() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    scene.send(.chat, "1", by: "one")
    scene.chat("2")
    #expect(scene.lines() == ["route 1", "one: 2 rings"])
  }

  @Test("MIM unavailable_resources_dont_get_carbons")
  func unavailable() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    scene.apply("two") { .presence($0, .unavailable) }
    scene.send(.chat, "1", by: "one")
    scene.chat("2", to: .device("one"))
    #expect(scene.lines() == ["route 1", "one: 2 rings"])
    scene.apply("two") { .presence($0, .available()) }
    scene.send(.chat, "3", by: "one")
    #expect(scene.lines() == ["route 3", "two: 3 sent copy"])
  }

  @Test("MIM dropped_client_doesnt_create_duplicate_carbons")
  func dropped() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    scene.lose("two")
    scene.send(.chat, "1", by: "one")
    try scene.signIn("two", show: .away)
    scene.send(.chat, "2", by: "one")
    #expect(
      scene.lines() == [
        "route 1", "two: undelivered 1, drop", "two: ended, replaced", "route 2",
        "two: 2 sent copy",
      ])
  }

  @Test(
    "MIM prop_forward_received_chat_messages, prop_forward_sent_chat_messages", arguments: 2...5)
  func forwarding(count: Int) throws {
    var scene = try PeerScene.make()
    for number in 1...count { try scene.signIn(DeviceName("\(number)"), show: .away) }
    for target in 1...count {
      scene.chat("x", to: .device(DeviceName("\(target)")))
      #expect(
        scene.lines()
          == (1...count).map { "\($0): x\($0 == target ? "" : " copy") rings" })
    }
    for sender in 1...count {
      scene.send(.chat, "y", by: DeviceName("\(sender)"))
      #expect(
        scene.lines() == ["route y"]
          + (1...count).filter { $0 != sender }.map { "\($0): y sent copy" })
    }
  }

  @Test("MIM prop_normal_routing_to_bare_jid: everyone gets the message, nobody a copy")
  func bareAddress() throws {
    var scene = try PeerScene.make()
    for number in 1...4 {
      try scene.signIn(DeviceName("\(number)"), mdm: number != 3, show: .away)
    }
    scene.chat("x")
    #expect(scene.lines() == ["1: x rings", "2: x rings", "3: x", "4: x rings"])
  }

  @Test("MIM chat_message_is_carbon_copied, …receipt…, …csn…, …chat_marker_is_carbon_copied")
  func payloads() throws {
    for kind: StanzaKind in [.chat, .normal, .receipt, .displayedMarker, .chatState, .invitation] {
      var scene = try PeerScene.make()
      try scene.signIn("one", show: .away)
      try scene.signIn("two", show: .away)
      scene.receive(Stanza(kind, conversation: "bob", id: "x"), to: .device("one"))
      #expect(scene.lines().contains { $0.hasPrefix("two: x copy") }, "\(kind)")
    }
  }

  @Test("MIM local_user_to_muc_participant_is_carbon_copied, muc_participant_to_local_user_is_not")
  func privateMessagesOfARoom() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two")
    scene.send(.chat, "out", by: "one")
    scene.chat("in", from: "room@muc/nick", to: .device("one"), .noCopy)
    #expect(scene.lines() == ["route out", "two: out sent copy", "one: in rings"])
  }

  @Test("TIG MessageCarbonsTest: a full address that does not match, chat and other than chat")
  func fullAddress() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one", show: .away)
    scene.chat("chat", to: .device("gone"))
    scene.receive(
      Stanza(.normal, conversation: "bob", flags: .exactDeviceOnly, id: "normal"),
      to: .device("gone"))
    #expect(scene.lines() == ["one: chat rings", "nobody: normal, bounce"])
  }

  @Test("MIM sm_SUITE carboncopy_works_after_resume")
  func afterResume() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one")
    try scene.signIn("two", show: .away)
    scene.lose("two")
    scene.send(.chat, "1", by: "one")
    scene.resume("two")
    scene.send(.chat, "2", by: "one")
    #expect(
      scene.lines() == [
        "route 1", "two: flush of 1, resumed", "two: 1 sent copy delayed", "route 2",
        "two: 2 sent copy",
      ])
  }
}
