import COpenSSL

/// The certificate, the key and the settings that the TLS sessions of a server share.
///
/// It speaks TLS 1.2 and 1.3, with forward secrecy and authenticated encryption only (RFC 9325),
/// without compression and without renegotiation. Sessions are resumed with tickets, and nothing
/// is kept for them here. To use a renewed certificate, make a new context and use it for new
/// sessions; the old one lives as long as sessions of it do.
public final class TLSContext {
  /// The protocol name of a client-to-server stream (XEP-0368).
  static let applicationProtocol = Array("xmpp-client".utf8)

  /// The ciphers of TLS 1.2; those of TLS 1.3 are all good.
  private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK"

  let pointer: OpaquePointer
  /// The hash of the certificate for RFC 5929 §4; nil when its signature has no hash function.
  let certificateHash: [UInt8]?

  /// Loads a chain in PEM, the server's own certificate first, and its key in PEM.
  ///
  /// The key must not be protected by a pass phrase. `path` is where the chain is.
  public init(certificateChain path: String, privateKey: String) throws(TLSError) {
    OpenSSLErrors.clear()
    guard let pointer = SSL_CTX_new(TLS_server_method()) else {
      throw .configuration(reason: OpenSSLErrors.take())
    }
    do throws(TLSError) {
      try Self.configure(pointer)
      try Self.load(pointer, chain: path, privateKey: privateKey)
    } catch {
      SSL_CTX_free(pointer)
      throw error
    }
    self.pointer = pointer
    self.certificateHash = SSL_CTX_get0_certificate(pointer).flatMap { Self.hash(of: $0) }
  }

  deinit {
    SSL_CTX_free(self.pointer)
  }

  /// The DNS names of the server's certificate, in its order (RFC 6125 §6.4).
  public var certificateNames: [String] {
    guard let certificate = SSL_CTX_get0_certificate(self.pointer) else { return [] }
    guard let names = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
      OpenSSLErrors.clear()
      return []
    }
    let stack = OpaquePointer(names)
    defer { GENERAL_NAMES_free(stack) }
    return (0..<OPENSSL_sk_num(stack)).compactMap { index in
      guard let element = OPENSSL_sk_value(stack, index) else { return nil }
      let name = element.assumingMemoryBound(to: GENERAL_NAME.self).pointee
      guard name.type == GEN_DNS, let text = name.d.dNSName else { return nil }
      let bytes = UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(text), count: Int(ASN1_STRING_length(text)))
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  // MARK: - Setting up

  private static func configure(_ pointer: OpaquePointer) throws(TLSError) {
    guard shim_SSL_CTX_set_min_proto_version(pointer, TLS1_2_VERSION) == 1,
      SSL_CTX_set_cipher_list(pointer, Self.ciphers) == 1,
      SSL_CTX_set_session_id_context(
        pointer, Self.applicationProtocol, UInt32(Self.applicationProtocol.count)) == 1,
      // One ticket is enough for a client that keeps its connection.
      SSL_CTX_set_num_tickets(pointer, 1) == 1
    else { throw .configuration(reason: OpenSSLErrors.take()) }
    shim_SSL_CTX_set_server_options(pointer)
    shim_SSL_CTX_set_stream_modes(pointer)
    shim_SSL_CTX_turn_off_session_cache(pointer)
    // Without this, OpenSSL would ask at the terminal.
    SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in -1 }
    SSL_CTX_set_alpn_select_cb(
      pointer,
      { _, selected, selectedLength, offered, offeredLength, _ in
        TLSContext.selectProtocol(
          UnsafeBufferPointer(start: offered, count: Int(offeredLength)), selected,
          selectedLength)
      }, nil)
  }

  /// Selects this server's protocol when a client offers protocols; to offer others only is fatal
  /// (RFC 7301 §3.2), so that nobody can be led here from another service under the same name.
  private static func selectProtocol(
    _ offered: UnsafeBufferPointer<UInt8>,
    _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ selectedLength: UnsafeMutablePointer<UInt8>?
  ) -> Int32 {
    var rest = offered[...]
    while let length = rest.popFirst() {
      let name = rest.prefix(Int(length))
      if name.elementsEqual(Self.applicationProtocol), let base = offered.baseAddress {
        selected?.pointee = base + name.startIndex
        selectedLength?.pointee = length
        return SSL_TLSEXT_ERR_OK
      }
      rest = rest.dropFirst(Int(length))
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }

  private static func load(
    _ pointer: OpaquePointer, chain: String, privateKey: String
  ) throws(TLSError) {
    guard SSL_CTX_use_certificate_chain_file(pointer, chain) == 1,
      let certificate = SSL_CTX_get0_certificate(pointer)
    else { throw .certificate(path: chain, reason: OpenSSLErrors.take()) }
    guard let file = BIO_new_file(privateKey, "r") else {
      throw .privateKey(path: privateKey, reason: OpenSSLErrors.take())
    }
    defer { BIO_free(file) }
    guard let key = PEM_read_bio_PrivateKey(file, nil, { _, _, _, _ in -1 }, nil) else {
      throw .privateKey(path: privateKey, reason: OpenSSLErrors.take())
    }
    defer { EVP_PKEY_free(key) }
    guard X509_check_private_key(certificate, key) == 1 else {
      OpenSSLErrors.clear()
      throw .keyMismatch(certificatePath: chain, keyPath: privateKey)
    }
    guard SSL_CTX_use_PrivateKey(pointer, key) == 1 else {
      throw .privateKey(path: privateKey, reason: OpenSSLErrors.take())
    }
  }

  /// The hash of a certificate with the hash function of its signature, where MD5 and SHA-1 are
  /// replaced by SHA-256 (RFC 5929 §4.1).
  private static func hash(of certificate: OpaquePointer) -> [UInt8]? {
    var function: Int32 = 0
    guard X509_get_signature_info(certificate, &function, nil, nil, nil) == 1,
      function != NID_undef
    else {
      OpenSSLErrors.clear()
      return nil
    }
    if function == NID_md5 || function == NID_sha1 { function = NID_sha256 }
    guard let name = OBJ_nid2sn(function), let digest = EVP_get_digestbyname(name) else {
      return nil
    }
    var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard X509_digest(certificate, digest, &output, &length) == 1 else {
      OpenSSLErrors.clear()
      return nil
    }
    return Array(output.prefix(Int(length)))
  }
}
