public import MDMStanza

/// What quiet mode does with a kind of stanza: the table of decision B8.
///
/// | kind | while quiet |
/// |---|---|
/// | chat, normal, invitation, file, group chat from others | held while another client is active, else flushes |
/// | the same from the own account, receipts, markers, payloads, errors, subscriptions | held in order |
/// | presence, headlines | held, the latest by key |
/// | chat states | dropped, or held, the latest by conversation |
/// | requests, and what is marked urgent | never held: flush, then deliver |
@usableFromInline
package enum HoldingRule: UInt8, Sendable, BitwiseCopyable {
  /// Held as long as a reached client is active elsewhere; otherwise it flushes (R-038, B7).
  case whileOtherActive
  /// Held in order of arrival.
  case inOrder
  /// Held; an older one with the same key goes.
  case latestByKey
  /// Dropped, or held like ``latestByKey`` when policy says so.
  case chatState
  /// Flushes, then goes out.
  case never

  /// Whether a newer stanza with the same key replaces an older one.
  @inlinable package var replaces: Bool {
    switch self {
    case .latestByKey, .chatState: true
    case .whileOtherActive, .inOrder, .never: false
    }
  }

  /// The rule for a stanza.
  @inlinable @inline(always)
  package static func of(_ kind: StanzaKind, _ flags: StanzaFlags) -> HoldingRule {
    if flags.contains(.urgent) { return .never }
    switch kind {
    case .chat, .normal, .invitation, .fileTransfer, .groupChat:
      return flags.contains(.ownAccount) ? .inOrder : .whileOtherActive
    case .receipt, .displayedMarker, .payload, .messageError, .subscription: return .inOrder
    case .presence, .headline: return .latestByKey
    case .chatState: return .chatState
    case .request: return .never
    }
  }
}
