import COpenSSL

extension TLSContext {
  /// The number of names that one certificate can be made for.
  public static let maximumCertificateNames = 100
  /// The days for which one can be made.
  public static let allowedCertificateDays = 1...3_650

  /// Makes a key on the curve P-256 and a certificate that it signs itself, and writes both in PEM.
  ///
  /// It is for trying out and for closed networks: no client trusts it without being told to. The
  /// names are domains in ASCII; `localhost` also stands for its two addresses. Only the owner can
  /// read the key's file. Files that exist are never touched; when one of the two cannot be
  /// written, neither is there afterwards.
  public static func makeSelfSignedCertificate(
    names: [String], certificate certificatePath: String, key keyPath: String, days: Int
  ) throws(TLSError) {
    try Self.check(names, days)
    OpenSSLErrors.clear()
    guard let key = shim_EVP_EC_gen("P-256") else {
      throw .configuration(reason: OpenSSLErrors.take())
    }
    defer { EVP_PKEY_free(key) }
    let certificate = try Self.makeCertificate(names, key, days)
    defer { X509_free(certificate) }
    let keyText = try Self.pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    let certificateText = try Self.pem { PEM_write_bio_X509($0, certificate) }
    let keyFile = try NewFile(path: keyPath, contents: keyText, mode: 0o600)
    do throws(TLSError) {
      _ = try NewFile(path: certificatePath, contents: certificateText, mode: 0o644)
    } catch {
      keyFile.remove()
      throw error
    }
  }

  // MARK: - Names

  private static func check(_ names: [String], _ days: Int) throws(TLSError) {
    guard (1...Self.maximumCertificateNames).contains(names.count) else {
      throw .certificateRequest(
        reason: "There are \(names.count) names and not 1 to \(Self.maximumCertificateNames).")
    }
    guard Self.allowedCertificateDays.contains(days) else {
      throw .certificateRequest(reason: "\(days) days are not 1 to 3650.")
    }
    for name in names where !Self.isDomain(name) {
      throw .certificateRequest(reason: "\(name) is no domain name in ASCII.")
    }
  }

  /// Whether a name is labels of letters, digits and inner hyphens, the last of them no number:
  /// that would be an address, and anything else could be more than a name for OpenSSL.
  private static func isDomain(_ name: String) -> Bool {
    let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let hyphen = UInt8(ascii: "-")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let areLabels = labels.allSatisfy { label in
      (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
        && label.allSatisfy { SCRAMSyntax.isLetter($0) || digits.contains($0) || $0 == hyphen }
    }
    let isNumber = labels.last.map { $0.allSatisfy(digits.contains) } ?? true
    return name.utf8.count <= 253 && areLabels && !isNumber
  }

  // MARK: - The certificate

  private static func makeCertificate(
    _ names: [String], _ key: OpaquePointer, _ days: Int
  ) throws(TLSError) -> OpaquePointer {
    guard let certificate = X509_new() else {
      throw .configuration(reason: OpenSSLErrors.take())
    }
    let isMade =
      X509_set_version(certificate, 2) == 1
      && Self.setSerialNumber(certificate)
      && Self.setNames(certificate, names[0])
      // Clocks differ: it has been valid for an hour.
      && X509_gmtime_adj(X509_getm_notBefore(certificate), -3_600) != nil
      && X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86_400) != nil
      && X509_set_pubkey(certificate, key) == 1
      && Self.addExtensions(certificate, names)
      && X509_sign(certificate, key, EVP_sha256()) > 0
    guard isMade else {
      X509_free(certificate)
      throw .configuration(reason: OpenSSLErrors.take())
    }
    return certificate
  }

  /// A random number of 127 bits (RFC 5280 §4.1.2.2 has positive ones of up to 20 bytes).
  private static func setSerialNumber(_ certificate: OpaquePointer) -> Bool {
    var bytes = SecureRandom.bytes(16)
    bytes[0] = bytes[0] & 0x7F | 0x40
    guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
    defer { BN_free(number) }
    return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
  }

  private static func setNames(_ certificate: OpaquePointer, _ commonName: String) -> Bool {
    let subject = X509_get_subject_name(certificate)
    // A common name has at most 64 characters; clients look at the alternative names.
    let text = Array(commonName.utf8.prefix(64))
    return X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC, text, Int32(text.count), -1, 0) == 1
      && X509_set_issuer_name(certificate, subject) == 1
  }

  private static func addExtensions(_ certificate: OpaquePointer, _ names: [String]) -> Bool {
    var alternatives = names.map { "DNS:\($0)" }
    if names.contains("localhost") { alternatives += ["IP:127.0.0.1", "IP:::1"] }
    let extensions = [
      (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature"),
      (NID_ext_key_usage, "serverAuth"),
      (NID_subject_alt_name, alternatives.joined(separator: ",")),
    ]
    return extensions.allSatisfy { identifier, text in
      guard let element = X509V3_EXT_conf_nid(nil, nil, identifier, text) else { return false }
      defer { X509_EXTENSION_free(element) }
      return X509_add_ext(certificate, element, -1) == 1
    }
  }

  private static func pem(_ write: (OpaquePointer) -> Int32) throws(TLSError) -> [UInt8] {
    guard let memory = BIO_new(BIO_s_mem()) else {
      throw .configuration(reason: OpenSSLErrors.take())
    }
    defer { BIO_free(memory) }
    var start: UnsafeMutablePointer<CChar>?
    guard write(memory) == 1 else { throw .configuration(reason: OpenSSLErrors.take()) }
    let count = shim_BIO_get_mem_data(memory, &start)
    guard let start else { throw .configuration(reason: "The text is empty.") }
    return UnsafeBufferPointer(start: start, count: count).map { UInt8(bitPattern: $0) }
  }
}
