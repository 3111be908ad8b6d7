import Glibc

/// The administration socket of an XMPP server: a line goes in, lines come out, and then a full
/// stop on a line of its own.
struct ControlSocket {
  let path: String

  /// Seconds without a byte after which the server is given up.
  private static let patience = 1
  /// Bytes that an answer may have.
  private static let sizeLimit = 8 << 20

  /// The answer to a command.
  ///
  /// - Throws: ``OrderError`` when nobody listens, the answer breaks off, or it says that the
  ///   command failed.
  func ask(_ words: [String]) throws(OrderError) -> [String] {
    // The server's own quoting is for words that have something to quote.
    guard words.allSatisfy({ $0.utf8.allSatisfy { Self.isPlain($0) } && !$0.isEmpty }) else {
      throw OrderError("the server cannot be asked about this name")
    }
    let descriptor = try self.connect()
    defer { close(descriptor) }
    let line = Array("\(words.joined(separator: " "))\n".utf8)
    guard write(descriptor, line, line.count) == line.count else {
      throw OrderError("\(self.path): the server does not listen")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while !bytes.starts(with: Self.end), !Self.isWhole(bytes) {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0, bytes.count + count <= Self.sizeLimit else {
        throw OrderError("\(self.path): the answer is not whole")
      }
      bytes += chunk[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropLast()
    if let first = lines.first, first.hasPrefix("error: ") {
      throw OrderError(String(first.dropFirst(7)))
    }
    return lines.map { String($0) }
  }

  private static let end = Array(".\n".utf8)

  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    bytes.suffix(3).elementsEqual("\n.\n".utf8)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "@"), UInt8(ascii: "."),
      UInt8(ascii: "-"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  private func connect() throws(OrderError) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard self.path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw OrderError("\(self.path): the path is too long for a socket")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: self.path.utf8) }
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw OrderError("no socket can be made") }
    var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      throw OrderError("no server is running here: nobody listens at \(self.path)")
    }
    return descriptor
  }
}
