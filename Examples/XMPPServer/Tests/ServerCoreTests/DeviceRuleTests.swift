import MDM
import MDMXMPP
import Testing

@testable import ServerCore

/// What sort of device a client is, and what comes of it (R-011, R-018, R-061…R-063, R-090…R-092).
struct DeviceRuleTests {
  @Test(
    "A rule is read and said again",
    arguments: [
      "resource:jabber_* kind=iPhone version=12.5 edge=8.11 hybrid=on",
      "identity:client/phone kind=androidTablet", "software:Cisco?Jabber version=said hybrid=off",
    ])
  func reading(_ text: String) throws {
    #expect(try #require(DeviceRule(text)).text == text)
  }

  @Test(
    "What is no rule is refused",
    arguments: [
      "", "resource:a", "a kind=web", "resource: kind=web", "else:a kind=web",
      "resource:a kind=fax",
      "resource:a kind=web kind=web", "resource:a edge=x", "resource:a hybrid=yes",
      "resource:a version=", "resource:a kind", "resource:a colour=red",
    ])
  func refusing(_ text: String) { #expect(DeviceRule(text) == nil) }

  @Test(
    "Patterns: stars, question marks, either case",
    arguments: [
      ("Phone", "phone", true), ("phone", "*", true), ("", "*", true), ("phone", "p*e", true),
      ("phone", "p*n", false), ("phone", "?hon?", true), ("phone", "????", false),
      ("aXbXc", "a*x*c", true), ("aab", "*ab", true), ("phone", "phone*", true),
    ])
  func patterns(_ text: String, _ pattern: String, _ expected: Bool) throws {
    let rule = try #require(DeviceRule("resource:\(pattern) kind=web"))
    #expect(rule.fits(DeviceFacts(resource: text)) == expected)
  }

  @Test(
    "Without a rule the client's own words decide the kind (R-090, R-091)",
    arguments: [
      ("client/pc", "Linux", .desktop), ("client/web", "", .web), ("client/phone", "", .other),
      ("client/phone", "iOS 17", .iPhone), ("client/tablet", "iOS 17", .iPad),
      ("client/phone", "Android 14", .androidPhone), ("client/tablet", "Android", .androidTablet),
      ("", "iPadOS", .iPad), ("", "", .desktop),
    ] as [(String, String, DeviceKind)])
  func kinds(_ identity: String, _ system: String, _ kind: DeviceKind) {
    var facts = DeviceFacts(resource: "r")
    facts.identity = identity
    facts.system = system
    #expect(facts.signIn(by: [], device: "r").kind == kind)
    let rule = DeviceRule("resource:r kind=iPad")
    #expect(facts.signIn(by: rule.map { [$0] } ?? [], device: "r").kind == .iPad)
  }

  /// A server that knows its clients by these rules.
  private func harness(_ rules: [String]) throws -> ServerHarness {
    // A list is given a value at a time.
    switch rules.count {
    case 1: try ServerHarness(["device": rules[0]])
    case 2: try ServerHarness(["device": rules[0], "device": rules[1]])
    default: try ServerHarness(["device": rules[0], "device": rules[1], "device": rules[2]])
    }
  }

  @Test("Old clients and old edge servers get no copies, and are told so (R-011, R-018)")
  func eligibility() throws {
    let harness = try self.harness([
      "resource:old version=11.6", "resource:edge edge=X8.7", "resource:new version=11.7 edge=X8.8",
    ])
    for (resource, type) in [("old", "error"), ("edge", "error"), ("new", "result")] {
      let client = try harness.device("alice", resource)
      #expect(try client.enableCarbons().attribute("type") == type, "\(resource)")
    }
    let other = try harness.device("alice", "other")
    #expect(try other.enableCarbons().attribute("type") == "result", "no rule excludes nobody")
  }

  @Test("The node's counters and the sessions report tell kinds apart (R-061, R-063, R-090…R-092)")
  func counting() throws {
    let harness = try self.harness([
      "resource:far edge=8.11 kind=iPhone", "resource:joined hybrid=on",
      "resource:tablet kind=androidTablet",
    ])
    for resource in ["far", "joined", "tablet", "desk"] {
      _ = try harness.device("alice", resource)
    }
    let counts = harness.server.service.sessionCounts()
    #expect(counts[.clientOffPremise] == 1)
    #expect(counts[.hybrid] == 1)
    #expect(counts[.clientOnPremise] == 2)
    let report = ControlCommands(server: harness.server).perform("report users")
      .joined(separator: "\n")
    #expect(report.contains("iPhone"))
    #expect(report.contains("Desktop"))
    #expect(!report.contains("Android"), "an Android tablet is a Desktop (R-092)")
  }

  /// Says what a client is, and answers the questions about it.
  private func announce(
    _ client: TestClient, identity: String, software: String, version: String
  ) throws {
    try client.say(
      "<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n'"
        + " ver='\(client.address)'/></presence>")
    let question = try #require(client.hear().first { $0.name == "iq" })
    try client.say(
      "<iq type='result' to='localhost' id='\(question.attribute("id") ?? "")'>"
        + "<query xmlns='http://jabber.org/protocol/disco#info'>"
        + "<identity category='client' type='\(identity)'/></query></iq>")
    let version92 = try #require(client.hear().first { $0.name == "iq" })
    #expect(version92.elements.first?.namespace == "jabber:iq:version")
    try client.say(
      "<iq type='result' to='localhost' id='\(version92.attribute("id") ?? "")'>"
        + "<query xmlns='jabber:iq:version'><name>\(software)</name>"
        + "<version>\(version)</version><os>iOS</os></query></iq>")
  }

  @Test("What a client says of itself counts at once for MDM, and at its next sign-in for the rest")
  func learning() throws {
    let harness = try self.harness([
      "software:Jabber* version=said", "identity:client/phone hybrid=on",
    ])
    let phone = try harness.device("alice", "phone")
    try phone.enableCarbons()
    func isMDM() -> Bool? {
      harness.server.sessionsInOrder.first.flatMap {
        harness.server.service.report(on: $0.device)?.isMDM
      }
    }
    #expect(isMDM() == true)
    try self.announce(phone, identity: "phone", software: "Jabber Mobile", version: "11.5")
    #expect(isMDM() == false)
    #expect(try phone.enableCarbons().attribute("type") == "error")
    try phone.say("</stream:stream>")
    try harness.crashAndRestart()
    let again = try harness.device("alice", "phone")
    #expect(harness.server.service.sessionCounts()[.hybrid] == 1)
    let report = harness.server.sessionsInOrder.first.flatMap {
      harness.server.service.report(on: $0.device)
    }
    #expect(report?.kind == .iPhone)
    #expect(try again.enableCarbons().attribute("type") == "error")
  }
}
