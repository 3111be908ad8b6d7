import Glibc
import MDM

/// How busy the machine is, for whoever asks, however often.
///
/// The part of the processors' time is that between two readings. Of a few milliseconds it would
/// say nothing, and several may ask at a time; so there is no second reading within a second.
struct NodeMeter {
  private var meter = LinuxUsageMeter()
  private var latest: (usage: NodeUsage, instant: MonotonicInstant)?

  /// The usage as of this instant, or of up to a second earlier; nil when this is no Linux that
  /// tells.
  mutating func usage(at now: MonotonicInstant) -> NodeUsage? {
    if let latest, now < latest.instant.advanced(by: .seconds(1)) { return latest.usage }
    let usage = self.meter.note(
      meminfo: SystemTable.text(of: "/proc/meminfo"), stat: SystemTable.text(of: "/proc/stat"))
    self.latest = usage.map { ($0, now) }
    return usage
  }
}

/// The tables in which Linux tells of itself.
enum SystemTable {
  /// The beginning of one, with all that is asked for here; empty when it cannot be read.
  static func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 13)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
