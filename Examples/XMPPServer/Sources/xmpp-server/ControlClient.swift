import Glibc
import ServerCore

/// The program's side of the control socket.
enum ControlClient {
  /// Seconds without a byte from the server after which it is given up.
  private static let patience = 60

  /// Sends a command and prints the answer; false when the server says that it failed.
  static func send(_ words: [String], to path: String) throws(ProgramError) -> Bool {
    let line = "\(ControlLine.encode(words))\n"
    guard line.utf8.count <= ControlLine.sizeLimit else {
      throw ProgramError("the command has more than \(ControlLine.sizeLimit) bytes")
    }
    let descriptor = try Self.connect(to: path)
    defer { close(descriptor) }
    if let code = Output.write(line, to: descriptor) { throw ProgramError(path, errno: code) }
    return try Self.printReply(from: descriptor, path)
  }

  private static func printReply(
    from descriptor: CInt, _ path: String
  ) throws(ProgramError) -> Bool {
    var reply = ControlReply()
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while !reply.isComplete {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        guard code != EAGAIN else {
          throw ProgramError("\(path): the server said nothing for \(Self.patience) seconds")
        }
        throw ProgramError(path, errno: code)
      }
      guard count > 0 else { throw ProgramError("\(path): the answer ends before it is complete") }
      guard let lines = reply.take(chunk[..<count]) else {
        throw ProgramError("\(path): a line has more than \(ControlReply.lineLimit) bytes")
      }
      for line in lines {
        switch line {
        case .text(let text): try Output.write("\(text)\n")
        case .failure(let text): Output.writeError("\(ServerVersion.name): \(text)\n")
        }
      }
    }
    return !reply.isFailure
  }

  private static func connect(to path: String) throws(ProgramError) -> CInt {
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ProgramError("a socket", errno: errno) }
    var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // Settings refuse paths that have no room here; the rest of the array stays zero.
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let code = errno
      close(descriptor)
      guard code != ENOENT, code != ECONNREFUSED else {
        throw ProgramError("no server is running here: nobody listens at \(path)")
      }
      throw ProgramError(path, errno: code)
    }
    return descriptor
  }
}
