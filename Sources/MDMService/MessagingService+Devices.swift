public import MDMEngine
public import MDMStanza

// Devices in scopes.
extension MessagingService {
  /// Signs a device in, runs `body` with it, and signs it out, however `body` ends.
  ///
  /// The account is opened if it is not open. It is closed again when its last scope is left and
  /// no other device is signed in, if a scope has opened it and
  /// ``ServiceConfiguration/Values/idleAccounts`` says so.
  ///
  /// When this returns, every event of the device has been read or is with the host: what was held
  /// as `undelivered`, what was in the stream as `unread`.
  ///
  /// - Parameters:
  ///   - request: what the device says when it signs in. A device of the same name that is signed
  ///     in already ends first (B14).
  ///   - name: the account.
  ///   - archived: the last position that the account's archive holds; only looked at when the
  ///     account has to be opened.
  ///   - body: reads the device's events and acts for it, until it returns.
  /// - Throws: ``ServiceError`` when the engine refuses the account or the device, or the service
  ///   is shutting down; whatever `body` throws.
  @discardableResult
  public func withDevice<Value>(
    _ request: SignIn, of name: AccountName, archived: ArchivePosition = .start,
    _ body: (MessagingDevice) async throws -> Value
  ) async throws -> Value {
    let device = try self.enter(request, name, archived)
    do {
      let value = try await body(device)
      await self.leave(device)
      return value
    } catch {
      await self.leave(device)
      throw error
    }
  }

  private func enter(
    _ request: SignIn, _ name: AccountName, _ archived: ArchivePosition
  ) throws(ServiceError) -> MessagingDevice {
    let now = self.clock.now()
    let shard = self.shards[self.shard(of: name)]
    let entrance = try shard.run(for: self, at: now) { state in
      state.enter(request, name, archived: archived, at: now)
    }.get()
    return MessagingDevice(
      service: self, mailbox: entrance.mailbox, name: request.device, refusal: entrance.refusal)
  }

  private func leave(_ device: MessagingDevice) async {
    let now = self.clock.now()
    let shard = self.shards[Int(device.handle.engineNumber)]
    let isDraining = shard.run(for: self, at: now) { state in
      state.leave(device.mailbox, at: now)
      return state.isDraining
    }
    await device.mailbox.waitUntilClosed()
    if isDraining { self.timer.wake() }
  }

  /// Lets a device's paused stream go on.
  func resume(_ mailbox: Mailbox) {
    let now = self.clock.now()
    self.shards[Int(mailbox.device.engineNumber)].run(for: self, at: now) { state in
      state.resumePaused(mailbox.device, at: now)
    }
  }
}
