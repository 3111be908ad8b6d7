import Glibc
import MDM
import MDMXMPP
import StreamSecurity
import XMLStream

/// One client's connection: the socket, what encrypts it, the stream on it and what waits to be
/// written.
///
///     securing ─▶ opening ─▶ negotiating ─┬─ STARTTLS ─▶ securing ─▶ opening …
///                                         └─ SASL ─▶ opening ─▶ binding ─▶ bound
///     any ─ end of stream, error ─▶ closing (what waits is written) ─▶ closed
final class Connection: EventHandler, Timed {
  /// How far the stream has come.
  enum Phase {
    /// The TLS handshake is under way.
    case securing
    /// The client's stream header is awaited.
    case opening
    /// Features are out; the client has to secure the connection or say who it is.
    case negotiating
    /// The client is known; it binds a resource or resumes an earlier stream.
    case binding(Account)
    /// The stream is a device's.
    case bound(ClientSession)
    /// Our end of the stream is closed; what waits is written, what comes is ignored.
    case closing
    /// The socket is closed.
    case closed
  }

  unowned let server: XMPPServer
  let descriptor: Int32
  /// Which connection of the server's it is, counted from 1.
  let number: Int
  /// Where it comes from, without the port.
  let peer: String
  private(set) var parser: StreamParser
  var tls: TLSSession?
  var phase: Phase
  var output = OutputBuffer()
  /// Who the client is, once it has proved it.
  var account: Account?
  /// The exchange of messages that proves it.
  var exchange: SASLExchange?
  var failures = 0
  /// Whether what comes next belongs to a new stream.
  var restarts = false
  /// Whether our stream header is out.
  var hasOpened = false
  /// An answer that is held back until ``deadline``, while nothing is read.
  var delayedAnswer: [UInt8]?
  /// What had been read behind the request that is answered late.
  private var delayedInput: [UInt8] = []

  /// The session that the client has left by closing the stream, with stanzas that it has not
  /// acknowledged; it may say so still until the connection closes.
  var leftSession: ClientSession?
  /// What reads those acknowledgements, once there is something behind the stream's end.
  var lateParser: StreamParser?

  var deadline: MonotonicInstant?
  var armedUntil: MonotonicInstant?
  /// Whether the server is to write what waits at the end of the turn.
  var isDirty = false
  private var interest: Readiness = .readable
  /// When the peer last sent something.
  private(set) var lastReceived: MonotonicInstant
  /// Since when the peer has taken nothing of what waits; nil while nothing waits.
  private(set) var blockedSince: MonotonicInstant?
  /// Whether a sign of life has been asked for since the peer last sent something.
  var isProbed = false

  init(
    _ descriptor: Int32, from peer: String, secured: Bool, server: XMPPServer
  ) {
    self.server = server
    self.descriptor = descriptor
    self.number = server.totals.connections + 1
    self.peer = peer
    self.parser = StreamParser(
      pool: server.parsers, limits: server.settings.xmlLimitsBeforeSignIn)
    self.phase = secured ? .securing : .opening
    self.lastReceived = server.now
    self.deadline = server.now.advanced(by: server.settings.limits.handshakeTimeout)
  }

  /// Whether what the client says still counts.
  var isOpen: Bool {
    switch self.phase {
    case .securing, .opening, .negotiating, .binding, .bound: true
    case .closing, .closed: false
    }
  }

  var session: ClientSession? {
    if case .bound(let session) = self.phase { session } else { nil }
  }

  var isEncrypted: Bool { self.tls != nil }

  // MARK: - Reading

  func handle(_ readiness: Readiness) {
    if case .closed = self.phase { return }
    if case .securing = self.phase { return self.continueHandshake() }
    if self.delayedAnswer != nil, readiness.contains(.readable) {
      // Nothing is asked of the socket to read: only its end is told, and over and over.
      return self.lost("closed by the peer")
    }
    if readiness.contains(.writable) { self.server.noteDirty(self) }
    if readiness.contains(.readable) { self.readSome() }
  }

  /// Reads what one turn may take: a bounded amount, so that nobody waits for this client.
  func readSome() {
    let buffer = self.server.readBuffer
    self.parseDelayedInput()
    for _ in 0..<4 {
      if self.delayedAnswer != nil { return }
      if case .closed = self.phase { return }
      switch self.receive(into: buffer) {
      case .bytes(let count):
        self.lastReceived = self.server.now
        self.isProbed = false
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        if self.isOpen { self.parse(bytes) } else { self.readLateAcknowledgements(bytes) }
        // A socket tells again in the next turn; what TLS has decrypted does not.
        if self.tls == nil { return }
        // Reading would go through the handshake too, which is not its place.
        if case .securing = self.phase { return }
      case .nothing:
        return
      case .end:
        return self.lost("closed by the peer")
      case .failed(let text):
        return self.lost(text)
      }
    }
    if let tls = self.tls, tls.pendingBytes > 0 { self.server.noteUnread(self) }
  }

  private func parseDelayedInput() {
    if self.delayedInput.isEmpty || self.delayedAnswer != nil { return }
    let input = self.delayedInput
    self.delayedInput = []
    input.withUnsafeBytes { self.parse($0) }
  }

  private enum Receipt {
    case bytes(Int)
    case nothing
    case end
    case failed(String)
  }

  private func receive(into buffer: UnsafeMutableRawBufferPointer) -> Receipt {
    guard let tls = self.tls else {
      let count = recv(self.descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .end }
      return errno == EAGAIN || errno == EINTR ? .nothing : .failed(SystemError("recv").description)
    }
    switch tls.read(into: buffer) {
    case .bytes(let count): return .bytes(count)
    case .wantsRead, .wantsWrite: return .nothing
    case .closed: return .end
    case .failed(let error): return .failed("\(error)")
    }
  }

  private func parse(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    do {
      // After a restart what has come already belongs to the new stream.
      while !rest.isEmpty, self.isOpen, self.delayedAnswer == nil {
        if case .securing = self.phase {
          // Plain text that was sent ahead must not count as protected (RFC 6120 §5.4.3.3).
          return self.lost("something followed starttls")
        }
        let consumed = try self.parser.parse(rest) { self.handle($0) }
        rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
        if self.restarts {
          self.restarts = false
          // Who has signed in may send more at a time.
          self.parser = StreamParser(
            pool: self.server.parsers,
            limits: self.account == nil
              ? self.server.settings.xmlLimitsBeforeSignIn : self.server.settings.xmlLimits)
        } else if consumed == 0 {
          return
        }
      }
      if self.delayedAnswer != nil { self.delayedInput = Array(rest) }
      if !rest.isEmpty { self.readLateAcknowledgements(rest) }
    } catch {
      self.fail(.init(error))
    }
  }

  // MARK: - Writing

  /// Appends what `write` appends to the output as one piece.
  ///
  /// - Parameters:
  ///   - position: its place in the archive, if it is to be kept until it is written.
  ///   - isSettled: whether it counts as taken already.
  func append(
    position: UInt64? = nil, isSettled: Bool = false, _ write: (inout [UInt8]) -> Void
  ) {
    let range = self.output.append(position: position, isSettled: isSettled, write)
    if let recorder = self.server.recorder {
      recorder.note(.sent, self.output.bytes[range], of: self)
    }
  }

  /// Appends an element of the stream itself, or anything that is no stanza of a device's.
  func send(_ bytes: some Sequence<UInt8>) {
    switch self.phase {
    case .closing, .closed: return
    case .securing, .opening, .negotiating, .binding, .bound: break
    }
    self.append { $0 += bytes }
    self.server.noteDirty(self)
    // Answers of the stream itself count too, or a client could ask for them for ever.
    if let session = self.session { return session.limitMemory() }
    let limit = self.server.settings.limits.outputBytes
    if self.output.count > limit { self.lost("more than \(limit) bytes wait") }
  }

  func send(_ element: Element) { self.send(element.serialised(inside: Namespaces.client)) }

  /// Writes as much as the peer takes; at the end of each turn, when what is to be stored is.
  func flush() {
    if case .closed = self.phase { return }
    if case .securing = self.phase { return }
    let before = self.output.count
    var failure: String?
    while !self.output.isEmpty, failure == nil {
      var isBlocked = false
      self.output.drain { bytes in
        switch self.transmit(bytes) {
        case .bytes(let count): return count
        case .nothing: isBlocked = true
        case .end: failure = "closed by the peer"
        case .failed(let text): failure = text
        }
        return 0
      }
      if isBlocked { break }
    }
    for position in self.output.takeWritten() { self.account?.settle(position) }
    if let failure { return self.lost(failure) }
    if self.output.isEmpty {
      self.blockedSince = nil
      self.setInterest(self.delayedAnswer == nil ? .readable : [])
      if case .closing = self.phase { self.finishWriting() }
    } else {
      if self.output.count < before || self.blockedSince == nil {
        self.blockedSince = self.server.now
      }
      self.setInterest(self.delayedAnswer == nil ? [.readable, .writable] : .writable)
      self.watchProgress()
    }
  }

  private func transmit(_ bytes: UnsafeRawBufferPointer) -> Receipt {
    guard let tls = self.tls else {
      let count = Glibc.send(self.descriptor, bytes.baseAddress, bytes.count, 0)
      if count >= 0 { return .bytes(count) }
      return errno == EAGAIN || errno == EINTR ? .nothing : .failed(SystemError("send").description)
    }
    switch tls.write(bytes) {
    case .bytes(let count): return .bytes(count)
    case .wantsRead, .wantsWrite: return .nothing
    case .closed: return .end
    case .failed(let error): return .failed("\(error)")
    }
  }

  func setInterest(_ interest: Readiness) {
    if interest == self.interest { return }
    self.interest = interest
    self.server.loop.change(self.descriptor, to: interest)
  }

  // MARK: - The end

  /// Ends the stream with an error; what waits is written first, as far as the peer takes it.
  ///
  /// - Parameter keepsSession: whether the device may resume on another connection.
  func fail(_ failure: StreamFailure, keepsSession: Bool = false) {
    guard self.isOpen else { return }
    self.server.log.info(
      "stream.error",
      [
        "peer": self.peer, "user": self.session?.address.full ?? "-",
        "condition": failure.condition.rawValue, "text": failure.text,
      ])
    self.leaveSession(resumable: keepsSession, because: failure.condition.rawValue)
    if !self.hasOpened { self.sendHeader(to: nil) }
    self.append { $0 += failure.bytes }
    self.closeStream()
  }

  /// Closes our end of the stream.
  func closeStream() {
    guard self.isOpen else { return }
    if self.hasOpened { self.append { $0 += "</stream:stream>".utf8 } }
    self.phase = .closing
    self.exchange = nil
    self.delayedAnswer = nil
    self.setDeadline(self.server.now.advanced(by: self.server.settings.limits.drainTimeout))
    self.server.noteDirty(self)
  }

  /// Everything is out: says so, and waits for the peer to close as well.
  private func finishWriting() {
    self.tls?.close()
    Glibc.shutdown(self.descriptor, Int32(SHUT_WR))
  }

  /// The connection is gone.
  func lost(_ reason: String) {
    if case .closed = self.phase { return }
    self.server.log.debug("connection.lost", ["peer": self.peer, "why": reason])
    self.leaveSession(resumable: true, because: reason)
    self.close()
  }

  /// Lets the session go on without this connection, or end.
  private func leaveSession(resumable: Bool, because reason: String) {
    guard let session = self.session else { return }
    // What was not written is the session's again.
    self.phase = .opening
    session.connectionEnded(self, resumable: resumable, because: reason)
  }

  /// Closes the socket.
  func close() {
    if case .closed = self.phase { return }
    self.phase = .closed
    self.deadline = nil
    for mark in self.output.takeMarks() { self.account?.release(mark) }
    self.endLateAcknowledgements()
    self.server.loop.remove(self.descriptor)
    Glibc.close(self.descriptor)
    self.server.noteClosed(self)
  }
}
