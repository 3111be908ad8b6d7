import MDMStanza
import Testing

@Suite("Stanza")
struct StanzaTests {
  private static func full() -> Stanza {
    Stanza(
      .chat, conversation: "bob@example.org", coalescingKey: "k", flags: [.noCopy, .urgent],
      id: "1", source: "bob@example.org/x", destination: "alice@example.org",
      payload: [1, 2, 3])
  }

  @Test("a stanza gives back what it was made of and counts its payload")
  func fields() {
    let stanza = Self.full()
    #expect(stanza.kind == .chat)
    #expect(stanza.flags == [.noCopy, .urgent])
    #expect(stanza.conversation == "bob@example.org")
    #expect(stanza.coalescingKey == "k")
    #expect(stanza.id == "1")
    #expect(stanza.source == "bob@example.org/x")
    #expect(stanza.destination == "alice@example.org")
    #expect(stanza.payload == [1, 2, 3])
    #expect(stanza.byteCount == 3)
  }

  @Test("what was noted about a payload is kept, and does not tell stanzas apart")
  func payloadNote() {
    let noted = Stanza(
      .chat, id: "1", source: "a", destination: "b", payload: [1], payloadNote: 0x8000_0001)
    let plain = Stanza(.chat, id: "1", source: "a", destination: "b", payload: [1])
    #expect(noted.storage.payloadNote == 0x8000_0001)
    #expect(plain.storage.payloadNote == 0)
    #expect(noted == plain)
    #expect(noted.hashValue == plain.hashValue)
  }

  @Test("two stanzas are equal when every field is, and differ when one does")
  func equality() {
    #expect(Self.full() == Self.full())
    #expect(Set([Self.full(), Self.full()]).count == 1)
    let others = [
      Stanza(.normal), Stanza(.chat, conversation: "x"), Stanza(.chat, coalescingKey: "x"),
      Stanza(.chat, flags: .noStore), Stanza(.chat, id: "x"), Stanza(.chat, source: "x"),
      Stanza(.chat, destination: "x"), Stanza(.chat, payload: [0]),
    ]
    for (place, other) in others.enumerated() {
      #expect(other != Stanza(.chat), "\(place)")
      for later in others[(place + 1)...] { #expect(other != later) }
    }
  }

  @Test("a copy of a stanza is the same reference, so that holding it costs one")
  func sharing() {
    let stanza = Self.full()
    let copy = stanza
    #expect(copy.storage === stanza.storage)
    #expect(MemoryLayout<Stanza>.size == MemoryLayout<UnsafeRawPointer>.size)
  }

  @Test("B28: a stanza's description never shows its payload")
  func description() {
    let stanza = Stanza(
      .chat, conversation: "bob@example.org", id: "7", payload: Array("secret".utf8))
    #expect(stanza.description == "chat 7 (bob@example.org)")
    #expect(Stanza(.presence).description == "presence")
  }

  @Test("B7: content is what a person wants to read, and nothing else")
  func content() {
    let content: [StanzaKind] = [.chat, .normal, .invitation, .fileTransfer, .groupChat]
    for kind in StanzaKind.allCases {
      #expect(kind.isContent == content.contains(kind), "\(kind)")
    }
  }

  @Test("each flag is a bit of its own")
  func flags() {
    let flags: [StanzaFlags] = [
      .noCopy, .urgent, .noStore, .noPermanentStore, .replayed, .ownAccount, .notCopyable,
      .exactDeviceOnly, .answer,
    ]
    #expect(Set(flags.map { $0.rawValue }).count == flags.count)
    #expect(flags.allSatisfy { $0.rawValue.nonzeroBitCount == 1 })
  }
}
