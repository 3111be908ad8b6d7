public import MDMSession
public import MDMStanza

// The commands as methods. Each builds a ``Command`` and hands it to the funnel.
extension MessagingEngine {
  /// Opens an account.
  ///
  /// - Parameters:
  ///   - name: its prepared name.
  ///   - archived: the last position that its archive holds.
  /// - Throws: ``AdmissionError`` when the name is empty, too long or taken, or there are as many
  ///   accounts as there may be.
  public mutating func open(
    _ name: AccountName, archived: ArchivePosition = .start, at now: MonotonicInstant,
    into effects: inout Effects
  ) throws(AdmissionError) -> AccountHandle {
    switch self.apply(.open(name, archived: archived), at: now, into: &effects) {
    case .opened(let account): return account
    case .refused(let error): throw error
    case .done, .signedIn, .ignored: throw .staleHandle
    }
  }

  /// Opens the account that ``snapshot(of:)`` described, on this or another engine.
  ///
  /// Devices keep their index; their handles are new, to be asked for by name.
  ///
  /// - Throws: ``AdmissionError`` when the bytes are no such snapshot, the account is open already,
  ///   or there are as many accounts as there may be; the engine is unchanged then.
  public mutating func restoreAccount(
    from bytes: [UInt8], at now: MonotonicInstant, into effects: inout Effects
  ) throws(AdmissionError) -> AccountHandle {
    switch self.apply(.restore(bytes), at: now, into: &effects) {
    case .opened(let account): return account
    case .refused(let error): throw error
    case .done, .signedIn, .ignored: throw .staleHandle
    }
  }

  /// Closes an account; its devices' sessions end and what waits for them goes to the host.
  @discardableResult
  public mutating func close(
    _ account: AccountHandle, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.close(account), at: now, into: &effects)
  }

  /// Signs a device in.
  ///
  /// A session of the same name ends first (B14). A device that asks for MDM and may not have it
  /// is signed in all the same, as an ordinary client (B19).
  ///
  /// - Throws: ``AdmissionError`` when the name is empty or too long, the account has as many
  ///   devices as it may, or is gone.
  @discardableResult
  public mutating func signIn(
    _ request: SignIn, to account: AccountHandle, at now: MonotonicInstant,
    into effects: inout Effects
  ) throws(AdmissionError) -> SignedIn {
    switch self.apply(.signIn(account, request), at: now, into: &effects) {
    case .signedIn(let signedIn): return signedIn
    case .refused(let error): throw error
    case .done, .opened, .ignored: throw .staleHandle
    }
  }

  /// Signs a device out in good order; what waits for it goes to the host (B14).
  @discardableResult
  public mutating func signOut(
    _ device: DeviceHandle, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.signOut(device), at: now, into: &effects)
  }

  /// A device's connection was lost; it may ``resume(_:at:into:)`` within the window (B14).
  @discardableResult
  public mutating func connectionLost(
    _ device: DeviceHandle, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.connectionLost(device), at: now, into: &effects)
  }

  /// A device is back within its window: its buffer is flushed before anything new (B14).
  @discardableResult
  public mutating func resume(
    _ device: DeviceHandle, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.resume(device), at: now, into: &effects)
  }

  /// A device sent undirected presence (B2, B4).
  @discardableResult
  public mutating func setPresence(
    _ presence: DevicePresence, of device: DeviceHandle, at now: MonotonicInstant,
    into effects: inout Effects
  ) -> Outcome {
    self.apply(.presence(device, presence), at: now, into: &effects)
  }

  /// A device asks for MDM or gives it up (B18).
  @discardableResult
  public mutating func requestMDM(
    _ wanted: Bool, by device: DeviceHandle, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.requestMDM(device, wanted), at: now, into: &effects)
  }

  /// A device changes its mode.
  @discardableResult
  public mutating func setMode(
    _ mode: SessionMode, of device: DeviceHandle, at now: MonotonicInstant,
    into effects: inout Effects
  ) -> Outcome {
    self.apply(.setMode(device, mode), at: now, into: &effects)
  }

  /// A request arrived from a device, whoever answers it: what waits for the device comes first
  /// (R-037, B6).
  @discardableResult
  public mutating func noteRequest(
    from device: DeviceHandle, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.requested(device), at: now, into: &effects)
  }

  /// A stanza for the account arrived.
  @discardableResult
  public mutating func receive(
    _ stanza: Stanza, for account: AccountHandle, to address: StanzaAddress = .account,
    at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.carryOut(.receive(account, stanza, to: address), at: now, into: &effects)
  }

  /// A device sends a stanza.
  ///
  /// - Parameter address: where to within the own account when the user writes to herself; nil for
  ///   anybody else.
  @discardableResult
  public mutating func send(
    _ stanza: Stanza, from device: DeviceHandle, toSelf address: StanzaAddress? = nil,
    at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.carryOut(.send(device, stanza, toSelf: address), at: now, into: &effects)
  }

  /// A person read a conversation on a device, up to a position (R-027, R-032, B21).
  @discardableResult
  public mutating func read(
    _ conversation: ConversationID, upTo position: ArchivePosition, on device: DeviceHandle,
    at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.carryOut(.read(device, conversation, upTo: position), at: now, into: &effects)
  }

  /// The archive has stored the message at a position: it and what waited behind it go on (B20).
  ///
  /// Needed only under ``ArchivePolicy/refuse``.
  @discardableResult
  public mutating func noteArchived(
    _ position: ArchivePosition, of account: AccountHandle, at now: MonotonicInstant,
    into effects: inout Effects
  ) -> Outcome {
    self.apply(.archived(account, position), at: now, into: &effects)
  }

  /// The archive could not store the message at a position: under ``ArchivePolicy/refuse`` it goes
  /// back to its sender, otherwise it is only counted (B20).
  @discardableResult
  public mutating func noteArchiveFailed(
    _ position: ArchivePosition, of account: AccountHandle, at now: MonotonicInstant,
    into effects: inout Effects
  ) -> Outcome {
    self.apply(.archiveFailed(account, position), at: now, into: &effects)
  }

  /// Puts a staged switch of Multiple Device Messaging into force (R-048, B18).
  @discardableResult
  public mutating func restart(
    at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.restart, at: now, into: &effects)
  }

  /// Switches Multiple Device Messaging on or off for all, at once or at the restart (B18).
  @discardableResult
  public mutating func setEnabled(
    _ isEnabled: Bool, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.setEnabled(isEnabled), at: now, into: &effects)
  }

  /// Replaces the configuration while the engine runs.
  @discardableResult
  public mutating func configure(
    _ configuration: Configuration, at now: MonotonicInstant, into effects: inout Effects
  ) -> Outcome {
    self.apply(.configure(configuration), at: now, into: &effects)
  }
}
