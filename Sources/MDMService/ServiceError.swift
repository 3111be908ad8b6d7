public import MDMEngine

/// Why a service did not do what it was asked for.
@nonexhaustive
public enum ServiceError: Error, Hashable, Sendable {
  /// The engine would not have it.
  case refused(AdmissionError)
  /// The service is shutting down, or has shut down: nobody comes in any more.
  case shuttingDown
  /// ``MessagingService/run()`` is running, or has run already: it runs once.
  case alreadyRun
}
