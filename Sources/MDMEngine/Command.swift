public import MDMSession
public import MDMStanza

/// Everything that can happen to an engine, as a value.
///
/// Each command concerns one account, save the last three, which concern the engine as a whole. The
/// same commands at the same instants give the same effects in every process: a recorded list of
/// them is a journal, a replication stream and a test.
public enum Command: Hashable, Sendable {
  /// Opens an account. `archived` is the last position its archive holds, so that positions go on
  /// from there.
  case open(AccountName, archived: ArchivePosition)
  /// Opens an account that a snapshot of one account describes.
  indirect case restore([UInt8])
  /// Closes an account; its devices are signed out first.
  case close(AccountHandle)
  /// Signs a device in.
  indirect case signIn(AccountHandle, SignIn)
  /// Signs a device out in good order.
  case signOut(DeviceHandle)
  /// A device's connection was lost; it may resume (B14).
  case connectionLost(DeviceHandle)
  /// A device is back within its window (B14).
  case resume(DeviceHandle)
  /// A device sent undirected presence.
  case presence(DeviceHandle, DevicePresence)
  /// A device asks for MDM, or no longer wants it (B18).
  case requestMDM(DeviceHandle, Bool)
  /// A device changes its mode (R-007, B13).
  case setMode(DeviceHandle, SessionMode)
  /// A request arrived from a device, whoever answers it (B6).
  case requested(DeviceHandle)
  /// A stanza for the account arrived.
  case receive(AccountHandle, Stanza, to: StanzaAddress)
  /// A device sends a stanza; `toSelf` is the address within its own account when the user writes
  /// to herself, nil for anybody else.
  case send(DeviceHandle, Stanza, toSelf: StanzaAddress?)
  /// A person read a conversation on a device, up to a position (B21).
  case read(DeviceHandle, ConversationID, upTo: ArchivePosition)
  /// The archive has stored a message (B20, `ArchivePolicy.refuse`).
  case archived(AccountHandle, ArchivePosition)
  /// The archive could not store a message (B20).
  case archiveFailed(AccountHandle, ArchivePosition)
  /// The account's deadline has come.
  case expire(AccountHandle)
  /// Switches Multiple Device Messaging on or off for all (R-043, B18).
  case setEnabled(Bool)
  /// Puts a staged switch into force (R-048, B18).
  case restart
  /// Replaces the configuration; what is held stays held, under the new limits.
  indirect case configure(Configuration)
}

/// What a device says when it signs in.
public struct SignIn: Hashable, Sendable {
  /// The device's name within the account.
  public var device: DeviceName
  /// What sort of device it is.
  public var kind: DeviceKind
  /// Whether it wants MDM (in XMPP: whether it has enabled carbons).
  public var requestsMDM: Bool
  /// What decides whether it may have it.
  public var capabilities: ClientCapabilities
  /// Whether a push service can reach it when its connection is gone (B14).
  public var pushEnabled: Bool
  /// Its first presence; nil when it will come later, as in XMPP.
  public var presence: DevicePresence?
  /// Which read markers it wants to be told at once.
  public var catchUp: CatchUp
  /// Whether it is the user's session in another messaging system that is joined to this one. Only
  /// the node's counters make a difference of it.
  public var isHybrid = false

  /// A desktop that wants MDM and is available, unless said otherwise.
  public init(
    device: DeviceName, kind: DeviceKind = .desktop, requestsMDM: Bool = true,
    capabilities: ClientCapabilities = ClientCapabilities(), pushEnabled: Bool = false,
    presence: DevicePresence? = .available(), catchUp: CatchUp = .all
  ) {
    self.device = device
    self.kind = kind
    self.requestsMDM = requestsMDM
    self.capabilities = capabilities
    self.pushEnabled = pushEnabled
    self.presence = presence
    self.catchUp = catchUp
  }
}

/// Which read markers a device is told when it signs in (B21).
public enum CatchUp: Hashable, Sendable {
  /// None: the host answers the device's own query instead, as XEP-0490 has it.
  case none
  /// Those of every conversation.
  case all
  /// Those accepted after this revision of the account's read state.
  case since(revision: UInt64)
}
