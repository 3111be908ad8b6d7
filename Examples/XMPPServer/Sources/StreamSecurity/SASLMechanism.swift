/// A SASL mechanism that this server has, by its registered name.
public enum SASLMechanism: String, Hashable, Sendable, CaseIterable {
  /// SCRAM with SHA-256, bound to the TLS connection (RFC 7677).
  case scramSHA256Plus = "SCRAM-SHA-256-PLUS"
  /// SCRAM with SHA-1, bound to the TLS connection (RFC 5802).
  case scramSHA1Plus = "SCRAM-SHA-1-PLUS"
  /// SCRAM with SHA-256 (RFC 7677).
  case scramSHA256 = "SCRAM-SHA-256"
  /// SCRAM with SHA-1 (RFC 5802), which RFC 6120 §13.8.1 requires.
  case scramSHA1 = "SCRAM-SHA-1"
  /// The password itself (RFC 4616), for clients and scripts that have nothing better.
  case plain = "PLAIN"

  /// The mechanisms to offer, the preferred one first.
  ///
  /// A binding is worth more than a newer hash function, because only that finds somebody in the
  /// middle.
  ///
  /// - Parameters:
  ///   - isEncrypted: whether the stream is inside TLS; without that, PLAIN is not offered.
  ///   - bindings: the channel bindings that the connection has; without any, no `-PLUS` mechanism
  ///     is offered.
  public static func offered(
    isEncrypted: Bool, bindings: some Collection<ChannelBindingType>
  ) -> [SASLMechanism] {
    SASLMechanism.allCases.filter { mechanism in
      switch mechanism {
      case .scramSHA256Plus, .scramSHA1Plus: isEncrypted && !bindings.isEmpty
      case .scramSHA256, .scramSHA1: true
      case .plain: isEncrypted
      }
    }
  }

  /// Whether it is bound to the TLS connection.
  public var isChannelBound: Bool {
    switch self {
    case .scramSHA256Plus, .scramSHA1Plus: true
    case .scramSHA256, .scramSHA1, .plain: false
    }
  }

  /// The hash function; nil for ``plain``.
  public var hash: SCRAMHash? {
    switch self {
    case .scramSHA256Plus, .scramSHA256: .sha256
    case .scramSHA1Plus, .scramSHA1: .sha1
    case .plain: nil
    }
  }
}
