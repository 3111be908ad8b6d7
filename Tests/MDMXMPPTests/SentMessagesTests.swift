import MDMEngine
import MDMStanza
import MDMXMPP
import Testing

struct SentMessagesTests {
  private let binding: XMPPBinding

  init() throws { self.binding = try makeBinding() }

  private func isOwn(_ address: JID) -> Bool { self.binding.isOwn(address) }

  /// Whether an error answers what the laptop has sent, as the account remembers it.
  private func answers(
    _ sent: String, _ error: String, under configuration: Configuration = .standard
  ) throws -> Bool {
    var messages = SentMessages()
    messages.record(
      try self.binding.message(sent, from: laptop()), under: configuration)
    let stanza = try self.binding.incoming(error).stanza
    return messages.serial(answeredBy: stanza, isOwn: self.isOwn) != nil
  }

  private static let body = "<body>x</body>"

  @Test(
    "an error from the addressee is for the devices that had copies, whatever it echoes (B46)",
    arguments: [
      ("bob@localhost", "bob@localhost"), ("bob@localhost", "bob@localhost/desk"),
      ("bob@localhost/desk", "bob@localhost/desk"), ("BOB@localhost", "bob@localhost"),
      // A message to a device that is gone goes to the account's others.
      ("bob@localhost/gone", "bob@localhost/desk"), ("room@muc.example/a", "room@muc.example/a"),
      ("bob@far.example", "bob@far.example/desk"),
    ])
  func addressee(_ to: String, _ from: String) throws {
    for echo in ["", Self.body] {
      #expect(
        try self.answers(
          "<message type='chat' id='1' to='\(to)'>\(Self.body)</message>",
          "<message type='error' id='1' from='\(from)' to='alice@localhost/laptop'>\(echo)"
            + "</message>"
        ))
    }
  }

  @Test(
    "an error that answers nothing is for nobody else (B46)",
    arguments: [
      // Somebody else, another id, another device, no error, another in the room.
      ("bob@localhost", "type='error' id='1' from='eve@localhost' to='alice@localhost/laptop'"),
      ("bob@localhost", "type='error' id='2' from='bob@localhost' to='alice@localhost/laptop'"),
      ("bob@localhost", "type='error' from='bob@localhost' to='alice@localhost/laptop'"),
      ("bob@localhost", "type='error' id='1' from='bob@localhost' to='alice@localhost/phone'"),
      ("bob@localhost", "type='error' id='1' from='bob@localhost' to='alice@localhost'"),
      ("bob@localhost", "type='chat' id='1' from='bob@localhost' to='alice@localhost/laptop'"),
      (
        "room@muc.example/a",
        "type='error' id='1' from='room@muc.example/b' to='alice@localhost/laptop'"
      ),
    ])
  func strangers(_ to: String, _ error: String) throws {
    #expect(
      try !self.answers(
        "<message type='chat' id='1' to='\(to)'>\(Self.body)</message>",
        "<message \(error)>\(Self.body)</message>"))
  }

  @Test(
    "what had no copies has none of its error (B46)",
    arguments: [
      "<message type='headline' id='1' to='bob@localhost'><body>x</body></message>",
      "<message type='groupchat' id='1' to='bob@localhost/a'><body>x</body></message>",
      "<message type='error' id='1' to='bob@localhost'><body>x</body></message>",
      "<message id='1' to='bob@localhost'><y xmlns='urn:y'/></message>",
      "<message type='chat' id='1' to='bob@localhost'><body>x</body>"
        + "<private xmlns='urn:xmpp:carbons:2'/></message>",
    ])
  func uncopied(_ sent: String) throws {
    #expect(
      try !self.answers(
        sent,
        "<message type='error' id='1' from='bob@localhost' to='alice@localhost/laptop'>"
          + "<body>x</body></message>"))
  }

  @Test("an error of a file is for the devices that files go to (B22, B46)")
  func files() throws {
    let onlyTarget = try Configuration { $0.fileTransfer = .originatingDeviceOnly }
    for (configuration, isAnswer) in [(Configuration.standard, true), (onlyTarget, false)] {
      #expect(
        try self.answers(
          "<message type='chat' id='1' to='bob@localhost'><body>https://x/y</body>"
            + "<x xmlns='jabber:x:oob'><url>https://x/y</url></x></message>",
          "<message type='error' id='1' from='bob@localhost' to='alice@localhost/laptop'/>",
          under: configuration) == isAnswer)
    }
  }

  @Test("remembers the latest 128, and numbers them so that it is known who was there")
  func capacity() throws {
    var messages = SentMessages()
    func send(_ id: Int) throws {
      messages.record(
        try self.binding.message(
          "<message type='chat' id='\(id)' to='bob@localhost'><body/></message>", from: laptop()),
        under: .standard)
    }
    func serial(_ id: Int) throws -> UInt64? {
      let error = try self.binding.incoming(
        "<message type='error' id='\(id)' from='bob@localhost' to='alice@localhost/laptop'/>")
      return messages.serial(answeredBy: error.stanza, isOwn: self.isOwn)
    }
    for id in 0..<200 { try send(id) }
    #expect(messages.count == 128)
    #expect(messages.nextSerial == 200)
    #expect(try serial(71) == nil)
    #expect(try serial(72) == 72)
    // An id that comes again means the later one, and is not forgotten with the first.
    try send(73)
    #expect(try serial(73) == 200)
    try send(500)
    try send(501)
    #expect(try serial(73) == 200)
    let sent = try self.binding.message(
      "<message type='chat' id='501' to='bob@localhost'/>", from: laptop())
    messages.forget(sent.outgoing)
    #expect(try serial(501) == nil)
    for id in 600..<800 { try send(id) }
    #expect(messages.count == 128)
    var none = SentMessages(capacity: -1)
    none.record(
      try self.binding.message("<message type='chat' id='1' to='b@c'/>", from: laptop()),
      under: .standard)
    #expect(none.count == 0)
  }
}
