/// What made a session the active client (B2, B5).
@nonexhaustive
public enum QualifyingAct: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// It sent Available presence.
  case availablePresence
  /// It sent an instant message.
  case instantMessage
  /// It left quiet mode: the person came back to it.
  case leftQuietMode
}
