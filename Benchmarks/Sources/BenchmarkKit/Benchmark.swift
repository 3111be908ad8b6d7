/// One benchmark: a name, sizes, and how to measure it at one of them.
public struct Benchmark: Sendable {
  /// Its name: lower case, words joined by hyphens.
  public let name: String
  /// What one operation is, in half a sentence.
  public let summary: String
  /// What the size counts.
  public let sizeName: String
  /// The sizes, smallest first.
  public let sizes: [Int]
  let body: @Sendable (Int, Recorder) -> Void
  private(set) var conclusion: @Sendable (Trend) -> [Value] = { _ in [] }

  /// A benchmark; `body` measures at one size and reports to the recorder.
  public init(
    _ name: String, _ summary: String, size sizeName: String, of sizes: [Int],
    body: @escaping @Sendable (Int, Recorder) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.sizeName = sizeName
    self.sizes = sizes
    self.body = body
  }

  /// The benchmark with what follows from its sizes together, such as growth.
  public func concluding(
    _ conclusion: @escaping @Sendable (Trend) -> [Value]
  ) -> Benchmark {
    var benchmark = self
    benchmark.conclusion = conclusion
    return benchmark
  }
}

/// What was measured at one size of a benchmark, or concluded from all of them.
public struct CaseResult: Sendable, Equatable {
  /// The benchmark's name.
  public let benchmark: String
  /// The size; nil for what was concluded from all of them.
  public let size: Int?
  /// What was found.
  public let values: [Value]

  /// A result.
  public init(_ benchmark: String, size: Int?, _ values: [Value]) {
    self.benchmark = benchmark
    self.size = size
    self.values = values
  }

  /// How the case is called: `receive/1`, or `receive/*` for all sizes together.
  public var name: String { "\(self.benchmark)/\(self.size.map { "\($0)" } ?? "*")" }

  /// The value of this name.
  public subscript(name: String) -> Double? {
    self.values.first { $0.name == name }.flatMap { $0.amount }
  }
}

/// The results of all sizes of a benchmark.
public struct Trend: Sendable {
  /// One result for each size, in the order of the sizes.
  public let results: [CaseResult]

  /// The results of one benchmark.
  public init(_ results: [CaseResult]) { self.results = results }

  /// A value at one size.
  public func value(_ name: String, at size: Int) -> Double? {
    self.results.first { $0.size == size }.flatMap { $0[name] }
  }

  /// How many times as much a value is at one size as at another.
  public func ratio(_ name: String, of size: Int, to base: Int) -> Double? {
    guard let value = self.value(name, at: size), let other = self.value(name, at: base),
      other != 0
    else { return nil }
    return value / other
  }

  /// By how much a value grows for each step of the size between two sizes.
  public func slope(_ name: String, from base: Int, to size: Int) -> Double? {
    guard let value = self.value(name, at: size), let other = self.value(name, at: base) else {
      return nil
    }
    return (value - other) / Double(size - base)
  }
}
