import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage
import MDMTestKit

extension SessionRole {
  /// The session as the engine keeps it.
  var session: DeviceSession {
    var traits: DeviceSession.Traits = self.usesMDM ? .requestsMDM : []
    if self.isThere { traits.insert(.available) }
    var session = DeviceSession(
      generation: 0, name: .empty, kind: .desktop, traits: traits, refusal: nil)
    session.priority = self.isNegative ? -1 : 0
    if self == .quiet { session.requestedMode = .quiet }
    if self == .silent { session.requestedMode = .silent }
    if self == .detached { session.phase = .detached }
    if self == .suspended { session.phase = .suspended }
    return session
  }

  /// Every population of two and of three sessions, in every order.
  static let populations: [[SessionRole]] = {
    var all: [[SessionRole]] = []
    for first in SessionRole.allCases {
      for second in SessionRole.allCases {
        all.append([first, second])
        for third in SessionRole.allCases { all.append([first, second, third]) }
      }
    }
    return all
  }()
}

/// What a stanza is tried with, beside the population.
struct Trial {
  var kind: StanzaKind
  var flags: StanzaFlags = []
  var addressee = Addressee.account
  var holder = -1
  var active = -1
  var groupChatToAll = true
  var filesToAll = true
}

/// Carbon routing as RFC 6121 §8.5, XEP-0280 and decisions B19 and B22 say it, one session at a
/// time.
struct RoutingOracle {
  let roles: [SessionRole]
  let trial: Trial

  private func devices(_ isMember: (Int) -> Bool) -> DeviceSet {
    var set = DeviceSet()
    for index in self.roles.indices where isMember(index) { set.insert(index) }
    return set
  }

  /// Other MDM devices get a copy, unless the stanza forbids it (XEP-0280 §5, §6.1).
  private func copies(besides index: Int) -> DeviceSet {
    if self.trial.flags.contains(.noCopy) || self.trial.flags.contains(.notCopyable) { return [] }
    return self.devices { $0 != index && self.roles[$0].isThere && self.roles[$0].usesMDM }
  }

  /// The addressed session if it is there.
  private var addressed: Int? {
    guard case .device(let index) = self.trial.addressee else { return nil }
    // B49: a connected one is there for what is addressed to it alone.
    let isReached =
      self.roles[index].isThere
      || self.trial.flags.contains(.reachesUnavailable) && self.roles[index].isConnected
    return isReached ? index : nil
  }

  var route: Route {
    switch self.trial.kind {
    case .chat, .normal, .invitation, .receipt, .displayedMarker, .payload, .chatState:
      return self.message
    case .fileTransfer: return self.trial.filesToAll ? self.message : self.fileForOne
    case .groupChat: return self.groupChat
    case .headline:
      // RFC 6121 §8.5.2.1.1: to every non-negative resource; §8.5.3.2.1: ignored without a match.
      if self.trial.addressee == .account {
        return Route(
          originals: self.devices { self.roles[$0].isThere && !self.roles[$0].isNegative },
          miss: self.trial.flags.contains(.store) ? .store : .drop)
      }
      return Route(originals: self.addressed.map { DeviceSet($0) } ?? [])
    case .messageError:
      // RFC 6121 §8.5.2.1.1, §8.5.3.2.1: ignored, except by the very resource.
      guard let index = self.addressed else { return Route() }
      return Route(originals: DeviceSet(index), copies: self.copies(besides: index))
    case .presence:
      // RFC 6121 §8.5.2.1.2, §8.5.3.1, §8.5.3.2.2.
      if case .device(let index) = self.trial.addressee {
        return Route(originals: DeviceSet(index))
      }
      if self.trial.addressee == .absentDevice { return Route() }
      return Route(originals: self.devices { self.roles[$0].isThere })
    case .subscription:
      // RFC 6121 §3.1.3: to every available resource, kept for the next one otherwise.
      if case .device(let index) = self.trial.addressee {
        return Route(originals: DeviceSet(index))
      }
      return Route(originals: self.devices { self.roles[$0].isThere }, miss: .store)
    case .request:
      // RFC 6121 §8.5.2.1.3, §8.5.3.2.3; nobody answers for a device behind its push service.
      let miss: Route.Miss = self.trial.flags.contains(.answer) ? .drop : .bounce
      if case .device(let index) = self.trial.addressee, self.roles[index] != .suspended {
        return Route(originals: DeviceSet(index), miss: miss)
      }
      return Route(miss: miss)
    }
  }

  private var message: Route {
    if let index = self.addressed {
      return Route(originals: DeviceSet(index), copies: self.copies(besides: index))
    }
    if self.trial.addressee != .account, self.trial.flags.contains(.exactDeviceOnly) {
      let isKept = self.trial.kind.isContent || self.trial.flags.contains(.store)
      return Route(miss: isKept ? .bounce : .drop)
    }
    // B19: every MDM device whatever its priority, of the others the conversation's holder.
    let holder = self.trial.holder
    let isHeld =
      holder >= 0 && self.roles[holder].isThere && !self.roles[holder].usesMDM
      && !self.roles[holder].isNegative && self.roles[holder].isConnected
      && self.trial.kind != .invitation
    let originals = self.devices { index in
      guard self.roles[index].isThere, !self.roles[index].isNegative else { return false }
      return self.roles[index].usesMDM || !isHeld || index == holder
    }
    let copies = self.copies(besides: -1) - originals
    var miss = Route.Miss.store
    if self.trial.kind == .chatState, !self.trial.flags.contains(.store) {
      miss = .drop
    } else if self.trial.flags.contains(.noStore) {
      miss = self.trial.kind.isContent ? .bounce : .drop
    }
    return Route(originals: originals, copies: copies, miss: miss)
  }

  /// only the device that it was sent to, or the active one.
  private var fileForOne: Route {
    if let index = self.addressed { return Route(originals: DeviceSet(index)) }
    if self.trial.addressee != .account { return Route(miss: .bounce) }
    if self.trial.active >= 0, self.roles[self.trial.active].isThere,
      self.roles[self.trial.active].isConnected
    {
      return Route(originals: DeviceSet(self.trial.active))
    }
    var trial = self.trial
    trial.filesToAll = true
    trial.flags.insert(.noCopy)
    return RoutingOracle(roles: self.roles, trial: trial).route
  }

  /// B22; RFC 6121 §8.5.2.1.1: an error when it reaches nobody, never kept.
  private var groupChat: Route {
    if let index = self.addressed {
      return Route(
        originals: DeviceSet(index),
        copies: self.trial.groupChatToAll ? self.copies(besides: index) : [])
    }
    guard self.trial.addressee == .account, self.trial.groupChatToAll else {
      return Route(miss: .bounce)
    }
    return Route(
      originals: self.devices { self.roles[$0].isThere && self.roles[$0].usesMDM },
      miss: .bounce)
  }

  /// Who gets a copy of what the session at `sender` sends (XEP-0280 §6.1, §8; R-003).
  func sentCopies(by sender: Int) -> DeviceSet {
    switch self.trial.kind {
    case .headline, .presence, .subscription, .request: return []
    case .fileTransfer where !self.trial.filesToAll: return []
    case .groupChat where !self.trial.groupChatToAll: return []
    default: return self.copies(besides: sender)
    }
  }
}
