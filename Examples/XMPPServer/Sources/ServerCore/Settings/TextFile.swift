import Glibc

/// Why a file cannot be read or made.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's path.
  public let path: String
  /// What is wrong, in words.
  public let problem: String

  /// Path and problem.
  public var description: String { "\(self.path): \(self.problem)" }

  init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// What the system said last.
  init(_ path: String, errno code: CInt) {
    self.init(path, String(cString: strerror(code)))
  }
}

/// Files that are read as a whole, because they are small.
public enum TextFile {
  /// Reads a file of UTF-8, or standard input when the path is `-`.
  ///
  /// - Throws: ``FileError`` when it cannot be read, has more than `limit` bytes, or is not in
  ///   UTF-8.
  public static func read(_ path: String, limit: Int) throws(FileError) -> String {
    let name = path == "-" ? "standard input" : path
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(name, errno: errno) }
    defer { if path != "-" { close(descriptor) } }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(name, errno: errno)
      }
      bytes += chunk[..<count]
      guard bytes.count <= limit else {
        throw FileError(name, "it has more than \(limit) bytes")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(name, "it is not in UTF-8")
    }
    return text
  }
}
