import MDMXMPP
import Testing

@testable import ServerCore

/// What an archive is asked and answers, as transcripts.
struct ServerArchiveTests {
  private func query(_ content: String) -> String {
    "<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2' queryid='a&apos;b'>\(content)</query></iq>"
  }

  private func page(_ content: String) -> String {
    self.query("<set xmlns='http://jabber.org/protocol/rsm'>\(content)</set>")
  }

  /// The bodies of the messages that were found, and the answer behind them.
  private func found(_ elements: [Element]) -> (bodies: [String], answer: Element?) {
    let bodies = elements.compactMap { element in
      element.child("result", namespace: "urn:xmpp:mam:2")?
        .child("forwarded", namespace: Namespaces.forward)?
        .child("message", namespace: Namespaces.client)?
        .child("body", namespace: Namespaces.client)?.text
    }
    return (bodies, elements.last)
  }

  /// Alice, who has sent five messages to Bob and got one from him.
  private func alice(_ harness: ServerHarness) throws -> TestClient {
    let alice = try harness.device("alice", "desk")
    let bob = try harness.device("bob", "phone")
    for number in 1...5 {
      try alice.say(
        "<message type='chat' to='bob@localhost'><body>&lt;\(number)&gt;</body></message>")
    }
    try bob.say("<message type='chat' to='alice@localhost/desk'><body>six</body></message>")
    _ = alice.hear()
    return alice
  }

  @Test("Everything is found, in order, by whoever owns it")
  func everything() throws {
    let harness = try ServerHarness()
    let alice = try self.alice(harness)
    try alice.say(self.query(""))
    let heard = alice.hear()
    #expect(self.found(heard).bodies == ["<1>", "<2>", "<3>", "<4>", "<5>", "six"])
    #expect(heard.first?.elements.first?.attribute("queryid") == "a'b")
    let fin = heard.last?.child("fin", namespace: "urn:xmpp:mam:2")
    #expect(fin?.attribute("complete") == "true")
  }

  @Test("Pages follow one another without a gap, forwards and backwards")
  func paging() throws {
    let harness = try ServerHarness()
    let alice = try self.alice(harness)
    for (tag, edge, expected) in [
      ("after", "last", [["<1>", "<2>"], ["<3>", "<4>"], ["<5>", "six"]]),
      ("before", "first", [["<5>", "six"], ["<3>", "<4>"], ["<1>", "<2>"]]),
    ] {
      var place = tag == "before" ? "<before/>" : ""
      for bodies in expected {
        try alice.say(self.page("<max>2</max>\(place)"))
        let (found, answer) = self.found(alice.hear())
        #expect(found == bodies)
        let set = answer?.child("fin", namespace: "urn:xmpp:mam:2")?
          .child("set", namespace: "http://jabber.org/protocol/rsm")
        let end = set?.child(edge, namespace: "http://jabber.org/protocol/rsm")?.text ?? ""
        #expect(
          set?.child("count", namespace: "http://jabber.org/protocol/rsm")?.text == "6")
        place = "<\(tag)>\(end)</\(tag)>"
      }
    }
  }

  @Test("A message and the question for it may come in the same bytes")
  func sameTurn() throws {
    let harness = try ServerHarness()
    let alice = try harness.device("alice", "desk")
    try alice.say(
      "<message type='chat' to='bob@localhost'><body>new</body></message>" + self.query(""))
    #expect(self.found(alice.hear()).bodies == ["new"])
  }

  @Test("What makes no sense is refused, and so is what never was")
  func refused() throws {
    let harness = try ServerHarness()
    let alice = try self.alice(harness)
    let unknown = """
      <x xmlns='jabber:x:data' type='submit'><field var='fulltext'><value>a</value></field></x>
      """
    #expect(try alice.ask(self.query(unknown)).line == "iq[error] alice@localhost: bad-request")
    #expect(
      try alice.ask(self.page("<after>never</after>")).line
        == "iq[error] alice@localhost: item-not-found")
    #expect(
      try alice.ask(self.query("").replacing("<iq ", with: "<iq to='bob@localhost' ")).attribute(
        "type") == "error")
  }
}
