/// One thing that was measured.
public struct Value: Sendable, Equatable, Codable {
  /// What it is, in words without blanks.
  public let name: String
  /// How much, to three decimals; nil where this machine cannot tell.
  public let amount: Double?
  /// What it is counted in.
  public let unit: String
  /// How far it may be from its record; nil for what is only printed.
  public let tolerance: Tolerance?
  /// What it must reach whatever was recorded; nil for what has no limit.
  public let limit: Limit?

  /// A value; more than three decimals are rounded away.
  public init(
    _ name: String, _ amount: Double?, _ unit: String, _ tolerance: Tolerance? = nil,
    limit: Limit? = nil
  ) {
    self.name = name
    self.amount = amount.map { ($0 * 1_000).rounded() / 1_000 }
    self.unit = unit
    self.tolerance = tolerance
    self.limit = limit
  }

  /// The amount as it is written everywhere: no more than three decimals, and `-` for none.
  public var text: String { self.amount.map { Self.text(of: $0) } ?? "-" }

  /// A number with as many decimals as it needs, at most three.
  public static func text(of amount: Double) -> String {
    guard amount.isFinite else { return "\(amount)" }
    let thousandths = Int64((amount * 1_000).rounded())
    let sign = thousandths < 0 ? "-" : ""
    let whole = thousandths.magnitude / 1_000
    var fraction = String(String(thousandths.magnitude % 1_000 + 1_000).dropFirst())
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return fraction.isEmpty ? "\(sign)\(whole)" : "\(sign)\(whole).\(fraction)"
  }
}

/// What a value must reach, whatever was recorded.
public enum Limit: Sendable, Equatable, Codable {
  /// No more than this.
  case atMost(Double)
  /// No less than this.
  case atLeast(Double)

  /// Whether the amount keeps to the limit.
  public func allows(_ amount: Double) -> Bool {
    switch self {
    case .atMost(let most): amount <= most
    case .atLeast(let least): amount >= least
    }
  }

  /// Whether the limit is reached for good, so that it needs no waiver any more: twice over where
  /// the value moves with the machine's load.
  public func isReached(by amount: Double, within tolerance: Tolerance) -> Bool {
    guard tolerance.isOfTimes else { return self.allows(amount) }
    switch self {
    case .atMost(let most): return amount <= most * 0.5
    case .atLeast(let least): return amount >= least * 2
    }
  }

  /// Whether more is better.
  public var wantsMore: Bool {
    switch self {
    case .atMost: false
    case .atLeast: true
    }
  }

  /// The limit as the thresholds have it: `<= 350`.
  public var text: String {
    switch self {
    case .atMost(let most): "<= \(Value.text(of: most))"
    case .atLeast(let least): ">= \(Value.text(of: least))"
    }
  }
}

/// How far a value may be from its record before the gate fails, on either side.
///
/// A value that is much better than its record fails as well: the record would let the gain be lost
/// again unseen.
public struct Tolerance: Sendable, Equatable, Codable {
  /// How much worse, as a fraction of the record.
  public let worse: Double
  /// How much better, as a fraction of the record.
  public let better: Double
  /// How far off at any rate, for records near zero.
  public let slack: Double

  /// A tolerance with these parts.
  public init(worse: Double, better: Double, slack: Double = 0) {
    self.worse = worse
    self.better = better
    self.slack = slack
  }

  /// Not at all: counts of allocations.
  public static let exact = Tolerance(worse: 0, better: 0)
  /// Counts of instructions: the same in every run of one build; the margin is for other
  /// processors, for which the C library chooses other ways to copy.
  public static let instructions = Tolerance(worse: 0.02, better: 0.05, slack: 1)
  /// Counts of instructions where much is allocated, which takes longer or shorter searches.
  public static let allocatingInstructions = Tolerance(worse: 0.05, better: 0.1)
  /// Counts of bytes.
  public static let bytes = Tolerance(worse: 0.01, better: 0.03, slack: 0.5)
  /// How much more something costs at another size, in instructions.
  public static let growth = Tolerance(worse: 0.05, better: 0.1, slack: 0.02)
  /// Ratios of times that were taken in the same breath: half of the record is lost only when
  /// something has gone wrong, however busy the machine is.
  public static let ratio = Tolerance(worse: 0.5, better: 1)
  /// As far as the limit allows: times whose ratio moves with the machine's load.
  public static let limitOnly = Tolerance(worse: .infinity, better: .infinity)

  /// Whether it is for values that are never quite the same twice.
  var isOfTimes: Bool { self.better >= Self.ratio.better }

  /// What is allowed for a record.
  public func range(around record: Double, wantsMore: Bool) -> ClosedRange<Double> {
    let worse = self.margin(self.worse, of: record)
    let better = self.margin(self.better, of: record)
    return wantsMore ? (record - worse)...(record + better) : (record - better)...(record + worse)
  }

  private func margin(_ fraction: Double, of record: Double) -> Double {
    // Any part of nothing is nothing, save that infinitely much of it is no number at all.
    fraction == .infinity ? .infinity : max(fraction * abs(record), self.slack)
  }
}
