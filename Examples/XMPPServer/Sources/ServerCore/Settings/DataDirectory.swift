import Glibc

/// The directory of all that outlives the process.
public enum DataDirectory {
  /// Makes the directory if it is not there; only its owner can look into one that is made.
  ///
  /// - Throws: ``FileError`` when it cannot be made, or is something else than a directory.
  public static func make(_ path: String) throws(FileError) {
    if mkdir(path, 0o700) == 0 { return }
    let code = errno
    guard code == EEXIST else { throw FileError(path, errno: code) }
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileError(path, errno: errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError(path, errno: ENOTDIR) }
  }
}
