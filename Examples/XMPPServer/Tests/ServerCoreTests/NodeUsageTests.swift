import MDM
import Testing

@testable import ServerCore

/// What an administrator is told of the node.
struct NodeUsageTests {
  @Test("Memory and processors are those of the machine and of this process (R-080)")
  func now() {
    let usage = NodeUsage.now()
    #expect(usage.residentBytes > 1 << 20)
    #expect(usage.memoryBytes >= usage.availableBytes)
    #expect(usage.memoryBytes > usage.residentBytes)
    #expect(usage.processorTime > .zero)
    #expect(usage.processors >= 1)
    // Work shows.
    var sum: UInt64 = 0
    while NodeUsage.now().processorTime <= usage.processorTime { sum &+= 1 }
  }

  @Test("A table of the system's is read by names, and what is not there is 0")
  func table() {
    let table = "MemTotal:       2 kB\nMemTotalElse:   3 kB\nBroken:\nWords: many kB\n"
    #expect(NodeUsage.bytes(of: "MemTotal", in: table) == 2_048)
    for name in ["Mem", "Broken", "Words", "Absent"] {
      #expect(NodeUsage.bytes(of: name, in: table) == 0)
    }
  }

  @Test("`node` has sessions, memory and processors; `sizing` the worked example (R-021, R-080)")
  func commands() throws {
    let harness = try ServerHarness(["engine.sessionCapacity": "10"])
    _ = try harness.device("alice", "desk")
    let control = ControlCommands(server: harness.server)
    let lines = control.perform("node")
    for line in ["load 1", "capacity 10", "usedPercent 10", "client_on_premise 1", "hybrid 0"] {
      #expect(lines.contains(line))
    }
    for name in ["memoryBytes", "nodeMemoryBytes", "processorSeconds", "nodeLoad"] {
      #expect(lines.contains { $0.hasPrefix("\(name) ") && !$0.hasSuffix(" ") })
    }
    let metrics = control.perform("metrics")
    for name in ["process_resident_memory_bytes", "process_cpu_seconds_total", "node_load1"] {
      #expect(metrics.contains { $0.hasPrefix("\(name) ") })
    }
    let sizing = control.perform("sizing 25000 2")
    #expect(sizing.first == "clients 50000")
    #expect(sizing.contains("nodes of 25000 users, alone: 2"))
    for wrong in ["sizing 0 1", "sizing x 1", "sizing 1 -1"] {
      #expect(control.perform(wrong).first?.hasPrefix("error: ") == true)
    }
  }
}
