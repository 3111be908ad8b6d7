import MDM

/// Remembers from where sign-ins have failed lately, and makes guessing slow.
///
/// Two failures are free; each further one doubles the wait before the answer, up to sixteen
/// seconds. Failures are forgotten ten minutes after the latest, or when somebody signs in from
/// the address.
struct AuthenticationGuard {
  private struct Record {
    var failures: Int
    var latest: MonotonicInstant
  }

  private static let freeFailures = 2
  private static let longestDelay = Duration.seconds(16)
  private static let memory = Duration.seconds(600)
  private static let addressLimit = 10_000

  private var records: [String: Record] = [:]

  /// Notes a failure; returns how long its answer has to wait.
  mutating func noteFailure(from address: String, at now: MonotonicInstant) -> Duration {
    if self.records.count >= Self.addressLimit { self.forget(at: now) }
    var record = self.records[address] ?? Record(failures: 0, latest: now)
    if record.latest.advanced(by: Self.memory) < now { record.failures = 0 }
    record.failures += 1
    record.latest = now
    self.records[address] = record
    let excess = record.failures - Self.freeFailures
    if excess <= 0 { return .zero }
    return min(.milliseconds(250 << min(excess - 1, 10)), Self.longestDelay)
  }

  mutating func noteSuccess(from address: String) { self.records[address] = nil }

  /// Whether an account may be made from the address now; counts as an attempt.
  mutating func mayRegister(from address: String, at now: MonotonicInstant) -> Bool {
    self.noteFailure(from: address, at: now) < Self.longestDelay
  }

  /// Forgets what is old, and everything when all of it is new: a flood from ten thousand addresses
  /// must not fill the memory.
  private mutating func forget(at now: MonotonicInstant) {
    self.records = self.records.filter { $0.value.latest.advanced(by: Self.memory) >= now }
    if self.records.count >= Self.addressLimit { self.records = [:] }
  }
}
