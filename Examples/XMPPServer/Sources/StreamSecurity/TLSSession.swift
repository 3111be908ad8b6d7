import COpenSSL
import Glibc

/// TLS on one connection, in the role of the server.
///
/// It reads and writes a non-blocking socket, which stays the caller's to watch and to close. The
/// process has to ignore `SIGPIPE`, because OpenSSL writes to sockets that a peer may have closed.
public final class TLSSession {
  private let context: TLSContext
  let pointer: OpaquePointer
  /// After a fatal error, OpenSSL must not be called for the session any more.
  private var isBroken = false
  private var isClosing = false

  /// A session that waits for its handshake.
  public init(context: TLSContext, fileDescriptor: Int32) throws(TLSError) {
    OpenSSLErrors.clear()
    guard let pointer = SSL_new(context.pointer) else {
      throw .configuration(reason: OpenSSLErrors.take())
    }
    guard SSL_set_fd(pointer, fileDescriptor) == 1 else {
      SSL_free(pointer)
      throw .configuration(reason: OpenSSLErrors.take())
    }
    SSL_set_accept_state(pointer)
    self.context = context
    self.pointer = pointer
  }

  deinit {
    SSL_free(self.pointer)
  }

  // MARK: - What was agreed

  /// Whether the handshake is over and the session has not failed since.
  public var isEstablished: Bool {
    !self.isBroken && SSL_is_init_finished(self.pointer) == 1
  }

  /// The version that was agreed, for example `TLSv1.3`; only of use after the handshake.
  public var protocolName: String {
    SSL_get_version(self.pointer).map { String(cString: $0) } ?? ""
  }

  /// The name that OpenSSL has for the cipher that was agreed; empty before there is one.
  public var cipherName: String {
    guard let cipher = SSL_get_current_cipher(self.pointer) else { return "" }
    return SSL_CIPHER_get_name(cipher).map { String(cString: $0) } ?? ""
  }

  /// The application protocol that was agreed (RFC 7301): `xmpp-client`, or nil.
  public var applicationProtocol: String? {
    var name: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    SSL_get0_alpn_selected(self.pointer, &name, &length)
    guard let name, length > 0 else { return nil }
    return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
  }

  /// The hash of the certificate that this session shows, when it has one.
  var certificateHash: [UInt8]? { self.context.certificateHash }

  /// How many bytes are decrypted and not read yet. Nothing tells of them but this: the socket is
  /// not readable on their account.
  public var pendingBytes: Int { Int(SSL_pending(self.pointer)) }

  // MARK: - Input and output

  /// Goes on with the handshake; to be called first, and again whenever the socket is ready.
  public func handshake() -> TLSProgress {
    guard !self.isBroken else { return .failed(.ended) }
    self.prepare()
    let result = SSL_do_handshake(self.pointer)
    guard result != 1 else { return .done }
    switch self.obstacle(result) {
    case .wantsRead: return .wantsRead
    case .wantsWrite: return .wantsWrite
    case .closed: return .failed(.closedInHandshake)
    case .failed(let error): return .failed(error)
    }
  }

  /// Reads what one record has, at most as much as there is room.
  ///
  /// Call it until it answers something else than `bytes`. A connection that ends without the
  /// message that announces it counts as closed as well: a stream has an end of its own
  /// (RFC 6120 §4.4), by which a truncated one is known.
  public func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSRead {
    guard !self.isBroken else { return .failed(.ended) }
    guard !buffer.isEmpty else { return .bytes(0) }
    self.prepare()
    var count = 0
    let result = SSL_read_ex(self.pointer, buffer.baseAddress, buffer.count, &count)
    guard result != 1 else { return .bytes(count) }
    switch self.obstacle(result) {
    case .wantsRead: return .wantsRead
    case .wantsWrite: return .wantsWrite
    case .closed: return .closed
    case .failed(let error): return .failed(error)
    }
  }

  /// Writes one record of at most 16 KiB, and more only when it goes on with one that was blocked.
  ///
  /// After `wantsRead` or `wantsWrite`, the next call has to offer the same bytes again: they may
  /// be elsewhere in memory and more may follow them, but there may not be fewer, because a part
  /// of them may be encrypted and on its way.
  public func write(_ bytes: UnsafeRawBufferPointer) -> TLSWrite {
    guard !self.isBroken else { return .failed(.ended) }
    guard !self.isClosing else { return .closed }
    guard !bytes.isEmpty else { return .bytes(0) }
    self.prepare()
    var count = 0
    let result = SSL_write_ex(self.pointer, bytes.baseAddress, bytes.count, &count)
    guard result != 1 else { return .bytes(count) }
    switch self.obstacle(result) {
    case .wantsRead: return .wantsRead
    case .wantsWrite: return .wantsWrite
    case .closed: return .closed
    case .failed(let error): return .failed(error)
    }
  }

  /// Tells the peer that no more data comes, if the socket takes it at once, and only once.
  ///
  /// It can still be read; the socket stays open.
  public func close() {
    guard !self.isClosing, self.isEstablished else { return }
    self.isClosing = true
    self.prepare()
    let result = SSL_shutdown(self.pointer)
    if result < 0 { _ = self.obstacle(result) }
    OpenSSLErrors.clear()
  }

  // MARK: - Errors

  /// Why a call did not succeed.
  private enum Obstacle {
    case wantsRead
    case wantsWrite
    case closed
    case failed(TLSError)
  }

  /// Both are looked at after a call and are not reset by its success.
  private func prepare() {
    OpenSSLErrors.clear()
    errno = 0
  }

  private func obstacle(_ result: Int32) -> Obstacle {
    let systemError = errno
    switch SSL_get_error(self.pointer, result) {
    case SSL_ERROR_WANT_READ: return .wantsRead
    case SSL_ERROR_WANT_WRITE: return .wantsWrite
    case SSL_ERROR_ZERO_RETURN: return .closed
    case SSL_ERROR_SYSCALL:
      self.isBroken = true
      OpenSSLErrors.clear()
      switch systemError {
      case 0, ECONNRESET, EPIPE: return .closed
      default: return .failed(.socket(errno: systemError))
      }
    default:
      self.isBroken = true
      let isEnd = shim_ERR_is_unexpected_end() == 1
      let reason = OpenSSLErrors.take()
      return isEnd ? .closed : .failed(.protocol(reason: reason))
    }
  }
}
