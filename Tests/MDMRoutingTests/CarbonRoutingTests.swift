import MDMRouting
import MDMSession
import MDMStanza
import MDMTestKit
import Testing

@Suite("CarbonRouting")
struct CarbonRoutingTests {
  private static func context(_ roles: [SessionRole], _ trial: Trial) -> RoutingContext {
    var sets = SessionSets()
    for (index, role) in roles.enumerated() {
      sets.update(index, from: role.session, mdmEnabled: true)
    }
    return RoutingContext(
      sets: sets, conversationHolder: trial.holder, active: trial.active,
      groupChatToAll: trial.groupChatToAll, filesToAll: trial.filesToAll)
  }

  private static func flags(for kind: StanzaKind) -> [StanzaFlags] {
    switch kind {
    case .headline: [[], .noCopy, .noStore, .store, .reachesUnavailable]
    case .presence, .subscription: [[], .noCopy, .noStore]
    case .request: [[], .answer, .noCopy]
    case .messageError, .groupChat:
      [
        [], .noCopy, .notCopyable, .exactDeviceOnly, .reachesUnavailable,
        [.reachesUnavailable, .notCopyable],
      ]
    case .chat, .normal, .invitation, .fileTransfer, .receipt, .displayedMarker, .payload,
      .chatState:
      [
        [], .noCopy, .notCopyable, .noStore, .exactDeviceOnly, [.exactDeviceOnly, .noStore],
        [.noCopy, .noStore], .store, [.store, .exactDeviceOnly], .reachesUnavailable,
        [.reachesUnavailable, .exactDeviceOnly], [.reachesUnavailable, .noCopy],
      ]
    }
  }

  /// Every trial of a kind that makes a difference for a population of `count`.
  private static func trials(_ kind: StanzaKind, _ count: Int) -> [Trial] {
    var trials: [Trial] = []
    let addressees: [Addressee] =
      [.account, .absentDevice] + (0..<count).map { Addressee.device($0) }
    for flags in Self.flags(for: kind) {
      for addressee in addressees {
        let plain = Trial(kind: kind, flags: flags, addressee: addressee)
        trials.append(plain)
        if kind == .fileTransfer {
          for active in -1..<count {
            var one = plain
            one.filesToAll = false
            one.active = active
            trials.append(one)
          }
        }
        if kind == .groupChat {
          var one = plain
          one.groupChatToAll = false
          trials.append(one)
        }
        if flags.isEmpty {
          var held = plain
          held.holder = 0
          trials.append(held)
        }
      }
    }
    return trials
  }

  /// Whether two routes come to the same; where somebody gets it, what to do with nobody is idle.
  private static func agree(_ left: Route, _ right: Route) -> Bool {
    guard left.originals == right.originals, left.copies == right.copies else { return false }
    return !left.recipients.isEmpty || left.miss == right.miss
  }

  @Test(
    "R-003, B19, B22, RFC 6121 §8.5, XEP-0280: every kind, flag, address and population",
    arguments: StanzaKind.allCases)
  func received(kind: StanzaKind) {
    let trials = [2: Self.trials(kind, 2), 3: Self.trials(kind, 3)]
    for roles in SessionRole.populations {
      for trial in trials[roles.count] ?? [] {
        let expected = RoutingOracle(roles: roles, trial: trial).route
        let route = CarbonRouting.received(
          kind, trial.flags, to: trial.addressee, in: Self.context(roles, trial))
        guard Self.agree(route, expected) else {
          Issue.record("\(roles), \(trial): \(route) instead of \(expected)")
          return
        }
        if !route.originals.isEmpty, !(route.originals & route.copies).isEmpty {
          Issue.record("B27: \(roles), \(trial) delivers twice: \(route)")
          return
        }
      }
    }
  }

  @Test(
    "R-003, B19: who gets a copy of what a device sends, every kind and population",
    arguments: StanzaKind.allCases)
  func sent(kind: StanzaKind) {
    for roles in SessionRole.populations {
      for flags in [[], .noCopy, .notCopyable, .noStore] as [StanzaFlags] {
        for toAll in [true, false] {
          var trial = Trial(kind: kind, flags: flags)
          trial.groupChatToAll = toAll
          trial.filesToAll = toAll
          let context = Self.context(roles, trial)
          for sender in roles.indices {
            let expected = RoutingOracle(roles: roles, trial: trial).sentCopies(by: sender)
            let copies = CarbonRouting.sent(kind, flags, by: sender, in: context)
            guard copies == expected else {
              Issue.record("\(roles), \(trial), by \(sender): \(copies), not \(expected)")
              return
            }
          }
        }
      }
    }
  }

  @Test("B22: an invitation goes to every device, whoever holds the conversation")
  func invitationForAll() {
    var trial = Trial(kind: .invitation)
    trial.holder = 0
    let route = CarbonRouting.received(
      .invitation, [], to: .account, in: Self.context([.plain, .plain, .mdm], trial))
    #expect(route.originals == [0, 1, 2])
  }

  @Test("B22, RFC 6121 §8.5.2.1.1: a room's message that no device takes is sent back, not kept")
  func groupChatForNobody() {
    let trial = Trial(kind: .groupChat)
    let route = CarbonRouting.received(
      .groupChat, [], to: .account, in: Self.context([.plain, .unavailable], trial))
    #expect(route.recipients.isEmpty)
    #expect(route.miss == .bounce)
  }

  @Test("B19: the holder of the conversation gets it alone among the devices without MDM")
  func conversationHolder() {
    var trial = Trial(kind: .chat)
    trial.holder = 1
    let route = CarbonRouting.received(
      .chat, [], to: .account, in: Self.context([.plain, .plain, .mdm], trial))
    #expect(route == Route(originals: [1, 2], copies: [], miss: .store))
    for absent: SessionRole in [.unavailable, .plainNegative] {
      let all = CarbonRouting.received(
        .chat, [], to: .account, in: Self.context([.plain, absent, .plain], trial))
      #expect(all.originals == [0, 2])
    }
  }
}

@Suite("CarbonRouting: why not")
struct SkipReasonTests {
  private static func reason(
    _ kind: StanzaKind, _ flags: StanzaFlags, _ roles: [SessionRole], at index: Int,
    to addressee: Addressee = .account, holder: Int = -1, toAll: Bool = true
  ) -> SkipReason {
    var sets = SessionSets()
    for (place, role) in roles.enumerated() {
      sets.update(place, from: role.session, mdmEnabled: true)
    }
    let context = RoutingContext(
      sets: sets, conversationHolder: holder, groupChatToAll: toAll, filesToAll: toAll)
    return CarbonRouting.reasonNotReceived(kind, flags, at: index, to: addressee, in: context)
  }

  @Test("R-012: a device that is not available is told so before anything else")
  func unavailable() {
    for kind in StanzaKind.allCases {
      #expect(Self.reason(kind, .noCopy, [.unavailable, .mdm], at: 0) == .unavailable)
    }
  }

  @Test("B19: devices without MDM")
  func withoutMDM() {
    #expect(Self.reason(.chat, [], [.mdm, .plainNegative], at: 1) == .negativePriority)
    #expect(
      Self.reason(.chat, [], [.plain, .plain], at: 1, holder: 0) == .conversationHeldElsewhere)
    #expect(Self.reason(.chat, [], [.mdm, .plain], at: 1, to: .device(0)) == .notMultipleDevice)
  }

  @Test("XEP-0280: what asks not to be copied, and what is not copied by its kind")
  func notCopied() {
    #expect(Self.reason(.chat, .noCopy, [.mdm, .mdm], at: 1, to: .device(0)) == .noCopy)
    #expect(Self.reason(.chat, .noCopy, [.mdm, .mdmNegative], at: 1) == .noCopy)
    #expect(Self.reason(.chat, .notCopyable, [.mdm, .mdm], at: 1, to: .device(0)) == .notCopied)
    #expect(Self.reason(.headline, [], [.mdm, .mdm], at: 1, to: .device(0)) == .notCopied)
  }

  @Test("B22: policy")
  func policy() {
    let roles: [SessionRole] = [.mdm, .mdm]
    #expect(
      Self.reason(.groupChat, [], roles, at: 1, to: .device(0), toAll: false) == .policy)
    #expect(
      Self.reason(.fileTransfer, [], roles, at: 1, to: .device(0), toAll: false) == .policy)
  }

  @Test("B19: nobody is said to hold a conversation when nobody does")
  func noHolderNoBlame() {
    // A room's message is for MDM devices; a request and an error to the account are for none.
    #expect(Self.reason(.groupChat, [], [.mdm, .plain], at: 1) == .notMultipleDevice)
    for kind: StanzaKind in [.request, .messageError] {
      let reason = Self.reason(kind, [], [.mdm, .plain], at: 1)
      #expect(reason != .conversationHeldElsewhere, "\(kind)")
    }
  }

  @Test("what a device sends: the sender, devices without MDM, policy")
  func sent() {
    var sets = SessionSets()
    for (place, role) in [SessionRole.mdm, .plain, .mdm, .unavailable].enumerated() {
      sets.update(place, from: role.session, mdmEnabled: true)
    }
    let context = RoutingContext(sets: sets, groupChatToAll: false, filesToAll: false)
    func reason(_ kind: StanzaKind, _ flags: StanzaFlags, _ index: Int) -> SkipReason {
      CarbonRouting.reasonNotCopied(kind, flags, at: index, by: 0, in: context)
    }
    #expect(reason(.chat, [], 0) == .sender)
    #expect(reason(.chat, [], 1) == .notMultipleDevice)
    #expect(reason(.chat, .noCopy, 2) == .noCopy)
    #expect(reason(.chat, .notCopyable, 2) == .notCopied)
    #expect(reason(.groupChat, [], 2) == .policy)
    #expect(reason(.fileTransfer, [], 2) == .policy)
    #expect(reason(.headline, [], 2) == .notCopied)
    #expect(reason(.chat, [], 3) == .unavailable)
  }
}
