import COpenSSL

extension TLSSession {
  /// Everything that an authentication can be bound to on this session, with the data.
  public var channelBindings: [ChannelBindingType: [UInt8]] {
    var bindings: [ChannelBindingType: [UInt8]] = [:]
    for type in ChannelBindingType.allCases {
      bindings[type] = self.channelBinding(type)
    }
    return bindings
  }

  /// The data of a channel binding; nil when the session does not have it, or is not established.
  ///
  /// The exporter and the Finished message belong to one connection only when the master secret
  /// does (RFC 7627), which every session of TLS 1.3 has and one of TLS 1.2 can have.
  public func channelBinding(_ type: ChannelBindingType) -> [UInt8]? {
    guard self.isEstablished else { return nil }
    switch type {
    case .tlsExporter: return self.isUnique ? self.exported() : nil
    case .tlsUnique: return self.isUnique && !self.isVersion13 ? self.firstFinished() : nil
    case .tlsServerEndPoint: return self.certificateHash
    }
  }

  private var isVersion13: Bool { SSL_version(self.pointer) >= TLS1_3_VERSION }

  private var isUnique: Bool {
    self.isVersion13 || shim_SSL_has_extended_master_secret(self.pointer) == 1
  }

  /// RFC 9266 §2: 32 bytes, and a context that is there and empty.
  private func exported() -> [UInt8]? {
    OpenSSLErrors.clear()
    let label = "EXPORTER-Channel-Binding"
    var output = [UInt8](repeating: 0, count: 32)
    guard
      SSL_export_keying_material(
        self.pointer, &output, output.count, label, label.utf8.count, [], 0, 1) == 1
    else {
      OpenSSLErrors.clear()
      return nil
    }
    return output
  }

  /// RFC 5929 §3.1: the client's Finished message, or the server's when the session is resumed.
  private func firstFinished() -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: 64)
    let count =
      SSL_session_reused(self.pointer) == 1
      ? SSL_get_finished(self.pointer, &output, output.count)
      : SSL_get_peer_finished(self.pointer, &output, output.count)
    guard count > 0, count <= output.count else { return nil }
    return Array(output.prefix(count))
  }
}
