public import MDMEngine
public import MDMSession
public import MDMStanza

/// A device in its scope: what its connection does goes in by the verbs, what happens to it comes
/// out as events, in order.
///
///     try await service.withDevice(SignIn(device: "phone"), of: "alice@example.org") { phone in
///       for await event in phone.events { try await connection.write(event) }
///     }
///
/// The stream is bounded. When ``ServiceConfiguration/Values/eventLimit`` events wait in it the
/// stream is paused: the engine is told that the device's connection was lost, so that stanzas wait
/// under the engine's own limits and within its resume window (B14), and other devices no longer
/// count on this one. What was decided by then still comes, so a stream may be longer than its
/// limit by what is on its way. Once all that waits has been read the device is resumed and what
/// was held comes, in order. A device that does not get there within the window is ended: that is
/// then its last event. Pauses are counted, and nothing is lost without the host being told.
///
/// While the stream is paused the verbs answer that the device is not connected: read its events
/// first. After the scope has been left they answer that the handle is stale, and there are no
/// events.
public struct MessagingDevice: Sendable {
  /// The service that it is signed in to.
  public let service: MessagingService
  let mailbox: Mailbox
  /// Its name within the account.
  public let name: DeviceName
  /// Why the MDM it asked for was refused (B23); nil when it was granted or not asked for.
  public let refusal: MDMRefusal?

  /// Its handle, for the service's own verbs.
  public var handle: DeviceHandle { self.mailbox.device }

  /// Its account.
  public var account: AccountHandle { self.mailbox.account }

  /// Its account's name.
  public var accountName: AccountName { self.mailbox.name }

  /// Whether its stream is paused because it did not keep up.
  public var isPaused: Bool { self.mailbox.isPaused }

  // MARK: - Verbs

  /// Sends a stanza; see ``MessagingService/send(_:from:toSelf:at:)``.
  @discardableResult
  public func send(
    _ stanza: Stanza, toSelf address: StanzaAddress? = nil, at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.service.send(stanza, from: self.handle, toSelf: address, at: now)
  }

  /// Reads a conversation up to a position (R-027, R-032, B21).
  @discardableResult
  public func read(
    _ conversation: ConversationID, upTo position: ArchivePosition,
    at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.service.read(conversation, upTo: position, on: self.handle, at: now)
  }

  /// Sends undirected presence (B2, B4).
  @discardableResult
  public func setPresence(_ presence: DevicePresence, at now: MonotonicInstant? = nil) -> Outcome {
    self.service.setPresence(presence, of: self.handle, at: now)
  }

  /// Changes its mode.
  @discardableResult
  public func setMode(_ mode: SessionMode, at now: MonotonicInstant? = nil) -> Outcome {
    self.service.setMode(mode, of: self.handle, at: now)
  }

  /// Asks for MDM or gives it up (B18).
  @discardableResult
  public func requestMDM(_ wanted: Bool, at now: MonotonicInstant? = nil) -> Outcome {
    self.service.requestMDM(wanted, by: self.handle, at: now)
  }

  /// Made a request, whoever answers it (R-037, B6).
  @discardableResult
  public func noteRequest(at now: MonotonicInstant? = nil) -> Outcome {
    self.service.noteRequest(from: self.handle, at: now)
  }

  // MARK: - Events

  /// Its events, one at a time. Ends with the session, with the scope, and when the task is
  /// cancelled while it waits; what has not been read is not lost by leaving a loop.
  ///
  /// One task at a time may read.
  public var events: DeviceEvents { DeviceEvents(device: self) }

  /// Replaces the array's contents by all events that wait, oldest first, and waits for one if
  /// there is none. The array's memory is kept and used in turn, so that a loop over batches
  /// allocates nothing.
  ///
  ///     var batch: [DeviceEvent] = []
  ///     while await phone.nextBatch(into: &batch) { connection.write(batch) }
  ///
  /// - Returns: false, with an empty array, when the last event has been read or the task was
  ///   cancelled while it waited.
  /// - Precondition: no other task waits for this device's events.
  public func nextBatch(into batch: inout [DeviceEvent]) async -> Bool {
    batch.removeAll(keepingCapacity: true)
    while true {
      switch self.mailbox.takeAll(into: &batch) {
      case .events(let isResuming):
        if isResuming { self.service.resume(self.mailbox) }
        return true
      case .end:
        return false
      case .nothing:
        if Task.isCancelled { return false }
        await self.mailbox.wait()
      }
    }
  }

  /// The oldest event that waits; waits for one if there is none.
  fileprivate func nextEvent() async -> DeviceEvent? {
    var event: DeviceEvent?
    while true {
      switch self.mailbox.takeFirst(into: &event) {
      case .events(let isResuming):
        if isResuming { self.service.resume(self.mailbox) }
        return event
      case .end:
        return nil
      case .nothing:
        if Task.isCancelled { return nil }
        await self.mailbox.wait()
      }
    }
  }
}

/// The events of one device in a scope, one at a time. All iterators of a device take from the same
/// stream.
public struct DeviceEvents: AsyncSequence, Sendable {
  let device: MessagingDevice

  /// An iterator.
  public func makeAsyncIterator() -> Iterator { Iterator(device: self.device) }

  /// Takes one event after the other.
  public struct Iterator: AsyncIteratorProtocol {
    let device: MessagingDevice

    /// The next event, or nil when there will be none or the task was cancelled while it waited.
    public mutating func next() async -> DeviceEvent? { await self.device.nextEvent() }
  }
}
