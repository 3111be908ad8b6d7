public import MDMEngine
public import MDMSession
public import MDMStanza
import Synchronization

// Accounts and sessions, mirroring the engine's verbs; see there for what each means.
extension MessagingService {
  /// Opens an account.
  ///
  /// - Parameters:
  ///   - name: its prepared name.
  ///   - archived: the last position that its archive holds.
  /// - Throws: ``ServiceError`` when the engine refuses it or the service is shutting down.
  public func open(
    _ name: AccountName, archived: ArchivePosition = .start, at now: MonotonicInstant? = nil
  ) throws(ServiceError) -> AccountHandle {
    try self.admit(.open(name, archived: archived), name, at: now)
  }

  /// Opens the account that ``snapshot(of:)`` described, on this or another service. Its devices
  /// are not in scopes: ask for them by name.
  ///
  /// - Throws: ``ServiceError`` when the bytes are no such snapshot, the engine refuses the account
  ///   or the service is shutting down.
  public func restoreAccount(
    from bytes: [UInt8], at now: MonotonicInstant? = nil
  ) throws(ServiceError) -> AccountHandle {
    let name: AccountName
    do throws(SnapshotError) {
      name = try MessagingEngine.accountName(inSnapshot: bytes)
    } catch { throw .refused(.unreadableSnapshot(error)) }
    return try self.admit(.restore(bytes), name, at: now)
  }

  private func admit(
    _ command: Command, _ name: AccountName, at now: MonotonicInstant?
  ) throws(ServiceError) -> AccountHandle {
    let now = now ?? self.clock.now()
    let shard = self.shards[self.shard(of: name)]
    return try shard.run(for: self, at: now) { state -> Result<AccountHandle, ServiceError> in
      if state.isDraining { return .failure(.shuttingDown) }
      let place = state.outbox.effects.count
      let outcome = state.engine.apply(command, at: now, into: &state.outbox.effects)
      switch outcome {
      case .opened(let account):
        state.noteOpened(account, name, at: place)
        return .success(account)
      case .refused(let error): return .failure(.refused(error))
      case .done, .signedIn, .ignored: return .failure(.refused(.staleHandle))
      }
    }.get()
  }

  /// Closes an account; its devices' sessions end and what waits for them goes to the host.
  @discardableResult
  public func close(_ account: AccountHandle, at now: MonotonicInstant? = nil) -> Outcome {
    guard let shard = self.shard(numbered: account.engineNumber) else {
      return .ignored(.staleHandle)
    }
    let now = now ?? self.clock.now()
    return shard.run(for: self, at: now) { $0.close(account, at: now) }
  }

  /// Signs a device in whose events go to ``MessagingHost/deliver(_:to:of:)``.
  ///
  /// - Throws: ``ServiceError`` when the engine refuses it or the service is shutting down.
  @discardableResult
  public func signIn(
    _ request: SignIn, to account: AccountHandle, at now: MonotonicInstant? = nil
  ) throws(ServiceError) -> SignedIn {
    guard let shard = self.shard(numbered: account.engineNumber) else {
      throw .refused(.staleHandle)
    }
    let now = now ?? self.clock.now()
    return try shard.run(for: self, at: now) { state -> Result<SignedIn, ServiceError> in
      if state.isDraining { return .failure(.shuttingDown) }
      let outcome = state.engine.apply(
        .signIn(account, request), at: now, into: &state.outbox.effects)
      switch outcome {
      case .signedIn(let signedIn): return .success(signedIn)
      case .refused(let error): return .failure(.refused(error))
      case .done, .opened, .ignored: return .failure(.refused(.staleHandle))
      }
    }.get()
  }

  /// Signs a device out in good order (B14). The stream of a device in a scope ends when the scope
  /// is left.
  @discardableResult
  public func signOut(_ device: DeviceHandle, at now: MonotonicInstant? = nil) -> Outcome {
    self.apply(.signOut(device), on: device, at: now)
  }

  /// A device's connection was lost; it may ``resume(_:at:)`` within the window (B14).
  @discardableResult
  public func connectionLost(_ device: DeviceHandle, at now: MonotonicInstant? = nil) -> Outcome {
    self.apply(.connectionLost(device), on: device, at: now)
  }

  /// A device is back within its window: its buffer is flushed before anything new (B14).
  @discardableResult
  public func resume(_ device: DeviceHandle, at now: MonotonicInstant? = nil) -> Outcome {
    self.apply(.resume(device), on: device, at: now)
  }

  /// A device sent undirected presence (B2, B4).
  @discardableResult
  public func setPresence(
    _ presence: DevicePresence, of device: DeviceHandle, at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.apply(.presence(device, presence), on: device, at: now)
  }

  /// A device asks for MDM or gives it up (B18).
  @discardableResult
  public func requestMDM(
    _ wanted: Bool, by device: DeviceHandle, at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.apply(.requestMDM(device, wanted), on: device, at: now)
  }

  /// A device changes its mode.
  @discardableResult
  public func setMode(
    _ mode: SessionMode, of device: DeviceHandle, at now: MonotonicInstant? = nil
  ) -> Outcome {
    self.apply(.setMode(device, mode), on: device, at: now)
  }

  // MARK: - The service as a whole

  /// Replaces the engines' configuration, one shard after the other.
  public func configure(_ configuration: Configuration, at now: MonotonicInstant? = nil) {
    self.applyToAll(
      .configure(configuration.shared(among: self.shards.count)), configuration: configuration,
      at: now)
  }

  /// Switches Multiple Device Messaging on or off for all, at once or at the restart, one shard
  /// after the other (B18).
  public func setEnabled(_ isEnabled: Bool, at now: MonotonicInstant? = nil) {
    self.applyToAll(.setEnabled(isEnabled), at: now)
  }

  /// Puts a staged switch of Multiple Device Messaging into force, one shard after the other
  /// (R-048, B18).
  public func restart(at now: MonotonicInstant? = nil) {
    self.applyToAll(.restart, at: now)
  }

  /// Decides on all shards before any of it is performed, and one such command after the other, so
  /// that shards never come to rest with different answers, even if the host's methods call in.
  private func applyToAll(
    _ command: Command, configuration: Configuration? = nil, at now: MonotonicInstant?
  ) {
    let now = now ?? self.clock.now()
    self.lifecycle.withLock { state in
      if let configuration { state.configuration = configuration }
      for shard in self.shards { shard.decide(command, at: now) }
    }
    for shard in self.shards { shard.run(for: self, at: now) { _ in } }
  }
}
