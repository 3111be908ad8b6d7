public import MDMEngine
public import MDMStanza

// Stanzas and what goes with them, mirroring the engine's verbs; see there for what each means.
extension MessagingService {
  /// A stanza for the account arrived from outside of this service.
  ///
  /// - Returns: the engine's outcome; refused with `AdmissionError.effectBacklog` when as many
  ///   effects of the shard wait to be performed as may.
  /// - Complexity: as the engine's, and no allocation when its buffers have grown to their size.
  @discardableResult
  public func receive(
    _ stanza: Stanza, for account: AccountHandle, to address: StanzaAddress = .account,
    at now: MonotonicInstant? = nil
  ) -> Outcome {
    guard let shard = self.shard(numbered: account.engineNumber) else {
      return .ignored(.staleHandle)
    }
    let now = now ?? self.clock.now()
    return shard.run(for: self, at: now) { state in
      if let error = state.backlogError() { return .refused(error) }
      return state.engine.receive(
        stanza, for: account, to: address, at: now, into: &state.outbox.effects)
    }
  }

  /// A device sends a stanza. If the router finds its destination's account open on
  /// this service, it receives it there, in the order in which the account's devices send; any
  /// other goes to ``MessagingHost/route(_:from:because:)``.
  ///
  /// - Parameter address: where to within the own account when the user writes to herself. Without
  ///   one the destination decides: the account's name, or that and `/` and a device's name.
  /// - Returns: the engine's outcome; refused with `AdmissionError.effectBacklog` when as many
  ///   effects of the shard wait to be performed as may.
  /// - Complexity: as the engine's, and no allocation but for the stanza as its receiver sees it.
  @discardableResult
  public func send(
    _ stanza: Stanza, from device: DeviceHandle, toSelf address: StanzaAddress? = nil,
    at now: MonotonicInstant? = nil
  ) -> Outcome {
    guard let shard = self.shard(numbered: device.engineNumber) else {
      return .ignored(.staleHandle)
    }
    let now = now ?? self.clock.now()
    return shard.run(for: self, at: now) { state in
      if let error = state.backlogError() { return .refused(error) }
      let own = address ?? state.ownAddress(of: stanza, sentBy: device)
      return state.engine.send(
        stanza, from: device, toSelf: own, at: now, into: &state.outbox.effects)
    }
  }

  /// A request arrived from a device, whoever answers it: what waits for the device comes first
  /// (R-037, B6).
  @discardableResult
  public func noteRequest(from device: DeviceHandle, at now: MonotonicInstant? = nil) -> Outcome {
    self.apply(.requested(device), on: device, at: now)
  }

  /// A person read a conversation on a device, up to a position (R-027, R-032, B21).
  @discardableResult
  public func read(
    _ conversation: ConversationID, upTo position: ArchivePosition, on device: DeviceHandle,
    at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.apply(.read(device, conversation, upTo: position), on: device, at: now)
  }

  /// The archive has stored the message at a position (B20, `ArchivePolicy.refuse`).
  @discardableResult
  public func noteArchived(
    _ position: ArchivePosition, of account: AccountHandle, at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.apply(.archived(account, position), on: account, at: now)
  }

  /// The archive could not store the message at a position (B20).
  @discardableResult
  public func noteArchiveFailed(
    _ position: ArchivePosition, of account: AccountHandle, at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.apply(.archiveFailed(account, position), on: account, at: now)
  }
}
