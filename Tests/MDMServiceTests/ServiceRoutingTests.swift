import MDM
import MDMTestKit
import Testing

@Suite("Stanzas between accounts")
struct ServiceRoutingTests {
  /// Accounts with a phone each, on as many shards as it takes.
  private struct Town {
    let scene: Scene
    let phones: [String: DeviceHandle]

    init(_ names: [String], shards: Int = 4, router: (any StanzaRouter)? = nil) throws {
      self.scene = try Scene { $0.shards = shards }
      var phones: [String: DeviceHandle] = [:]
      for name in names {
        let account = try self.scene.service.open(AccountName(name))
        phones[name] = try self.scene.service.signIn(SignIn(device: "phone"), to: account).device
      }
      self.phones = phones
    }

    func send(_ stanza: Stanza, from name: String) throws {
      let phone = try #require(self.phones[name])
      #expect(self.scene.service.send(stanza, from: phone) == .done)
    }
  }

  @Test(
    "a stanza for an account of the service is received there, on whichever shard",
    arguments: [1, 2, 5])
  func local(shards: Int) throws {
    let names = (0..<6).map { "user\($0)" }
    let town = try Town(names, shards: shards)
    for sender in names {
      for receiver in names where receiver != sender {
        try town.send(.message("m", to: receiver), from: sender)
        #expect(
          town.scene.texts() == [
            "archive m sent of \(sender)", "archive m received of \(receiver)", "m of \(receiver)",
          ])
      }
    }
    #expect(town.scene.service.serviceCounters.totals.routed == 30)
    #expect(town.scene.service.serviceCounters.totals.routedForeign == 0)
  }

  @Test("the receiver sees the sender's account as the conversation, without the sender's flags")
  func seenByTheReceiver() throws {
    let town = try Town(["alice", "bob"])
    let flags: StanzaFlags = [.urgent, .replayed, .ownAccount, .noPermanentStore]
    let stanza = Stanza(
      .chat, conversation: "bob", flags: flags, id: "m", source: "alice/phone",
      destination: "bob/phone", payload: [1, 2])
    try town.send(stanza, from: "alice")
    let delivered = town.scene.host.take().compactMap { entry -> Delivery? in
      if case .deliver(.delivery(let delivery), _, "bob") = entry { delivery } else { nil }
    }
    #expect(
      delivered.map { $0.stanza } == [
        Stanza(
          .chat, conversation: "alice", flags: [.urgent, .noPermanentStore], id: "m",
          source: "alice/phone", destination: "bob/phone", payload: [1, 2])
      ])
    let presence = Stanza(.presence, coalescingKey: "alice/phone", id: "p", destination: "bob")
    try town.send(presence, from: "alice")
    let events = town.scene.host.take().compactMap { entry -> Stanza? in
      if case .deliver(let event, _, "bob") = entry { event.stanza } else { nil }
    }
    #expect(events == [presence])
  }

  @Test("a destination with a device's name is for that device")
  func toDevice() throws {
    let town = try Town(["alice", "bob"])
    let bob = try #require(town.scene.service.account(named: "bob"))
    let plain = SignIn(device: "a/b", requestsMDM: false)
    let old = try town.scene.service.signIn(plain, to: bob).device
    try town.send(.message("m", to: "bob/phone"), from: "alice")
    #expect(town.scene.texts().suffix(2) == ["archive m received of bob", "m of bob"])
    try town.send(Stanza(.request, id: "iq", destination: "bob/a/b"), from: "alice")
    let targets = town.scene.host.take().compactMap { entry -> DeviceHandle? in
      if case .deliver(_, let device, _) = entry { device } else { nil }
    }
    #expect(targets == [old])
  }

  @Test("a device's name may begin with a combining mark, or be just that")
  func combiningMark() {
    for device in ["\u{301}x", "\u{301}"] {
      let routed = NameRouter().destination(
        of: .message("m", to: "bob/\(device)"), sentBy: StanzaSender("alice"))
      #expect(routed?.account == "bob")
      #expect(routed?.address == .device(DeviceName(device)))
    }
  }

  @Test("what is for nobody here goes to the host with the reason")
  func foreign() throws {
    let town = try Town(["alice", "bob"])
    let cases: [(String, ForeignReason)] = [
      ("", .noAddress), ("/phone", .noAddress), ("bob/", .noAddress),
      ("carol@example.net/x", .notOpen("carol@example.net")),
    ]
    for (destination, reason) in cases {
      try town.send(.message("m", to: destination), from: "alice")
      let reasons = town.scene.host.take().compactMap { entry -> ForeignReason? in
        if case .route(_, "alice", let reason) = entry { reason } else { nil }
      }
      #expect(reasons == [reason], "\(destination)")
    }
    #expect(town.scene.service.serviceCounters.totals.routedForeign == 4)
  }

  @Test("what the receiver's engine refuses goes to the host")
  func refused() throws {
    let scene = try Scene(
      engine: try Configuration {
        $0.archiveFailure = .refuse
        $0.archiveBacklogLimit = 1
      })
    let alice = try scene.service.open("alice")
    let bob = try scene.service.open("bob")
    let phone = try scene.service.signIn(SignIn(device: "phone"), to: alice).device
    scene.service.receive(.message("waits"), for: bob)
    scene.service.send(.message("m", to: "bob"), from: phone)
    scene.service.noteArchived(1, of: alice)
    let reasons = scene.host.take().compactMap { entry -> ForeignReason? in
      if case .route(_, _, let reason) = entry { reason } else { nil }
    }
    #expect(reasons == [.refused(.archiveBacklog(1))])
  }

  @Test("a stanza to oneself stays within the account and comes once")
  func toSelf() throws {
    let town = try Town(["alice", "alice2"])
    let alice = try #require(town.scene.service.account(named: "alice"))
    try town.scene.service.signIn(SignIn(device: "laptop"), to: alice)
    try town.send(.message("note", to: "alice"), from: "alice")
    #expect(town.scene.texts() == ["archive note sent of alice", "note of alice"])
    try town.send(.message("note", to: "alice/laptop"), from: "alice")
    #expect(town.scene.texts() == ["archive note sent of alice", "note of alice"])
    // Another account's name that begins with hers is another account.
    try town.send(.message("m", to: "alice2"), from: "alice")
    #expect(town.scene.texts().contains("m of alice2"))
  }

  /// Sends everything to one account, whatever its destination.
  private struct OneWay: StanzaRouter {
    let account: AccountName

    func destination(of stanza: Stanza, sentBy sender: StanzaSender) -> RoutedStanza? {
      RoutedStanza(account: self.account, address: .account, stanza: stanza.received(from: sender))
    }
  }

  @Test("a host's own rule decides; one that leads back to the sender is the host's to perform")
  func ownRule() throws {
    let host = RecordingHost()
    let service = MessagingService(
      clock: ManualClock().serviceClock, router: OneWay(account: "bob"), host: host)
    for name: AccountName in ["alice", "bob"] {
      let phone = try service.signIn(SignIn(device: "phone"), to: try service.open(name)).device
      service.send(.message(name.text, to: "nowhere"), from: phone)
    }
    let texts = host.take().map { $0.text }
    #expect(
      texts == [
        "archive alice sent of alice", "route alice from alice", "archive bob sent of bob",
        "route bob from bob",
      ])
  }

  @Test("stanzas of one account arrive in the order in which its devices sent them")
  func order() throws {
    let town = try Town(["alice", "bob", "carol"])
    for number in 0..<50 {
      try town.send(.message("\(number)", to: number % 3 == 0 ? "carol" : "bob"), from: "alice")
    }
    let received = town.scene.host.take().compactMap { entry -> String? in
      if case .deliver(let event, _, "bob") = entry { event.stanza?.id } else { nil }
    }
    #expect(received == (0..<50).filter { $0 % 3 != 0 }.map { "\($0)" })
  }
}
