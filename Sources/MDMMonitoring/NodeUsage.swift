/// How busy a node's machine is: what an operator looks at beside an alarm.
///
/// The library measures nothing. A host hands in what its operating system says; for Linux
/// ``LinuxUsageMeter`` reads it.
public struct NodeUsage: Hashable, Sendable {
  /// Memory in use, in bytes: what could not be given to somebody else.
  public let memoryUsed: Int
  /// All memory, in bytes; at least 1.
  public let memoryTotal: Int
  /// The part of the processors' time that was spent working, in hundredths of a percent; nil when
  /// that is not known yet.
  public let processorBasisPoints: Int?

  /// So much memory and processor time; what cannot be is taken for the nearest that can.
  public init(memoryUsed: Int, memoryTotal: Int, processorBasisPoints: Int? = nil) {
    self.memoryTotal = max(1, memoryTotal)
    self.memoryUsed = min(max(0, memoryUsed), self.memoryTotal)
    self.processorBasisPoints = processorBasisPoints.map { min(max(0, $0), 10_000) }
  }

  /// The part of the memory in use, in hundredths of a percent, rounded down.
  public var memoryBasisPoints: Int {
    Int(Int128(self.memoryUsed) * 10_000 / Int128(self.memoryTotal))
  }

  /// Whether memory or processors are used for more than a limit in percent, strictly.
  public func exceeds(limitPercent: Int) -> Bool {
    self.memoryBasisPoints > limitPercent * 100
      || (self.processorBasisPoints ?? 0) > limitPercent * 100
  }

  /// Memory and processors, as metrics.
  ///
  /// - Parameter labels: what tells this node from others.
  public func metrics(labels: [MetricLabel] = []) -> [MetricFamily] {
    func family(_ name: String, _ help: String, _ value: MetricValue?) -> MetricFamily {
      let series = value.map { [MetricFamily.Series($0, labels: labels)] } ?? []
      return MetricFamily(name, help, .gauges(series))
    }
    return [
      family("mdm_node_memory_used_bytes", "Memory of the node in use.", .count(self.memoryUsed)),
      family("mdm_node_memory_bytes", "Memory of the node.", .count(self.memoryTotal)),
      family(
        "mdm_node_processor_busy_ratio", "The part of the node's processor time spent working.",
        self.processorBasisPoints.map { MetricValue(units: Int128($0), decimals: 4) }),
    ]
  }
}

extension NodeUsage: CustomStringConvertible {
  /// Memory and processors in percent: `memory 71.50 %, processors 12.03 %`.
  public var description: String {
    let memory = "memory \(Self.percent(self.memoryBasisPoints)) %"
    return self.processorBasisPoints.map { "\(memory), processors \(Self.percent($0)) %" } ?? memory
  }

  private static func percent(_ basisPoints: Int) -> String {
    "\(basisPoints / 100).\(String(basisPoints % 100 + 100).dropFirst())"
  }
}
