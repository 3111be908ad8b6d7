import MDMEngine
import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza
import Testing

@Suite("Peers' quiet-mode tests")
struct PeerQuietModeTests {
  // MARK: - ejabberd, csi_tests

  @Test("EJ csi_tests all: the latest by key, in order, delayed; then live; then chat states")
  func ejabberdAll() throws {
    var scene = try PeerScene.make { $0.chatStates = .coalesce }
    try scene.signIn("phone")
    scene.quiet("phone")
    scene.presence("presence 1")
    scene.presence("presence 2")
    for node in ["mood", "tune"] {
      for number in 1...2 {
        scene.receive(
          Stanza(
            .headline, coalescingKey: CoalescingKey("bob \(node)"), id: "\(node) \(number)"))
      }
    }
    scene.receive(Stanza(.chatState, conversation: "bob", id: "composing"))
    scene.receive(Stanza(.chatState, conversation: "bob", id: "paused"))
    #expect(scene.lines() == [])
    scene.chat("body")
    #expect(
      scene.lines() == [
        "phone: flush of 4, noOtherActiveClient", "phone: presence 2 delayed",
        "phone: mood 2 delayed", "phone: tune 2 delayed", "phone: paused delayed",
        "phone: body rings",
      ])
    scene.wake("phone")
    scene.receive(Stanza(.chatState, conversation: "bob", id: "active"))
    #expect(scene.lines() == ["phone: active"])
  }

  // MARK: - MongooseIM, xep_0352_csi_SUITE

  @Test("MIM alice_is_inactive_and_no_stanza_arrived")
  func inactive() throws {
    var scene = try PeerScene.pair()
    scene.chat("1")
    #expect(scene.lines() == ["laptop: 1 rings"])
    #expect(scene.held("phone") == 1)
  }

  @Test("MIM inactive_twice_does_not_reset_buffer")
  func inactiveTwice() throws {
    var scene = try PeerScene.pair()
    scene.chat("1")
    let again = scene.quiet("phone")
    #expect(again == .ignored(.alreadySo))
    #expect(scene.held("phone") == 1)
    scene.wake("phone")
    #expect(
      scene.lines() == ["laptop: 1 rings", "phone: flush of 1, clientActive", "phone: 1 delayed"])
  }

  @Test("MIM alice_gets_msgs_after_activate, alice_gets_msgs_after_activate_in_order")
  func afterActivate() throws {
    var scene = try PeerScene.pair()
    for id in ["1", "2", "3"] { scene.chat(id) }
    _ = scene.lines()
    scene.wake("phone")
    #expect(
      scene.lines() == [
        "phone: flush of 3, clientActive", "phone: 1 delayed", "phone: 2 delayed",
        "phone: 3 delayed",
      ])
    let again = scene.wake("phone")
    #expect(again == .ignored(.alreadySo))
    #expect(scene.lines() == [])
  }

  @Test("MIM alice_gets_message_after_buffer_overflow: the limit's worth, the rest after active")
  func overflow() throws {
    var scene = try PeerScene.pair { $0.perSessionLimit = 20 }
    for number in 1...25 { scene.chat("\(number)") }
    let phone = scene.lines().filter { $0.hasPrefix("phone") }
    #expect(phone.first == "phone: flush of 20, sessionLimit")
    #expect(phone.dropFirst() == (1...20).map { "phone: \($0) delayed" }[...])
    #expect(scene.mode("phone") == .quiet)
    scene.wake("phone")
    #expect(scene.lines().dropFirst() == (21...25).map { "phone: \($0) delayed" }[...])
  }

  @Test("MIM alice_gets_buffered_messages_after_reconnection_with_sm: sole copies are stored")
  func reconnection() throws {
    var scene = try PeerScene.make()
    try scene.signIn("phone")
    scene.quiet("phone")
    scene.lose("phone")
    scene.chat("1")
    scene.chat("2")
    #expect(scene.lines() == [])
    // The same device signs in anew: what it never got goes to the offline store (B14).
    try scene.signIn("phone")
    let lines = scene.lines()
    #expect(
      lines == [
        "phone: undelivered 1, storeOffline", "phone: undelivered 2, storeOffline",
        "phone: ended, replaced",
      ])
    #expect(scene.held("phone") == 0)
    #expect(scene.mode("phone") == .normal)
  }

  @Test("MIM alice_gets_buffered_messages_after_stream_resumption")
  func resumption() throws {
    var scene = try PeerScene.pair()
    scene.chat("1")
    scene.lose("phone")
    scene.chat("2")
    _ = scene.lines()
    scene.resume("phone")
    #expect(
      scene.lines() == ["phone: flush of 2, resumed", "phone: 1 delayed", "phone: 2 delayed"])
  }

  @Test("MIM stream_resumption_overrides_bind_request: a resumed session is not quiet")
  func resumptionOverridesMode() throws {
    var scene = try PeerScene.pair()
    scene.lose("phone")
    scene.resume("phone")
    #expect(scene.mode("phone") == .normal)
  }

  @Test("MIM bob_gets_msgs_from_inactive_alice: what a quiet device sends is not held")
  func outgoing() throws {
    var scene = try PeerScene.make()
    try scene.signIn("phone")
    scene.quiet("phone")
    scene.send(.chat, "out", by: "phone")
    #expect(scene.lines() == ["route out"])
    #expect(scene.mode("phone") == .quiet)
  }

  @Test("MIM invalid_csi_request_returns_error: a session without MDM has no modes")
  func noModes() throws {
    var scene = try PeerScene.make()
    try scene.signIn("phone", mdm: false)
    let outcome = scene.quiet("phone")
    #expect(outcome == .ignored(.notMultipleDevice))
    #expect(scene.mode("phone") == .normal)
    scene.chat("1")
    #expect(scene.lines() == ["phone: 1"])
    let stale = scene.quiet("tablet")
    #expect(stale == .ignored(.staleHandle))
  }

  // MARK: - Openfire, CsiManagerTest

  @Test("OF InitialStateIsActive, Deactivate, Activate, InitialQueueSizeIsZero, QueueSizeAfter…")
  func openfireState() throws {
    var scene = try PeerScene.make()
    try scene.signIn("phone")
    #expect(scene.mode("phone") == .normal)
    #expect(scene.held("phone") == 0)
    scene.quiet("phone")
    #expect(scene.mode("phone") == .quiet)
    scene.presence("1")
    #expect(scene.held("phone") == 1)
    scene.wake("phone")
    #expect(scene.mode("phone") == .normal)
    #expect(scene.held("phone") == 0)
  }

  @Test("OF QueueOrPushWhenActiveFlushesImmediately")
  func activePushes() throws {
    var scene = try PeerScene.make()
    try scene.signIn("phone")
    scene.presence("1")
    #expect(scene.lines() == ["phone: 1"])
  }

  @Test("OF …NonDelayablePacketAlwaysFlushed, …ReturnsBothQueuedAndNewPacketWhenFlushing")
  func bothQueuedAndNew() throws {
    var scene = try PeerScene.make()
    try scene.signIn("phone")
    scene.quiet("phone")
    scene.presence("1")
    scene.receive(Stanza(.request, id: "iq"), to: .device("phone"))
    #expect(scene.lines() == ["phone: flush of 1, request", "phone: 1 delayed", "phone: iq"])
    scene.receive(Stanza(.request, id: "iq 2"), to: .device("phone"))
    #expect(scene.lines() == ["phone: iq 2"])
  }

  @Test("OF CanDelay…: what waits for a quiet device of a person who is nowhere else")
  func canDelay() throws {
    let held: [StanzaKind] = [
      .presence, .headline, .receipt, .displayedMarker, .payload, .messageError, .subscription,
    ]
    for kind in StanzaKind.allCases {
      var scene = try PeerScene.make()
      try scene.signIn("phone")
      scene.quiet("phone")
      scene.receive(Stanza(kind, id: "x"), to: .device("phone"))
      #expect(scene.held("phone") == (held.contains(kind) ? 1 : 0), "\(kind)")
      let isLive = !held.contains(kind) && kind != .chatState
      #expect(scene.lines().isEmpty == !isLive, "\(kind)")
    }
  }

  // MARK: - Tigase, MobileV3Test

  @Test("TIG RecipientDisabledFor2ResourcesMessage, RecipientDisabledFor2ResourcesPresence")
  func tigaseDisabled() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one", show: .away)
    try scene.signIn("two", show: .away)
    scene.chat("message")
    scene.presence("presence")
    #expect(
      scene.lines() == [
        "one: message rings", "two: message rings", "one: presence", "two: presence",
      ])
  }

  @Test("TIG RecipientEnabled…Message, RecipientEnabled…Presence")
  func tigaseEnabled() throws {
    var scene = try PeerScene.make()
    try scene.signIn("one", show: .away)
    try scene.signIn("two", show: .away)
    scene.quiet("one")
    scene.presence("presence")
    #expect(scene.lines() == ["two: presence"])
    scene.chat("message", to: .device("one"))
    #expect(
      scene.lines() == [
        "one: flush of 1, noOtherActiveClient", "one: presence delayed", "one: message rings",
        "two: message copy rings",
      ])
  }

  @Test("TIG RecipientEnabled…2Presences: the second replaces the first; an error wakes nobody")
  func tigaseTwoPresences() throws {
    var scene = try PeerScene.make()
    try scene.signIn("phone", show: .away)
    scene.quiet("phone")
    scene.presence("1")
    scene.presence("2")
    scene.chat("message")
    scene.receive(Stanza(.messageError, id: "error"), to: .device("phone"))
    #expect(
      scene.lines() == [
        "phone: flush of 1, noOtherActiveClient", "phone: 2 delayed", "phone: message rings",
      ])
    #expect(scene.held("phone") == 1)
  }

  @Test("TIG RecipientEnabledFor2Resources…Mixed: the replaced presence goes to the end")
  func tigaseMixed() throws {
    var scene = try PeerScene.make()
    try scene.signIn("laptop")
    try scene.signIn("phone", show: .away)
    scene.quiet("phone")
    scene.presence("1")
    scene.send(.chat, "carbon", by: "laptop")
    scene.presence("2")
    _ = scene.lines()
    scene.pass(.seconds(300))
    scene.chat("message")
    #expect(
      scene.lines() == [
        "laptop: message rings", "phone: flush of 2, noOtherActiveClient",
        "phone: carbon sent copy delayed", "phone: 2 delayed", "phone: message rings",
      ])
  }

  // MARK: - Interop suite, CsiIntegrationTest

  @Test("INT: nothing that leaves the account tells whether a device is quiet (B28)")
  func notRevealed() throws {
    var outside: [[String]] = []
    for isQuiet in [false, true] {
      var scene = try PeerScene.make()
      try scene.signIn("phone", show: .away)
      if isQuiet { scene.quiet("phone") }
      for kind in StanzaKind.allCases {
        for address: StanzaAddress in [.account, .device("phone"), .device("tablet")] {
          scene.receive(Stanza(kind, conversation: "bob", id: "\(kind)"), to: address)
        }
        scene.send(kind, "out \(kind)", by: "phone")
      }
      outside.append(scene.lines().filter { $0.hasPrefix("nobody") || $0.hasPrefix("route") })
    }
    #expect(outside[0] == outside[1])
    #expect(outside[0].count > StanzaKind.allCases.count)
  }
}
