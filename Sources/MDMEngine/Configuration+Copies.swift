internal import MDMRouting
internal import MDMSession
public import MDMStanza

extension Configuration {
  /// Whether other devices of an account get copies of such a stanza, as far as its kind, its flags
  /// and these settings say (XEP-0280 §6.1, B22).
  ///
  /// For a host that has to know what an engine does with a stanza without handing it in, as for
  /// the errors of messages (B46).
  public func copies(_ stanza: Stanza) -> Bool {
    let rules = Rules(self.values)
    let context = RoutingContext(
      sets: SessionSets(), groupChatToAll: rules.groupChatToAll, filesToAll: rules.filesToAll)
    return CarbonRouting.isCopied(stanza.kind, stanza.flags, context)
  }
}
