import Glibc

/// Descriptors as the event loop needs them.
enum Descriptors {
  /// A stream socket that neither blocks nor is inherited.
  static let streamSocketType =
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

  /// Takes a connection in that neither blocks nor is inherited; -1 when there is none.
  static func accept(
    _ listener: Int32, _ address: UnsafeMutablePointer<sockaddr>?,
    _ length: UnsafeMutablePointer<socklen_t>?
  ) -> Int32 {
    let descriptor = Glibc.accept(listener, address, length)
    if descriptor < 0 { return -1 }
    let flags = fcntl(descriptor, F_GETFL)
    guard fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    else {
      close(descriptor)
      return -1
    }
    return descriptor
  }
}
