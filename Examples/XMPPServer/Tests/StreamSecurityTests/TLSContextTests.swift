import COpenSSL
import Glibc
import StreamSecurity
import Testing

struct TLSContextTests {
  private let directory: TestDirectory

  init() throws {
    self.directory = try TestDirectory()
  }

  private func make(
    _ names: [String], certificate: String = "cert.pem", key: String = "key.pem", days: Int = 30
  ) throws(TLSError) {
    try TLSContext.makeSelfSignedCertificate(
      names: names, certificate: self.directory.file(certificate), key: self.directory.file(key),
      days: days)
  }

  private func load(_ certificate: String, _ key: String) throws(TLSError) -> TLSContext {
    try TLSContext(
      certificateChain: self.directory.file(certificate), privateKey: self.directory.file(key))
  }

  private func write(_ name: String, _ text: String) throws {
    let file = try #require(fopen(self.directory.file(name), "w"))
    fputs(text, file)
    fclose(file)
  }

  @Test("A self-signed certificate is loaded, has the names, and its key is for the owner only")
  func selfSigned() throws {
    let names = ["localhost", "example.org", "xn--bcher-kva.example"]
    try self.make(names)
    #expect(try self.load("cert.pem", "key.pem").certificateNames == names)
    #expect(self.directory.names == ["cert.pem", "key.pem"])
    var status = stat()
    #expect(stat(self.directory.file("key.pem"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test("A client can check it: names, addresses and validity")
  func verification() throws {
    try self.make(["localhost", "example.org"], days: 2)
    let file = try #require(BIO_new_file(self.directory.file("cert.pem"), "r"))
    defer { BIO_free(file) }
    let certificate = try #require(PEM_read_bio_X509(file, nil, nil, nil))
    defer { X509_free(certificate) }
    #expect(X509_check_host(certificate, "localhost", 0, 0, nil) == 1)
    #expect(X509_check_host(certificate, "example.org", 0, 0, nil) == 1)
    #expect(X509_check_host(certificate, "example.com", 0, 0, nil) == 0)
    #expect(X509_check_ip_asc(certificate, "127.0.0.1", 0) == 1)
    #expect(X509_check_ip_asc(certificate, "::1", 0) == 1)
    #expect(X509_check_ip_asc(certificate, "127.0.0.2", 0) == 0)
    #expect(X509_verify(certificate, X509_get0_pubkey(certificate)) == 1)
    var (days, seconds) = (Int32(0), Int32(0))
    ASN1_TIME_diff(
      &days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate))
    #expect((days, seconds) == (2, 3_600))
  }

  @Test("A file that exists is never touched, and no half of a pair is left")
  func existing() throws {
    try self.write("cert.pem", "mine")
    #expect(throws: TLSError.fileExists(path: self.directory.file("cert.pem"))) {
      try self.make(["localhost"])
    }
    #expect(self.directory.names == ["cert.pem"])
    #expect(throws: TLSError.fileExists(path: self.directory.file("cert.pem"))) {
      try self.make(["localhost"], certificate: "other.pem", key: "cert.pem")
    }
    #expect(self.directory.names == ["cert.pem"])
    #expect(throws: TLSError.file(path: self.directory.file("no/key.pem"), errno: ENOENT)) {
      try self.make(["localhost"], key: "no/key.pem")
    }
    #expect(self.directory.names == ["cert.pem"])
  }

  @Test(
    "Names that are no domains are refused",
    arguments: [
      [], [""], ["a..b"], ["-a"], ["a-"], [".example"], ["example."], ["a b"], ["bücher.example"],
      ["127.0.0.1"], ["a,IP:1.2.3.4"], ["a\0b"], ["a/b"], [String(repeating: "a", count: 64)],
      [String(repeating: "a.", count: 126) + "ab"], ["*.example.org"], ["a_b"],
      Array(repeating: "example.org", count: 101),
    ] as [[String]])
  func names(names: [String]) {
    guard
      case .certificateRequest = #expect(
        throws: TLSError.self, performing: { try self.make(names) })
    else {
      Issue.record("The names were refused for another reason.")
      return
    }
    #expect(self.directory.names.isEmpty)
  }

  @Test("A certificate is valid for one day to ten years", arguments: [0, -1, 3_651, Int.max])
  func days(days: Int) {
    #expect(throws: TLSError.self) { try self.make(["localhost"], days: days) }
    #expect(self.directory.names.isEmpty)
  }

  @Test("A key of another certificate, and files that are none, are refused in words")
  func refusedFiles() throws {
    try self.make(["localhost"])
    try self.make(["localhost"], certificate: "cert2.pem", key: "key2.pem")
    try self.write("text.pem", "This is no certificate.\n")
    #expect(
      throws: TLSError.keyMismatch(
        certificatePath: self.directory.file("cert.pem"),
        keyPath: self.directory.file("key2.pem"))
    ) { try self.load("cert.pem", "key2.pem") }
    for certificate in ["missing.pem", "text.pem", "key.pem"] {
      guard
        case .certificate(let path, let reason) = #expect(
          throws: TLSError.self, performing: { try self.load(certificate, "key.pem") })
      else {
        Issue.record("\(certificate) was refused for another reason.")
        continue
      }
      #expect(path == self.directory.file(certificate))
      #expect(!reason.isEmpty)
    }
    for key in ["missing.pem", "text.pem", "cert.pem"] {
      guard
        case .privateKey(let path, let reason) = #expect(
          throws: TLSError.self, performing: { try self.load("cert.pem", key) })
      else {
        Issue.record("\(key) was refused for another reason.")
        continue
      }
      #expect(path == self.directory.file(key))
      #expect(!reason.isEmpty)
    }
  }

  @Test("A key with a pass phrase is refused, and nobody is asked for it")
  func passPhrase() throws {
    try self.make(["localhost"])
    let plain = try #require(BIO_new_file(self.directory.file("key.pem"), "r"))
    defer { BIO_free(plain) }
    let key = try #require(PEM_read_bio_PrivateKey(plain, nil, nil, nil))
    defer { EVP_PKEY_free(key) }
    let locked = try #require(BIO_new_file(self.directory.file("locked.pem"), "w"))
    let phrase = Array("secret".utf8)
    #expect(
      PEM_write_bio_PKCS8PrivateKey(
        locked, key, EVP_aes_128_cbc(), phrase.map { CChar(bitPattern: $0) }, 6, nil, nil) == 1)
    BIO_free(locked)
    guard
      case .privateKey = #expect(
        throws: TLSError.self, performing: { try self.load("cert.pem", "locked.pem") })
    else {
      Issue.record("The key was refused for another reason.")
      return
    }
  }
}
