import Glibc

/// A file that did not exist and is there with all of its contents, or not at all.
struct NewFile {
  private let path: String

  /// Writes a file beside the place, and links it there, which fails when something is there.
  init(path: String, contents: [UInt8], mode: mode_t) throws(TLSError) {
    self.path = path
    let draft = "\(path).\(SecureRandom.token(9))"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
    defer { unlink(draft) }
    var problem = Self.write(contents, to: descriptor)
    if problem == 0, fsync(descriptor) != 0 { problem = errno }
    if close(descriptor) != 0, problem == 0 { problem = errno }
    guard problem == 0 else { throw .file(path: path, errno: problem) }
    guard link(draft, path) == 0 else {
      throw errno == EEXIST ? .fileExists(path: path) : .file(path: path, errno: errno)
    }
  }

  /// Takes it away again.
  func remove() {
    unlink(self.path)
  }

  /// Zero, or the error.
  private static func write(_ contents: [UInt8], to descriptor: Int32) -> Int32 {
    contents.withUnsafeBytes { bytes in
      var offset = 0
      while offset < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        guard count > 0 || errno == EINTR else { return errno }
        offset += max(count, 0)
      }
      return 0
    }
  }
}
