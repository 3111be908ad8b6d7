import Glibc
import MDM

/// What the node has to give and what this process takes of it: what an administrator looks at when
/// the number of sessions raises an alarm.
struct NodeUsage: Equatable {
  /// Memory of the process that is in use, in bytes.
  var residentBytes: Int64 = 0
  /// Memory of the machine, in bytes.
  var memoryBytes: Int64 = 0
  /// Memory of the machine that is to be had without swapping, in bytes.
  var availableBytes: Int64 = 0
  /// Time that processors have spent on the process.
  var processorTime = Duration.zero
  /// Processes that run or wait for a processor, on average over the last minute, in hundredths.
  var loadHundredths: Int64 = 0
  /// Processors of the machine.
  var processors = 0

  /// What it is now; what the system does not tell is 0.
  static func now() -> NodeUsage {
    var usage = NodeUsage()
    usage.residentBytes = Self.kilobytes(of: "VmRSS", in: "/proc/self/status")
    usage.memoryBytes = Self.kilobytes(of: "MemTotal", in: "/proc/meminfo")
    usage.availableBytes = Self.kilobytes(of: "MemAvailable", in: "/proc/meminfo")
    var times = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &times)
    for time in [times.ru_utime, times.ru_stime] {
      usage.processorTime += .seconds(time.tv_sec) + .microseconds(time.tv_usec)
    }
    var loads = [0.0]
    if getloadavg(&loads, 1) == 1 { usage.loadHundredths = Int64(loads[0] * 100) }
    usage.processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return usage
  }

  /// A value of a table of the system's, whose lines are `NAME: NUMBER kB`; in bytes.
  static func bytes(of name: String, in table: String) -> Int64 {
    let line = table.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    let words = line?.split { $0 == " " || $0 == "\t" } ?? []
    return words.count >= 2 ? (Int64(words[1]) ?? 0) * 1_024 : 0
  }

  private static func kilobytes(of name: String, in path: String) -> Int64 {
    guard let file = fopen(path, "r") else { return 0 }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 13)
    let count = fread(&buffer, 1, buffer.count, file)
    return Self.bytes(of: name, in: String(decoding: buffer[..<count], as: UTF8.self))
  }

  /// The same for Prometheus, by the names that every process has there.
  var metrics: [MetricFamily] {
    func gauge(_ name: String, _ help: String, _ value: Int64) -> MetricFamily {
      MetricFamily(name, help, .gauges([.init(.count(value))]))
    }
    return [
      gauge(
        "process_resident_memory_bytes", "Memory of the process that is in use.",
        self.residentBytes),
      MetricFamily(
        "process_cpu_seconds_total", "Time that processors have spent on the process.",
        .counters([.init(.seconds(self.processorTime))])),
      gauge("node_memory_MemTotal_bytes", "Memory of the machine.", self.memoryBytes),
      gauge(
        "node_memory_MemAvailable_bytes", "Memory of the machine that is to be had.",
        self.availableBytes),
      MetricFamily(
        "node_load1", "Processes that run or wait for a processor, over the last minute.",
        .gauges([.init(MetricValue(units: Int128(self.loadHundredths), decimals: 2))])),
      gauge("node_processors", "Processors of the machine.", Int64(self.processors)),
    ]
  }
}

extension ControlCommands {
  /// How full the node is, by sessions, memory and processors.
  func node() -> [String] {
    let counts = self.server.service.sessionCounts()
    let usage = NodeUsage.now()
    var lines = ["load \(counts.load)"]
    let capacity = self.server.settings.engine.values.sessionCapacity
    if let capacity {
      lines.append("capacity \(capacity)")
      lines.append("usedPercent \(counts.load * 100 / max(1, capacity))")
    }
    lines += SessionKind.allCases.map { "\($0.label) \(counts[$0])" }
    let load = MetricValue(units: Int128(usage.loadHundredths), decimals: 2).text
    lines += [
      "memoryBytes \(usage.residentBytes)", "nodeMemoryBytes \(usage.memoryBytes)",
      "nodeMemoryAvailableBytes \(usage.availableBytes)",
      "processorSeconds \(MetricValue.seconds(usage.processorTime).text)", "nodeLoad \(load)",
      "nodeProcessors \(usage.processors)",
    ]
    return lines
  }

  /// How many nodes so many users with so many clients each need.
  func sizing(_ users: String, _ clients: String) -> [String] {
    guard let users = Int(users), let clients = Int(clients), users > 0, clients > 0 else {
      return ["error: sizing wants a number of users and of clients for each"]
    }
    let sizing = Sizing(users: users, clientsPerUser: clients)
    var lines = ["clients \(sizing.clients)"]
    for size in [OVASize.users5K, .users15K, .users25K] {
      for mode in ServingMode.allCases {
        let nodes = sizing.nodes(of: size, mode: mode)
        lines.append("nodes of \(size.users) users, \(mode): \(nodes)")
      }
    }
    return lines
  }
}
