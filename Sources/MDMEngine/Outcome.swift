public import MDMSession
public import MDMStanza

/// What became of a command, beside its effects.
public enum Outcome: Hashable, Sendable {
  /// The command was carried out.
  case done
  /// An account was opened.
  case opened(AccountHandle)
  /// A device was signed in.
  case signedIn(SignedIn)
  /// The command came too late or changed nothing; harmless.
  case ignored(IgnoreReason)
  /// The command was refused.
  case refused(AdmissionError)
}

/// A device that has just signed in.
public struct SignedIn: Hashable, Sendable {
  /// The handle to use from now on.
  public let device: DeviceHandle
  /// Why the MDM it asked for was refused (B23); nil when it was granted or not asked for.
  public let refusal: MDMRefusal?
}

/// Why a command had nothing to do.
@nonexhaustive
public enum IgnoreReason: UInt8, Sendable, CaseIterable {
  /// The account or device behind the handle is gone: an expected race.
  case staleHandle
  /// It already was so.
  case alreadySo
  /// The session does not use MDM, so it has no modes (B19). The wish is remembered.
  case notMultipleDevice
  /// The device's connection is not up.
  case notConnected
  /// The device's connection is up, so there is nothing to resume.
  case notDetached
  /// The read marker does not move forward (B21).
  case notForward
  /// The read marker names a position that was never handed out (B21).
  case unknownPosition
  /// Nothing waits for the archive under this position.
  case notAwaited
  /// No deadline has come.
  case notDue
}

/// Why a command could not be accepted.
@nonexhaustive
public enum AdmissionError: Hashable, Sendable, Error {
  /// A name has more bytes than the limit.
  case nameTooLong(bytes: Int, limit: Int)
  /// A name is empty.
  case emptyName
  /// The account is open already.
  case accountExists(AccountHandle)
  /// The archive's last position is beyond ``ArchivePosition/greatest``.
  case positionOutOfRange(ArchivePosition)
  /// The engine holds as many accounts as it may.
  case accountLimit(Int)
  /// The account has as many devices as it may, and policy does not make room.
  case deviceLimit(Int)
  /// The session may not use MDM (B23).
  case notEligible(MDMRefusal)
  /// The payload has more bytes than a stanza may (see `Configuration.Values.stanzaByteLimit`).
  case stanzaTooLarge(bytes: Int, limit: Int)
  /// As many messages wait for the archive as may (B20, `ArchivePolicy.refuse`).
  case archiveBacklog(Int)
  /// As many effects wait to be performed as may; only a service says so, not an engine.
  case effectBacklog(Int)
  /// The bytes are no snapshot of one account.
  case unreadableSnapshot(SnapshotError)
  /// The account or device behind the handle is gone.
  case staleHandle
}
