import MDMStanza
import MDMXMPP
import Testing

@testable import MDMEngine

struct DeliveringTests {
  /// 2026-11-20T15:52:58.123Z at the origin of the monotonic clock.
  private let clock = WallClock(originNanoseconds: 1_795_189_978_123_999_999)
  private let payload =
    "<message xmlns='jabber:client' type='chat' from='bob@localhost/desk' to='alice@localhost'"
    + " id='1'><body>x</body></message>"
  private let stamp =
    "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2026-11-20T15:52:58.123Z'/>"
  private let stableID = "<stanza-id xmlns='urn:xmpp:sid:0' by='alice@localhost' id='42'/>"

  private func phone() throws -> JID { try JID("alice@localhost/phone") }

  private func delivery(
    _ payload: String, _ form: Delivery.Form = .original, position: ArchivePosition? = nil,
    held: Bool = false, notification: NotificationDecision = .activeClient,
    alreadyRead: Bool = false, kind: StanzaKind = .chat
  ) -> Delivery {
    Delivery(
      device: DeviceHandle(slot: 0, index: 0, generation: 0),
      stanza: Stanza(kind, payload: Array(payload.utf8)), form: form, position: position,
      notification: notification, heldSince: held ? .origin : nil, alreadyRead: alreadyRead)
  }

  /// The bytes as text; also checks that they were measured right and that the other form of the
  /// call appends the same.
  private func text(
    _ delivery: Delivery, to device: String = "alice@localhost/phone", annotates: Bool = false
  ) throws -> String {
    let binding = try makeBinding { $0.annotatesNotifications = annotates }
    let address = try JID(device)
    let bytes = binding.bytes(for: delivery, to: address, wallClock: self.clock)
    var appended: [UInt8] = [1, 2, 3]
    binding.write(delivery, to: address, wallClock: self.clock, into: &appended)
    #expect(Array(appended.dropFirst(3)) == bytes)
    return bytes.asText
  }

  @Test("delivers an original as it is, with stable id and stamp before its end (XEP-0359, B27)")
  func original() throws {
    let head = self.payload.dropLast("</message>".count)
    #expect(try self.text(self.delivery(self.payload)) == self.payload)
    #expect(
      try self.text(self.delivery(self.payload, position: 42))
        == "\(head)\(self.stableID)</message>")
    #expect(
      try self.text(self.delivery(self.payload, position: 42, held: true))
        == "\(head)\(self.stableID)\(self.stamp)</message>")
    #expect(
      try self.text(self.delivery(self.payload, held: true)) == "\(head)\(self.stamp)</message>")
  }

  @Test(
    "wraps a copy without touching it (XEP-0280 §6, XEP-0297, XEP-0313 §3.5)",
    arguments: [(Delivery.Form.receivedCopy, "received"), (.sentCopy, "sent")])
  func copies(_ form: Delivery.Form, _ name: String) throws {
    let inner = self.payload.dropLast("</message>".count)
    let open =
      "<message xmlns='jabber:client' type='chat' from='alice@localhost'"
      + " to='alice@localhost/phone'><\(name) xmlns='urn:xmpp:carbons:2'>"
      + "<forwarded xmlns='urn:xmpp:forward:0'>"
    let close = "</forwarded></\(name)></message>"
    #expect(try self.text(self.delivery(self.payload, form)) == open + self.payload + close)
    #expect(
      try self.text(self.delivery(self.payload, form, position: 42, held: true))
        == "\(open)\(self.stamp)\(inner)\(self.stableID)</message>\(close)")
    // A message without a type has a wrapper without one.
    let plain = self.payload.replacing(" type='chat'", with: "")
    #expect(
      try self.text(self.delivery(plain, form)).hasPrefix("<message xmlns='jabber:client' from"))
  }

  @Test(
    "stamps exactly once, and only what can be stamped (XEP-0203)",
    arguments: [
      ("<message xmlns='jabber:client'><body>x</body></message>", 1),
      ("<message xmlns='jabber:client'></message>", 1),
      ("<presence xmlns='jabber:client'></presence>", 1),
      ("<message xmlns='jabber:client'><delay xmlns='urn:xmpp:delay' stamp='x'/></message>", 0),
      ("<message xmlns='jabber:client'><d:delay xmlns:d='urn:xmpp:delay'/></message>", 0),
      ("<message xmlns='jabber:client'><body>urn:xmpp:delay</body></message>", 1),
      (
        "<message xmlns='jabber:client'><x xmlns='y'><delay xmlns='urn:xmpp:delay'/></x></message>",
        1
      ),
      ("<message xmlns='jabber:client'><delay xmlns='urn:other'/></message>", 1),
      ("<iq xmlns='jabber:client' type='get'><q xmlns='x'/></iq>", 0),
      ("<iq xmlns='jabber:client' type='result'/>", 0),
      ("", 0),
      ("<message xmlns='jabber:client'/>", 0),
      ("<message xmlns='jabber:client'><body>urn:xmpp:delay</message>", 1),
    ])
  func stamps(_ payload: String, _ added: Int) throws {
    for form in Delivery.Form.allCases {
      let text = try self.text(self.delivery(payload, form, held: true))
      #expect(text.ranges(of: self.stamp).count == added, "\(form)")
    }
  }

  @Test("leaves every iq as it is, whatever the engine says about it")
  func requests() throws {
    let iq = "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"
    for form in Delivery.Form.allCases {
      #expect(
        try self.text(
          self.delivery(iq, form, position: 42, held: true, kind: .request), annotates: true)
          == iq)
    }
  }

  @Test("says whether to ring and why, beside what is wrapped (B9)")
  func annotation() throws {
    let note = "<notify xmlns='urn:x-swift-mdm:0' ring='true' why='active-client'/>"
    let head = self.payload.dropLast("</message>".count)
    #expect(
      try self.text(self.delivery(self.payload, position: 42, held: true), annotates: true)
        == "\(head)\(self.stableID)\(self.stamp)\(note)</message>")
    #expect(
      try self.text(self.delivery(self.payload, .sentCopy), annotates: true)
        .hasSuffix("</message></forwarded></sent>\(note)</message>"))
    var reasons: Set<String> = []
    for decision in NotificationDecision.allCases {
      let text = try self.text(
        self.delivery(self.payload, notification: decision, alreadyRead: true), annotates: true)
      let found = try parse(Array(text.utf8)).child("notify", namespace: "urn:x-swift-mdm:0")
      let element = try #require(found)
      #expect(element.attribute("ring") == "\(decision.rings)")
      #expect(element.attribute("read") == "true")
      reasons.insert(try #require(element.attribute("why")))
    }
    #expect(reasons.count == NotificationDecision.allCases.count)
    // Presence never rings.
    let presence = "<presence xmlns='jabber:client'></presence>"
    #expect(try self.text(self.delivery(presence, kind: .presence), annotates: true) == presence)
  }

  @Test("escapes addresses and measures them escaped", arguments: Delivery.Form.allCases)
  func escaping(_ form: Delivery.Form) throws {
    let binding = try makeBinding { $0.annotatesNotifications = true }
    let device = try JID("alice@localhost/a'b&<c>\"\u{1F4F1}")
    let bytes = binding.bytes(
      for: self.delivery(
        self.payload, form, position: ArchivePosition(.max), held: true, alreadyRead: true),
      to: device, wallClock: self.clock)
    let element = try parse(bytes)
    if form != .original {
      #expect(element.attribute("to") == device.full)
      #expect(element.attribute("from") == "alice@localhost")
    }
    #expect(bytes.asText.contains("id='18446744073709551615'"))
    // One allocation of just the right size; an array may round up by less than one half.
    #expect(bytes.capacity < bytes.count + bytes.count / 2)
  }

  @Test("keeps a copy's payload byte for byte through interpret and delivery (XEP-0297)")
  func roundTrip() throws {
    let binding = try makeBinding()
    let inside = "<body><![CDATA[a<b]]>&#x26;</body>\n<x  xmlns=\"urn:x\"  k='\"' ></x>"
    let message = try binding.message(
      "<message type=\"chat\" to=\"bob@localhost\">\(inside)</message>", from: laptop())
    let copy = Delivery(
      device: DeviceHandle(slot: 0, index: 1, generation: 0), stanza: message.outgoing,
      form: .sentCopy, position: 7, notification: .ownMessage, heldSince: .origin,
      alreadyRead: false)
    let bytes = binding.bytes(for: copy, to: try self.phone(), wallClock: self.clock)
    #expect(bytes.asText.contains("to='bob@localhost'>\(inside)<stanza-id "))
    let wrapper = try parse(bytes).child("sent", namespace: Namespaces.carbons)
    let inner = wrapper?.child("forwarded", namespace: Namespaces.forward)?
      .child("message", namespace: Namespaces.client)
    #expect(inner?.attribute("from") == "alice@localhost/laptop")
    #expect(inner?.child("body", namespace: Namespaces.client)?.text == "a<b&")
  }

  @Test("delivers what was stored with its original time, as from the server (XEP-0160)")
  func stored() throws {
    let stanza = Stanza(.chat, payload: Array(self.payload.utf8))
    let head = self.payload.dropLast("</message>".count)
    let bytes = try makeBinding().bytes(
      forStored: stanza, position: 42, acceptedAt: self.clock.originNanoseconds,
      to: try self.phone())
    #expect(bytes.asText == "\(head)\(self.stableID)\(self.stamp)</message>")
  }

  // MARK: - Read markers

  @Test("tells a device what was read as the account's node would (XEP-0490 §3)")
  func marker() throws {
    let marker = MarkerDelivery(
      device: DeviceHandle(slot: 0, index: 0, generation: 0), conversation: "bob@localhost",
      upTo: 42, unread: 0, revision: 1)
    let text = try makeBinding().bytes(for: marker, to: try self.phone()).asText
    #expect(
      text
        == "<message xmlns='jabber:client' type='headline' from='alice@localhost'"
        + " to='alice@localhost/phone'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
        + "<items node='urn:xmpp:mds:displayed:0'><item id='bob@localhost'>"
        + "<displayed xmlns='urn:xmpp:mds:displayed:0'>\(self.stableID)</displayed></item>"
        + "</items></event></message>")
  }

  @Test("takes a notification back in our own namespace only (B9)")
  func retraction() throws {
    let retraction = Retraction(
      device: DeviceHandle(slot: 0, index: 0, generation: 0), conversation: "bob@localhost",
      upTo: 42)
    #expect(try makeBinding().bytes(for: retraction, to: try self.phone()) == nil)
    let binding = try makeBinding { $0.annotatesNotifications = true }
    #expect(
      try binding.bytes(for: retraction, to: self.phone())?.asText
        == "<message xmlns='jabber:client' type='headline' from='alice@localhost'"
        + " to='alice@localhost/phone'><retract xmlns='urn:x-swift-mdm:0'"
        + " conversation='bob@localhost' id='42'/></message>")
  }

  @Test("answers the query for what was read with an item for each conversation (XEP-0490 §3)")
  func markers() throws {
    let marks = [
      ReadMark(conversation: "bob@localhost", position: 42),
      ReadMark(conversation: "colin@localhost", position: 7),
    ]
    let bytes = try makeBinding().bytes(answering: "q", with: marks, to: try self.phone())
    let items = try parse(bytes).child("pubsub", namespace: Namespaces.pubsub)?
      .child("items", namespace: Namespaces.pubsub)
    #expect(items?.attribute("node") == Namespaces.displayed)
    #expect(items?.elements.map { $0.attribute("id") } == ["bob@localhost", "colin@localhost"])
  }
}
