import XMLStream

extension StreamFailure {
  /// What ends a stream whose bytes are not what they have to be.
  init(_ error: XMLStreamError) {
    // Every condition of the parser is one of a stream; they are spelled alike.
    self.init(
      StreamCondition(rawValue: error.condition.rawValue) ?? .undefinedCondition, error.reason)
  }
}

extension ServerSettings {
  /// What one stanza may have.
  var xmlLimits: XMLLimits {
    var limits = XMLLimits()
    limits.stanzaBytes = self.limits.stanzaBytes
    limits.depth = self.limits.depth
    limits.attributesPerElement = self.limits.attributes
    return limits
  }

  /// The same for whoever has not said who it is: nothing that is needed for that is longer.
  var xmlLimitsBeforeSignIn: XMLLimits {
    var limits = self.xmlLimits
    limits.stanzaBytes = min(limits.stanzaBytes, 16 << 10)
    return limits
  }
}
