/// What an exchange has to know about the stream and the server that it belongs to.
public struct SASLPolicy: Sendable {
  /// Whether the stream is inside TLS.
  public var isEncrypted: Bool
  /// What the TLS connection can be bound to, with the data.
  public var channelBindings: [ChannelBindingType: [UInt8]]
  /// Whether a `-PLUS` mechanism was offered on this stream. A client that has channel binding and
  /// was not told of ours has met somebody in the middle (RFC 5802 §6).
  public var advertisesChannelBinding: Bool
  /// What the salts of unknown users are made of.
  public var decoySecret: DecoySecret
  /// How many iterations an unknown user seems to have: as many as most accounts.
  public var decoyIterations: Int

  /// A policy; by default channel binding counts as advertised when there is some.
  public init(
    isEncrypted: Bool, channelBindings: [ChannelBindingType: [UInt8]] = [:],
    advertisesChannelBinding: Bool? = nil, decoySecret: DecoySecret,
    decoyIterations: Int = SCRAMKeys.defaultIterations
  ) {
    self.isEncrypted = isEncrypted
    self.channelBindings = channelBindings
    self.advertisesChannelBinding =
      advertisesChannelBinding ?? (isEncrypted && !channelBindings.isEmpty)
    self.decoySecret = decoySecret
    self.decoyIterations = decoyIterations
  }
}
