/// Why a stanza is not for a device.
@nonexhaustive
public enum SkipReason: UInt8, Sendable, CaseIterable {
  /// It is the sender.
  case sender
  /// It has sent no available presence.
  case unavailable
  /// It is not addressed and does not use MDM, so it gets no copies (B19).
  case notMultipleDevice
  /// Its priority is negative and it does not use MDM (B19).
  case negativePriority
  /// Another device without MDM holds the conversation (B19).
  case conversationHeldElsewhere
  /// The stanza asks not to be copied.
  case noCopy
  /// The stanza is of a kind that is not copied (XEP-0280 §6.1).
  case notCopied
  /// Group-chat or file-transfer policy keeps it to one device (B22).
  case policy
}
