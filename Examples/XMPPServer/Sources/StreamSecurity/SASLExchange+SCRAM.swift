extension SASLExchange {
  /// The server's answer to a client's first message.
  func challenge(
    _ hash: SCRAMHash, _ first: SCRAMClientFirst
  ) throws(SASLFailure) -> SCRAMChallenge {
    let bindingData = try self.bindingData(for: first.binding)
    // Made for every user, so that knowing one does not save time.
    let decoy = self.policy.decoySecret.keys(
      for: first.username, hash, iterations: self.policy.decoyIterations)
    let found = try self.lookUp(first.username, hash)
    let keys = found.flatMap { $0.hash == hash ? $0 : nil }
    return SCRAMChallenge(
      first: first, bindingData: bindingData, nonce: first.nonce + self.nonce,
      keys: keys ?? decoy, isKnown: keys != nil)
  }

  /// The data of the channel that the client has to repeat, none without binding.
  private func bindingData(
    for binding: SCRAMClientFirst.Binding
  ) throws(SASLFailure) -> [UInt8] {
    switch (binding, self.mechanism.isChannelBound) {
    case (.unsupported, false):
      return []
    case (.unadvertised, false):
      guard !self.policy.advertisesChannelBinding else {
        throw SASLFailure(
          .notAuthorized,
          "The server does support channel binding; somebody removed it from what was offered.")
      }
      return []
    case (.required(let name), true):
      guard let type = ChannelBindingType(rawValue: name),
        let data = self.policy.channelBindings[type]
      else {
        throw SASLFailure(.notAuthorized, "This stream does not have that channel binding.")
      }
      return data
    case (.required, false):
      throw .malformed("The mechanism has no channel binding.")
    case (.unsupported, true), (.unadvertised, true):
      throw .malformed("The mechanism needs a channel binding.")
    }
  }
}
