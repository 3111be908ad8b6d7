import Glibc

/// Why a command failed, in words for whoever gave it.
struct ProgramError: Error, CustomStringConvertible {
  /// One or more sentences, each on a line of its own.
  let description: String

  init(_ description: String) { self.description = description }

  /// What the system said about something.
  init(_ subject: String, errno code: CInt) {
    self.description = "\(subject): \(String(cString: strerror(code)))"
  }
}
