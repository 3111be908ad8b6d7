import Glibc

/// Why there is no TLS, or no longer any.
public enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The certificate chain cannot be loaded.
  case certificate(path: String, reason: String)
  /// The private key cannot be loaded; one that is protected by a pass phrase cannot either.
  case privateKey(path: String, reason: String)
  /// The private key is not that of the certificate.
  case keyMismatch(certificatePath: String, keyPath: String)
  /// OpenSSL refuses a setting, or has no memory.
  case configuration(reason: String)
  /// A certificate cannot be made for these names or this time.
  case certificateRequest(reason: String)
  /// A file that was to be made exists.
  case fileExists(path: String)
  /// A file cannot be written; the number is an `errno`.
  case file(path: String, errno: Int32)
  /// The peer does not keep to the protocol, or there is nothing that both sides can agree on.
  case `protocol`(reason: String)
  /// The socket failed; the number is an `errno`.
  case socket(errno: Int32)
  /// The peer closed the connection within the handshake.
  case closedInHandshake
  /// The session failed before and cannot be used any more.
  case ended

  /// What is wrong, in a sentence.
  public var description: String {
    switch self {
    case .certificate(let path, let reason): "\(path) has no usable certificate chain: \(reason)"
    case .privateKey(let path, let reason): "\(path) has no usable private key: \(reason)"
    case .keyMismatch(let certificatePath, let keyPath):
      "The key in \(keyPath) is not that of the certificate in \(certificatePath)."
    case .configuration(let reason): "OpenSSL cannot be set up: \(reason)"
    case .certificateRequest(let reason): "No certificate can be made: \(reason)"
    case .fileExists(let path): "\(path) exists and is not overwritten."
    case .file(let path, let code): "\(path) cannot be written: \(Self.text(code))"
    case .protocol(let reason): "TLS failed: \(reason)"
    case .socket(let code): "The connection failed: \(Self.text(code))"
    case .closedInHandshake: "The peer closed the connection within the TLS handshake."
    case .ended: "The TLS session has failed before."
    }
  }

  private static func text(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }
}
