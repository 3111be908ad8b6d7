/// What an authentication is bound to in the TLS connection that carries it (RFC 5056).
public enum ChannelBindingType: String, Hashable, Sendable, CaseIterable {
  /// Key material exported from the connection (RFC 9266).
  case tlsExporter = "tls-exporter"
  /// The first Finished message of the handshake (RFC 5929 §3), only before TLS 1.3.
  case tlsUnique = "tls-unique"
  /// The hash of the server's certificate (RFC 5929 §4).
  case tlsServerEndPoint = "tls-server-end-point"
}
