import Glibc

/// Text to the standard streams, whole and at once.
enum Output {
  /// Writes to standard output.
  static func write(_ text: String) throws(ProgramError) {
    if let code = Self.write(text, to: STDOUT_FILENO) {
      throw ProgramError("standard output", errno: code)
    }
  }

  /// Writes to standard error; if that fails there is nobody left to tell.
  static func writeError(_ text: String) {
    _ = Self.write(text, to: STDERR_FILENO)
  }

  /// Writes all of a text; what went wrong otherwise.
  static func write(_ text: String, to descriptor: CInt) -> CInt? {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count >= 0 {
        sent += count
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
