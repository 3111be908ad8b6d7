import MDMMonitoring
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

// Stanzas from the funnel to the core, by way of the archive when it has a say.
extension MessagingEngine {
  @inline(always)
  mutating func receive(
    _ stanza: Stanza, to address: StanzaAddress, for slot: UInt32, into effects: EffectStorage
  ) -> Outcome {
    if let error = self.sizeError(of: stanza) { return self.refuse(error) }
    if self.core.rules.waitsForArchive,
      let outcome = self.await(.received(stanza, to: address), for: slot, into: effects)
    {
      return outcome
    }
    guard case .account = address else {
      return self.receive(stanza, toDevice: address, for: slot, into: effects)
    }
    self.core.receive(
      stanza, to: .account, for: &self.accounts[slot], into: effects)
    return .done
  }

  @inline(never)
  private mutating func receive(
    _ stanza: Stanza, toDevice address: StanzaAddress, for slot: UInt32,
    into effects: EffectStorage
  ) -> Outcome {
    self.core.receiveOther(
      stanza, to: self.addressee(address, in: slot), at: nil, for: &self.accounts[slot],
      into: effects)
    return .done
  }

  mutating func send(
    _ stanza: Stanza, from device: DeviceHandle, toSelf address: StanzaAddress?,
    into effects: EffectStorage
  ) -> Outcome {
    let slot = device.slot
    guard self.accounts[slot].sets.connected.contains(device.index) else {
      return .ignored(.notConnected)
    }
    if let error = self.sizeError(of: stanza) { return self.refuse(error) }
    if self.core.rules.waitsForArchive,
      let outcome = self.await(
        .sent(stanza, from: device, toSelf: address), for: slot, into: effects)
    {
      if outcome == .done {
        self.core.noteSent(stanza, by: device.index, on: &self.accounts[slot], into: effects)
      }
      return outcome
    }
    self.core.send(
      stanza, from: device, toSelf: address.map { self.addressee($0, in: slot) }, at: nil,
      on: &self.accounts[slot], into: effects)
    return .done
  }

  private func addressee(_ address: StanzaAddress, in slot: UInt32) -> Addressee {
    switch address {
    case .account: .account
    case .device(let name):
      self.accounts.device(named: name, in: slot).map { .device($0) } ?? .absentDevice
    }
  }

  // MARK: - The archive's say

  /// Why a stanza is too large, if it is.
  @inline(always)
  private func sizeError(of stanza: Stanza) -> AdmissionError? {
    let bytes = stanza.byteCount
    let limit = self.core.rules.stanzaByteLimit
    return bytes > limit ? .stanzaTooLarge(bytes: bytes, limit: limit) : nil
  }

  /// Sets a stanza aside that has to wait for the archive, or for its turn behind one that does
  /// (B20). Nil when it may go on at once.
  @inline(never)
  private mutating func await(
    _ item: ArchiveBacklog.Item, for slot: UInt32, into effects: EffectStorage
  ) -> Outcome? {
    let stanza = item.stanza
    let isArchived = self.core.rules.isArchived(stanza.kind, stanza.flags)
    let isBehind =
      !self.accounts[slot].extras.isEmpty
      && !self.accounts[slot].extras.value.archiveBacklog.isEmpty
    guard isArchived || isBehind else { return nil }
    self.accounts[slot].needExtras()
    let limit = self.core.configuration.values.archiveBacklogLimit
    if self.accounts[slot].extras.value.archiveBacklog.entries.count >= limit {
      return self.refuse(.archiveBacklog(limit))
    }
    var position: UInt64 = 0
    if isArchived {
      self.accounts[slot].position &+= 1
      position = self.accounts[slot].position
      self.core.totals.archived &+= 1
      effects.archive(
        effects.adopt(stanza), at: position, direction: item.direction,
        account: self.accounts[slot].handle)
    }
    self.accounts[slot].extras.value.archiveBacklog.append(item, position: position)
    return .done
  }

  /// The archive has spoken of a message; everything that is decided by now goes on, in order.
  mutating func noteArchive(
    _ verdict: ArchiveBacklog.Verdict, at position: UInt64, for slot: UInt32,
    into effects: EffectStorage
  ) -> Outcome {
    guard position > 0, position <= self.accounts[slot].position else {
      return .ignored(.unknownPosition)
    }
    if verdict == .failed { self.core.totals.archiveFailures &+= 1 }
    guard !self.accounts[slot].extras.isEmpty,
      self.accounts[slot].extras.value.archiveBacklog.note(verdict, at: position)
    else { return .ignored(.notAwaited) }
    while let entry = self.accounts[slot].extras.value.archiveBacklog.popDecided() {
      self.goOn(with: entry, for: slot, into: effects)
    }
    return .done
  }

  private mutating func goOn(
    with entry: ArchiveBacklog.Entry, for slot: UInt32, into effects: EffectStorage
  ) {
    if entry.verdict == .failed {
      return self.sendBack(entry.item.stanza, at: entry.position, for: slot, into: effects)
    }
    switch entry.item {
    case .received(let stanza, let address):
      self.core.receiveOther(
        stanza, to: self.addressee(address, in: slot), at: entry.position,
        for: &self.accounts[slot], into: effects)
    case .sent(let stanza, let device, let address):
      self.core.send(
        stanza, from: device, toSelf: address.map { self.addressee($0, in: slot) },
        at: entry.position, on: &self.accounts[slot], into: effects)
    }
  }

  /// What cannot be archived is refused to its sender.
  private mutating func sendBack(
    _ stanza: Stanza, at position: UInt64, for slot: UInt32, into effects: EffectStorage
  ) {
    self.core.totals.unroutable &+= 1
    effects.unroutable(
      effects.adopt(stanza), disposition: .bounce, position: position,
      account: self.accounts[slot].handle)
  }

  /// Nothing waits for the archive any more: all goes on as if it had been stored.
  mutating func releaseBacklog(of slot: UInt32, into effects: EffectStorage) {
    guard !self.accounts[slot].extras.isEmpty else { return }
    while let entry = self.accounts[slot].extras.value.archiveBacklog.popFirst() {
      self.goOn(with: entry, for: slot, into: effects)
    }
  }

  /// The account is closed: what still waits is sent back rather than lost.
  mutating func abandonBacklog(of slot: UInt32, into effects: EffectStorage) {
    guard !self.accounts[slot].extras.isEmpty else { return }
    for entry in self.accounts[slot].extras.value.archiveBacklog.entries {
      self.sendBack(entry.item.stanza, at: entry.position, for: slot, into: effects)
    }
  }
}

extension ArchiveBacklog.Item {
  var direction: ArchiveRequest.Direction {
    switch self {
    case .received: .received
    case .sent: .sent
    }
  }
}
