import CBenchmark

/// Measures workloads and keeps what was found for one size of a benchmark.
public final class Recorder {
  /// How much is measured.
  public enum Mode: Sendable, Equatable {
    /// Everything, in as many slices as it takes to find the quiet ones.
    case full
    /// Each thing once, to see that it works.
    case smoke
    /// Nothing: the main workload is carried out so many times, for a profiler to look at.
    case profile(operations: Int)
  }

  /// How much is measured.
  public let mode: Mode
  /// What was found so far.
  public private(set) var values: [Value] = []

  /// A recorder with nothing recorded.
  public init(_ mode: Mode) { self.mode = mode }

  /// Whether each thing is tried just once.
  public var isSmoke: Bool { self.mode == .smoke }

  /// Lines that say more than the values do.
  public private(set) var notes: [String] = []

  /// Notes a value.
  public func record(_ value: Value) { self.values.append(value) }

  /// Notes a line for the reader.
  public func note(_ line: String) { self.notes.append(line) }

  /// The amount that was recorded under this name.
  public subscript(name: String) -> Double? {
    self.values.first { $0.name == name }.flatMap { $0.amount }
  }

  /// The most instructions that are counted at once: half a minute on a quiet machine.
  static let instructionLimit: UInt64 = 3_000_000
  /// How long a slice lasts: shorter than the scheduler's, so that many are undisturbed.
  static let sliceNanoseconds = 1_000_000
  /// Slices of one measurement, and of each side of a comparison.
  static let slices = 60
  /// A measurement that has had a few slices ends after this long.
  static let patienceNanoseconds = 1_500_000_000

  // MARK: - A whole measurement

  /// Measures a workload: nanoseconds, allocations and instructions for each operation.
  ///
  /// - Parameters:
  ///   - sample: operations over which instructions and allocations are counted, rounded up to
  ///     whole periods; nil for no count of instructions.
  public func measure<W: Workload & ~Copyable>(
    _ workload: inout W, sample: Int?, instructions: Limit? = nil, allocations: Limit? = nil,
    tolerance: Tolerance = .instructions
  ) {
    if case .profile(let operations) = self.mode {
      self.warmUp(&workload)
      let count = Self.whole(operations, workload.period)
      workload.prepare(count)
      workload.run(count)
      return
    }
    // Counts come first: what went before them is then the same in every run, which cannot be said
    // of what is timed.
    if let sample {
      self.record(
        Value(
          "instructions", self.instructions(of: &workload, count: sample), "instructions",
          tolerance, limit: instructions))
    }
    self.record(
      Value(
        "allocations", self.allocations(of: &workload, count: sample ?? 1), "allocations", .exact,
        limit: allocations))
    if let times = self.nanoseconds(of: &workload) {
      self.record(Value("ns", times.minimum, "ns"))
      self.record(Value("ns-median", times.median, "ns"))
    }
  }

  // MARK: - Its parts

  /// The least and the median number of nanoseconds that an operation took; nil in a smoke test.
  public func nanoseconds<W: Workload & ~Copyable>(
    of workload: inout W
  ) -> (minimum: Double, median: Double)? {
    guard self.mode == .full else {
      if self.isSmoke { _ = Self.time(&workload, workload.period) }
      return nil
    }
    self.warmUp(&workload)
    let count = Self.sliceCount(of: &workload)
    var times: [Double] = []
    let start = Machine.nanoseconds
    while times.count < Self.slices {
      times.append(Double(Self.time(&workload, count)) / Double(count))
      if times.count >= 3, Machine.nanoseconds - start > Self.patienceNanoseconds { break }
    }
    times.sort()
    return (times[0], times[times.count / 2])
  }

  /// How many allocations an operation takes; nil where they cannot be counted.
  public func allocations<W: Workload & ~Copyable>(of workload: inout W, count: Int) -> Double? {
    if case .profile = self.mode { return nil }
    guard Machine.countsAllocations else { return nil }
    let count = self.isSmoke ? workload.period : Self.whole(count, workload.period)
    if !self.isSmoke { self.warmUp(&workload) }
    var least = Int64.max
    // A first time may fill some cache of the runtime's own; the least is what remains.
    for _ in 0..<(self.isSmoke ? 1 : 3) {
      workload.prepare(count)
      cb_allocations_begin()
      workload.run(count)
      let allocations = cb_allocations_end()
      if allocations == least { break }
      least = min(least, allocations)
    }
    return Double(least) / Double(count)
  }

  /// How many instructions an operation takes; nil where they cannot be counted, and in a smoke
  /// test, for which it would take too long.
  ///
  /// - Parameter base: operations of the call that is subtracted, so that what a call costs beside
  ///   its operations drops out; by default one where every operation is like the others.
  public func instructions<W: Workload & ~Copyable>(
    of workload: inout W, count: Int, base: Int? = nil
  ) -> Double? {
    guard self.mode == .full, Machine.countsInstructions else { return nil }
    self.warmUp(&workload)
    let count = Self.whole(count, workload.period)
    let base = base ?? (workload.period == 1 ? 1 : 0)
    guard let less = Self.steps(&workload, base), let more = Self.steps(&workload, base + count)
    else { return nil }
    return Double(more - less) / Double(count)
  }

  /// How many times as long `other` takes for an operation as `workload` does; nil in a smoke test.
  ///
  /// The two take turns, slice by slice, so that whatever disturbs one disturbs the other; of each
  /// the least is taken.
  public func timeRatio<W: Workload & ~Copyable, Other: Workload & ~Copyable>(
    of other: inout Other, to workload: inout W
  ) -> Double? {
    guard self.mode == .full else {
      if self.isSmoke {
        _ = Self.time(&workload, workload.period)
        _ = Self.time(&other, other.period)
      }
      return nil
    }
    self.warmUp(&workload)
    self.warmUp(&other)
    let count = Self.sliceCount(of: &workload)
    let otherCount = Self.sliceCount(of: &other)
    var (least, otherLeast) = (Double.infinity, Double.infinity)
    let start = Machine.nanoseconds
    for slice in 0..<Self.slices {
      least = min(least, Double(Self.time(&workload, count)) / Double(count))
      otherLeast = min(otherLeast, Double(Self.time(&other, otherCount)) / Double(otherCount))
      if slice >= 9, Machine.nanoseconds - start > 2 * Self.patienceNanoseconds { break }
    }
    return otherLeast / least
  }

  /// How many times as long a workload takes for an operation done in one way as in another; nil
  /// in a smoke test.
  ///
  /// Both ways have the same memory to go through. They take turns, slice by slice.
  ///
  /// - Parameters:
  ///   - choose: makes the workload do it the slow way, or the quick one.
  public func timeRatio<W: Workload & ~Copyable>(
    of workload: inout W, isSlow choose: (inout W, Bool) -> Void
  ) -> Double? {
    guard self.mode == .full else {
      if self.isSmoke {
        for isSlow in [true, false] {
          choose(&workload, isSlow)
          _ = Self.time(&workload, workload.period)
        }
      }
      return nil
    }
    var counts = [0, 0]
    for way in 0...1 {
      choose(&workload, way == 1)
      self.warmUp(&workload)
      counts[way] = Self.sliceCount(of: &workload)
    }
    var least = [Double.infinity, .infinity]
    let start = Machine.nanoseconds
    for slice in 0..<Self.slices {
      for way in 0...1 {
        choose(&workload, way == 1)
        let time = Double(Self.time(&workload, counts[way])) / Double(counts[way])
        least[way] = min(least[way], time)
      }
      if slice >= 9, Machine.nanoseconds - start > 2 * Self.patienceNanoseconds { break }
    }
    return least[1] / least[0]
  }

  // MARK: - Slices

  private func warmUp<W: Workload & ~Copyable>(_ workload: inout W) {
    for _ in 0..<workload.warmUps {
      workload.prepare(workload.period)
      workload.run(workload.period)
    }
  }

  /// The least whole multiple of `period` that is no less than `count`.
  static func whole(_ count: Int, _ period: Int) -> Int {
    max(1, (count + period - 1) / period) * period
  }

  /// Whole periods that take about as long as a slice should.
  private static func sliceCount<W: Workload & ~Copyable>(of workload: inout W) -> Int {
    var count = workload.period
    while true {
      let time = max(1, Self.time(&workload, count))
      if time >= Self.sliceNanoseconds / 2 { return count }
      let wanted = Double(count) * Double(Self.sliceNanoseconds) / Double(time)
      count = max(count * 2, Self.whole(min(Int(wanted), count * 16), workload.period))
    }
  }

  private static func time<W: Workload & ~Copyable>(_ workload: inout W, _ count: Int) -> Int {
    workload.prepare(count)
    let start = Machine.nanoseconds
    workload.run(count)
    return Machine.nanoseconds - start
  }

  private static func steps<W: Workload & ~Copyable>(_ workload: inout W, _ count: Int) -> Int64? {
    workload.prepare(count)
    cb_instructions_begin(Self.instructionLimit)
    workload.run(count)
    let steps = cb_instructions_end()
    if steps == -2 { fatalError("More than \(Self.instructionLimit) instructions: sample less.") }
    return steps < 0 ? nil : steps
  }
}
