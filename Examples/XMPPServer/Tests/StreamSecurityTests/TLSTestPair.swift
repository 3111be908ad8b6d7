import COpenSSL
import Glibc
import StreamSecurity
import Testing

/// A directory that is gone when the test is.
final class TestDirectory {
  let path: String

  init() throws {
    var template = Array(
      "\(P_tmpdir)/StreamSecurityTests.\(String(repeating: "X", count: 6))".utf8CString)
    let made = try #require(mkdtemp(&template))
    self.path = String(cString: made)
  }

  deinit {
    for name in self.names {
      unlink("\(self.path)/\(name)")
    }
    rmdir(self.path)
  }

  /// What is in it, in order.
  var names: [String] {
    guard let directory = opendir(self.path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  func file(_ name: String) -> String { "\(self.path)/\(name)" }

  /// A context with a certificate of its own.
  func context(_ names: [String] = ["localhost"]) throws -> TLSContext {
    try TLSContext.makeSelfSignedCertificate(
      names: names, certificate: self.file("cert.pem"), key: self.file("key.pem"), days: 30)
    return try TLSContext(
      certificateChain: self.file("cert.pem"), privateKey: self.file("key.pem"))
  }
}

/// How a test's client is set up.
struct TLSClientOptions {
  var version = TLS1_3_VERSION
  /// The protocols that are offered, each after its length.
  var protocols: [UInt8] = []
  var ciphers = "DEFAULT@SECLEVEL=0"
  /// A session to resume, which the pair keeps.
  var resumed: OpaquePointer?
}

/// A server's session and a client of OpenSSL at the two ends of a socket pair.
final class TLSTestPair {
  let server: TLSSession
  let client: OpaquePointer
  let serverSocket: Int32
  let clientSocket: Int32
  private let clientContext: OpaquePointer

  init(_ context: TLSContext, _ options: TLSClientOptions = TLSClientOptions()) throws {
    signal(SIGPIPE, SIG_IGN)
    var sockets: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &sockets) == 0)
    self.serverSocket = sockets[0]
    self.clientSocket = sockets[1]
    self.server = try TLSSession(context: context, fileDescriptor: sockets[0])
    self.clientContext = try #require(SSL_CTX_new(TLS_client_method()))
    // The range is narrowed to one version, however old.
    shim_SSL_CTX_set_min_proto_version(self.clientContext, options.version)
    shim_SSL_CTX_set_max_proto_version(self.clientContext, options.version)
    SSL_CTX_set_cipher_list(self.clientContext, options.ciphers)
    shim_SSL_CTX_set_stream_modes(self.clientContext)
    if !options.protocols.isEmpty {
      SSL_CTX_set_alpn_protos(
        self.clientContext, options.protocols, UInt32(options.protocols.count))
    }
    self.client = try #require(SSL_new(self.clientContext))
    SSL_set_fd(self.client, sockets[1])
    if let resumed = options.resumed { SSL_set_session(self.client, resumed) }
    SSL_set_connect_state(self.client)
  }

  deinit {
    SSL_free(self.client)
    SSL_CTX_free(self.clientContext)
    close(self.serverSocket)
    close(self.clientSocket)
  }

  /// Runs the handshake to its end on the server's side; the client's is over by then or failed.
  func handshake() -> TLSProgress {
    var isClientDone = false
    for _ in 0..<20 {
      ERR_clear_error()
      isClientDone = SSL_do_handshake(self.client) == 1
      ERR_clear_error()
      switch self.server.handshake() {
      case .done:
        if isClientDone { return .done }
      case .failed(let error): return .failed(error)
      case .wantsRead, .wantsWrite: continue
      }
    }
    return .wantsRead
  }

  // MARK: - The client

  func clientWrite(_ bytes: ArraySlice<UInt8>) -> Int {
    ERR_clear_error()
    var count = 0
    _ = bytes.withUnsafeBytes { SSL_write_ex(self.client, $0.baseAddress, $0.count, &count) }
    return count
  }

  func clientRead() -> [UInt8] {
    ERR_clear_error()
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count = 0
    while SSL_read_ex(self.client, &buffer, buffer.count, &count) == 1 {
      output += buffer[..<count]
    }
    return output
  }

  /// Whether the server announced the end.
  var isClientClosed: Bool {
    SSL_get_shutdown(self.client) & SSL_RECEIVED_SHUTDOWN != 0
  }

  // MARK: - The server

  /// Everything that can be read now, and what came after it.
  func serverRead() -> ([UInt8], TLSRead) {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      switch buffer.withUnsafeMutableBytes({ self.server.read(into: $0) }) {
      case .bytes(let count): output += buffer[..<count]
      case .wantsRead: return (output, .wantsRead)
      case .wantsWrite: return (output, .wantsWrite)
      case .closed: return (output, .closed)
      case .failed(let error): return (output, .failed(error))
      }
    }
  }

  func serverWrite(_ bytes: [UInt8]) -> TLSWrite {
    bytes.withUnsafeBytes { self.server.write($0) }
  }
}
