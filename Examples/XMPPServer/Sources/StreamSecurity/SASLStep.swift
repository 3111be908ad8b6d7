/// What follows from a client's message.
public enum SASLStep: Hashable, Sendable {
  /// The client is asked to go on; no bytes are an empty challenge.
  case challenge([UInt8])
  /// The client has proved who it is.
  ///
  /// The user name is as the client sent it. The authorization identity is who the client wants to
  /// act as, nil when it did not say; whether it may is for the caller to decide (RFC 6120 §6.3.8).
  /// The additional data belongs into the element of success; PLAIN has none.
  case success(username: String, authorizationID: String?, additionalData: [UInt8])
  /// The attempt is over; another one needs another exchange.
  case failure(SASLFailure)
}
