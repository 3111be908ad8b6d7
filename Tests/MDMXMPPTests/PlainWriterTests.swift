import MDMStanza
import MDMXMPP
import Testing

@testable import MDMEngine

/// Deliveries as they are written against deliveries as they have to be.
struct PlainWriterTests {
  /// Addresses of every length and every need that the writer tells apart.
  private static let devices = [
    "a@b/c", "al@host.x/phone", "alice@localhost/phone", "alice@localhost", "localhost/x",
    "alice@chat.example.net/Conversations.x8Fq", "alice@münster.example/日本\u{1F4F1}",
    "alice@localhost/Bob's <&> \"phone\"", "o.brien@a-very-long-label.example.net/it's",
    "alice@localhost/" + String(repeating: "x", count: 300),
    String(repeating: "y", count: 90) + "@" + String(repeating: "z", count: 60) + ".example/&",
  ]

  private static let positions: [ArchivePosition?] = [
    nil, 1, 9, 10, 99, 1_234_567, 99_999_999, 100_000_000, 12_345_678_901,
    9_999_999_999_999_999, 10_000_000_000_000_000, ArchivePosition(.max), .start,
  ]

  private let bindings: [XMPPBinding]
  private let addresses: [JID]

  init() throws {
    self.bindings = [
      try makeBinding(), try makeBinding { $0.annotatesNotifications = true },
      try makeBinding {
        $0.annotatesNotifications = true
        $0.privateNamespace = "urn:it's<&>\""
      },
    ]
    self.addresses = try Self.devices.map { try JID($0) }
  }

  /// Compares one delivery of a stanza, drawn at random, in every form and for every device.
  private func compare(_ stanza: Stanza, _ random: inout SeededRandom) {
    let handle = DeviceHandle(slot: 0, index: 0, generation: 0)
    for form in Delivery.Form.allCases {
      let held = Bool.random(using: &random) ? Int64.random(in: .min ... .max, using: &random) : nil
      let delivery = Delivery(
        device: handle, stanza: stanza, form: form,
        position: Self.positions.randomElement(using: &random) ?? nil,
        notification: NotificationDecision.allCases.randomElement(using: &random) ?? .urgent,
        heldSince: held.map { MonotonicInstant(nanoseconds: $0) },
        alreadyRead: Bool.random(using: &random))
      let clock = WallClock(originNanoseconds: .random(in: .min ... .max, using: &random))
      let address = self.addresses[Int.random(in: 0..<self.addresses.count, using: &random)]
      let binding = self.bindings[Int.random(in: 0..<self.bindings.count, using: &random)]
      let configuration = binding.configuration
      let expected = PlainWriter(
        delivery: delivery, device: address, clock: clock,
        noteNamespace: configuration.annotatesNotifications ? configuration.privateNamespace : nil
      ).bytes
      let bytes = binding.bytes(for: delivery, to: address, wallClock: clock)
      #expect(bytes == expected, "\(bytes.asText)\n\(expected.asText)")
      var output = Array("before".utf8)
      binding.write(delivery, to: address, wallClock: clock, into: &output)
      #expect(output == Array("before".utf8) + expected)
    }
  }

  @Test("writes what a host hands in as the plain writer would, whatever it is")
  func anyPayload() {
    var random = SeededRandom(seed: 11)
    let starts = [
      "<message xmlns='jabber:client' type='", "<message xmlns='jabber:client'", "<message ",
      "<message", "<presence ", "<presence xmlns='jabber:client' type='x'", "<iq ", "",
      "<message xmlns='jabber:client' type=\"chat\"", "<message  xmlns='jabber:client' type='",
    ]
    let types = ["chat'", "normal'", "groupchat'", "'", "a", "", "a-type-beyond-two-words'"]
    let middles = [
      ">", " to='x'>", "<body>urn:xmpp:delay</body>", "<delay xmlns='urn:xmpp:delay'/>",
      "<d:delay xmlns:d='urn:xmpp:delay'></d:delay>", "<body>a:d b:d</body>", "<body/>", "é'",
      "<x><delay xmlns='urn:xmpp:delay'/></x>", "<delay xmlns='urn:xmpp:dela'/>", "</message>",
      "<body>Shall we meet at the station at half past four?</body>", "</presence>", "\u{0}",
    ]
    let ends = ["</message>", "</presence>", "/>", "</iq>", "", "message>", " </message>"]
    for _ in 0..<4_000 {
      var payload = (starts.randomElement(using: &random) ?? "")
      payload += types.randomElement(using: &random) ?? ""
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        payload += middles.randomElement(using: &random) ?? ""
      }
      payload += ends.randomElement(using: &random) ?? ""
      self.compare(Stanza(.chat, payload: Array(payload.utf8)), &random)
    }
  }

  @Test("writes what it has made itself in the same way, with its notes and without")
  func ownPayload() throws {
    var random = SeededRandom(seed: 12)
    let binding = try makeBinding()
    let types = ["", " type='chat'", " type='error'", " type='it&apos;s &lt;odd&gt;'"]
    let children = [
      "<body>x</body>", "<delay xmlns='urn:xmpp:delay' from='elsewhere'/>", "",
      "<delay xmlns='urn:xmpp:delay' from='localhost'/>", "<body>urn:xmpp:delay</body>",
    ]
    let device = try laptop()
    for type in types {
      for child in children {
        let sent = try binding.message("<message to='b@c'\(type)>\(child)</message>", from: device)
        let presence = try binding.incoming(
          "<presence from='b@c/d'>\(child)</presence>", for: "alice@localhost")
        for stanza in [sent.outgoing, sent.incoming, presence.stanza] {
          let plain = Stanza(stanza.kind, payload: stanza.payload)
          for _ in 0..<20 {
            self.compare(stanza, &random)
            self.compare(plain, &random)
          }
        }
      }
    }
  }

  @Test("finds a stamp wherever it stands and however long the rest is (XEP-0203)")
  func stamps() throws {
    var random = SeededRandom(seed: 13)
    for before in 0..<70 {
      for after in [0, 1, 7, 31, 32, 33, 64] {
        let filler = { String(repeating: "d:", count: $0 / 2) + ($0 % 2 == 0 ? "" : "d") }
        let payload =
          "<message xmlns='jabber:client'>\(filler(before))<delay xmlns='urn:xmpp:delay'/>"
          + "\(filler(after))</message>"
        let delivery = Delivery(
          device: DeviceHandle(slot: 0, index: 0, generation: 0),
          stanza: Stanza(.chat, payload: Array(payload.utf8)), form: .original, position: nil,
          notification: .urgent, heldSince: .origin, alreadyRead: false)
        let bytes = self.bindings[0].bytes(
          for: delivery, to: self.addresses[0], wallClock: WallClock(originNanoseconds: 0))
        #expect(bytes == delivery.stanza.payload)
        let other = payload.replacing("urn:xmpp:delay", with: "urn:xmpp:dela.")
        self.compare(Stanza(.chat, payload: Array(other.utf8)), &random)
      }
    }
  }

  @Test("writes every position as its stable id (XEP-0359)")
  func positions() throws {
    var random = SeededRandom(seed: 14)
    var ordinals: [UInt64] = [0, .max]
    var power: UInt64 = 1
    for _ in 0..<20 {
      ordinals += [power - 1, power, power + 1]
      power = power &* 10
    }
    for bits in 1...64 {
      for _ in 0..<20 { ordinals.append(random.next() >> UInt64(64 - bits)) }
    }
    let payload = Array("<message xmlns='jabber:client'></message>".utf8)
    for ordinal in ordinals {
      let position = ArchivePosition(ordinal)
      let bytes = self.bindings[0].bytes(
        forStored: Stanza(.chat, payload: payload), position: position, acceptedAt: 0,
        to: self.addresses[2])
      #expect(bytes.asText.contains(" id='\(StableID(position))'/><delay "))
    }
  }

  @Test("lets an output that is reused grow a few times only")
  func reuse() throws {
    let delivery = Delivery(
      device: DeviceHandle(slot: 0, index: 0, generation: 0),
      stanza: Stanza(.chat, payload: Array("<message xmlns='jabber:client'></message>".utf8)),
      form: .receivedCopy, position: 7, notification: .urgent, heldSince: nil, alreadyRead: false)
    let clock = WallClock(originNanoseconds: 0)
    let one = self.bindings[0].bytes(for: delivery, to: self.addresses[2], wallClock: clock)
    var (output, capacities): ([UInt8], Set<Int>) = ([], [])
    for _ in 0..<1_000 {
      self.bindings[0].write(delivery, to: self.addresses[2], wallClock: clock, into: &output)
      capacities.insert(output.capacity)
    }
    #expect(output == Array(repeatElement(one, count: 1_000).joined()))
    #expect(capacities.count <= 12)
  }
}
