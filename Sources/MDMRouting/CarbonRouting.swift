public import MDMSession
public import MDMStanza

/// Who gets a stanza, in what form, and what to do when nobody can.
@usableFromInline
package struct Route: Equatable, Sendable, BitwiseCopyable {
  /// Devices that get the stanza itself.
  @usableFromInline package var originals: DeviceSet
  /// Devices that get a copy.
  @usableFromInline package var copies: DeviceSet
  /// What to do when both are empty.
  @usableFromInline package var miss: Miss

  /// What to do with a stanza that no device of the account can take.
  @usableFromInline
  package enum Miss: UInt8, Sendable, BitwiseCopyable {
    /// Keep it for the next sign-in.
    case store
    /// Tell the sender.
    case bounce
    /// Forget it.
    case drop
  }

  /// Everyone who gets it.
  @inlinable @inline(always) package var recipients: DeviceSet { self.originals | self.copies }

  @inlinable @inline(always)
  package init(
    originals: DeviceSet = DeviceSet(), copies: DeviceSet = DeviceSet(), miss: Miss = .drop
  ) {
    self.originals = originals
    self.copies = copies
    self.miss = miss
  }
}

/// Whom a stanza is addressed to, once its device name has been looked up.
@usableFromInline
package enum Addressee: Equatable, Sendable, BitwiseCopyable {
  /// The account as a whole.
  case account
  /// The session at this index.
  case device(Int)
  /// A device that is not signed in.
  case absentDevice
}

/// What an account's routing depends on beside the stanza.
@usableFromInline
package struct RoutingContext: Sendable, BitwiseCopyable {
  /// The account's sessions.
  @usableFromInline package var sets: SessionSets
  /// Index of the device without MDM that holds the conversation, -1 for none (B19).
  @usableFromInline package var conversationHolder: Int
  /// Index of the active client, -1 for none.
  @usableFromInline package var active: Int
  /// Whether a room's messages go to every device (B22).
  @usableFromInline package var groupChatToAll: Bool
  /// Whether files go to every device (B22).
  @usableFromInline package var filesToAll: Bool

  @inlinable
  package init(
    sets: SessionSets, conversationHolder: Int = -1, active: Int = -1,
    groupChatToAll: Bool = true, filesToAll: Bool = true
  ) {
    self.sets = sets
    self.conversationHolder = conversationHolder
    self.active = active
    self.groupChatToAll = groupChatToAll
    self.filesToAll = filesToAll
  }
}

/// The law of carbon routing: RFC 6121 §8.5 for the stanza itself, XEP-0280 for copies, the
/// source documents for devices without MDM (R-003, R-010, B19, B22).
///
/// | kind | to the account | to a device that is there | to one that is not |
/// |---|---|---|---|
/// | chat, normal, invitation, receipt, marker, payload, chat state | itself: MDM and plain ones of priority ≥ 0 (of the plain ones only the conversation's holder, if any); copy: MDM ones below 0 | itself: the device; copy: other MDM ones | as to the account; `exactDeviceOnly`: sent back |
/// | file transfer, all devices | as chat | as chat | as chat |
/// | file transfer, one device | the active client, else as chat | the device | sent back |
/// | group chat, all devices | every MDM device, sent back when there is none | itself: the device; copy: other MDM ones | sent back |
/// | group chat, one device | sent back | the device | sent back |
/// | headline | every one of priority ≥ 0 | the device | dropped |
/// | error | dropped | itself: the device; copy: other MDM ones | dropped |
/// | presence | every one | the device | dropped |
/// | subscription | every one | the device | as to the account |
/// | request | sent back: the server answers for the account | the device, unless suspended | sent back |
///
/// A device is there when it is available. With `reachesUnavailable` a connected one is there for
/// what is addressed to it alone (B49). What has no content and is worth keeping (`store`, B45) is
/// stored where it would be dropped, and sent back rather than lost.
@usableFromInline
package enum CarbonRouting {
  /// Who gets a stanza that arrived for the account.
  ///
  /// - Complexity: O(1).
  @inlinable @inline(always)
  package static func received(
    _ kind: StanzaKind, _ flags: StanzaFlags, to addressee: Addressee, in context: RoutingContext
  ) -> Route {
    switch kind {
    case .chat, .normal, .invitation, .receipt, .displayedMarker, .payload, .chatState:
      return Self.conversation(kind, flags, addressee, context)
    case .fileTransfer:
      return context.filesToAll
        ? Self.conversation(kind, flags, addressee, context)
        : Self.fileToOne(flags, addressee, context)
    case .groupChat:
      return Self.groupChat(flags, addressee, context)
    case .headline:
      return Self.headline(flags, addressee, context.sets)
    case .messageError:
      return Self.messageError(flags, addressee, context.sets)
    case .presence, .subscription:
      return Self.presence(kind, addressee, context.sets)
    case .request:
      return Self.request(flags, addressee, context.sets)
    }
  }

  /// Who gets a copy of what the session at `sender`, or one that is gone, has sent: MDM devices,
  /// whether or not the sender uses MDM itself (XEP-0280 §8).
  ///
  /// - Complexity: O(1).
  package static func sent(
    _ kind: StanzaKind, _ flags: StanzaFlags, by sender: Int?, in context: RoutingContext
  ) -> DeviceSet {
    guard Self.isCopied(kind, flags, context) else { return DeviceSet() }
    let devices = context.sets.present & context.sets.mdm
    return sender.map { devices - $0 } ?? devices
  }

  /// Whether a kind is copied to other devices at all (XEP-0280 §6.1, B22).
  @inlinable @inline(always)
  package static func isCopied(
    _ kind: StanzaKind, _ flags: StanzaFlags, _ context: RoutingContext
  ) -> Bool {
    if !flags.isDisjoint(with: [.noCopy, .notCopyable]) { return false }
    switch kind {
    case .chat, .normal, .invitation, .receipt, .displayedMarker, .payload, .chatState,
      .messageError:
      return true
    case .fileTransfer: return context.filesToAll
    case .groupChat: return context.groupChatToAll
    case .headline, .presence, .subscription, .request: return false
    }
  }
}

// MARK: - By kind

extension CarbonRouting {
  @inlinable @inline(always)
  static func conversation(
    _ kind: StanzaKind, _ flags: StanzaFlags, _ addressee: Addressee, _ context: RoutingContext
  ) -> Route {
    let sets = context.sets
    let devices = sets.present & sets.mdm
    let copiesAllowed = Self.isCopied(kind, flags, context)
    switch addressee {
    case .device(let index) where Self.takes(index, flags, sets):
      return Route(
        originals: DeviceSet(index), copies: copiesAllowed ? devices - index : DeviceSet())
    case .device, .absentDevice:
      if flags.contains(.exactDeviceOnly) {
        return Route(miss: kind.isContent || flags.contains(.store) ? .bounce : .drop)
      }
      return Self.toAccount(kind, flags, devices, copiesAllowed, context)
    case .account:
      return Self.toAccount(kind, flags, devices, copiesAllowed, context)
    }
  }

  @inlinable @inline(always)
  static func toAccount(
    _ kind: StanzaKind, _ flags: StanzaFlags, _ devices: DeviceSet, _ copiesAllowed: Bool,
    _ context: RoutingContext
  ) -> Route {
    let sets = context.sets
    var plain = (sets.present & sets.nonNegative) - sets.mdm
    if kind != .invitation, context.conversationHolder >= 0,
      (plain & sets.connected).contains(context.conversationHolder)
    {
      plain = DeviceSet(context.conversationHolder)
    }
    return Route(
      originals: (devices & sets.nonNegative) | plain,
      copies: copiesAllowed ? devices - sets.nonNegative : DeviceSet(),
      miss: Self.missWithoutDevices(kind, flags))
  }

  /// Whether the session at `index` takes what is addressed to just it: one that is available, and
  /// where the flags say so one that is no more than connected (B49).
  @inlinable @inline(always)
  static func takes(_ index: Int, _ flags: StanzaFlags, _ sets: SessionSets) -> Bool {
    sets.present.contains(index)
      || flags.contains(.reachesUnavailable) && sets.connected.contains(index)
  }

  /// RFC 6121 §8.5.2.2.1 and XEP-0160: what is worth keeping is kept, unless it forbids it.
  @inlinable @inline(always)
  package static func missWithoutDevices(
    _ kind: StanzaKind, _ flags: StanzaFlags
  ) -> Route.Miss {
    if flags.contains(.noStore) { return kind.isContent ? .bounce : .drop }
    return kind == .chatState && !flags.contains(.store) ? .drop : .store
  }

  @usableFromInline
  static func fileToOne(
    _ flags: StanzaFlags, _ addressee: Addressee, _ context: RoutingContext
  ) -> Route {
    switch addressee {
    case .device(let index) where Self.takes(index, flags, context.sets):
      return Route(originals: DeviceSet(index))
    case .device, .absentDevice:
      return Route(miss: .bounce)
    case .account:
      let reachable = context.sets.present & context.sets.connected
      if context.active >= 0, reachable.contains(context.active) {
        return Route(originals: DeviceSet(context.active))
      }
      return Self.conversation(.fileTransfer, flags, .account, context)
    }
  }

  @usableFromInline
  static func groupChat(
    _ flags: StanzaFlags, _ addressee: Addressee, _ context: RoutingContext
  ) -> Route {
    let devices = context.sets.present & context.sets.mdm
    let copiesAllowed = Self.isCopied(.groupChat, flags, context)
    switch addressee {
    case .device(let index) where Self.takes(index, flags, context.sets):
      return Route(
        originals: DeviceSet(index), copies: copiesAllowed ? devices - index : DeviceSet())
    case .device, .absentDevice:
      return Route(miss: .bounce)
    case .account:
      return Route(
        originals: context.groupChatToAll ? devices : DeviceSet(), miss: .bounce)
    }
  }

  @usableFromInline
  static func headline(
    _ flags: StanzaFlags, _ addressee: Addressee, _ sets: SessionSets
  ) -> Route {
    let miss: Route.Miss = flags.contains(.store) ? .store : .drop
    switch addressee {
    case .account:
      return Route(originals: sets.present & sets.nonNegative, miss: miss)
    case .device(let index):
      return Route(originals: Self.takes(index, flags, sets) ? DeviceSet(index) : DeviceSet())
    case .absentDevice:
      return Route()
    }
  }

  @usableFromInline
  static func messageError(
    _ flags: StanzaFlags, _ addressee: Addressee, _ sets: SessionSets
  ) -> Route {
    guard case .device(let index) = addressee, Self.takes(index, flags, sets) else {
      return Route()
    }
    let copied = flags.isDisjoint(with: [.noCopy, .notCopyable])
    return Route(
      originals: DeviceSet(index),
      copies: copied ? (sets.present & sets.mdm) - index : DeviceSet())
  }

  @usableFromInline
  static func presence(
    _ kind: StanzaKind, _ addressee: Addressee, _ sets: SessionSets
  ) -> Route {
    let miss: Route.Miss = kind == .subscription ? .store : .drop
    switch addressee {
    case .device(let index):
      return Route(originals: DeviceSet(index))
    case .absentDevice where kind == .presence:
      return Route()
    case .absentDevice, .account:
      return Route(originals: sets.present, miss: miss)
    }
  }

  @usableFromInline
  static func request(
    _ flags: StanzaFlags, _ addressee: Addressee, _ sets: SessionSets
  ) -> Route {
    // Nobody waits for an answer to an answer.
    let miss: Route.Miss = flags.contains(.answer) ? .drop : .bounce
    guard case .device(let index) = addressee, !sets.suspended.contains(index) else {
      return Route(miss: miss)
    }
    return Route(originals: DeviceSet(index), miss: miss)
  }
}

// MARK: - Why not

extension CarbonRouting {
  /// Why the session at `index` does not get a stanza that arrived for the account.
  package static func reasonNotReceived(
    _ kind: StanzaKind, _ flags: StanzaFlags, at index: Int, to addressee: Addressee,
    in context: RoutingContext
  ) -> SkipReason {
    let sets = context.sets
    if !sets.available.contains(index) { return .unavailable }
    if kind == .fileTransfer, !context.filesToAll { return .policy }
    if kind == .groupChat, !context.groupChatToAll { return .policy }
    if flags.contains(.noCopy), addressee != .account { return .noCopy }
    if !Self.isCopied(kind, flags, context), addressee != .account { return .notCopied }
    if sets.mdm.contains(index) { return flags.contains(.noCopy) ? .noCopy : .notCopied }
    if addressee != .account || kind == .groupChat { return .notMultipleDevice }
    if kind == .request || kind == .messageError { return .notCopied }
    return sets.nonNegative.contains(index) ? .conversationHeldElsewhere : .negativePriority
  }

  /// Why the session at `index` does not get a copy of what another one sends.
  package static func reasonNotCopied(
    _ kind: StanzaKind, _ flags: StanzaFlags, at index: Int, by sender: Int?,
    in context: RoutingContext
  ) -> SkipReason {
    if index == sender { return .sender }
    if !context.sets.available.contains(index) { return .unavailable }
    if !context.sets.mdm.contains(index) { return .notMultipleDevice }
    if flags.contains(.noCopy) { return .noCopy }
    let limited = (kind == .fileTransfer && !context.filesToAll)
    return limited || (kind == .groupChat && !context.groupChatToAll) ? .policy : .notCopied
  }
}
