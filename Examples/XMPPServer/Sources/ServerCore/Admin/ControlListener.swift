import Glibc

/// The local socket for administration: lines in, lines out, for whoever may open the file.
///
/// A command is one line. The answer is any number of lines and then one with a single dot; a
/// first line that begins with `error: ` says that nothing was done.
final class ControlListener: EventHandler {
  let descriptor: Int32
  private let path: String
  private unowned let server: XMPPServer
  private var clients: [Int32: ControlClient] = [:]

  /// Clients that may be connected at once.
  private static let clientLimit = 16

  init(_ server: XMPPServer) throws(SystemError) {
    self.server = server
    let path = server.settings.controlPath
    self.path = path
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity else {
      throw SystemError("control socket \(path)", number: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let type = Descriptors.streamSocketType
    self.descriptor = socket(AF_UNIX, type, 0)
    if self.descriptor < 0 { throw SystemError("control socket") }
    // Another server that is alive answers; a socket that nobody answers is left over.
    if Self.connects(&address) {
      Glibc.close(self.descriptor)
      throw SystemError("control socket \(self.path)", number: EADDRINUSE)
    }
    unlink(self.path)
    let mask = umask(0o177)
    let isBound = Self.call(Glibc.bind, self.descriptor, &address)
    umask(mask)
    guard isBound, Glibc.listen(self.descriptor, 8) == 0 else {
      let error = SystemError("control socket \(self.path)")
      Glibc.close(self.descriptor)
      throw error
    }
    try server.loop.add(self.descriptor, .readable, for: self)
  }

  private static func connects(_ address: inout sockaddr_un) -> Bool {
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { Glibc.close(probe) }
    return probe >= 0 && Self.call(Glibc.connect, probe, &address)
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32,
    _ address: inout sockaddr_un
  ) -> Bool {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }

  func handle(_ readiness: Readiness) {
    while true {
      let client = Descriptors.accept(self.descriptor, nil, nil)
      if client < 0 { return }
      let handler = ControlClient(client, server: self.server) { [unowned self] in
        self.clients[client] = nil
      }
      guard self.clients.count < Self.clientLimit,
        (try? self.server.loop.add(client, .readable, for: handler)) != nil
      else {
        Glibc.close(client)
        continue
      }
      self.clients[client] = handler
    }
  }

  func close() {
    for client in self.clients.values { client.close() }
    self.server.loop.remove(self.descriptor)
    Glibc.close(self.descriptor)
    unlink(self.path)
  }
}

/// One connection of an administrator.
final class ControlClient: EventHandler {
  private let descriptor: Int32
  private unowned let server: XMPPServer
  private let ended: () -> Void
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var isClosed = false

  private static let lineLimit = 4_096

  init(_ descriptor: Int32, server: XMPPServer, ended: @escaping () -> Void) {
    self.descriptor = descriptor
    self.server = server
    self.ended = ended
  }

  func handle(_ readiness: Readiness) {
    if readiness.contains(.readable) { self.read() }
    if !self.isClosed { self.write() }
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: Self.lineLimit)
    let count = Glibc.read(self.descriptor, &buffer, buffer.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return self.close() }
    self.input += buffer[..<count]
    while let end = self.input.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: self.input[..<end], as: UTF8.self)
      self.input.removeSubrange(...end)
      for answer in ControlCommands(server: self.server).perform(line) {
        self.output += "\(answer)\n".utf8
      }
      self.output += ".\n".utf8
    }
    if self.input.count > Self.lineLimit { self.close() }
  }

  private func write() {
    while !self.output.isEmpty {
      let count = self.output.withUnsafeBytes {
        Glibc.write(self.descriptor, $0.baseAddress, $0.count)
      }
      if count <= 0 { break }
      self.output.removeFirst(count)
    }
    self.server.loop.change(
      self.descriptor, to: self.output.isEmpty ? .readable : [.readable, .writable])
  }

  func close() {
    if self.isClosed { return }
    self.isClosed = true
    self.server.loop.remove(self.descriptor)
    Glibc.close(self.descriptor)
    self.ended()
  }
}
