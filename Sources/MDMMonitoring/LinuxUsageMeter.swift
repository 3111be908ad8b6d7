/// Reads a node's usage out of what Linux says of itself: the texts of `/proc/meminfo` and
/// `/proc/stat`, which a host reads and hands in every few seconds.
public struct LinuxUsageMeter: Hashable, Sendable {
  private struct Ticks: Hashable {
    var idle: UInt64
    var all: UInt64
  }

  private var latest: Ticks?

  /// A meter that has read nothing.
  public init() {}

  /// The usage of memory now, and of the processors since the texts before these; of the first
  /// ones there is none.
  ///
  /// - Returns: nil when the texts are not what Linux writes; the meter is then as it was.
  /// - Complexity: O(length of the texts).
  public mutating func note(meminfo: String, stat: String) -> NodeUsage? {
    guard let total = Self.bytes("MemTotal", in: meminfo), total > 0,
      let available = Self.bytes("MemAvailable", in: meminfo), let ticks = Self.ticks(in: stat)
    else { return nil }
    let before = self.latest
    self.latest = ticks
    return NodeUsage(
      memoryUsed: total - min(available, total), memoryTotal: total,
      processorBasisPoints: before.flatMap { Self.busy(from: $0, to: ticks) })
  }

  /// Nil when no time has passed, or the counters began anew.
  private static func busy(from before: Ticks, to after: Ticks) -> Int? {
    guard after.all > before.all, after.idle >= before.idle else { return nil }
    let all = after.all - before.all
    let idle = min(after.idle - before.idle, all)
    return Int(Int128(all - idle) * 10_000 / Int128(all))
  }

  private static func bytes(_ name: String, in meminfo: String) -> Int? {
    for line in meminfo.split(separator: "\n") where line.hasPrefix("\(name):") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[2] == "kB", let kilobytes = Int(words[1]), kilobytes >= 0
      else { return nil }
      let (bytes, isTooMuch) = kilobytes.multipliedReportingOverflow(by: 1_024)
      return isTooMuch ? nil : bytes
    }
    return nil
  }

  /// The line of all processors: user, nice, system, idle, iowait, irq, softirq, steal; what guests
  /// get is part of user and nice.
  private static func ticks(in stat: String) -> Ticks? {
    guard let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else {
      return nil
    }
    var numbers: [UInt64] = []
    for word in line.split(separator: " ").dropFirst().prefix(8) {
      guard let number = UInt64(word), number <= .max / 16 else { return nil }
      numbers.append(number)
    }
    guard numbers.count >= 4 else { return nil }
    let waiting = numbers.count > 4 ? numbers[4] : 0
    return Ticks(idle: numbers[3] + waiting, all: numbers.reduce(0, +))
  }
}
