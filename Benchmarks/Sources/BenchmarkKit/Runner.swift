import Foundation

/// Carries out what the command line asks for.
public struct Runner {
  /// How a run ended, as the process's exit code.
  public enum Exit: Int32, Sendable {
    /// All is well.
    case passed = 0
    /// The gate was not passed.
    case failed = 1
    /// The command line, or the build, does not fit what is asked for.
    case usage = 2
  }

  private let benchmarks: [Benchmark]
  private let thresholdsFolder: String
  private let isIsolating: Bool
  private let print: (String) -> Void
  private let complain: (String) -> Void

  /// A runner.
  ///
  /// - Parameters:
  ///   - benchmarks: all there are, in the order in which they run.
  ///   - thresholdsFolder: where the thresholds lie unless the command line says otherwise.
  ///   - isIsolating: whether each case is measured in a process of its own, for which this one's
  ///     program is started with `--case`.
  ///   - print: takes results, line by line.
  ///   - complain: takes what is wrong.
  public init(
    _ benchmarks: [Benchmark], thresholdsFolder: String, isIsolating: Bool,
    print: @escaping (String) -> Void,
    complain: @escaping (String) -> Void
  ) {
    self.benchmarks = benchmarks
    self.thresholdsFolder = thresholdsFolder
    self.isIsolating = isIsolating
    self.print = print
    self.complain = complain
  }

  /// Carries a command line out.
  public func run(_ arguments: [String]) -> Exit {
    do throws(Options.UsageError) {
      return try self.run(try Options(arguments))
    } catch {
      self.complain("mdm-bench: \(error); --help tells what there is")
      return .usage
    }
  }

  private func run(_ options: Options) throws(Options.UsageError) -> Exit {
    let selected = self.benchmarks.filter { options.selects($0.name) }
    if selected.isEmpty { throw .init("no benchmark is called \(options.filter ?? "anything")") }
    if let size = options.size, !selected.contains(where: { $0.sizes.contains(size) }) {
      throw .init("none of the benchmarks has the size \(size)")
    }
    let isComplete = selected.count == self.benchmarks.count
    switch options.action {
    case .help:
      self.print(Options.help)
      return .passed
    case .list:
      for benchmark in selected {
        let sizes = benchmark.sizes.map { "\($0)" }.joined(separator: ", ")
        self.print("\(benchmark.name)  (\(benchmark.sizeName): \(sizes))\n    \(benchmark.summary)")
      }
      return .passed
    case .measure:
      self.warnIfNotOptimised()
      _ = self.measure(selected, options, .full)
      return .passed
    case .measureCase(let name, let size):
      guard let benchmark = self.benchmarks.first(where: { $0.name == name }) else {
        throw .init("no benchmark is called \(name)")
      }
      let recorder = Recorder(.full)
      benchmark.body(size, recorder)
      self.print(Isolation.Findings(recorder).output)
      return .passed
    case .smoke:
      _ = self.measure(selected, options, .smoke)
      return .passed
    case .profile(let operations):
      _ = self.measure(selected, options, .profile(operations: operations))
      return .passed
    case .check:
      let thresholds = try self.readThresholds(options)
      let results = self.measure(selected, options, .full)
      return self.judge(results, thresholds, isComplete: isComplete)
    case .record:
      try self.requireOptimised()
      let results = self.measure(selected, options, .full)
      return try self.write(results, options, isComplete: isComplete)
    }
  }

  // MARK: - Measuring

  private func measure(
    _ benchmarks: [Benchmark], _ options: Options, _ mode: Recorder.Mode
  ) -> [CaseResult] {
    let isQuiet = options.isJSON || mode != .full
    if !isQuiet { self.print(Report.heading) }
    var results: [CaseResult] = []
    for benchmark in benchmarks {
      var sizes = mode == .smoke ? Array(benchmark.sizes.prefix(1)) : benchmark.sizes
      if let size = options.size { sizes = benchmark.sizes.filter { $0 == size } }
      var own: [CaseResult] = []
      for size in sizes {
        let findings = self.findings(benchmark, size, mode)
        own.append(CaseResult(benchmark.name, size: size, findings.values))
        if !isQuiet { self.print(Report.text(of: own[own.count - 1])) }
        if !options.isJSON, mode == .full { for line in findings.notes { self.print(line) } }
      }
      let conclusion = mode == .full ? benchmark.conclusion(Trend(own)) : []
      if !conclusion.isEmpty {
        own.append(CaseResult(benchmark.name, size: nil, conclusion))
        if !isQuiet { self.print(Report.text(of: own[own.count - 1])) }
      }
      if mode == .smoke, !options.isJSON { self.print("\(benchmark.name) works") }
      results += own
    }
    if options.isJSON { self.print(Report.json(results, swift: Machine.swiftVersion)) }
    return results
  }

  private func findings(
    _ benchmark: Benchmark, _ size: Int, _ mode: Recorder.Mode
  ) -> Isolation.Findings {
    if self.isIsolating, mode == .full {
      if let findings = Isolation.measure(benchmark, at: size) { return findings }
      // The gate misses the values then, and says so.
      self.complain("mdm-bench: \(benchmark.name)/\(size) did not come to its end")
      return Isolation.Findings(values: [], notes: [])
    }
    let recorder = Recorder(mode)
    benchmark.body(size, recorder)
    return Isolation.Findings(recorder)
  }

  private func warnIfNotOptimised() {
    if !Machine.isOptimised { self.complain("mdm-bench: not optimised; build with -c release") }
  }

  private func requireOptimised() throws(Options.UsageError) {
    if !Machine.isOptimised {
      throw .init("thresholds are those of the release build; run with -c release")
    }
  }

  // MARK: - The gate

  private func path(_ options: Options) -> String {
    "\(options.thresholds ?? self.thresholdsFolder)/\(Machine.swiftVersion).json"
  }

  private func readThresholds(_ options: Options) throws(Options.UsageError) -> Thresholds {
    try self.requireOptimised()
    let path = self.path(options)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .init(
        "there are no thresholds for Swift \(Machine.swiftVersion); \(Gate.recordCommand)")
    }
    do {
      return try Thresholds(json: data)
    } catch {
      throw .init("\(path) does not hold thresholds: \(error)")
    }
  }

  private func judge(
    _ results: [CaseResult], _ thresholds: Thresholds, isComplete: Bool
  ) -> Exit {
    let verdict = Gate(thresholds).judge(results, isComplete: isComplete)
    if !verdict.waived.isEmpty {
      self.complain("\nlimits that are not reached yet:")
      for line in verdict.waived { self.complain("  \(line)") }
    }
    if !verdict.skipped.isEmpty {
      self.complain("\(verdict.skipped.count) values cannot be measured on this machine")
    }
    for failure in verdict.failures { self.complain("\n\(failure.text)") }
    self.complain(
      "\n\(verdict.compared) values compared, \(verdict.failures.count) not passed")
    return verdict.failures.isEmpty ? .passed : .failed
  }

  private func write(
    _ results: [CaseResult], _ options: Options, isComplete: Bool
  ) throws(Options.UsageError) -> Exit {
    let path = self.path(options)
    var thresholds = Thresholds(swift: Machine.swiftVersion)
    if FileManager.default.fileExists(atPath: path) {
      thresholds = try self.readThresholds(options)
    }
    thresholds.record(results, isComplete: isComplete)
    do {
      try thresholds.json.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw .init("\(path) cannot be written: \(error)")
    }
    self.complain("recorded in \(path)")
    // A record does not make a broken limit good.
    return self.judge(results, thresholds, isComplete: isComplete)
  }
}
