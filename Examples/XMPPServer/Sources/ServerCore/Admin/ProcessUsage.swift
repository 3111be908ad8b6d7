import Glibc
import MDM

/// What this process takes of its machine.
struct ProcessUsage: Equatable {
  /// Memory that is in use, in bytes.
  var residentBytes: Int
  /// Time that processors have spent.
  var processorTime: Duration

  /// What it is now; nil when the system does not tell.
  static func now() -> ProcessUsage? {
    // The second number of the table is the pages that are in memory.
    let pages = SystemTable.text(of: "/proc/self/statm").split(separator: " ").dropFirst().first
    var times = rusage()
    guard let pages = pages.flatMap({ Int($0) }),
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &times) == 0
    else { return nil }
    var time = Duration.zero
    for part in [times.ru_utime, times.ru_stime] {
      time += .seconds(part.tv_sec) + .microseconds(part.tv_usec)
    }
    return ProcessUsage(
      residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)), processorTime: time)
  }

  /// The same for Prometheus, by the names that every process has there.
  var metrics: [MetricFamily] {
    [
      MetricFamily(
        "process_resident_memory_bytes", "Memory of the process that is in use.",
        .gauges([.init(.count(self.residentBytes))])),
      MetricFamily(
        "process_cpu_seconds_total", "Time that processors have spent on the process.",
        .counters([.init(.seconds(self.processorTime))])),
    ]
  }
}
