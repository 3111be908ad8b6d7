import MDMStanza

/// How many logins a node takes on in how much time.
public struct LoginRate: Hashable, Sendable {
  /// Logins in each ``period``; at least 1.
  public let logins: Int
  /// The time for so many, above zero.
  public let period: Duration

  /// So many logins in each period, nil unless both are above zero.
  public init?(_ logins: Int, in period: Duration) {
    guard logins > 0, period.wholeNanoseconds > 0 else { return nil }
    self.logins = logins
    self.period = period
  }
}

/// Why a re-login window is none.
public enum ReloginWindowError: Error, Hashable, Sendable {
  /// A limit is negative or above ``ReloginWindow/greatest``.
  case outOfRange
  /// The lower limit lies above the upper one (B32).
  case lowerAboveUpper
  /// The lower limit is shorter than the critical service delay, so that clients could come back
  /// before the peer has noticed anything (B32).
  case lowerBelowCriticalServiceDelay(Duration)
}

/// The time after a loss of connection in which a node's clients come back, spread evenly
/// (R-135…, B32).
///
/// A node has its own window. Each client draws its own wait, so `clients` of them return at
/// `clients / (upper - lower)` on average instead of all at once.
public struct ReloginWindow: Hashable, Sendable {
  /// The shortest wait.
  public let lower: Duration
  /// The longest wait.
  public let upper: Duration

  /// The documented defaults: 120 and 537 s.
  public static let standard = ReloginWindow(
    uncheckedLower: .seconds(120), upper: .seconds(537))

  /// The longest wait that can be configured: a day.
  public static let greatest = Duration.seconds(86_400)

  /// The critical service delay that the document gives.
  public static let standardCriticalServiceDelay = Duration.seconds(90)

  fileprivate init(uncheckedLower lower: Duration, upper: Duration) {
    self.lower = lower
    self.upper = upper
  }

  /// The window between two limits.
  ///
  /// - Parameters:
  ///   - lower: the shortest wait.
  ///   - upper: the longest wait.
  ///   - criticalServiceDelay: how long a critical service may be down before the peer takes over;
  ///     `lower` is at least that (B32).
  /// - Throws: ``ReloginWindowError``, the first that applies.
  public init(
    lower: Duration, upper: Duration,
    criticalServiceDelay: Duration = Self.standardCriticalServiceDelay
  ) throws(ReloginWindowError) {
    guard lower >= .zero, upper >= .zero, lower <= Self.greatest, upper <= Self.greatest else {
      throw .outOfRange
    }
    guard lower <= upper else { throw .lowerAboveUpper }
    guard lower >= criticalServiceDelay else {
      throw .lowerBelowCriticalServiceDelay(criticalServiceDelay)
    }
    self.init(uncheckedLower: lower, upper: upper)
  }

  /// A wait drawn evenly from the window, both ends included, to the microsecond.
  ///
  /// The same generator in the same state gives the same wait on every machine.
  public func draw(using random: inout some RandomNumberGenerator) -> Duration {
    let span =
      UInt64(
        max(0, self.upper.wholeNanoseconds - self.lower.wholeNanoseconds)) / 1_000 + 1
    // The upper half of a product is even once the draws that fall short of it are thrown away.
    let short = (0 &- span) % span
    var product = random.next().multipliedFullWidth(by: span)
    while product.low < short { product = random.next().multipliedFullWidth(by: span) }
    return self.lower + .microseconds(Int64(product.high))
  }

  /// Clients that come back in each second, on average and rounded up, when so many wait.
  public func loginsPerSecond(clients: Int) -> Int {
    let span = max(1, self.upper.wholeNanoseconds - self.lower.wholeNanoseconds)
    let product = UInt64(max(0, clients)).multipliedFullWidth(by: 1_000_000_000)
    // No quotient of a count and a span that are not absurd overflows; an absurd one counts as all.
    guard product.high < UInt64(span) else { return clients }
    let (quotient, rest) = UInt64(span).dividingFullWidth(product)
    return Int(clamping: rest == 0 ? quotient : quotient + 1)
  }
}

extension RedundancyConfiguration {
  /// The window of a node's clients, as it is configured (R-135…R-137).
  ///
  /// A lower limit below the critical service delay is allowed here and listed among the
  /// ``warnings``: the documents let every value be changed.
  public func reloginWindow(of node: NodeID) -> ReloginWindow {
    let limits = self.values.reloginLimits[node]
    return ReloginWindow(uncheckedLower: limits.lower, upper: limits.upper)
  }
}

/// The window in which so many clients come back at no more than `rate` on average: the upper limit
/// is the lower one plus `clients` / `rate`, in whole seconds rounded up (B32).
///
/// Count clients, not users: with Multiple Device Messaging a user has several, and each logs in.
///
/// - Parameters:
///   - clients: clients of the node that may have to come back at once.
///   - rate: logins that the peer takes on.
///   - lower: the shortest wait.
///   - criticalServiceDelay: as for ``ReloginWindow/init(lower:upper:criticalServiceDelay:)``.
/// - Throws: ``ReloginWindowError``; a window that would have to be longer than
///   ``ReloginWindow/greatest`` is out of range.
public func reloginWindow(
  clients: Int, rate: LoginRate, lower: Duration = ReloginWindow.standard.lower,
  criticalServiceDelay: Duration = ReloginWindow.standardCriticalServiceDelay
) throws(ReloginWindowError) -> ReloginWindow {
  guard clients >= 0 else { throw .outOfRange }
  let time = UInt64(clients).multipliedFullWidth(by: UInt64(rate.period.wholeNanoseconds))
  guard time.high < UInt64(rate.logins) else { throw .outOfRange }
  let (nanoseconds, rest) = UInt64(rate.logins).dividingFullWidth(time)
  let exact = nanoseconds / 1_000_000_000
  let isWhole = rest == 0 && nanoseconds % 1_000_000_000 == 0
  let spread = Duration.seconds(Int64(clamping: isWhole ? exact : exact + 1))
  return try ReloginWindow(
    lower: lower, upper: lower + spread, criticalServiceDelay: criticalServiceDelay)
}
