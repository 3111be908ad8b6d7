/// Compares what was measured with what was recorded and with the limits.
public struct Gate: Sendable {
  /// What was recorded.
  public let thresholds: Thresholds

  /// A gate with these thresholds.
  public init(_ thresholds: Thresholds) { self.thresholds = thresholds }

  /// What the gate found.
  public struct Verdict: Sendable, Equatable {
    /// What is wrong; empty when the gate is passed.
    public var failures: [Failure] = []
    /// Limits that are not reached and need not be yet, with the reason.
    public var waived: [String] = []
    /// Values with a record that this machine cannot measure.
    public var skipped: [String] = []
    /// Values that were compared.
    public var compared = 0
  }

  /// One value that did not pass.
  public struct Failure: Sendable, Equatable {
    /// Which: case and value.
    public let key: String
    /// What was measured, nil when nothing was.
    public let measured: Double?
    /// What would have passed.
    public let allowed: String
    /// What is wrong, in a sentence without a full stop.
    public let reason: String
    /// The benchmark, for the command that records it anew.
    public let benchmark: String

    /// Three lines: what, how much against how much, and what to do.
    public var text: String {
      let amount = self.measured.map { Value.text(of: $0) } ?? "nothing"
      return """
        \(self.key): \(self.reason)
          measured \(amount), allowed \(self.allowed)
          to record anew: \(Gate.recordCommand) --filter '^\(self.benchmark)$'
        """
    }
  }

  /// How to record from the root of the repository.
  public static let recordCommand =
    "swift run -c release --package-path Benchmarks mdm-bench --record"

  /// Judges results.
  ///
  /// - Parameter isComplete: whether every benchmark was run, so that an entry without a value is
  ///   outdated.
  public func judge(_ results: [CaseResult], isComplete: Bool) -> Verdict {
    var verdict = Verdict()
    var seen: Set<String> = []
    for result in results {
      for value in result.values {
        guard let tolerance = value.tolerance else { continue }
        let key = Thresholds.key(result, value)
        seen.insert(key)
        guard let amount = value.amount else {
          if self.thresholds.values[key] != nil { verdict.skipped.append(key) }
          continue
        }
        verdict.compared += 1
        let entry = self.thresholds.values[key]
        for (allowed, reason) in Self.complaints(value, amount, tolerance, entry) {
          verdict.failures.append(
            Failure(
              key: key, measured: amount, allowed: allowed, reason: reason,
              benchmark: result.benchmark))
        }
        if let limit = value.limit, let waiver = entry?.waiver, !limit.allows(amount) {
          verdict.waived.append(
            "\(key): \(Value.text(of: amount)), wanted \(limit.text): \(waiver)")
        }
      }
    }
    if isComplete { verdict.failures += self.outdated(seen) }
    return verdict
  }

  /// What is wrong with one value: what is allowed, and the complaint.
  private static func complaints(
    _ value: Value, _ amount: Double, _ tolerance: Tolerance, _ entry: Thresholds.Entry?
  ) -> [(allowed: String, reason: String)] {
    guard let entry else { return [("what was recorded", "there is no record")] }
    var complaints: [(String, String)] = []
    if entry.limit != value.limit?.text {
      complaints.append(
        (value.limit?.text ?? "anything", "the file has another limit than the benchmark"))
    }
    if let limit = value.limit {
      if !limit.allows(amount), entry.waiver == nil {
        complaints.append((limit.text, "the limit is broken"))
      }
      if limit.isReached(by: amount, within: tolerance), entry.waiver != nil {
        complaints.append(
          (limit.text, "the limit is reached and needs no waiver any more"))
      }
    }
    let wantsMore = value.limit?.wantsMore ?? false
    let range = tolerance.range(around: entry.recorded, wantsMore: wantsMore)
    if !range.contains(amount) {
      let isWorse = wantsMore ? amount < range.lowerBound : amount > range.upperBound
      let text =
        "\(Value.text(of: range.lowerBound)) to \(Value.text(of: range.upperBound))"
        + " (recorded: \(Value.text(of: entry.recorded)))"
      complaints.append(
        (
          text,
          isWorse
            ? "worse than recorded" : "better than recorded; record the gain, or it is lost unseen"
        ))
    }
    return complaints
  }

  private func outdated(_ seen: Set<String>) -> [Failure] {
    self.thresholds.values.keys.filter { !seen.contains($0) }.sorted().map { key in
      Failure(
        key: key, measured: nil, allowed: "no entry", reason: "no benchmark gives this value",
        benchmark: key.split(separator: "/").first.map { String($0) } ?? key)
    }
  }
}
