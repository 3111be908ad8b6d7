import MDM

// Who gets a stanza at all: B19, B22, RFC 6121 §8.5, XEP-0280 §6.1, device by device.
extension ReferenceModel {
  struct Fate {
    let device: ReferenceDevice
    let isCopy: Bool
  }

  enum Target {
    case account
    case device(ReferenceDevice)
    case absent
  }

  func target(_ address: StanzaAddress, in account: ReferenceAccount) -> Target {
    switch address {
    case .account: return .account
    case .device(let name):
      return account.devices.first { $0.name == name }.map { .device($0) } ?? .absent
    }
  }

  /// Whether other devices get copies of such a stanza.
  func isCopied(_ stanza: Stanza) -> Bool {
    if stanza.flags.contains(.noCopy) || stanza.flags.contains(.notCopyable) { return false }
    switch stanza.kind {
    case .chat, .normal, .invitation, .receipt, .displayedMarker, .payload, .chatState,
      .messageError:
      return true
    case .fileTransfer: return self.values.fileTransfer == .allSignedInDevices
    case .groupChat: return self.values.groupChat == .allSignedInDevices
    case .headline, .presence, .subscription, .request: return false
    }
  }

  /// Who gets a stanza for the account, and what becomes of it when nobody does.
  func receivers(
    of stanza: Stanza, to target: Target, in account: ReferenceAccount
  ) -> (fates: [Fate], miss: Disposition) {
    let one: ReferenceDevice?
    if case .device(let device) = target { one = device } else { one = nil }
    switch stanza.kind {
    case .chat, .normal, .invitation, .receipt, .displayedMarker, .payload, .chatState:
      return self.conversationReceivers(stanza, target, account)
    case .fileTransfer:
      if self.values.fileTransfer == .allSignedInDevices {
        return self.conversationReceivers(stanza, target, account)
      }
      if case .account = target {
        if let active = self.active(in: account), active.isAvailable, active.phase == .connected {
          return ([Fate(device: active, isCopy: false)], .bounce)
        }
        return self.conversationReceivers(stanza, target, account)
      }
      return (one.map { $0.isAvailable ? [Fate(device: $0, isCopy: false)] : [] } ?? [], .bounce)
    case .groupChat:
      if case .account = target {
        guard self.values.groupChat == .allSignedInDevices else { return ([], .bounce) }
        return (self.those(account) { $0.isAvailable && $0.isMDM }, .bounce)
      }
      return (self.withCopies(stanza, one, account), .bounce)
    case .headline:
      if case .account = target {
        return (self.those(account) { $0.isAvailable && $0.priority >= 0 }, .drop)
      }
      return (one.map { $0.isAvailable ? [Fate(device: $0, isCopy: false)] : [] } ?? [], .drop)
    case .messageError:
      return (self.withCopies(stanza, one, account), .drop)
    case .presence, .subscription:
      if let one { return ([Fate(device: one, isCopy: false)], .drop) }
      if case .absent = target, stanza.kind == .presence { return ([], .drop) }
      let miss: Disposition = stanza.kind == .subscription ? .storeOffline : .drop
      return (self.those(account) { $0.isAvailable }, miss)
    case .request:
      let miss: Disposition = stanza.flags.contains(.answer) ? .drop : .bounce
      guard let one, one.phase != .suspended else { return ([], miss) }
      return ([Fate(device: one, isCopy: false)], miss)
    }
  }

  /// Everyone else's copy of what `sender` sends (XEP-0280 §8), and the stanza itself for those
  /// within the own account that it is addressed to.
  func otherDevices(
    of stanza: Stanza, from sender: ReferenceDevice?, toSelf target: Target?,
    in account: ReferenceAccount
  ) -> [Fate] {
    let addressed =
      target.map { self.plainReceivers(of: stanza, from: sender, to: $0, in: account) } ?? []
    let isCopied = self.isCopied(stanza)
    var fates: [Fate] = []
    for device in account.devices where device !== sender {
      if addressed.contains(where: { $0 === device }) {
        fates.append(Fate(device: device, isCopy: false))
      } else if isCopied, device.isAvailable, device.isMDM {
        fates.append(Fate(device: device, isCopy: true))
      }
    }
    return fates
  }

  /// Who gets what a user writes to herself as if it came from somebody else: the device it names,
  /// or the devices without MDM that the table of arriving stanzas names.
  private func plainReceivers(
    of stanza: Stanza, from sender: ReferenceDevice?, to target: Target,
    in account: ReferenceAccount
  ) -> [ReferenceDevice] {
    if case .device(let device) = target {
      if device === sender { return [] }
      if device.isAvailable { return [device] }
    }
    let fates: [Fate]
    switch stanza.kind {
    case .chat, .normal, .invitation, .fileTransfer, .receipt, .displayedMarker, .payload,
      .chatState:
      let isLimited =
        stanza.kind == .fileTransfer && self.values.fileTransfer == .originatingDeviceOnly
      if isLimited, case .account = target {
      } else if isLimited {
        return []
      }
      fates =
        self.conversationReceivers(stanza, target, account, ignoringHolder: true).fates
    case .groupChat, .headline, .messageError, .presence, .subscription, .request:
      fates = self.receivers(of: stanza, to: target, in: account).fates
    }
    // Devices with MDM have their copy, of what is copied at all.
    let hasCopies = self.isCopied(stanza)
    return fates.map { $0.device }.filter { $0 !== sender && (!hasCopies || !$0.isMDM) }
  }

  private func those(
    _ account: ReferenceAccount, _ condition: (ReferenceDevice) -> Bool
  ) -> [Fate] {
    account.devices.filter(condition).map { Fate(device: $0, isCopy: false) }
  }

  private func withCopies(
    _ stanza: Stanza, _ one: ReferenceDevice?, _ account: ReferenceAccount
  ) -> [Fate] {
    guard let one, one.isAvailable else { return [] }
    let isCopied = self.isCopied(stanza)
    var fates: [Fate] = []
    for device in account.devices {
      if device === one {
        fates.append(Fate(device: device, isCopy: false))
      } else if isCopied, device.isAvailable, device.isMDM {
        fates.append(Fate(device: device, isCopy: true))
      }
    }
    return fates
  }

  private func conversationReceivers(
    _ stanza: Stanza, _ target: Target, _ account: ReferenceAccount, ignoringHolder: Bool = false
  ) -> (fates: [Fate], miss: Disposition) {
    if case .device(let device) = target, device.isAvailable {
      return (self.withCopies(stanza, device, account), .drop)
    }
    if case .account = target {
    } else if stanza.flags.contains(.exactDeviceOnly) {
      return ([], stanza.kind.isContent ? .bounce : .drop)
    }
    let holder =
      ignoringHolder || stanza.kind == .invitation
      ? nil : self.conversationHolder(of: stanza, in: account)
    let isCopied = self.isCopied(stanza)
    var fates: [Fate] = []
    for device in account.devices where device.isAvailable {
      if device.isMDM {
        if device.priority >= 0 {
          fates.append(Fate(device: device, isCopy: false))
        } else if isCopied {
          fates.append(Fate(device: device, isCopy: true))
        }
      } else if device.priority >= 0, holder == nil || holder === device {
        fates.append(Fate(device: device, isCopy: false))
      }
    }
    let isLasting = stanza.kind != .chatState
    let miss: Disposition =
      !isLasting
      ? .drop
      : !stanza.flags.contains(.noStore)
        ? .storeOffline : stanza.kind.isContent ? .bounce : .drop
    return (fates, miss)
  }

  /// The plain device that alone gets the conversation's messages (B19).
  private func conversationHolder(
    of stanza: Stanza, in account: ReferenceAccount
  ) -> ReferenceDevice? {
    guard let id = stanza.conversation,
      let hold = account.holds.last(where: { $0.conversation == id }),
      self.now.nanoseconds(since: hold.since) < self.values.conversationHold.wholeNanoseconds
    else { return nil }
    let device = hold.device
    let isPlain = device.isAvailable && !device.isMDM && device.priority >= 0 && !device.isGone
    return isPlain && device.phase == .connected ? device : nil
  }
}
