/// One authentication attempt of a client, from its first message to success or failure.
///
/// It does no input or output and keeps no time. A client that gives up (RFC 6120 §6.4.4) is
/// answered with ``SASLFailure/Condition/aborted``, and the exchange is dropped.
public struct SASLExchange {
  /// Finds the keys of a user for a hash function; nil when there is no such user or no such key.
  ///
  /// It gets the name as the client sent it and prepares it as a local part. It is called once for
  /// SCRAM and twice for PLAIN. What it throws ends the attempt as it is, before the client
  /// has proved anything: it is for a store that is out of order and for accounts of which
  /// everybody may know that they are disabled.
  public typealias LookUp =
    (_ username: String, _ hash: SCRAMHash) throws(SASLFailure) -> SCRAMKeys?

  /// The longest message that is looked at, in bytes after Base64 decoding.
  public static let maximumMessageLength = 4_096

  /// The mechanism that the client chose.
  public let mechanism: SASLMechanism

  let policy: SASLPolicy
  let nonce: [UInt8]
  let lookUp: LookUp
  private var state = State.start

  /// Where the exchange stands.
  private enum State {
    case start
    /// The client was asked for its first message, because it began without one.
    case asked
    case challenged(SCRAMChallenge)
    case ended
  }

  /// An attempt that has not begun.
  ///
  /// - Parameters:
  ///   - nonce: what the server adds to the client's nonce: random, of printable ASCII without
  ///     commas.
  public init(
    mechanism: SASLMechanism, policy: SASLPolicy, nonce: String = SecureRandom.token(18),
    lookUp: @escaping LookUp
  ) {
    self.mechanism = mechanism
    self.policy = policy
    self.nonce = Array(nonce.utf8)
    self.lookUp = lookUp
  }

  /// What follows from the client's next message, decoded; nil is a beginning without data.
  ///
  /// After success or failure, every further message is malformed.
  public mutating func respond(_ message: [UInt8]?) -> SASLStep {
    let state = self.state
    self.state = .ended
    do throws(SASLFailure) {
      return try self.step(message, in: state)
    } catch {
      return .failure(error)
    }
  }

  private mutating func step(
    _ message: [UInt8]?, in state: State
  ) throws(SASLFailure) -> SASLStep {
    if let message, message.count > Self.maximumMessageLength {
      throw .malformed("The message is longer than \(Self.maximumMessageLength) bytes.")
    }
    switch (state, message) {
    case (.start, nil):
      try self.checkMechanism()
      self.state = .asked
      return .challenge([])
    case (.start, let message?), (.asked, let message?):
      try self.checkMechanism()
      guard let hash = self.mechanism.hash else { return try self.plainStep(message) }
      let challenge = try self.challenge(hash, SCRAMClientFirst(message))
      self.state = .challenged(challenge)
      return .challenge(challenge.serverFirst)
    case (.challenged(let challenge), let message?):
      return try challenge.answer(message)
    case (.asked, nil), (.challenged, nil):
      throw .malformed("A message is missing.")
    case (.ended, _):
      throw .malformed("The exchange is over.")
    }
  }

  /// Whether the mechanism may be used on this stream, whatever was offered.
  private func checkMechanism() throws(SASLFailure) {
    if self.mechanism == .plain, !self.policy.isEncrypted {
      throw SASLFailure(.encryptionRequired, "PLAIN is only for encrypted streams.")
    }
    if self.mechanism.isChannelBound, self.policy.channelBindings.isEmpty {
      throw SASLFailure(.invalidMechanism, "There is nothing that this stream can be bound to.")
    }
  }
}
