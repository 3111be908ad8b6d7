import MDMEngine
import MDMSession
import MDMStanza
import MDMXMPP
import Testing

/// A conversation as XML in and XML out, with the engine between.
struct EngineRoundTripTests {
  /// One server with Alice's two devices on it.
  private final class Server {
    let binding: XMPPBinding
    var engine: MessagingEngine
    var effects = Effects()
    let account: AccountHandle
    var devices: [(address: JID, handle: DeviceHandle)] = []
    var recent = RecentMessageIDs()
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// What went to which device, in order.
    var sent: [(device: String, xml: Element)] = []

    init() throws {
      let binding = try makeBinding()
      var engine = MessagingEngine(configuration: .standard)
      let opened = engine.apply(
        .open("alice@localhost", archived: .start), at: self.now, into: &self.effects)
      guard case .opened(let account) = opened else { throw TestFailure("\(opened)") }
      for name in ["laptop", "phone"] {
        let address = try JID("alice@localhost/\(name)")
        let request = SignIn(device: try #require(address.deviceName), catchUp: .none)
        let outcome = engine.apply(.signIn(account, request), at: self.now, into: &self.effects)
        guard case .signedIn(let signedIn) = outcome else { throw TestFailure("\(outcome)") }
        self.devices.append((address, signedIn.device))
      }
      self.effects.removeAll()
      self.binding = binding
      self.engine = engine
      self.account = account
    }

    /// A device sends something.
    func device(_ index: Int, _ xml: String) throws {
      let (address, handle) = self.devices[index]
      switch try self.binding.interpret(xml, from: address) {
      case .message(let message):
        try self.apply(.send(handle, message.outgoing, toSelf: message.toSelf))
        if let reference = message.displayedMarker,
          let position = self.recent.position(of: reference)
        {
          try self.apply(.read(handle, reference.conversation, upTo: position))
        }
      case .clientState(let mode):
        try self.apply(.setMode(handle, mode))
      case .presence(let presence, _):
        try self.apply(.presence(handle, presence))
      case .displayedSync(let marks, _):
        try self.apply(.requested(handle))
        for mark in marks { try self.apply(.read(handle, mark.conversation, upTo: mark.position)) }
      case .request:
        try self.apply(.requested(handle))
      case .directedPresence, .subscription, .carbons, .silent, .displayedQuery, .streamManagement,
        .rejected:
        throw TestFailure("not played: \(xml)")
      }
    }

    /// Somebody else sends something to Alice.
    func other(_ xml: String) throws {
      let incoming = try self.binding.incoming(xml)
      try self.apply(.receive(self.account, incoming.stanza, to: incoming.address))
    }

    private func apply(_ command: Command) throws {
      self.now = self.now.advanced(byNanoseconds: 1_000_000_000)
      _ = self.engine.apply(command, at: self.now, into: &self.effects)
      let clock = WallClock(originNanoseconds: 1_795_189_978_000_000_000)
      for effect in self.effects {
        switch effect {
        case .archive(let request):
          if let conversation = request.stanza.conversation {
            self.recent.record(request.stanza.id, in: conversation, at: request.position)
          }
        case .deliver(let delivery):
          let address = try self.address(delivery.device)
          let bytes = self.binding.bytes(for: delivery, to: address, wallClock: clock)
          self.sent.append((address.resource ?? "", try parse(bytes)))
        case .deliverMarker(let marker):
          let address = try self.address(marker.device)
          self.sent.append(
            (address.resource ?? "", try parse(self.binding.bytes(for: marker, to: address))))
        case .flush, .route, .push, .retractNotification, .undelivered, .unroutable, .ended,
          .mdmChanged:
          break
        }
      }
      self.effects.removeAll()
    }

    private func address(_ handle: DeviceHandle) throws -> JID {
      try #require(self.devices.first { $0.handle == handle }).address
    }

    /// What went out since this was last asked.
    func takeSent() -> [(device: String, xml: Element)] {
      defer { self.sent = [] }
      return self.sent
    }
  }

  private static func inner(_ copy: Element, _ direction: String) -> Element? {
    copy.child(direction, namespace: Namespaces.carbons)?
      .child("forwarded", namespace: Namespaces.forward)?
      .child("message", namespace: Namespaces.client)
  }

  private static func stableID(_ message: Element?) -> String? {
    message?.child("stanza-id", namespace: Namespaces.stanzaID)?.attribute("id")
  }

  @Test("gives each device each message once, itself or as a copy, under one id (R-003, B20)")
  func copies() throws {
    let server = try Server()
    try server.device(0, "<message type='chat' to='bob@x' id='a'><body>hi</body></message>")
    var sent = server.takeSent()
    #expect(sent.map { $0.device } == ["phone"])
    #expect(Self.stableID(Self.inner(sent[0].xml, "sent")) == "1")

    try server.other(
      "<message type='chat' from='bob@x/d' to='alice@localhost' id='b'><body>yes</body></message>")
    sent = server.takeSent()
    #expect(sent.map { $0.device } == ["laptop", "phone"])
    #expect(sent.allSatisfy { Self.stableID($0.xml) == "2" })

    try server.other(
      "<message type='chat' from='bob@x/d' to='alice@localhost/laptop'><body>so</body></message>")
    sent = server.takeSent().sorted { $0.device < $1.device }
    #expect(sent.map { $0.device } == ["laptop", "phone"])
    #expect(Self.stableID(sent[0].xml) == "3")
    #expect(Self.stableID(Self.inner(sent[1].xml, "received")) == "3")

    try server.device(
      0,
      "<message type='chat' to='bob@x'><body>me only</body>"
        + "<private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/></message>")
    #expect(server.takeSent().isEmpty)
  }

  @Test("holds for a quiet phone and delivers stamped, in order, at its request (R-035, R-036)")
  func quiet() throws {
    let server = try Server()
    try server.device(1, "<inactive xmlns='urn:xmpp:csi:0'/>")
    try server.device(0, "<presence/>")
    for text in ["one", "two"] {
      try server.other(
        "<message type='chat' from='bob@x/d' to='alice@localhost' id='\(text)'>"
          + "<body>\(text)</body></message>")
    }
    try server.other(
      "<message type='chat' from='bob@x/d' to='alice@localhost'>"
        + "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    #expect(server.takeSent().allSatisfy { $0.device == "laptop" })
    try server.device(1, "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    let flushed = server.takeSent()
    #expect(flushed.map { $0.device } == ["phone", "phone"])
    let bodies = flushed.map { $0.xml.child("body", namespace: Namespaces.client)?.text }
    #expect(bodies == ["one", "two"])
    for item in flushed {
      let stamps = item.xml.children(where: { $0.isNamed("delay", namespace: Namespaces.delay) })
      #expect(stamps.count == 1)
      #expect(stamps.first?.attribute("from") == "localhost")
    }
  }

  @Test("tells the phone what was read on the laptop, by either way to say it (XEP-0490, XEP-0333)")
  func reading() throws {
    let server = try Server()
    for id in ["m1", "m2"] {
      try server.other(
        "<message type='chat' from='bob@x/d' to='alice@localhost' id='\(id)'>"
          + "<body>x</body></message>")
    }
    _ = server.takeSent()
    try server.device(
      0,
      "<iq type='set' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        + "<publish node='urn:xmpp:mds:displayed:0'><item id='bob@x'>"
        + "<displayed xmlns='urn:xmpp:mds:displayed:0'>"
        + "<stanza-id xmlns='urn:xmpp:sid:0' by='alice@localhost' id='1'/></displayed>"
        + "</item></publish></pubsub></iq>")
    #expect(Self.markers(server.takeSent()) == ["phone 1"])
    try server.device(
      0,
      "<message type='chat' to='bob@x'>"
        + "<displayed xmlns='urn:xmpp:chat-markers:0' id='m2'/></message>")
    #expect(Self.markers(server.takeSent()) == ["phone 2"])
  }

  /// The read markers among what was sent, with their devices.
  private static func markers(_ sent: [(device: String, xml: Element)]) -> [String] {
    sent.compactMap { device, xml in
      let id = xml.child("event", namespace: Namespaces.pubsubEvent)?
        .child("items", namespace: Namespaces.pubsubEvent)?
        .child("item", namespace: Namespaces.pubsubEvent)?
        .child("displayed", namespace: Namespaces.displayed)?
        .child("stanza-id", namespace: Namespaces.stanzaID)?.attribute("id")
      return id.map { "\(device) \($0)" }
    }
  }
}
