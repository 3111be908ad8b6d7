import Glibc
import ServerCore
import StreamSecurity

/// Passwords from people and from files.
enum Password {
  /// Bytes that a file with a password, and a line from a terminal, may have.
  private static let sizeLimit = 64 << 10

  /// Reads and prepares a password.
  static func read(_ source: PasswordSource, for name: String) throws -> PreparedPassword {
    switch source {
    case .terminal:
      let terminal = try Terminal()
      let first = try PreparedPassword(try terminal.ask("Password for \(name): "))
      let second = try terminal.ask("Once more: ")
      guard try PreparedPassword(second) == first else {
        throw ProgramError("the two passwords are not the same")
      }
      return first
    case .file(let path):
      let text = try TextFile.read(path, limit: Self.sizeLimit)
      let line = text.utf8.prefix { $0 != 0x0A }
      return try PreparedPassword(String(Substring(line.last == 0x0D ? line.dropLast() : line)))
    }
  }

  /// The terminal of the process, which may be another than its standard streams.
  private final class Terminal {
    private let descriptor: CInt

    init() throws(ProgramError) {
      self.descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
      guard self.descriptor >= 0 else {
        throw ProgramError(
          "there is no terminal to ask for the password; give --password-file FILE")
      }
    }

    deinit { close(self.descriptor) }

    /// Asks for a line that is not shown.
    func ask(_ prompt: String) throws(ProgramError) -> String {
      var before = termios()
      guard tcgetattr(self.descriptor, &before) == 0 else {
        throw ProgramError("the terminal", errno: errno)
      }
      var quiet = before
      quiet.c_lflag &= ~tcflag_t(ECHO | ISIG)
      // A signal would leave the terminal without its echo: Ctrl-C ends the line instead.
      withUnsafeMutableBytes(of: &quiet.c_cc) { $0[Int(VEOL)] = Self.interrupt }
      guard tcsetattr(self.descriptor, TCSAFLUSH, &quiet) == 0 else {
        throw ProgramError("the terminal", errno: errno)
      }
      defer {
        tcsetattr(self.descriptor, TCSAFLUSH, &before)
        _ = Output.write("\n", to: self.descriptor)
      }
      if let code = Output.write(prompt, to: self.descriptor) {
        throw ProgramError("the terminal", errno: code)
      }
      return try self.line()
    }

    private static let interrupt: UInt8 = 3

    private func line() throws(ProgramError) -> String {
      var line: [UInt8] = []
      var byte: UInt8 = 0
      while line.count < Password.sizeLimit {
        let count = Glibc.read(self.descriptor, &byte, 1)
        if count < 0, errno == EINTR { continue }
        guard count > 0, byte != Self.interrupt else {
          throw ProgramError("no password was given")
        }
        if byte == 0x0A { break }
        line.append(byte)
      }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw ProgramError("the password is not in UTF-8")
      }
      return text
    }
  }
}
