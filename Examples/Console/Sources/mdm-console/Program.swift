import CLinux
import ConsoleCore
import Glibc
import HTTPServing

/// The program: from its arguments to its exit status.
enum Program {
  /// Something that keeps the program from going on.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Does what the arguments ask for, and says what is wrong on standard error.
  static func run(_ arguments: [String]) -> CInt {
    let options: Options
    do {
      options = try Options(arguments)
    } catch {
      Self.write("mdm-console: \(error)\n", to: STDERR_FILENO)
      return 2
    }
    if options.help {
      Self.write(Options.usage, to: STDOUT_FILENO)
      return 0
    }
    do {
      try Self.serve(options)
      return 0
    } catch {
      Self.write("mdm-console: \(error)\n", to: STDERR_FILENO)
      return 1
    }
  }

  private static func serve(_ options: Options) throws {
    let token = try options.tokenFile.map { try Self.token(in: $0) }
    // Before any thread is started: all of them leave the signals to this one.
    let signals = try Self.signalDescriptor()
    let console =
      if let path = options.attachPath {
        Console(attachedTo: path)
      } else {
        Console(office: options.office, speed: options.speed)
      }
    let server = try HTTPServer(port: options.port) { console.respond(to: $0) }
    console.open(Access(port: server.port, token: token))
    Self.write("listening http://localhost:\(server.port)/\n", to: STDOUT_FILENO)
    Self.turn(console, until: signals)
    server.stop()
  }

  /// Milliseconds between two steps of the office.
  private static let step: CInt = 50

  /// Hands real time to the console until a signal says that it is enough.
  private static func turn(_ console: Console, until signals: CInt) {
    var last = Self.nanoseconds()
    while true {
      var entry = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, Self.step) > 0 { return }
      let now = Self.nanoseconds()
      console.pass(nanoseconds: now - last)
      last = now
    }
  }

  private static func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// SIGTERM and SIGINT as something to be read.
  private static func signalDescriptor() throws -> CInt {
    signal(SIGPIPE, SIG_IGN)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let descriptor = signalfd(-1, &signals, CInt(SFD_CLOEXEC))
    guard descriptor >= 0 else {
      throw Failure(description: "signals: \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  /// The token in a file that nobody else can read.
  private static func token(in path: String) throws -> AdminToken {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
      throw Failure(description: "\(path): others can read the token; chmod 600 it")
    }
    var bytes = [UInt8](repeating: 0, count: AdminToken.longest + 3)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0, let token = AdminToken(Array(bytes[..<count])) else {
      throw Failure(
        description: "\(path): a token has \(AdminToken.shortest) to \(AdminToken.longest) visible "
          + "ASCII characters and no space")
    }
    return token
  }

  private static func write(_ text: String, to descriptor: CInt) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      bytes.removeFirst(count)
    }
  }
}
