import CLinux
import Glibc

/// Tells of termination signals through the event loop instead of interrupting it.
final class SignalWatch: EventHandler {
  let descriptor: Int32
  private let received: () -> Void

  /// Calls `received` on the loop's thread for each SIGTERM or SIGINT. Also makes writing to a
  /// closed connection, or a file beyond its limit, an error instead of a signal.
  init(_ received: @escaping () -> Void) throws(SystemError) {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    self.descriptor = signalfd(-1, &signals, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
    self.received = received
    if self.descriptor < 0 { throw SystemError("signalfd") }
  }

  deinit { close(self.descriptor) }

  func handle(_ readiness: Readiness) {
    var information = signalfd_siginfo()
    while read(self.descriptor, &information, MemoryLayout<signalfd_siginfo>.size) > 0 {
      self.received()
    }
  }
}
