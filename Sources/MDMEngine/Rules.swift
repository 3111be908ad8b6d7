import MDMElection
import MDMSession
import MDMStanza

/// The configuration as the hot path wants it: whole nanoseconds and plain numbers.
struct Rules: Sendable {
  let activeWindow: Int64
  let regroupDelay: Int64
  let conversationHold: Int64
  let perSessionLimit: UInt32
  let perSessionByteLimit: UInt32
  let overallLimit: Int
  let overallByteLimit: Int
  let stanzaByteLimit: Int
  let conversationLimit: Int
  let allWithinWindow: Bool
  let groupChatToAll: Bool
  let filesToAll: Bool
  let coalescesChatStates: Bool
  let silentIsSuspended: Bool
  let flushOnActivityExpiry: Bool
  let waitsForArchive: Bool
  let archiveIgnoresHints: Bool
  let sendMarksRead: Bool

  init(_ values: Configuration.Values) {
    self.activeWindow = values.activeWindow.wholeNanoseconds
    self.regroupDelay = values.regroupDelay.wholeNanoseconds
    self.conversationHold = values.conversationHold.wholeNanoseconds
    self.perSessionLimit = UInt32(values.perSessionLimit)
    self.perSessionByteLimit = UInt32(values.perSessionByteLimit)
    self.overallLimit = values.effectiveOverallLimit
    self.overallByteLimit = values.overallByteLimit
    self.stanzaByteLimit = values.stanzaByteLimit
    self.conversationLimit = values.conversationLimit
    self.allWithinWindow = values.activeSelection == .allWithinWindow
    self.groupChatToAll = values.groupChat == .allSignedInDevices
    self.filesToAll = values.fileTransfer == .allSignedInDevices
    self.coalescesChatStates = values.chatStates == .coalesce
    self.silentIsSuspended = values.silentSemantics == .suspended
    self.flushOnActivityExpiry = values.flushOnActivityExpiry
    self.waitsForArchive = values.archiveFailure == .refuse
    self.archiveIgnoresHints = values.archiveIgnoresHints
    self.sendMarksRead = values.sendMarksRead
  }

  /// Whether a message of this kind goes to the archive: content that is not a room's (B20), and
  /// what is worth keeping without (B45).
  @inline(always)
  func isArchived(_ kind: StanzaKind, _ flags: StanzaFlags) -> Bool {
    guard kind.isContent ? kind != .groupChat : flags.contains(.store) else { return false }
    return self.archiveIgnoresHints || flags.isDisjoint(with: [.noStore, .noPermanentStore])
  }
}
