import MDM
import Testing

@testable import ServerCore

/// What an administrator is told of the node and of how many of them it takes.
struct ControlCapacityTests {
  @Test("Memory and processors are those of this machine and of this process (R-080)")
  func usage() throws {
    let usage = try #require(ProcessUsage.now())
    #expect(usage.residentBytes > 1 << 20)
    var meter = NodeMeter()
    let start = MonotonicInstant.origin
    let reading = meter.usage(at: start)
    let node = try #require(reading)
    #expect(node.processorBasisPoints == nil, "it has nothing to compare with")
    #expect(node.memoryTotal > usage.residentBytes)
    #expect(node.memoryUsed > 0)
    // Work shows, in both.
    var latest = ProcessUsage.now()
    while try #require(latest).processorTime <= usage.processorTime + .milliseconds(50) {
      latest = ProcessUsage.now()
    }
    let soon = meter.usage(at: start.advanced(by: .nanoseconds(999_999_999)))
    #expect(soon == reading, "too soon to say more")
    let busy = meter.usage(at: start.advanced(by: .seconds(1)))?.processorBasisPoints
    #expect(try #require(busy) > 0)
  }

  @Test("What cannot be read is empty")
  func absent() { #expect(SystemTable.text(of: "/proc/self/there-is-no-such-table") == "") }

  @Test("`node` and `metrics` have sessions, memory and processors (R-067, R-080)")
  func node() throws {
    let harness = try ServerHarness(["engine.sessionCapacity": "10"])
    _ = try harness.device("alice", "desk")
    let control = ControlCommands(server: harness.server)
    let lines = control.perform("node")
    for line in ["load 1", "capacity 10", "usedPercent 10", "client_on_premise 1", "hybrid 0"] {
      #expect(lines.contains(line))
    }
    for name in ["nodeMemoryUsedBytes", "nodeMemoryBytes", "memoryBytes", "processorSeconds"] {
      let value = try #require(lines.first { $0.hasPrefix("\(name) ") }).split(separator: " ").last
      #expect(try #require(value.flatMap { Double($0) }) > 0)
    }
    let metrics = control.perform("metrics")
    for name in ["mdm_node_memory_used_bytes", "mdm_node_memory_bytes"] {
      #expect(metrics.contains { $0.hasPrefix("\(name) ") && !$0.hasSuffix(" 0") })
    }
    for name in ["process_resident_memory_bytes", "process_cpu_seconds_total"] {
      #expect(metrics.contains { $0.hasPrefix("\(name) ") && !$0.hasSuffix(" 0") })
    }
  }

  @Test("`sizing` has the worked example, for each size and mode, and says what is wrong (R-021)")
  func sizing() throws {
    let control = ControlCommands(server: try ServerHarness().server)
    let sizing = control.perform("sizing 25000 2")
    #expect(sizing.first == "clients 50000")
    for line in ["alone: 2", "activeActive: 4", "activeStandby: 4"] {
      #expect(sizing.contains("nodes of 25000 users, \(line)"))
    }
    #expect(sizing.count == 1 + OVASize.documented.count * ServingMode.allCases.count)
    #expect(
      control.perform("sizing 0 1") == ["error: users is 0, allowed is 1…10000000"])
    #expect(
      control.perform("sizing 1 -1") == ["error: clientsPerUser is -1, allowed is 1…10000000"])
    #expect(control.perform("sizing x 1").first?.hasPrefix("error: ") == true)
  }
}
